//! The NOAH side: `/v1/checkout/...`, webhooks, and `/_sandbox`.

mod auth;
mod checkout;
mod claims;
mod control;
pub(crate) mod keys;
mod ledger;
mod pages;
mod payin;
mod payment_method;
mod price;
pub(crate) mod refusal;
mod sale;
pub(crate) mod service;
mod session;
mod store;
pub(crate) mod trigger;

pub use control::SessionStatus;
pub use keys::RegisterError;
pub use ledger::{Entry, Ledger, Total};
pub(crate) use pages::console::router as console;
pub use session::{Outcome, TransitionError};
pub use trigger::NoahTrigger;

#[cfg(test)]
mod tests {
    #[test]
    fn what_holds_keys_and_persons_has_no_debug() {
        assert_unprintable!(
            super::auth::Caller,
            super::keys::ApiKeys,
            super::keys::Verifier,
            super::pages::MethodForm,
            super::pages::PayForm,
            super::service::Service,
            super::session::Change,
            super::store::CustomerRef,
            super::store::Opening,
            super::store::Scope,
            super::store::Store,
        );
    }
}

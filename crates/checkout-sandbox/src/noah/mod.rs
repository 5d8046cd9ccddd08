//! The NOAH side: `/v1/checkout/...`, webhooks, and `/_sandbox`.

mod auth;
mod balances;
mod behaviours;
mod catalog;
mod checkout;
mod claims;
pub(crate) mod control;
mod customers;
mod deposits;
mod documents;
mod events;
pub(crate) mod keys;
mod ledger;
mod outcome;
mod pages;
mod payin;
mod payment_method;
mod payouts;
mod price;
mod profile;
pub(crate) mod refusal;
pub(crate) mod routes;
mod sale;
pub(crate) mod service;
mod session;
mod store;
pub(crate) mod trigger;
mod unauthorized;
pub(crate) mod webhooks;

pub use keys::RegisterError;
pub use ledger::{Entry, Ledger, Total};
pub use outcome::Outcome;
pub(crate) use pages::console::router as console;
pub(crate) use profile::PROFILE;
pub use session::{SessionStatus, TransitionError};
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
            super::outcome::Change,
            super::store::CustomerRef,
            super::store::Changed,
            super::store::Store,
        );
    }
}

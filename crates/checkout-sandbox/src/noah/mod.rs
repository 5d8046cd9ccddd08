//! NOAH: who calls, what its operations do, what it keeps, and what a browser sees of it.

pub(crate) mod access;
mod behaviours;
pub(crate) mod books;
pub(crate) mod control;
mod operations;
mod pages;
mod profile;
pub(crate) mod refusal;
pub(crate) mod routes;
pub(crate) mod service;
pub(crate) mod sessions;
mod store;
pub(crate) mod trigger;
pub(crate) mod webhooks;

pub use access::RegisterError;
pub use books::{Entry, Ledger, Total};
pub(crate) use profile::PROFILE;
pub use sessions::{Ending, SessionStatus, TransitionError};
pub use trigger::NoahTrigger;

#[cfg(test)]
mod tests {
    #[test]
    fn what_holds_keys_and_persons_has_no_debug() {
        assert_unprintable!(
            super::access::Caller,
            super::access::ApiKeys,
            super::access::keys::Verifier,
            super::pages::MethodForm,
            super::pages::PayForm,
            super::service::Service,
            super::sessions::ending::Change,
            super::store::CustomerRef,
            super::store::Changed,
            super::store::Store,
        );
    }
}

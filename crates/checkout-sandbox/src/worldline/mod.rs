//! The Worldline Connect side: the Server API below `/v1`, the Client API below `/client/v1`.

pub(crate) mod access;
mod apple_pay;
mod behaviours;
mod client_sessions;
mod cors;
mod profile;
mod refusal;
pub(crate) mod routes;
pub(crate) mod service;
pub(crate) mod trigger;
pub(crate) mod webhooks;

pub(crate) use profile::PROFILE;
pub use trigger::WorldlineTrigger;

#[cfg(test)]
mod tests {
    #[test]
    fn what_holds_keys_and_sessions_has_no_debug() {
        assert_unprintable!(
            super::access::auth::Account,
            crate::engine::pipeline::idempotency::Key,
            crate::engine::pipeline::idempotency::Keys,
            crate::engine::pipeline::idempotency::Stored,
            super::service::Service,
            super::client_sessions::ClientSessions,
            super::client_sessions::Issued,
        );
    }
}

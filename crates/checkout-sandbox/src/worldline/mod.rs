//! The Worldline Connect side: the Server API below `/v1`, the Client API below `/client/v1`.

pub(crate) mod auth;
mod profile;
mod refusal;
pub(crate) mod service;
mod sessions;
mod signature;
pub(crate) mod trigger;
mod unauthorized;
pub(crate) mod webhooks;

pub(crate) use profile::PROFILE;
pub use trigger::WorldlineTrigger;

#[cfg(test)]
mod tests {
    #[test]
    fn what_holds_keys_and_sessions_has_no_debug() {
        assert_unprintable!(
            super::auth::Account,
            crate::engine::idempotency::Key,
            crate::engine::idempotency::Keys,
            crate::engine::idempotency::Stored,
            super::service::Service,
            super::sessions::ClientSessions,
            super::sessions::Issued,
        );
    }
}

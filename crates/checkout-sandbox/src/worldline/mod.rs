//! The Worldline Connect side: the Server API below `/v1`, the Client API below `/client/v1`.

pub(crate) mod auth;
mod idempotence;
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

crate::engine::schema::have_schemas!(
    worldline_connect_models::CreatePaymentProductSessionRequest,
    worldline_connect_models::SessionRequest,
);

#[cfg(test)]
mod tests {
    #[test]
    fn what_holds_keys_and_sessions_has_no_debug() {
        assert_unprintable!(
            super::auth::Account,
            super::idempotence::Key,
            super::idempotence::Keys,
            super::idempotence::Stored,
            super::service::Service,
            super::sessions::ClientSessions,
            super::sessions::Issued,
        );
    }
}

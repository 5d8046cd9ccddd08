//! What every request to the Worldline Connect listener works on.

use std::sync::Arc;
use std::time::Duration;

use super::access::Account;
use super::client_sessions::ClientSessions;
use crate::engine::ground::{Ground, StateError, Table};
use crate::engine::pipeline::{KeyTable, Keys};

/// How long an idempotence key is kept, as the spec says of `X-GCS-Idempotence-Key`.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
const KEYS: KeyTable = Table::new("worldline_idempotence_keys");

/// What every request to the Worldline Connect listener works on.
pub(crate) struct Service {
    pub(super) ground: Arc<Ground>,
    pub(super) account: Account,
    pub(super) sessions: ClientSessions,
    pub(super) keys: Keys,
    /// `http://127.0.0.1:<port>`.
    pub(super) origin: String,
    pub(super) latency: Duration,
}

impl Service {
    pub(crate) fn new(
        ground: Arc<Ground>,
        account: Account,
        origin: String,
        latency: Duration,
    ) -> Result<Self, StateError> {
        Ok(Self {
            sessions: ClientSessions::new(Arc::clone(&ground))?,
            keys: Keys::new(Arc::clone(&ground), KEYS, Some(KEPT))?,
            ground,
            account,
            origin,
            latency,
        })
    }
}

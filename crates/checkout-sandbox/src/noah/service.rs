//! What every request to the NOAH listener works on.

use std::sync::Arc;
use std::time::Duration;

use super::access::ApiKeys;
use super::refusal::Refusal;
use super::store::Store;
use super::webhooks::Webhooks;
use crate::engine::control::Feed;
use crate::engine::courier::Courier;
use crate::engine::exchange::Answer;
use crate::engine::ground::{Ground, StateError, Table};
use crate::engine::pipeline;
use crate::engine::pipeline::{KeyTable, Keys};

const NONCES: KeyTable = Table::new("noah_nonces");

/// A request to NOAH that has passed every check.
pub(super) type Call = pipeline::Call<Service>;
/// What an operation makes of it.
pub(crate) type Answered = Result<Answer, Refusal>;

/// What every request to the NOAH listener works on.
pub(crate) struct Service {
    pub(crate) ground: Arc<Ground>,
    pub(crate) keys: ApiKeys,
    /// None is ever forgotten: the next request with it would pay again.
    pub(super) nonces: Keys,
    pub(crate) store: Store,
    pub(crate) courier: Arc<Courier>,
    pub(crate) webhooks: Arc<Webhooks>,
    /// `http://127.0.0.1:<port>`.
    pub(crate) origin: String,
    /// How long the work on a request is said to take.
    pub(super) latency: Duration,
}

impl Service {
    pub(crate) fn new(
        ground: Arc<Ground>,
        keys: ApiKeys,
        courier: Arc<Courier>,
        webhooks: Arc<Webhooks>,
        feed: Feed,
        origin: String,
        latency: Duration,
    ) -> Result<Self, StateError> {
        Ok(Self {
            keys,
            nonces: Keys::new(Arc::clone(&ground), NONCES, None)?,
            store: Store::new(Arc::clone(&ground), Arc::clone(&courier), feed)?,
            ground,
            courier,
            webhooks,
            origin,
            latency,
        })
    }
}

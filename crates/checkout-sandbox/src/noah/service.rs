//! What every request to the NOAH listener works on.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::keys::ApiKeys;
use super::nonces;
use super::refusal::Refusal;
use super::store::Store;
use super::webhooks::Webhooks;
use crate::engine::answer::Answer;
use crate::engine::courier::Courier;
use crate::engine::feed::Feed;
use crate::engine::ground::{Ground, StateError};
use crate::engine::idempotency::Keys;
use crate::engine::pipeline;

/// A request to NOAH that has passed every check.
pub(super) type Call = pipeline::Call<Service>;
/// What an operation makes of it.
pub(crate) type Answered = Result<Answer, Refusal>;

/// What every request to the NOAH listener works on.
pub(crate) struct Service {
    ground: Arc<Ground>,
    keys: ApiKeys,
    nonces: Keys,
    store: Store,
    courier: Arc<Courier>,
    webhooks: Arc<Webhooks>,
    /// `http://127.0.0.1:<port>`.
    origin: String,
    latency: Duration,
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
            nonces: nonces::of(&ground)?,
            store: Store::new(Arc::clone(&ground), Arc::clone(&courier), feed)?,
            ground,
            courier,
            webhooks,
            origin,
            latency,
        })
    }

    pub(crate) fn ground(&self) -> &Ground {
        &self.ground
    }

    pub(crate) const fn keys(&self) -> &ApiKeys {
        &self.keys
    }

    pub(crate) const fn nonces(&self) -> &Keys {
        &self.nonces
    }

    /// How long the work on a request is said to take.
    pub(crate) const fn latency(&self) -> Duration {
        self.latency
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn courier(&self) -> &Courier {
        &self.courier
    }

    pub(crate) fn webhooks(&self) -> &Webhooks {
        &self.webhooks
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
}

/// An answer of a control call.
pub(crate) fn shown(value: &impl Serialize) -> Response {
    match Answer::json(value) {
        Ok(answer) => answer.into_response(),
        Err(fault) => Refusal::from(fault).answer("sandbox"),
    }
}

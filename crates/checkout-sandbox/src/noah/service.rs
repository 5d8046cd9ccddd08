//! The NOAH listener: in which order a request is checked.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use checkout_core::Operation;

use super::auth::{self, Caller};
use super::keys::ApiKeys;
use super::refusal::Refusal;
use super::store::Store;
use super::webhooks::Webhooks;
use super::{behaviours, nonces};
use crate::engine::checks::Checks;
use crate::engine::courier::Courier;
use crate::engine::feed::Feed;
use crate::engine::ground::{Ground, StateError};
use crate::engine::idempotency::Keys;
use crate::engine::parameters::Parameters;
use crate::engine::pipeline::{Behaviour, Served};
use crate::engine::received::Received;
use crate::engine::time;

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

impl Served for Service {
    type Caller = Caller;
    type Refusal = Refusal;

    fn ground(&self) -> &Ground {
        &self.ground
    }

    fn latency(&self) -> Duration {
        self.latency
    }

    fn keys(&self) -> &Keys {
        &self.nonces
    }

    fn authenticate(
        &self,
        _: &Operation,
        received: &Received,
        _: &Parameters,
        now: SystemTime,
        checks: &mut Checks,
    ) -> Result<Caller, Refusal> {
        Ok(auth::authenticate(
            &self.keys,
            received,
            time::seconds(now),
            checks,
        )?)
    }

    /// NOAH does not say; the sandbox takes the API key and the operation.
    fn scope(operation: &Operation, caller: &Caller, _: &Received) -> String {
        nonces::scope(caller.api_key(), operation.id)
    }

    fn is_key(_: &str) -> bool {
        true
    }

    const IN_TURN: bool = true;

    fn behaviour(id: &str) -> Option<Behaviour<Self>> {
        behaviours::of(id)
    }

    fn answer(refusal: Refusal, operation: &Operation) -> Response {
        refusal.answer(operation.id)
    }
}

pub(crate) fn json_answer(body: impl Into<Bytes>) -> Response {
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body.into(),
    )
        .into_response()
}

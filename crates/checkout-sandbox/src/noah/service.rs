//! The NOAH listener: in which order a request is checked.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use checkout_core::Operation;

use super::auth::{self, Caller};
use super::keys::ApiKeys;
use super::refusal::Refusal;
use super::store::Store;
use super::webhooks::Webhooks;
use crate::engine::body::{self, RequestBody, Understood};
use crate::engine::checks::Checks;
use crate::engine::courier::Courier;
use crate::engine::faults::Skew;
use crate::engine::feed::Feed;
use crate::engine::ground::{Ground, StateError};
use crate::engine::received::Received;
use crate::engine::{time, work};

/// What every request to the NOAH listener works on.
pub(crate) struct Service {
    ground: Arc<Ground>,
    keys: ApiKeys,
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

    /// API key and signature first, then the body, then the work: a caller who is not known learns nothing of the schema.
    /// What is accepted is done, even if its client hangs up meanwhile.
    pub(super) async fn operate<T: RequestBody>(
        self: Arc<Self>,
        request: Request,
        operation: &'static Operation,
        work: impl FnOnce(&Self, &Caller, &Received, T) -> Result<Bytes, Refusal> + Send + 'static,
    ) -> Response {
        let mut checks = Checks::default();
        let now = Skew::of(&request).apply(self.ground.now());
        let accepted = async {
            let received = Received::read(request).await?;
            let caller = auth::authenticate(&self.keys, &received, time::seconds(now), &mut checks)?;
            let understood = body::read::<T>(&received)?;
            Ok::<_, Refusal>((received, caller, understood))
        };
        let answer = match accepted.await {
            Ok((received, caller, Understood { request, ignored })) => {
                let outcome = work::to_its_end(async move {
                    work::pretend(self.latency).await;
                    work(&self, &caller, &received, request)
                });
                ignored.tell(match outcome.await {
                    Some(Ok(body)) => json_answer(body),
                    Some(Err(refusal)) => refusal.answer(operation.id),
                    None => Refusal::unexpected("work on the request broke off").answer(operation.id),
                })
            }
            Err(refusal) => refusal.answer(operation.id),
        };
        tracing::debug!(
            operation = operation.id,
            status = answer.status().as_u16(),
            "noah request"
        );
        checks.tell(answer)
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

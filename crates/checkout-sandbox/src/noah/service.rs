//! The NOAH listener: which path does what, in which order a request is checked.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use checkout_core::Operation;
use noah_models::operations;

use super::auth::{self, Caller};
use super::keys::ApiKeys;
use super::refusal::Refusal;
use super::store::Store;
use super::{checkout, control, pages};
use crate::body::{self, RequestBody, Understood};
use crate::checks::Checks;
use crate::courier::{self, Courier};
use crate::faults::Skew;
use crate::feed::Feed;
use crate::ground::{Ground, StateError};
use crate::received::Received;
use crate::{time, work};

/// What every request to the NOAH listener works on.
pub(crate) struct Service {
    ground: Arc<Ground>,
    keys: ApiKeys,
    store: Store,
    courier: Arc<Courier>,
    /// `http://127.0.0.1:<port>`.
    origin: String,
    latency: Duration,
}

impl Service {
    pub(crate) fn new(
        ground: Arc<Ground>,
        keys: ApiKeys,
        courier: Arc<Courier>,
        feed: Feed,
        origin: String,
        latency: Duration,
    ) -> Result<Self, StateError> {
        Ok(Self {
            keys,
            store: Store::new(Arc::clone(&ground), Arc::clone(&courier), feed)?,
            ground,
            courier,
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

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// API key and signature first, then the body, then the work: a caller who is not known learns nothing of the schema.
    /// What is accepted is done, even if its client hangs up meanwhile.
    async fn operate<T: RequestBody>(
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

/// The listener's routes, and those of `further`.
pub(crate) fn router(service: Arc<Service>, further: Router<Arc<Service>>) -> Router {
    let control = Router::new()
        .route("/_sandbox/sessions/{id}/settle", post(control::settle))
        .route("/_sandbox/sessions/{id}/fail", post(control::fail))
        .route("/_sandbox/sessions/{id}/expire", post(control::expire))
        .route(
            "/_sandbox/clock",
            get(control::clock).post(control::advance_clock),
        )
        .route("/_sandbox/ledger", get(control::ledger))
        .merge(courier::control::router(Arc::clone(&service.courier)))
        .route_layer(middleware::from_fn(control::loopback_only));
    Router::new()
        .route("/v1/checkout/manage", post(manage))
        .route("/v1/checkout/payin/fiat", post(payin))
        .route("/v1/checkout/sell", post(sell))
        .merge(control)
        .merge(pages::router())
        .merge(further)
        .method_not_allowed_fallback(async || Refusal::method_not_allowed().answer("route"))
        .fallback(async || Refusal::not_found("path not found").answer("route"))
        .with_state(service)
}

async fn manage(State(service): State<Arc<Service>>, request: Request) -> Response {
    service
        .operate(
            request,
            &operations::CREATE_MANAGED_SESSION,
            |service, _, _, body| checkout::manage(service, body),
        )
        .await
}

async fn payin(State(service): State<Arc<Service>>, request: Request) -> Response {
    service
        .operate(request, &operations::CREATE_FIAT_PAYIN, checkout::payin)
        .await
}

async fn sell(State(service): State<Arc<Service>>, request: Request) -> Response {
    service
        .operate(request, &operations::CREATE_SELL, checkout::sell)
        .await
}

pub(crate) fn json_answer(body: impl Into<Bytes>) -> Response {
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body.into(),
    )
        .into_response()
}

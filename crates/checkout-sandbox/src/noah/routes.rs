//! Which path of the NOAH listener does what.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use noah_models::operations;

use super::refusal::Refusal;
use super::service::Service;
use super::{checkout, control, pages};
use crate::engine::control::loopback_only;

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
        .route_layer(middleware::from_fn(loopback_only));
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

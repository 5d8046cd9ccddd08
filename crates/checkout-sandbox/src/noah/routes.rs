//! Which path of the NOAH listener does what.

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

use super::refusal::Refusal;
use super::service::Service;
use super::{control, pages};
use crate::engine::api::Api;
use crate::engine::control::loopback_only;
use crate::engine::pipeline;

/// The listener's routes, and those of `further`.
pub(crate) fn router(service: Arc<Service>, further: Router<Arc<Service>>) -> Router {
    let control = Router::new()
        .route("/_sandbox/sessions/{id}/settle", post(control::settle))
        .route("/_sandbox/sessions/{id}/fail", post(control::fail))
        .route("/_sandbox/sessions/{id}/expire", post(control::expire))
        .route("/_sandbox/customers/{id}/approve", post(control::approve))
        .route("/_sandbox/customers/{id}/decline", post(control::decline))
        .route("/_sandbox/customers/{id}/ask", post(control::ask))
        .route(
            "/_sandbox/clock",
            get(control::clock).post(control::advance_clock),
        )
        .route("/_sandbox/ledger", get(control::ledger))
        .route_layer(middleware::from_fn(loopback_only));
    Router::new()
        .merge(pipeline::mount(Api::Noah.mounted().iter(), "/v1", ""))
        .merge(control)
        .merge(pages::router())
        .merge(further)
        .method_not_allowed_fallback(async || Refusal::method_not_allowed().answer("route"))
        .fallback(async || Refusal::not_found("path not found").answer("route"))
        .with_state(service)
}

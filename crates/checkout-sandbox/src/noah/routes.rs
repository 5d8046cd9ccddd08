//! Which path of the NOAH listener does what.

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post, put};

use super::operations::customers::Verdict;
use super::operations::documents;
use super::refusal::Refusal;
use super::service::Service;
use super::sessions::Ending;
use super::{control, pages};
use crate::engine::control::loopback_only;
use crate::engine::pipeline;
use crate::engine::spec::Api;

/// The listener's routes, and those of `further`.
pub(crate) fn router(service: Arc<Service>, further: Router<Arc<Service>>) -> Router {
    let clock = get(control::clock).post(control::advance_clock);
    let mut control = Router::new()
        .route("/_sandbox/clock", clock)
        .route("/_sandbox/onchain-deposits", post(control::arrive))
        .route("/_sandbox/ledger", get(control::ledger));
    for (word, outcome) in Ending::ASKED {
        let end = post(move |service, id| control::end(service, id, outcome));
        control = control.route(&format!("/_sandbox/sessions/{{id}}/{word}"), end);
    }
    for (word, verdict) in Verdict::ASKED {
        let judge = post(move |service, id| control::judge(service, id, verdict));
        control = control.route(&format!("/_sandbox/customers/{{id}}/{word}"), judge);
    }
    let control = control.route_layer(middleware::from_fn(loopback_only));
    Router::new()
        .merge(pipeline::mount(Api::Noah.mounted().iter(), "/v1", ""))
        .route("/uploads/{id}", put(documents::receive))
        .merge(control)
        .merge(pages::router())
        .merge(further)
        .method_not_allowed_fallback(async || Refusal::method_not_allowed().answer("route"))
        .fallback(async || Refusal::not_found("path not found").answer("route"))
        .with_state(service)
}

//! The console: what happens in the sandbox, as it happens, and what can be done about it.
//!
//! The page is whole without its script. With it, each part that something happened in is fetched again, made by the same
//! functions, and put in place of the old one.

mod actions;
mod page;
mod parts;
mod state;
pub(crate) mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};

use crate::engine::control;
use crate::engine::control::Asked;
use crate::engine::front::Gate;
use crate::engine::html::{Asset, CSS, Policy, assets, layout};
use crate::noah::service::Service;

use self::state::Console;

/// What the console loads beside what every page does.
const FILES: [Asset; 2] = [
    ("console.css", CSS, include_str!("console.css")),
    (
        "console.js",
        "text/javascript; charset=utf-8",
        include_str!("console.js"),
    ),
];

/// The console's routes.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(service: Arc<Service>, gate: Arc<Gate>) -> Router<S> {
    let forms = Router::new()
        .route("/_sandbox/console/sessions/{id}/{how}", post(actions::end))
        .route(
            "/_sandbox/console/deliveries/{number}/resend",
            post(actions::resend),
        )
        .route("/_sandbox/console/faults", post(actions::add_rule))
        .route("/_sandbox/console/faults/{id}/remove", post(actions::remove_rule))
        .route("/_sandbox/console/webhooks", post(actions::switch))
        .route("/_sandbox/console/clock", post(actions::advance))
        .route_layer(middleware::from_fn(control::own_pages_only));
    let pages = Router::new()
        .route("/_sandbox", get(page))
        .route("/_sandbox/", get(page))
        .route("/_sandbox/console/requests", get(requests))
        .route("/_sandbox/console/sessions", get(sessions))
        .route("/_sandbox/console/deliveries", get(deliveries))
        .route("/_sandbox/console/faults", get(rules))
        .merge(assets::routes(FILES))
        .route_layer(middleware::from_fn(control::loopback_only));
    forms.merge(pages).with_state(Arc::new(Console { service, gate }))
}

async fn page(State(console): State<Arc<Console>>, Query(asked): Query<Asked>) -> Response {
    console.show(asked, StatusCode::OK, None)
}

// The parts of the page by themselves, to be put in the places of old ones.

async fn requests(State(console): State<Arc<Console>>, Query(asked): Query<Asked>) -> Response {
    part(console.requests(asked))
}

/// What is settled stands in the ledger too.
async fn sessions(State(console): State<Arc<Console>>, Query(asked): Query<Asked>) -> Response {
    part(html! { (console.sessions(asked)) (console.ledger()) })
}

async fn deliveries(State(console): State<Arc<Console>>, Query(asked): Query<Asked>) -> Response {
    part(console.deliveries(asked))
}

async fn rules(State(console): State<Arc<Console>>, Query(asked): Query<Asked>) -> Response {
    part(console.rules(asked))
}

fn part(part: Markup) -> Response {
    layout::answer(StatusCode::OK, Policy::Console, part)
}

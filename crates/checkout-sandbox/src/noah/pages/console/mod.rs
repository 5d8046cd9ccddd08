//! The console: what happens in the sandbox, as it happens, and what can be done about it.
//!
//! The page is whole without its script. With it, each part that something happened in is fetched again, made by the same
//! functions, and put in place of the old one.

mod actions;
mod parts;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{DOCTYPE, Markup, html};
use serde::{Deserialize, Deserializer};

use super::assets;
use super::layout::{self, Policy};
use crate::engine::control;
use crate::engine::gate::Gate;
use crate::noah::service::Service;

/// What the console looks into.
pub(crate) struct Console {
    service: Arc<Service>,
    gate: Arc<Gate>,
}

/// Whether personal data is to be shown.
#[derive(Clone, Copy, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default, deserialize_with = "is_one")]
    reveal: bool,
}

/// Anything else does not reveal, and is no mistake to stumble over.
fn is_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    String::deserialize(deserializer).map(|text| text == "1")
}

impl Asked {
    const fn reveals(self) -> bool {
        self.reveal
    }

    /// What addresses that lead back to the console end with.
    const fn query(self) -> &'static str {
        if self.reveals() { "?reveal=1" } else { "" }
    }
}

/// A form that was filled in wrongly: what it said, and what is wrong.
struct Fault {
    form: Form,
    given: String,
    text: String,
}

/// The forms that can be filled in wrongly.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Rule,
    Webhooks,
    Clock,
    Other,
}

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
        .route("/_sandbox/console.css", get(assets::console_style))
        .route("/_sandbox/console.js", get(assets::script))
        .route("/_sandbox/console/requests", get(requests))
        .route("/_sandbox/console/sessions", get(sessions))
        .route("/_sandbox/console/deliveries", get(deliveries))
        .route("/_sandbox/console/faults", get(rules))
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

impl Console {
    fn show(&self, asked: Asked, status: StatusCode, fault: Option<&Fault>) -> Response {
        let of = |form| fault.filter(|fault| fault.form == form);
        let content = html! {
            @if let Some(fault) = of(Form::Other) { p.fault role="alert" { (fault.text) } }
            div.columns {
                div {
                    section aria-labelledby="requests" {
                        h2 id="requests" { "Requests" }
                        (self.requests(asked))
                    }
                    section aria-labelledby="deliveries" {
                        h2 id="deliveries" { "Deliveries" }
                        (self.deliveries(asked))
                    }
                }
                div {
                    section aria-labelledby="sessions" {
                        h2 id="sessions" { "Sessions" }
                        (self.sessions(asked))
                    }
                    section aria-labelledby="ledger" {
                        h2 id="ledger" { "Ledger" }
                        (self.ledger())
                    }
                    section aria-labelledby="faults" {
                        h2 id="faults" { "Faults" }
                        (self.rules(asked))
                        (parts::rule_form(asked, of(Form::Rule)))
                    }
                    section aria-labelledby="webhooks" {
                        h2 id="webhooks" { "Webhooks" }
                        (self.switches(asked, of(Form::Webhooks)))
                    }
                    section aria-labelledby="clock" {
                        h2 id="clock" { "Clock" }
                        (self.clock(asked, of(Form::Clock)))
                    }
                }
            }
        };
        layout::answer(status, Policy::Console, document(asked, &content))
    }
}

const PARTS: [(&str, &str); 7] = [
    ("requests", "Requests"),
    ("deliveries", "Deliveries"),
    ("sessions", "Sessions"),
    ("ledger", "Ledger"),
    ("faults", "Faults"),
    ("webhooks", "Webhooks"),
    ("clock", "Clock"),
];

fn document(asked: Asked, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (layout::head("Console", &html! {
                link rel="stylesheet" href="/_sandbox/console.css";
                script src="/_sandbox/console.js" defer {}
            }))
            body {
                a.skip href="#main" { "Skip to the requests" }
                (layout::banner())
                header.top {
                    h1 { "Console" }
                    // The script says what is true.
                    p.live role="status" data-live { "Reload the page to see what is new." }
                    form method="get" action="/_sandbox" {
                        @if asked.reveals() {
                            button type="submit" { "Mask personal data" }
                        } @else {
                            button type="submit" name="reveal" value="1" { "Reveal personal data" }
                        }
                    }
                    nav aria-label="Parts of the console" {
                        ul { @for (id, title) in PARTS { li { a href={ "#" (id) } { (title) } } } }
                    }
                }
                main.console id="main" tabindex="-1" data-query=(asked.query()) { (content) }
            }
        }
    }
}

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

use super::layout::{self, Policy};
use crate::engine::control::{self, Asked};
use crate::engine::gate::Gate;
use crate::noah::service::Service;

/// What the console looks into.
pub(crate) struct Console {
    service: Arc<Service>,
    gate: Arc<Gate>,
}

/// What addresses that lead back to the console end with.
const fn query(asked: Asked) -> &'static str {
    if asked.reveal { "?reveal=1" } else { "" }
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
                    (section("requests", &self.requests(asked)))
                    (section("deliveries", &self.deliveries(asked)))
                }
                div {
                    (section("sessions", &self.sessions(asked)))
                    (section("ledger", &self.ledger()))
                    (section("faults", &html! {
                        (self.rules(asked))
                        (parts::rule_form(asked, of(Form::Rule)))
                    }))
                    (section("webhooks", &self.switches(asked, of(Form::Webhooks))))
                    (section("clock", &self.clock(asked, of(Form::Clock))))
                }
            }
        };
        layout::answer(status, Policy::Console, document(asked, &content))
    }
}

const PARTS: [&str; 7] = [
    "requests",
    "deliveries",
    "sessions",
    "ledger",
    "faults",
    "webhooks",
    "clock",
];

/// A part's name with a capital.
fn title(part: &str) -> String {
    let (first, rest) = part.split_at(1);
    format!("{}{rest}", first.to_uppercase())
}

fn section(name: &str, content: &Markup) -> Markup {
    html! {
        section aria-labelledby=(name) {
            h2 id=(name) { (title(name)) }
            (content)
        }
    }
}

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
                        @if asked.reveal {
                            button type="submit" { "Mask personal data" }
                        } @else {
                            button type="submit" name="reveal" value="1" { "Reveal personal data" }
                        }
                    }
                    nav aria-label="Parts of the console" {
                        ul { @for part in PARTS { li { a href={ "#" (part) } { (title(part)) } } } }
                    }
                }
                main.console id="main" tabindex="-1" data-query=(query(asked)) { (content) }
            }
        }
    }
}

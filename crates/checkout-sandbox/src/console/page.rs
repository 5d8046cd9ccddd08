//! The console's page around its parts.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{DOCTYPE, Markup, html};

use super::parts;
use super::state::{Console, FormError, FormName, query};
use crate::engine::control::Asked;
use crate::engine::html::{Policy, layout};

impl Console {
    pub(super) fn show(&self, asked: Asked, status: StatusCode, fault: Option<&FormError>) -> Response {
        let of = |form| fault.filter(|fault| fault.form == form);
        let content = html! {
            @if let Some(fault) = of(FormName::Other) { p.fault role="alert" { (fault.text) } }
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
                        (parts::rule_form(asked, of(FormName::Rule)))
                    }))
                    (section("webhooks", &self.switches(asked, of(FormName::Webhooks))))
                    (section("clock", &self.clock(asked, of(FormName::Clock))))
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

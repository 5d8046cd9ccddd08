//! The parts of the console, each as it stands on the page and as it is fetched again. Personal data is masked in them, or
//! asked for.

use std::time::Duration;

use checkout_core::PositiveDecimal;
use checkout_core::time::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use super::state::{Console, FormError, query};
use crate::engine::control::Asked;
use crate::engine::courier::{Attempt, Delivery, DeliveryState};
use crate::engine::faults::ActiveRule;
use crate::engine::html::{headings, text};
use crate::engine::journal::{Detail, webhook_body};
use crate::engine::text::{json, timestamp};
use crate::noah::books::{Entry, Ledger, Total};
use crate::noah::sessions::{Ending, Session};

/// How many rows each part shows; the rest is to be had as JSON.
const SHOWN: usize = 50;

/// What the switches do that are on or off, in their order.
const FLAGS: [&str; 5] = [
    "Reorder",
    "Sign wrongly",
    "Send an unknown event type before each",
    "Send an unknown status before each",
    "Add fields that no spec has",
];

impl Console {
    pub(crate) fn requests(&self, asked: Asked) -> Markup {
        let records = self.gate.journal.latest(SHOWN);
        let rows = html! { @for record in &records { (request(&Detail::of(record, asked.into()))) } };
        let empty = "None yet. Send one to either API.";
        part("requests", records.is_empty().then_some(empty), &rows)
    }

    pub(crate) fn sessions(&self, asked: Asked) -> Markup {
        let sessions = self.service.store.sessions(SHOWN);
        let rows = html! { @for session in &sessions { (self::session(session, asked)) } };
        part("sessions", sessions.is_empty().then_some("None yet."), &rows)
    }

    pub(crate) fn ledger(&self) -> Markup {
        let Ledger { entries, totals } = Ledger::of(self.service.store.ledger());
        let rows = html! {
            ul.plain.totals {
                @for total in &totals { li { (total.direction) ": " strong { (sum(total)) } } }
            }
            (payments(&entries))
        };
        part(
            "ledger",
            entries.is_empty().then_some("Nothing was paid yet."),
            &rows,
        )
    }

    pub(crate) fn deliveries(&self, asked: Asked) -> Markup {
        let courier = &self.service.courier;
        let deliveries = courier.latest(SHOWN);
        let rows = html! {
            @for delivery in &deliveries {
                (self::delivery(delivery, courier.address(delivery.api).is_some(), asked))
            }
        };
        let empty = "No webhook was posted yet.";
        part("deliveries", deliveries.is_empty().then_some(empty), &rows)
    }

    pub(crate) fn rules(&self, asked: Asked) -> Markup {
        let rules = self.gate.faults.list();
        let rows = html! { ul.plain { @for rule in &rules { (self::rule(rule, asked)) } } };
        let empty = "No rule: nothing goes wrong on purpose.";
        part("faults", rules.is_empty().then_some(empty), &rows)
    }

    pub(crate) fn switches(&self, asked: Asked, fault: Option<&FormError>) -> Markup {
        let courier = &self.service.courier;
        let switches = courier.switches();
        let written = switches.to_string();
        let delay = written
            .split(',')
            .find_map(|part| part.trim().strip_prefix("delay="));
        html! {
            p.soft { "Waits between attempts: " (courier.schedule) "." }
            form method="post" action={ "/_sandbox/console/webhooks" (query(asked)) } autocomplete="off" {
                @if let Some(fault) = fault { p.fault role="alert" { (text(&fault.text)) } }
                @for ((name, on), label) in switches.flags().into_iter().zip(FLAGS) {
                    label.check {
                        input type="checkbox" name=(name) value="on" checked[on];
                        span { (label) }
                    }
                }
                div.pair {
                    div.field {
                        label for="Duplicates" { "Duplicates" }
                        input id="Duplicates" name="Duplicates" type="number" min="0" max="255" value=(switches.duplicates);
                    }
                    div.field {
                        label for="Delay" { "Delay" }
                        input id="Delay" name="Delay" value=(delay.unwrap_or_default()) maxlength="20"
                            placeholder="none, or 2s" autocapitalize="off" spellcheck="false";
                    }
                }
                button type="submit" { "Set" }
            }
        }
    }

    pub(crate) fn clock(&self, asked: Asked, fault: Option<&FormError>) -> Markup {
        html! {
            p { "It is " time { (moment(&timestamp(self.service.ground.now()))) } " (UTC) in the sandbox." }
            form.line method="post" action={ "/_sandbox/console/clock" (query(asked)) } autocomplete="off" {
                div.field {
                    label for="Seconds" { "Advance by seconds" }
                    input id="Seconds" name="Seconds" inputmode="text" required maxlength="20"
                        value=(given(fault))
                        aria-describedby={ "Seconds-hint" @if fault.is_some() { " Seconds-fault" } }
                        aria-invalid=[fault.map(|_| "true")] autofocus[fault.is_some()];
                    p.hint id="Seconds-hint" { "Backwards if below zero." }
                    (explained("Seconds", fault))
                }
                button type="submit" { "Advance" }
            }
        }
    }
}

/// A part with its rows, or with what is said of it while it is empty.
fn part(name: &str, empty: Option<&str>, rows: &Markup) -> Markup {
    html! {
        div.part id={ (name) "-part" } {
            @match empty {
                Some(empty) => p.empty { (empty) },
                None => (rows),
            }
        }
    }
}

fn request(detail: &Detail<'_>) -> Markup {
    let Detail {
        row,
        headers,
        body,
        checks,
    } = detail;
    let query = row
        .query
        .as_ref()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let line = format!("{} {}{query}", row.method, row.path);
    let checks = checks.as_array().map(Vec::as_slice).unwrap_or_default();
    let failed = checks.iter().find(|check| check["holds"] == false);
    let body = match body {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(pretty(other)),
    };
    html! {
        details.row id={ "request-" (row.number) } {
            summary {
                span.number { (row.number) }
                span.title { (text(row.operation.unwrap_or(&line))) }
                @match row.status {
                    Some(status) => (badge(&status.to_string(), Some((200..400).contains(&status)))),
                    None => (badge("no answer", Some(false))),
                }
                @if let Some(check) = failed { (badge(&format!("{} fails", json::text(check, "name")), Some(false))) }
                @if let Some(fault) = row.fault { (badge(&format!("fault: {fault}"), None)) }
                span.soft { (row.api) ", " (written(Duration::from_micros(row.took_us))) }
            }
            p { code { (text(&line)) } " at " (moment(&row.time)) }
            @if checks.is_empty() {
                p.empty { "No check was made." }
            } @else {
                (self::checks(checks))
            }
            h3 { "Headers" }
            dl.facts.small {
                @for header in headers {
                    dt { (text(header.name)) }
                    dd { code { (text(&header.value)) } }
                }
            }
            @if let Some(body) = body {
                h3 { "Body" }
                pre tabindex="0" role="region" aria-label={ "Body of request " (row.number) } { (text(&body)) }
            }
        }
    }
}

/// The journal has taken out of them what stands in a secret header.
fn checks(rows: &[Value]) -> Markup {
    html! {
        table.checks {
            caption { "Checks" }
            (headings(&["Check", "Expected", "Found", "Holds"], &[]))
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { (text(json::text(row, "name"))) }
                        td data-name="Expected" { (text(json::text(row, "expected"))) }
                        td data-name="Found" { (text(json::text(row, "found"))) }
                        td {
                            @match row["holds"].as_bool() {
                                Some(true) => (badge("holds", Some(true))),
                                Some(false) => (badge("fails", Some(false))),
                                None => (badge("not reached", None)),
                            }
                        }
                    }
                }
            }
        }
    }
}

fn session(session: &Session, asked: Asked) -> Markup {
    let (id, bill) = (session.id(), session.bill());
    let is_pending = bill.is_some() && session.outcome().is_none();
    let (state, is_good) = match session.outcome() {
        None if is_pending => ("pending", None),
        None => ("open", None),
        Some(Ending::Settled) => ("settled", Some(true)),
        Some(Ending::Failed) => ("failed", Some(false)),
        Some(Ending::Expired) => ("expired", Some(false)),
    };
    html! {
        article.item aria-labelledby={ "session-" (id) } {
            h3 id={ "session-" (id) } {
                a href={ "/hosted/" (id) } {
                    @match &bill {
                        Some(bill) => { (bill.title) " of " (money(bill.fiat_amount, bill.fiat_currency.as_str())) },
                        None => "Payment methods",
                    }
                }
                " " (badge(state, is_good))
            }
            p.soft {
                @match bill.as_ref().and_then(|bill| bill.external_id) {
                    Some(reference) => (text(reference.as_str())),
                    None => "No reference",
                }
                ", customer " (text(session.customer_id().as_str()))
            }
            @if is_pending {
                div.buttons {
                    @for (how, label) in [("settle", "Settle"), ("fail", "Fail"), ("expire", "Expire")] {
                        form method="post" action={
                            "/_sandbox/console/sessions/" (id) "/" (how) (query(asked))
                        } {
                            button type="submit" id={ (how) "-" (id) }
                                aria-describedby={ "session-" (id) } { (label) }
                        }
                    }
                }
            }
        }
    }
}

fn payments(entries: &[Entry]) -> Markup {
    html! {
        table {
            caption {
                "Payments, the last first"
                @if entries.len() > SHOWN { "; " (entries.len()) " in all" }
            }
            (headings(&["Reference"], &["Fiat", "Crypto"]))
            tbody {
                @for entry in entries.iter().rev().take(SHOWN) {
                    tr {
                        td {
                            @match &entry.external_id {
                                Some(reference) => (text(reference.as_str())),
                                None => span.soft { "none" },
                            }
                            br;
                            span.soft { (entry.direction) ", " (moment(&entry.settled)) }
                        }
                        td.number { (money(&entry.fiat_amount, entry.fiat_currency.as_str())) }
                        td.number {
                            @match &entry.crypto_amount {
                                Some(amount) => (money(amount, entry.crypto_currency.as_str())),
                                None => (text(entry.crypto_currency.as_str())),
                            }
                        }
                    }
                }
            }
        }
    }
}

fn sum(total: &Total) -> Markup {
    let currency = total.fiat_currency.as_str();
    match &total.fiat_amount {
        Some(sum) => money(sum, currency),
        None => text(&format!("more {currency} than can be written")),
    }
}

fn money(amount: &PositiveDecimal, currency: &str) -> Markup {
    text(&format!("{amount} {currency}"))
}

fn delivery(delivery: &Delivery, can_resend: bool, asked: Asked) -> Markup {
    let Delivery { number, attempts, .. } = delivery;
    let (state, is_good) = match delivery.state {
        DeliveryState::Waiting => ("waiting", None),
        DeliveryState::Delivered => ("delivered", Some(true)),
        DeliveryState::GivenUp => ("given up", Some(false)),
        DeliveryState::NotSubscribed => ("not subscribed", None),
        DeliveryState::NoAddress => ("no address", None),
    };
    let body = if asked.reveal {
        serde_json::from_slice(&delivery.body).unwrap_or_default()
    } else {
        webhook_body(delivery.api, &delivery.body)
    };
    html! {
        details.row id={ "delivery-" (number) } {
            summary {
                span.number { (number) }
                span.title { (text(&delivery.event_type)) }
                (badge(state, is_good))
                @if let Some(first) = delivery.duplicate_of { (badge(&format!("duplicate of {first}"), None)) }
                @if delivery.wrong_signature { (badge("wrong signature", None)) }
                span.soft {
                    (delivery.api) ", "
                    @match attempts.len() {
                        0 => "not sent",
                        1 => "1 attempt",
                        more => { (more) " attempts" },
                    }
                }
            }
            @if attempts.is_empty() && delivery.next_attempt.is_none() {
                p.empty { "It was not sent: " (state) "." }
            } @else {
                ol.attempts {
                    @for attempt in attempts { li { (self::attempt(attempt)) } }
                    @if let Some(next) = delivery.next_attempt { li { "next attempt at " (moment(&timestamp(next))) } }
                }
            }
            @if can_resend {
                form method="post" action={
                    "/_sandbox/console/deliveries/" (number) "/resend" (query(asked))
                } {
                    button type="submit" id={ "resend-" (number) } { "Resend" }
                }
            }
            h3 { "Body" }
            pre tabindex="0" role="region" aria-label={ "Body of delivery " (number) } { (text(&pretty(&body))) }
        }
    }
}

fn attempt(attempt: &Attempt) -> Markup {
    let outcome = match &attempt.outcome {
        Ok(status) => status.to_string(),
        Err(reason) => reason.clone(),
    };
    html! {
        (badge(&outcome, Some(attempt.is_delivered())))
        " at " (moment(&timestamp(attempt.at))) ", after " (written(attempt.took))
        @if attempt.resent { ", sent by hand" }
    }
}

fn rule(row: &ActiveRule, asked: Asked) -> Markup {
    html! {
        li.rule {
            div {
                code id={ "rule-" (row.id) } { (text(&row.text)) }
                p.soft { "happened to " (row.fired) " of " (row.matched) " requests" }
            }
            form method="post" action={
                "/_sandbox/console/faults/" (row.id) "/remove" (query(asked))
            } {
                button type="submit" id={ "remove-" (row.id) }
                    aria-describedby={ "rule-" (row.id) } { "Remove" }
            }
        }
    }
}

pub(crate) fn rule_form(asked: Asked, fault: Option<&FormError>) -> Markup {
    html! {
        form.line method="post" action={ "/_sandbox/console/faults" (query(asked)) } autocomplete="off" {
            div.field {
                label for="Rule" { "New rule" }
                input id="Rule" name="Rule" value=(given(fault)) required maxlength="500"
                    autocapitalize="off" spellcheck="false"
                    aria-describedby={ "Rule-hint" @if fault.is_some() { " Rule-fault" } }
                    aria-invalid=[fault.map(|_| "true")] autofocus[fault.is_some()];
                p.hint id="Rule-hint" {
                    "Such as " code { "createFiatPayin 503 count=2" } " or " code { "* cut-after probability=0.1" } "."
                }
                (explained("Rule", fault))
            }
            button type="submit" { "Add rule" }
        }
    }
}

fn given(fault: Option<&FormError>) -> &str {
    fault.map_or("", |fault| fault.given.as_str())
}

fn explained(name: &str, fault: Option<&FormError>) -> Markup {
    html! {
        @if let Some(fault) = fault { p.fault id={ (name) "-fault" } role="alert" { (text(&fault.text)) } }
    }
}

/// Not by its colour alone.
fn badge(label: &str, is_good: Option<bool>) -> Markup {
    let (class, mark) = match is_good {
        Some(true) => ("badge good", "✓ "),
        Some(false) => ("badge bad", "✗ "),
        None => ("badge", ""),
    };
    html! { span class=(class) { (mark) (text(label)) } }
}

/// `2026-01-31 12:00:00.000`: as the APIs write it, for people, and with a place to break the line.
fn moment(timestamp: &Timestamp) -> String {
    timestamp.as_str().replace('T', " ").replace('Z', "")
}

/// In milliseconds, to the tenth.
fn written(took: Duration) -> String {
    let tenths = took.as_micros() / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}

fn pretty(json: &Value) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default()
}

//! The parts of the console, each as it stands on the page and as it is fetched again.

use maud::{Markup, html};

use super::Asked;
use super::view::{
    AttemptRow, CheckRow, DeliveryRow, Fault, LedgerView, RequestRow, RuleRow, SessionRow, SessionState,
    SwitchesView,
};
use crate::noah::pages::layout::text;

pub(super) fn requests(rows: &[RequestRow]) -> Markup {
    html! {
        div.part id="requests-part" {
            @if rows.is_empty() {
                p.empty { "None yet. Send one to either API." }
            }
            @for row in rows { (request(row)) }
        }
    }
}

fn request(row: &RequestRow) -> Markup {
    let failed = row.checks.iter().find(|check| check.holds == Some(false));
    html! {
        details.row id={ "request-" (row.number) } {
            summary {
                span.number { (row.number) }
                span.title { (text(&row.title)) }
                @match row.status {
                    Some(status) => (badge(&status.to_string(), Some((200..400).contains(&status)))),
                    None => (badge("no answer", Some(false))),
                }
                @if let Some(check) = failed { (badge(&format!("{} fails", check.name), Some(false))) }
                @if let Some(fault) = &row.fault { (badge(&format!("fault: {fault}"), None)) }
                span.soft { (row.api) ", " (row.took) }
            }
            p { code { (text(&row.line)) } " at " (row.time) }
            @if row.checks.is_empty() {
                p.empty { "No check was made." }
            } @else {
                (checks(&row.checks))
            }
            h3 { "Headers" }
            dl.facts.small {
                @for (name, value) in &row.headers {
                    dt { (text(name)) }
                    dd { code { (text(value)) } }
                }
            }
            @if let Some(body) = &row.body {
                h3 { "Body" }
                pre tabindex="0" role="region" aria-label={ "Body of request " (row.number) } { (text(body)) }
            }
        }
    }
}

fn checks(rows: &[CheckRow]) -> Markup {
    html! {
        table.checks {
            caption { "Checks" }
            thead {
                tr {
                    th scope="col" { "Check" }
                    th scope="col" { "Expected" }
                    th scope="col" { "Found" }
                    th scope="col" { "Holds" }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { (text(&row.name)) }
                        td data-name="Expected" { (text(&row.expected)) }
                        td data-name="Found" { (text(&row.found)) }
                        td {
                            @match row.holds {
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

pub(super) fn sessions(rows: &[SessionRow], asked: Asked) -> Markup {
    html! {
        div.part id="sessions-part" {
            @if rows.is_empty() { p.empty { "None yet." } }
            @for row in rows { (session(row, asked)) }
        }
    }
}

fn session(row: &SessionRow, asked: Asked) -> Markup {
    let (state, is_good) = match row.state {
        SessionState::Managed => ("open", None),
        SessionState::Pending => ("pending", None),
        SessionState::Settled => ("settled", Some(true)),
        SessionState::Failed => ("failed", Some(false)),
        SessionState::Expired => ("expired", Some(false)),
    };
    html! {
        article.item aria-labelledby={ "session-" (row.id) } {
            h3 id={ "session-" (row.id) } {
                a href={ "/hosted/" (row.id) } {
                    (row.title)
                    @if let Some(amount) = &row.amount { " of " (text(amount)) }
                }
                " " (badge(state, is_good))
            }
            p.soft {
                @match &row.reference {
                    Some(reference) => (text(reference)),
                    None => "No reference",
                }
                ", customer " (text(&row.customer))
            }
            @if row.state == SessionState::Pending {
                div.buttons {
                    @for (how, label) in [("settle", "Settle"), ("fail", "Fail"), ("expire", "Expire")] {
                        form method="post" action={
                            "/_sandbox/console/sessions/" (row.id) "/" (how) (asked.query())
                        } {
                            button type="submit" id={ (how) "-" (row.id) }
                                aria-describedby={ "session-" (row.id) } { (label) }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn ledger(view: &LedgerView) -> Markup {
    html! {
        div.part id="ledger-part" {
            @if view.entries.is_empty() {
                p.empty { "Nothing was paid yet." }
            } @else {
                ul.plain.totals {
                    @for total in &view.totals { li { (total.direction) ": " strong { (text(&total.sum)) } } }
                }
                table {
                    caption {
                        "Payments, the last first"
                        @if view.entries.len() < view.count { "; " (view.count) " in all" }
                    }
                    thead {
                        tr {
                            th scope="col" { "Reference" }
                            th.number scope="col" { "Fiat" }
                            th.number scope="col" { "Crypto" }
                        }
                    }
                    tbody {
                        @for entry in &view.entries {
                            tr {
                                td {
                                    @match &entry.reference {
                                        Some(reference) => (text(reference)),
                                        None => span.soft { "none" },
                                    }
                                    br;
                                    span.soft { (entry.direction) ", " (entry.settled) }
                                }
                                td.number { (text(&entry.fiat)) }
                                td.number { (text(&entry.crypto)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn deliveries(rows: &[DeliveryRow], asked: Asked) -> Markup {
    html! {
        div.part id="deliveries-part" {
            @if rows.is_empty() { p.empty { "No webhook was posted yet." } }
            @for row in rows { (delivery(row, asked)) }
        }
    }
}

fn delivery(row: &DeliveryRow, asked: Asked) -> Markup {
    html! {
        details.row id={ "delivery-" (row.number) } {
            summary {
                span.number { (row.number) }
                span.title { (text(&row.event_type)) }
                (badge(row.state, row.is_good))
                @for oddity in &row.oddities { (badge(oddity, None)) }
                span.soft {
                    (row.api) ", "
                    @match row.attempts.len() {
                        0 => "not sent",
                        1 => "1 attempt",
                        more => { (more) " attempts" },
                    }
                }
            }
            @if row.attempts.is_empty() && row.next_attempt.is_none() {
                p.empty { "It was not sent: " (row.state) "." }
            } @else {
                ol.attempts {
                    @for attempt in &row.attempts { li { (self::attempt(attempt)) } }
                    @if let Some(next) = &row.next_attempt { li { "next attempt at " (next) } }
                }
            }
            @if row.can_resend {
                form method="post" action={
                    "/_sandbox/console/deliveries/" (row.number) "/resend" (asked.query())
                } {
                    button type="submit" id={ "resend-" (row.number) } { "Resend" }
                }
            }
            h3 { "Body" }
            pre tabindex="0" role="region" aria-label={ "Body of delivery " (row.number) } { (text(&row.body)) }
        }
    }
}

fn attempt(row: &AttemptRow) -> Markup {
    html! {
        (badge(&row.outcome, Some(row.is_good)))
        " at " (row.at) ", after " (row.took)
        @if row.resent { ", sent by hand" }
    }
}

pub(super) fn rules(rows: &[RuleRow], asked: Asked) -> Markup {
    html! {
        div.part id="faults-part" {
            @if rows.is_empty() {
                p.empty { "No rule: nothing goes wrong on purpose." }
            } @else {
                ul.plain { @for row in rows { (rule(row, asked)) } }
            }
        }
    }
}

fn rule(row: &RuleRow, asked: Asked) -> Markup {
    html! {
        li.rule {
            div {
                code id={ "rule-" (row.id) } { (text(&row.text)) }
                p.soft { "happened to " (row.fired) " of " (row.matched) " requests" }
            }
            form method="post" action={
                "/_sandbox/console/faults/" (row.id) "/remove" (asked.query())
            } {
                button type="submit" id={ "remove-" (row.id) }
                    aria-describedby={ "rule-" (row.id) } { "Remove" }
            }
        }
    }
}

pub(super) fn rule_form(asked: Asked, fault: Option<&Fault>) -> Markup {
    html! {
        form.line method="post" action={ "/_sandbox/console/faults" (asked.query()) } autocomplete="off" {
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

pub(super) fn switches(view: &SwitchesView, asked: Asked, fault: Option<&Fault>) -> Markup {
    html! {
        p.soft { "Waits between attempts: " (view.schedule) "." }
        form method="post" action={ "/_sandbox/console/webhooks" (asked.query()) } autocomplete="off" {
            @if let Some(fault) = fault { p.fault role="alert" { (text(&fault.text)) } }
            @for (name, label, on) in &view.flags {
                label.check {
                    input type="checkbox" name=(name) value="on" checked[*on];
                    span { (label) }
                }
            }
            div.pair {
                div.field {
                    label for="Duplicates" { "Duplicates" }
                    input id="Duplicates" name="Duplicates" type="number" min="0" max="255" value=(view.duplicates);
                }
                div.field {
                    label for="Delay" { "Delay" }
                    input id="Delay" name="Delay" value=(view.delay) maxlength="20" placeholder="none, or 2s"
                        autocapitalize="off" spellcheck="false";
                }
            }
            button type="submit" { "Set" }
        }
    }
}

pub(super) fn clock(now: &str, asked: Asked, fault: Option<&Fault>) -> Markup {
    html! {
        p { "It is " time { (now) } " (UTC) in the sandbox." }
        form.line method="post" action={ "/_sandbox/console/clock" (asked.query()) } autocomplete="off" {
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

fn given(fault: Option<&Fault>) -> &str {
    fault.map_or("", |fault| fault.given.as_str())
}

fn explained(name: &str, fault: Option<&Fault>) -> Markup {
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

//! Where the console's rows come from.

use std::time::Duration;

use checkout_core::time::Timestamp;
use serde_json::Value;

use super::Console;
use super::view::{
    AttemptRow, CheckRow, DeliveryRow, LedgerRow, LedgerView, RequestRow, RuleRow, SessionRow, SessionState,
    SwitchesView, TotalRow, View,
};
use crate::engine::api::Api;
use crate::engine::courier::{Attempt, Delivery, DeliveryState, WebhookSwitches, masked};
use crate::engine::journal::{Detail, Shown};
use crate::engine::time::timestamp;
use crate::noah::ledger::{Entry, Ledger};
use crate::noah::outcome::Outcome;
use crate::noah::session::Session;

/// How many rows each part shows; the rest is to be had as JSON.
const SHOWN: usize = 50;

impl Console {
    pub(super) fn view(&self, reveal: bool) -> View {
        View {
            requests: self.requests(reveal),
            sessions: self.sessions(),
            ledger: self.ledger(),
            deliveries: self.deliveries(reveal),
            rules: self.rules(),
            switches: self.switches(),
            now: moment(&timestamp(self.service.ground().now())),
        }
    }

    pub(super) fn requests(&self, reveal: bool) -> Vec<RequestRow> {
        let how = if reveal { Shown::Personal } else { Shown::Masked };
        let entries = self.gate.journal().latest(SHOWN);
        entries
            .iter()
            .map(|entry| request(Detail::of(entry, how)))
            .collect()
    }

    pub(super) fn sessions(&self) -> Vec<SessionRow> {
        self.service.store().sessions(SHOWN).iter().map(session).collect()
    }

    pub(super) fn ledger(&self) -> LedgerView {
        let Ledger { entries, totals } = Ledger::of(self.service.store().ledger());
        LedgerView {
            count: entries.len(),
            entries: entries.iter().rev().take(SHOWN).map(entry).collect(),
            totals: totals
                .into_iter()
                .map(|total| TotalRow {
                    direction: total.direction.as_str().to_owned(),
                    sum: match total.fiat_amount {
                        Some(sum) => format!("{sum} {}", total.fiat_currency.as_str()),
                        None => format!("more {} than can be written", total.fiat_currency.as_str()),
                    },
                })
                .collect(),
        }
    }

    pub(super) fn deliveries(&self, reveal: bool) -> Vec<DeliveryRow> {
        let courier = self.service.courier();
        let deliveries = courier.latest(SHOWN).into_iter();
        deliveries
            .map(|delivery| self::delivery(&delivery, courier.address(delivery.api).is_some(), reveal))
            .collect()
    }

    pub(super) fn rules(&self) -> Vec<RuleRow> {
        let rules = self.gate.faults().list().into_iter();
        rules
            .map(|rule| RuleRow {
                id: rule.id,
                text: rule.text,
                matched: rule.matched,
                fired: rule.fired,
            })
            .collect()
    }

    fn switches(&self) -> SwitchesView {
        let courier = self.service.courier();
        let switches = courier.switches();
        let text = switches.to_string();
        let delay = text
            .split(',')
            .find_map(|part| part.trim().strip_prefix("delay="));
        let WebhookSwitches {
            duplicates,
            reorder,
            wrong_signature,
            unknown_event,
            unknown_value,
            extra_fields,
            ..
        } = switches;
        SwitchesView {
            duplicates,
            delay: delay.unwrap_or_default().to_owned(),
            flags: vec![
                ("reorder", "Reorder", reorder),
                ("wrong-signature", "Sign wrongly", wrong_signature),
                (
                    "unknown-event",
                    "Send an unknown event type before each",
                    unknown_event,
                ),
                (
                    "unknown-value",
                    "Send an unknown status before each",
                    unknown_value,
                ),
                ("extra-fields", "Add fields that no spec has", extra_fields),
            ],
            schedule: courier.schedule().to_string(),
        }
    }
}

fn request(detail: Detail<'_>) -> RequestRow {
    let Detail {
        row,
        headers,
        body,
        checks,
    } = detail;
    let query = row.query.map(|query| format!("?{query}")).unwrap_or_default();
    let line = format!("{} {}{query}", row.method, row.path);
    RequestRow {
        number: row.number,
        api: name(row.api),
        time: moment(&row.time),
        title: row.operation.map_or_else(|| line.clone(), str::to_owned),
        line,
        status: row.status,
        took: written(Duration::from_micros(row.took_us)),
        fault: row.fault.map(str::to_owned),
        checks: checks.as_array().into_iter().flatten().map(check).collect(),
        headers: headers
            .into_iter()
            .map(|header| (header.name.to_owned(), header.value))
            .collect(),
        body: match body {
            Value::Null => None,
            Value::String(text) => Some(text),
            json => Some(pretty(&json)),
        },
    }
}

/// The journal has taken out of it what stands in a secret header.
fn check(check: &Value) -> CheckRow {
    let text = |name: &str| check[name].as_str().unwrap_or_default().to_owned();
    CheckRow {
        name: text("name"),
        expected: text("expected"),
        found: text("found"),
        holds: check["holds"].as_bool(),
    }
}

fn session(session: &Session) -> SessionRow {
    let bill = session.bill();
    let state = match (&bill, session.outcome()) {
        (None, _) => SessionState::Managed,
        (Some(_), None) => SessionState::Pending,
        (Some(_), Some(Outcome::Settled)) => SessionState::Settled,
        (Some(_), Some(Outcome::Failed)) => SessionState::Failed,
        (Some(_), Some(Outcome::Expired)) => SessionState::Expired,
    };
    SessionRow {
        id: session.id().to_owned(),
        title: bill.as_ref().map_or("Payment methods", |bill| bill.title),
        amount: bill
            .as_ref()
            .map(|bill| format!("{} {}", bill.fiat_amount, bill.fiat_currency.as_str())),
        reference: bill.and_then(|bill| bill.reference).map(str::to_owned),
        customer: session.customer_id().as_str().to_owned(),
        state,
    }
}

fn entry(entry: &Entry) -> LedgerRow {
    let currency = entry.crypto_currency.as_str();
    LedgerRow {
        settled: moment(&entry.settled),
        direction: entry.direction.as_str().to_owned(),
        fiat: format!("{} {}", entry.fiat_amount, entry.fiat_currency.as_str()),
        crypto: match entry.crypto_amount {
            Some(amount) => format!("{amount} {currency}"),
            None => currency.to_owned(),
        },
        reference: entry.external_id.as_ref().map(|id| id.as_str().to_owned()),
    }
}

fn delivery(delivery: &Delivery, has_address: bool, reveal: bool) -> DeliveryRow {
    let (state, is_good) = match delivery.state {
        DeliveryState::Waiting => ("waiting", None),
        DeliveryState::Delivered => ("delivered", Some(true)),
        DeliveryState::GivenUp => ("given up", Some(false)),
        DeliveryState::NotSubscribed => ("not subscribed", None),
        DeliveryState::NoAddress => ("no address", None),
    };
    let mut oddities = Vec::new();
    if let Some(first) = delivery.duplicate_of {
        oddities.push(format!("duplicate of {first}"));
    }
    if delivery.wrong_signature {
        oddities.push("wrong signature".to_owned());
    }
    let body = if reveal {
        serde_json::from_slice(&delivery.body).unwrap_or_default()
    } else {
        masked(delivery.api, &delivery.body)
    };
    DeliveryRow {
        number: delivery.number,
        api: name(delivery.api),
        event_type: delivery.event_type.clone(),
        state,
        is_good,
        oddities,
        attempts: delivery.attempts.iter().map(attempt).collect(),
        next_attempt: delivery.next_attempt.map(|next| moment(&timestamp(next))),
        can_resend: has_address,
        body: pretty(&body),
    }
}

fn attempt(attempt: &Attempt) -> AttemptRow {
    AttemptRow {
        at: moment(&timestamp(attempt.at)),
        took: written(attempt.took),
        outcome: match &attempt.outcome {
            Ok(status) => status.to_string(),
            Err(reason) => reason.clone(),
        },
        is_good: attempt.is_delivered(),
        resent: attempt.resent,
    }
}

const fn name(api: Api) -> &'static str {
    match api {
        Api::Noah => "NOAH",
        Api::Worldline => "Worldline Connect",
    }
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

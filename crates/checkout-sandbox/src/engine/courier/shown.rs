//! Deliveries as they are shown.

use serde_json::{Value, json};

use super::delivery::{Attempt, Delivery};
use crate::engine::journal::webhook_body;
use crate::engine::text::{sparse, timestamp};

/// A delivery without its body, which holds a customer's data. `NextAttempt` is `null` if there is to be none.
pub(crate) fn delivery_row(delivery: &Delivery) -> Value {
    let attempts: Vec<Value> = delivery.attempts.iter().map(attempt_row).collect();
    let mut row = sparse(json!({
        "Number": delivery.number, "Api": delivery.api, "EventType": delivery.event_type,
        "EventVersion": delivery.event_version, "EventID": delivery.event_id, "DuplicateOf": delivery.duplicate_of,
        "WrongSignature": delivery.wrong_signature, "Bytes": delivery.body.len(), "State": delivery.state,
        "Attempts": attempts,
    }));
    row["NextAttempt"] = json!(delivery.next_attempt.map(timestamp));
    row
}

fn attempt_row(attempt: &Attempt) -> Value {
    let milliseconds = u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX);
    sparse(json!({
        "At": timestamp(attempt.at), "Milliseconds": milliseconds, "Resent": attempt.resent,
        "Status": attempt.outcome.as_ref().ok(), "Error": attempt.outcome.as_ref().err(),
    }))
}

/// All of one delivery. `Signature` is `null` until the first attempt. The body is masked and JSON, or else the exact text that was
/// signed.
pub(crate) fn delivery_detail(delivery: &Delivery, reveal: bool) -> Value {
    let mut detail = delivery_row(delivery);
    detail["Signature"] = json!(delivery.signature);
    detail["Body"] = if reveal {
        String::from_utf8_lossy(&delivery.body).into()
    } else {
        webhook_body(delivery.api, &delivery.body)
    };
    detail
}

//! Bodies of Worldline Connect's webhooks. The envelope is the API's own type; the object in it has none.

use checkout_core::filled;
use std::time::SystemTime;

use checkout_core::{PositiveDecimal, Received};
use hosted_checkout::noah::fiat_decimals;
use serde_json::{Value, json};
use worldline_connect_models::{WebhooksEvent, WebhooksEventType};

use super::{Wanted, unfit};
use crate::Failure;
use crate::requests::fresh_key;

/// The bytes of a webhook of this type.
pub(super) fn body(
    event_type: &WebhooksEventType,
    wanted: &Wanted,
    now: SystemTime,
) -> Result<Vec<u8>, Failure> {
    let at = jiff::Timestamp::try_from(now).map_err(|error| unfit("the clock", error))?;
    let (subject, change) = event_type.as_str().split_once('.').unwrap_or_default();
    let object = Received::of(object(subject, change, wanted)?);
    let mut event = filled!(WebhooksEvent {
        api_version: "v1",
        id: fresh_key(),
        created: at.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
        merchant_id: "9991",
        type_: event_type.clone()
    });
    match subject {
        "refund" => event.refund = object,
        "payout" => event.payout = object,
        "token" => event.token = object,
        "dispute" => event.dispute = object,
        "capture" => event.capture = object,
        _ => event.payment = object,
    }
    serde_json::to_vec(&event).map_err(Failure::failed)
}

fn object(subject: &str, change: &str, wanted: &Wanted) -> Result<Value, Failure> {
    let id = wanted.id.clone().unwrap_or_else(fresh_key);
    if subject == "token" {
        return Ok(json!({"id": id}));
    }
    let status = wanted.status.clone().unwrap_or_else(|| change.to_uppercase());
    let money = json!({"amount": minor_units(wanted)?, "currencyCode": wanted.currency});
    let output = json!({
        "amountOfMoney": money,
        "references": {"merchantReference": wanted.external_id},
    });
    Ok(json!({"id": id, format!("{subject}Output"): output, "status": status}))
}

/// Worldline counts in the smallest unit.
fn minor_units(wanted: &Wanted) -> Result<u64, Failure> {
    let decimals =
        fiat_decimals(&wanted.currency).ok_or_else(|| unfit("--currency", "is no currency of ISO 4217"))?;
    let units = PositiveDecimal::parse(&wanted.amount)
        .and_then(|amount| amount.to_minor_units(decimals))
        .map_err(|error| unfit("--amount", error))?;
    u64::try_from(units).map_err(|_| unfit("--amount", "is too large"))
}

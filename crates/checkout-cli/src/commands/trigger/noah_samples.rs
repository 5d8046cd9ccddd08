//! Bodies of NOAH's webhooks: the spec's own examples, with what was asked for in place of theirs.

use std::time::SystemTime;

use checkout_core::PositiveDecimal;
use checkout_core::near::suggestion;
use checkout_core::time::Timestamp;
use noah_models::EventType;
use serde_json::{Value, json};

use super::{Wanted, unfit};
use crate::Failure;
use crate::requests::fresh_key;

/// The bytes of a webhook of this type.
pub(super) fn body(event_type: &EventType, wanted: &Wanted, now: SystemTime) -> Result<Vec<u8>, Failure> {
    let status = status(event_type, wanted)?;
    let amount = PositiveDecimal::parse(&wanted.amount).map_err(|error| unfit("--amount", error))?;
    let at = jiff::Timestamp::try_from(now).map_err(|error| unfit("the clock", error))?;
    let created = Timestamp::in_milliseconds(now).map_err(Failure::usage)?;
    let id = wanted.id.clone().unwrap_or_else(fresh_key);
    let customer = || json!(wanted.customer_id);
    let changed = match event_type {
        EventType::FiatDeposit => json!({
            "ID": id, "Created": created, "Status": status, "FiatAmount": amount, "FiatCurrency": wanted.currency,
            "Reference": wanted.external_id, "CustomerID": customer(),
        }),
        EventType::CheckoutSession => json!({
            "CheckoutSessionID": id, "Created": created, "Status": status, "ExternalID": wanted.external_id,
            "CustomerID": customer(), "SourceAmount": amount, "SourceCurrency": wanted.currency,
            "DestinationAmount": amount, "DestinationCurrency": wanted.crypto_currency,
            "LineItems": [{"Description": "Sample", "Quantity": "1", "UnitAmount": amount, "TotalAmount": amount}],
        }),
        EventType::Customer => json!({
            "CustomerID": wanted.id.clone().map_or_else(customer, Value::from), "Created": created,
            "Verification": {"Model": "System", "Status": status},
        }),
        _ => json!({
            "ID": id, "Created": created, "Status": status, "Amount": amount, "CryptoCurrency": wanted.crypto_currency,
            "CustomerID": customer(), "ExternalID": wanted.external_id,
            "FiatPayment": {"Amount": amount, "FeeAmount": "0", "FiatCurrency": wanted.currency},
        }),
    };
    let mut event = example(event_type, &status);
    event["EventVersion"] = at.as_millisecond().into();
    event["Occurred"] = json!(created);
    // These fields would contradict the status or the time that is asked for.
    for outdated in [
        "SubStatus",
        "RFI",
        "Refunds",
        "AdjustmentFor",
        "Breakdown",
        "AuthorizedAmount",
        "Expiry",
        "Verifications",
    ] {
        event["Data"].as_object_mut().map(|data| data.remove(outdated));
    }
    for (field, value) in changed.as_object().into_iter().flatten() {
        event["Data"][field] = value.clone();
    }
    Ok(event.to_string().into_bytes())
}

/// Of those of this type one with this status, if there is one.
fn example(event_type: &EventType, status: &str) -> Value {
    let examples = noah_models::described()
        .events
        .values()
        .map(|example| &example.value);
    let of_type = examples.filter(|example| example["EventType"] == event_type.as_str());
    let has_status = |example: &&Value| {
        let data = &example["Data"];
        data["Status"] == status || data["Verification"]["Status"] == status
    };
    let found = of_type.max_by_key(has_status);
    found
        .cloned()
        .unwrap_or_else(|| json!({"EventType": event_type, "Data": {}}))
}

/// A status from the object's own list, in any case of letters. Without one, the status of success.
fn status(event_type: &EventType, wanted: &Wanted) -> Result<String, Failure> {
    let (component, good) = match event_type {
        EventType::FiatDeposit => ("FiatDepositStatus", "Settled"),
        EventType::CheckoutSession => ("CheckoutSessionStatus", "Settled"),
        EventType::Customer => ("VerificationStatus", "Approved"),
        _ => ("TransactionStatus", "Settled"),
    };
    let Some(name) = &wanted.status else {
        return Ok(good.to_owned());
    };
    let described = noah_models::described();
    let known = described.known_values(&described.definitions[component]);
    let known: Vec<&str> = known.into_iter().map(|(value, _)| value).collect();
    let found = known.iter().find(|status| status.eq_ignore_ascii_case(name));
    found.map(|status| (*status).to_owned()).ok_or_else(|| {
        let meant = suggestion(name, known.iter().copied()).unwrap_or_default();
        unfit("--status", format!("is none of {}{meant}", known.join(", ")))
    })
}

//! What an event changes beside the webhook that tells it: the things that lists show, and the balances. A customer who comes with a
//! request changes the lists too.

use std::sync::Arc;

use noah_models::CustomerId;
use serde_json::{Value, json};

use crate::engine::courier::Event;
use crate::engine::ground::Ground;
use crate::engine::pipeline::Stage;
use crate::engine::text::{field, timestamp};
use crate::noah::books::{BalanceFault, balances};

pub(crate) const CUSTOMER: &str = "Customer";

/// Fields of a customer that requests have and answers do not.
const SENT_ALONE: &[&str] = &["PhoneNumber", "EntityType"];

/// Why no money may move for a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Barred {
    /// Nobody has given them, and they have not been onboarded.
    Unknown,
    /// Their checks have failed.
    Declined,
}

/// Whether money may move for a customer.
pub(crate) fn check_customer(stage: &Stage<'_>, id: &str) -> Result<(), Barred> {
    let known = stage.get(CUSTOMER, id).ok_or(Barred::Unknown)?;
    match known["Verification"]["Status"].as_str() {
        Some("Declined") => Err(Barred::Declined),
        _ => Ok(()),
    }
}

/// Stages each object as its event tells it, and the money that a transaction moves when it ends.
pub(crate) fn stage(stage: &mut Stage<'_>, events: &[Event]) -> Result<(), BalanceFault> {
    for Event { event_type, data, .. } in events {
        if event_type == "Transaction" {
            balances::follow(stage, data)?;
        }
        let name = match event_type.as_str() {
            CUSTOMER => "CustomerID",
            "CheckoutSession" => "CheckoutSessionID",
            _ => "ID",
        };
        if let Some(id) = field(data, name) {
            stage.put(event_type, id, Arc::clone(data));
        }
    }
    Ok(())
}

/// Stages a customer as a request gave it. The business has checked it, so it is approved, unless NOAH's own checks go on.
pub(crate) fn stage_customer(stage: &mut Stage<'_>, id: &CustomerId, given: &Value, ground: &Ground) {
    let known = stage.get(CUSTOMER, id.as_str());
    let kept = |name: &str| known.and_then(|known| known.get(name)).cloned();
    let created = kept("Created").unwrap_or_else(|| timestamp(ground.now()).as_str().into());
    let verification = kept("Verification").unwrap_or_else(|| json!({ "Status": "Approved" }));
    let mut shown = given.as_object().cloned().unwrap_or_default();
    let is_business = shown.get("Type").is_some_and(|of| of == "Business");
    let kind = if is_business { "Business" } else { "Individual" };
    for name in SENT_ALONE {
        shown.shift_remove(*name);
    }
    if !is_business {
        shown.shift_remove("Email");
    }
    for (name, value) in [
        ("Type", kind.into()),
        ("CustomerID", id.as_str().into()),
        ("Created", created),
        ("Verification", verification),
    ] {
        shown.insert(name.to_owned(), value);
    }
    stage.put(CUSTOMER, id.as_str(), Value::Object(shown));
}

//! Events that no request brings about, such as those of a customer whose checks end.

use std::sync::Arc;

use checkout_core::PositiveDecimal;
use checkout_core::impl_debug;
use checkout_core::redact::Personal;
use noah_models::{CheckoutPayinFiatRequest, EventType, LineItem, PaymentMethodCategory};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::sessions::{Ending, Kind, Payin, Session};
use super::webhooks;
use crate::engine::courier::{Courier, Delivery};
use crate::engine::ground::Ground;
use crate::engine::text::timestamp;
use crate::trigger::TriggerError;

/// A webhook of NOAH's to be posted on demand.
///
/// As JSON, `{"EventType": "Customer", "Data": {…}}`, where `Data` may be left out.
///
/// ```
/// use checkout_sandbox::NoahTrigger;
/// use serde_json::json;
///
/// let declined = NoahTrigger::new("Customer")
///     .data(json!({"CustomerID": "customer-1", "Verification": {"Status": "Declined"}}));
/// # let _ = declined;
/// ```
#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[must_use = "nothing is posted before it is given to `trigger`"]
pub struct NoahTrigger {
    event_type: EventType,
    #[serde(default)]
    data: Value,
}

impl NoahTrigger {
    /// An event of this type about an invented object: a person whose checks were passed, or what a settled pay-in by
    /// bank comes with.
    pub fn new(event_type: impl Into<EventType>) -> Self {
        Self {
            event_type: event_type.into(),
            data: Value::Null,
        }
    }

    /// What the object is to have in place of what is invented: an object, applied as a JSON merge patch (RFC 7396), so
    /// that `null` takes a field away. An event of a type that no spec knows has nothing else.
    pub fn data(mut self, data: impl Into<Value>) -> Self {
        self.data = data.into();
        self
    }

    pub(crate) fn post(self, courier: &Courier) -> Result<Vec<Delivery>, TriggerError> {
        let Self { event_type, data } = self;
        if !matches!(data, Value::Null | Value::Object(_)) {
            return Err(TriggerError::DataNoObject);
        }
        let mut object = match invented(&event_type, &courier.ground) {
            Some(object) => object,
            None if data.is_null() => return Err(TriggerError::DataMissing(event_type.as_str().to_owned())),
            None => Value::Object(Map::new()),
        };
        if data.is_object() {
            merge(&mut object, data);
        }
        Ok(courier.trigger(webhooks::event(event_type, object))?)
    }
}

/// Whom the invented objects are about.
const CUSTOMER_ID: &str = "sandbox-customer";

/// What an event of this type tells in the end of a pay-in that goes well, or of a customer.
fn invented(event_type: &EventType, ground: &Ground) -> Option<Value> {
    if *event_type == EventType::Customer {
        return Some(customer(ground));
    }
    let mut session = Session::Payin(Box::new(Payin::new(Kind::Fiat, payin(), ground)));
    let change = session.end(Ending::Settled, None, ground).ok()??;
    let events = change.events.into_iter();
    let told = events.rev().find(|event| event.event_type == event_type.as_str());
    told.map(|event| Arc::unwrap_or_clone(event.data))
}

fn customer(ground: &Ground) -> Value {
    json!({
        "Type": "Individual",
        "Created": timestamp(ground.now()).as_str(),
        "CustomerID": CUSTOMER_ID,
        "DateOfBirth": "1990-01-01",
        "FullName": { "FirstName": "Sandbox", "LastName": "Customer" },
        "Identities": [],
        "PrimaryResidence": {
            "City": "Berlin", "Country": "DE", "PostCode": "10115", "State": "Berlin", "Street": "1 Sandbox Street",
        },
        "Verification": { "Model": "System", "Status": "Approved" },
    })
}

fn payin() -> CheckoutPayinFiatRequest {
    let one = || PositiveDecimal::from(1_u8);
    let item = LineItem::builder()
        .description("Sandbox item")
        .quantity(one())
        .unit_amount(PositiveDecimal::from(10_u8))
        .total_amount(PositiveDecimal::from(10_u8))
        .build();
    CheckoutPayinFiatRequest::builder()
        .customer_id(CUSTOMER_ID)
        .payment_method_category(PaymentMethodCategory::Bank)
        .fiat_currency("EUR")
        .fiat_amount(PositiveDecimal::from(10_u8))
        .crypto_currency("USDC_TEST")
        .return_url("https://shop.example/done")
        .line_items(vec![item])
        .nonce("sandbox-trigger")
        .build()
}

/// RFC 7396.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    let mut members = match target.take() {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            members.shift_remove(&name);
        } else {
            merge(members.entry(name).or_insert(Value::Null), value);
        }
    }
    *target = Value::Object(members);
}

impl_debug!(NoahTrigger: self => { event_type: self.event_type, data: Personal });

#[cfg(test)]
mod tests {
    use checkout_core::Json;
    use checkout_core::validate::At;

    use super::*;

    /// From the examples of RFC 7396.
    #[test]
    fn patches_are_merged() {
        for (target, patch, merged) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (
                json!({"a": {"b": "c"}}),
                json!({"a": {"b": "d", "c": null}}),
                json!({"a": {"b": "d"}}),
            ),
            (
                json!({}),
                json!({"a": {"bb": {"ccc": null}}}),
                json!({"a": {"bb": {}}}),
            ),
        ] {
            let mut found = target;
            merge(&mut found, patch);
            assert_eq!(found, merged);
        }
    }

    #[test]
    fn every_type_of_the_spec_has_its_object() {
        let ground = Ground::for_tests();
        for event_type in EventType::KNOWN {
            let data = invented(event_type, &ground).unwrap();
            let (json, mut unread) = (Json::from(data), Vec::new());
            let told = noah_models::WebhookData::select(event_type.as_str(), &json, &At::BODY, &mut unread);
            assert!(
                told.is_ok() && unread.is_empty(),
                "{event_type}: {}",
                json.as_str()
            );
        }
        assert_eq!(invented(&EventType::from("Refund"), &ground), None);
    }
}

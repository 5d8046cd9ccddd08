//! Events on demand. The spec has no operation that moves money, so no request brings one about.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use worldline_connect_models::WebhooksEventType;

use crate::engine::courier::{Courier, Delivery, Event};
use crate::engine::ground::Ground;
use crate::engine::spec::Api;
use crate::engine::text::timestamp;
use crate::trigger::TriggerError;

/// A webhook of Worldline Connect's to be posted on demand, about an invented payment, refund, payout, token, dispute or
/// capture.
///
/// As JSON, `{"type": "payment.paid", "id": …, "merchantReference": …, "amount": 1000, "currencyCode": "EUR"}`, where all
/// but the type may be left out.
///
/// ```
/// use checkout_sandbox::WorldlineTrigger;
///
/// let paid = WorldlineTrigger::new("payment.paid")
///     .merchant_reference("order-7")
///     .amount(1050, "EUR");
/// # let _ = paid;
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[must_use = "nothing is posted before it is given to `trigger`"]
pub struct WorldlineTrigger {
    #[serde(rename = "type")]
    event_type: WebhooksEventType,
    id: Option<String>,
    merchant_reference: Option<String>,
    #[serde(default = "usual_amount")]
    amount: u64,
    #[serde(default = "usual_currency")]
    currency_code: String,
}

const fn usual_amount() -> u64 {
    1_000
}

fn usual_currency() -> String {
    "EUR".to_owned()
}

impl WorldlineTrigger {
    /// An event of this type, over 10 euros and a new object.
    pub fn new(event_type: impl Into<WebhooksEventType>) -> Self {
        Self {
            event_type: event_type.into(),
            id: None,
            merchant_reference: None,
            amount: usual_amount(),
            currency_code: usual_currency(),
        }
    }

    /// The id of the payment, refund and so on, so that several events can tell of the same one.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The shop's own reference of the payment.
    pub fn merchant_reference(mut self, reference: impl Into<String>) -> Self {
        self.merchant_reference = Some(reference.into());
        self
    }

    /// How much it is about, in the smallest unit of the currency: 1050 and `EUR` are 10.50 euros.
    pub fn amount(mut self, amount: u64, currency_code: impl Into<String>) -> Self {
        self.amount = amount;
        self.currency_code = currency_code.into();
        self
    }

    pub(crate) fn post(self, courier: &Courier) -> Result<Vec<Delivery>, TriggerError> {
        let object = self.object(&courier.ground)?;
        Ok(courier.trigger(Event {
            api: Api::Worldline,
            event_type: self.event_type.as_str().to_owned(),
            data: Arc::new(object),
        })?)
    }

    /// What the event is about, as far as the vendor's own examples show such objects.
    fn object(&self, ground: &Ground) -> Result<Value, TriggerError> {
        let unknown = || TriggerError::EventType(self.event_type.as_str().to_owned());
        let (object, event) = self.event_type.as_str().split_once('.').ok_or_else(unknown)?;
        if event.is_empty() {
            return Err(unknown());
        }
        let id = self.id.clone().unwrap_or_else(|| match object {
            "token" => ground.ids.id(),
            // 30 digits.
            _ => format!("{:030}", ground.ids.uuid().as_u128() % 10_u128.pow(30)),
        });
        let output = match object {
            "payment" | "refund" | "capture" => json!({
                "amountOfMoney": self.amount_of_money(),
                "references": self.references(),
                "paymentMethod": "card",
            }),
            "payout" => json!({
                "amountOfMoney": self.amount_of_money(),
                "references": self.references(),
            }),
            "dispute" => json!({
                "amountOfMoney": self.amount_of_money(),
                "reference": self.references(),
            }),
            "token" if event == "deleted" => return Ok(json!({ "id": id })),
            "token" => return Ok(json!({ "id": id, "paymentProductId": 1 })),
            _ => return Err(unknown()),
        };
        Ok(json!({
            "id": id,
            (format!("{object}Output")): output,
            "status": status(event),
            "statusOutput": status_output(object, event, ground),
        }))
    }

    fn amount_of_money(&self) -> Value {
        json!({ "amount": self.amount, "currencyCode": self.currency_code })
    }

    fn references(&self) -> Value {
        match &self.merchant_reference {
            Some(reference) => json!({ "merchantReference": reference }),
            None => json!({}),
        }
    }
}

/// The status that an object has after an event is the event's name in capitals, but for one.
fn status(event: &str) -> String {
    match event {
        "paid_increment" => "PAID".to_owned(),
        other => other.to_uppercase(),
    }
}

fn status_output(object: &str, event: &str, ground: &Ground) -> Value {
    // The vendor shows no other codes.
    let code = match event {
        "rejected" => Some(100),
        "pending_approval" => Some(600),
        "paid" | "paid_increment" => Some(1_000),
        _ => None,
    };
    let category = category(event);
    let mut output = json!({
        "isCancellable": matches!(category, "CREATED" | "PENDING_PAYMENT" | "PENDING_MERCHANT"),
        "statusCategory": category,
    });
    if let Some(code) = code {
        output["statusCode"] = code.into();
    }
    let now = timestamp(ground.now());
    let digits = now.as_str().chars().filter(char::is_ascii_digit);
    let moment: String = digits.take("YYYYMMDDHHMMSS".len()).collect();
    output["statusCodeChangeDateTime"] = moment.into();
    if object == "payment" {
        let is_authorized = matches!(
            event,
            "pending_approval"
                | "pending_completion"
                | "pending_capture"
                | "capture_requested"
                | "captured"
                | "paid"
                | "paid_increment"
        );
        output["isAuthorized"] = is_authorized.into();
    }
    output
}

/// Which of the vendor's categories a status falls into. Its pages name the categories; where each status belongs is the
/// sandbox's reading of them.
fn category(event: &str) -> &'static str {
    match event {
        "created" | "draft" => "CREATED",
        "redirected" | "pending_payment" => "PENDING_PAYMENT",
        "account_verified" => "ACCOUNT_VERIFIED",
        "captured" | "paid" | "paid_increment" | "account_credited" | "success" => "COMPLETED",
        "refunded" => "REFUNDED",
        "reversed" | "chargeback_notification" | "chargebacked" => "REVERSED",
        "rejected"
        | "rejected_capture"
        | "rejected_credit"
        | "cancelled"
        | "expired"
        | "invalid_representment" => "UNSUCCESSFUL",
        pending if pending.starts_with("pending_") => "PENDING_MERCHANT",
        _ => "PENDING_CONNECT_OR_3RD_PARTY",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_the_spec_has_its_object() {
        let ground = Ground::for_tests();
        for event_type in WebhooksEventType::KNOWN {
            let object = WorldlineTrigger::new(event_type.clone()).object(&ground).unwrap();
            let is_token = event_type.as_str().starts_with("token.");
            assert_eq!(object.get("status").is_some(), !is_token, "{event_type}");
            assert!(object["id"].is_string(), "{event_type}");
        }
    }

    #[test]
    fn what_is_no_event_type_is_refused() {
        let ground = Ground::for_tests();
        for event_type in ["", "payment", "payment.", "order.paid", ".paid"] {
            assert!(
                matches!(
                    WorldlineTrigger::new(event_type).object(&ground),
                    Err(TriggerError::EventType(found)) if found == event_type
                ),
                "{event_type}"
            );
        }
        assert!(WorldlineTrigger::new("capture.paid").object(&ground).is_ok());
    }

    #[test]
    fn a_payment_looks_as_the_vendor_shows_it() {
        let ground = Ground::for_tests();
        let paid = WorldlineTrigger::new("payment.paid")
            .id("7")
            .merchant_reference("order-7")
            .amount(1050, "USD");
        assert_eq!(
            paid.object(&ground).unwrap(),
            json!({
                "id": "7",
                "paymentOutput": {
                    "amountOfMoney": {"amount": 1050, "currencyCode": "USD"},
                    "references": {"merchantReference": "order-7"},
                    "paymentMethod": "card",
                },
                "status": "PAID",
                "statusOutput": {
                    "isCancellable": false,
                    "statusCategory": "COMPLETED",
                    "statusCode": 1000,
                    "statusCodeChangeDateTime": "19700101000000",
                    "isAuthorized": true,
                },
            })
        );
    }
}

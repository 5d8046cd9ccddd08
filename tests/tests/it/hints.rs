//! What the specs say to do about an answer, as callers of each operation read it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use checkout_core::Operation;
use checkout_transport::testing::{ScriptedWire, Step};
use hosted_checkout::noah::{CryptoCurrencyCode, FiatCurrencyCode, PaymentMethodCategory, line_item};
use serde_json::{Value, json};
use tests::spec::{self, Spec};

use crate::shop::{client_session, connect, device, key, noah};

/// Every answer outside 2xx that the spec documents or has a hint for, by status or code.
fn answers(spec: &Spec, operation: &Operation) -> BTreeSet<String> {
    let document = &spec.document;
    let path = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .find_map(|path| {
            let found = path.get(operation.method.to_lowercase())?;
            (found["operationId"] == operation.id).then_some(found)
        })
        .unwrap();
    let keys = |value: &Value| -> Vec<String> {
        let object = value.as_object().into_iter().flatten();
        object.map(|(name, _)| name.clone()).collect()
    };
    let documented = keys(&path["responses"])
        .into_iter()
        .filter(|status| !status.starts_with('2'));
    documented
        .chain(keys(&path["x-hints"]))
        .chain(keys(&document["x-hints"]))
        .collect()
}

/// The table that a reviewer reads: each operation, each answer that has a hint, in the library's words. Each field that a hint
/// names is one of the operation's body.
#[test]
fn each_operation_knows_what_to_do_about_its_answers() {
    let mut table = String::new();
    for (spec, operations) in [
        (spec::noah(), noah_models::operations::ALL),
        (
            spec::worldline_connect(),
            worldline_connect_models::operations::ALL,
        ),
    ] {
        let text = spec.document.to_string();
        let mut common = BTreeSet::new();
        let mut own = String::new();
        for operation in operations {
            own.push_str(&format!("{}\n", operation.id));
            for answer in answers(spec, operation) {
                let Some(hint) = operation.hint([answer.as_str()]) else {
                    continue;
                };
                let line = format!("  {answer}: {hint}\n");
                if spec.document["x-hints"][&answer] == hint.to_string() {
                    common.insert(line);
                } else {
                    own.push_str(&line);
                }
                let fields = RefCell::new(Vec::new());
                hint.text(|json, _| {
                    fields.borrow_mut().push(json.to_owned());
                    String::new()
                });
                for field in fields.into_inner() {
                    assert!(
                        text.contains(&format!("\"{field}\":{{")),
                        "{}: {field} is no field",
                        operation.id
                    );
                }
            }
        }
        let common: String = common.into_iter().collect();
        table.push_str(&format!("{}, every operation\n{common}{own}", spec.file));
    }
    insta::assert_snapshot!(table);
}

fn answer(status: u16, body: &Value) -> ScriptedWire {
    ScriptedWire::new([Step::respond(status)
        .header("content-type", "application/json")
        .body(body.to_string())])
}

/// The most exact of what an answer says counts: a reason before the kind of error, and that before the status.
#[tokio::test]
async fn the_error_of_a_call_has_the_hint_of_its_operation() {
    let missing = json!({"Type": "ResourceNotFound", "Detail": "customer not found"});
    let wire = answer(404, &missing);
    let pay_in = noah(&wire, Some(key()))
        .checkout()
        .pay_in_fiat()
        .payment_method_category(PaymentMethodCategory::Card)
        .fiat_currency(FiatCurrencyCode::Usd)
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .fiat_amount("10")
        .return_url("https://shop.example/done")
        .customer_id("customer-1")
        .line_items([line_item("Tea", 1, 10)])
        .send()
        .await
        .unwrap_err();
    let text = pay_in.to_string();
    let said = "NOAH does not know this customer; say who it is by `Customer` (`customer(…)`), or correct `CustomerID` (`customer_id(…)`)";
    assert!(text.contains(said), "{text}");
    // The Nonce was made for it, so no other request has it.
    assert!(text.contains("; refused, nothing happened; "), "{text}");

    let denied = json!({"Type": "Forbidden", "DenyExtension": [{"Reason": "VerificationRequired"}]});
    let wire = answer(403, &denied);
    let checkout = noah(&wire, Some(key())).checkout();
    let manage = checkout.manage().customer_id("customer-1");
    let text = manage.send().await.unwrap_err().to_string();
    assert!(text.contains("let the customer finish the checks"), "{text}");

    let over = json!({"errorId": "e-1", "errors": [{"code": "9002"}]});
    let wire = answer(403, &over);
    let client = connect(&wire).client(&client_session(), &device()).unwrap();
    let session = client
        .apple_pay_session()
        .domain_name("shop.example")
        .validation_url("https://apple-pay-gateway.apple.com/paymentservices/startSession");
    let text = session.send().await.unwrap_err().to_string();
    assert!(text.contains("the client session is over"), "{text}");
}

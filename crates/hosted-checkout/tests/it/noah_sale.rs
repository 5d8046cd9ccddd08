//! Sales that are prepared step by step.

use std::time::UNIX_EPOCH;

use checkout_core::clock::FixedClock;
use checkout_transport::testing::{ScriptedWire, Step};
use hosted_checkout::key::{Algorithm, SigningKey};
use hosted_checkout::noah::{Checks, Credentials, NextStepType, Noah, ReadySale, Sale, SaleStep};
use hosted_checkout::{CallOptions, Error, ErrorKind};
use serde_json::{Value, json};

const CHANNEL: &str = "5a3ba9f0-1c7c-4d1e-9c2d-6f1b1f5f0001";
const SESSION: &str = "6c2a9e70-9d53-4b7e-8f0c-7a1e5d3b0001";

fn noah(answers: Vec<Value>) -> (Noah, ScriptedWire) {
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    let steps = answers.into_iter().map(|answer| match answer {
        Value::Number(status) => Step::respond(u16::try_from(status.as_u64().unwrap()).unwrap()),
        answer => Step::respond(200).body(answer.to_string()),
    });
    let wire = ScriptedWire::new(steps);
    let noah = Noah::builder(Credentials::sandbox("apikey_sandbox_1", key).unwrap())
        .wire(wire.clone())
        .options(CallOptions::DEFAULT.attempts(1))
        .build()
        .unwrap();
    (noah, wire)
}

fn step(id: &str, kind: &Value, schema: &Value) -> Value {
    json!({"FormSessionID": SESSION, "NextStep": {"StepID": id, "StepType": kind, "Schema": schema, "New": 1}})
}

fn ready() -> Value {
    json!({"FormSessionID": SESSION, "TotalFee": "1.1", "CryptoAmountEstimate": "51", "CryptoAuthorizedAmount": "51.1"})
}

fn sold() -> Value {
    json!({"Transaction": {"ID": "3b1c7f5e-2a0e-4f6e-8a87-5d2f6b0c1015", "Status": "Pending", "Direction": "Out",
        "CryptoCurrency": "USDC_TEST", "Amount": "51", "ExternalID": "payout-7",
        "FiatPayment": {"Amount": "50.00", "FiatCurrency": "EUR"}}})
}

/// The schema of a channel's form, and of a step's.
fn schema() -> Value {
    json!({
        "type": "object", "required": ["BankDetails"],
        "properties": {"BankDetails": {"type": "object", "required": ["AccountNumber"], "properties": {
            "AccountNumber": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$", "errorMessage": "write it as an IBAN"}}}},
    })
}

async fn begin(noah: &Noah, form: Option<Value>) -> Result<Sale, Error> {
    noah.transactions()
        .prepare_sell()
        .channel_id(CHANNEL)
        .customer_id("customer-1")
        .crypto_currency("USDC_TEST")
        .fiat_amount("50")
        .maybe_form(form)
        .begin("payout-7")
        .await
}

fn body(wire: &ScriptedWire, number: usize) -> Value {
    serde_json::from_slice(&wire.sent()[number].body).unwrap()
}

/// As a process that stores it, ends, and is started again.
fn restarted(sale: &Sale) -> Sale {
    serde_json::from_str(&serde_json::to_string(sale).unwrap()).unwrap()
}

fn left(sale: &Sale) -> &SaleStep {
    match sale {
        Sale::Step(step) => step,
        Sale::Ready(_) => panic!("a step is left"),
    }
}

fn done(sale: &Sale) -> &ReadySale {
    match sale {
        Sale::Ready(ready) => ready,
        Sale::Step(step) => panic!("{step:?}"),
    }
}

#[tokio::test]
async fn a_sale_goes_on_through_every_step_and_every_restart() {
    let form = json!({"BankDetails": {"AccountNumber": "DE75"}});
    let (noah, wire) = noah(vec![
        json!({"FormSchema": schema()}),
        step(
            "Cob",
            &json!("Ack"),
            &json!({"title": "The bank knows Ada Canary"}),
        ),
        step("Tax", &json!("DataEntry"), &schema()),
        step("New", &json!("Selfie"), &json!({"deep": [1]})),
        ready(),
    ]);
    let on = noah.transactions();
    let sale = restarted(&begin(&noah, Some(form.clone())).await.unwrap());
    assert_eq!(wire.sent()[0].url.path(), format!("/v1/channels/{CHANNEL}/form"));
    assert_eq!(body(&wire, 1)["Form"], form);
    let cob = left(&sale);
    assert_eq!((cob.id(), cob.kind()), (Some("Cob"), Some(&NextStepType::Ack)));
    assert!(cob.schema().unwrap().as_str().contains("Ada Canary"));
    assert!(!format!("{sale:?}").contains("Canary"));

    let sale = restarted(&cob.confirm(&on).await.unwrap());
    let confirmed = body(&wire, 2);
    assert_eq!(confirmed["FormSessionID"], SESSION);
    assert_eq!(
        (&confirmed["ChannelID"], &confirmed["FiatAmount"]),
        (&json!(CHANNEL), &json!("50"))
    );
    assert!(confirmed.get("Form").is_none(), "the form of another step");

    let sale = left(&sale).fill(&on, form.clone()).await.unwrap();
    assert_eq!(body(&wire, 3)["Form"], form);
    let sale = restarted(&sale);
    let new = left(&sale);
    assert_eq!(new.kind().unwrap().as_str(), "Selfie");
    // Its schema says nothing of a form, so any fits.
    let sale = new.fill(&on, json!({"Picture": "x"})).await.unwrap();
    let sale = restarted(&sale);
    let ready = done(&sale);
    assert_eq!(ready.crypto_authorized_amount().to_string(), "51.1");
    assert_eq!(ready.total_fee().unwrap().to_string(), "1.1");
    assert_eq!(wire.sent().len(), 5);
}

/// Read from storage or not, it is one sale.
#[tokio::test]
async fn a_ready_sale_is_the_same_request_whenever_it_is_sold() {
    let sold = json!({"Transaction": {"ID": "3b1c7f5e-2a0e-4f6e-8a87-5d2f6b0c1015", "Status": "Pending", "Direction": "Out",
        "CryptoCurrency": "USDC_TEST"}});
    let (noah, wire) = noah(vec![ready(), json!(504), sold, json!(400)]);
    let on = noah.transactions();
    let sale = begin(&noah, None).await.unwrap();
    let kept = restarted(&sale);
    let error = done(&sale).sell(&on).await.unwrap_err();
    assert!(error.money_may_have_moved(), "{error}");
    assert_eq!(error.idempotency_key(), done(&sale).request().idempotency_key());
    done(&kept).sell(&on).await.unwrap();
    assert_eq!(wire.sent()[1].body, wire.sent()[2].body);
    let body = body(&wire, 1);
    assert_eq!(body["ExternalID"], "payout-7");
    assert_eq!(body["CryptoAuthorizedAmount"], "51.1");
    assert_eq!(body["FormSessionID"], SESSION);
    assert_eq!(wire.sent()[1].url.path(), "/v1/transactions/sell");
    // What was stored may have been sold by whoever stored it, so a refusal does not say that nothing was.
    let error = done(&restarted(&kept)).sell(&on).await.unwrap_err();
    assert!(error.money_may_have_moved(), "{error}");
}

/// As any stored request: not with another account's key, and not once NOAH may have forgotten its Nonce.
#[tokio::test]
async fn a_ready_sale_is_not_sold_by_another_account_or_too_late() {
    let (noah, _) = noah(vec![ready()]);
    let sale = restarted(&begin(&noah, None).await.unwrap());
    let wire = ScriptedWire::new([]);
    let now = UNIX_EPOCH.elapsed().unwrap().as_secs().try_into().unwrap();
    let mut told = Vec::new();
    for (key_id, time) in [
        ("apikey_sandbox_2", now),
        ("apikey_sandbox_1", now + 10 * 24 * 60 * 60),
    ] {
        let key = SigningKey::generate(Algorithm::ES384).unwrap();
        let noah = Noah::builder(Credentials::sandbox(key_id, key).unwrap())
            .wire(wire.clone())
            .clock(FixedClock::at_unix(time))
            .build()
            .unwrap();
        let error = done(&sale).sell(&noah.transactions()).await.unwrap_err();
        assert!(
            error.money_may_have_moved(),
            "whoever stored it may have sold: {error}"
        );
        told.push(error.kind());
    }
    assert_eq!(told, [ErrorKind::OtherAccount, ErrorKind::Expired]);
    assert!(wire.sent().is_empty());
}

/// A process that ends after a step, before it has stored what came of it, does that step again.
#[tokio::test]
async fn a_step_that_is_done_twice_leads_to_one_sale() {
    let cob = || step("Cob", &json!("Ack"), &json!({}));
    let (noah, wire) = noah(vec![cob(), ready(), ready(), cob()]);
    let on = noah.transactions();
    let stored = restarted(&begin(&noah, None).await.unwrap());
    let (one, other) = (
        left(&stored).confirm(&on).await.unwrap(),
        left(&restarted(&stored)).confirm(&on).await.unwrap(),
    );
    let body = |sale: &Sale| done(sale).request().body().to_owned();
    assert_eq!(body(&one), body(&other));
    // Another sale is another one.
    let new = begin(&noah, None).await.unwrap();
    let nonce = |sale: &Sale| {
        serde_json::to_value(sale)
            .unwrap()
            .pointer("/Step/nonce")
            .cloned()
            .unwrap()
    };
    assert_ne!(nonce(&new), nonce(&stored));
    assert_eq!(wire.sent().len(), 4);
}

/// What NOAH answers to a sale is held against it: another order's transaction is none of this one's.
#[tokio::test]
async fn a_sale_that_is_answered_with_another_is_an_error() {
    for (place, wrong) in [
        ("/Transaction/ExternalID", json!("order-of-another")),
        ("/Transaction/CryptoCurrency", json!("BTC_TEST")),
        ("/Transaction/Amount", json!("51.2")),
        ("/Transaction/FiatPayment/Amount", json!("49")),
    ] {
        let (preparing, _) = noah(vec![ready()]);
        let sale = begin(&preparing, None).await.unwrap();
        let answer = sold();
        let mut other = answer.clone();
        *other.pointer_mut(place).unwrap() = wrong;
        let (selling, _) = noah(vec![answer, other]);
        done(&sale).sell(&selling.transactions()).await.unwrap();
        let error = done(&sale).sell(&selling.transactions()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch);
        assert!(error.money_may_have_moved());
        assert_eq!(error.violations().unwrap().iter().next().unwrap().pointer, place);
    }
}

/// Whoever does not compare amounts needs none that can be read, but what holds them may hold more.
#[tokio::test]
async fn an_amount_that_cannot_be_read_counts_where_amounts_are_compared() {
    let lenient = Checks {
        answers: false,
        ..Checks::EXACT
    };
    for (place, checks, is_believed) in [
        ("/Transaction/FiatPayment/Amount", Checks::EXACT, false),
        ("/Transaction/FiatPayment/Amount", lenient, true),
        ("/Transaction/FiatPayment", lenient, false),
    ] {
        let mut answer = sold();
        *answer.pointer_mut(place).unwrap() = json!([7]);
        let (noah, _) = noah(vec![ready(), answer]);
        let sale = begin(&noah, None).await.unwrap();
        let found = done(&sale).sell(&noah.transactions().checks(checks)).await;
        let kind = found.map_err(|error| error.kind()).map(drop);
        let expected = if is_believed {
            Ok(())
        } else {
            Err(ErrorKind::Mismatch)
        };
        assert_eq!(kind, expected, "{place} by {checks:?}");
    }
}

#[tokio::test]
async fn what_is_left_to_do_is_never_taken_for_done() {
    for (answer, place) in [
        (
            json!({"FormSessionID": SESSION, "CryptoAuthorizedAmount": "51.1", "NextStep": "Cob"}),
            "/NextStep",
        ),
        (
            json!({"FormSessionID": SESSION, "CryptoAuthorizedAmount": "51.1", "NextStep": [1]}),
            "/NextStep",
        ),
        (json!({"FormSessionID": SESSION}), "/CryptoAuthorizedAmount"),
        // Without it the next call would begin anew.
        (
            json!({"FormSessionID": 7, "NextStep": {"StepID": "Cob", "StepType": "Ack", "Schema": {}}}),
            "/FormSessionID",
        ),
        (
            json!({"FormSessionID": SESSION, "CryptoAuthorizedAmount": 51.1}),
            "/CryptoAuthorizedAmount",
        ),
    ] {
        let (noah, _) = noah(vec![answer.clone()]);
        let error = begin(&noah, None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Mismatch, "{answer}");
        assert_eq!(error.violations().unwrap().iter().next().unwrap().pointer, place);
        assert!(!error.money_may_have_moved());
    }
    // A kind that cannot be read is a step all the same.
    let (noah, _) = noah(vec![step("Cob", &json!(7), &json!({}))]);
    let sale = begin(&noah, None).await.unwrap();
    assert_eq!((left(&sale).id(), left(&sale).kind()), (Some("Cob"), None));
}

#[tokio::test]
async fn a_form_that_does_not_fit_is_told_field_by_field_and_not_sent() {
    let wrong = json!({"BankDetails": {"AccountNumber": "canary"}});
    let channel = json!({"FormSchema": schema()});
    let (noah, wire) = noah(vec![
        channel.clone(),
        channel,
        json!({"FormSchema": {"$ref": "http://127.0.0.1:1/canary"}}),
        ready(),
        step("Tax", &json!("DataEntry"), &schema()),
        ready(),
        // A channel without a form.
        json!({}),
        ready(),
    ]);
    let mut told = Vec::new();
    for form in [wrong.clone(), json!({}), wrong.clone()] {
        let error = begin(&noah, Some(form)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        told.push(error.to_string());
    }
    // The empty one is refused by itself, before its schema is asked for.
    assert_eq!(wire.sent().len(), 2);
    assert!(told.iter().all(|told| !told.contains("canary")), "{told:?}");
    let on = noah.transactions();
    let unchecked = on
        .prepare_sell()
        .channel_id(CHANNEL)
        .crypto_currency("USDC_TEST")
        .fiat_amount("50")
        .form(wrong.clone())
        .prepare()
        .unwrap();
    let error = begin(&noah, Some(wrong.clone())).await.unwrap_err();
    told.push(error.to_string());
    done(
        &on.begin_with_unchecked_form(&unchecked, "payout-7")
            .await
            .unwrap(),
    );

    let sale = begin(&noah, None).await.unwrap();
    let tax = left(&sale);
    told.push(tax.fill(&on, json!({})).await.unwrap_err().to_string());
    told.push(tax.fill(&on, wrong.clone()).await.unwrap_err().to_string());
    done(&tax.fill_unchecked_form(&on, wrong.clone()).await.unwrap());
    done(&begin(&noah, Some(wrong)).await.unwrap());
    insta::assert_snapshot!(told.join("\n"));
}

//! `checkout trigger`: what it would send, checked by the receivers' own types.

use hosted_checkout::key::VerifyingKey;
use hosted_checkout::noah::{EventData, EventType, Webhooks};
use hosted_checkout::worldline::{WebhookKey, Webhooks as WorldlineWebhooks, models::WebhooksEventType};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::support::{run, run_with};

fn secret() -> [(&'static str, String); 2] {
    [
        ("WORLDLINE_CONNECT_WEBHOOK_KEY_ID", "key-1".to_owned()),
        ("WORLDLINE_CONNECT_WEBHOOK_SECRET", "canary".to_owned()),
    ]
}

/// The webhook that would be sent, and the public key that it is signed by.
fn sample(args: &[&str]) -> (HeaderMap, String, Value) {
    let args = [&["trigger", "--dry-run", "--json"], args].concat();
    let said = run_with(&args, &secret(), b"");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let json = said.json();
    let headers = json["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|header| {
            let name: HeaderName = header[0].as_str().unwrap().parse().unwrap();
            (name, HeaderValue::from_str(header[1].as_str().unwrap()).unwrap())
        })
        .collect();
    (headers, json["body"].as_str().unwrap().to_owned(), json)
}

/// Of the form that the ids of all objects fit.
const ID: &str = "3b1c7a52-0d5f-4a3e-9b56-7d6f2f6a9a01";

#[test]
fn every_event_of_noahs_is_of_its_documented_shape() {
    for event_type in EventType::KNOWN {
        let statuses: &[&str] = match event_type.as_str() {
            "Customer" => &["Pending", "Approved", "Declined"],
            "FiatDeposit" => &["Pending", "Settled", "Failed", "Reversed"],
            _ => &["Pending", "Settled", "Failed"],
        };
        for status in statuses {
            let (headers, body, json) = sample(&[event_type.as_str(), "--status", status, "--id", ID]);
            let key = VerifyingKey::from_pem(json["public_key"].as_str().unwrap()).unwrap();
            let event = Webhooks::local(key)
                .unwrap()
                .verify(&headers, body.as_bytes())
                .unwrap();
            assert_eq!(event.event_type(), event_type);
            assert_eq!(event.identity().object_id(), Some(ID));
            assert!(matches!(event.data(), EventData::Known(_)), "{body}");
            assert!(body.contains(&format!("\"Status\":\"{status}\"")), "{body}");

            // And of the spec's own schema.
            let said = run_with(
                &["validate", "-", "--operation", "noahWebhook", "--json"],
                &[],
                body.as_bytes(),
            );
            assert_eq!(
                (said.code, said.json()["warnings"].as_array().unwrap().len()),
                (Some(0), 0),
                "{}",
                said.stdout
            );
        }
    }
}

#[test]
fn every_event_of_worldlines_verifies() {
    let webhooks = WorldlineWebhooks::new([WebhookKey::new("key-1", "canary").unwrap()]);
    for event_type in [
        WebhooksEventType::PaymentPaid,
        "refund.refunded".into(),
        "payout.account_credited".into(),
        "token.created".into(),
    ] {
        let (headers, body, json) = sample(&[event_type.as_str(), "--amount", "25.5", "--currency", "EUR"]);
        let event = webhooks.verify(&headers, body.as_bytes()).unwrap();
        assert_eq!(*event.event_type(), event_type);
        assert!(event.created_at().is_some(), "{body}");
        let (subject, object) = event.subject().unwrap();
        assert!(event_type.as_str().starts_with(subject.as_str()));
        if subject.as_str() == "payment" {
            assert_eq!(
                object.to_value()["paymentOutput"]["amountOfMoney"]["amount"],
                2550,
                "in cents"
            );
        }
        assert!(!json.to_string().contains("canary"));
    }
}

#[test]
fn every_listed_event_can_be_triggered() {
    let listed = run_with(&["trigger", "--list", "--json"], &[], b"").json();
    let worldline = listed["worldline"].as_array().unwrap();
    assert_eq!(worldline.len(), WebhooksEventType::KNOWN.len());
    assert_eq!(listed["noah"].as_array().unwrap().len(), EventType::KNOWN.len());
    for event in worldline {
        sample(&[event.as_str().unwrap()]);
    }
}

#[test]
fn what_cannot_be_triggered_ends_with_2_and_says_what_can() {
    for (args, hint) in [
        (&["transactions"][..], "--list"),
        (&["Transaction", "--status", "Paid"], "Pending, Failed, Settled"),
        (&["Transaction", "--amount", "1e3"], "--amount"),
        (
            &["Transaction", "--to", "shop.example"],
            "not an absolute http:// or https:// URL",
        ),
    ] {
        let to: &[&str] = if args.contains(&"--to") {
            &[]
        } else {
            &["--dry-run"]
        };
        let (code, stdout, stderr) = run(&[&["trigger"], args, to].concat());
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{args:?}: {stderr}");
        assert!(stderr.contains(hint), "{args:?}: {stderr}");
    }
}

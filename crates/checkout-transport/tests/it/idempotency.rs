//! The key that makes a repeat safe outlives every failure.

use checkout_core::validate::{At, Rule};
use checkout_core::{Operation, Violations};
use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{
    AuthenticationError, Authenticator, Error, ErrorKind, Outcome, Outgoing, WireErrorKind,
};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use crate::support::{NOTE, PAY, PAY_BY_HEADER, PAY_ONCE, READ, builder, request, send, transport};

const KEY: &str = "3f2c8d10-5f0e-4c43-9d7b-0c1b5a9e2f11";

/// As a layer above forms it that makes its keys itself.
fn keyed(operation: &Operation, key: &str) -> reqwest::Request {
    let mut request = request(operation, "http://localhost/v1");
    *request.body_mut() = Some(json!({"Nonce": key, "Amount": "10.10"}).to_string().into());
    request
        .headers_mut()
        .insert("x-gcs-idempotence-key", HeaderValue::from_str(key).unwrap());
    request
}

struct Keyless;

impl Authenticator for Keyless {
    fn authenticate(&self, _: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        Err(AuthenticationError::new("the signing key is not set"))
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_payment_is_repeated_under_the_key_of_its_error() {
    let wire = ScriptedWire::new([Step::cut(), Step::respond(200).body(r#"{"id":"p-1"}"#)]);
    let transport = transport(wire.clone());
    let error = transport.send(&PAY, keyed(&PAY, KEY)).await.unwrap_err();
    assert!(error.money_may_have_moved());

    let key = error.idempotency_key().unwrap().to_owned();
    let reply = transport.send(&PAY, keyed(&PAY, &key)).await.unwrap();
    assert_eq!(reply.idempotency_key(), Some(KEY));
    let response = reply.receive::<Value>().unwrap();
    assert_eq!(response.idempotency_key(), Some(KEY));

    let nonces: Vec<_> = wire
        .sent()
        .iter()
        .map(|sent| serde_json::from_slice::<Value>(&sent.body).unwrap()["Nonce"].clone())
        .collect();
    assert_eq!(nonces, [KEY, KEY]);
}

#[tokio::test(start_paused = true)]
async fn every_error_of_a_formed_request_has_the_key_and_says_it() {
    let success = || Step::respond(200).body(r#"{"id":"p-1"}"#);
    let steps = [
        Step::refuse_connection(),
        Step::connect_timeout(),
        Step::fail(WireErrorKind::Request),
        Step::fail(WireErrorKind::Timeout),
        Step::cut(),
        Step::hang(),
        Step::respond(307),
        Step::respond(400),
        Step::respond(401),
        Step::respond(409),
        Step::respond(429),
        Step::respond(502).body("<html>").cut_body_after(2),
        Step::respond(777),
        success().cut_body_after(3),
        success().stall_body_after(3),
        success().body("x".repeat(2000)),
        success().body("<html>"),
        success(),
    ];
    let mut kinds = std::collections::HashSet::new();
    for (operation, name) in [(&PAY, "Nonce"), (&PAY_BY_HEADER, "X-GCS-Idempotence-Key")] {
        let mut errors = Vec::new();
        for step in steps.clone() {
            let transport = builder(ScriptedWire::new([step]))
                .body_limit(1000)
                .build()
                .unwrap();
            errors.push(match transport.send(operation, keyed(operation, KEY)).await {
                Err(error) => error,
                Ok(reply) => reply.receive::<Value>().map_or_else(
                    |error| error,
                    |response| {
                        let mut found = Violations::new();
                        found.push(&At::BODY.field("id"), Rule::Consistency, "is another");
                        response.into_mismatch(found)
                    },
                ),
            });
        }
        let silent = transport(ScriptedWire::default());
        let unsigned = silent.with_authenticator(Keyless);
        errors.push(unsigned.send(operation, keyed(operation, KEY)).await.unwrap_err());
        let mut astray = keyed(operation, KEY);
        astray.url_mut().set_path("/pay");
        errors.push(silent.send(operation, astray).await.unwrap_err());

        for error in errors {
            assert_eq!(error.idempotency_key(), Some(KEY), "{error}");
            let text = error.to_string();
            assert!(text.contains(&format!("the same {name}")), "{text}");
            assert!(text.contains(&format!("; {name} {KEY}")), "{text}");
            assert!(format!("{error:?}").contains(&format!("idempotency_key: \"{KEY}\"")));
            kinds.insert(error.kind());
        }
    }
    // Those are of requests that were made before: see `prepared.rs`.
    let elsewhere = [
        ErrorKind::Expired,
        ErrorKind::Unrepeatable,
        ErrorKind::OtherAccount,
    ];
    for kind in ErrorKind::ALL.iter().filter(|kind| !elsewhere.contains(kind)) {
        assert!(kinds.contains(kind), "{kind:?} is not covered");
    }
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_key_none_is_named() {
    for operation in [&PAY_BY_HEADER, &PAY_ONCE, &NOTE, &READ] {
        let error = send(&transport(ScriptedWire::new([Step::cut()])), operation)
            .await
            .unwrap_err();
        assert_eq!(error.idempotency_key(), None);
        assert!(!error.to_string().contains("the same"), "{error}");
    }
}

/// A refusal of one request says nothing about another one that was made with the same key.
#[tokio::test(start_paused = true)]
async fn a_refusal_does_not_speak_for_other_requests() {
    for operation in [&PAY, &PAY_BY_HEADER] {
        let wire = ScriptedWire::new([Step::cut(), Step::respond(400)]);
        let transport = transport(wire);
        let first = transport
            .send(operation, keyed(operation, KEY))
            .await
            .unwrap_err();
        let second = transport
            .send(operation, keyed(operation, KEY))
            .await
            .unwrap_err();
        assert_eq!(
            (first.outcome(), second.outcome()),
            (Outcome::Unknown, Outcome::Refused)
        );
        let text = second.to_string();
        assert!(
            text.contains("nothing happened by this request; another one with the same "),
            "{text}"
        );
    }
}

#[test]
fn an_error_takes_what_finds_its_request_again() {
    let error = Error::configuration("the URL is wrong")
        .with_detail("ExternalID", "order-7")
        .with_detail("Batch", format!("a\nb{}", "c".repeat(200)));
    assert_eq!(error.details()[0], ("ExternalID", "order-7".to_owned()));
    assert_eq!(error.details().len(), 2);
    let text = error.to_string();
    assert!(text.contains("; ExternalID order-7; Batch a\\nbcc"), "{text}");
    assert!(text.len() < 250, "{text}");
    assert!(
        format!("{error:?}").contains("ExternalID: \"order-7\""),
        "{error:?}"
    );
}

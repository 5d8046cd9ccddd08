//! Webhooks: good ones, changed ones, forged ones, odd ones.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use checkout_core::clock::FixedClock;
use checkout_core::digest::sha256;
use checkout_core::encoding::base64;
use checkout_core::key::{Algorithm, SigningKey, VerifyingKey};
use hosted_checkout::noah::{
    Event, EventData, EventType, Freshness, KeyRing, KeyRingError, Recency, TransactionStatus, WebhookData,
    WebhookError, Webhooks, sign_for_test,
};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::ES384).unwrap());

fn webhooks() -> Webhooks {
    Webhooks::local(KEY.verifying_key().clone()).unwrap()
}

fn signed(signature: &str) -> HeaderMap {
    HeaderMap::from_iter([(
        http::HeaderName::from_static("webhook-signature"),
        signature.parse().unwrap(),
    )])
}

/// What a receiver makes of a body that was signed by the right key.
fn receive(body: &[u8]) -> Result<Event, WebhookError> {
    webhooks().verify(&signed(&sign_for_test(&KEY, body).unwrap()), body)
}

fn transaction() -> Value {
    json!({
        "EventType": "Transaction",
        "EventVersion": 1_738_578_061_234_i64,
        "Occurred": "2025-02-03T10:21:01.000Z",
        "Data": {
            "ID": "3b1c7f5e-2a0e-4f6e-8a87-5d2f6b0c1003",
            "Network": "PolygonTestAmoy",
            "Created": "2025-02-03T10:20:55.000Z",
            "Status": "Settled",
            "Direction": "In",
            "CustomerID": "customer-4711",
            "Amount": "9.790",
            "CryptoCurrency": "USDC_TEST",
            "NotInTheSpec": {"Whatever": [1, 2]},
        },
        "UserID": "ory|user-sample-1",
        "AlsoNew": true,
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut event = transaction();
    match event.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => panic!("no {pointer}"),
    }
    event
}

fn without(pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let mut event = transaction();
    event
        .pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove(name)
        .unwrap();
    event
}

#[test]
fn an_event_is_typed_and_keeps_its_bytes() {
    let body = transaction().to_string();
    let event = receive(body.as_bytes()).unwrap();
    assert_eq!(event.event_type(), &EventType::Transaction);
    assert_eq!(event.version(), 1_738_578_061_234);
    assert_eq!(event.occurred().unwrap().as_str(), "2025-02-03T10:21:01.000Z");
    assert_eq!(event.user_id(), Some("ory|user-sample-1"));
    assert_eq!(event.key_label(), "local");
    assert_eq!(event.raw(), body.as_bytes());
    assert_eq!(event.identity().body_sha256(), &sha256(body.as_bytes()));
    let EventData::Known(WebhookData::Transaction(transaction)) = event.data() else {
        panic!("{:?}", event.data())
    };
    assert_eq!(transaction.status, TransactionStatus::Settled);
    assert_eq!(transaction.amount.value().unwrap().as_str(), "9.790");
}

/// Made by `openssl ecparam -name secp384r1 -genkey` and `openssl dgst -sha384 -sign`; the private half is gone.
#[test]
fn a_webhook_signed_by_openssl_holds() {
    let key = VerifyingKey::from_pem(
        "-----BEGIN PUBLIC KEY-----
         MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEYpKhzNEVOOjBshwci4Y2mSjx+AY4EaCO
         vf8MmpIhOjb9JvrbQNHjEuNwHOevtDPI8Apk0cyPArN/A1czqGTudLqcpEt8i4Xq
         Wc7Ug0FewD8TKtSKMvMEbhssOusMhqSK
         -----END PUBLIC KEY-----",
    );
    let signature = "MGUCMQCVFfGSQNt+UeVv3qHKZRMk9JyqsSgaGluWFBif99T7OfkKtDOPYftg8FDkxKh6IQICMGnmnP+b7hIF7rObtsePyzXaDG9JqxIa06gg1k+Hlq72bBtvbYJqNQUFdri+pG0Org==";
    let body = concat!(
        r#"{"EventType":"Transaction","EventVersion":1738578061234,"Occurred":"2025-02-03T10:21:01.234Z","#,
        r#""Data":{"ID":"3b1c7f5e-2a0e-4f6e-8a87-5d2f6b0c1003","Network":"PolygonTestAmoy","Created":"#,
        r#""2025-02-03T10:20:55.000Z","Status":"Settled","Direction":"In","CryptoCurrency":"USDC_TEST","#,
        r#""Amount":"9.79"},"UserID":"user-sample-1"}"#
    );
    let webhooks = Webhooks::local(key.unwrap()).unwrap();
    let event = webhooks.verify(&signed(signature), body.as_bytes()).unwrap();
    assert!(matches!(
        event.data(),
        EventData::Known(WebhookData::Transaction(_))
    ));
    let spaced = body.replace(':', ": ");
    assert!(matches!(
        webhooks.verify(&signed(signature), spaced.as_bytes()),
        Err(WebhookError::NoMatchingKey { .. })
    ));
}

#[test]
fn every_other_byte_is_another_body() {
    let body = transaction().to_string().into_bytes();
    let headers = signed(&sign_for_test(&KEY, &body).unwrap());
    let webhooks = webhooks();
    for position in 0..body.len() {
        let mut changed = body.clone();
        changed[position] ^= 1;
        let refused = webhooks.verify(&headers, &changed);
        assert!(
            matches!(refused, Err(WebhookError::NoMatchingKey { .. })),
            "byte {position}"
        );
    }
    for changed in [&body[..body.len() - 1], &[&body[..], b"\n"].concat(), b""] {
        assert!(matches!(
            webhooks.verify(&headers, changed),
            Err(WebhookError::NoMatchingKey { .. })
        ));
    }
}

#[test]
fn the_matching_key_of_a_ring_is_named() {
    let [old, new, stranger] = [(); 3].map(|()| SigningKey::generate(Algorithm::ES384).unwrap());
    let ring = KeyRing::new("2025", old.verifying_key().clone()).unwrap();
    let webhooks = Webhooks::with_keys(ring.and("2026", new.verifying_key().clone()).unwrap());
    let label = |key: &SigningKey| {
        webhooks
            .verify_signature(&sign_for_test(key, b"x").unwrap(), b"x")
            .map(str::to_owned)
    };
    assert_eq!(label(&old).unwrap(), "2025");
    assert_eq!(label(&new).unwrap(), "2026");
    let tried = vec!["2025".to_owned(), "2026".to_owned()];
    assert_eq!(
        label(&stranger).unwrap_err(),
        WebhookError::NoMatchingKey {
            tried,
            holds_under: None
        }
    );
}

#[test]
fn rings_refuse_other_curves_and_repeated_labels() {
    let other = SigningKey::generate(Algorithm::ES256)
        .unwrap()
        .verifying_key()
        .clone();
    assert_eq!(Webhooks::local(other).unwrap_err(), KeyRingError::NotP384);
    let key = KEY.verifying_key().clone();
    assert_eq!(
        KeyRing::sandbox().and("sandbox", key).unwrap_err(),
        KeyRingError::RepeatedLabel
    );
}

/// A verified event is never lost, however odd its data is.
#[test]
fn odd_data_is_kept() {
    let missing = receive(without("/Data/Status").to_string().as_bytes()).unwrap();
    let EventData::Undecodable { raw, error } = missing.data() else {
        panic!("{:?}", missing.data())
    };
    assert_eq!(raw.get("CustomerID").unwrap().as_str(), "\"customer-4711\"");
    assert_eq!(error.to_string(), "the required field Status is missing at /Data");
    assert_eq!(error.pointer(), "/Data");

    let shape = receive(with("/Data/Status", json!(7)).to_string().as_bytes()).unwrap();
    let EventData::Known(WebhookData::Transaction(data)) = shape.data() else {
        panic!("{:?}", shape.data())
    };
    assert_eq!(data.status.unreadable().unwrap().json().as_str(), "7");
    assert_eq!(
        shape.unreadable()[0].to_string(),
        "the value at /Data/Status is not a text"
    );
    assert_eq!(
        shape.identity().object_id(),
        Some("3b1c7f5e-2a0e-4f6e-8a87-5d2f6b0c1003")
    );

    let number = receive(with("/Data/Amount", json!(9.79)).to_string().as_bytes()).unwrap();
    let EventData::Known(WebhookData::Transaction(data)) = number.data() else {
        panic!("{:?}", number.data())
    };
    assert_eq!(data.amount.value(), None);
    assert_eq!(data.amount.unreadable().unwrap().json().as_str(), "9.79");

    let unknown = receive(with("/EventType", json!("Refund")).to_string().as_bytes()).unwrap();
    assert_eq!(unknown.event_type().as_str(), "Refund");
    let EventData::Unknown(raw) = unknown.data() else {
        panic!("{:?}", unknown.data())
    };
    assert_eq!(raw.get("Amount").unwrap().as_str(), "\"9.790\"");

    let status = receive(with("/Data/Status", json!("Reversed")).to_string().as_bytes()).unwrap();
    let EventData::Known(WebhookData::Transaction(data)) = status.data() else {
        panic!("{:?}", status.data())
    };
    assert_eq!(data.status, TransactionStatus::Unknown("Reversed".to_owned()));
}

#[test]
fn the_object_is_named_by_the_field_of_its_type() {
    let data = json!({"ID": "i", "CheckoutSessionID": "s", "CustomerID": "c"});
    for (event_type, object) in [
        ("Transaction", "i"),
        ("FiatDeposit", "i"),
        ("CheckoutSession", "s"),
        ("Customer", "c"),
        ("Refund", "i"),
    ] {
        let mut event = with("/Data", data.clone());
        event["EventType"] = json!(event_type);
        let event = receive(event.to_string().as_bytes()).unwrap();
        assert_eq!(event.identity().object_id(), Some(object), "{event_type}");
    }
    // Two transactions of one customer must not become one.
    let nameless = receive(without("/Data/ID").to_string().as_bytes()).unwrap();
    assert_eq!(nameless.identity().object_id(), None);
}

#[test]
fn repeats_and_late_news_are_told_from_newer_ones() {
    let settled = receive(transaction().to_string().as_bytes()).unwrap();
    let again = receive(transaction().to_string().as_bytes()).unwrap();
    assert!(settled.is_duplicate_of(&again));
    assert_eq!(settled.supersedes(&again), Recency::Same);
    assert_eq!(settled.identity().to_string(), again.identity().to_string());

    let pending = receive(
        with("/EventVersion", json!(1_738_578_061_233_i64))
            .to_string()
            .as_bytes(),
    )
    .unwrap();
    assert_eq!(settled.supersedes(&pending), Recency::Newer);
    assert_eq!(pending.supersedes(&settled), Recency::Older);
    assert!(!pending.is_duplicate_of(&settled));

    let same_version = receive(with("/Data/Status", json!("Failed")).to_string().as_bytes()).unwrap();
    assert_eq!(same_version.supersedes(&settled), Recency::Same);
    assert!(!same_version.is_duplicate_of(&settled));

    let other = receive(with("/Data/ID", json!("another")).to_string().as_bytes()).unwrap();
    assert_eq!(other.supersedes(&settled), Recency::DifferentObject);
}

#[test]
fn freshness_is_checked_when_asked_for() {
    let body = transaction().to_string();
    let headers = signed(&sign_for_test(&KEY, body.as_bytes()).unwrap());
    let policy = Freshness {
        max_age: Duration::from_secs(600),
        max_ahead: Duration::from_secs(60),
    };
    // 2025-02-03T10:21:01Z
    let occurred = 1_738_578_061;
    for (now, fresh) in [
        (occurred, true),
        (occurred + 600, true),
        (occurred + 601, false),
        (occurred - 60, true),
        (occurred - 61, false),
    ] {
        let webhooks = webhooks()
            .with_freshness(policy)
            .with_clock(Arc::new(FixedClock::at_unix(now)));
        assert_eq!(webhooks.verify(&headers, body.as_bytes()).is_ok(), fresh, "{now}");
    }
    for occurred in [json!("soon"), Value::Null, json!(1_738_578_061)] {
        let body = with("/Occurred", occurred).to_string();
        let headers = signed(&sign_for_test(&KEY, body.as_bytes()).unwrap());
        assert!(webhooks().verify(&headers, body.as_bytes()).is_ok());
        let fresh = webhooks()
            .with_freshness(policy)
            .verify(&headers, body.as_bytes());
        assert_eq!(fresh.unwrap_err(), WebhookError::NoTime);
    }
}

/// News about money is not refused for how its envelope is written.
#[test]
fn odd_envelopes_are_read() {
    for odd in [
        without("/Occurred"),
        with("/Occurred", Value::Null),
        with("/Occurred", json!(1_738_578_061)),
        without("/UserID"),
        with("/UserID", json!(7)),
    ] {
        let event = receive(odd.to_string().as_bytes()).unwrap();
        assert_eq!(event.occurred().is_some(), odd["Occurred"].is_string());
        assert_eq!(event.user_id().is_some(), odd["UserID"].is_string());
        assert!(matches!(event.data(), EventData::Known(_)));
    }

    let number = receive(transaction().to_string().as_bytes()).unwrap();
    for version in ["\"1738578061234\"", "1738578061234.0", "1.738578061234e12"] {
        let body = transaction().to_string().replace("1738578061234", version);
        let event = receive(body.as_bytes()).unwrap();
        assert_eq!(event.version(), 1_738_578_061_234, "{version}");
        assert_eq!(event.supersedes(&number), Recency::Same, "{version}");
    }
    for version in [
        "1738578061234.5",
        "\"\"",
        "\"-1\"",
        "\" 1\"",
        "\"1.0\"",
        "1e30",
        "true",
        "null",
        "[1]",
    ] {
        let body = transaction().to_string().replace("1738578061234", version);
        let error = receive(body.as_bytes()).unwrap_err();
        assert!(
            error.is_authentic() && matches!(error, WebhookError::Envelope(_)),
            "{version}: {error}"
        );
    }
}

#[test]
fn nothing_printed_holds_data() {
    let canary = "CANARY-7f3a";
    let mut event = with("/Data/CustomerID", json!("customer"));
    event["Data"]["NotInTheSpec"] = json!(canary);
    for event_type in ["Transaction", "FiatDeposit", "Customer", "Other"] {
        event["EventType"] = json!(event_type);
        event["Data"]["FullName"] = json!({"FirstName": canary, "LastName": canary});
        event["Data"]["Status"] = json!(7);
        let event = receive(event.to_string().as_bytes()).unwrap();
        let shown = format!("{event:?} {:?} {}", event.data(), event.identity());
        assert!(!shown.contains(canary), "{event_type}");
        assert!(shown.contains("version: 1738578061234"), "{shown}");
        let data = format!("{:?}", event.data());
        assert!(data.starts_with(['K', 'U']), "{event_type}: {data}");
    }
}

#[test]
fn every_refusal_says_what_to_do() {
    let webhooks = webhooks();
    let body = transaction().to_string();
    let good = sign_for_test(&KEY, body.as_bytes()).unwrap();
    let stranger = sign_for_test(&SigningKey::generate(Algorithm::ES384).unwrap(), body.as_bytes()).unwrap();
    let twice =
        HeaderMap::from_iter([1, 2].map(|_| ("webhook-signature".parse().unwrap(), good.parse().unwrap())));
    let bytes = HeaderMap::from_iter([(
        "webhook-signature".parse().unwrap(),
        HeaderValue::from_bytes(b"\xff").unwrap(),
    )]);
    let policy = Freshness {
        max_age: Duration::from_secs(300),
        max_ahead: Duration::from_secs(60),
    };
    let at = |now| {
        webhooks
            .clone()
            .with_freshness(policy)
            .with_clock(Arc::new(FixedClock::at_unix(now)))
    };

    let cases: [(&str, Result<Event, WebhookError>); 20] = [
        ("no header", webhooks.verify(&HeaderMap::new(), body.as_bytes())),
        ("two headers", webhooks.verify(&twice, body.as_bytes())),
        ("bytes", webhooks.verify(&bytes, body.as_bytes())),
        ("base64url", webhooks.verify(&signed("_-8="), body.as_bytes())),
        (
            "no padding",
            webhooks.verify(
                &signed(good.trim_end_matches('=').get(..22).unwrap()),
                body.as_bytes(),
            ),
        ),
        (
            "prefix",
            webhooks.verify(&signed(&format!("sha384={good}")), body.as_bytes()),
        ),
        ("empty", webhooks.verify(&signed(""), body.as_bytes())),
        (
            "raw signature",
            webhooks.verify(&signed(&base64(&[7; 96])), body.as_bytes()),
        ),
        (
            "cut",
            webhooks.verify(&signed(&base64(&[0x30, 6, 2, 1, 1])), body.as_bytes()),
        ),
        ("stranger", webhooks.verify(&signed(&stranger), body.as_bytes())),
        ("other body", webhooks.verify(&signed(&good), b"{}")),
        ("not JSON", receive(b"{\"EventType\": \"Transaction\",\n oops")),
        ("no object", receive(b"[]")),
        ("no type", receive(without("/EventType").to_string().as_bytes())),
        (
            "no data",
            receive(with("/Data", Value::Null).to_string().as_bytes()),
        ),
        (
            "version as word",
            receive(with("/EventVersion", json!("one")).to_string().as_bytes()),
        ),
        (
            "data as list",
            receive(with("/Data", json!([])).to_string().as_bytes()),
        ),
        (
            "too old",
            at(1_738_580_000).verify(&signed(&good), body.as_bytes()),
        ),
        (
            "too far ahead",
            at(1_738_570_000).verify(&signed(&good), body.as_bytes()),
        ),
        ("no time", {
            let body = with("/Occurred", json!("soon")).to_string();
            let signature = sign_for_test(&KEY, body.as_bytes()).unwrap();
            at(1_738_570_000).verify(&signed(&signature), body.as_bytes())
        }),
    ];
    let mut texts = String::new();
    for (name, refused) in cases {
        let error = refused.expect_err(name);
        let verdict = if error.is_authentic() {
            "signed"
        } else {
            "not trusted"
        };
        writeln!(texts, "{name} ({verdict}): {error}").unwrap();
    }
    insta::assert_snapshot!("noah_webhook_errors", texts);
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(128))]

    #[test]
    fn any_header_and_body_are_refused_without_panic(header in "[ -~]{0,160}", body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64)) {
        proptest::prop_assert!(webhooks().verify(&signed(header.trim()), &body).is_err());
    }

    /// Signed rubbish is an error or an event, never a panic.
    #[test]
    fn any_signed_body_is_read_or_refused(body in r#"[{}\[\]":,a-zA-Z0-9 ]{0,80}"#) {
        let _ = receive(body.as_bytes());
    }
}

/// Which news is newer depends on the last digit, which a double does not have.
#[test]
fn a_version_keeps_its_digits() {
    let version = |written: &str| {
        let body = with("/EventVersion", json!("VERSION")).to_string();
        let event = receive(body.replace("\"VERSION\"", written).as_bytes());
        event.ok().map(|event| event.identity().version())
    };
    for written in ["9007199254740993", "9007199254740993.0", "\"9007199254740993\""] {
        assert_eq!(version(written), Some(9_007_199_254_740_993), "{written}");
    }
    for written in ["1.5", "1e400", "\"\"", "true", "99999999999999999999"] {
        assert_eq!(version(written), None, "{written}");
    }
}

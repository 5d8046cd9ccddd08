//! Worldline's webhooks: the published event and its signatures, and everything around them that must be refused.

use checkout_core::digest::sha256_hex;
use checkout_core::encoding::base64;
use checkout_core::mac::hmac_sha256;
use checkout_core::time::Timestamp;
use hosted_checkout::worldline::models::WebhooksEventType;
use hosted_checkout::worldline::{Event, Subject, WebhookError, WebhookKey, Webhooks};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The event that Worldline's libraries are tested with: 765 bytes, LF line ends, none at the end.
const W1: &str = include_str!("fixtures/worldline_webhook.json");
const W1_SIGNATURE: &str = "2S7doBj/GnJnacIjSJzr5fxGM5xmfQyFAwxv1I53ZEk=";
const W1_V0_SIGNATURE: &str = "O5FDUZyrDO+9fuQ1hD187HRbJLkUlBEht2eAL9jV/kU=";
const KEY_ID: &str = "dummy-key-id";
const SECRET: &str = "hello+world";

fn webhooks() -> Webhooks {
    Webhooks::new([
        WebhookKey::new("other-key-id", "other").unwrap(),
        WebhookKey::new(KEY_ID, SECRET).unwrap(),
    ])
}

fn verify(headers: &HeaderMap, body: impl AsRef<[u8]>) -> Result<Event, WebhookError> {
    webhooks().verify(headers, body.as_ref())
}

fn headers(signature: &str) -> HeaderMap {
    with(&[("X-GCS-Signature", signature), ("X-GCS-KeyId", KEY_ID)])
}

fn with(headers: &[(&str, &str)]) -> HeaderMap {
    headers
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::try_from(*name).unwrap(),
                HeaderValue::try_from(*value).unwrap(),
            )
        })
        .collect()
}

fn signed(body: &str) -> HeaderMap {
    headers(&base64(&hmac_sha256(SECRET.as_bytes(), body.as_bytes())))
}

fn v0() -> String {
    W1.replace("\"apiVersion\": \"v1\"", "\"apiVersion\": \"v0\"")
}

#[test]
fn the_fixtures_are_the_published_bytes() {
    assert_eq!(W1.len(), 765);
    assert_eq!(
        sha256_hex(W1.as_bytes()),
        "2882e2ba85e87c14a16cff1ff9351d79336bb6eaf998608d2e8d95b06ae72189"
    );
    assert_eq!(
        sha256_hex(v0().as_bytes()),
        "0e63a438ffd769b324efa9cac31b1a8d6a823264b307a5a8a679246462eeaa4b"
    );
}

#[test]
fn the_published_event_is_read() {
    let event = verify(&headers(W1_SIGNATURE), W1).unwrap();
    assert_eq!(event.id(), "8ee793f6-4553-4749-85dc-f2ef095c5ab0");
    assert_eq!(event.merchant_id.text(), Some("20000"));
    assert_eq!(*event.event_type(), WebhooksEventType::PaymentPaid);
    assert_eq!(event.raw(), W1.as_bytes());

    assert_eq!(event.created.text(), Some("2017-02-02T11:24:14.040+0100"));
    let created = Timestamp::in_milliseconds(event.created_at().unwrap()).unwrap();
    assert_eq!(created, "2017-02-02T10:24:14.040Z");

    assert_eq!(event.subject().unwrap().0, Subject::Payment);
    let payment: serde_json::Value = event.subject().unwrap().1.decode().unwrap();
    assert_eq!(payment["paymentOutput"]["amountOfMoney"]["amount"], 1000);

    let shown = format!("{event:?}");
    assert!(
        shown.contains(event.id()) && !shown.contains("200001681810"),
        "Debug shows the envelope alone: {shown}"
    );
}

#[test]
fn another_version_is_a_mismatch_only_once_the_signature_holds() {
    let error = verify(&headers(W1_V0_SIGNATURE), v0()).unwrap_err();
    assert!(
        matches!(&error, WebhookError::ApiVersion { found: Some(found) } if found == "v0"),
        "{error:?}"
    );
    let error = verify(&headers(W1_SIGNATURE), v0()).unwrap_err();
    assert!(matches!(error, WebhookError::Signature { .. }), "{error:?}");

    let absent = r#"{"id":"e","type":"payment.paid"}"#;
    let error = verify(&signed(absent), absent).unwrap_err();
    assert!(
        matches!(error, WebhookError::ApiVersion { found: None }),
        "{error:?}"
    );
    let number = r#"{"apiVersion":1,"id":"e","type":"payment.paid"}"#;
    let error = verify(&signed(number), number).unwrap_err();
    assert!(
        matches!(&error, WebhookError::ApiVersion { found: Some(found) } if found == "1"),
        "{error:?}"
    );
    // It stands there, and not once.
    for version in ["v1", "v0"] {
        let twice =
            format!(r#"{{"apiVersion":"v1","apiVersion":"{version}","id":"e","type":"payment.paid"}}"#);
        let error = verify(&signed(&twice), &twice).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("the field apiVersion stands more than once"),
            "{error}"
        );
    }
}

#[test]
fn each_changed_bit_is_noticed() {
    let (webhooks, headers) = (webhooks(), headers(W1_SIGNATURE));
    for index in 0..W1.len() {
        let mut body = W1.as_bytes().to_vec();
        body[index] ^= 1;
        let error = webhooks.verify(&headers, body.as_ref()).unwrap_err();
        assert!(
            matches!(error, WebhookError::Signature { .. }),
            "byte {index}: {error:?}"
        );
    }
    for body in [
        W1.replace('\n', "\r\n"),
        format!("{W1}\n"),
        String::new(),
        W1.trim_end_matches('}').to_owned(),
    ] {
        assert!(matches!(
            webhooks.verify(&headers, body.as_ref()).unwrap_err(),
            WebhookError::Signature { .. }
        ));
    }
}

#[test]
fn headers_stand_exactly_once() {
    let refused = |headers: &[(&str, &str)]| verify(&with(headers), W1).unwrap_err();
    let (signature, key) = (("X-GCS-Signature", W1_SIGNATURE), ("X-GCS-KeyId", KEY_ID));
    for (headers, error) in [
        (
            vec![key],
            "header `x-gcs-signature` is missing; the request is no webhook of Worldline Connect",
        ),
        (
            vec![signature],
            "header `x-gcs-keyid` is missing; the request is no webhook of Worldline Connect",
        ),
        (
            vec![signature, signature, key],
            "header `x-gcs-signature` stands there more than once; the request is not to be trusted",
        ),
        (
            vec![("X-GCS-Signature", "AAAA"), signature, key],
            "header `x-gcs-signature` stands there more than once; the request is not to be trusted",
        ),
        (
            vec![signature, key, ("X-GCS-KeyId", "other-key-id")],
            "header `x-gcs-keyid` stands there more than once; the request is not to be trusted",
        ),
    ] {
        assert_eq!(refused(&headers).to_string(), error);
    }
    // Names are the same in any case.
    verify(
        &with(&[("x-gcs-signature", W1_SIGNATURE), ("X-GCS-KEYID", KEY_ID)]),
        W1,
    )
    .unwrap();
}

#[test]
fn a_signature_has_one_spelling() {
    let bytes_of_another = base64(&[0; 32]);
    for signature in [
        "",
        "2S7doBj/GnJnacIjSJzr5fxGM5xmfQyFAwxv1I53ZEk",
        " 2S7doBj/GnJnacIjSJzr5fxGM5xmfQyFAwxv1I53ZEk=",
        "2S7doBj_GnJnacIjSJzr5fxGM5xmfQyFAwxv1I53ZEk=",
        "2S7doBj/GnJnacIjSJzr5fxGM5xmfQyFAwxv1I53ZEl=",
        "2s7DOBJ/gNjNACiJsjZR5FXgm5XMFqYfaWXV1i53zeK=",
        "2S7doBj/GnJnacIjSJzr5fxGM5xmfQyFAwxv1I53ZA==",
        &bytes_of_another,
        &format!("{W1_SIGNATURE}, {W1_SIGNATURE}"),
    ] {
        let error = verify(&headers(signature), W1).unwrap_err();
        assert!(
            matches!(
                error,
                WebhookError::MalformedHeader("x-gcs-signature") | WebhookError::Signature { .. }
            ),
            "{signature}: {error:?}"
        );
    }
}

#[test]
fn the_key_is_the_one_that_the_request_names() {
    let named = |id: &str| with(&[("X-GCS-Signature", W1_SIGNATURE), ("X-GCS-KeyId", id)]);
    let error = verify(&named("nobody\"s"), W1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no webhook key has the id \"nobody\\\"s\"; add the key from the Configuration Center if the id is yours"
    );
    let error = verify(&named(&"x".repeat(5000)), W1).unwrap_err();
    assert!(
        error.to_string().len() < 200,
        "a stranger's id does not fill a log"
    );
    let error = verify(&named("other-key-id"), W1).unwrap_err();
    assert!(
        matches!(&error, WebhookError::Signature { key_id } if key_id == "other-key-id"),
        "{error:?}"
    );
    assert!(matches!(
        Webhooks::new([])
            .verify(&named(KEY_ID), W1.as_bytes())
            .unwrap_err(),
        WebhookError::UnknownKey { .. }
    ));
}

#[test]
fn a_signed_body_that_is_no_event_is_refused_without_being_quoted() {
    for body in [
        "",
        "canary",
        "[\"canary\"]",
        "{\"apiVersion\":\"v1\",\"canary\":",
        "null",
        "{\"apiVersion\":\"v1\"}",
        "{\"apiVersion\":\"v1\",\"id\":7,\"created\":\"\",\"type\":\"canary\"}",
        "\u{feff}{}",
    ] {
        let error = verify(&signed(body), body).unwrap_err();
        assert!(
            matches!(
                error,
                WebhookError::NotAnEvent { .. }
                    | WebhookError::Envelope(_)
                    | WebhookError::ApiVersion { found: None }
            ),
            "{body}: {error:?}"
        );
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

/// What a receiver answers: 4xx to strangers, and 2xx to Worldline, also for what it cannot read.
#[test]
fn what_is_signed_is_told_from_what_is_forged() {
    for body in [
        "{}",
        "canary",
        r#"{"apiVersion":"v2"}"#,
        r#"{"apiVersion":"v1","id":7}"#,
    ] {
        assert!(verify(&signed(body), body).unwrap_err().is_authentic(), "{body}");
        assert!(
            !verify(&headers(W1_SIGNATURE), body).unwrap_err().is_authentic(),
            "{body}"
        );
    }
    for headers in [
        with(&[]),
        with(&[("X-GCS-Signature", W1_SIGNATURE)]),
        with(&[("X-GCS-Signature", W1_SIGNATURE), ("X-GCS-KeyId", "nobody's")]),
        headers("no base64"),
    ] {
        assert!(!verify(&headers, W1).unwrap_err().is_authentic(), "{headers:?}");
    }
}

/// News about money is not refused for a part of its envelope that nothing depends on.
#[test]
fn odd_envelopes_are_read() {
    for (created, merchant) in [
        ("", r#","merchantId":"20000""#),
        (r#","created":null"#, r#","merchantId":null"#),
        (r#","created":1486031054"#, r#","merchantId":20000"#),
    ] {
        let body = format!(
            r#"{{"apiVersion":"v1","id":"e","type":"payment.paid","payment":{{"id":"p"}}{created}{merchant}}}"#
        );
        let event = verify(&signed(&body), &body).unwrap();
        assert_eq!((event.id(), event.created_at()), ("e", None), "{body}");
        assert_eq!(*event.event_type(), WebhooksEventType::PaymentPaid);
        assert_eq!(event.subject().unwrap().1.as_str(), r#"{"id":"p"}"#);
        assert_eq!(event.merchant_id.value().is_some(), created.is_empty());
        let unreadable = event
            .unreadable()
            .iter()
            .any(|error| error.pointer() == "/created");
        assert_eq!(unreadable, created.contains("1486031054"), "{body}");
        assert_eq!(event.raw(), body.as_bytes());
    }
}

#[test]
fn errors_say_what_to_do() {
    let texts = [
        WebhookError::MalformedHeader("x-gcs-signature"),
        WebhookError::Signature {
            key_id: KEY_ID.to_owned(),
        },
        WebhookError::NotAnEvent { line: 1, column: 7 },
        WebhookError::ApiVersion {
            found: Some("v0".to_owned()),
        },
        WebhookError::ApiVersion { found: None },
    ]
    .map(|error| error.to_string());
    insta::assert_snapshot!(texts.join("\n"), @r#"
    header `x-gcs-signature` is malformed; the request is not to be trusted
    the signature does not fit the body under key "dummy-key-id"; verify the raw bytes as they came in, and check the secret
    the signature holds, but the body is not an event (line 1, column 7); keep the raw body and have it looked at
    the signature holds, but the event has apiVersion "v0", and only "v1" is understood here; keep the raw body and have it looked at
    the signature holds, but the event has no apiVersion, and only "v1" is understood here; keep the raw body and have it looked at
    "#);
}

#[test]
fn what_is_new_is_kept() {
    let body = r#"{"apiVersion":"v1","id":"e","created":"soon","type":"wallet.blessed","wallet":{"id":7},"extra":[1.50]}"#;
    let event = verify(&signed(body), body).unwrap();
    assert_eq!(
        *event.event_type(),
        WebhooksEventType::Unknown("wallet.blessed".into())
    );
    assert!(event.subject().is_none());
    assert!(event.created_at().is_none());
    assert_eq!(event.raw(), body.as_bytes());
}

#[test]
fn of_two_objects_the_type_names_the_one() {
    let body = r#"{"apiVersion":"v1","id":"e","created":"","type":"refund.refunded","payment":{"id":"p"},"refund":{"id":"r"}}"#;
    let event = verify(&signed(body), body).unwrap();
    let (subject, json) = event.subject().unwrap();
    assert_eq!((subject, json.as_str()), (Subject::Refund, r#"{"id":"r"}"#));

    // The one that is named stands twice, so it cannot be read; the other is not handed over in its place.
    let body = r#"{"apiVersion":"v1","id":"e","created":"","type":"payment.paid","payment":{"id":"p"},"payment":{"id":"q"},"refund":{"id":"r"}}"#;
    assert!(verify(&signed(body), body).unwrap().subject().is_none());
}

#[test]
fn a_repeat_has_the_same_id_and_the_same_body() {
    let key = |body: &str| verify(&signed(body), body).unwrap().dedupe_key();
    assert_eq!(key(W1), key(W1));
    assert_ne!(key(W1), key(&W1.replace("PAID", "REVERSED")));
    assert_eq!(
        key(W1).to_string(),
        "8ee793f6-4553-4749-85dc-f2ef095c5ab0:2882e2ba85e87c14a16cff1ff9351d79336bb6eaf998608d2e8d95b06ae72189"
    );
}

#[test]
fn an_endpoint_answers_its_verification() {
    const NAME: &str = "X-GCS-Webhooks-Endpoint-Verification";
    assert_eq!(
        Webhooks::endpoint_verification(&with(&[(NAME, "c4ca4238-a0b9")])),
        Some("c4ca4238-a0b9")
    );
    assert_eq!(Webhooks::endpoint_verification(&with(&[])), None);
    assert_eq!(
        Webhooks::endpoint_verification(&with(&[(NAME, "a"), (NAME, "b")])),
        None
    );
}

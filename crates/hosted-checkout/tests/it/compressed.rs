//! What arrives compressed: an answer with the link of a payment, and webhooks of both APIs, signed before or after.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::LazyLock;

use checkout_core::key::{Algorithm, SigningKey};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use hosted_checkout::noah::{self, Noah, line_item, sign_for_test};
use hosted_checkout::worldline::{self, WebhookKey};
use hosted_checkout::{CodingError, SignedBytes, WebhookCoding};
use http::{HeaderMap, HeaderName};

/// Compressed by Python's `gzip`, as a proxy sends it.
const ANSWER: &[u8] = include_bytes!("fixtures/response-200gzip.http");

/// What comes of a pay-in to which a server gives these bytes, and what it was asked.
async fn answered(bytes: &'static [u8]) -> (noah::PayIn, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut piece = [0; 4096];
        while !request.ends_with(b"}") {
            let read = stream.read(&mut piece).unwrap();
            request.extend_from_slice(&piece[..read]);
        }
        stream.write_all(bytes).unwrap();
        String::from_utf8(request).unwrap()
    });
    let noah = Noah::new(noah::Credentials::local_unsigned(&base, "apikey_sandbox_1").unwrap()).unwrap();
    let session = noah
        .checkout()
        .pay_in_fiat()
        .customer_id("c1")
        .payment_method_category("Card")
        .fiat_currency("USD")
        .fiat_amount("10.10")
        .crypto_currency("USDC_TEST")
        .return_url("https://shop.example/done")
        .line_items([line_item("Beans", 2, "5.05")])
        .nonce("NONCE")
        .send()
        .await
        .unwrap();
    (session, server.join().unwrap())
}

/// The pay-in that this was the answer to was made, and its link was lost.
#[tokio::test]
async fn a_compressed_answer_is_the_session_that_it_says() {
    let (session, request) = answered(ANSWER).await;
    assert_eq!(session.hosted_url(), "http://127.0.0.1:14999/checkout?x=1");
    let response = session.response();
    assert!(
        response.raw().starts_with(b"{\"HostedURL\""),
        "what was compressed"
    );
    assert_eq!(response.receipt().attempts[0].coding.as_deref(), Some("gzip"));
    assert!(request.to_lowercase().contains("accept-encoding: gzip"));
}

/// A server may write `null` where it has no list. It is the same as none, and the session is open all the same.
#[tokio::test]
async fn a_list_that_is_null_is_absent() {
    let (session, _) = answered(include_bytes!("fixtures/response-items-null.http")).await;
    assert_eq!(session.hosted_url(), "http://127.0.0.1:14999/checkout?x=1");
    let opened = session.checkout_session();
    assert!(opened.line_items.value().is_none());
    assert!(
        session.response().unreadable().is_empty(),
        "nothing odd is told of"
    );
}

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::ES384).unwrap());

const NOAH: &str = r#"{"EventType":"Transaction","EventVersion":1738578061234,"Occurred":"2025-02-03T10:21:01.000Z","Data":{"ID":"t-1"}}"#;
/// The same by Python's `gzip`.
const NOAH_GZIP: &str = "1f8b0800000000000003ab56722d4bcd2b09a92c4855b2520a294acc2b4e4c2ec9cccf53d281c884a5161583b85686e6\
    c616a6e61606668646c6263a4afec9c9a54545a929405d460646a6ba0646ba06c62186065646865606867a0606065140\
    235c124b1295acaa953c5d80ea4a740d956a6b01b57df6be72000000";
const WORLDLINE: &str =
    r#"{"apiVersion":"v1","id":"e-1","created":"2017-02-02T11:24:14.040+0100","type":"payment.paid"}"#;

/// One way in for both APIs.
trait Receiver {
    const PLAIN: &'static str;
    type Error: std::fmt::Display;

    /// The headers of a webhook that was signed over these bytes.
    fn signed(bytes: &[u8]) -> HeaderMap;

    /// The JSON, how it was coded, and what tells it from others; or the error, and whether it is authentic.
    fn receive(headers: &HeaderMap, body: &[u8]) -> Result<Received, (Self::Error, bool)>;

    fn left(error: &Self::Error) -> Option<&CodingError>;
}

type Received = (Vec<u8>, Option<WebhookCoding>, String);

struct OfNoah;

impl Receiver for OfNoah {
    const PLAIN: &'static str = NOAH;
    type Error = noah::WebhookError;

    fn signed(bytes: &[u8]) -> HeaderMap {
        headers(&[("webhook-signature", &sign_for_test(&KEY, bytes).unwrap())])
    }

    fn receive(headers: &HeaderMap, body: &[u8]) -> Result<Received, (Self::Error, bool)> {
        let webhooks = noah::Webhooks::local(KEY.verifying_key().clone()).unwrap();
        match webhooks.verify(headers, body) {
            Ok(event) => Ok((
                event.raw().to_vec(),
                event.coding().cloned(),
                event.identity().to_string(),
            )),
            Err(error) => {
                let is_authentic = error.is_authentic();
                Err((error, is_authentic))
            }
        }
    }

    fn left(error: &Self::Error) -> Option<&CodingError> {
        match error {
            noah::WebhookError::NotDecoded(left) | noah::WebhookError::Coded(left) => Some(left),
            _ => None,
        }
    }
}

struct OfWorldline;

impl OfWorldline {
    fn key() -> WebhookKey {
        WebhookKey::new("key-1", "s3cret").unwrap()
    }
}

impl Receiver for OfWorldline {
    const PLAIN: &'static str = WORLDLINE;
    type Error = worldline::WebhookError;

    fn signed(bytes: &[u8]) -> HeaderMap {
        headers(&[
            ("x-gcs-keyid", "key-1"),
            ("x-gcs-signature", &Self::key().sign(bytes)),
        ])
    }

    fn receive(headers: &HeaderMap, body: &[u8]) -> Result<Received, (Self::Error, bool)> {
        match worldline::Webhooks::new([Self::key()]).verify(headers, body) {
            Ok(event) => Ok((
                event.raw().to_vec(),
                event.coding().cloned(),
                event.dedupe_key().to_string(),
            )),
            Err(error) => {
                let is_authentic = error.is_authentic();
                Err((error, is_authentic))
            }
        }
    }

    fn left(error: &Self::Error) -> Option<&CodingError> {
        match error {
            worldline::WebhookError::NotDecoded(left) | worldline::WebhookError::Coded(left) => Some(left),
            _ => None,
        }
    }
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| (HeaderName::try_from(*name).unwrap(), value.parse().unwrap()))
        .collect()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn received<R: Receiver>(coding: &str, signed: &[u8], body: &[u8]) -> Result<Received, (R::Error, bool)> {
    let mut headers = R::signed(signed);
    if !coding.is_empty() {
        headers.insert("content-encoding", coding.parse().unwrap());
    }
    R::receive(&headers, body)
}

fn whichever_bytes_were_signed<R: Receiver>() {
    use SignedBytes::{AsReceived, Decompressed};
    let plain = R::PLAIN.as_bytes();
    let (gz, zl, twice) = (gzip(plain), zlib(plain), gzip(&gzip(plain)));
    for (coding, body, named) in [
        ("gzip", &gz, "gzip"),
        ("GZIP", &gz, "gzip"),
        ("", &gz, "gzip"),
        ("identity", &gz, "gzip"),
        ("deflate", &zl, "deflate"),
        ("gzip, gzip", &twice, "gzip, gzip"),
    ] {
        let mut identities = Vec::new();
        for (signed, how) in [(&body[..], AsReceived), (plain, Decompressed)] {
            let (json, coded, identity) =
                received::<R>(coding, signed, body).unwrap_or_else(|(error, _)| panic!("{coding}: {error}"));
            let coded = coded.unwrap();
            assert_eq!(
                (&json[..], coded.name.as_str(), coded.signed),
                (plain, named, how)
            );
            identities.push(identity);
        }
        assert_eq!(identities[0], identities[1], "the same event, however it came");
        let (_, _, plainly) = received::<R>("", plain, plain).unwrap_or_else(|(error, _)| panic!("{error}"));
        assert_eq!(identities[0], plainly);
    }
    // A web framework has decompressed it, and left the header; or it says so of what never was.
    for coding in ["gzip", "deflate", "br", "compress", "gzip, gzip"] {
        let (json, coded, _) =
            received::<R>(coding, plain, plain).unwrap_or_else(|(error, _)| panic!("{coding}: {error}"));
        assert_eq!((&json[..], coded), (plain, None));
    }
}

#[test]
fn a_compressed_webhook_is_read_whichever_bytes_were_signed() {
    whichever_bytes_were_signed::<OfNoah>();
    whichever_bytes_were_signed::<OfWorldline>();
    let python: Vec<u8> = (0..NOAH_GZIP.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&NOAH_GZIP[at..at + 2], 16).unwrap())
        .collect();
    let (json, ..) =
        received::<OfNoah>("gzip", &python, &python).unwrap_or_else(|(error, _)| panic!("{error}"));
    assert_eq!(json, NOAH.as_bytes());
}

fn nothing_is_read_that_is_not_signed<R: Receiver>() {
    let plain = R::PLAIN.as_bytes();
    let gz = gzip(plain);
    let forged = R::PLAIN.replace("e-1", "e-2").replace("t-1", "t-2");
    // Somebody compresses another body under a signature that was seen.
    for signed in [plain, &gz[..]] {
        let (error, is_authentic) = received::<R>("gzip", signed, &gzip(forged.as_bytes())).unwrap_err();
        assert!(!is_authentic && R::left(&error).is_none(), "{error}");
    }
    for at in 0..gz.len() {
        let mut changed = gz.clone();
        changed[at] ^= 1;
        if let Ok((json, ..)) = received::<R>("gzip", plain, &changed) {
            // Of a header of gzip some bits mean nothing; the signed bytes are the same.
            assert_eq!(json, plain);
        }
        assert!(received::<R>("gzip", &gz, &changed).is_err_and(|(_, is_authentic)| !is_authentic));
    }
    // What was signed cannot be had: the framework took off the compression that the signature covers, or this build does
    // not know it, or it is too large. It is no forgery that is told of, and still not to be trusted.
    let bomb = gzip(&vec![b' '; 2 * 1024 * 1024]);
    for (coding, signed, body) in [
        ("gzip", &gz[..], plain),
        ("compress", plain, &gz[..]),
        ("gzip", plain, &gz[..gz.len() - 4]),
        ("gzip", plain, &bomb[..]),
        ("gzip, gzip, gzip, gzip", plain, &gz[..]),
    ] {
        let (error, is_authentic) = received::<R>(coding, signed, body).unwrap_err();
        assert!(!is_authentic && R::left(&error).is_some(), "{coding}: {error}");
    }
    // What was signed came, and cannot be read: that is to be kept.
    for (coding, body) in [
        ("compress", &gz[..]),
        ("gzip", &gz[..gz.len() - 4]),
        ("gzip", &bomb[..]),
    ] {
        let (error, is_authentic) = received::<R>(coding, body, body).unwrap_err();
        assert!(is_authentic && R::left(&error).is_some(), "{coding}: {error}");
    }
    // Signed, whole, and no JSON.
    let (error, is_authentic) = received::<R>("gzip", &gzip(b"no"), &gzip(b"no")).unwrap_err();
    assert!(is_authentic && R::left(&error).is_none(), "{error}");
}

#[test]
fn nothing_is_read_of_a_compressed_webhook_that_is_not_signed() {
    nothing_is_read_that_is_not_signed::<OfNoah>();
    nothing_is_read_that_is_not_signed::<OfWorldline>();
}

#[test]
fn a_byte_order_mark_is_signed_and_not_read() {
    fn read<R: Receiver>() {
        let marked = format!("\u{feff}{}", R::PLAIN);
        let (raw, ..) = received::<R>("", marked.as_bytes(), marked.as_bytes())
            .unwrap_or_else(|(error, _)| panic!("{error}"));
        assert_eq!(raw, marked.as_bytes());
        assert!(received::<R>("", R::PLAIN.as_bytes(), marked.as_bytes()).is_err());
    }
    read::<OfNoah>();
    read::<OfWorldline>();
}

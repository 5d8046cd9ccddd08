//! Answers that come compressed: decoded whoever asked, within the limit, and told by name where they cannot be.
//!
//! The compressed bytes are those of other makers: Python's `gzip` and `zlib`, Node's `zlib`, the `zstd` program.

use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use checkout_core::Operation;
use checkout_transport::coding::{self, CodingError};
use checkout_transport::retry::{Retries, Stop};
use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{
    AttemptResult, AuthenticationError, Authenticator, CallOptions, Error, ErrorKind, Outcome, Outgoing,
    Phase, Reply, TransportBuilder,
};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use http::HeaderMap;

use crate::leaks::Log;
use crate::support::{ACCEPT_ENCODING, PAY, PAY_ONCE, builder, request, send, transport};

const PLAIN: &str = r#"{"id":"p-1"}"#;
const GZIP: &str = "1f8b0800000000000203ab56ca4c51b2522ad03554aa0500b14281260c000000";
const ZLIB: &str = "78daab56ca4c51b2522ad03554aa0500168e0356";
const BARE: &str = "ab56ca4c51b2522ad03554aa0500";
#[cfg(feature = "br")]
const BROTLI: &str = "8b05807b226964223a22702d31227d03";
#[cfg(feature = "zstd")]
const ZSTD: &str = "28b52ffd04586100007b226964223a22702d31227d55332c4a";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

/// With another window, in the words of RFC 8878: `68` is 8 MiB, the largest that is allowed, and `69` the next.
#[cfg(feature = "zstd")]
fn zstd_by_window(window: &str) -> Vec<u8> {
    bytes(&ZSTD.replacen("0458", &format!("04{window}"), 1))
}

pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn coded(status: u16, coding: &str, body: Vec<u8>) -> Step {
    Step::respond(status)
        .header("content-encoding", coding)
        .body(body)
}

async fn pay(step: Step) -> Result<Reply, Error> {
    pay_by(builder(ScriptedWire::new([step]))).await
}

async fn pay_by(builder: TransportBuilder) -> Result<Reply, Error> {
    send(&builder.build().unwrap(), &PAY).await
}

/// All that a test of a broken success asks.
fn assert_unknown(error: &Error, kind: ErrorKind, kept: &[u8], named: &str) {
    assert_eq!(
        (error.kind(), error.outcome()),
        (kind, Outcome::Unknown),
        "{error}"
    );
    assert_eq!(error.body().unwrap(), kept, "{error}");
    assert!(
        error.coding_error().is_some() && error.to_string().contains(named),
        "{error}"
    );
    assert!(error.money_may_have_moved(), "{error}");
}

#[tokio::test]
async fn each_coding_is_taken_off_whoever_asked() {
    let twice = gzip(&bytes(GZIP));
    let zlib_in_gzip = gzip(&bytes(ZLIB));
    let members = [gzip(b"{\"id\":"), gzip(b""), gzip(b"\"p-1\"}")].concat();
    let padded = [bytes(GZIP), vec![0; 512]].concat();
    let trailing = |coded: &str| [bytes(coded), b"\r\n<!-- cache -->".to_vec()].concat();
    for (named, body, noted) in [
        ("gzip", bytes(GZIP), Some("gzip")),
        ("x-gzip", bytes(GZIP), Some("x-gzip")),
        (" GZip ", bytes(GZIP), Some("gzip")),
        ("deflate", bytes(ZLIB), Some("deflate")),
        ("deflate", bytes(BARE), Some("deflate")),
        ("gzip, gzip, gzip", gzip(&twice), Some("gzip, gzip, gzip")),
        ("gzip, gzip", twice, Some("gzip, gzip")),
        ("deflate, identity, gzip", zlib_in_gzip, Some("deflate, gzip")),
        ("gzip", members, Some("gzip")),
        ("gzip", padded, Some("gzip")),
        ("gzip", trailing(GZIP), Some("gzip")),
        ("deflate", trailing(ZLIB), Some("deflate")),
        ("deflate", trailing(BARE), Some("deflate")),
        ("identity", PLAIN.into(), None),
        ("", PLAIN.into(), None),
        #[cfg(feature = "br")]
        ("br", bytes(BROTLI), Some("br")),
        #[cfg(feature = "br")]
        ("br", trailing(BROTLI), Some("br")),
        #[cfg(feature = "zstd")]
        ("zstd", bytes(ZSTD), Some("zstd")),
        #[cfg(feature = "zstd")]
        ("zstd", trailing(ZSTD), Some("zstd")),
        #[cfg(feature = "zstd")]
        ("zstd", zstd_by_window("68"), Some("zstd")),
        #[cfg(feature = "zstd")]
        // A frame to be passed over, then the data, then an empty frame.
        (
            "zstd",
            bytes(&format!("502a4d1803000000616263{ZSTD}28b52ffd240001000099e9d851")),
            Some("zstd"),
        ),
    ] {
        let reply = pay(coded(200, named, body)).await.unwrap();
        assert_eq!(reply.body(), PLAIN, "{named}");
        assert_eq!(reply.receipt().attempts[0].coding.as_deref(), noted, "{named}");
        assert_eq!(reply.headers()["content-encoding"], named, "as it came");
        let id = reply.receive::<serde_json::Value>().unwrap();
        assert_eq!((&id["id"], id.raw()), (&"p-1".into(), PLAIN.as_bytes()));
    }
    let step = Step::respond(200)
        .header("content-encoding", "gzip")
        .header("content-encoding", "gzip");
    let reply = pay(step.body(gzip(&bytes(GZIP)))).await.unwrap();
    assert_eq!(reply.body(), PLAIN, "one header a coding");
}

#[tokio::test]
async fn what_has_no_body_has_no_coding() {
    for step in [
        coded(204, "gzip", Vec::new()),
        coded(200, "br, compress", Vec::new()),
    ] {
        let reply = pay(step).await.unwrap();
        assert_eq!(reply.receipt().attempts[0].coding, None);
        reply.receive::<()>().unwrap();
    }
    let error = pay(coded(304, "gzip", Vec::new())).await.unwrap_err();
    assert_eq!((error.kind(), error.coding_error()), (ErrorKind::Redirect, None));
}

#[tokio::test]
async fn a_body_cut_within_its_coding_is_told_so_at_each_length() {
    let forms = [
        ("gzip", bytes(GZIP)),
        ("deflate", bytes(ZLIB)),
        ("deflate", bytes(BARE)),
        ("gzip", [bytes(GZIP), bytes(GZIP)[..20].to_vec()].concat()),
        #[cfg(feature = "br")]
        ("br", bytes(BROTLI)),
        #[cfg(feature = "zstd")]
        ("zstd", bytes(ZSTD)),
    ];
    for (number, (named, whole)) in forms.into_iter().enumerate() {
        let from = if number == 3 { bytes(GZIP).len() + 2 } else { 1 };
        for length in from..whole.len() {
            let body = whole[..length].to_vec();
            let error = pay(coded(200, named, body.clone())).await.unwrap_err();
            assert_unknown(&error, ErrorKind::Interrupted, &body, named);
            assert_eq!(
                error.coding_error(),
                Some(&CodingError::Cut { coding: named }),
                "{length}"
            );
            assert!(error.to_string().contains("cut short"), "{error}");
            assert_eq!(
                error.receipt().unwrap().attempts[0].coding.as_deref(),
                Some(named)
            );
        }
    }
}

#[tokio::test]
async fn a_body_in_another_coding_or_damaged_is_told_by_that_name_and_kept() {
    let damaged = |hex: &str, at: usize| {
        let mut body = bytes(hex);
        body[at] ^= 0x55;
        body
    };
    let no_deflate = vec![0xff; 16];
    let mut many = Vec::new();
    for _ in 0..300 {
        many.extend(gzip(b""));
    }
    for (named, body) in [
        ("gzip", damaged(GZIP, 24)),
        ("gzip", damaged(GZIP, 28)),
        ("gzip", PLAIN.into()),
        ("gzip", b"<html>".to_vec()),
        ("gzip", many),
        ("deflate", damaged(ZLIB, 18)),
        ("deflate", no_deflate),
        ("compress", bytes("1f9d90")),
        ("aws-chunked", PLAIN.into()),
        #[cfg(not(feature = "br"))]
        ("br", bytes("8b05807b226964223a22702d31227d03")),
        #[cfg(feature = "br")]
        ("br", b"<html>".to_vec()),
        #[cfg(not(feature = "zstd"))]
        ("zstd", bytes("28b52ffd240c6100007b226964223a22702d31227d")),
        #[cfg(feature = "zstd")]
        ("zstd", b"<html>".to_vec()),
        #[cfg(feature = "zstd")]
        ("zstd", damaged(ZSTD, 12)),
        #[cfg(feature = "zstd")]
        ("zstd", zstd_by_window("69")),
    ] {
        let error = pay(coded(200, named, body.clone())).await.unwrap_err();
        assert_unknown(&error, ErrorKind::Undecodable, &body, named);
        assert_eq!(
            error.stopped_by(),
            Some(Stop::Pointless),
            "the same answer would come"
        );
        assert_eq!(
            error.receipt().unwrap().attempts[0].coding.as_deref(),
            Some(named)
        );
    }
}

#[tokio::test]
async fn the_words_of_a_body_that_cannot_be_decoded() {
    let error = pay(coded(200, "compress", vec![1])).await.unwrap_err();
    insta::assert_snapshot!(error.to_string());
    let error = pay(coded(200, "gzip", bytes(GZIP)[..20].to_vec()))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error.to_string());
    let error = pay(coded(422, "compress", vec![1])).await.unwrap_err();
    insta::assert_snapshot!(error.to_string());
}

#[tokio::test]
async fn the_limit_is_on_what_comes_out() {
    let body = |length: usize| "x".repeat(length).into_bytes();
    for (named, form) in [
        ("gzip", gzip as fn(&[u8]) -> Vec<u8>),
        ("deflate", zlib),
        ("deflate", bare),
    ] {
        for (length, fits) in [(1000, true), (1001, false)] {
            let wire = ScriptedWire::new([coded(200, named, form(&body(length)))]);
            let result = pay_by(builder(wire).body_limit(1000)).await;
            match result {
                Ok(reply) => assert!(fits && reply.body().len() == length),
                Err(error) => {
                    assert!(!fits, "{error}");
                    assert_unknown(&error, ErrorKind::BodyTooLarge, &form(&body(length)), named);
                }
            }
        }
    }
    // Each coding of 12 bytes.
    for (named, body) in [
        ("gzip", bytes(GZIP)),
        #[cfg(feature = "br")]
        ("br", bytes(BROTLI)),
        #[cfg(feature = "zstd")]
        ("zstd", bytes(ZSTD)),
    ] {
        for (limit, fits) in [(12, true), (11, false)] {
            let wire = ScriptedWire::new([coded(200, named, body.clone())]);
            let result = pay_by(builder(wire).body_limit(limit)).await;
            let kind = result.as_ref().err().map(Error::kind);
            assert_eq!(
                kind,
                (!fits).then_some(ErrorKind::BodyTooLarge),
                "{named}, {limit}"
            );
        }
    }
    // What does not compress becomes longer, and is within the limit all the same.
    let mut noise = Vec::new();
    let mut random = fastrand::Rng::with_seed(1);
    noise.resize_with(1_000_000, || random.u8(..));
    let wire = ScriptedWire::new([coded(200, "gzip", gzip(&noise))]);
    assert!(gzip(&noise).len() > noise.len());
    let reply = pay_by(builder(wire).body_limit(noise.len())).await.unwrap();
    assert!(reply.body() == &noise);
    // Of what is too long before it is decoded, little more than the limit is taken in.
    let wire = ScriptedWire::new([coded(200, "gzip", gzip(&noise[..5000]))]);
    let error = pay_by(builder(wire).body_limit(1000)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BodyTooLarge);
    let taken = error.body().unwrap().len();
    assert!((1000..1200).contains(&taken), "{taken}");
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn bare(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// 64 MiB in 64 KiB, and that once more: it ends where the limit is.
#[tokio::test]
async fn a_bomb_ends_at_the_limit() {
    let bomb = gzip(&vec![0; 64 * 1024 * 1024]);
    for (named, body) in [("gzip", bomb.clone()), ("gzip, gzip", gzip(&bomb))] {
        let error = pay(coded(200, named, body.clone())).await.unwrap_err();
        assert_unknown(&error, ErrorKind::BodyTooLarge, &body, "gzip");
        assert!(error.to_string().contains("1048576 bytes"), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_speaks_although_it_is_compressed() {
    let said = br#"{"Type":"InvalidMessage","Instance":"r-1","Fields":[{"Field":"Amount","Reason":"Min"}]}"#;
    let error = pay(coded(422, "gzip", gzip(said))).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::ClientError, Outcome::Refused)
    );
    assert_eq!(error.api_error().unwrap().code.as_deref(), Some("InvalidMessage"));
    assert_eq!(
        (error.reference(), error.body().unwrap().as_ref()),
        (Some("r-1"), &said[..])
    );

    for body in [gzip(said)[..30].to_vec(), b"no gzip".to_vec()] {
        let error = pay(coded(422, "gzip", body.clone())).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Refused, "the status is the verdict");
        assert_eq!(
            (error.api_error(), error.body().unwrap().as_ref()),
            (None, &body[..])
        );
        assert!(error.to_string().contains("its body cannot be read: "), "{error}");
    }
    let error = pay(coded(503, "compress", vec![1])).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::ServerError, Outcome::Unknown)
    );
}

#[tokio::test]
async fn a_log_of_bodies_shows_what_was_compressed() {
    let log = Log::default();
    let max = tracing::Level::TRACE;
    // Another one beside it, as `leaks` explains.
    let other = tracing_subscriber::fmt()
        .with_max_level(max)
        .with_writer(std::io::sink);
    let _other = tracing::Dispatch::new(other.finish());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(max)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::callsite::rebuild_interest_cache();
    let options = CallOptions::DEFAULT.attempts(1).log_bodies(true);
    for step in [
        coded(200, "gzip", gzip(br#"{"id":"CANARY"}"#)),
        coded(422, "gzip", gzip(br#"{"Value":"CANARY"}"#)),
    ] {
        let _ = pay_by(builder(ScriptedWire::new([step])).options(options)).await;
    }
    let log = log.text();
    assert!(
        log.contains(r#"{"id":<hidden>}"#) && log.contains(r#"{"Value":<hidden>}"#),
        "{log}"
    );
    assert!(!log.contains("CANARY"), "{log}");
}

async fn pay_thrice(operation: &'static Operation, steps: Vec<Step>) -> (Result<Reply, Error>, usize) {
    let wire = ScriptedWire::new(steps);
    let retries = Retries::DEFAULT.with_waits(Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let transport = builder(wire.clone())
        .options(CallOptions::DEFAULT.retries(retries))
        .build()
        .unwrap();
    let result = send(&transport, operation).await;
    (result, wire.sent().len())
}

/// The end of a body without a length is where the connection ends: the coding alone tells that it was lost.
#[tokio::test(start_paused = true)]
async fn a_cut_is_asked_again_where_that_is_safe() {
    let steps = || {
        vec![
            coded(200, "gzip", bytes(GZIP)[..20].to_vec()),
            coded(200, "gzip", bytes(GZIP)),
        ]
    };
    let (result, sent) = pay_thrice(&PAY, steps()).await;
    let reply = result.unwrap();
    assert_eq!((sent, reply.body().as_ref()), (2, PLAIN.as_bytes()));
    assert_eq!(reply.receipt().attempts[0].result, AttemptResult::Unknown);
    let (result, sent) = pay_thrice(&PAY_ONCE, steps()).await;
    let error = result.unwrap_err();
    assert_eq!((sent, error.stopped_by()), (1, Some(Stop::Unsafe)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_compressed_body_that_stalls_or_breaks_off_is_that() {
    for (step, kind) in [
        (
            coded(200, "gzip", bytes(GZIP)).stall_body_after(20),
            ErrorKind::Timeout(Phase::Body),
        ),
        (
            coded(200, "gzip", bytes(GZIP)).cut_body_after(20),
            ErrorKind::Interrupted,
        ),
    ] {
        let error = pay(step).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, Outcome::Unknown));
        assert_eq!(
            error.body().unwrap(),
            &bytes(GZIP)[..20],
            "as much as came, as it came"
        );
    }
}

/// Remembers what it was given to sign.
#[derive(Clone, Default)]
struct Seeing(Arc<Mutex<HeaderMap>>);

impl Authenticator for Seeing {
    fn authenticate(&self, request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        *self.0.lock().unwrap() = request.headers().clone();
        Ok(HeaderMap::new())
    }
}

#[tokio::test]
async fn the_signer_sees_what_is_asked_for_and_the_callers_word_goes_first() {
    let seeing = Seeing::default();
    let wire = ScriptedWire::new([Step::respond(204), Step::respond(204)]);
    let transport = builder(wire.clone())
        .authenticator(seeing.clone())
        .build()
        .unwrap();
    send(&transport, &PAY).await.unwrap();
    assert_eq!(seeing.0.lock().unwrap()["accept-encoding"], ACCEPT_ENCODING);
    let mut own = request(&PAY, "http://localhost/v1");
    own.headers_mut()
        .insert("accept-encoding", "identity".parse().unwrap());
    transport.send(&PAY, own).await.unwrap();
    let sent: Vec<_> = wire
        .sent()
        .iter()
        .map(|sent| sent.headers["accept-encoding"].clone())
        .collect();
    assert_eq!(sent, [ACCEPT_ENCODING, "identity"]);
    assert_eq!(seeing.0.lock().unwrap()["accept-encoding"], "identity");
}

#[tokio::test]
async fn a_name_that_a_server_makes_up_stays_short_and_plain() {
    let named = format!("\u{e9}{}", "x".repeat(5000));
    let error = pay(coded(200, &named, vec![1])).await.unwrap_err();
    let coding = error.receipt().unwrap().attempts[0].coding.clone().unwrap();
    assert!(coding.len() < 200 && error.to_string().len() < 700, "{coding}");
    let error = send(
        &transport(ScriptedWire::new([coded(200, "a, b, c, d", vec![1])])),
        &PAY,
    )
    .await;
    assert_eq!(
        error.unwrap_err().coding_error(),
        Some(&CodingError::TooMany { count: 4 })
    );
}

#[test]
fn a_coding_that_nobody_names_is_known_by_its_first_bytes() {
    for (body, expected) in [
        (bytes(GZIP), Some("gzip")),
        (bytes("28b52ffd24"), Some("zstd")),
        (bytes(ZLIB), None),
        (PLAIN.into(), None),
        (Vec::new(), None),
    ] {
        assert_eq!(coding::guess(&body), expected);
    }
}

/// Whatever comes, it is an answer or an error, and never more than the limit.
#[test]
fn noise_is_never_more_than_the_limit() {
    let mut random = fastrand::Rng::with_seed(7);
    let whole: Vec<(&str, Vec<u8>)> = vec![
        ("gzip", gzip(PLAIN.repeat(50).as_bytes())),
        ("deflate", zlib(PLAIN.repeat(50).as_bytes())),
        ("deflate", bare(PLAIN.repeat(50).as_bytes())),
        #[cfg(feature = "br")]
        ("br", bytes(BROTLI)),
        #[cfg(feature = "zstd")]
        ("zstd", bytes(ZSTD)),
    ];
    for _ in 0..3000 {
        let (named, body) = &whole[random.usize(..whole.len())];
        let mut body = body.clone();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(..body.len());
            body[at] = random.u8(..);
        }
        if let Ok(decoded) = coding::decode(&coding::names([*named]), &body, 500) {
            assert!(decoded.body.len() <= 500);
        }
    }
}

/// `{`, a line feed and a blank are bare deflate that ends after one byte. So is JSON as many servers write it, where one in
/// front of them took the coding away and left its name.
#[test]
fn json_that_was_never_compressed_is_not_taken_for_bare_deflate() {
    for blanks in 1..5 {
        let text = format!("{{\n{}\"id\": \"p-1\"\n}}", " ".repeat(blanks));
        let decoded = coding::decode(&coding::names(["deflate"]), text.as_bytes(), 1000);
        assert!(decoded.is_err(), "{blanks} blanks");
    }
}

#[test]
fn no_limit_is_a_limit_too() {
    for (named, body) in [("gzip", GZIP), ("deflate", ZLIB), ("deflate", BARE)] {
        let body = bytes(body);
        let decoded = coding::decode(&coding::names([named]), &body, usize::MAX).unwrap();
        assert_eq!(decoded.body, PLAIN.as_bytes());
    }
}

//! Every kind of failure and its outcome, over a scripted wire on virtual time.

use std::collections::BTreeMap;
use std::time::Duration;

use checkout_core::validate::{At, Rule};
use checkout_core::{Operation, Violations};
use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{
    ApiError, ApiProfile, AuthenticationError, Authenticator, CallOptions, Error, ErrorKind, Outcome,
    Outgoing, Phase, PlainApi, Reply, Timeouts, Transport, Unauthenticated, WireErrorKind,
};
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use crate::support::{
    self, BODY, NOTE, PAY, READ, SIGNATURE, TestError, builder, header, request, send, transport,
};

type Payment = BTreeMap<String, String>;

/// Sends a payment and decodes its answer, so that decoding is a part of every case.
async fn pay(step: Step) -> Result<Payment, Error> {
    let wire = ScriptedWire::new([step]);
    let reply = send(&transport(wire.clone()), &PAY).await?;
    assert_eq!(wire.sent().len(), 1);
    Ok(reply.receive::<Payment>()?.into_inner())
}

#[tokio::test(start_paused = true)]
async fn every_failure_has_its_kind_and_its_outcome() {
    use ErrorKind::*;
    use Outcome::*;
    let whole = r#"{"id":"p-1"}"#;
    let success = || Step::respond(200).body(whole);
    for (step, kind, outcome, status) in [
        (Step::refuse_connection(), Connect, NotSent, None),
        (
            Step::connect_timeout().after(Duration::from_secs(3)),
            Timeout(Phase::Connect),
            NotSent,
            None,
        ),
        (Step::fail(WireErrorKind::Request), Configuration, NotSent, None),
        (
            Step::fail(WireErrorKind::Timeout),
            Timeout(Phase::Answer),
            Unknown,
            None,
        ),
        (Step::cut(), Interrupted, Unknown, None),
        (
            Step::cut().after(Duration::from_secs(14)),
            Interrupted,
            Unknown,
            None,
        ),
        (Step::hang(), Timeout(Phase::Answer), Unknown, None),
        (
            success().after(Duration::from_secs(16)),
            Timeout(Phase::Answer),
            Unknown,
            None,
        ),
        (success().cut_body_after(0), Interrupted, Unknown, Some(200)),
        (success().cut_body_after(5), Interrupted, Unknown, Some(200)),
        (
            success().stall_body_after(0),
            Timeout(Phase::Body),
            Unknown,
            Some(200),
        ),
        (
            success().stall_body_after(12),
            Timeout(Phase::Body),
            Unknown,
            Some(200),
        ),
        (
            Step::respond(200).body(vec![b' '; 1024 * 1024 + 1]),
            BodyTooLarge,
            Unknown,
            Some(200),
        ),
        (Step::respond(200), Undecodable, Unknown, Some(200)),
        (Step::respond(204), Undecodable, Unknown, Some(204)),
        (Step::respond(200).body("<html>"), Undecodable, Unknown, Some(200)),
        (
            Step::respond(201).body(r#"{"id":7}"#),
            Undecodable,
            Unknown,
            Some(201),
        ),
        (
            Step::respond(200).body(&whole[..6]),
            Undecodable,
            Unknown,
            Some(200),
        ),
        (Step::respond(101), UnexpectedStatus, Unknown, Some(101)),
        (
            Step::respond(301).header("location", "https://elsewhere.example/"),
            Redirect,
            Unknown,
            Some(301),
        ),
        (
            Step::respond(307).header("location", "https://elsewhere.example/"),
            Redirect,
            Unknown,
            Some(307),
        ),
        (Step::respond(400), ClientError, Refused, Some(400)),
        (
            Step::respond(400).body(whole).cut_body_after(3),
            ClientError,
            Refused,
            Some(400),
        ),
        (Step::respond(401), ClientError, Refused, Some(401)),
        (
            Step::respond(403).body(whole).stall_body_after(3),
            ClientError,
            Refused,
            Some(403),
        ),
        (Step::respond(404).body("<html>"), ClientError, Refused, Some(404)),
        (Step::respond(408), ClientError, Unknown, Some(408)),
        (Step::respond(409), ClientError, Unknown, Some(409)),
        (Step::respond(429), ClientError, Refused, Some(429)),
        (Step::respond(500), ServerError, Unknown, Some(500)),
        (Step::respond(502).body("<html>"), ServerError, Unknown, Some(502)),
        (
            Step::respond(503).body(vec![b' '; 1024 * 1024 + 1]),
            ServerError,
            Unknown,
            Some(503),
        ),
        (Step::respond(777), UnexpectedStatus, Unknown, Some(777)),
    ] {
        let case = format!("{step:.100?}");
        let error = pay(step).await.expect_err(&case);
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{case}");
        assert_eq!(error.status().map(|status| status.as_u16()), status, "{case}");
        assert_eq!(error.headers().is_some(), status.is_some(), "{case}");
        assert_eq!(error.body().is_some(), status.is_some(), "{case}");
        assert_eq!(error.operation(), Some(&PAY), "{case}");
        assert_eq!(error.money_may_have_moved(), outcome == Unknown, "{case}");
        assert!(error.elapsed().is_some(), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn any_2xx_is_a_success() {
    for status in [200, 201, 202, 203, 206, 226, 299] {
        let payment = pay(Step::respond(status).body(r#"{"id":"p-1","new":"1"}"#))
            .await
            .unwrap();
        assert_eq!(payment["id"], "p-1");
    }
    for body in ["", "{}", "<html>"] {
        let wire = ScriptedWire::new([Step::respond(204).body(body)]);
        send(&transport(wire), &PAY)
            .await
            .unwrap()
            .receive::<()>()
            .unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_keeps_all_that_came() {
    let body = r#"{"id":"p-1","unknown":{"a":1.10}}"#;
    let step = Step::respond(201)
        .header("x-request-id", "r-1")
        .header("set-cookie", "s")
        .body(body);
    let step = step.after(Duration::from_millis(70));
    let reply = send(&transport(ScriptedWire::new([step])), &PAY).await.unwrap();
    let response = reply.receive::<serde_json::Value>().unwrap();
    assert_eq!(response["id"], "p-1");
    assert_eq!(response.raw(), body.as_bytes());
    assert_eq!(response.json()["unknown"]["a"], 1.10);
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["set-cookie"], "s");
    assert_eq!(response.reference(), Some("r-1"));
    assert_eq!(response.operation(), &PAY);
    assert_eq!(response.elapsed(), Duration::from_millis(70));
    let (id, reply) = response.map(|payment| payment["id"].clone()).into_parts();
    assert_eq!(
        (id.as_str(), reply.body().as_ref()),
        (Some("p-1"), body.as_bytes())
    );
}

#[tokio::test(start_paused = true)]
async fn the_body_limit_is_exact() {
    for (size, limit, fits) in [(10, 10, true), (11, 10, false), (0, 0, true), (1, 0, false)] {
        let wire = ScriptedWire::new([Step::respond(200).body("1234567890123"[..size].to_owned())]);
        let result = send(&builder(wire).body_limit(limit).build().unwrap(), &PAY).await;
        match result {
            Ok(reply) => assert!(fits && reply.body().len() == size),
            Err(error) => {
                assert!(!fits);
                assert_eq!(error.kind(), ErrorKind::BodyTooLarge);
                assert_eq!(error.body().unwrap().len(), limit);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_limits_on_time_are_kept() {
    let timeouts = Timeouts::DEFAULT;
    for (timeouts, expected) in [
        (timeouts, 15),
        (timeouts.with_attempt(Duration::from_secs(20)), 20),
        (timeouts.with_attempt(Duration::from_secs(50)), 40),
        (
            timeouts
                .with_attempt(Duration::MAX)
                .with_total(Duration::from_secs(7)),
            7,
        ),
        (timeouts.with_total(Duration::MAX), 15),
    ] {
        for step in [Step::hang(), Step::respond(200).body("x").stall_body_after(1)] {
            let started = Instant::now();
            let transport = transport(ScriptedWire::new([step]));
            let transport = transport
                .with_options(transport.options().timeouts(timeouts))
                .unwrap();
            send(&transport, &PAY).await.unwrap_err();
            assert_eq!(started.elapsed().as_secs(), expected);
        }
    }
}

/// Who sets no limit is answered, however long it takes.
#[tokio::test(start_paused = true)]
async fn a_limit_beyond_all_time_is_none() {
    let endless = Timeouts::DEFAULT
        .with_attempt(Duration::MAX)
        .with_total(Duration::MAX);
    let ten_years = Duration::from_secs(10 * 365 * 24 * 3600);
    let wire = ScriptedWire::new([Step::respond(200).after(ten_years)]);
    let transport = builder(wire)
        .options(CallOptions::DEFAULT.timeouts(endless))
        .build()
        .unwrap();
    send(&transport, &PAY).await.unwrap();
}

/// Raising the limit of an attempt does not help where that of the call ends at the same moment.
#[tokio::test(start_paused = true)]
async fn of_two_limits_that_end_together_the_calls_is_named() {
    let seven = Duration::from_secs(7);
    let timeouts = Timeouts::DEFAULT.with_attempt(seven).with_total(seven);
    let transport = builder(ScriptedWire::new([Step::hang()]))
        .options(CallOptions::DEFAULT.attempts(1).timeouts(timeouts))
        .build()
        .unwrap();
    let error = send(&transport, &PAY).await.unwrap_err();
    assert!(
        error.to_string().contains("the total limit of 7s is over"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_signer_sees_the_final_request_and_what_it_signed_is_sent() {
    let wire = ScriptedWire::new([Step::respond(200), Step::respond(200)]);
    let transport = transport(wire.clone());
    send(&transport, &PAY).await.unwrap();
    let [sent] = &wire.sent()[..] else {
        panic!("one request")
    };
    assert_eq!(
        (sent.method.as_str(), sent.url.as_str()),
        ("POST", "http://localhost/v1/pay/7")
    );
    assert_eq!(sent.body, BODY);
    let expected = HeaderMap::from_iter([
        header("accept", "application/json"),
        header("accept-encoding", support::ACCEPT_ENCODING),
        header("content-type", "application/json"),
        header("user-agent", "test/1"),
        header("authorization", SIGNATURE),
        header(
            "x-seen",
            &format!("POST http://localhost/v1/pay/7 {} test/1 1700000000", BODY.len()),
        ),
    ]);
    assert_eq!(sent.headers, expected);
    assert!(sent.headers["authorization"].is_sensitive());

    let mut request = request(&READ, "http://localhost/v1");
    request.headers_mut().remove("accept");
    request.headers_mut().insert("x-seen", "stale".parse().unwrap());
    transport.send(&READ, request).await.unwrap();
    let sent = &wire.sent()[1];
    assert_eq!(sent.headers["accept"], "application/json");
    assert_eq!(sent.headers.get_all("x-seen").iter().count(), 1);
    assert_ne!(sent.headers["x-seen"], "stale");
}

#[tokio::test(start_paused = true)]
async fn what_must_not_be_sent_is_not_sent() {
    let cases: [(&'static Operation, reqwest::Request, ErrorKind); 7] = [
        (&PAY, request(&PAY, "ftp://localhost"), ErrorKind::InvalidRequest),
        (
            &PAY,
            request(&READ, "http://localhost"),
            ErrorKind::InvalidRequest,
        ),
        (
            &NOTE,
            request(&PAY, "http://localhost"),
            ErrorKind::InvalidRequest,
        ),
        (
            &PAY,
            rewritten("http://localhost/pay/.."),
            ErrorKind::InvalidRequest,
        ),
        (
            &PAY,
            rewritten("http://localhost/pay/"),
            ErrorKind::InvalidRequest,
        ),
        (
            &PAY,
            rewritten("http://localhost/pay/a%2Fb"),
            ErrorKind::InvalidRequest,
        ),
        (&PAY, streaming(), ErrorKind::InvalidRequest),
    ];
    for (operation, request, kind) in cases {
        let wire = ScriptedWire::new([]);
        let error = transport(wire.clone())
            .send(operation, request)
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (kind, Outcome::NotSent),
            "{error}"
        );
        assert!(wire.sent().is_empty());
    }
}

fn rewritten(url: &str) -> reqwest::Request {
    let mut request = request(&PAY, "http://localhost");
    *request.url_mut() = url.parse().unwrap();
    request
}

fn streaming() -> reqwest::Request {
    let mut request = request(&PAY, "http://localhost");
    let body = http::Response::from(reqwest::Response::from(http::Response::new("a"))).into_body();
    *request.body_mut() = Some(reqwest::Body::wrap(body));
    assert!(request.body().unwrap().as_bytes().is_none());
    request
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_signed_is_not_sent() {
    struct Broken;
    impl Authenticator for Broken {
        fn authenticate(&self, _: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
            Err(AuthenticationError::new("the key is gone").with_source(std::io::Error::other("inner")))
        }
    }
    let wire = ScriptedWire::new([]);
    let error = send(&transport(wire.clone()).with_authenticator(Broken), &PAY)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Authentication, Outcome::NotSent)
    );
    assert!(
        std::error::Error::source(&error)
            .unwrap()
            .is::<AuthenticationError>()
    );
    assert!(wire.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_api_says_is_kept_in_its_own_terms_too() {
    let body = r#"{"Type":"InvalidMessage","Detail":"amount outside of channel limits","Instance":"i-1",
        "Fields":[{"Field":"Amount","Reason":"TooSmall","Description":"5"}]}"#;
    let step = || Step::respond(400).body(body);
    let error = pay(step()).await.unwrap_err();
    let api_error = error.api_error().unwrap();
    assert_eq!(api_error.code.as_deref(), Some("InvalidMessage"));
    assert_eq!(api_error.fields[0].message.as_deref(), Some("5"));
    assert_eq!(error.reference(), Some("i-1"));
    assert_eq!(error.body().unwrap(), body);
    assert_eq!(
        error.decode_api_error::<TestError>().unwrap().code.as_deref(),
        Some("InvalidMessage")
    );
    assert!(error.decode_api_error::<Vec<u8>>().is_none());
    let error = pay(step().header("x-request-id", "r-1")).await.unwrap_err();
    assert_eq!(
        error.reference(),
        Some("r-1"),
        "a header names the request even if the body does not parse"
    );
}

#[tokio::test(start_paused = true)]
async fn an_api_may_promise_more_than_http_does() {
    struct Promise;
    impl ApiProfile for Promise {
        fn name(&self) -> &'static str {
            PlainApi.name()
        }
        fn error(&self, _: StatusCode, _: &HeaderMap, _: &[u8]) -> Option<ApiError> {
            None
        }
        fn outcome(&self, status: StatusCode, error: Option<&ApiError>) -> Outcome {
            assert!(error.is_none());
            if status == StatusCode::SERVICE_UNAVAILABLE {
                Outcome::Refused
            } else {
                Outcome::of_status(status)
            }
        }
    }
    let wire = ScriptedWire::new([Step::respond(503), Step::respond(500)]);
    let transport = builder(wire).api(Promise).build().unwrap();
    assert_eq!(
        send(&transport, &PAY).await.unwrap_err().outcome(),
        Outcome::Refused
    );
    assert_eq!(
        send(&transport, &PAY).await.unwrap_err().outcome(),
        Outcome::Unknown
    );
}

#[tokio::test(start_paused = true)]
async fn unknown_is_no_alarm_where_no_money_moves() {
    for operation in [&NOTE, &READ] {
        let error = send(&transport(ScriptedWire::new([Step::cut()])), operation)
            .await
            .unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(!error.moves_money() && !error.money_may_have_moved());
    }
}

#[tokio::test(start_paused = true)]
async fn a_contradicting_answer_keeps_its_answer() {
    let reply: Reply = send(
        &transport(ScriptedWire::new([Step::respond(200).body(r#"{"id":"p"}"#)])),
        &PAY,
    )
    .await
    .unwrap();
    let mut violations = Violations::new();
    violations.push(
        &At::BODY.field("id"),
        Rule::Consistency,
        "is not the id asked for",
    );
    let error = reply.receive::<Payment>().unwrap().into_mismatch(violations);
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Mismatch, Outcome::Unknown)
    );
    assert_eq!(error.violations().unwrap().len(), 1);
    assert_eq!(error.body().unwrap(), r#"{"id":"p"}"#);
}

#[test]
fn a_transport_with_wrong_settings_is_not_built() {
    let with = |builder: checkout_transport::TransportBuilder| builder.build().unwrap_err();
    for error in [
        with(Transport::builder()),
        with(builder(ScriptedWire::default()).user_agent("a\nb")),
        with(builder(ScriptedWire::default()).timeouts(Timeouts::DEFAULT.with_attempt(Duration::ZERO))),
        transport(ScriptedWire::default())
            .with_options(CallOptions::DEFAULT.timeouts(Timeouts::DEFAULT.with_total(Duration::ZERO)))
            .unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Configuration, Outcome::NotSent),
            "{error}"
        );
    }
    Transport::builder()
        .authenticator(Unauthenticated)
        .build()
        .unwrap();
}

#[test]
fn calls_cross_threads() {
    fn assert_send<T: Send>(_: &T) {}
    let transport = transport(ScriptedWire::default());
    assert_send(&transport.send(&READ, support::request(&READ, "http://localhost")));
    fn assert_shared<T: Send + Sync + 'static>() {}
    assert_shared::<Transport>();
    assert_shared::<Error>();
    assert_shared::<Reply>();
}

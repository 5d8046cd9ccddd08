//! Several attempts of one request, over a scripted wire on virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use checkout_core::Operation;
use checkout_core::clock::FixedClock;
use checkout_transport::retry::{Retries, Stop};
use checkout_transport::testing::{ScriptedWire, Sent, Step};
use checkout_transport::{
    ApiError, ApiProfile, AttemptResult, AuthenticationError, Authenticator, CallOptions, Error, ErrorKind,
    Outcome, Outgoing, Reply, RetryBudget, Timeouts, Transport, TransportBuilder,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::Instant;

use crate::support::{self, BODY, NOTE, PAY, PAY_ONCE, READ, TestApi};

/// 2023-11-14T22:13:20Z.
const NOW: u32 = 1_700_000_000;

/// No two of its signatures are the same.
#[derive(Default)]
struct Counting(AtomicU64);

impl Authenticator for Counting {
    fn authenticate(&self, request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        let time = request.now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(
            "authorization",
            HeaderValue::from_str(&format!("{count} at {}", time.as_secs())).unwrap(),
        );
        Ok(headers)
    }
}

/// Waits as long as may be.
fn builder(wire: &ScriptedWire) -> TransportBuilder {
    Transport::builder()
        .wire(wire.clone())
        .authenticator(Counting::default())
        .api(TestApi)
        .clock(FixedClock::at_unix(NOW))
        .random(|| u64::MAX)
}

async fn send(transport: &Transport, operation: &'static Operation) -> Result<Reply, Error> {
    support::send(transport, operation).await
}

/// What came of the script, with the requests that were sent.
async fn play(
    operation: &'static Operation,
    steps: impl IntoIterator<Item = Step>,
) -> (Result<Reply, Error>, Vec<Sent>) {
    let wire = ScriptedWire::new(steps);
    let result = send(&builder(&wire).build().unwrap(), operation).await;
    (result, wire.sent())
}

fn success() -> Step {
    Step::respond(200).body(r#"{"id":"p-1"}"#)
}

fn waits(sent: &[Sent]) -> Vec<u128> {
    sent.windows(2)
        .map(|pair| (pair[1].at - pair[0].at).as_millis())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_keyed_payment_is_sent_again_as_the_same_bytes_under_a_fresh_signature() {
    let (result, sent) = play(&PAY, [Step::cut(), Step::respond(500), success()]).await;
    let reply = result.unwrap();
    assert_eq!(waits(&sent), [50, 100]);
    assert!(sent.iter().all(|sent| sent.body == BODY));
    let signatures: Vec<_> = sent.iter().map(|sent| &sent.headers["authorization"]).collect();
    assert_eq!(
        signatures,
        [
            &format!("0 at {NOW}"),
            &format!("1 at {NOW}"),
            &format!("2 at {NOW}")
        ]
    );
    let receipt = reply.receipt();
    let results: Vec<_> = receipt
        .attempts
        .iter()
        .map(|attempt| (attempt.result, attempt.status, attempt.waited.as_millis()))
        .collect();
    assert_eq!(
        results,
        [
            (AttemptResult::Unknown, None, 0),
            (AttemptResult::Unknown, Some(500), 50),
            (AttemptResult::Answered, Some(200), 100)
        ]
    );
    assert_eq!(receipt.idempotency_key.as_deref(), Some("n-1"));
    assert_eq!(
        receipt.body_sha256,
        checkout_core::digest::sha256_hex(BODY.as_bytes())
    );
}

#[tokio::test(start_paused = true)]
async fn what_has_no_key_is_sent_again_only_if_it_never_left() {
    let (result, sent) = play(
        &NOTE,
        [Step::refuse_connection(), Step::connect_timeout(), success()],
    )
    .await;
    assert_eq!((result.is_ok(), sent.len()), (true, 3));

    for step in [
        Step::cut(),
        Step::hang(),
        Step::respond(503),
        Step::respond(429),
        success().cut_body_after(2),
    ] {
        let (result, sent) = play(&NOTE, [step, success()]).await;
        let error = result.unwrap_err();
        assert_eq!((sent.len(), error.stopped_by()), (1, Some(Stop::Unsafe)));
        assert_eq!(
            error.is_retryable(),
            error.outcome() == Outcome::Refused,
            "{error}"
        );
    }
    // A refused connection first does not make it safe afterwards.
    let (result, sent) = play(&NOTE, [Step::refuse_connection(), Step::cut(), success()]).await;
    assert_eq!((result.unwrap_err().outcome(), sent.len()), (Outcome::Unknown, 2));
}

#[tokio::test(start_paused = true)]
async fn a_read_is_always_sent_again_and_its_last_attempt_speaks_for_it() {
    let (result, _) = play(&READ, [Step::cut(), Step::respond(404)]).await;
    let error = result.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Refused);
    assert!(!error.moves_money());
}

#[tokio::test(start_paused = true)]
async fn an_outcome_is_joined_over_the_attempts() {
    use Outcome::*;
    for (steps, kind, outcome) in [
        (
            vec![Step::cut(), Step::respond(400)],
            ErrorKind::ClientError,
            Unknown,
        ),
        (
            vec![Step::respond(503), Step::respond(401)],
            ErrorKind::ClientError,
            Unknown,
        ),
        (
            vec![Step::respond(429), Step::respond(400)],
            ErrorKind::ClientError,
            Refused,
        ),
        (
            vec![
                Step::respond(429),
                Step::refuse_connection(),
                Step::refuse_connection(),
            ],
            ErrorKind::Connect,
            Refused,
        ),
        (
            vec![
                Step::refuse_connection(),
                Step::connect_timeout(),
                Step::refuse_connection(),
            ],
            ErrorKind::Connect,
            NotSent,
        ),
        (
            vec![Step::refuse_connection(), Step::respond(403)],
            ErrorKind::ClientError,
            Refused,
        ),
        (
            vec![Step::hang(), Step::refuse_connection(), Step::respond(429)],
            ErrorKind::ClientError,
            Unknown,
        ),
    ] {
        let case = format!("{steps:?}");
        let (result, _) = play(&PAY, steps).await;
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{case}");
        let last = error.receipt().unwrap().attempts.last().unwrap();
        let earlier = outcome == Unknown && last.result != AttemptResult::Unknown;
        assert_eq!(
            error.to_string().contains("by an earlier attempt"),
            earlier,
            "{error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_apis_own_wait_is_a_floor_in_each_of_its_forms() {
    let date = "Tue, 14 Nov 2023 22:13:30 GMT";
    for (name, value, waited) in [
        ("retry-after", "7", 7_000),
        ("retry-after-ms", "1500", 1_500),
        ("retry-after", date, 10_000),
        ("retry-after-ms", "1", 1_000),
        ("retry-after", "soon", 1_000),
    ] {
        let busy = Step::respond(429).header(name, value);
        let (result, sent) = play(&PAY, [busy, success()]).await;
        assert_eq!(waits(&sent), [waited], "{name}: {value}");
        result.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_deadline_comes_back_at_once() {
    for (wait, attempts) in [("39", 2), ("40", 1), ("3600", 1), ("99999999999999999999", 1)] {
        let started = Instant::now();
        let busy = Step::respond(503).header("retry-after", wait);
        let (result, sent) = play(&PAY, [busy, success()]).await;
        assert_eq!(sent.len(), attempts, "{wait}");
        if attempts == 1 {
            let error = result.unwrap_err();
            assert_eq!(started.elapsed(), Duration::ZERO);
            assert_eq!(error.stopped_by(), Some(Stop::Time));
            assert!(error.is_retryable() && error.retry_after().is_some());
            assert_eq!(error.outcome(), Outcome::Unknown);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_deadline_holds_for_attempts_and_waits_together() {
    let wire = ScriptedWire::new(std::iter::repeat_n(Step::hang(), 20));
    let options = CallOptions::DEFAULT
        .attempts(20)
        .timeouts(Timeouts::DEFAULT.with_attempt(Duration::from_secs(9)));
    let transport = builder(&wire).options(options).build().unwrap();
    let started = Instant::now();
    let error = send(&transport, &PAY).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(40));
    assert_eq!(wire.sent().len(), 5);
    assert_eq!(error.elapsed(), Some(Duration::from_secs(40)));
    assert_eq!(error.stopped_by(), Some(Stop::Time));
}

#[tokio::test(start_paused = true)]
async fn a_sleep_that_is_too_long_sends_nothing_after_the_deadline() {
    let wire = ScriptedWire::new([Step::cut(), success()]);
    let transport = builder(&wire)
        .sleep(|_| Box::pin(tokio::time::sleep(Duration::from_secs(60))))
        .build()
        .unwrap();
    let started = Instant::now();
    let error = send(&transport, &PAY).await.unwrap_err();
    assert_eq!((wire.sent().len(), error.stopped_by()), (1, Some(Stop::Time)));
    assert_eq!(started.elapsed(), Duration::from_secs(40));
    assert_eq!(transport.budget().left(), RetryBudget::DEFAULT_CAPACITY);
}

#[tokio::test(start_paused = true)]
async fn an_empty_budget_sends_once_and_successes_fill_it() {
    let wire = ScriptedWire::new(
        (0..3)
            .map(|_| Step::cut())
            .chain([success(), Step::cut(), success()]),
    );
    let budget = RetryBudget::new(30);
    let transport = builder(&wire).budget(budget.clone()).build().unwrap();
    let error = send(&transport, &PAY).await.unwrap_err();
    assert_eq!((error.stopped_by(), budget.left()), (Some(Stop::Attempts), 2));

    send(&transport, &PAY).await.unwrap();
    assert_eq!(budget.left(), 3, "a success at the first attempt gives one back");
    let error = send(&transport, &PAY).await.unwrap_err();
    assert_eq!((error.stopped_by(), budget.left()), (Some(Stop::Budget), 3));
    assert!(error.is_retryable());

    let clone = transport.with_options(CallOptions::DEFAULT).unwrap();
    send(&clone, &PAY).await.unwrap();
    assert_eq!(budget.left(), 4, "clones share it");

    let wire = ScriptedWire::new([Step::cut(), success()]);
    let transport = builder(&wire).budget(RetryBudget::new(20)).build().unwrap();
    send(&transport, &PAY).await.unwrap();
    assert_eq!(
        transport.budget().left(),
        20,
        "a success gives back what its repeat took"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_while_it_waits_has_cost_nothing() {
    let wire = ScriptedWire::new([Step::respond(429).header("retry-after", "10"), success()]);
    let transport = builder(&wire).build().unwrap();
    let call = tokio::time::timeout(Duration::from_secs(5), send(&transport, &PAY));
    assert!(call.await.is_err());
    assert_eq!(transport.budget().left(), RetryBudget::DEFAULT_CAPACITY);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(wire.sent().len(), 1, "nothing goes on behind the caller's back");
}

#[tokio::test(start_paused = true)]
async fn attempts_and_waits_are_the_callers_to_set() {
    let retries = Retries::DEFAULT.with_attempts(5).with_waits(
        Duration::from_millis(1),
        Duration::from_secs(1),
        Duration::from_millis(4),
    );
    let wire = ScriptedWire::new(std::iter::repeat_n(Step::cut(), 9));
    let transport = builder(&wire)
        .options(CallOptions::DEFAULT.retries(retries))
        .build()
        .unwrap();
    send(&transport, &PAY).await.unwrap_err();
    assert_eq!(waits(&wire.sent()), [1, 2, 4, 4]);

    let wire = ScriptedWire::new([Step::cut(), success()]);
    let transport = builder(&wire).build().unwrap();
    let once = transport
        .with_options(CallOptions::DEFAULT.retries(Retries::NONE))
        .unwrap();
    send(&once, &PAY).await.unwrap_err();
    assert_eq!(wire.sent().len(), 1);
}

fn unauthorized(offset: i64) -> Step {
    dated(401, offset).body(r#"{"Type":"Unauthorized"}"#)
}

/// An answer of a server whose clock is so many seconds ahead.
fn dated(status: u16, offset: i64) -> Step {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(i64::from(NOW) + offset).unwrap());
    Step::respond(status).header("date", &httpdate::fmt_http_date(time))
}

#[tokio::test(start_paused = true)]
async fn a_401_says_when_the_clock_is_off() {
    let said = async |offset| {
        let (result, sent) = play(&PAY, [unauthorized(offset), success()]).await;
        assert_eq!(sent.len(), 1, "nobody asked for it to be mended");
        let error = result.unwrap_err();
        assert_eq!(error.clock_offset(), Some(offset));
        error.to_string()
    };
    insta::assert_snapshot!(format!("{}\n{}", said(400).await, said(-31).await));
    assert!(
        said(29)
            .await
            .contains("check the credentials, their environment and this machine's clock;")
    );
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_mended_once_where_the_caller_wants_it() {
    let play = async |steps: Vec<Step>, operation| {
        let wire = ScriptedWire::new(steps);
        let transport = builder(&wire)
            .options(CallOptions::DEFAULT.mend_clock(true))
            .build()
            .unwrap();
        let result = send(&transport, operation).await;
        let signed: Vec<String> = wire
            .sent()
            .iter()
            .map(|sent| sent.headers["authorization"].to_str().unwrap().to_owned())
            .collect();
        (result, signed)
    };
    let (result, signed) = play(vec![unauthorized(-400), success()], &PAY).await;
    assert_eq!(signed, ["0 at 1700000000", "1 at 1699999600"]);
    let receipt = result.unwrap().receipt().clone();
    let mended: Vec<_> = receipt.attempts.iter().map(|attempt| attempt.mended).collect();
    assert_eq!(mended, [0, -400]);

    // Not a second time, and not for a clock that is right.
    let (result, signed) = play(vec![unauthorized(400), unauthorized(400), success()], &PAY).await;
    assert_eq!(signed.len(), 2);
    let error = result.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Refused);
    assert!(!error.to_string().contains("mend_clock"), "{error}");
    for offset in [29, -29, 24 * 3600, -24 * 3600, 100 * 365 * 24 * 3600] {
        let (_, signed) = play(vec![unauthorized(offset), success()], &PAY).await;
        assert_eq!(signed.len(), 1, "{offset}");
    }
    // What was mended stays so for the attempts after it.
    let (result, signed) = play(vec![unauthorized(400), Step::cut(), success()], &PAY).await;
    assert_eq!(signed, ["0 at 1700000000", "1 at 1700000400", "2 at 1700000400"]);
    result.unwrap();
    // A 401 did nothing, so it may be mended where nothing else may be repeated.
    let (result, signed) = play(vec![unauthorized(400), success()], &NOTE).await;
    assert_eq!((result.is_ok(), signed.len()), (true, 2));
}

/// A time that a server shows mends a signature, and nothing else: it is no licence to send a payment again.
#[tokio::test(start_paused = true)]
async fn a_wrong_clock_repeats_nothing_but_a_refused_signature() {
    /// Does not promise that a 401 is a refusal.
    struct Doubtful;
    impl ApiProfile for Doubtful {
        fn name(&self) -> &'static str {
            "Doubtful"
        }
        fn error(&self, _: StatusCode, _: &HeaderMap, _: &[u8]) -> Option<ApiError> {
            None
        }
        fn outcome(&self, _: StatusCode, _: Option<&ApiError>) -> Outcome {
            Outcome::Unknown
        }
    }
    let sent = async |transport: TransportBuilder, wire: &ScriptedWire, operation| {
        let transport = transport.build().unwrap();
        let _ = send(&transport, operation).await;
        wire.sent().len()
    };
    let mending = CallOptions::DEFAULT.mend_clock(true);
    for status in [400, 402, 403, 404, 409, 422, 429, 500, 503] {
        let wire = ScriptedWire::new([dated(status, 400), success()]);
        let transport = builder(&wire).options(mending);
        assert_eq!(sent(transport, &wire, &PAY_ONCE).await, 1, "{status}");
    }
    let wire = ScriptedWire::new([unauthorized(400), success()]);
    let transport = builder(&wire).options(mending).api(Doubtful);
    assert_eq!(sent(transport, &wire, &PAY).await, 1);

    // The attempts that a caller allows are the most that there are.
    for (allowed, steps) in [
        (1, vec![unauthorized(400), success()]),
        (2, vec![Step::cut(), unauthorized(400), success()]),
    ] {
        let wire = ScriptedWire::new(steps);
        let transport = builder(&wire).options(mending.attempts(allowed));
        assert_eq!(sent(transport, &wire, &PAY).await, allowed as usize);
    }
    // Where the difference begins to count, and where a server's clock is not believed.
    for offset in [30, -30, 24 * 3600 - 1, 1 - 24 * 3600] {
        let wire = ScriptedWire::new([unauthorized(offset), success()]);
        let transport = builder(&wire).options(mending);
        assert_eq!(sent(transport, &wire, &PAY).await, 2, "{offset}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_accounts_for_every_attempt() {
    let steps = [
        Step::respond(429)
            .header("retry-after", "2")
            .header("x-request-id", "r-1")
            .header("date", "Tue, 14 Nov 2023 22:13:25 GMT"),
        Step::cut().after(Duration::from_millis(120)),
        Step::respond(502).header("x-request-id", "r-3").body("<html>"),
    ];
    let (result, _) = play(&PAY, steps).await;
    let error = result.unwrap_err();
    insta::assert_snapshot!(error);
    insta::assert_snapshot!(serde_json::to_string_pretty(error.receipt().unwrap()).unwrap());
}

#[tokio::test(start_paused = true)]
async fn calls_share_nothing_but_the_budget() {
    let wire = ScriptedWire::new([Step::cut(), Step::cut(), success(), success()]);
    let transport = Arc::new(builder(&wire).build().unwrap());
    let (first, second) = tokio::join!(send(&transport, &PAY), send(&transport, &PAY));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(transport.budget().left(), RetryBudget::DEFAULT_CAPACITY);
}

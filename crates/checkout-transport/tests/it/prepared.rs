//! Requests that are stored, read back, sent again, and found too old.

use std::time::{Duration, SystemTime};

use checkout_core::clock::FixedClock;
use checkout_core::{Idempotency, Operation};
use checkout_transport::client::reply;
use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{
    Account, AuthenticationError, Authenticator, BaseUrl, Call, CallOptions, Error, ErrorKind, Outcome,
    Outgoing, Prepared, PreparedRequest, Response, Transport,
};
use http::HeaderMap;
use serde_json::Value;

use crate::support::{self, BODY, PAY, PAY_BY_HEADER, builder};

const BASE: &str = "http://localhost/v1";

struct Pay;

impl Call for Pay {
    type Answer = Value;
    fn operation() -> &'static Operation {
        &PAY
    }
}

#[derive(Debug)]
struct PayByHeader;

impl Call for PayByHeader {
    type Answer = Value;
    fn operation() -> &'static Operation {
        &PAY_BY_HEADER
    }
}

/// The API remembers its key for a day.
struct PayWithinADay;

static PAY_WITHIN_A_DAY: Operation = Operation {
    key_life: Some(Duration::from_hours(24)),
    ..Operation::new(
        "pay",
        "POST",
        "/pay/{id}",
        "test",
        Idempotency::BodyField("Nonce"),
        true,
    )
};

impl Call for PayWithinADay {
    type Answer = Value;
    fn operation() -> &'static Operation {
        &PAY_WITHIN_A_DAY
    }
}

fn prepared<C: Call>(transport: &Transport) -> Prepared<C> {
    support::prepared(transport, BASE)
}

async fn pay<C: Call>(transport: &Transport, prepared: &Prepared<C>) -> Result<Response<C::Answer>, Error> {
    reply(transport, BASE, prepared).await?.receive()
}

fn success() -> Step {
    Step::respond(200).body(r#"{"id":"p-1"}"#)
}

fn transport(steps: impl IntoIterator<Item = Step>) -> (Transport, ScriptedWire) {
    let wire = ScriptedWire::new(steps);
    (builder(wire.clone()).build().unwrap(), wire)
}

fn restored<C: Call>(prepared: &Prepared<C>) -> Prepared<C> {
    serde_json::from_str(&serde_json::to_string(prepared).unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_stored_request_is_the_same_to_the_byte() {
    let (transport, wire) = transport([success(), success()]);
    let prepared = prepared::<Pay>(&transport);
    insta::assert_snapshot!(serde_json::to_string_pretty(&prepared).unwrap());
    pay(&transport, &prepared).await.unwrap();
    pay(&transport, &restored(&prepared)).await.unwrap();
    let [first, second] = &wire.sent()[..] else {
        panic!("two requests")
    };
    assert_eq!(first.body, BODY);
    assert_eq!(
        (&first.method, &first.url, &first.headers, &first.body),
        (&second.method, &second.url, &second.headers, &second.body)
    );
    assert_eq!(restored(&prepared).made(), prepared.made());
}

/// Who stored it may have sent it and died: no refusal can then be believed to be the whole story.
#[tokio::test(start_paused = true)]
async fn a_refusal_speaks_for_a_stored_request_only_if_it_was_never_sent() {
    let (transport, _) = transport([400, 400, 400, 400].map(Step::respond));
    let fresh = prepared::<Pay>(&transport);
    assert_eq!(fresh.outcome(), Outcome::NotSent);
    assert_eq!(
        pay(&transport, &fresh).await.unwrap_err().outcome(),
        Outcome::Refused
    );

    let stored = restored(&fresh);
    assert_eq!(stored.outcome(), Outcome::Unknown);
    let error = pay(&transport, &stored).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(
        error
            .to_string()
            .contains("money may have moved by an earlier attempt"),
        "{error}"
    );

    let outbox = restored(&fresh).never_sent();
    assert_eq!(
        pay(&transport, &outbox).await.unwrap_err().outcome(),
        Outcome::Refused
    );
}

/// Its owner can vouch for the time before it was read, and not for what was seen since.
#[tokio::test(start_paused = true)]
async fn the_word_that_it_was_never_sent_does_not_hold_against_what_was_seen() {
    let (transport, wire) = transport([Step::cut(), success()]);
    let stored = restored(&prepared::<PayByHeader>(&transport));
    let clone = stored.clone();
    let outbox = stored.never_sent();
    assert_eq!(clone.outcome(), Outcome::NotSent, "clones are the same request");
    pay(&transport, &outbox).await.unwrap_err();
    for again in [clone.clone(), clone.never_sent(), outbox.never_sent()] {
        let error = pay(&transport, &again).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Unrepeatable, Outcome::Unknown)
        );
    }
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_and_given_up_may_have_taken_effect() {
    let (transport, wire) = transport([Step::hang(), Step::respond(400)]);
    let prepared = prepared::<Pay>(&transport);
    {
        let call = pay(&transport, &prepared);
        let mut call = std::pin::pin!(call);
        let poll = std::future::poll_fn(|context| {
            assert!(call.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        });
        poll.await;
        assert_eq!(prepared.outcome(), Outcome::Unknown, "while it is under way");
    }
    assert_eq!(wire.sent().len(), 1);
    assert_eq!(prepared.outcome(), Outcome::Unknown);
    assert_eq!(
        pay(&transport, &prepared).await.unwrap_err().outcome(),
        Outcome::Unknown
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_answered_is_not_refused_by_a_later_call() {
    let (transport, _) = transport([success(), Step::respond(429), Step::refuse_connection()]);
    let prepared = prepared::<Pay>(&transport);
    pay(&transport, &prepared).await.unwrap();
    for _ in 0..2 {
        let error = pay(&transport, &prepared.clone()).await.unwrap_err();
        assert!(error.money_may_have_moved(), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_does_not_speak_for_a_call_that_is_still_under_way() {
    let (transport, _) = transport([success().after(Duration::from_secs(5)), Step::respond(400)]);
    let prepared = prepared::<Pay>(&transport);
    let (slow, quick) = tokio::join!(pay(&transport, &prepared), pay(&transport, &prepared));
    assert!(slow.is_ok());
    assert_eq!(quick.unwrap_err().outcome(), Outcome::Unknown);
}

#[tokio::test(start_paused = true)]
async fn an_error_holds_the_request_that_asks_again() {
    let (transport, wire) = transport([Step::cut(), success()]);
    let error = pay(&transport, &prepared::<Pay>(&transport)).await.unwrap_err();
    let request = error.prepared().unwrap();
    assert!(request.typed::<PayByHeader>().is_none());
    let again = request.typed::<Pay>().unwrap();
    let answer = pay(&transport, &again).await.unwrap();
    assert_eq!(answer["id"], "p-1");
    assert_eq!(wire.sent()[0].body, wire.sent()[1].body);
}

#[tokio::test(start_paused = true)]
async fn what_was_changed_in_the_store_is_not_read() {
    let (transport, _) = transport([]);
    let stored = serde_json::to_value(prepared::<Pay>(&transport)).unwrap();
    let changed = |name: &str, value: Value| {
        let mut stored = stored.clone();
        stored[name] = value;
        serde_json::from_value::<Prepared<Pay>>(stored)
            .unwrap_err()
            .to_string()
    };
    let body = BODY.replace("10.10", "99.10");
    let mut lines = Vec::new();
    for (name, value) in [
        ("body", Value::from(body)),
        ("sha256", "00".into()),
        ("version", 2.into()),
        ("new", 2.into()),
        ("body_base64", "aGk=".into()),
        ("idempotency_key", "n-2".into()),
        ("idempotency_key", Value::Null),
        ("operation", "refund".into()),
        ("method", "PUT".into()),
        ("method", "\n".into()),
        ("path", "/pay/7/refund".into()),
        ("path", "/pay/8".into()),
        ("path", "/pay/7?x=1".into()),
        ("path", "/pay/../x".into()),
        ("path", "@evil.example/pay/7".into()),
        ("base_url", "ftp://localhost/v1".into()),
        ("base_url", "".into()),
        ("base_url", "http://u:p@localhost/v1".into()),
        ("headers", serde_json::json!([["a b", "c"]])),
        ("headers", serde_json::json!([["x-gcs-new", "c"]])),
        ("account", "00".into()),
        ("made", "yesterday".into()),
        ("made", "2099-01-01T00:00:00.000Z".into()),
    ] {
        let error = changed(name, value);
        assert!(!error.contains("99.10") && !error.contains("evil"), "{error}");
        lines.push(format!("{name}: {error}"));
    }
    insta::assert_snapshot!(lines.join("\n"));
    let error = serde_json::from_value::<Prepared<PayByHeader>>(stored).unwrap_err();
    assert_eq!(error.to_string(), "the stored request is of another operation");
}

/// Signs for an account.
struct Of(Option<Account>);

impl Authenticator for Of {
    fn authenticate(&self, request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        support::TestSigner.authenticate(request)
    }

    fn account(&self) -> Option<&Account> {
        self.0.as_ref()
    }
}

/// Another account does not know the key, and would pay a second time.
#[tokio::test(start_paused = true)]
async fn a_request_is_sent_with_no_other_accounts_credentials() {
    let (anyone, wire) = transport([success(), success(), success(), success(), Step::cut(), success()]);
    let of = |name: &str| anyone.with_authenticator(Of(Some(Account::of(&["test", name]))));
    let (ours, theirs, third) = (of("ours"), of("theirs"), of("third"));
    let fresh = prepared::<Pay>(&ours);
    let stored = serde_json::to_string_pretty(&fresh).unwrap();
    let digest = Account::of(&["test", "ours"]);
    assert!(
        stored.contains(&format!(r#""account": "{}""#, digest.as_str())),
        "{stored}"
    );
    let fresh_elsewhere = pay(&theirs, &fresh).await.unwrap_err();
    let elsewhere = pay(&theirs, &restored(&fresh)).await.unwrap_err();
    let direct = theirs.send_prepared(&restored(&fresh)).await.unwrap_err();
    for (error, outcome) in [
        (&fresh_elsewhere, Outcome::NotSent),
        (&elsewhere, Outcome::Unknown),
        (&direct, Outcome::Unknown),
    ] {
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::OtherAccount, outcome)
        );
        assert!(!error.is_retryable());
    }
    assert!(wire.sent().is_empty());
    insta::assert_snapshot!(format!("{fresh_elsewhere}\n{elsewhere}"));

    pay(&ours, &restored(&fresh)).await.unwrap();
    let same = restored(&fresh).of_same_account();
    pay(&theirs, &same).await.unwrap();
    // The word was of one other account, not of any.
    for again in [&same, &same.clone(), &restored(&same)] {
        let error = pay(&third, again).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OtherAccount);
    }
    pay(&theirs, &restored(&same)).await.unwrap();
    // Who does not say, is not compared.
    pay(&anyone, &restored(&fresh)).await.unwrap();
    // What an error hands over for a repeat is bound too.
    let error = ours.send(&PAY, support::request(&PAY, BASE)).await.unwrap_err();
    assert_eq!(error.prepared().unwrap().account(), Some(&digest));

    // An earlier version stored none.
    let unnamed = prepared::<Pay>(&anyone);
    assert!(!serde_json::to_string(&unnamed).unwrap().contains("account"));
    pay(&theirs, &restored(&unnamed)).await.unwrap();
}

#[test]
fn a_stored_request_is_read_as_one_of_its_operation() {
    let (transport, _) = transport([]);
    let first = prepared::<Pay>(&transport);
    let json = serde_json::to_vec(&first).unwrap();
    let other = PayByHeader::operation();
    assert_ne!(other.id, PAY.id);
    let read = PreparedRequest::from_json(&json, [other, &PAY]).unwrap();
    assert_eq!(
        (read.operation(), read.body(), read.path()),
        (&PAY, first.body(), first.path())
    );
    assert_eq!(
        read.outcome(),
        Outcome::Unknown,
        "whoever stored it may have sent it"
    );
    assert!(read.typed::<Pay>().is_some() && read.typed::<PayByHeader>().is_none());
    // What the owner may say of it needs no type.
    let elsewhere = BaseUrl::parse("https://elsewhere.example/v1").unwrap();
    let moved = read.clone().never_sent().for_base_url(&elsewhere).unwrap();
    assert_eq!(
        (moved.outcome(), moved.base_url(), moved.path()),
        (Outcome::NotSent, elsewhere.as_str(), first.path())
    );
    let error = PreparedRequest::from_json(&json, [other]).unwrap_err();
    assert!(
        error.to_string().contains("an operation that is not known here"),
        "{error}"
    );
    let changed = String::from_utf8(json).unwrap().replace("10.10", "99.10");
    let error = PreparedRequest::from_json(changed.as_bytes(), [&PAY]).unwrap_err();
    assert!(error.to_string().contains("its SHA-256 differs"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_payment_whose_key_is_a_header_can_be_given_one() {
    let (transport, wire) = transport([success()]);
    let keyed = prepared::<PayByHeader>(&transport).with_key(|| "made-1".to_owned());
    assert_eq!(
        (keyed.idempotency_key(), keyed.has_fresh_key()),
        (Some("made-1"), true)
    );
    let again = keyed.clone().with_key(|| "made-2".to_owned());
    assert_eq!(again.idempotency_key(), Some("made-1"));
    pay(&transport, &restored(&keyed)).await.unwrap();
    assert_eq!(wire.sent()[0].headers["x-gcs-idempotence-key"], "made-1");
    let of_body = prepared::<Pay>(&transport);
    let same = of_body.clone().with_key(|| "made-3".to_owned());
    assert_eq!(same.idempotency_key(), of_body.idempotency_key());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_text_is_stored_too() {
    let (transport, wire) = transport([success()]);
    let mut request = crate::support::request(&PAY_BY_HEADER, BASE);
    *request.body_mut() = Some(vec![0xff, 0, 0xfe].into());
    request
        .headers_mut()
        .insert("x-gcs-idempotence-key", "k-1".parse().unwrap());
    let prepared: Prepared<PayByHeader> = support::held(&transport, request, BASE).unwrap();
    let restored = restored(&prepared);
    assert_eq!(restored.idempotency_key(), Some("k-1"));
    pay(&transport, &restored).await.unwrap();
    assert_eq!(wire.sent()[0].body.as_ref(), [0xff, 0, 0xfe]);
    assert_eq!(wire.sent()[0].headers["x-gcs-idempotence-key"], "k-1");
}

/// Without a key a repeat is a second payment, so that nothing may be sent twice that may have been sent once.
#[tokio::test(start_paused = true)]
async fn a_payment_without_a_key_is_never_sent_twice() {
    let (transport, wire) = transport([Step::cut(), Step::refuse_connection(), success(), success()]);
    let prepared = prepared::<PayByHeader>(&transport);
    assert_eq!(prepared.idempotency_key(), None);
    pay(&transport, &prepared).await.unwrap_err();
    let error = pay(&transport, &prepared).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Unrepeatable, Outcome::Unknown)
    );
    assert_eq!(wire.sent().len(), 1);
    insta::assert_snapshot!(error);

    let stored = restored(&prepared);
    let error = pay(&transport, &stored).await.unwrap_err();
    assert_eq!((error.kind(), wire.sent().len()), (ErrorKind::Unrepeatable, 1));
    assert!(!error.is_retryable());

    // Who knows better says so; a refused connection then leaves it unsent.
    let fresh = stored.never_sent();
    let error = pay(&transport, &fresh).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    pay(&transport, &fresh).await.unwrap();
    let error = pay(&transport, &fresh).await.unwrap_err();
    assert_eq!((error.kind(), wire.sent().len()), (ErrorKind::Unrepeatable, 3));
}

#[tokio::test(start_paused = true)]
async fn nor_by_two_calls_at_once() {
    let (transport, wire) = transport([success().after(Duration::from_secs(1)), success()]);
    let prepared = prepared::<PayByHeader>(&transport);
    let (first, second) = tokio::join!(pay(&transport, &prepared), pay(&transport, &prepared));
    assert!(first.is_ok());
    assert_eq!(second.unwrap_err().kind(), ErrorKind::Unrepeatable);
    assert_eq!(wire.sent().len(), 1);
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn a_request_older_than_its_key_is_not_sent() {
    async fn after<C: Call>(age: Duration, options: CallOptions) -> (Result<(), Error>, usize) {
        let clock = FixedClock::at_unix(1_700_000_000);
        let wire = ScriptedWire::new([success()]);
        let transport = builder(wire.clone())
            .options(options)
            .clock(clock.clone())
            .build()
            .unwrap();
        let prepared = prepared::<C>(&transport);
        clock.advance(age);
        let result = pay(&transport, &restored(&prepared)).await;
        (result.map(|_| ()), wire.sent().len())
    }
    let default = CallOptions::DEFAULT;
    let minute = Duration::from_secs(60);
    for (age, options, sent) in [
        // Five minutes for clocks that differ, and the 15 seconds of an attempt.
        (24 * HOUR - 5 * minute - Duration::from_secs(16), default, 1),
        (24 * HOUR - 5 * minute - Duration::from_secs(15), default, 0),
        (24 * HOUR, default, 0),
        (24 * HOUR, default.any_age(true), 1),
        (100 * HOUR, default.key_life(101 * HOUR), 1),
        (2 * minute, default.key_life(minute), 0),
        (minute, default.key_life(2 * minute), 1),
    ] {
        let (result, count) = after::<Pay>(age, options).await;
        assert_eq!((result.is_ok(), count), (sent == 1, sent), "{age:?}");
        if let Err(error) = result {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Expired, Outcome::Unknown)
            );
        }
    }
    // What the spec says of the API counts, whatever the client trusts others to.
    let (result, _) = after::<PayWithinADay>(25 * HOUR, default.key_life(100 * HOUR)).await;
    let error = result.unwrap_err();
    insta::assert_snapshot!(error);
    let (result, _) = after::<PayWithinADay>(23 * HOUR, default).await;
    result.unwrap();
    let (result, _) = after::<PayWithinADay>(23 * HOUR, default.key_life(12 * HOUR)).await;
    assert_eq!(
        result.unwrap_err().kind(),
        ErrorKind::Expired,
        "who wants to be more careful may be"
    );
    // Without a key there is nothing that could be forgotten, or known again.
    let (result, _) = after::<PayByHeader>(100 * HOUR, default).await;
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Unrepeatable);
}

#[tokio::test(start_paused = true)]
async fn a_request_from_the_future_has_no_age_that_could_be_trusted() {
    for (ahead, sent) in [(60, 1), (299, 1), (300, 0), (86_400, 0)] {
        let clock = FixedClock::at_unix(1_700_000_000);
        let wire = ScriptedWire::new([success()]);
        let transport = builder(wire.clone()).clock(clock.clone()).build().unwrap();
        let prepared = prepared::<Pay>(&transport);
        clock.set(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 - ahead));
        let result = pay(&transport, &prepared).await;
        assert_eq!(wire.sent().len(), sent, "{ahead}");
        if let Err(error) = result {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Expired, Outcome::NotSent)
            );
            insta::assert_snapshot!("from_the_future", error);
        }
    }
}

#[tokio::test]
async fn a_request_that_holds_a_credential_is_not_prepared() {
    let (transport, wire) = transport([]);
    let with = |name: &'static str, sensitive: bool| {
        let mut request = crate::support::request(&PAY, BASE);
        let mut value = http::HeaderValue::from_static("SECRET");
        value.set_sensitive(sensitive);
        request.headers_mut().insert(name, value);
        request
    };
    let at = |url: &str| {
        let mut request = crate::support::request(&PAY, BASE);
        *request.url_mut() = url.parse().unwrap();
        request
    };
    for request in [
        with("authorization", false),
        with("cookie", false),
        with("proxy-authorization", false),
        with("x-api-key", true),
        at("http://user:SECRET@localhost/v1/pay/7"),
        at("http://SECRET@localhost/v1/pay/7"),
        at("http://:SECRET@localhost/v1/pay/7"),
    ] {
        let error = transport.send(&PAY, request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(!format!("{error} {error:?}").contains("SECRET"), "{error}");
    }
    assert!(wire.sent().is_empty());
}

#[test]
fn a_prepared_request_prints_neither_path_nor_body() {
    let (transport, _) = transport([]);
    let prepared = prepared::<Pay>(&transport);
    assert_eq!(
        format!("{prepared:?}"),
        format!(
            "Prepared {{ operation: \"pay\", idempotency_key: Some(\"n-1\"), body_bytes: {}, outcome: NotSent, .. }}",
            BODY.len()
        )
    );
}

//! The faults of real sockets with retries on: what is sent again, what is not, and that the copies are one request.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use checkout_core::Operation;
use checkout_transport::retry::{Retries, Stop};
use checkout_transport::{
    AttemptResult, CallOptions, Error, ErrorKind, Outcome, Phase, Reply, ReqwestWire, Timeouts, Transport,
    TransportBuilder,
};
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinSet;

use crate::peer::{Act, Peer, answer, ok};
use crate::support::{self, BODY, NOTE, PAY, PAY_ONCE, request};

use Act::{Drip, Read, ReadHead, Reset, ShutWrite, Wait, Write};

const LONG: Duration = Duration::from_secs(10);

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Three attempts of 300 ms, and next to no waits.
fn options() -> CallOptions {
    CallOptions::DEFAULT
        .timeouts(
            Timeouts::DEFAULT
                .with_connect(ms(300))
                .with_attempt(ms(300))
                .with_total(Duration::from_secs(5)),
        )
        .retries(Retries::DEFAULT.with_waits(ms(5), ms(5), ms(20)))
}

fn wire() -> ReqwestWire {
    let client = || reqwest::Client::builder().no_proxy();
    ReqwestWire::from_builder(client, Timeouts::DEFAULT).unwrap()
}

fn builder() -> TransportBuilder {
    support::builder(wire()).options(options())
}

fn transport() -> Transport {
    builder().build().unwrap()
}

async fn send(transport: &Transport, operation: &'static Operation, base: &str) -> Result<Reply, Error> {
    transport.send(operation, request(operation, base)).await
}

fn results(attempts: &[checkout_transport::Attempt]) -> Vec<AttemptResult> {
    attempts.iter().map(|attempt| attempt.result).collect()
}

/// What may happen to a request that the server has read, and what an attempt that met it says.
fn faults() -> Vec<(&'static str, Vec<Act>, ErrorKind)> {
    use ErrorKind::{Interrupted, ServerError, Timeout};
    let part = || Write("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"id\"".to_owned());
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    vec![
        ("closed", vec![Read], Interrupted),
        ("reset", vec![Read, Reset], Interrupted),
        ("half-closed", vec![Read, ShutWrite, Wait(LONG)], Interrupted),
        (
            "a part of the status",
            vec![Read, Write("HTTP/1.1 200".into())],
            Interrupted,
        ),
        ("no HTTP", vec![Read, Write("220 ESMTP\r\n".into())], Interrupted),
        ("a part of the body", vec![Read, part()], Interrupted),
        (
            "half-closed in the body",
            vec![Read, part(), ShutWrite, Wait(LONG)],
            Interrupted,
        ),
        ("reset in the body", vec![Read, part(), Reset], Interrupted),
        ("no answer", vec![Read, Wait(LONG)], Timeout(Phase::Answer)),
        (
            "headers that drip",
            vec![Read, Drip(whole.into(), ms(20))],
            Timeout(Phase::Answer),
        ),
        ("no end", vec![Read, part(), Wait(LONG)], Timeout(Phase::Body)),
        (
            "a body that drips",
            vec![
                Read,
                Write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n".into()),
                Drip("x".repeat(99), ms(20)),
            ],
            Timeout(Phase::Body),
        ),
        (
            "informational, then closed",
            vec![Read, Write("HTTP/1.1 100 Continue\r\n\r\n".into())],
            Interrupted,
        ),
        (
            "informational without end",
            vec![Read, Drip("HTTP/1.1 102 Processing\r\n\r\n".repeat(9), ms(3))],
            Timeout(Phase::Answer),
        ),
        (
            "500",
            vec![Read, answer("500 Internal Server Error", "", "")],
            ServerError,
        ),
        (
            "503",
            vec![
                Read,
                answer("503 Service Unavailable", "retry-after-ms: 10\r\n", ""),
            ],
            ServerError,
        ),
    ]
}

#[tokio::test]
async fn after_every_fault_the_same_request_is_sent_again() {
    let transport = transport();
    let mut calls = JoinSet::new();
    for (name, fault, _) in faults() {
        let transport = transport.clone();
        calls.spawn(async move {
            let peer = Peer::start(vec![fault.clone(), fault, vec![Read, ok()]]).await;
            let reply = send(&transport, &PAY, &peer.base()).await.expect(name);
            use AttemptResult::{Answered, Unknown};
            assert_eq!(
                results(&reply.receipt().attempts),
                [Unknown, Unknown, Answered],
                "{name}"
            );
            let requests = peer.requests();
            let [first, second, third] = &requests[..] else {
                panic!("{name}: {} requests", requests.len())
            };
            assert_eq!(first.body, BODY, "{name}");
            for repeat in [second, third] {
                assert_eq!((&repeat.head, &repeat.body), (&first.head, &first.body), "{name}");
            }
        });
    }
    assert_eq!(calls.join_all().await.len(), 16);
}

#[tokio::test]
async fn without_a_key_nothing_is_sent_again_that_may_have_arrived() {
    let transport = transport();
    let mut calls = JoinSet::new();
    for operation in [&NOTE, &PAY_ONCE] {
        for (name, fault, kind) in faults() {
            let transport = transport.clone();
            calls.spawn(async move {
                let peer = Peer::start(vec![fault, vec![Read, ok()]]).await;
                let error = send(&transport, operation, &peer.base()).await.expect_err(name);
                assert_eq!(
                    (error.kind(), error.outcome(), error.stopped_by()),
                    (kind, Outcome::Unknown, Some(Stop::Unsafe)),
                    "{name}: {error}"
                );
                assert!(error.elapsed().unwrap() < Duration::from_secs(2), "{name}");
                tokio::time::sleep(ms(30)).await;
                assert_eq!((peer.connections(), peer.requests().len()), (1, 1), "{name}");
            });
        }
    }
    assert_eq!(calls.join_all().await.len(), 32);
}

#[tokio::test]
async fn after_a_refused_connection_even_a_request_without_a_key_is_sent() {
    for operation in [&NOTE, &PAY] {
        // Bound and not listening, a port refuses, and nobody else can have it.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let base = format!("http://{}/v1", socket.local_addr().unwrap());
        let socket = Mutex::new(Some(socket));
        let peer = Arc::new(Mutex::new(None));
        let started = peer.clone();
        let transport = builder()
            .sleep(move |_| {
                if let Some(socket) = socket.lock().unwrap().take() {
                    let listener = socket.listen(16).unwrap();
                    *started.lock().unwrap() = Some(Peer::on(listener, vec![vec![Read, ok()]]));
                }
                Box::pin(async {})
            })
            .random(|| u64::MAX)
            .build()
            .unwrap();
        let reply = send(&transport, operation, &base).await.unwrap();
        use AttemptResult::{Answered, NotSent};
        assert_eq!(results(&reply.receipt().attempts), [NotSent, Answered]);
        assert_eq!(peer.lock().unwrap().as_ref().unwrap().requests().len(), 1);
    }
}

/// Larger than all that sockets buffer, so that most of it is still here when the server acts.
fn large(operation: &'static Operation, base: &str) -> reqwest::Request {
    let mut request = request(operation, base);
    let body = format!(r#"{{"Nonce":"n-1","Note":"{}"}}"#, "x".repeat(12 * 1024 * 1024));
    *request.body_mut() = Some(body.into());
    request
}

#[tokio::test]
async fn a_server_that_goes_away_in_the_midst_of_the_request_may_have_understood_it() {
    for rest in [vec![], vec![ShutWrite, Wait(LONG)], vec![Reset], vec![Wait(LONG)]] {
        let half = [vec![ReadHead], rest].concat();
        let options = options().timeouts(options_of_large());
        let transport = builder().options(options).build().unwrap();

        let peer = Peer::start(vec![half.clone(), vec![Read, ok()]]).await;
        let reply = transport.send(&PAY, large(&PAY, &peer.base())).await.unwrap();
        use AttemptResult::{Answered, Unknown};
        assert_eq!(
            results(&reply.receipt().attempts),
            [Unknown, Answered],
            "{half:?}"
        );
        let requests = peer.requests();
        assert_eq!(requests.len(), 1, "{half:?}");
        assert!(
            requests[0].body.len() > 12 * 1024 * 1024
                && requests[0].body.starts_with(r#"{"Nonce":"n-1","Note":"xx"#)
                && requests[0].body.ends_with("xx\"}"),
            "{half:?}"
        );

        let peer = Peer::start(vec![half.clone(), vec![Read, ok()]]).await;
        let error = transport
            .send(&NOTE, large(&NOTE, &peer.base()))
            .await
            .unwrap_err();
        assert_eq!(
            (error.outcome(), error.stopped_by()),
            (Outcome::Unknown, Some(Stop::Unsafe)),
            "{half:?}: {error}"
        );
        tokio::time::sleep(ms(30)).await;
        assert_eq!((peer.connections(), peer.requests().len()), (1, 0), "{half:?}");
    }
}

/// Time for twelve megabytes in a build that is not optimised.
fn options_of_large() -> Timeouts {
    Timeouts::DEFAULT
        .with_connect(ms(300))
        .with_attempt(ms(1000))
        .with_total(Duration::from_secs(8))
}

#[tokio::test]
async fn an_answer_before_the_body_was_read_is_the_answer() {
    let options = options().timeouts(options_of_large());
    let transport = builder().options(options).build().unwrap();
    let refusal = answer("413 Content Too Large", "Connection: close\r\n", "too large");
    let peer = Peer::start(vec![vec![ReadHead, refusal, Wait(LONG)]]).await;
    let error = transport.send(&PAY, large(&PAY, &peer.base())).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), error.stopped_by()),
        (ErrorKind::ClientError, Outcome::Refused, Some(Stop::Pointless)),
        "{error}"
    );
    assert_eq!(error.body().unwrap().as_ref(), b"too large");
    assert_eq!(peer.connections(), 1);

    let peer = Peer::start(vec![vec![ReadHead, ok(), Wait(LONG)]]).await;
    let reply = transport.send(&PAY, large(&PAY, &peer.base())).await.unwrap();
    assert_eq!(reply.body().as_ref(), br#"{"id":"p-1"}"#);
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn informational_answers_are_not_the_answer() {
    for before in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n",
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
    ] {
        let script = vec![Read, Write(before.to_owned()), Wait(ms(10)), ok()];
        let peer = Peer::start(vec![script]).await;
        let reply = send(&transport(), &PAY, &peer.base()).await.unwrap();
        assert_eq!(reply.status().as_u16(), 200, "{before}");
        assert_eq!(reply.body().as_ref(), br#"{"id":"p-1"}"#);
        assert_eq!((peer.connections(), peer.requests().len()), (1, 1));
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_while_idle_costs_nothing() {
    let peer = Peer::start(vec![vec![Read, ok()]]).await;
    let transport = transport();
    for number in 1..=3 {
        let reply = send(&transport, &NOTE, &peer.base()).await.unwrap();
        assert_eq!(reply.receipt().attempts.len(), 1);
        assert_eq!((peer.connections(), peer.requests().len()), (number, number));
        tokio::time::sleep(ms(30)).await;
    }

    let peer = Peer::start(vec![vec![Read, ok(), Read, ok()]]).await;
    for _ in 0..2 {
        send(&transport, &NOTE, &peer.base()).await.unwrap();
    }
    assert_eq!(peer.connections(), 1, "connections are kept alive");
}

#[tokio::test]
async fn what_comes_unasked_is_not_the_answer_of_the_next_call() {
    let stray = answer("200 OK", "", r#"{"id":"stray"}"#);
    let (Write(first), Write(second)) = (ok(), stray) else {
        unreachable!()
    };
    for script in [
        vec![Read, Write(format!("{first}{second}")), Read, ok()],
        vec![Read, Write(first), Wait(ms(10)), Write(second), Read, ok()],
    ] {
        let peer = Peer::start(vec![script, vec![Read, ok()]]).await;
        let transport = transport();
        for _ in 0..2 {
            let reply = send(&transport, &NOTE, &peer.base()).await.unwrap();
            assert_eq!(reply.body().as_ref(), br#"{"id":"p-1"}"#);
            tokio::time::sleep(ms(40)).await;
        }
        assert_eq!((peer.connections(), peer.requests().len()), (2, 2));
    }
}

#[tokio::test]
async fn a_request_on_a_kept_connection_that_was_read_is_not_delivered_twice() {
    for end in [vec![], vec![Reset], vec![ShutWrite, Wait(LONG)]] {
        let script = [vec![Read, ok(), Read], end].concat();
        for (operation, attempts) in [(&NOTE, 3), (&PAY, 1)] {
            let peer = Peer::start(vec![script.clone(), vec![Read, ok()]]).await;
            let transport = builder().options(options().attempts(attempts)).build().unwrap();
            send(&transport, operation, &peer.base()).await.unwrap();
            let error = send(&transport, operation, &peer.base()).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Interrupted, Outcome::Unknown),
                "{script:?}"
            );
            tokio::time::sleep(ms(30)).await;
            assert_eq!((peer.connections(), peer.requests().len()), (1, 2), "{script:?}");
        }
        let peer = Peer::start(vec![script.clone(), vec![Read, ok()]]).await;
        let transport = transport();
        for attempts in [1, 2] {
            let reply = send(&transport, &PAY, &peer.base()).await.unwrap();
            assert_eq!(reply.receipt().attempts.len(), attempts, "{script:?}");
        }
        assert_eq!((peer.connections(), peer.requests().len()), (2, 3), "{script:?}");
    }
}

/// The server closes a kept connection about when the next request is written, now a little sooner, now a little later.
#[tokio::test]
async fn a_close_that_races_with_a_request_never_delivers_it_twice() {
    let transport = transport();
    let mut unknown = 0;
    for round in 0..150_u64 {
        let pause = Duration::from_micros(round * 10);
        let end = if round % 2 == 0 { vec![] } else { vec![Reset] };
        let script = [vec![Read, ok(), Wait(pause)], end].concat();
        let peer = Peer::start(vec![script, vec![Read, ok(), Wait(LONG)]]).await;
        let mut numbered = request(&NOTE, &peer.base());
        *numbered.body_mut() = Some("first".into());
        transport.send(&NOTE, numbered).await.unwrap();
        let late = if round % 2 == 0 { 0 } else { 30_000 };
        tokio::time::sleep(Duration::from_micros(late + (150 - round) * 10)).await;
        let mut numbered = request(&NOTE, &peer.base());
        *numbered.body_mut() = Some("second".into());
        let result = transport.send(&NOTE, numbered).await;
        let arrived = peer
            .requests()
            .iter()
            .filter(|request| request.body == "second")
            .count();
        match result {
            Ok(_) => assert_eq!(arrived, 1, "{round}"),
            Err(error) => {
                unknown += 1;
                assert_eq!(
                    (error.kind(), error.outcome()),
                    (ErrorKind::Interrupted, Outcome::Unknown),
                    "{round}: {error}"
                );
                assert_eq!((arrived, peer.connections()), (0, 1), "{round}");
            }
        }
    }
    println!("{unknown} of 150 were caught on their way");
}

#[tokio::test]
async fn the_wait_that_the_api_asks_for_is_kept() {
    for (header, asked, status) in [
        ("retry-after-ms: 200", 200, "429 Too Many Requests"),
        ("retry-after-ms: 200", 200, "503 Service Unavailable"),
        ("Retry-After: 1", 1000, "503 Service Unavailable"),
    ] {
        let busy = vec![Read, answer(status, &format!("{header}\r\n"), "")];
        let peer = Peer::start(vec![busy, vec![Read, ok()]]).await;
        let reply = send(&transport(), &PAY, &peer.base()).await.unwrap();
        let attempts = &reply.receipt().attempts;
        assert_eq!(attempts.len(), 2);
        assert_eq!(attempts[0].retry_after, Some(ms(asked)));
        let requests = peer.requests();
        let between = requests[1].at - requests[0].at;
        assert!(
            ms(asked) <= between && between < ms(asked + 400),
            "{header}: {between:?}"
        );
    }

    let busy = vec![Read, answer("503 Service Unavailable", "Retry-After: 6\r\n", "")];
    let peer = Peer::start(vec![busy]).await;
    let began = Instant::now();
    let error = send(&transport(), &PAY, &peer.base()).await.unwrap_err();
    assert_eq!(error.stopped_by(), Some(Stop::Time));
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "no waiting for what cannot come"
    );
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn a_call_can_have_a_shorter_limit_on_connecting_than_its_client() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}/v1", listener.local_addr().unwrap());
    // Never answers the handshake.
    let held = tokio::spawn(async move {
        let mut sockets = Vec::new();
        while sockets.len() < 3 {
            sockets.push(listener.accept().await.unwrap().0);
        }
        sockets
    });
    let client = transport()
        .with_options(CallOptions::DEFAULT.attempts(3))
        .unwrap();
    let limits = Timeouts::DEFAULT.with_connect(ms(50));
    let call = client.with_options(options().timeouts(limits)).unwrap();
    let error = send(&call, &NOTE, &base).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome(), error.stopped_by()),
        (
            ErrorKind::Timeout(Phase::Connect),
            Outcome::NotSent,
            Some(Stop::Attempts)
        ),
        "{error}"
    );
    for attempt in &error.receipt().unwrap().attempts {
        assert!(
            ms(50) <= attempt.took && attempt.took < ms(500),
            "{:?}",
            attempt.took
        );
    }
    assert_eq!(held.await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_connection_that_takes_all_the_time_of_the_call_has_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("https://{}/v1", listener.local_addr().unwrap());
    // Never answers the handshake.
    tokio::spawn(async move {
        let mut sockets = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            sockets.push(socket);
        }
    });
    let retries = Retries::DEFAULT.with_waits(ms(30), ms(30), ms(30));
    let options = options().retries(retries);
    let transport = builder().random(|| u64::MAX).build().unwrap();
    for (limits, attempts, stop) in [
        (Timeouts::DEFAULT.with_attempt(ms(300)), 3, Stop::Attempts),
        (Timeouts::DEFAULT.with_total(ms(300)), 1, Stop::Time),
    ] {
        let transport = transport.with_options(options.timeouts(limits)).unwrap();
        let error = send(&transport, &NOTE, &base).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome(), error.stopped_by()),
            (ErrorKind::Timeout(Phase::Connect), Outcome::NotSent, Some(stop)),
            "{error}"
        );
        assert_eq!(error.receipt().unwrap().attempts.len(), attempts);
        assert!(error.elapsed().unwrap() < ms(1500));
    }
}

#[tokio::test]
async fn a_redirect_to_another_host_carries_nothing_there_with_retries_on() {
    for status in ["307 Temporary Redirect", "308 Permanent Redirect"] {
        let elsewhere = Peer::start(vec![vec![Read, ok()]]).await;
        let address = elsewhere.address;
        let client = || {
            reqwest::Client::builder()
                .no_proxy()
                .resolve("elsewhere.example", address)
                .redirect(reqwest::redirect::Policy::limited(5))
        };
        let wire = ReqwestWire::from_builder(client, Timeouts::DEFAULT).unwrap();
        let transport = support::builder(wire).options(options()).build().unwrap();
        let other = format!("http://elsewhere.example:{}/v1", address.port());
        let location = format!("Location: {other}/pay/7\r\nretry-after-ms: 1\r\n");
        let peer = Peer::start(vec![vec![Read, answer(status, &location, "")]]).await;
        let error = send(&transport, &PAY, &peer.base()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome(), error.stopped_by()),
            (ErrorKind::Redirect, Outcome::Unknown, Some(Stop::Pointless))
        );
        tokio::time::sleep(ms(30)).await;
        assert_eq!((peer.connections(), elsewhere.connections()), (1, 0));
        // The name does lead there.
        send(&transport, &PAY, &other).await.unwrap();
        assert_eq!(elsewhere.requests().len(), 1);
    }
}

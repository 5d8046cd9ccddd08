//! The real wire against real sockets on loopback.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use checkout_transport::{Error, ErrorKind, Outcome, Phase, Reply, ReqwestWire, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{ACCEPT_ENCODING, BODY, PAY, SIGNATURE, builder, quick, request};

/// What a server does once it has read a request.
pub(crate) enum Act {
    Write(String),
    Wait(Duration),
    Reset,
}

use Act::{Reset, Wait, Write};

/// A server that acts the same on every connection, and keeps count.
pub(crate) struct Server {
    pub(crate) base: String,
    connections: Arc<AtomicUsize>,
    received: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let received = Arc::new(Mutex::new(Vec::new()));
        let server = Self {
            base,
            connections: connections.clone(),
            received: received.clone(),
        };
        tokio::spawn(async move {
            let acts = Arc::new(acts);
            while let Ok((socket, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(socket, acts.clone(), received.clone()));
            }
        });
        server
    }

    async fn pay(&self) -> Result<Reply, Error> {
        pay(&self.base).await
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut socket: TcpStream, acts: Arc<Vec<Act>>, received: Arc<Mutex<Vec<String>>>) {
    let mut bytes = Vec::new();
    while !bytes.ends_with(BODY.as_bytes()) {
        if socket.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
    received.lock().unwrap().push(String::from_utf8(bytes).unwrap());
    for act in acts.iter() {
        match act {
            Write(text) => {
                if socket.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Wait(time) => tokio::time::sleep(*time).await,
            Reset => {
                // Let what was written go out before the reset takes it back.
                tokio::time::sleep(Duration::from_millis(50)).await;
                socket.set_zero_linger().unwrap();
            }
        }
    }
}

fn transport() -> Transport {
    let wire = ReqwestWire::from_builder(|| reqwest::Client::builder().no_proxy(), quick()).unwrap();
    builder(wire).timeouts(quick()).build().unwrap()
}

async fn pay(base: &str) -> Result<Reply, Error> {
    transport().send(&PAY, request(&PAY, base)).await
}

pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Act {
    Write(format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    ))
}

pub(crate) const LONG: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_request_arrives_once_as_it_was_signed() {
    let server = Server::start(vec![answer("200 OK", "X-Request-Id: r-1\r\n", r#"{"id":"p-1"}"#)]).await;
    let reply = server.pay().await.unwrap();
    assert_eq!(
        (reply.body().as_ref(), reply.reference()),
        (&br#"{"id":"p-1"}"#[..], Some("r-1"))
    );
    let received = server.received.lock().unwrap();
    let [text] = &received[..] else {
        panic!("{} requests", received.len())
    };
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, BODY);
    let mut lines: Vec<_> = head.lines().map(str::to_lowercase).collect();
    assert_eq!(lines.remove(0), "post /v1/pay/7 http/1.1");
    lines.sort();
    let base = &server.base;
    let host = base.trim_start_matches("http://").trim_end_matches("/v1");
    assert_eq!(
        lines,
        [
            format!("accept-encoding: {ACCEPT_ENCODING}"),
            "accept: application/json".to_owned(),
            format!("authorization: {}", SIGNATURE.to_lowercase()),
            format!("content-length: {}", BODY.len()),
            "content-type: application/json".to_owned(),
            format!("host: {host}"),
            "user-agent: test/1".to_owned(),
            format!("x-seen: post {base}/pay/7 {} test/1 1700000000", BODY.len()),
        ]
    );
}

#[tokio::test]
async fn a_redirect_carries_nothing_elsewhere() {
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let elsewhere = Server::start(vec![answer("200 OK", "", "{}")]).await;
        let location = format!("Location: {}/pay/7\r\n", elsewhere.base);
        let server = Server::start(vec![answer(status, &location, "")]).await;
        let error = server.pay().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Redirect, Outcome::Unknown)
        );
        assert_eq!((server.connections(), elsewhere.connections()), (1, 0));
    }
}

#[tokio::test]
async fn slow_answers_end_in_their_phase() {
    let server = Server::start(vec![Wait(LONG), answer("200 OK", "", "{}")]).await;
    let error = server.pay().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Timeout(Phase::Answer), None)
    );

    let head = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"id\"";
    let server = Server::start(vec![Write(head.to_owned()), Wait(LONG)]).await;
    let error = server.pay().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout(Phase::Body));
    assert_eq!(
        (error.status().unwrap().as_u16(), error.body().unwrap().as_ref()),
        (200, &b"{\"id\""[..])
    );
    assert!(error.money_may_have_moved());
}

#[tokio::test]
async fn a_body_that_drips_is_cut_off_by_the_attempt_limit() {
    let mut acts = vec![Write(
        "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_owned(),
    )];
    for _ in 0..100 {
        acts.extend([Write("x".to_owned()), Wait(Duration::from_millis(50))]);
    }
    let error = Server::start(acts).await.pay().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout(Phase::Body));
    assert!(error.elapsed().unwrap() < Duration::from_secs(4));
}

#[tokio::test]
async fn cuts_are_unknown_and_nothing_is_sent_twice() {
    let head = || Write("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"id\"".to_owned());
    for (acts, status) in [
        (vec![], None),
        (vec![Reset], None),
        (vec![Write("HTTP/1.1 200".to_owned())], None),
        (vec![head()], Some(200)),
        (vec![head(), Reset], Some(200)),
    ] {
        let server = Server::start(acts).await;
        let error = server.pay().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Interrupted, Outcome::Unknown),
            "{error}"
        );
        assert_eq!(error.status().map(|status| status.as_u16()), status);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(server.received.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn what_is_no_http_is_unknown() {
    for garbage in [
        "220 mail.example ESMTP\r\n",
        "\0\0\0\u{4}ping",
        "HTTP/9.9 200 OK\r\n\r\n",
    ] {
        let server = Server::start(vec![Write(garbage.to_owned())]).await;
        let error = server.pay().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Interrupted, Outcome::Unknown),
            "{error}"
        );
    }
}

#[tokio::test]
async fn error_answers_of_any_shape_keep_status_and_body() {
    for (status, body, outcome) in [
        ("401 Unauthorized", "", Outcome::Refused),
        (
            "502 Bad Gateway",
            "<html><body>Bad Gateway</body></html>",
            Outcome::Unknown,
        ),
        (
            "400 Bad Request",
            r#"{"Type":"InvalidMessage"}"#,
            Outcome::Refused,
        ),
    ] {
        let error = Server::start(vec![answer(status, "", body)])
            .await
            .pay()
            .await
            .unwrap_err();
        assert_eq!(error.status().unwrap().to_string(), status);
        assert_eq!(
            (error.body().unwrap().as_ref(), error.outcome()),
            (body.as_bytes(), outcome)
        );
    }
}

#[tokio::test]
async fn an_endless_body_stops_at_the_limit() {
    let piece = "x".repeat(64 * 1024);
    let mut acts = vec![Write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned())];
    acts.extend((0..64).map(|_| Write(piece.clone())));
    let error = Server::start(acts).await.pay().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::BodyTooLarge, Outcome::Unknown)
    );
    assert_eq!(error.body().unwrap().len(), 1024 * 1024);
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = pay(&format!("http://{address}/v1")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Connect, Outcome::NotSent),
        "{error}"
    );

    let client = || {
        reqwest::Client::builder()
            .no_proxy()
            .dns_resolver(Arc::new(NoNames))
    };
    let wire = ReqwestWire::from_builder(client, quick()).unwrap();
    let transport = builder(wire).build().unwrap();
    let error = transport
        .send(&PAY, request(&PAY, "http://name.invalid/v1"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Connect, Outcome::NotSent),
        "{error}"
    );
}

/// Knows no name.
struct NoNames;

impl reqwest::dns::Resolve for NoNames {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async { Err("no such name".into()) })
    }
}

#[tokio::test]
async fn a_handshake_that_fails_or_stalls_sent_nothing() {
    for (reply, kind) in [
        (&b"no TLS here\r\n"[..], ErrorKind::Connect),
        (b"", ErrorKind::Timeout(Phase::Connect)),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.write_all(reply).await.unwrap();
            tokio::time::sleep(LONG).await;
        });
        let error = pay(&format!("https://{address}/v1")).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (kind, Outcome::NotSent),
            "{error}"
        );
    }
}

#[tokio::test]
async fn safety_settings_win_over_the_callers_builder() {
    let elsewhere = Server::start(vec![answer("200 OK", "", "{}")]).await;
    let location = format!("Location: {}/pay/7\r\n", elsewhere.base);
    let server = Server::start(vec![answer("307 Temporary Redirect", &location, "")]).await;
    let client = || {
        reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::limited(5))
            .referer(true)
            .connect_timeout(LONG)
    };
    let transport = Transport::builder()
        .authenticator(checkout_transport::Unauthenticated)
        .client_builder(client)
        .timeouts(quick())
        .build()
        .unwrap();
    let error = transport
        .send(&PAY, request(&PAY, &server.base))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect);
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_scheme_that_is_no_http_is_refused_by_the_wire_too() {
    use checkout_transport::{Wire, WireErrorKind};
    let wire = ReqwestWire::new(quick()).unwrap();
    let error = wire
        .send(request(&PAY, "ftp://localhost"), LONG)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), WireErrorKind::Request);
}

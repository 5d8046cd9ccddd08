//! No secret shows: every value that passes through here holds a canary, and nothing that is printed may sing.

use std::io;
use std::sync::{Arc, Mutex};

use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{
    AuthenticationError, Authenticator, Error, Outgoing, Reply, Transport, WireErrorKind,
};
use http::{HeaderMap, HeaderValue};
use tracing_subscriber::fmt::MakeWriter;

use crate::coding::gzip;
use crate::support::{PAY, builder, request};

const CANARY: &str = "CANARY";

struct Signer;

impl Authenticator for Signer {
    fn authenticate(&self, request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        assert!(!format!("{request:?}").contains(CANARY));
        Ok(HeaderMap::from_iter([
            (
                http::header::AUTHORIZATION,
                HeaderValue::from_static("Bearer CANARY-token-0123456789"),
            ),
            (
                "x-api-key".parse().unwrap(),
                HeaderValue::from_static("CANARY-key-0123456789"),
            ),
        ]))
    }
}

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn steps() -> Vec<Step> {
    let hidden = |status| {
        Step::respond(status)
            .header("set-cookie", "CANARY")
            .header("location", "https://CANARY.example/?CANARY")
            .header("www-authenticate", "CANARY")
            .header("x-request-id", "r-1")
            .body(r#"{"id":{"CANARY":"CANARY"},"name":"CANARY"}"#)
    };
    // The API quotes the credentials back.
    let echo = r#"{"Type":"Unauthorized CANARY-key-0123456789","Detail":"no key CANARY-key-0123456789, no token CANARY-token-0123456789",
        "Instance":"CANARY-key-0123456789","Fields":[{"Field":"CANARY-key-0123456789","Reason":"Bearer CANARY-token-0123456789","Description":"CANARY"}]}"#;
    // The API quotes a person's data back.
    let quoting = |status| {
        Step::respond(status).body(
            r#"{"Type":"InvalidMessage","Detail":"FullName 'CANARY' does not match","Instance":"i-1","Value":"CANARY",
            "Fields":[{"Field":"FullName","Reason":"Mismatch","Description":"'CANARY' is not it","Value":"CANARY"}]}"#,
        )
    };
    vec![
        quoting(307),
        quoting(400),
        quoting(404),
        quoting(409),
        quoting(422),
        quoting(502),
        quoting(777),
        Step::refuse_connection(),
        Step::connect_timeout(),
        Step::fail(WireErrorKind::Request),
        Step::cut(),
        Step::hang(),
        hidden(200),
        hidden(200).cut_body_after(9),
        hidden(200).stall_body_after(9),
        hidden(307),
        hidden(400),
        hidden(409).cut_body_after(9),
        hidden(502),
        hidden(777),
        Step::respond(401).body(echo),
        // What is compressed is told of by the same rules.
        compressed(401, echo),
        compressed(
            422,
            r#"{"Type":"InvalidMessage","Detail":"CANARY","Instance":"i-1","Value":"CANARY"}"#,
        ),
        compressed(200, r#"{"id":{"CANARY":"CANARY"},"name":"CANARY"}"#),
        Step::respond(200)
            .header("content-encoding", "CANARY sentence")
            .body("CANARY"),
        Step::respond(401).header("x-request-id", "CANARY-key-0123456789"),
        Step::respond(200)
            .header("x-request-id", "CANARY-key-0123456789")
            .body("{}"),
    ]
}

fn compressed(status: u16, body: &str) -> Step {
    Step::respond(status)
        .header("content-encoding", "gzip")
        .body(gzip(body.as_bytes()))
}

async fn pay(transport: &Transport) -> Result<Reply, Error> {
    let mut request = request(&PAY, "http://localhost/CANARY");
    request.url_mut().set_query(Some("token=CANARY"));
    request
        .headers_mut()
        .insert("x-customer", HeaderValue::from_static("CANARY"));
    *request.body_mut() = Some(r#"{"Nonce":"n-1","FullName":"CANARY"}"#.into());
    transport.send(&PAY, request).await
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_printed_holds_a_secret() {
    let log = Log::default();
    // With a single subscriber tracing asks the thread that meets an event first, and a thread of another test, which
    // has none, would switch the event off for this one too. With two it asks both.
    let _other = tracing::Dispatch::new(
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(io::sink)
            .finish(),
    );
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // A call site that another test passes for the first time while the subscriber is being set may stay deaf to it.
    pay(&builder(ScriptedWire::default())
        .authenticator(Signer)
        .build()
        .unwrap())
    .await
    .unwrap_err();
    tracing::callsite::rebuild_interest_cache();

    let mut printed = Vec::new();
    for limit in [8, 1024] {
        let wire = ScriptedWire::new(steps());
        let transport = builder(wire.clone())
            .authenticator(Signer)
            .body_limit(limit)
            .build()
            .unwrap();
        printed.push(format!("{transport:?}"));
        for _ in steps() {
            match pay(&transport).await {
                Ok(reply) => {
                    printed.push(format!("{reply:?}"));
                    match reply.receive::<serde_json::Value>() {
                        Ok(response) => printed.push(format!("{response:?}")),
                        Err(error) => print(&error, &mut printed),
                    }
                }
                Err(error) => print(&error, &mut printed),
            }
        }
        // The same once more, decoded into a type that does not fit.
        let fitting = ScriptedWire::new(steps());
        let transport = builder(fitting).authenticator(Signer).build().unwrap();
        for _ in steps() {
            if let Err(error) = pay(&transport).await.and_then(Reply::receive::<Vec<String>>) {
                print(&error, &mut printed);
            }
        }
        assert_eq!(wire.steps_left(), 0);
        assert!(
            wire.sent()
                .iter()
                .all(|sent| sent.headers["x-api-key"] == "CANARY-key-0123456789")
        );
    }
    for text in &printed {
        assert!(!text.contains(CANARY), "{text}");
    }
    let log = log.text();
    assert!(
        log.contains("failed; money may have moved"),
        "the log is being read"
    );
    for part in [
        "operation=\"pay\"",
        "path=\"/pay/{id}\"",
        "status=401",
        "outcome=\"refused\"",
        "reference=r-1",
    ] {
        assert!(log.contains(part), "{part} is not in the log:\n{log}");
    }
    for line in log.lines() {
        assert!(!line.contains(CANARY), "{line}");
    }
}

fn print(error: &Error, printed: &mut Vec<String>) {
    printed.extend([
        format!("{error}"),
        format!("{error:?}"),
        format!("{:?}", error.api_error()),
    ]);
    // What is held back is still there, and the text says where.
    if let Some(detail) = error
        .api_error()
        .and_then(|api_error| api_error.detail.as_deref())
        .filter(|detail| detail.contains("does not match"))
    {
        assert_eq!(detail, "FullName 'CANARY' does not match");
        let text = error.to_string();
        assert!(
            text.contains("InvalidMessage; fields FullName (Mismatch)"),
            "{text}"
        );
        assert!(text.contains("the API's own words are in api_error()"), "{text}");
    }
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        printed.extend([format!("{error}"), format!("{error:?}")]);
        source = error.source();
    }
}

//! Credentials that an API quotes back.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use checkout_transport::{BoxFuture, Wire, WireError};
use serde_json::{Value, json};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::singing::{Aside, Mode, Shop, aside, describe};
use super::songs::{Song, Songbook};
use crate::matrix::Given;
use crate::shop::key;

/// Every credential of the request in every form, the shortest first. What is shorter still is not told from prose.
fn credentials(request: &reqwest::Request) -> Vec<String> {
    let mut credentials = Vec::new();
    for value in request.headers().values().filter(|value| value.is_sensitive()) {
        let value = value.to_str().unwrap();
        for word in std::iter::once(value).chain(value.split(' ')) {
            credentials.push(word.to_owned());
            credentials.extend(word.rsplit_once(':').map(|(_, end)| end.to_owned()));
        }
    }
    credentials.retain(|text| text.len() >= 12);
    credentials.sort_by_key(String::len);
    credentials.dedup();
    credentials
}

/// Answers 401, and quotes every credential of the request in every form, one after the other in each text of the error.
#[derive(Clone, Default)]
struct Echo(Arc<Mutex<Vec<String>>>);

impl Wire for Echo {
    fn send(
        &self,
        request: reqwest::Request,
        _: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        let quoted = credentials(&request);
        let all = quoted.join("' or '");
        *self.0.lock().unwrap() = quoted;
        let body = json!({
            "Type": all, "Detail": all, "Instance": all, "RequestExtension": {"Body": [{"Field": all, "Reason": all}]},
            "errorId": all, "errors": [{"code": all, "message": all, "propertyName": all}],
        });
        let answer = http::Response::builder().status(401).header("x-request-id", &all);
        let answer = answer.body(body.to_string()).unwrap();
        Box::pin(async { Ok(answer.into()) })
    }
}

#[tokio::test]
async fn credentials_that_are_quoted_back_are_taken_out() {
    let key = key();
    let book = Songbook::new(&key);
    for song in &book.songs {
        let echo = Echo::default();
        let shop = Shop::new(&book, &key, echo.clone(), Mode::Plain);
        let error = shop.sing(song, &song.requests[0]).await.unwrap_err();
        let receipt = serde_json::to_string(error.receipt().unwrap()).unwrap();
        let shown = format!("{error} {error:?} {:?} {receipt}", error.api_error());
        let quoted = echo.0.lock().unwrap().clone();
        assert!(!quoted.is_empty(), "{}", song.id());
        for text in quoted {
            assert!(!shown.contains(&text), "{}: {text} in {shown}", song.id());
        }
    }
}

/// Of texts that are cut for the log or for an error: names at 100 characters, details at 200, bodies at 4096 bytes.
#[derive(Clone, Copy, Debug)]
enum Body {
    /// An answer that is a credential, with other text around it, in every text.
    Contradiction,
    /// One that agrees with the request, and holds a credential wherever it is free to.
    Success,
    Refusal,
    /// So many texts that the body is cut.
    Long,
}

/// Quotes a credential in each text of an answer, behind so many other characters: each time another of the request's.
#[derive(Clone)]
struct Quoter(Arc<Mutex<Quoting>>);

struct Quoting {
    status: u16,
    body: Value,
    /// Whether all of each text is replaced, not just the canary in it.
    whole: bool,
    before: usize,
    credentials: Vec<String>,
    turn: usize,
}

impl Quoting {
    fn text(&mut self) -> String {
        self.turn += 1;
        let credential = &self.credentials[self.turn % self.credentials.len()];
        format!("{}{credential}{}", "x".repeat(self.before), "y".repeat(200))
    }

    fn fill(&mut self, value: &mut Value) {
        match value {
            Value::String(text) if self.whole => *text = self.text(),
            Value::String(text) => {
                if let Some(at) = text.find("canaryq") {
                    text.replace_range(at..at + "canaryq000q".len(), &self.text());
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.fill(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.fill(member)),
            _ => {}
        }
    }
}

impl Wire for Quoter {
    fn send(
        &self,
        request: reqwest::Request,
        _: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        let mut quoting = self.0.lock().unwrap();
        quoting.credentials = credentials(&request);
        let mut body = quoting.body.clone();
        quoting.fill(&mut body);
        let mut answer = http::Response::builder().status(quoting.status);
        for name in [
            "x-request-id",
            "x-correlation-id",
            "cf-ray",
            "server",
            "content-type",
        ] {
            answer = answer.header(name, quoting.text());
        }
        let answer = answer.body(body.to_string()).unwrap();
        Box::pin(async { Ok(answer.into()) })
    }
}

/// The answer of an API that quotes credentials, by its status.
fn answer(song: &Song, request: &Given, body: Body) -> Value {
    match body {
        Body::Contradiction => song.contradiction.clone(),
        Body::Success => {
            let mut answer = song.row.agreeing(&song.answer, request);
            // `Debug` of a session shows it on purpose, as it came.
            if let Some(url) = answer.get_mut("assetUrl") {
                *url = json!("https://pictures.example/");
            }
            answer
        }
        Body::Refusal => song.refusal.clone(),
        Body::Long => {
            let item = json!({"Field": "", "Reason": "", "code": "", "propertyName": ""});
            json!({"Body": vec![item.clone(); 40], "errors": vec![item; 40]})
        }
    }
}

/// The first part of so many characters that the output shows of any of the credentials.
fn part(output: &str, credentials: &[String]) -> Option<String> {
    const LENGTH: usize = 8;
    let parts: HashSet<&[u8]> = credentials
        .iter()
        .flat_map(|credential| credential.as_bytes().windows(LENGTH))
        .collect();
    // Most parts of an output do not even begin like one: this spares the search.
    let mut beginnings = vec![false; 1 << 16];
    let beginning = |part: &[u8]| usize::from(part[0]) << 8 | usize::from(part[1]);
    parts.iter().for_each(|part| beginnings[beginning(part)] = true);
    let mut all = output.as_bytes().windows(LENGTH);
    let shown = all.find(|part| beginnings[beginning(part)] && parts.contains(part));
    shown.map(|part| String::from_utf8_lossy(part).into_owned())
}

#[tokio::test]
async fn no_part_of_a_credential_is_left_where_a_text_is_cut() {
    let key = key();
    let mut book = Songbook::new(&key);
    // Canaries begin alike, and some are shown.
    book.api_key = "apikey_sandbox_ZQWJXKVB5273".to_owned();
    book.session["clientSessionId"] = json!("8F3A96D1C7254E0B");
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(|| Aside)
        .finish();
    let _logging = subscriber.set_default();
    for (song, mode) in book
        .songs
        .iter()
        .flat_map(|song| [(song, Mode::Plain), (song, Mode::Bodies)])
    {
        let quoter = Quoter(Arc::new(Mutex::new(Quoting {
            status: 0,
            body: Value::Null,
            whole: true,
            before: 0,
            credentials: Vec::new(),
            turn: 0,
        })));
        let shop = Shop::new(&book, &key, quoter.clone(), mode);
        let request = &song.requests[0];
        for (status, body) in [
            (200, Body::Contradiction),
            (200, Body::Success),
            (200, Body::Long),
            (400, Body::Refusal),
            (400, Body::Long),
            (401, Body::Refusal),
            (401, Body::Long),
        ] {
            // What cuts is the same for all, save for what code of the operation's own says of its answer.
            let step = if song.row.has_own_answer() { 5 } else { 35 };
            let places: Vec<usize> = match (body, mode) {
                // What is cut there is the body in the log.
                (Body::Long, Mode::Bodies) => (0..100).step_by(step).collect(),
                (Body::Long, _) => Vec::new(),
                _ => (60..110).chain(150..210).step_by(step).collect(),
            };
            for before in places {
                {
                    let mut quoting = quoter.0.lock().unwrap();
                    quoting.status = status;
                    quoting.body = answer(song, request, body);
                    quoting.whole = !matches!(body, Body::Success);
                    quoting.before = before;
                }
                aside();
                match shop.sing(song, request).await {
                    Err(error) => describe(&error),
                    Ok(()) => assert_eq!(status, 200),
                }
                let said = aside();
                let case = format!("{} {status} {body:?} {before}", song.id());
                assert_eq!(
                    said.contains("answered with the body"),
                    mode == Mode::Bodies,
                    "{case}"
                );
                let credentials = &quoter.0.lock().unwrap().credentials;
                assert_eq!(part(&said, credentials), None, "{case}: {said}");
            }
        }
    }
}

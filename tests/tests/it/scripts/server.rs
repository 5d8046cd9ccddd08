//! A server with a script, on virtual time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use checkout_transport::{BoxFuture, Clock, Wire, WireError, WireErrorKind};
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::time::Instant;

use super::answers::{ATTEMPTS, Answer, LATENCY};
use crate::shop::NOW;

/// The time of day, going by the runtime's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct VirtualClock(pub(super) Instant);

impl VirtualClock {
    pub(super) fn at(self, moment: Instant) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW.into()) + (moment - self.0)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> SystemTime {
        self.at(Instant::now())
    }
}

pub(super) struct Seen {
    pub(super) at: Instant,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// A server with a script, and a ledger that takes a Nonce once.
#[derive(Clone)]
pub(super) struct Server(pub(super) Arc<Mutex<State>>);

pub(super) struct State {
    pub(super) script: [Answer; ATTEMPTS],
    pub(super) hint: Duration,
    /// As the spec has it, with `session-4` for what was opened.
    pub(super) answer: String,
    pub(super) seen: Vec<Seen>,
    /// Nonces with what was opened for them.
    pub(super) ledger: Vec<(String, String)>,
}

impl State {
    /// What was opened for this Nonce, now or before.
    fn act(&mut self, nonce: &str) -> String {
        if let Some((_, session)) = self.ledger.iter().find(|(known, _)| known == nonce) {
            return session.clone();
        }
        let session = format!("opened-{}", self.ledger.len());
        self.ledger.push((nonce.to_owned(), session.clone()));
        session
    }
}

impl Wire for Server {
    fn send(
        &self,
        request: reqwest::Request,
        _: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        let mut state = self.0.lock().unwrap();
        let answer = state.script[state.seen.len()];
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap().to_vec();
        let mut response = http::Response::builder();
        let mut content = String::new();
        if answer.acts() {
            let body: Value = serde_json::from_slice(&body).unwrap();
            let session = state.act(body["Nonce"].as_str().unwrap());
            content = state.answer.replace("session-4", &session);
        }
        if answer == Answer::TooMany {
            response = response.header("retry-after", state.hint.as_secs());
        }
        state.seen.push(Seen {
            at: Instant::now(),
            method: request.method().clone(),
            path: request.url().path().to_owned(),
            headers: request.headers().clone(),
            body,
        });
        Box::pin(async move {
            tokio::time::sleep(LATENCY).await;
            match answer.status() {
                Some(status) => Ok(response.status(status).body(content).unwrap().into()),
                None => Err(WireError::new(WireErrorKind::Interrupted, "scripted cut")),
            }
        })
    }
}

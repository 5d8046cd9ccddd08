//! What happens to one request: verified, recorded, handed on, answered, told.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use checkout_core::escape::escaped;
use hosted_checkout::worldline;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};
use parking_lot::Mutex;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::hooks::{News, Verifier};
use crate::post::{Answer, Target, end_to_end};
use crate::recording::Recorder;

/// How long open answers may take when it ends.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// So many wait to be told; a terminal that does not keep up holds the next answers back.
pub(super) const WAITING: usize = 1024;
/// A webhook is a few kilobytes; this is no limit of either API.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Desk {
    verifier: Verifier,
    forward: Option<Target>,
    recorder: Option<Arc<Mutex<Recorder>>>,
    seen: mpsc::Sender<Seen>,
}

/// What came, and what was made of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Seen {
    genuine: bool,
    answered: u16,
    bytes: usize,
    #[serde(flatten)]
    news: Option<News>,
    /// Why it is not trusted, or not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Its number in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    /// Where it was handed on to.
    #[serde(skip_serializing_if = "Option::is_none")]
    forwarded_to: Option<String>,
}

impl Desk {
    pub(super) fn new(
        verifier: Verifier,
        forward: Option<Target>,
        recorder: Option<Recorder>,
        seen: mpsc::Sender<Seen>,
    ) -> Self {
        Self {
            verifier,
            forward,
            recorder: recorder.map(|recorder| Arc::new(Mutex::new(recorder))),
            seen,
        }
    }

    async fn receive(&self, headers: HeaderMap, body: Bytes) -> Response {
        let mut seen = Seen {
            bytes: body.len(),
            ..Seen::default()
        };
        let response = match self.verifier.verify(&headers, &body) {
            Err(refused) => {
                seen.reason = Some(refused.to_string());
                (StatusCode::UNAUTHORIZED, refused.to_string()).into_response()
            }
            Ok(news) => {
                seen.genuine = true;
                let response = self.take(&news, headers, body, &mut seen).await;
                seen.news = Some(news);
                response
            }
        };
        seen.answered = response.status().as_u16();
        // Nobody listens any more when the command ends.
        let _ = self.seen.send(seen).await;
        response
    }

    /// On the disk first: what is answered with a success is never lost.
    async fn take(&self, news: &News, headers: HeaderMap, body: Bytes, seen: &mut Seen) -> Response {
        match self.record(news, &headers, &body).await {
            Ok(number) => seen.number = number,
            Err(error) => {
                seen.reason = Some(format!("it cannot be recorded: {error}"));
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        }
        let Some(target) = &self.forward else {
            return StatusCode::NO_CONTENT.into_response();
        };
        seen.forwarded_to = Some(target.shown());
        match target.post(end_to_end(&headers), body).await {
            Ok(answer) => relayed(answer),
            Err(reason) => {
                seen.reason = Some(reason);
                StatusCode::BAD_GATEWAY.into_response()
            }
        }
    }

    async fn record(&self, news: &News, headers: &HeaderMap, body: &Bytes) -> io::Result<Option<u64>> {
        let Some(recorder) = self.recorder.clone() else {
            return Ok(None);
        };
        let (news, headers, body) = (news.clone(), headers.clone(), body.clone());
        let written = tokio::task::spawn_blocking(move || {
            recorder
                .lock()
                .append(news.api, &news.event_type, &headers, &body)
        });
        written.await.map_err(io::Error::other)?.map(Some)
    }
}

/// Any path: what an API is told to call is the subscription's affair.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .fallback(answer)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(desk)
}

async fn answer(State(desk): State<Arc<Desk>>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    if method == Method::GET
        && let Some(text) = worldline::Webhooks::endpoint_verification(&headers)
    {
        return ([(CONTENT_TYPE, "text/plain")], text.to_owned()).into_response();
    }
    if method != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    desk.receive(headers, body).await
}

fn relayed(answer: Answer) -> Response {
    let mut response = answer.body.into_response();
    *response.status_mut() = answer.status;
    *response.headers_mut() = end_to_end(&answer.headers);
    response
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.answered)?;
        if let Some(number) = self.number {
            write!(f, " #{number}")?;
        }
        match &self.news {
            Some(news) => write!(f, " {news}")?,
            None => write!(f, " refused ({} bytes)", self.bytes)?,
        }
        if let Some(target) = &self.forwarded_to {
            write!(f, "  handed on to {target}")?;
        }
        match &self.reason {
            Some(reason) => write!(f, ": {}", escaped(reason)),
            None => Ok(()),
        }
    }
}

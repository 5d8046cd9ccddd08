//! One attempt: check, sign, send, read.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use checkout_core::Operation;
use http::header::{ACCEPT, DATE, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span};

use crate::api::scrub;
use crate::authenticator::Outgoing;
use crate::headers::Visible;
use crate::path::{MISFIT, ends_as};
use crate::reply::Answer;
use crate::text::{Bounded, NAME};
use crate::transport::Shared;
use crate::wire::BoxError;
use crate::{Error, ErrorKind, Phase, Reply, Timeouts, WireError, WireErrorKind, idempotency};

/// Written by progenitor into every request; no API asked for it.
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// Sends the request once, within the attempt's time and before the deadline of the call.
pub(crate) async fn attempt(
    shared: &Shared,
    operation: &'static Operation,
    request: reqwest::Request,
    deadline: Instant,
) -> Result<Reply, Error> {
    let span = tracing::info_span!(
        "attempt",
        operation = operation.id,
        method = operation.method,
        path = operation.path,
        status = tracing::field::Empty,
        reference = tracing::field::Empty,
        outcome = tracing::field::Empty,
        elapsed_ms = tracing::field::Empty,
    );
    let idempotency_key = idempotency::key(operation, &request);
    let started = Instant::now();
    let limit = Limit::sooner(deadline, started, shared.timeouts);
    let result = exchange(shared, operation, request, limit)
        .instrument(span.clone())
        .await;
    let elapsed = started.elapsed();
    let result = match result {
        Ok((answer, reference)) => Ok(Reply {
            operation,
            api: shared.api.name(),
            idempotency_key,
            answer,
            reference,
            elapsed,
        }),
        Err(error) => Err(error
            .with_operation(operation)
            .with_api(shared.api.name())
            .with_idempotency_key(idempotency_key)
            .with_elapsed(elapsed)),
    };
    span.in_scope(|| record(&span, &result, elapsed));
    result
}

/// When to give up, and whose limit that is.
#[derive(Clone, Copy)]
struct Limit {
    at: Instant,
    name: &'static str,
    length: Duration,
}

impl Limit {
    fn sooner(deadline: Instant, started: Instant, timeouts: Timeouts) -> Self {
        let attempt = later(started, timeouts.attempt);
        if attempt < deadline {
            Self {
                at: attempt,
                name: "attempt",
                length: timeouts.attempt,
            }
        } else {
            Self {
                at: deadline,
                name: "total",
                length: timeouts.total,
            }
        }
    }

    fn exceeded(self, phase: Phase) -> Error {
        Error::unknown(ErrorKind::Timeout(phase)).with_message(self.to_string())
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} limit of {:?} is over", self.name, self.length)
    }
}

async fn exchange(
    shared: &Shared,
    operation: &'static Operation,
    mut request: reqwest::Request,
    limit: Limit,
) -> Result<(Answer, Option<String>), Error> {
    check(operation, &request)?;
    let secrets = sign(shared, operation, &mut request)?;
    tracing::debug!(headers = ?Visible(request.headers()), "sending");

    let mut response = match timeout_at(limit.at, shared.wire.send(request)).await {
        Err(_) => return Err(limit.exceeded(Phase::Answer)),
        Ok(Err(error)) => return Err(unanswered(error)),
        Ok(Ok(response)) => response,
    };
    let status = response.status();
    let mut headers = std::mem::take(response.headers_mut());
    hide(&mut headers, &secrets);
    let (body, cut) = read(&mut response, shared.body_limit, limit).await;
    let answer = Answer {
        status,
        headers,
        body,
    };
    let mut reference = shared.api.reference(&answer.headers);

    if status.is_success() {
        if let Some(reference) = &mut reference {
            scrub(reference, &secrets);
        }
        return match cut {
            None => Ok((answer, reference)),
            Some(cut) => Err(cut.into_error().with_answer(answer, reference)),
        };
    }
    let mut api_error = shared.api.error(status, &answer.headers, &answer.body);
    let outcome = shared.api.outcome(status, api_error.as_ref());
    if let Some(api_error) = &mut api_error {
        api_error.scrub(&secrets);
    }
    let mut reference = reference.or_else(|| api_error.as_ref()?.reference.clone());
    if let Some(reference) = &mut reference {
        scrub(reference, &secrets);
    }
    let error = Error::new(kind_of(status), outcome)
        .with_api_error(api_error)
        .with_answer(answer, reference);
    Err(match cut {
        None => error,
        Some(cut) => error.with_source(cut.into_source()),
    })
}

/// Stops a request that is not what its operation says: retries, logs and idempotency all go by the operation.
fn check(operation: &Operation, request: &reqwest::Request) -> Result<(), Error> {
    let url = request.url();
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Error::configuration("the URL is neither https nor http"));
    }
    let invalid = |message| Err(Error::not_sent(ErrorKind::InvalidRequest).with_message(message));
    if request.method() != operation.method {
        return invalid("the request's method is not the operation's");
    }
    if !ends_as(url.path(), operation.path) {
        return invalid(MISFIT);
    }
    Ok(())
}

/// Completes the headers and adds the authenticator's. Returns what must not be seen again.
fn sign(
    shared: &Shared,
    operation: &'static Operation,
    request: &mut reqwest::Request,
) -> Result<Vec<String>, Error> {
    let headers = request.headers_mut();
    headers.remove(API_VERSION);
    headers.insert(USER_AGENT, shared.user_agent.clone());
    // reqwest would add `*/*` after signing.
    headers
        .entry(ACCEPT)
        .or_insert(HeaderValue::from_static("application/json"));

    let outgoing = Outgoing::new(operation, request, shared.clock.now()).ok_or_else(|| {
        Error::not_sent(ErrorKind::InvalidRequest)
            .with_message("the body is a stream, which cannot be signed before it is sent; give it as bytes")
    })?;
    let mut credentials = shared
        .authenticator
        .authenticate(&outgoing)
        .map_err(|source| Error::not_sent(ErrorKind::Authentication).with_source(source))?;
    for (name, value) in &mut credentials {
        // The API answers with the same date if it is quick; it need not be hidden for that.
        value.set_sensitive(name != DATE);
    }
    let headers = request.headers_mut();
    // Replaces every value of a name at once, as `Extend` for header maps does.
    headers.extend(credentials);
    Ok(secrets(headers))
}

/// The values of sensitive headers, whole and by their words (`Bearer …`), unless too short to be told from prose.
fn secrets(headers: &HeaderMap) -> Vec<String> {
    let values = headers
        .values()
        .filter(|value| value.is_sensitive())
        .filter_map(|value| value.to_str().ok());
    let mut secrets: Vec<String> = values
        .flat_map(|value| std::iter::once(value).chain(value.split_ascii_whitespace()))
        .filter(|text| text.len() >= 12)
        .map(str::to_owned)
        .collect();
    // The longest first, so that no part of a secret survives the removal of a shorter one.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.dedup();
    secrets
}

/// Marks the headers of an answer that echo a secret, so that they do not show.
fn hide(headers: &mut HeaderMap, secrets: &[String]) {
    for value in headers.values_mut() {
        let echoes = value
            .to_str()
            .is_ok_and(|text| secrets.iter().any(|secret| text.contains(secret.as_str())));
        if echoes {
            value.set_sensitive(true);
        }
    }
}

fn unanswered(error: WireError) -> Error {
    let kind = error.kind();
    let failure = match kind {
        WireErrorKind::Request => Error::not_sent(ErrorKind::Configuration),
        WireErrorKind::Connect => Error::not_sent(ErrorKind::Connect),
        WireErrorKind::ConnectTimeout => Error::not_sent(ErrorKind::Timeout(Phase::Connect)),
        WireErrorKind::Timeout => Error::unknown(ErrorKind::Timeout(Phase::Answer)),
        WireErrorKind::Interrupted => Error::unknown(ErrorKind::Interrupted),
    };
    failure.with_source(error.into_source())
}

const fn kind_of(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        300..=399 => ErrorKind::Redirect,
        400..=499 => ErrorKind::ClientError,
        500..=599 => ErrorKind::ServerError,
        _ => ErrorKind::UnexpectedStatus,
    }
}

/// Why a body is not whole.
enum Cut {
    TooLarge(usize),
    TimedOut(Limit),
    Interrupted(reqwest::Error),
}

impl Cut {
    /// Of a success: nobody can tell what the API did.
    fn into_error(self) -> Error {
        match self {
            Self::TooLarge(limit) => Error::unknown(ErrorKind::BodyTooLarge)
                .with_message(format!("the limit is {limit} bytes; raise it with body_limit")),
            Self::TimedOut(limit) => limit.exceeded(Phase::Body),
            Self::Interrupted(source) => {
                let kind = if source.is_timeout() {
                    ErrorKind::Timeout(Phase::Body)
                } else {
                    ErrorKind::Interrupted
                };
                Error::unknown(kind).with_source(source)
            }
        }
    }

    /// Of any other answer: its status has said enough.
    fn into_source(self) -> BoxError {
        match self {
            Self::TooLarge(limit) => format!("larger than {limit} bytes").into(),
            Self::TimedOut(limit) => limit.to_string().into(),
            Self::Interrupted(source) => source.into(),
        }
    }
}

/// Reads the body piece by piece: what arrived, at most `cap` bytes, and why there is no more.
async fn read(response: &mut reqwest::Response, cap: usize, limit: Limit) -> (Bytes, Option<Cut>) {
    let mut body = BytesMut::new();
    let cut = loop {
        match timeout_at(limit.at, response.chunk()).await {
            Err(_) => break Some(Cut::TimedOut(limit)),
            Ok(Err(error)) => break Some(Cut::Interrupted(error.without_url())),
            Ok(Ok(None)) => break None,
            Ok(Ok(Some(piece))) => {
                let room = cap - body.len();
                body.extend_from_slice(&piece[..piece.len().min(room)]);
                if piece.len() > room {
                    break Some(Cut::TooLarge(cap));
                }
            }
        }
    };
    (body.freeze(), cut)
}

fn record(span: &Span, result: &Result<Reply, Error>, elapsed: Duration) {
    span.record(
        "elapsed_ms",
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    );
    let (status, reference) = match result {
        Ok(reply) => (Some(reply.status()), reply.reference()),
        Err(error) => (error.status(), error.reference()),
    };
    if let Some(status) = status {
        span.record("status", status.as_u16());
    }
    if let Some(reference) = reference {
        span.record(
            "reference",
            tracing::field::display(Bounded::new(reference, NAME)),
        );
    }
    match result {
        Ok(reply) => {
            span.record("outcome", "done");
            tracing::debug!(headers = ?Visible(reply.headers()), body_bytes = reply.body().len(), "answered");
        }
        Err(error) => {
            span.record("outcome", error.outcome().as_str());
            // Not the error's text: it may hold the API's explanation, and logs are read by more people than errors.
            let code = error.api_error().and_then(|api_error| api_error.code.as_deref());
            let code = code.map(|code| tracing::field::display(Bounded::new(code, NAME)));
            let (kind, headers) = (error.kind(), error.headers().map(Visible));
            if error.money_may_have_moved() {
                tracing::warn!(?kind, code, ?headers, "failed; money may have moved");
            } else {
                tracing::info!(?kind, code, ?headers, "failed");
            }
        }
    }
}

/// The time so much later; far off where that is beyond what the clock can tell.
pub(crate) fn later(from: Instant, duration: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    from + duration.min(CENTURY)
}

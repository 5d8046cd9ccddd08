//! One attempt: sign, send, read.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use checkout_core::utf8::without_mark;
use http::header::{ACCEPT, ACCEPT_ENCODING, DATE, USER_AGENT};
use http::{HeaderValue, StatusCode};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span};

use crate::answer::Answer;
use crate::authenticator::Outgoing;
use crate::bodies::ShownBody;
use crate::coding::{self, CodingError};
use crate::headers::Visible;
use crate::hint::{clock_offset, retry_after, shifted};
use crate::receipt::{Attempt, AttemptResult};
use crate::retry::Repeat;
use crate::secrets::Secrets;
use crate::shared::Shared;
use crate::text::Word;
use crate::timeouts::later;
use crate::wire::BoxError;
use crate::{Error, ErrorKind, Phase, PreparedRequest, Timeouts, WireError, WireErrorKind};

/// What differs from attempt to attempt of a call.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    /// When the call is over.
    pub(crate) deadline: Instant,
    /// Counted from 1.
    pub(crate) number: u32,
    /// The wait before it.
    pub(crate) waited: Duration,
    /// By how many seconds the signer's time is mended.
    pub(crate) mended: i64,
}

/// An attempt that is over.
pub(crate) struct Ended {
    /// An error speaks of this attempt alone.
    pub(crate) result: Result<Answer, Error>,
    /// What the answer says about a repeat.
    pub(crate) answered: Repeat,
    pub(crate) record: Attempt,
}

/// What is noted about an answer besides its content.
struct Notes {
    /// When the attempt began.
    started: SystemTime,
    answered: Repeat,
    coding: Option<String>,
    retry_after: Option<Duration>,
    clock_offset: Option<i64>,
}

impl Notes {
    const fn new(started: SystemTime) -> Self {
        Self {
            started,
            answered: Repeat::Never,
            coding: None,
            retry_after: None,
            clock_offset: None,
        }
    }
}

/// Sends the request once, within the attempt's time and before the deadline of the call.
pub(crate) async fn attempt(shared: &Shared, prepared: &PreparedRequest, terms: Terms) -> Ended {
    let operation = prepared.operation();
    let span = tracing::info_span!(
        "attempt",
        operation = operation.id,
        attempt = terms.number,
        method = operation.method,
        path = operation.path,
        status = tracing::field::Empty,
        reference = tracing::field::Empty,
        outcome = tracing::field::Empty,
        elapsed_ms = tracing::field::Empty,
    );
    let mut notes = Notes::new(shared.clock.now());
    let began = Instant::now();
    let limit = Limit::sooner(terms.deadline, began, shared.options.timeouts);
    let result = exchange(shared, prepared, terms, limit, &mut notes)
        .instrument(span.clone())
        .await;
    let (status, reference) = match &result {
        Ok(answer) => (Some(answer.status), answer.reference.as_deref()),
        Err(error) => (error.status(), error.reference()),
    };
    let record = Attempt {
        started: notes.started,
        waited: terms.waited,
        took: began.elapsed(),
        result: match &result {
            Ok(_) => AttemptResult::Answered,
            Err(error) => error.outcome().into(),
        },
        status: status.map(|status| status.as_u16()),
        reference: reference.map(|reference| Word(reference).to_string()),
        coding: notes.coding,
        retry_after: notes.retry_after,
        clock_offset: notes.clock_offset,
        mended: terms.mended,
    };
    span.in_scope(|| log(&span, &result, &record));
    Ended {
        result,
        answered: notes.answered,
        record,
    }
}

/// Sends a request that is not of the API once, without a limit of its own: nothing is signed or added.
pub(crate) async fn unsigned(shared: &Shared, request: reqwest::Request) -> Result<Answer, Error> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let limit = Limit {
        at: later(Instant::now(), DAY),
        name: "upload",
        length: DAY,
    };
    let nothing_secret = Secrets::of(request.headers());
    let mut notes = Notes::new(shared.clock.now());
    answer(shared, request, &nothing_secret, limit, &mut notes).await
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

    /// The time for connecting at most. It ends a moment before the limit, so that a connection that takes all the time is
    /// given up as one: then it is known that nothing was sent.
    fn for_connecting(self) -> Duration {
        const MOMENT: Duration = Duration::from_millis(10);
        let left = self.at.saturating_duration_since(Instant::now());
        left.saturating_sub(MOMENT)
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
    prepared: &PreparedRequest,
    terms: Terms,
    limit: Limit,
    notes: &mut Notes,
) -> Result<Answer, Error> {
    let mut request = prepared.request();
    let now = shifted(notes.started, terms.mended);
    let secrets = sign(shared, prepared, &mut request, now)?;
    tracing::debug!(headers = ?Visible(request.headers()), "sending");
    if shared.options.log_bodies {
        let body = ShownBody::new(&*shared.api, prepared.body(), &secrets);
        tracing::debug!(%body, "sending the body");
    }

    let Some(flight) = prepared.takes_off() else {
        return Err(Error::not_sent(ErrorKind::Unrepeatable));
    };
    let result = answer(shared, request, &secrets, limit, notes).await;
    if let Err(error) = &result {
        flight.landed(error.outcome());
    }
    if shared.options.log_bodies {
        let body = match &result {
            Ok(answer) => Some(ShownBody::new(&*shared.api, &answer.body, &secrets)),
            Err(error) => error
                .body()
                .map(|body| ShownBody::new(&*shared.api, body, &secrets).words_only()),
        };
        if let Some(body) = body {
            tracing::debug!(%body, "answered with the body");
        }
    }
    result
}

async fn answer(
    shared: &Shared,
    request: reqwest::Request,
    secrets: &Secrets,
    limit: Limit,
    notes: &mut Notes,
) -> Result<Answer, Error> {
    let connect = shared.options.timeouts.connect.min(limit.for_connecting());
    let carried = shared.wire.send(request, connect);
    let mut response = match timeout_at(limit.at, carried).await {
        Err(_) => return Err(limit.exceeded(Phase::Answer)),
        Ok(Err(error)) => return Err(unanswered(error)),
        Ok(Ok(response)) => response,
    };
    let status = response.status();
    let mut headers = std::mem::take(response.headers_mut());
    let now = shared.clock.now();
    notes.clock_offset = clock_offset(&headers, notes.started, now);
    secrets.hide(&mut headers);
    let codings = coding::names_of(&headers);
    let (body, cut) = read(&mut response, &codings, shared.body_limit, limit).await;
    if !codings.is_empty() && !body.is_empty() {
        notes.coding = Some(coding::shown(&codings));
    }
    let mut answer = Answer {
        status,
        reference: shared.api.reference(&headers),
        headers,
        body,
    };
    if let Some(reference) = &mut answer.reference {
        secrets.scrub(reference);
    }
    if status.is_success() {
        return match cut {
            None => Ok(answer),
            Some(cut) => Err(cut.into_error().with_answer(answer)),
        };
    }
    let mut api_error = shared
        .api
        .error(status, &answer.headers, without_mark(&answer.body));
    let outcome = shared.api.outcome(status, api_error.as_ref());
    notes.answered = shared.api.repeat(status, api_error.as_ref());
    notes.retry_after = retry_after(&answer.headers, now);
    if let Some(api_error) = &mut api_error {
        secrets.scrub_error(api_error);
        if answer.reference.is_none() {
            answer.reference.clone_from(&api_error.reference);
        }
    }
    let error = Error::new(kind_of(status), outcome)
        .with_api_error(api_error)
        .with_answer(answer);
    Err(match cut {
        None => error,
        Some(cut) => error.with_source(cut.into_source()),
    })
}

/// Completes the headers and adds the authenticator's. Returns what must not be seen again.
fn sign(
    shared: &Shared,
    prepared: &PreparedRequest,
    request: &mut reqwest::Request,
    now: SystemTime,
) -> Result<Secrets, Error> {
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, shared.user_agent.clone());
    // reqwest would add `*/*` after signing.
    headers
        .entry(ACCEPT)
        .or_insert(HeaderValue::from_static("application/json"));
    headers
        .entry(ACCEPT_ENCODING)
        .or_insert(HeaderValue::from_static(coding::ACCEPTED));

    let outgoing = Outgoing::new(prepared, request, now);
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
    Ok(Secrets::of(headers))
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
    /// All of it came, and its compression cannot be taken off.
    Coded(CodingError),
}

impl Cut {
    /// Of a success: nobody can tell what the API did.
    fn into_error(self) -> Error {
        match self {
            Self::TooLarge(limit) => {
                Error::unknown(ErrorKind::BodyTooLarge).with_message(format!("the limit is {limit} bytes"))
            }
            Self::TimedOut(limit) => limit.exceeded(Phase::Body),
            Self::Interrupted(source) => {
                let kind = if source.is_timeout() {
                    ErrorKind::Timeout(Phase::Body)
                } else {
                    ErrorKind::Interrupted
                };
                Error::unknown(kind).with_source(source)
            }
            Self::Coded(source) => {
                let error = match source {
                    // Of a body whose length nobody told, this alone shows that the connection was lost.
                    CodingError::Cut { .. } => Error::unknown(ErrorKind::Interrupted),
                    CodingError::TooLarge { .. } => Error::unknown(ErrorKind::BodyTooLarge),
                    _ => Error::unknown(ErrorKind::Undecodable),
                };
                error.with_source(source)
            }
        }
    }

    /// Of any other answer: its status has said enough.
    fn into_source(self) -> BoxError {
        match self {
            Self::TooLarge(limit) => format!("larger than {limit} bytes").into(),
            Self::TimedOut(limit) => limit.to_string().into(),
            Self::Interrupted(source) => source.into(),
            Self::Coded(source) => source.into(),
        }
    }
}

/// Reads the body and takes its codings off: what arrived, at most `cap` bytes, and why there is no more. What cannot be
/// decoded stays as it came.
async fn read(
    response: &mut reqwest::Response,
    codings: &[String],
    cap: usize,
    limit: Limit,
) -> (Bytes, Option<Cut>) {
    if codings.is_empty() {
        return receive(response, cap, limit).await;
    }
    // What does not compress grows a little by its coding.
    let coded_cap = cap.saturating_add(cap / 8).saturating_add(64);
    let (body, cut) = receive(response, coded_cap, limit).await;
    if let Some(cut) = cut {
        // The limit that the caller set is the one that is told.
        let cut = match cut {
            Cut::TooLarge(_) => Cut::TooLarge(cap),
            cut => cut,
        };
        return (body, Some(cut));
    }
    match coding::decode(codings, &body, cap) {
        Ok(decoded) => match decoded.body {
            Cow::Owned(decoded) => (decoded.into(), None),
            Cow::Borrowed(_) => (body, None),
        },
        Err(error) => (body, Some(Cut::Coded(error))),
    }
}

/// Reads the body piece by piece: what arrived, at most `cap` bytes, and why there is no more.
async fn receive(response: &mut reqwest::Response, cap: usize, limit: Limit) -> (Bytes, Option<Cut>) {
    // An answer that came in one piece, as most do, is handed over as it is.
    let (mut first, mut joined) = (Bytes::new(), BytesMut::new());
    let cut = loop {
        match timeout_at(limit.at, response.chunk()).await {
            Err(_) => break Some(Cut::TimedOut(limit)),
            Ok(Err(error)) => break Some(Cut::Interrupted(error.without_url())),
            Ok(Ok(None)) => break None,
            Ok(Ok(Some(mut piece))) => {
                let room = cap - first.len().max(joined.len());
                let is_too_large = piece.len() > room;
                piece.truncate(room);
                if first.is_empty() {
                    first = piece;
                } else {
                    if joined.is_empty() {
                        joined.extend_from_slice(&first);
                    }
                    joined.extend_from_slice(&piece);
                }
                if is_too_large {
                    break Some(Cut::TooLarge(cap));
                }
            }
        }
    };
    let body = if joined.is_empty() { first } else { joined.freeze() };
    (body, cut)
}

fn log(span: &Span, result: &Result<Answer, Error>, record: &Attempt) {
    span.record(
        "elapsed_ms",
        u64::try_from(record.took.as_millis()).unwrap_or(u64::MAX),
    );
    span.record("outcome", record.result.as_str());
    if let Some(status) = record.status {
        span.record("status", status);
    }
    if let Some(reference) = &record.reference {
        span.record("reference", tracing::field::display(Word(reference)));
    }
    match result {
        Ok(answer) => {
            tracing::debug!(headers = ?Visible(&answer.headers), body_bytes = answer.body.len(), "answered");
        }
        Err(error) => {
            // Not the error's text: it may hold the API's explanation, and logs are read by more people than errors.
            let code = error.api_error().and_then(|api_error| api_error.code.as_deref());
            let code = code.map(|code| tracing::field::display(Word(code)));
            let (kind, headers) = (error.kind(), error.headers().map(Visible));
            tracing::info!(?kind, code, ?headers, "the attempt failed");
        }
    }
}

//! One attempt: check, sign, send, read.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use checkout_core::Operation;
use http::header::{ACCEPT, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::{Instant, timeout_at};
use tracing::Span;

use crate::api::scrub;
use crate::authenticator::Outgoing;
use crate::headers::Visible;
use crate::reply::Answer;
use crate::text::{Bounded, NAME};
use crate::transport::Shared;
use crate::wire::BoxError;
use crate::{Error, ErrorKind, Outcome, Phase, Reply, WireError, WireErrorKind};

/// Written by progenitor into every request; no API asked for it.
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// Sends the request once, within the attempt's time and before the deadline of the call.
pub(crate) async fn attempt(
    shared: &Shared,
    operation: &'static Operation,
    request: reqwest::Request,
    deadline: Instant,
) -> Result<Reply, Error> {
    let started = Instant::now();
    let deadline = deadline.min(later(started, shared.timeouts.attempt));
    let result = exchange(shared, operation, request, deadline).await;
    let elapsed = started.elapsed();
    let result = result
        .map(|(answer, reference)| Reply {
            operation,
            api: shared.api.name(),
            answer,
            reference,
            elapsed,
        })
        .map_err(|error| {
            error
                .with_operation(operation)
                .with_api(shared.api.name())
                .with_elapsed(elapsed)
        });
    record(&result, elapsed);
    result
}

async fn exchange(
    shared: &Shared,
    operation: &'static Operation,
    mut request: reqwest::Request,
    deadline: Instant,
) -> Result<(Answer, Option<String>), Error> {
    check(operation, &request)?;
    let secrets = sign(shared, operation, &mut request)?;
    tracing::debug!(headers = ?Visible(request.headers()), "sending");

    let mut response = match timeout_at(deadline, shared.wire.send(request)).await {
        Err(elapsed) => return Err(Error::unknown(ErrorKind::Timeout(Phase::Answer)).with_source(elapsed)),
        Ok(Err(error)) => return Err(unanswered(error)),
        Ok(Ok(response)) => response,
    };
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let (body, cut) = read(&mut response, shared.body_limit, deadline).await;
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
    Err(match cut.and_then(Cut::into_source) {
        None => error,
        Some(source) => error.with_source(source),
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
    if !fits(url.path(), operation.path) {
        return invalid(
            "the path does not fit the operation's; a path parameter may not be empty, `.` or `..` or hold a slash",
        );
    }
    Ok(())
}

/// Whether the path ends as the template says, segment by segment.
fn fits(path: &str, template: &str) -> bool {
    let mut found = path.rsplit('/');
    template
        .trim_start_matches('/')
        .rsplit('/')
        .all(|expected| match found.next() {
            None => false,
            Some(segment) if expected.contains('{') => !segment.is_empty(),
            Some(segment) => segment == expected,
        })
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
    credentials
        .values_mut()
        .for_each(|value| value.set_sensitive(true));
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
    TimedOut(BoxError),
    Interrupted(BoxError),
}

impl Cut {
    fn into_error(self) -> Error {
        match self {
            Self::TooLarge(limit) => Error::unknown(ErrorKind::BodyTooLarge)
                .with_message(format!("the limit is {limit} bytes; raise it with body_limit")),
            Self::TimedOut(source) => Error::unknown(ErrorKind::Timeout(Phase::Body)).with_source(source),
            Self::Interrupted(source) => Error::unknown(ErrorKind::Interrupted).with_source(source),
        }
    }

    fn into_source(self) -> Option<BoxError> {
        match self {
            Self::TooLarge(limit) => Some(format!("the body is larger than {limit} bytes").into()),
            Self::TimedOut(source) | Self::Interrupted(source) => Some(source),
        }
    }
}

/// Reads the body piece by piece: what arrived, within the limit, and why there is no more.
async fn read(response: &mut reqwest::Response, limit: usize, deadline: Instant) -> (Bytes, Option<Cut>) {
    let mut body = BytesMut::new();
    loop {
        match timeout_at(deadline, response.chunk()).await {
            Err(elapsed) => return (body.freeze(), Some(Cut::TimedOut(elapsed.into()))),
            Ok(Err(error)) => {
                let error = error.without_url();
                let cut = if error.is_timeout() {
                    Cut::TimedOut
                } else {
                    Cut::Interrupted
                };
                return (body.freeze(), Some(cut(error.into())));
            }
            Ok(Ok(None)) => return (body.freeze(), None),
            Ok(Ok(Some(piece))) => {
                let room = limit - body.len();
                body.extend_from_slice(&piece[..piece.len().min(room)]);
                if piece.len() > room {
                    return (body.freeze(), Some(Cut::TooLarge(limit)));
                }
            }
        }
    }
}

fn record(result: &Result<Reply, Error>, elapsed: Duration) {
    let span = Span::current();
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
            let level_is_warn = error.outcome() == Outcome::Unknown;
            match level_is_warn {
                true => tracing::warn!(%error, "failed"),
                false => tracing::info!(%error, "failed"),
            }
        }
    }
}

/// The time so much later; far off where that is beyond what the clock can tell.
pub(crate) fn later(from: Instant, duration: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    from + duration.min(CENTURY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_cannot_rewrite_the_path() {
        let template = "/{merchantId}/products/{paymentProductId}/sessions";
        assert!(fits("/v1/1/products/302/sessions", template));
        assert!(fits("/client/v1/a%2Fb/products/302/sessions", template));
        for path in [
            "/v1/products/302/sessions/",
            "/v1/1/products//sessions",
            "/v1/1/sessions",
            "/products/302/sessions",
            "/v1/1/products/302/3/sessions",
            "/v1//products/302/sessions",
            "/v1/1/products/302/sessions/",
            "/",
            "",
        ] {
            assert!(!fits(path, template), "{path}");
        }
        assert!(fits("/v1/checkout/payin/fiat", "/checkout/payin/fiat"));
        assert!(fits("/checkout/payin/fiat", "/checkout/payin/fiat"));
        assert!(!fits("/v1/checkout/payin", "/checkout/payin/fiat"));
    }
}

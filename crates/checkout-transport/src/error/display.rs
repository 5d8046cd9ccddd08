//! The words of an error.

use std::fmt;

use checkout_core::Idempotency;
use http::StatusCode;

use super::{Error, ErrorKind, Inner, Phase};
use crate::Outcome;
use crate::Receipt;
use crate::call::VISIBLE_OFFSET;
use crate::headers::Visible;
use crate::receipt::AttemptResult;
use crate::retry::Stop;
use crate::text::{Bounded, DETAIL, NAME, Word};
use crate::wire::BoxError;

/// `operation: what happened: particulars; reference; attempts; what to do`.
pub(super) fn line(error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let inner = &*error.0;
    if let Some(operation) = inner.operation {
        write!(f, "{}: ", operation.id)?;
    }
    what(inner, f)?;
    if let Some(message) = &inner.message {
        write!(f, ": {message}")?;
    }
    if let Some(violations) = &inner.violations {
        write!(f, ": {violations}")?;
    }
    if let Some(api_error) = &inner.api_error {
        api_error.summary(shows_detail(inner), f)?;
    }
    if let Some(source) = &inner.source {
        let of_the_body = matches!(
            inner.kind,
            ErrorKind::Redirect
                | ErrorKind::ClientError
                | ErrorKind::ServerError
                | ErrorKind::UnexpectedStatus
        );
        let introduction = if of_the_body {
            "; its body is incomplete"
        } else {
            ""
        };
        write!(f, "{introduction}: {}", Bounded::new(&cause(source), DETAIL))?;
    }
    if let Some(reference) = error.reference() {
        write!(f, "; reference {}", Word(reference))?;
    }
    for (name, value) in &inner.details {
        write!(f, "; {name} {}", Bounded::new(value, NAME))?;
    }
    attempts(error, f)?;
    f.write_str("; ")?;
    advice(error, f)
}

/// How often it was tried, if more than once, and why not again, where that is not plain.
fn attempts(error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let count = error.receipt().map_or(0, |receipt| receipt.attempts.len());
    if count > 1 {
        write!(f, "; {count} attempts")?;
    }
    match error.stopped_by() {
        Some(Stop::Time) => {
            f.write_str("; no time was left for another")?;
            match error.retry_after() {
                Some(wait) => write!(f, ", for the API asks to wait {wait:?}"),
                None => Ok(()),
            }
        }
        Some(Stop::Budget) => f.write_str("; no other was made, for too many calls have failed of late"),
        Some(Stop::KeyLife) => f.write_str("; no other was made, for the API may have forgotten the key"),
        _ => Ok(()),
    }
}

/// Whether the API's explanation may be seen: of a 401 or 403 it is about keys, tokens and permissions, and engineers
/// cannot do without it. Of any other answer it may quote a person's data.
fn shows_detail(inner: &Inner) -> bool {
    inner
        .answer
        .as_ref()
        .is_some_and(|answer| matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN))
}

/// What broke, in the words of the deepest cause: those above it say "error sending request".
fn cause(source: &BoxError) -> String {
    let mut deepest: &(dyn std::error::Error + 'static) = &**source;
    if !deepest.is::<crate::AuthenticationError>() {
        while let Some(next) = deepest.source() {
            deepest = next;
        }
    }
    deepest.to_string()
}

fn what(inner: &Inner, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let api = inner.api.unwrap_or("the API");
    let status = inner.answer.as_ref().map(|answer| answer.status);
    match inner.kind {
        ErrorKind::InvalidRequest => f.write_str("invalid request"),
        ErrorKind::Expired => f.write_str("too old to be sent safely"),
        ErrorKind::Unrepeatable => {
            f.write_str("it may have been sent before, and has no key by which a repeat is known")
        }
        ErrorKind::Configuration => f.write_str("wrong configuration"),
        ErrorKind::Authentication => f.write_str("the request could not be signed"),
        ErrorKind::Connect => write!(f, "no connection to {api}"),
        ErrorKind::Timeout(Phase::Connect) => write!(f, "no connection to {api} in time"),
        ErrorKind::Timeout(Phase::Answer) => write!(f, "no answer from {api} in time"),
        ErrorKind::Timeout(Phase::Body) => {
            answered(api, status, f)?;
            f.write_str(" but its body did not arrive in time")
        }
        ErrorKind::Interrupted => match status {
            None => write!(f, "the exchange with {api} was cut"),
            Some(_) => {
                answered(api, status, f)?;
                f.write_str(" but its body was cut")
            }
        },
        ErrorKind::BodyTooLarge => {
            answered(api, status, f)?;
            f.write_str(" but its body is larger than allowed")
        }
        ErrorKind::Redirect => {
            answered(api, status, f)?;
            f.write_str(", which is never followed (is the base URL right?)")
        }
        ErrorKind::ClientError | ErrorKind::ServerError | ErrorKind::UnexpectedStatus => {
            answered(api, status, f)
        }
        ErrorKind::Undecodable => {
            answered(api, status, f)?;
            f.write_str(" but its body cannot be read")
        }
        ErrorKind::Mismatch => {
            answered(api, status, f)?;
            f.write_str(" but not to what was asked")
        }
    }
}

fn answered(api: &str, status: Option<StatusCode>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match status {
        Some(status) => {
            write!(f, "{api} answered {}", status.as_str())?;
            status
                .canonical_reason()
                .map_or(Ok(()), |reason| write!(f, " {reason}"))
        }
        None => write!(f, "{api} answered"),
    }
}

/// What a repeat of the request must have in common with it: `the same Nonce n-1`.
struct SameKey<'a> {
    name: &'static str,
    value: &'a str,
}

impl<'a> SameKey<'a> {
    /// `None` if the API would not recognise a repeat: what was not sent is no key.
    fn of(inner: &'a Inner) -> Option<Self> {
        Some(Self {
            name: key_name(inner)?,
            value: inner.idempotency_key.as_deref()?,
        })
    }
}

/// What the API calls the key of this operation.
fn key_name(inner: &Inner) -> Option<&'static str> {
    match inner.operation?.idempotency {
        Idempotency::BodyField(name) | Idempotency::Header(name) => Some(name),
        _ => None,
    }
}

impl fmt::Display for SameKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the same {} {}", self.name, Bounded::new(self.value, NAME))
    }
}

/// Whether the outcome is that of an attempt before the last one.
fn is_of_earlier_attempt(receipt: &Receipt) -> bool {
    let last = receipt.attempts.last().map(|last| last.result);
    !matches!(last, Some(AttemptResult::Unknown | AttemptResult::Answered))
}

fn advice(error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let inner = &*error.0;
    let key = SameKey::of(inner);
    match inner.outcome {
        Outcome::NotSent if inner.kind == ErrorKind::Expired => {
            f.write_str("nothing was sent; make the request anew, or send it with any_age")
        }
        Outcome::NotSent => {
            f.write_str("nothing was sent")?;
            match (inner.kind, key) {
                (ErrorKind::Connect | ErrorKind::Timeout(_), key) => {
                    f.write_str("; check network, proxy and base URL, then send again")?;
                    key.map_or(Ok(()), |key| write!(f, " with {key}"))
                }
                (_, Some(key)) => write!(f, "; mend that, then send again with {key}"),
                (_, None) => Ok(()),
            }
        }
        Outcome::Refused => {
            f.write_str("refused, nothing happened")?;
            if let Some(key) = &key {
                write!(
                    f,
                    " by this request; another one with {key} may have taken effect"
                )?;
            }
            refusal(error, f)
        }
        Outcome::Unknown if error.moves_money() => {
            f.write_str("money may have moved")?;
            if inner.receipt.as_ref().is_some_and(is_of_earlier_attempt) {
                f.write_str(" by an earlier attempt")?;
            }
            f.write_str(": ")?;
            if inner.kind == ErrorKind::Expired {
                return f.write_str("ask the provider what became of it before you send it with any_age");
            }
            let mend_first = matches!(inner.kind, ErrorKind::Configuration | ErrorKind::Authentication);
            if mend_first {
                f.write_str("mend that, then ")?;
            }
            match (key, key_name(inner)) {
                (Some(key), _) => write!(f, "repeat the same request with {key}, never with a new one"),
                (None, Some(name)) => write!(
                    f,
                    "the request had no {name}, so ask the provider before sending it again"
                ),
                (None, None) => f.write_str("ask the provider before sending it again"),
            }
        }
        Outcome::Unknown => match (key, inner.operation.map(|operation| operation.idempotency)) {
            (None, Some(Idempotency::Read)) => f.write_str("a read changes nothing: send it again"),
            (key, _) => {
                f.write_str("it may have taken effect; no money moves by it")?;
                key.map_or(Ok(()), |key| write!(f, "; repeat it with {key}"))
            }
        },
    }
}

/// How far the clocks differ, if that may be why a signature was refused and was not mended already.
fn visible_offset(error: &Error) -> Option<i64> {
    let last = error.receipt()?.attempts.last()?;
    last.clock_offset
        .filter(|offset| offset.unsigned_abs() >= VISIBLE_OFFSET && last.mended == 0)
}

/// What to do about a refusal.
fn refusal(error: &Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match error.status().map(|status| status.as_u16()) {
        Some(401) => match visible_offset(error) {
            Some(offset) => write!(
                f,
                "; this machine's clock is {} s {} the API's: set it right, or let CallOptions::mend_clock sign by the API's time",
                offset.unsigned_abs(),
                if offset > 0 { "behind" } else { "ahead of" }
            ),
            None => f.write_str("; check the credentials, their environment and this machine's clock"),
        },
        Some(403) => f.write_str("; check what the credentials are allowed to do"),
        Some(404 | 405 | 410) => f.write_str("; check the base URL and the ids in the path"),
        Some(407) => f.write_str("; check the proxy's credentials"),
        Some(429) => {
            f.write_str("; send again later")?;
            match error
                .retry_after()
                .filter(|_| error.stopped_by() != Some(Stop::Time))
            {
                Some(wait) => write!(f, " (the API asks to wait {wait:?})"),
                None => Ok(()),
            }
        }
        _ => f.write_str("; correct the request before sending it again"),
    }
}

pub(super) fn debug(inner: &Inner, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut out = f.debug_struct("Error");
    out.field("kind", &inner.kind).field("outcome", &inner.outcome);
    if let Some(operation) = inner.operation {
        out.field("operation", &operation.id);
    }
    if let Some(answer) = &inner.answer {
        out.field("status", &answer.status.as_u16())
            .field("headers", &Visible(&answer.headers))
            .field("body_bytes", &answer.body.len());
    }
    if let Some(message) = &inner.message {
        out.field("message", message);
    }
    if let Some(violations) = &inner.violations {
        out.field("violations", violations);
    }
    if let Some(api_error) = &inner.api_error {
        out.field("api_error", api_error);
        if let Some(detail) = api_error.detail.as_deref().filter(|_| shows_detail(inner)) {
            out.field("detail", &Bounded::new(detail, DETAIL));
        }
    }
    if let Some(reference) = inner
        .answer
        .as_ref()
        .and_then(|answer| answer.reference.as_deref())
    {
        out.field("reference", &Word(reference));
    }
    if let Some(key) = &inner.idempotency_key {
        out.field("idempotency_key", &Bounded::new(key, NAME));
    }
    for (name, value) in &inner.details {
        out.field(name, &Bounded::new(value, NAME));
    }
    if let Some(receipt) = &inner.receipt {
        out.field("attempts", &receipt.attempts.len());
    }
    if let Some(stop) = inner.stop {
        out.field("stopped_by", &stop);
    }
    if let Some(elapsed) = inner.elapsed {
        out.field("elapsed", &elapsed);
    }
    if let Some(source) = &inner.source {
        // By their texts: `Debug` of a foreign error may hold what it was made from.
        out.field("source", &Bounded::new(&chain(source), 3 * DETAIL));
    }
    out.finish()
}

fn chain(source: &BoxError) -> String {
    let mut text = source.to_string();
    let mut next = source.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

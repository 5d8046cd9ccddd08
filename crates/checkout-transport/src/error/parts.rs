//! An error in words, part by part.

use std::fmt;

use checkout_core::Idempotency;
use http::StatusCode;

use super::{Error, Inner};
use crate::hint::VISIBLE_OFFSET;
use crate::receipt::AttemptResult;
use crate::retry::Stop;
use crate::text::{Bounded, DETAIL, NAME, Word};
use crate::wire::BoxError;
use crate::{ErrorKind, Outcome, Phase, PreparedRequest, Receipt};

/// What an [`Error`] says, in the order in which whoever is called at night needs it. No part is empty text.
///
/// What came from outside is bounded and escaped, and no part holds a credential or a body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorParts {
    /// What happened: `NOAH answered 404 Not Found`.
    pub what: String,
    /// Why, as far as it is known and may be shown: causes, the API's code, fields, how often it was tried.
    pub why: Vec<String>,
    /// What became of the request, and so of the money.
    pub money: String,
    /// What to do, the first thing first.
    pub next: Vec<String>,
    /// Where a repeat of the request would be safe, and where not. Of its key it is said that it must stay the same: its value is
    /// among the [`ids`](Self::ids).
    pub repeat: Option<String>,
    /// What helps besides, where the caller is a program: settings and methods of this library.
    pub in_rust: Vec<String>,
    /// What support asks for and a repeat needs: the provider's reference, the `Nonce` or the idempotence key, `ExternalID`.
    pub ids: Vec<(&'static str, String)>,
}

/// One line, without the operation.
impl fmt::Display for ErrorParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        for (index, why) in self.why.iter().enumerate() {
            write!(f, "{}{why}", if index == 0 { ": " } else { "; " })?;
        }
        write!(f, "; {}", self.money)?;
        for next in self.next.iter().chain(&self.repeat).chain(&self.in_rust) {
            write!(f, "; {next}")?;
        }
        for (name, id) in &self.ids {
            write!(f, "; {name} {id}")?;
        }
        Ok(())
    }
}

pub(super) fn of(error: &Error) -> ErrorParts {
    let inner = &*error.0;
    let Money {
        money,
        mut next,
        repeat,
    } = Money::of(error);
    let mut in_rust = Vec::new();
    if let Some(hint) = error.hint() {
        next.push(hint.to_string());
    } else if inner.outcome == Outcome::Refused {
        next.push(refusal(error));
    }
    settings(error, &mut in_rust);
    ErrorParts {
        what: what(inner),
        why: why(error),
        money,
        next,
        repeat,
        in_rust,
        ids: ids(error),
    }
}

fn why(error: &Error) -> Vec<String> {
    let inner = &*error.0;
    let mut why = Vec::new();
    why.extend(inner.message.as_deref().map(str::to_owned));
    why.extend(inner.violations.iter().flatten().map(ToString::to_string));
    if let Some(api_error) = &inner.api_error {
        why.extend(api_error.parts(shows_detail(inner)));
    }
    let is_quoted = |cause: &str| {
        inner
            .message
            .as_ref()
            .is_some_and(|message| message.contains(cause))
    };
    if let Some(source) = inner.source.as_ref().filter(|source| !is_quoted(&cause(source))) {
        let of_the_body = matches!(
            inner.kind,
            ErrorKind::Redirect
                | ErrorKind::ClientError
                | ErrorKind::ServerError
                | ErrorKind::UnexpectedStatus
        );
        let introduction = match of_the_body {
            true if error.coding_error().is_some() => "its body cannot be read: ",
            true => "its body is incomplete: ",
            false => "",
        };
        why.push(format!("{introduction}{}", Bounded::new(&cause(source), DETAIL)));
    }
    let count = error.receipt().map_or(0, |receipt| receipt.attempts.len());
    if count > 1 {
        why.push(format!("after {count} attempts"));
    }
    // Why not again, where that is not plain.
    why.extend(match (error.stopped_by(), error.retry_after()) {
        (Some(Stop::Time), Some(wait)) => Some(format!(
            "no time was left for another, for the API asks to wait {wait:?}"
        )),
        (Some(Stop::Time), None) => Some("no time was left for another".to_owned()),
        (Some(Stop::Budget), _) => {
            Some("no other was made, for too many calls have failed of late".to_owned())
        }
        (Some(Stop::KeyLife), _) => {
            Some("no other was made, for the API may have forgotten the key".to_owned())
        }
        _ => None,
    });
    why
}

fn ids(error: &Error) -> Vec<(&'static str, String)> {
    let inner = &*error.0;
    let mut ids = Vec::new();
    ids.extend(
        error
            .reference()
            .map(|reference| ("reference", Word(reference).to_string())),
    );
    if let (Some(name), Some(key)) = (key_name(inner), &inner.idempotency_key) {
        ids.push((name, Bounded::new(key, NAME).to_string()));
    }
    let details = inner.details.iter();
    ids.extend(details.map(|(name, value)| (*name, Bounded::new(value, NAME).to_string())));
    ids
}

/// Whether the API's explanation may be seen: of a 401 or 403 it is about keys, tokens and permissions, and engineers
/// cannot do without it. Of any other answer it may quote a person's data.
pub(super) fn shows_detail(inner: &Inner) -> bool {
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

fn what(inner: &Inner) -> String {
    let api = inner.api.unwrap_or("the API");
    let status = inner.answer.as_ref().map(|answer| answer.status);
    let answered = || answered(api, status);
    match inner.kind {
        ErrorKind::InvalidRequest => "invalid request".to_owned(),
        ErrorKind::Expired => "too old to be sent safely".to_owned(),
        ErrorKind::Unrepeatable => {
            "it may have been sent before, and has no key by which a repeat is known".to_owned()
        }
        ErrorKind::OtherAccount => "it was made for another account than these credentials are of".to_owned(),
        ErrorKind::Configuration => "wrong configuration".to_owned(),
        ErrorKind::Authentication => "the request could not be signed".to_owned(),
        ErrorKind::Connect => format!("no connection to {api}"),
        ErrorKind::Timeout(Phase::Connect) => format!("no connection to {api} in time"),
        ErrorKind::Timeout(Phase::Answer) => format!("no answer from {api} in time"),
        ErrorKind::Timeout(Phase::Body) => format!("{} but its body did not arrive in time", answered()),
        ErrorKind::Interrupted if status.is_none() => format!("the exchange with {api} was cut"),
        ErrorKind::Interrupted => format!("{} but its body was cut", answered()),
        ErrorKind::BodyTooLarge => format!("{} but its body is larger than allowed", answered()),
        ErrorKind::Redirect => {
            format!("{}, which is never followed (is the base URL right?)", answered())
        }
        ErrorKind::ClientError | ErrorKind::ServerError | ErrorKind::UnexpectedStatus => answered(),
        ErrorKind::Undecodable => format!("{} but its body cannot be read", answered()),
        ErrorKind::Mismatch => format!("{} but not to what was asked", answered()),
    }
}

const OF_ITS_ACCOUNT: &str =
    "send it with the credentials that it was made with, or others of the same account";

fn answered(api: &str, status: Option<StatusCode>) -> String {
    match status {
        Some(status) => {
            let reason = status.canonical_reason().map(|reason| format!(" {reason}"));
            format!("{api} answered {}{}", status.as_str(), reason.unwrap_or_default())
        }
        None => format!("{api} answered"),
    }
}

/// What the API calls the key of this operation.
fn key_name(inner: &Inner) -> Option<&'static str> {
    inner.operation?.idempotency.key_name()
}

/// Whether the outcome is that of an attempt before the last one.
fn is_of_earlier_attempt(receipt: &Receipt) -> bool {
    let last = receipt.attempts.last().map(|last| last.result);
    !matches!(last, Some(AttemptResult::Unknown | AttemptResult::Answered))
}

/// What became of the money, and what that asks for.
struct Money {
    money: String,
    next: Vec<String>,
    repeat: Option<String>,
}

impl Money {
    fn of(error: &Error) -> Self {
        let inner = &*error.0;
        match inner.outcome {
            Outcome::NotSent => Self::not_sent(inner),
            Outcome::Refused => Self::refused(error),
            Outcome::Unknown => Self::unknown(error),
        }
    }

    fn not_sent(inner: &Inner) -> Self {
        let key = known_key(inner);
        let with_key = key
            .map(|name| format!(" with the same {name}"))
            .unwrap_or_default();
        let (next, repeat) = match inner.kind {
            ErrorKind::Expired => (Some("make the request anew"), None),
            ErrorKind::Connect | ErrorKind::Timeout(_) => {
                let repeat = format!("then send it again{with_key}");
                (Some("check network, proxy and base URL"), Some(repeat))
            }
            ErrorKind::OtherAccount => (Some(OF_ITS_ACCOUNT), None),
            _ if key.is_some() => (
                Some("correct that"),
                Some(format!("then send it again{with_key}")),
            ),
            _ => (None, None),
        };
        Self {
            money: "nothing was sent".to_owned(),
            next: next.into_iter().map(str::to_owned).collect(),
            repeat,
        }
    }

    fn refused(error: &Error) -> Self {
        // A key that was made for this call names no other request.
        let is_fresh = error.prepared().is_some_and(PreparedRequest::has_fresh_key);
        let money = match known_key(&error.0).filter(|_| !is_fresh) {
            Some(name) => format!(
                "refused, nothing happened by this request; another one with the same {name} may have taken effect"
            ),
            None => "refused, nothing happened".to_owned(),
        };
        Self {
            money,
            next: Vec::new(),
            repeat: None,
        }
    }

    fn unknown(error: &Error) -> Self {
        let inner = &*error.0;
        let key = known_key(inner);
        if !error.moves_money() {
            let is_read = inner
                .operation
                .is_some_and(|operation| operation.idempotency == Idempotency::Read);
            let (money, repeat) = match key {
                None if is_read => ("a read changes nothing", Some("send it again".to_owned())),
                key => (
                    "it may have taken effect; no money moves by it",
                    key.map(|name| format!("repeat it with the same {name}")),
                ),
            };
            return Self {
                money: money.to_owned(),
                next: Vec::new(),
                repeat,
            };
        }
        let earlier = inner.receipt.as_ref().is_some_and(is_of_earlier_attempt);
        let next = match inner.kind {
            ErrorKind::Expired => Some("ask the provider what became of it before you send it"),
            ErrorKind::OtherAccount => Some(OF_ITS_ACCOUNT),
            ErrorKind::Configuration | ErrorKind::Authentication => Some("correct that"),
            ErrorKind::Mismatch => Some("send no customer to its page; ask the provider, with the reference"),
            _ => None,
        };
        let repeat = match (key, key_name(inner)) {
            _ if inner.kind == ErrorKind::Expired => None,
            (Some(name), _) => Some(format!(
                "repeat the same request with the same {name}, never with a new one"
            )),
            (None, Some(name)) => Some(format!(
                "the request had no {name}, so ask the provider before sending it again"
            )),
            (None, None) => Some("ask the provider before sending it again".to_owned()),
        };
        Self {
            money: format!(
                "money may have moved{}",
                if earlier { " by an earlier attempt" } else { "" }
            ),
            next: next.into_iter().map(str::to_owned).collect(),
            repeat,
        }
    }
}

/// What the API calls the key that the request carries; `None` if it would not recognise a repeat.
fn known_key(inner: &Inner) -> Option<&'static str> {
    key_name(inner).filter(|_| inner.idempotency_key.is_some())
}

/// How far the clocks differ, if that may be why a signature was refused and was not mended already.
fn visible_offset(error: &Error) -> Option<i64> {
    let last = error.receipt()?.attempts.last()?;
    last.clock_offset
        .filter(|offset| offset.unsigned_abs() >= VISIBLE_OFFSET && last.mended == 0)
}

/// What to do about a refusal that the API's documents say nothing about.
fn refusal(error: &Error) -> String {
    let names_ids = error
        .operation()
        .is_some_and(|operation| operation.path.contains('{'));
    match error.status().map(|status| status.as_u16()) {
        Some(401) => match visible_offset(error) {
            Some(offset) => format!(
                "this machine's clock is {} s {} the API's: set it right",
                offset.unsigned_abs(),
                if offset > 0 { "behind" } else { "ahead of" }
            ),
            None => "check the credentials, their environment and this machine's clock".to_owned(),
        },
        Some(403) => "check what the credentials are allowed to do".to_owned(),
        Some(404 | 405 | 410) if names_ids => "check the base URL and the ids in the path".to_owned(),
        Some(404 | 405 | 410) => "check the base URL, and that what the request names is there".to_owned(),
        Some(407) => "check the proxy's credentials".to_owned(),
        Some(429) => match error
            .retry_after()
            .filter(|_| error.stopped_by() != Some(Stop::Time))
        {
            Some(wait) => format!("send again later (the API asks to wait {wait:?})"),
            None => "send again later".to_owned(),
        },
        _ => "correct the request before sending it again".to_owned(),
    }
}

/// What only a program can use.
fn settings(error: &Error, in_rust: &mut Vec<String>) {
    let inner = &*error.0;
    match inner.kind {
        ErrorKind::Expired => in_rust.push("any_age sends it all the same".to_owned()),
        ErrorKind::BodyTooLarge => in_rust.push("body_limit raises the limit".to_owned()),
        _ => {}
    }
    in_rust.extend(inner.in_rust.map(str::to_owned));
    if inner.outcome == Outcome::Refused
        && visible_offset(error).is_some()
        && error.status() == Some(StatusCode::UNAUTHORIZED)
    {
        in_rust.push("CallOptions::mend_clock signs by the API's time".to_owned());
    }
    let has_detail = inner
        .api_error
        .as_ref()
        .is_some_and(|api_error| api_error.detail.is_some());
    if has_detail && !shows_detail(inner) {
        in_rust.push("the API's own words are in api_error()".to_owned());
    }
}

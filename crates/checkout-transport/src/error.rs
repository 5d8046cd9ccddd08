//! The one error of everything that calls an API.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use checkout_core::utf8::without_mark;
use checkout_core::{Hint, Idempotency, Operation, Violations};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;

use crate::answer::Answer;
use crate::retry::Stop;
use crate::wire::BoxError;
use crate::{ApiError, BaseUrlError, CodingError, DecodeError, ErrorKind, Outcome, PreparedRequest, Receipt};

mod display;
mod parts;

pub use parts::ErrorParts;

/// Why a call failed, what the API said about it, and whether money may have moved.
///
/// ```
/// use checkout_transport::{Error, Outcome};
///
/// fn on_failure(error: &Error) -> &'static str {
///     match error.outcome() {
///         Outcome::NotSent => "nothing left this machine: correct the cause and send again",
///         Outcome::Refused => "the API declined this attempt: correct the request, or show the reason",
///         Outcome::Unknown if error.moves_money() => "ask again with the same Nonce before anything else",
///         Outcome::Unknown => "it may have taken effect; no money moves by it",
///     }
/// }
/// ```
///
/// `Display` is one line: operation, what happened, why, what became of the money, what to do next, and the ids by which
/// support and a repeat find the request. [`parts`](Self::parts) has them one by one. The API's explanation may quote a person's data, so that it is shown for 401
/// and 403 alone, where it is about keys and permissions (at most 200 characters, control characters escaped,
/// credentials of the request removed); of all others it stays in [`api_error`](Self::api_error). Neither `Display` nor
/// `Debug` shows a body or a header that is not on a short list of harmless ones.
///
/// One pointer in size, so that a `Result` stays cheap.
pub struct Error(Box<Inner>);

const _: () = assert!(
    size_of::<Error>() == size_of::<usize>(),
    "errors are passed by value"
);

struct Inner {
    kind: ErrorKind,
    outcome: Outcome,
    operation: Option<&'static Operation>,
    api: Option<&'static str>,
    message: Option<Cow<'static, str>>,
    in_rust: Option<&'static str>,
    violations: Option<Violations>,
    answer: Option<Answer>,
    api_error: Option<ApiError>,
    idempotency_key: Option<String>,
    details: Vec<(&'static str, String)>,
    prepared: Option<PreparedRequest>,
    receipt: Option<Receipt>,
    /// Why there was no other attempt.
    stop: Option<Stop>,
    elapsed: Option<Duration>,
    source: Option<BoxError>,
}

impl Error {
    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is known about the request's effect, joined over all its attempts: those of this call, and those of earlier
    /// calls with the same [`Prepared`](crate::Prepared). An answer outside 2xx is judged by its status even if its body
    /// was cut or unreadable: the status is the verdict, the body merely explains it.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Whether the operation moves money when it succeeds. `false` when no operation was involved.
    #[must_use]
    pub fn moves_money(&self) -> bool {
        self.operation().is_some_and(|operation| operation.moves_money)
    }

    /// The operation moves money and its outcome is unknown. Never pay anew while this is true: repeat the same
    /// request with the same Nonce or idempotence key, or ask the API.
    #[must_use]
    pub fn money_may_have_moved(&self) -> bool {
        self.moves_money() && self.outcome() == Outcome::Unknown
    }

    /// The operation that was called, if it came so far.
    #[must_use]
    pub fn operation(&self) -> Option<&'static Operation> {
        self.0.operation
    }

    /// The HTTP status, if an answer came.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.answer.as_ref().map(|answer| answer.status)
    }

    /// The headers of the answer, if one came.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.answer.as_ref().map(|answer| &answer.headers)
    }

    /// The body of the answer, as much of it as arrived within the transport's limit: decompressed, or as it came if that
    /// cannot be done (see [`coding_error`](Self::coding_error)). It may hold personal data.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.0.answer.as_ref().map(|answer| &answer.body)
    }

    /// What the API says, as far as it could be read.
    #[must_use]
    pub fn api_error(&self) -> Option<&ApiError> {
        self.0.api_error.as_ref()
    }

    /// The body in the API's own error type; `None` if it does not fit or there is none.
    #[must_use]
    pub fn decode_api_error<E: DeserializeOwned>(&self) -> Option<E> {
        serde_json::from_slice(without_mark(self.body()?)).ok()
    }

    /// The provider's reference of the request, from a header or from the body. Support will ask for it.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.0.answer.as_ref()?.reference.as_deref()
    }

    /// The key under which to send the same request again: the `Nonce` of its body, or its header
    /// `X-GCS-Idempotence-Key`. Store it with the order: a repeat with another key is a second payment.
    ///
    /// Every error of a request that was formed has it, given or made. `None` if the operation has no such key, if the
    /// request carried none, or if none was formed.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.idempotency_key.as_deref()
    }

    /// What else finds this request again, by the API's own names: `ExternalID`.
    #[must_use]
    pub fn details(&self) -> &[(&'static str, String)] {
        &self.0.details
    }

    /// The request itself: an unknown outcome is asked again with it, now or after a restart, and the API acts once. `None`
    /// if none was formed. [`typed`](PreparedRequest::typed) makes it one that a client sends.
    #[must_use]
    pub fn prepared(&self) -> Option<&PreparedRequest> {
        self.0.prepared.as_ref()
    }

    /// What became of each attempt; `None` if no request was formed.
    #[must_use]
    pub fn receipt(&self) -> Option<&Receipt> {
        self.0.receipt.as_ref()
    }

    /// Whether the same request may well fare better later, and may safely be sent again: [`prepared`](Self::prepared)
    /// holds it. Only this call stopped: for want of attempts, time or budget, or since it could not tell that a repeat is
    /// safe.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let stopped = [Stop::Attempts, Stop::Time, Stop::Budget, Stop::Unsafe];
        let may_fare_better = self.0.stop.is_some_and(|stop| stopped.contains(&stop));
        let is_recognised = self.prepared().is_some_and(PreparedRequest::is_recognised);
        may_fare_better && (is_recognised || self.outcome() != Outcome::Unknown)
    }

    /// Why the call made no other attempt; `None` if it came to none.
    #[must_use]
    pub fn stopped_by(&self) -> Option<Stop> {
        self.0.stop
    }

    /// How long the API asked to wait before the next attempt, in its last answer.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.receipt()?.attempts.last()?.retry_after
    }

    /// How many seconds the API's clock is ahead of this machine's, by its last answer; negative if it is behind.
    #[must_use]
    pub fn clock_offset(&self) -> Option<i64> {
        self.receipt()?.attempts.last()?.clock_offset
    }

    /// The broken rules of an invalid request, or the contradictions of a [`ErrorKind::Mismatch`].
    #[must_use]
    pub fn violations(&self) -> Option<&Violations> {
        self.0.violations.as_ref()
    }

    /// Where the body of an [`ErrorKind::Undecodable`] does not fit.
    #[must_use]
    pub fn decode_error(&self) -> Option<&DecodeError> {
        self.0.source.as_ref()?.downcast_ref()
    }

    /// What the documents of the API say to do about this answer to this operation; `None` if they say nothing, or if there was
    /// no answer.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        let status = self.status().filter(|status| !status.is_success())?;
        let said = self.api_error().map(ApiError::answers).into_iter().flatten();
        self.operation()?.hint(said.chain([status.as_str()]))
    }

    /// The error in words, part by part, for whoever shows it in another form than one line.
    ///
    /// ```
    /// use checkout_transport::Error;
    ///
    /// let parts = Error::configuration("the base URL is empty").parts();
    /// assert_eq!(parts.what, "wrong configuration");
    /// assert_eq!(parts.why, ["the base URL is empty"]);
    /// assert_eq!(parts.money, "nothing was sent");
    /// ```
    #[must_use]
    pub fn parts(&self) -> ErrorParts {
        parts::of(self)
    }

    /// Why the body of the answer cannot be decompressed; [`body`](Self::body) has the bytes as they came.
    #[must_use]
    pub fn coding_error(&self) -> Option<&CodingError> {
        self.0.source.as_ref()?.downcast_ref()
    }

    /// How long the call took, waits included; `None` if nothing was attempted.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.0.elapsed
    }
}

/// For those who build on the transport.
impl Error {
    /// A request that breaks rules of the spec and is not sent.
    #[must_use]
    pub fn invalid_request(operation: &'static Operation, violations: Violations) -> Self {
        Self::not_sent(ErrorKind::InvalidRequest)
            .with_operation(operation)
            .with_violations(violations)
    }

    /// A setting that is wrong, in words that say what to do. The text goes into logs: it must not hold a secret.
    #[must_use]
    pub fn configuration(message: impl Into<Cow<'static, str>>) -> Self {
        Self::not_sent(ErrorKind::Configuration).with_message(message)
    }

    /// The same with its cause, whose text goes into logs too.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same with what is known of the request as a whole, where this error alone would promise too much.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.0.outcome = outcome;
        self
    }

    /// The same, naming the operation that was to be called.
    #[must_use]
    pub fn with_operation(mut self, operation: &'static Operation) -> Self {
        self.0.operation = Some(operation);
        self
    }

    /// The same with one more of the [`details`](Self::details) by which the caller finds the request again. It goes
    /// into logs: neither a secret nor a person's data.
    #[must_use]
    pub fn with_detail(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.details.push((name, value.into()));
        self
    }

    pub(crate) fn not_sent(kind: ErrorKind) -> Self {
        Self::new(kind, Outcome::NotSent)
    }

    pub(crate) fn unknown(kind: ErrorKind) -> Self {
        Self::new(kind, Outcome::Unknown)
    }

    pub(crate) fn new(kind: ErrorKind, outcome: Outcome) -> Self {
        Self(Box::new(Inner {
            kind,
            outcome,
            operation: None,
            api: None,
            message: None,
            in_rust: None,
            violations: None,
            answer: None,
            api_error: None,
            idempotency_key: None,
            details: Vec::new(),
            prepared: None,
            receipt: None,
            stop: None,
            elapsed: None,
            source: None,
        }))
    }

    pub(crate) fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.message = Some(message.into());
        self
    }

    /// The same with what a program can do about it, by a method or setting of this library.
    pub(crate) fn with_remedy(mut self, in_rust: &'static str) -> Self {
        self.0.in_rust = Some(in_rust);
        self
    }

    pub(crate) fn with_violations(mut self, violations: Violations) -> Self {
        self.0.violations = Some(violations);
        self
    }

    pub(crate) fn with_api(mut self, api: &'static str) -> Self {
        self.0.api = Some(api);
        self
    }

    /// Of an error that came of sending this request.
    pub(crate) fn with_request(mut self, prepared: PreparedRequest) -> Self {
        self.0.operation = Some(prepared.operation());
        self.0.idempotency_key = prepared.idempotency_key().map(str::to_owned);
        self.0.prepared = Some(prepared);
        self
    }

    /// Of an error that ends a call.
    pub(crate) fn with_receipt(mut self, receipt: Receipt, stop: Option<Stop>, elapsed: Duration) -> Self {
        self.0.receipt = Some(receipt);
        self.0.stop = stop;
        self.0.elapsed = Some(elapsed);
        self
    }

    /// The same with what is known of the request as a whole. A read changes nothing, however often it was sent.
    pub(crate) fn joined(self, prepared: &PreparedRequest) -> Self {
        if prepared.operation().idempotency == Idempotency::Read {
            return self;
        }
        let outcome = self.outcome().join(prepared.outcome());
        self.with_outcome(outcome)
    }

    pub(crate) fn with_api_error(mut self, error: Option<ApiError>) -> Self {
        self.0.api_error = error;
        self
    }

    pub(crate) fn with_answer(mut self, answer: Answer) -> Self {
        self.0.answer = Some(answer);
        self
    }

    pub(crate) fn with_idempotency_key(mut self, key: Option<String>) -> Self {
        self.0.idempotency_key = key;
        self
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display::debug(&self.0, f)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{}: ", operation.id)?;
        }
        self.parts().fmt(f)
    }
}

impl From<BaseUrlError> for Error {
    fn from(error: BaseUrlError) -> Self {
        Self::not_sent(ErrorKind::Configuration).with_source(error)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

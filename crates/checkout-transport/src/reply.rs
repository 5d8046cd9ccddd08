//! Successful answers.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use checkout_core::impl_debug;
use checkout_core::received::{Json, ReadError, Receive};
use checkout_core::{Operation, Violations};
use http::{HeaderMap, StatusCode};

use crate::answer::Answer;
use crate::decode::receive;
use crate::headers::Visible;
use crate::retry::Stop;
use crate::text::{Bounded, NAME, Word};
use crate::{Attempt, Error, ErrorKind, PreparedRequest, Receipt};

/// A 2xx answer with its body read in full and not yet decoded.
pub struct Reply {
    pub(crate) prepared: PreparedRequest,
    pub(crate) api: &'static str,
    pub(crate) answer: Answer,
    pub(crate) attempts: Vec<Attempt>,
    /// Of these attempts, once somebody asks for it.
    pub(crate) receipt: OnceLock<Receipt>,
    pub(crate) elapsed: Duration,
}

impl Reply {
    /// The HTTP status, always 2xx.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.answer.status
    }

    /// All headers of the answer as they came, `Content-Encoding` and `Content-Length` too.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.answer.headers
    }

    /// The body's bytes, decompressed; the coding that was taken off is in the [`receipt`](Self::receipt).
    #[must_use]
    pub const fn body(&self) -> &Bytes {
        &self.answer.body
    }

    /// The operation that was called.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.prepared.operation()
    }

    /// The request that was answered.
    #[must_use]
    pub const fn prepared(&self) -> &PreparedRequest {
        &self.prepared
    }

    /// What became of each attempt; the last one was answered.
    #[must_use]
    pub fn receipt(&self) -> &Receipt {
        self.receipt
            .get_or_init(|| self.prepared.receipt(self.attempts.clone()))
    }

    /// The provider's reference of the request, if it gave one.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.answer.reference.as_deref()
    }

    /// The key by which the API knows a repeat of this request: the `Nonce` of its body, or its header
    /// `X-GCS-Idempotence-Key`. `None` if the operation has none, or the request carried none.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.prepared.idempotency_key()
    }

    /// How long the call took: from before the first attempt to the last byte received, waits included.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Decodes the body as a type of an API that is described, whose fields are read one by one: see
    /// [`Response::unreadable`]. `()` takes any body, an empty one included. Where a success of one status has a body and of
    /// another has none, the status says whether there must be one ([`Operation::has_body`]).
    ///
    /// # Errors
    /// [`ErrorKind::Undecodable`] with the JSON pointer of what is missing or wrong, and with status, headers and raw body. The
    /// API has acted: the outcome is unknown, not refused.
    pub fn receive<T: Receive + 'static>(self) -> Result<Response<T>, Error> {
        match receive(self.body(), self.operation().has_body(self.status().as_u16())) {
            Ok((value, unread)) => Ok(Response {
                value,
                unread,
                reply: self,
            }),
            Err(source) => Err(Error::from_reply(ErrorKind::Undecodable, self).with_source(source)),
        }
    }
}

impl Error {
    /// A success that is of no use. The API has acted, so its outcome is unknown.
    pub(crate) fn from_reply(kind: ErrorKind, reply: Reply) -> Self {
        let Reply {
            prepared,
            api,
            answer,
            attempts,
            elapsed,
            ..
        } = reply;
        let receipt = prepared.receipt(attempts);
        Self::unknown(kind)
            .with_answer(answer)
            .with_request(prepared)
            .with_api(api)
            .with_receipt(receipt, Some(Stop::Pointless), elapsed)
    }
}

impl_debug!(Reply: self => {
    operation: self.operation().id,
    status: self.status(),
    reference: self.reference().map(Word),
    idempotency_key: self.idempotency_key().map(|key| Bounded::new(key, NAME)),
    headers: Visible(self.headers()),
    body_bytes: self.body().len(),
    attempts: self.attempts.len(),
    elapsed: self.elapsed,
});

/// A decoded answer, with the answer it was decoded from. Dereferences to the value.
///
/// `Debug` shows neither the value nor the body: both hold customers' data.
pub struct Response<T> {
    value: T,
    unread: Vec<ReadError>,
    reply: Reply,
}

impl<T> Response<T> {
    /// The body as it came, save for compression, so that nothing is lost that the type does not know.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        self.reply.body()
    }

    /// The body as JSON, by [`Json::to_value`]; `null` if it is empty or was decoded as `()` and is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        Json::parse(self.raw()).map_or(serde_json::Value::Null, |json| json.to_value())
    }

    /// What came and could not be read, each with its place. The field that has it says so too
    /// ([`Received::Unreadable`](checkout_core::Received)); nothing else of the answer is lost for it.
    #[must_use]
    pub fn unreadable(&self) -> &[ReadError] {
        &self.unread
    }

    /// The HTTP status, always 2xx.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.reply.status()
    }

    /// All headers of the answer.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        self.reply.headers()
    }

    /// The provider's reference of the request, if it gave one.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reply.reference()
    }

    /// The operation that was called.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.reply.operation()
    }

    /// See [`Reply::prepared`].
    #[must_use]
    pub const fn prepared(&self) -> &PreparedRequest {
        self.reply.prepared()
    }

    /// See [`Reply::receipt`].
    #[must_use]
    pub fn receipt(&self) -> &Receipt {
        self.reply.receipt()
    }

    /// See [`Reply::idempotency_key`].
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.reply.idempotency_key()
    }

    /// See [`Reply::elapsed`].
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.reply.elapsed()
    }

    /// The value alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The value and the answer it was decoded from.
    #[must_use]
    pub fn into_parts(self) -> (T, Reply) {
        (self.value, self.reply)
    }

    /// The same answer with another view of its value.
    #[must_use]
    pub fn map<U>(self, view: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            value: view(self.value),
            unread: self.unread,
            reply: self.reply,
        }
    }

    /// The same answer as plain JSON: see [`json`](Self::json).
    #[must_use]
    pub fn into_json(self) -> Response<serde_json::Value> {
        let json = self.json();
        self.map(|_| json)
    }

    /// Turns an answer that contradicts what was asked into an error with all that the answer holds, e.g. when its
    /// amount or currency is not the one sent.
    #[must_use]
    pub fn into_mismatch(self, violations: Violations) -> Error {
        Error::from_reply(ErrorKind::Mismatch, self.reply).with_violations(violations)
    }
}

impl<T> Deref for Response<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> AsRef<T> for Response<T> {
    fn as_ref(&self) -> &T {
        &self.value
    }
}

impl<T> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("reply", &self.reply)
            .finish_non_exhaustive()
    }
}

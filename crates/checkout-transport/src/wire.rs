//! The network behind one method, so that tests can put a script in its place.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A boxed future, as object-safe traits need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Any error that can cross threads.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Carries one finished request to the API and brings the head of the answer.
///
/// An implementation sends the request exactly as it is and exactly once: it follows no redirect, repeats nothing
/// and adds no header that a signature could cover. It hands the body over as it came, or takes away `Content-Encoding`
/// with the compression. [`ReqwestWire`](crate::ReqwestWire) is the real one.
pub trait Wire: Send + Sync + 'static {
    /// Sends the request, and gives up if there is no connection by `connect`. The future ends when the answer's headers
    /// are in; the body is still to be read.
    fn send(
        &self,
        request: reqwest::Request,
        connect: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>>;
}

impl<W: Wire + ?Sized> Wire for Arc<W> {
    fn send(
        &self,
        request: reqwest::Request,
        connect: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        (**self).send(request, connect)
    }
}

/// Why no answer came.
///
/// The kind decides whether money may have moved, so [`Connect`](WireErrorKind::Connect) is a promise.
#[derive(Debug)]
pub struct WireError {
    kind: WireErrorKind,
    source: BoxError,
}

/// How far a request got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WireErrorKind {
    /// The wire cannot carry such a request; nothing was sent.
    Request,
    /// No connection came about, so that not a byte of the request was sent.
    Connect,
    /// The same, because the time for connecting ran out.
    ConnectTimeout,
    /// The wire's own time limit ran out after the connection stood.
    Timeout,
    /// Anything else: the request may have left, in part or whole.
    Interrupted,
}

impl WireError {
    /// An error of this kind. The source's text goes into logs: it must not hold a secret.
    pub fn new(kind: WireErrorKind, source: impl Into<BoxError>) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }

    /// How far the request got.
    #[must_use]
    pub const fn kind(&self) -> WireErrorKind {
        self.kind
    }

    pub(crate) fn into_source(self) -> BoxError {
        self.source
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            WireErrorKind::Request => "the request cannot be sent",
            WireErrorKind::Connect => "no connection",
            WireErrorKind::ConnectTimeout => "no connection in time",
            WireErrorKind::Timeout => "no answer in time",
            WireErrorKind::Interrupted => "the connection was cut",
        })
    }
}

impl std::error::Error for WireError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

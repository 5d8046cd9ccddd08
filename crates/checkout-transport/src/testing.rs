//! A wire that plays a script: for tests of whatever stands on the transport.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use reqwest::Url;
use tokio::time::Instant;

use crate::wire::BoxFuture;
use crate::{Wire, WireError, WireErrorKind};

/// Answers each request with the next step of a script and keeps what was sent. Clones share script and record.
///
/// With tokio's paused time every delay is exact and takes no time.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use checkout_core::{Idempotency, Operation};
/// use checkout_transport::testing::{ScriptedWire, Step};
/// use checkout_transport::{Transport, Unauthenticated};
///
/// static PING: Operation = Operation::new("ping", "GET", "/ping", "test", Idempotency::Read, false);
///
/// let wire = ScriptedWire::new([Step::respond(200).body(r#"{"result":"OK"}"#)]);
/// let transport = Transport::builder().wire(wire.clone()).authenticator(Unauthenticated).build()?;
/// let request = reqwest::Request::new(http::Method::GET, "http://localhost/ping".parse()?);
///
/// let pong = transport.send(&PING, request).await?.receive::<serde_json::Value>()?;
/// assert_eq!(pong["result"], "OK");
/// assert_eq!(wire.sent()[0].url.path(), "/ping");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct ScriptedWire(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    steps: VecDeque<Step>,
    sent: Vec<Sent>,
}

/// A request as it reached the wire.
#[derive(Clone)]
#[non_exhaustive]
pub struct Sent {
    /// As sent.
    pub method: Method,
    /// As sent.
    pub url: Url,
    /// As sent, credentials included.
    pub headers: HeaderMap,
    /// The bytes of the body; empty if there was none.
    pub body: Bytes,
    /// When, by the runtime's clock.
    pub at: Instant,
}

/// What happens to one request.
#[derive(Debug, Clone)]
pub struct Step {
    delay: Duration,
    action: Action,
}

#[derive(Debug, Clone)]
enum Action {
    Fail(WireErrorKind),
    Hang,
    Respond(Script),
}

#[derive(Debug, Clone)]
struct Script {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    end: End,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Whole,
    Cut(usize),
    Stall(usize),
}

impl Step {
    /// An answer with this status and an empty body.
    ///
    /// # Panics
    /// For a number that is no HTTP status.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "a wrong script is a fault of the test that holds it"
    )]
    pub fn respond(status: u16) -> Self {
        let status = StatusCode::from_u16(status).expect("an HTTP status");
        let script = Script {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            end: End::Whole,
        };
        Self {
            delay: Duration::ZERO,
            action: Action::Respond(script),
        }
    }

    /// The request is taken and the connection cut before an answer.
    #[must_use]
    pub const fn cut() -> Self {
        Self::fail(WireErrorKind::Interrupted)
    }

    /// No connection comes about.
    #[must_use]
    pub const fn refuse_connection() -> Self {
        Self::fail(WireErrorKind::Connect)
    }

    /// No connection comes about in the time for connecting. Add that time with [`after`](Self::after).
    #[must_use]
    pub const fn connect_timeout() -> Self {
        Self::fail(WireErrorKind::ConnectTimeout)
    }

    /// The wire fails in this way.
    #[must_use]
    pub const fn fail(kind: WireErrorKind) -> Self {
        Self {
            delay: Duration::ZERO,
            action: Action::Fail(kind),
        }
    }

    /// The request is taken and nothing ever comes back.
    #[must_use]
    pub const fn hang() -> Self {
        Self {
            delay: Duration::ZERO,
            action: Action::Hang,
        }
    }

    /// The step takes place so much later.
    #[must_use]
    pub const fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Adds a header to the answer.
    ///
    /// # Panics
    /// If the name or the value cannot stand in a header.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "a wrong script is a fault of the test that holds it"
    )]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a header name");
        let value: HeaderValue = value.parse().expect("a header value");
        if let Action::Respond(script) = &mut self.action {
            script.headers.append(name, value);
        }
        self
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        if let Action::Respond(script) = &mut self.action {
            script.body = body.into();
        }
        self
    }

    /// The connection is cut after so many bytes of the body.
    #[must_use]
    pub const fn cut_body_after(self, bytes: usize) -> Self {
        self.end(End::Cut(bytes))
    }

    /// Nothing more comes after so many bytes of the body.
    #[must_use]
    pub const fn stall_body_after(self, bytes: usize) -> Self {
        self.end(End::Stall(bytes))
    }

    const fn end(mut self, end: End) -> Self {
        if let Action::Respond(script) = &mut self.action {
            script.end = end;
        }
        self
    }
}

impl ScriptedWire {
    /// A wire with these steps. A request beyond the last is cut, and says so.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let state = State {
            steps: steps.into_iter().collect(),
            sent: Vec::new(),
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Everything that was sent so far, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.state().sent.clone()
    }

    /// How many steps are left.
    #[must_use]
    pub fn steps_left(&self) -> usize {
        self.state().steps.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, request: &reqwest::Request) -> (usize, Option<Step>) {
        let body = request
            .body()
            .and_then(reqwest::Body::as_bytes)
            .unwrap_or_default();
        let sent = Sent {
            method: request.method().clone(),
            url: request.url().clone(),
            headers: request.headers().clone(),
            body: Bytes::copy_from_slice(body),
            at: Instant::now(),
        };
        let mut state = self.state();
        let number = state.sent.len();
        state.sent.push(sent);
        (number, state.steps.pop_front())
    }

    /// Reads a stream to its end, as a server does, and not only as far as its length.
    async fn read(&self, number: usize, body: reqwest::Body) -> Result<(), WireError> {
        let body = reqwest::Response::from(http::Response::new(body)).bytes().await;
        let body = body.map_err(|error| WireError::new(WireErrorKind::Interrupted, error))?;
        if let Some(sent) = self.state().sent.get_mut(number) {
            sent.body = body;
        }
        Ok(())
    }
}

impl Wire for ScriptedWire {
    fn send(
        &self,
        mut request: reqwest::Request,
        _: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        let (number, step) = self.take(&request);
        let stream = request.body_mut().take();
        Box::pin(async move {
            if let Some(stream) = stream.filter(|body| body.as_bytes().is_none()) {
                self.read(number, stream).await?;
            }
            let step = step
                .ok_or_else(|| WireError::new(WireErrorKind::Interrupted, "the script has no step left"))?;
            tokio::time::sleep(step.delay).await;
            match step.action {
                Action::Fail(kind) => Err(WireError::new(kind, "scripted failure")),
                Action::Hang => std::future::pending().await,
                Action::Respond(script) => Ok(script.into_response()),
            }
        })
    }
}

impl Script {
    fn into_response(self) -> reqwest::Response {
        let bytes = match self.end {
            End::Whole => self.body,
            End::Cut(count) | End::Stall(count) => self.body.slice(..count.min(self.body.len())),
        };
        let body = ScriptedBody {
            bytes: Some(bytes).filter(|bytes| !bytes.is_empty()),
            end: self.end,
        };
        let mut response = http::Response::new(reqwest::Body::wrap(body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response.into()
    }
}

/// One piece, then the end that the script wants.
struct ScriptedBody {
    bytes: Option<Bytes>,
    end: End,
}

impl http_body::Body for ScriptedBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(http_body::Frame::data(bytes))));
        }
        match self.end {
            End::Whole => Poll::Ready(None),
            End::Cut(_) => Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionReset.into()))),
            // Nobody wakes this up: the transport's own deadline has to.
            End::Stall(_) => Poll::Pending,
        }
    }
}

impl fmt::Debug for ScriptedWire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("ScriptedWire")
            .field("steps_left", &state.steps.len())
            .field("sent", &state.sent)
            .finish()
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} ({} bytes)",
            self.method,
            self.url.path(),
            self.body.len()
        )
    }
}

//! What generated clients send through.

use std::fmt;
use std::sync::Arc;

use checkout_core::Operation;
use http::HeaderValue;
use tokio::time::Instant;

use crate::attempt::{attempt, later};
use crate::reqwest_wire::Builders;
use crate::{ApiProfile, Authenticator, Error, PlainApi, Reply, Timeouts, Wire};
use checkout_core::clock::{Clock, SystemClock};

/// Signs requests, sends them once, reads the answers.
///
/// Cheap to clone; clones share the connection pool. Dropping the future of a call gives the call up and leaves
/// nothing running, but the request may have left: the outcome of a dropped call is unknown.
///
/// ```
/// use checkout_transport::{Timeouts, Transport, Unauthenticated};
/// use std::time::Duration;
///
/// let transport = Transport::builder()
///     .authenticator(Unauthenticated)
///     .timeouts(Timeouts::DEFAULT.with_attempt(Duration::from_secs(10)))
///     .user_agent("shop/2.1")
///     .build()?;
/// # Ok::<(), checkout_transport::Error>(())
/// ```
#[derive(Clone)]
pub struct Transport {
    shared: Arc<Shared>,
}

/// Everything an attempt needs.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) wire: Arc<dyn Wire>,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) api: Arc<dyn ApiProfile>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timeouts: Timeouts,
    pub(crate) body_limit: usize,
    pub(crate) user_agent: HeaderValue,
}

/// The largest body that is read unless told otherwise. The APIs' answers are a few KiB and their longest lists some
/// hundred; 1 MiB leaves room and still keeps whoever answers from filling the memory.
const BODY_LIMIT: usize = 1024 * 1024;

const USER_AGENT: &str = concat!("hosted-checkout/", env!("CARGO_PKG_VERSION"));

impl Transport {
    /// A transport to be set up. Only [`authenticator`](TransportBuilder::authenticator) has no default.
    pub fn builder() -> TransportBuilder {
        TransportBuilder {
            wire: None,
            client: None,
            authenticator: None,
            api: Arc::new(PlainApi),
            clock: Arc::new(SystemClock),
            timeouts: Timeouts::DEFAULT,
            body_limit: BODY_LIMIT,
            user_agent: None,
        }
    }

    /// Sends a request of this operation: one attempt. Any 2xx is a success.
    ///
    /// The request leaves as it is, save that progenitor's `api-version` header is removed, `User-Agent` is set,
    /// `Accept` is set where absent, and the authenticator's headers are added. It is not sent at all if it is not
    /// http(s), if its method or the end of its path is not that of the operation (a path parameter such as `..`
    /// rewrites the path; [`formed`](crate::generated::formed), which knows the base URL, checks the whole of it), or if
    /// its body is a stream.
    ///
    /// # Errors
    /// Everything that [`ErrorKind`](crate::ErrorKind) lists but `Undecodable` and `Mismatch`.
    pub async fn send(
        &self,
        operation: &'static Operation,
        request: reqwest::Request,
    ) -> Result<Reply, Error> {
        let deadline = later(Instant::now(), self.shared.timeouts.total);
        attempt(&self.shared, operation, request, deadline).await
    }

    /// The same transport, connections included, with other credentials, e.g. those of a client session.
    #[must_use]
    pub fn with_authenticator(&self, authenticator: impl Authenticator) -> Self {
        let authenticator: Arc<dyn Authenticator> = Arc::new(authenticator);
        Self {
            shared: Arc::new(Shared {
                authenticator,
                ..(*self.shared).clone()
            }),
        }
    }

    /// The same transport, connections included, with other limits for the calls made through it. The time for
    /// connecting stays that of the wire.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a limit of zero.
    pub fn with_timeouts(&self, timeouts: Timeouts) -> Result<Self, Error> {
        check(timeouts)?;
        Ok(Self {
            shared: Arc::new(Shared {
                timeouts,
                ..(*self.shared).clone()
            }),
        })
    }

    /// The limits on the time of a call.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        self.shared.timeouts
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("api", &self.shared.api.name())
            .field("timeouts", &self.shared.timeouts)
            .field("body_limit", &self.shared.body_limit)
            .field("user_agent", &self.shared.user_agent)
            .finish_non_exhaustive()
    }
}

/// Sets up a [`Transport`].
#[must_use]
pub struct TransportBuilder {
    wire: Option<Arc<dyn Wire>>,
    client: Option<Builders>,
    authenticator: Option<Arc<dyn Authenticator>>,
    api: Arc<dyn ApiProfile>,
    clock: Arc<dyn Clock>,
    timeouts: Timeouts,
    body_limit: usize,
    user_agent: Option<String>,
}

impl TransportBuilder {
    /// What carries the requests, in place of a [`ReqwestWire`](crate::ReqwestWire).
    pub fn wire(mut self, wire: impl Wire) -> Self {
        self.wire = Some(Arc::new(wire));
        self
    }

    /// Proxy, TLS, DNS and pool settings for the [`ReqwestWire`](crate::ReqwestWire) that this makes; see
    /// [`ReqwestWire::from_builder`](crate::ReqwestWire::from_builder). A wire set by [`wire`](Self::wire) goes first.
    pub fn client_builder(mut self, builder: impl FnMut() -> reqwest::ClientBuilder) -> Self {
        self.client = Some(Builders::new(builder));
        self
    }

    /// Who signs. An API without credentials takes [`Unauthenticated`](crate::Unauthenticated).
    pub fn authenticator(mut self, authenticator: impl Authenticator) -> Self {
        self.authenticator = Some(Arc::new(authenticator));
        self
    }

    /// How the API words its errors; [`PlainApi`] unless set.
    pub fn api(mut self, api: impl ApiProfile) -> Self {
        self.api = Arc::new(api);
        self
    }

    /// The clock by which requests are signed; the machine's unless set. Timeouts run by the runtime's own clock.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The limits on time; [`Timeouts::DEFAULT`] unless set.
    pub const fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The largest body that is read, in bytes; 1 MiB unless set. Answers are a few KiB, lists some hundred; the limit
    /// keeps whoever answers from filling the memory.
    pub const fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The `User-Agent`; `hosted-checkout/<version>` unless set.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// The transport.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a missing authenticator, a time limit of
    /// zero, a user agent that is no header value, or TLS settings that do not work.
    pub fn build(self) -> Result<Transport, Error> {
        check(self.timeouts)?;
        let authenticator = self.authenticator.ok_or_else(|| {
            Error::configuration("no authenticator is set; an API without credentials takes Unauthenticated")
        })?;
        let user_agent = match self.user_agent {
            None => HeaderValue::from_static(USER_AGENT),
            Some(text) => HeaderValue::from_str(&text).map_err(|_| {
                Error::configuration("the user agent holds characters that no header may hold")
            })?,
        };
        let wire = match self.wire {
            Some(wire) => wire,
            None => {
                let builders = self
                    .client
                    .unwrap_or_else(|| Builders::new(reqwest::Client::builder));
                Arc::new(builders.build(self.timeouts)?)
            }
        };
        let shared = Shared {
            wire,
            authenticator,
            api: self.api,
            clock: self.clock,
            timeouts: self.timeouts,
            body_limit: self.body_limit,
            user_agent,
        };
        Ok(Transport {
            shared: Arc::new(shared),
        })
    }
}

impl fmt::Debug for TransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportBuilder")
            .field("api", &self.api.name())
            .field("timeouts", &self.timeouts)
            .field("body_limit", &self.body_limit)
            .finish_non_exhaustive()
    }
}

fn check(timeouts: Timeouts) -> Result<(), Error> {
    match timeouts.zero() {
        None => Ok(()),
        Some(name) => Err(Error::configuration(format!(
            "the {name} timeout is zero, which no call can keep"
        ))),
    }
}

//! What generated clients send through.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use checkout_core::Operation;
use checkout_core::clock::{Clock, SystemClock};
use checkout_core::impl_debug;
use http::HeaderValue;

use crate::call::call;
use crate::reqwest_wire::Builders;
use crate::shared::{Random, Shared, Sleep};
use crate::{
    Account, ApiProfile, Authenticator, BoxFuture, CallOptions, Error, PlainApi, PreparedRequest, Reply,
    RetryBudget, Timeouts, Wire,
};

/// Signs requests, sends them, again where that is safe, and reads the answers.
///
/// Cheap to clone; clones share the connection pool and the [`RetryBudget`]. Dropping the future of a call gives the call
/// up and leaves nothing running, but the request may have left: the outcome of a dropped call is unknown.
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
            sleep: Arc::new(|wait| Box::pin(tokio::time::sleep(wait))),
            random: Arc::new(|| fastrand::u64(..)),
            budget: RetryBudget::default(),
            options: CallOptions::DEFAULT,
            body_limit: BODY_LIMIT,
            user_agent: None,
        }
    }

    /// Sends a request of this operation. Any 2xx is a success.
    ///
    /// The request leaves as it is, save that `User-Agent` is set, `Accept` and `Accept-Encoding` are set where absent, and the authenticator's headers are added. It is not sent at all if it is not
    /// http(s), if its method or the end of its path is not that of the operation (a path parameter such as `..`
    /// rewrites the path; [`prepare`](crate::client::prepare), which knows the base URL, checks the whole of it), or if
    /// its body is a stream.
    ///
    /// # Errors
    /// Everything that [`ErrorKind`](crate::ErrorKind) lists but `Undecodable` and `Mismatch`.
    pub async fn send(
        &self,
        operation: &'static Operation,
        request: reqwest::Request,
    ) -> Result<Reply, Error> {
        let prepared = PreparedRequest::of_unknown_base(operation, &request, self.now(), self.account())
            .map_err(|error| error.with_api(self.shared.api.name()))?;
        self.send_prepared(&prepared).await
    }

    /// Sends a prepared request, as often as [`CallOptions`] allow: each attempt over the same bytes with the same Nonce or
    /// idempotence key, and signed afresh. It goes to the base URL that it was made for: a client that works elsewhere
    /// refuses it beforehand, as [`client::reply`](crate::client::reply) does.
    ///
    /// # Errors
    /// As for [`send`](Self::send), [`ErrorKind::Expired`](crate::ErrorKind::Expired) for a request that is too old, and
    /// [`ErrorKind::OtherAccount`](crate::ErrorKind::OtherAccount) for one of another account.
    pub async fn send_prepared(&self, prepared: &PreparedRequest) -> Result<Reply, Error> {
        call(&self.shared, prepared).await
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The time by this transport's clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.shared.clock.now()
    }

    /// Whose credentials it sends with, if they say.
    pub(crate) fn account(&self) -> Option<&Account> {
        self.shared.authenticator.account()
    }

    /// What the API is called in errors.
    pub(crate) fn api_name(&self) -> &'static str {
        self.shared.api.name()
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

    /// The same transport, connections and budget included, with other options for the calls made through it. A limit on
    /// connecting can only be made shorter than that of the wire.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a time limit of zero.
    pub fn with_options(&self, options: CallOptions) -> Result<Self, Error> {
        Ok(Self {
            shared: Arc::new(Shared {
                options: checked(options)?,
                ..(*self.shared).clone()
            }),
        })
    }

    /// How calls are made.
    pub fn options(&self) -> CallOptions {
        self.shared.options
    }

    /// What is left for repeats.
    #[must_use]
    pub fn budget(&self) -> &RetryBudget {
        &self.shared.budget
    }
}

impl_debug!(Transport: self => {
    api: self.shared.api.name(),
    options: self.shared.options,
    body_limit: self.shared.body_limit,
    user_agent: self.shared.user_agent,
    ..
});

/// Sets up a [`Transport`].
#[must_use]
pub struct TransportBuilder {
    wire: Option<Arc<dyn Wire>>,
    client: Option<Builders>,
    authenticator: Option<Arc<dyn Authenticator>>,
    api: Arc<dyn ApiProfile>,
    clock: Arc<dyn Clock>,
    sleep: Arc<Sleep>,
    random: Arc<Random>,
    budget: RetryBudget,
    options: CallOptions,
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

    /// The clock by which requests are made and signed; the machine's unless set. Timeouts run by the runtime's own clock.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How to wait before another attempt; the runtime's timer unless set.
    pub fn sleep(
        mut self,
        sleep: impl Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        self.sleep = Arc::new(sleep);
        self
    }

    /// What picks the waits: evenly distributed numbers; a generator of the machine's unless set.
    pub fn random(mut self, random: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        self.random = Arc::new(random);
        self
    }

    /// The bucket that pays for repeats, perhaps shared with other clients of the API; one of its own unless set.
    pub fn budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// How calls are made; [`CallOptions::DEFAULT`] unless set.
    pub const fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// The limits on time, of the options; [`Timeouts::DEFAULT`] unless set.
    pub const fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.options = self.options.timeouts(timeouts);
        self
    }

    /// The largest body that is read, in bytes, and the largest that comes of a compressed one; 1 MiB unless set. Answers are
    /// a few KiB, lists some hundred; the limit keeps whoever answers from filling the memory.
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
        let options = checked(self.options)?;
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
                Arc::new(builders.build(options.timeouts)?)
            }
        };
        let shared = Shared {
            wire,
            authenticator,
            api: self.api,
            clock: self.clock,
            sleep: self.sleep,
            random: self.random,
            budget: self.budget,
            options,
            body_limit: self.body_limit,
            user_agent,
        };
        Ok(Transport {
            shared: Arc::new(shared),
        })
    }
}

/// A limit that no call could keep is a mistake.
fn checked(options: CallOptions) -> Result<CallOptions, Error> {
    match options.timeouts.zero() {
        None => Ok(options),
        Some(name) => Err(Error::configuration(format!(
            "the {name} timeout is zero, which no call can keep"
        ))),
    }
}

impl_debug!(TransportBuilder: self => {
    api: self.api.name(),
    options: self.options,
    body_limit: self.body_limit,
    ..
});

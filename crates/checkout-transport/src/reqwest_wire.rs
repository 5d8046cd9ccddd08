//! The real wire.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::base_url::is_loopback;
use crate::connect::{ConnectLimit, by};
use crate::timeouts::later;
use crate::wire::BoxFuture;
use crate::{Error, Timeouts, Wire, WireError, WireErrorKind};

/// HTTP/1.1 over TCP and TLS by `reqwest`, and HTTP/2 with the feature of that name.
///
/// Redirects are off (a 307 would carry the API key, the signature and the body to whatever host it names), the
/// `Referer` header is off, so is reqwest's own decompression, which hides how a body came and has no limit, whatever
/// features of reqwest a program turns on, and so are reqwest's own retries: the transport alone decides what is sent twice. One
/// repeat stays, below any setting: a kept-alive connection that turns out to be closed before a byte of the request
/// was written is replaced by a new one.
///
/// An HTTP/2 connection on which calls wait is probed after a third of the attempt limit, 5 s at most, and closed if there
/// is no reply in the same time again, so that a repeat gets another.
///
/// A request to this machine (`localhost`, `127.0.0.0/8`, `::1`) uses no proxy, neither the system's (`HTTP_PROXY`) nor
/// one of the caller's: plain http is allowed there because it leaves no machine.
#[derive(Debug, Clone)]
pub struct ReqwestWire {
    /// For the world.
    outward: Clients,
    /// For this machine: with the same settings, and without proxies.
    inward: Clients,
    /// The limit on connecting that the clients keep by themselves.
    connect: Duration,
}

/// Two clients with the same settings, each with connections of its own.
#[derive(Debug, Clone)]
struct Clients {
    /// Keeps the limit on connecting of the wire.
    usual: Late,
    /// Keeps that of the call too. What it does for this is done for requests on a connection that stands as well, and costs
    /// as much as all else that a client does.
    hurried: Late,
}

/// A client that is made for the first request that needs it, since making one reads the certificates of the machine.
type Late = Arc<LazyLock<Built, Box<dyn FnOnce() -> Built + Send>>>;
type Built = Result<reqwest::Client, Arc<reqwest::Error>>;

/// The caller's settings once for each client, since a builder cannot be cloned.
pub(crate) struct Builders {
    outward: [reqwest::ClientBuilder; 2],
    inward: [reqwest::ClientBuilder; 2],
}

impl Builders {
    pub(crate) fn new(mut builder: impl FnMut() -> reqwest::ClientBuilder) -> Self {
        Self {
            outward: [builder(), builder()],
            inward: [builder().no_proxy(), builder().no_proxy()],
        }
    }

    pub(crate) fn build(self, timeouts: Timeouts) -> Result<ReqwestWire, Error> {
        let clients = |[usual, hurried]: [reqwest::ClientBuilder; 2]| Clients {
            usual: late(safe(usual, timeouts)),
            hurried: late(safe(hurried, timeouts).connector_layer(ConnectLimit)),
        };
        let wire = ReqwestWire {
            outward: clients(self.outward),
            inward: clients(self.inward),
            connect: timeouts.connect,
        };
        // Settings that do not go together show now, and not with the first request.
        match &**wire.outward.usual {
            Ok(_) => Ok(wire),
            Err(source) => Err(Error::configuration(UNBUILT).with_source(Arc::clone(source))),
        }
    }
}

const UNBUILT: &str = "the HTTP client cannot be built";

fn late(builder: reqwest::ClientBuilder) -> Late {
    Arc::new(LazyLock::new(Box::new(|| builder.build().map_err(Arc::new))))
}

/// After this long without a word an HTTP/2 server is asked whether it is still there, and has as long to say so. Calls
/// share such a connection and giving up a call does not close it: one that has died would take every repeat and every
/// later call.
#[cfg(feature = "http2")]
const LONGEST_SILENCE: Duration = Duration::from_secs(5);

/// Whatever concerns safety is set last, so that nothing before it counts.
fn safe(builder: reqwest::ClientBuilder, timeouts: Timeouts) -> reqwest::ClientBuilder {
    let builder = builder
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_gzip()
        .no_deflate()
        .no_brotli()
        .no_zstd()
        .retry(reqwest::retry::never())
        .connect_timeout(timeouts.connect)
        .connection_verbose(false);
    version(builder, timeouts)
}

#[cfg(feature = "http2")]
fn version(builder: reqwest::ClientBuilder, timeouts: Timeouts) -> reqwest::ClientBuilder {
    let silence = (timeouts.attempt / 3).clamp(Duration::from_millis(1), LONGEST_SILENCE);
    builder
        .http2_keep_alive_interval(silence)
        .http2_keep_alive_timeout(silence)
}

/// Another crate of the program may have switched on HTTP/2 in reqwest, where nothing would notice a connection that has died.
#[cfg(not(feature = "http2"))]
fn version(builder: reqwest::ClientBuilder, _: Timeouts) -> reqwest::ClientBuilder {
    builder.http1_only()
}

impl ReqwestWire {
    /// A wire with reqwest's defaults for all that is not about safety.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if TLS cannot be set up.
    pub fn new(timeouts: Timeouts) -> Result<Self, Error> {
        Self::from_builder(reqwest::Client::builder, timeouts)
    }

    /// A wire from the caller's own settings: proxies, extra roots, client certificates, pool, DNS. `builder` is called
    /// four times, for clients with connections of their own: those that serve requests to this machine use no proxy, and each
    /// kind has one for calls with less time left for connecting than the connect timeout.
    ///
    /// The settings named above, the connect timeout and the probes are made last, whatever the builder held, and so is
    /// `connection_verbose(false)`: it would write keys and bodies to the log. Default headers stay the caller's and are
    /// not seen by the signer: an API that signs its own headers (`X-GCS-…`) refuses a request that such a default was
    /// added to.
    ///
    /// ```
    /// use checkout_transport::{ReqwestWire, Timeouts};
    ///
    /// let proxy = reqwest::Proxy::https("http://proxy.example:3128")?;
    /// let wire = ReqwestWire::from_builder(
    ///     || reqwest::Client::builder().proxy(proxy.clone()),
    ///     Timeouts::DEFAULT,
    /// )?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the builder's settings do not go together.
    pub fn from_builder(
        builder: impl FnMut() -> reqwest::ClientBuilder,
        timeouts: Timeouts,
    ) -> Result<Self, Error> {
        Builders::new(builder).build(timeouts)
    }
}

impl Wire for ReqwestWire {
    fn send(
        &self,
        request: reqwest::Request,
        connect: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        let clients = if is_loopback(request.url()) {
            &self.inward
        } else {
            &self.outward
        };
        if connect < self.connect {
            let limit = later(Instant::now(), connect);
            Box::pin(by(limit, carry(&clients.hurried, request)))
        } else {
            Box::pin(carry(&clients.usual, request))
        }
    }
}

async fn carry(client: &Late, request: reqwest::Request) -> Result<reqwest::Response, WireError> {
    let answer = match &***client {
        Ok(client) => client.execute(request),
        Err(source) => return Err(WireError::new(WireErrorKind::Request, Arc::clone(source))),
    };
    // The URL holds ids of merchants and customers.
    answer.await.map_err(|error| classify(error.without_url()))
}

fn classify(error: reqwest::Error) -> WireError {
    let kind = match () {
        () if error.is_builder() => WireErrorKind::Request,
        () if error.is_connect() && error.is_timeout() => WireErrorKind::ConnectTimeout,
        () if error.is_connect() => WireErrorKind::Connect,
        () if error.is_timeout() => WireErrorKind::Timeout,
        () => WireErrorKind::Interrupted,
    };
    WireError::new(kind, error)
}

//! The real wire.

use crate::wire::BoxFuture;
use crate::{Error, Timeouts, Wire, WireError, WireErrorKind};

/// HTTP/1.1 and HTTP/2 over TCP and TLS by `reqwest`.
///
/// Redirects are off (a 307 would carry the API key, the signature and the body to whatever host it names), the
/// `Referer` header is off, and so are reqwest's own retries: the transport alone decides what is sent twice. One
/// repeat stays, below any setting: a kept-alive connection that turns out to be closed before a byte of the request
/// was written is replaced by a new one.
#[derive(Debug, Clone)]
pub struct ReqwestWire {
    client: reqwest::Client,
}

impl ReqwestWire {
    /// A wire with reqwest's defaults for all that is not about safety.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if TLS cannot be set up.
    pub fn new(timeouts: Timeouts) -> Result<Self, Error> {
        Self::from_builder(reqwest::Client::builder(), timeouts)
    }

    /// A wire from the caller's own builder: proxies, extra roots, client certificates, pool, DNS.
    ///
    /// The settings named above and the connect timeout are made last, whatever the builder held. Default headers
    /// stay the caller's and are not seen by the signer: an API that signs its own headers (`X-GCS-…`) refuses a
    /// request that such a default was added to.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the builder's settings do not go together.
    pub fn from_builder(builder: reqwest::ClientBuilder, timeouts: Timeouts) -> Result<Self, Error> {
        let client = builder
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .connect_timeout(timeouts.connect)
            .build()
            .map_err(|source| Error::configuration("the HTTP client cannot be built").with_source(source))?;
        Ok(Self { client })
    }
}

impl Wire for ReqwestWire {
    fn send(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        Box::pin(async move {
            // The URL holds ids of merchants and customers.
            self.client
                .execute(request)
                .await
                .map_err(|error| classify(error.without_url()))
        })
    }
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

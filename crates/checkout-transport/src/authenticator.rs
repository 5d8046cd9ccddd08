//! Who proves to the API that a request is ours.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use checkout_core::Operation;
use checkout_core::impl_debug;
use http::{HeaderMap, Method};
use reqwest::Url;

use crate::wire::BoxError;
use crate::{Account, PreparedRequest};

/// Adds credentials and signatures to a request, once per attempt.
///
/// It sees the request exactly as it goes out and answers with the headers to add. It holds no way to change method,
/// URL or body, so that *signed bytes are sent bytes* holds by type. A header it returns replaces one of the same
/// name; all of them but `Date` are marked sensitive and never logged.
///
/// ```
/// use checkout_transport::{AuthenticationError, Authenticator, Outgoing};
/// use http::{HeaderMap, HeaderValue};
///
/// struct ApiKey(HeaderValue);
///
/// impl Authenticator for ApiKey {
///     fn authenticate(&self, _request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
///         Ok(HeaderMap::from_iter([(http::HeaderName::from_static("x-api-key"), self.0.clone())]))
///     }
/// }
/// ```
pub trait Authenticator: Send + Sync + 'static {
    /// The headers that make this request authentic.
    ///
    /// # Errors
    /// When it cannot be signed. The request is then not sent.
    fn authenticate(&self, request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError>;

    /// Whose credentials these are. A request remembers it and is sent with no others: another account does not know its
    /// Nonce or idempotence key, and would act a second time. `None` says nothing, and nothing is compared.
    fn account(&self) -> Option<&Account> {
        None
    }
}

impl<A: Authenticator + ?Sized> Authenticator for Arc<A> {
    fn authenticate(&self, request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        (**self).authenticate(request)
    }

    fn account(&self) -> Option<&Account> {
        (**self).account()
    }
}

/// Adds nothing: for an API without credentials, and for tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unauthenticated;

impl Authenticator for Unauthenticated {
    fn authenticate(&self, _request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        Ok(HeaderMap::new())
    }
}

/// A finished request on its way out, read-only.
///
/// All headers that matter to an API are in place, `User-Agent` and `Content-Type` included; the connection adds
/// `Host` and `Content-Length` later.
pub struct Outgoing<'a> {
    prepared: &'a PreparedRequest,
    request: &'a reqwest::Request,
    now: SystemTime,
}

impl<'a> Outgoing<'a> {
    pub(crate) const fn new(
        prepared: &'a PreparedRequest,
        request: &'a reqwest::Request,
        now: SystemTime,
    ) -> Self {
        Self {
            prepared,
            request,
            now,
        }
    }

    /// Which operation is called.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.prepared.operation()
    }

    /// The method as sent.
    #[must_use]
    pub fn method(&self) -> &'a Method {
        self.request.method()
    }

    /// The URL as sent: path and query are percent-encoded already.
    #[must_use]
    pub fn url(&self) -> &'a Url {
        self.request.url()
    }

    /// The headers so far.
    #[must_use]
    pub fn headers(&self) -> &'a HeaderMap {
        self.request.headers()
    }

    /// The exact bytes of the body; empty if there is none.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.prepared.body()
    }

    /// SHA-256 of these bytes, in lower-case hex.
    #[must_use]
    pub fn body_sha256(&self) -> &'a str {
        self.prepared.body_sha256()
    }

    /// The time of this attempt by the transport's clock.
    #[must_use]
    pub const fn now(&self) -> SystemTime {
        self.now
    }
}

impl_debug!(Outgoing<'_>: self => {
    operation: self.operation().id,
    body_bytes: self.body().len(),
    ..
});

/// A request could not be signed. Its text goes into logs: it must not hold a secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct AuthenticationError {
    message: Cow<'static, str>,
    source: Option<BoxError>,
}

impl AuthenticationError {
    /// What is wrong and what to do about it.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// The same with its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }
}

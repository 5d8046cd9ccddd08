//! Who proves to the API that a request is ours.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use checkout_core::Operation;
use checkout_core::digest::sha256_hex;
use checkout_core::impl_debug;
use http::{HeaderMap, Method};
use reqwest::Url;

use crate::wire::BoxError;

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

/// Whose credentials a request is sent with: a digest, which tells two accounts apart and shows no key.
///
/// ```
/// use checkout_transport::Account;
///
/// let account = Account::of(&["shop", "key-1"]);
/// assert_eq!(account, Account::of(&["shop", "key-1"]));
/// assert_ne!(account, Account::of(&["shopkey", "-1"]));
/// assert!(!account.as_str().contains("key-1"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(Arc<str>);

impl Account {
    /// Of the API's name and of what names the account there: an API key, or a merchant and the id of a key. SHA-256 over
    /// each with its length, behind a text that no other digest begins with.
    #[must_use]
    pub fn of(names: &[&str]) -> Self {
        let mut text = "hosted-checkout account 1".to_owned();
        for name in names {
            text.push_str(&format!("\n{} {name}", name.len()));
        }
        Self(sha256_hex(text.as_bytes()).into())
    }

    pub(crate) fn stored(digest: &str) -> Self {
        Self(digest.into())
    }

    /// 64 lower-case hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
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
    operation: &'static Operation,
    request: &'a reqwest::Request,
    body: &'a [u8],
    now: SystemTime,
}

impl<'a> Outgoing<'a> {
    pub(crate) const fn new(
        operation: &'static Operation,
        request: &'a reqwest::Request,
        body: &'a [u8],
        now: SystemTime,
    ) -> Self {
        Self {
            operation,
            request,
            body,
            now,
        }
    }

    /// Which operation is called.
    #[must_use]
    pub const fn operation(&self) -> &'static Operation {
        self.operation
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
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The time of this attempt by the transport's clock.
    #[must_use]
    pub const fn now(&self) -> SystemTime {
        self.now
    }
}

impl_debug!(Outgoing<'_>: self => {
    operation: self.operation.id,
    body_bytes: self.body.len(),
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

//! Signs requests the way NOAH checks them.

use std::time::{Duration, SystemTime};

use checkout_core::digest::sha256_hex;
use checkout_core::impl_debug;
use checkout_core::key::SigningKey;
use checkout_transport::{Account, AuthenticationError, Authenticator, BaseUrl, Outgoing};
use http::header::InvalidHeaderValue;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use secrecy::ExposeSecret;
use url::Url;

use super::ApiKey;
use super::claims::{Claims, SigningError};

/// Names the account.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// Carries the token.
const API_SIGNATURE: HeaderName = HeaderName::from_static("api-signature");
/// The part of every path that the `path` claim begins with, whatever the base URL has before it.
const VERSION: &str = "/v1";

/// Adds `X-Api-Key`, and `Api-Signature` if there is a signing key: a compact JWS (ES384 for a key on P-384, ES256 for
/// one on P-256) over method, path, query and the exact bytes of the body, made anew for each attempt.
///
/// The `path` claim begins at the base URL's `/v1`: under `https://proxy.example/noah/v1` a request to
/// `/noah/v1/checkout/sell` is signed as `/v1/checkout/sell`, which is the path that NOAH sees behind the proxy.
#[derive(Clone)]
pub struct RequestSigner {
    account: Account,
    api_key: HeaderValue,
    signing_key: Option<SigningKey>,
    base_url: Url,
    /// The base URL's path before `/v1`.
    prefix: String,
    lifetime: Duration,
}

/// Why a signer cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// The base URL's path does not end in `/v1`.
    #[error("the base URL does not end in /v1; end it so, as in https://api.noah.com/v1")]
    NoVersion,
    /// The API key cannot stand in a header.
    #[error("the API key holds characters that no header can carry")]
    ApiKey,
    /// A lifetime under a second or over 15 minutes.
    #[error(
        "a request signature lives 1 second to 15 minutes; NOAH refuses longer ones, and 5 minutes is the default"
    )]
    Lifetime,
}

impl RequestSigner {
    /// How long a signature holds unless set otherwise: 5 minutes.
    pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(5 * 60);
    /// The longest that NOAH accepts: 15 minutes.
    pub const MAX_LIFETIME: Duration = Duration::from_secs(15 * 60);

    /// A signer for requests below `base_url`, whose path must end in `/v1`.
    ///
    /// Without a signing key it sends the API key alone, which only the sandbox accepts, and only for keys that were
    /// made without a public key.
    ///
    /// # Errors
    /// [`SignerError::NoVersion`].
    pub fn new(
        api_key: &ApiKey,
        signing_key: Option<SigningKey>,
        base_url: &BaseUrl,
    ) -> Result<Self, SignerError> {
        let base_url = Url::parse(base_url.as_str()).map_err(|_| SignerError::NoVersion)?;
        let prefix = base_url
            .path()
            .strip_suffix(VERSION)
            .ok_or(SignerError::NoVersion)?
            .to_owned();
        let account = Account::of(&["NOAH", api_key.expose_secret()]);
        let api_key = sensitive(api_key.expose_secret().to_owned()).map_err(|_| SignerError::ApiKey)?;
        Ok(Self {
            account,
            api_key,
            signing_key,
            base_url,
            prefix,
            lifetime: Self::DEFAULT_LIFETIME,
        })
    }

    /// The same with another lifetime of its signatures, in whole seconds.
    ///
    /// # Errors
    /// [`SignerError::Lifetime`].
    pub fn with_lifetime(mut self, lifetime: Duration) -> Result<Self, SignerError> {
        if lifetime < Duration::from_secs(1) || lifetime > Self::MAX_LIFETIME {
            return Err(SignerError::Lifetime);
        }
        self.lifetime = lifetime;
        Ok(self)
    }

    /// Whether requests carry a signature.
    #[must_use]
    pub const fn signs(&self) -> bool {
        self.signing_key.is_some()
    }

    /// The headers that make this request authentic, all marked sensitive.
    ///
    /// # Errors
    /// One of [`SigningError`].
    pub fn sign(
        &self,
        method: &Method,
        url: &Url,
        body: &[u8],
        now: SystemTime,
    ) -> Result<HeaderMap, SigningError> {
        let hash = (!body.is_empty()).then(|| sha256_hex(body));
        self.sign_over(method, url, hash.as_deref(), now)
    }

    fn sign_over(
        &self,
        method: &Method,
        url: &Url,
        body_hash: Option<&str>,
        now: SystemTime,
    ) -> Result<HeaderMap, SigningError> {
        self.same_origin(url)?;
        let mut headers = HeaderMap::with_capacity(2);
        headers.insert(API_KEY, self.api_key.clone());
        if let Some(key) = &self.signing_key {
            let claims = Claims::new(
                method.as_str(),
                self.claim_path(url)?,
                url,
                body_hash,
                now,
                self.lifetime,
            )?;
            headers.insert(API_SIGNATURE, sensitive(key.sign_jws(&claims)?)?);
        }
        Ok(headers)
    }

    fn same_origin(&self, url: &Url) -> Result<(), SigningError> {
        let same = url.scheme() == self.base_url.scheme()
            && url.host_str() == self.base_url.host_str()
            && url.port_or_known_default() == self.base_url.port_or_known_default();
        if same {
            Ok(())
        } else {
            Err(SigningError::OtherHost)
        }
    }

    /// As sent, percent-encoding included, from the base URL's `/v1` on.
    fn claim_path<'u>(&self, url: &'u Url) -> Result<&'u str, SigningError> {
        url.path()
            .strip_prefix(self.prefix.as_str())
            .filter(|path| {
                path.strip_prefix(VERSION)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
            .ok_or(SigningError::OtherPath)
    }
}

impl Authenticator for RequestSigner {
    fn authenticate(&self, request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        let body_hash = (!request.body().is_empty()).then(|| request.body_sha256());
        self.sign_over(request.method(), request.url(), body_hash, request.now())
            .map_err(|error| AuthenticationError::new(error.to_string()))
    }

    fn account(&self) -> Option<&Account> {
        Some(&self.account)
    }
}

impl_debug!(RequestSigner: self => {
    signing_key: self.signing_key,
    base_url: self.base_url.as_str(),
    lifetime: self.lifetime,
    ..
});

fn sensitive(text: String) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::try_from(text)?;
    value.set_sensitive(true);
    Ok(value)
}

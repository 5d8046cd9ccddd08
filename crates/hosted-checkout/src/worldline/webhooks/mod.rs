//! Webhooks of Worldline Connect: the signature over the raw body first, then the event.

mod event;

use checkout_core::encoding::base64_strict_decode;
use checkout_core::impl_debug;
use checkout_core::mac::verify_hmac_sha256;
use checkout_core::received::ReadError;
use checkout_core::redact::Secret;
use checkout_transport::CodingError;
use http::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};

pub use event::{DedupeKey, Event, Subject};

use crate::webhook_body::verified;

const SIGNATURE: &str = "x-gcs-signature";
const KEY_ID: &str = "x-gcs-keyid";
const ENDPOINT_VERIFICATION: &str = "x-gcs-webhooks-endpoint-verification";

/// The version of the events that are understood here.
const API_VERSION: &str = "v1";

/// A key that Worldline signs webhooks with, from the Configuration Center.
#[derive(Clone)]
pub struct WebhookKey {
    id: String,
    secret: SecretString,
}

/// A webhook key's part that is blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the webhook key's {0} is blank; copy both parts from the Configuration Center")]
pub struct WebhookKeyError(&'static str);

/// Checks webhooks, and reads those that hold.
///
/// ```
/// use hosted_checkout::worldline::{WebhookKey, Webhooks};
/// # fn receive(headers: http::HeaderMap, body: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
/// // Both keys while one replaces the other.
/// let webhooks = Webhooks::new([WebhookKey::new("key-2026", "s3cret")?, WebhookKey::new("key-2025", "s3cret")?]);
///
/// let event = webhooks.verify(&headers, body)?;
/// println!("{} {} ({})", event.id(), event.event_type(), event.dedupe_key());
/// # Ok(())
/// # }
/// ```
///
/// Give `verify` the body as it came in: a body that was parsed and written again, or whose line ends were changed,
/// has another signature. Answer any 2xx soon; expect repeats and events out of order, and use
/// [`Event::dedupe_key`].
#[derive(Debug, Clone)]
pub struct Webhooks {
    keys: Vec<WebhookKey>,
}

/// Why a webhook is not trusted, or is genuine but cannot be read: see [`is_authentic`](Self::is_authentic).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// A header is not there.
    #[error("header `{0}` is missing; the request is no webhook of Worldline Connect")]
    MissingHeader(&'static str),
    /// A header has several values, so it is not known which one counts.
    #[error("header `{0}` stands there more than once; the request is not to be trusted")]
    RepeatedHeader(&'static str),
    /// A value that is not text, or a signature that is not base64.
    #[error("header `{0}` is malformed; the request is not to be trusted")]
    MalformedHeader(&'static str),
    /// The key is not known here.
    #[error(
        "no webhook key has the id {key_id:?}; add the key from the Configuration Center if the id is yours"
    )]
    UnknownKey {
        /// The id that the request names, 64 characters of it at most. Anyone may have written it.
        key_id: String,
    },
    /// Another body or another secret.
    #[error(
        "the signature does not fit the body under key {key_id:?}; verify the raw bytes as they came in, and check the secret"
    )]
    Signature {
        /// The id of the key that was tried.
        key_id: String,
    },
    /// The signature does not hold over the body as it came, and what is compressed in it cannot be tried.
    #[error(
        "the signature does not fit the body as it came, and it cannot be decompressed to try what is in it: {0}; verify \
         the raw bytes as they came in"
    )]
    NotDecoded(CodingError),
    /// The signature holds, but the body is compressed and cannot be decompressed.
    #[error(
        "the signature holds, but the body cannot be decompressed: {0}; keep the raw body and have it looked at"
    )]
    Coded(CodingError),
    /// The signature holds, but the body is not an event.
    #[error(
        "the signature holds, but the body is not an event (line {line}, column {column}); keep the raw body and have it looked at"
    )]
    NotAnEvent {
        /// Line at which reading stopped, from 1.
        line: usize,
        /// Column at which reading stopped.
        column: usize,
    },
    /// The signature holds, but the body lacks what every event has.
    #[error(
        "the signature holds, but the body is not an event: {0}; keep the raw body and have it looked at"
    )]
    Envelope(#[from] ReadError),
    /// The signature holds, but the event is of another version of the API.
    #[error(
        "the signature holds, but the event has {}, and only \"v1\" is understood here; keep the raw body and have it looked at",
        named_version(.found.as_deref())
    )]
    ApiVersion {
        /// The version that the event names, if any.
        found: Option<String>,
    },
}

impl WebhookError {
    /// Whether the signature held all the same.
    ///
    /// `false`: do not trust the request, and answer 4xx. `true`: Worldline signed these bytes, and they may be news about
    /// money that would be lost with a refusal. Keep the raw body for somebody to look at and answer 2xx; another
    /// delivery of the same bytes would be no better.
    #[must_use]
    pub const fn is_authentic(&self) -> bool {
        match self {
            Self::MissingHeader(_)
            | Self::RepeatedHeader(_)
            | Self::MalformedHeader(_)
            | Self::UnknownKey { .. }
            | Self::Signature { .. }
            | Self::NotDecoded(_) => false,
            Self::Coded(_) | Self::NotAnEvent { .. } | Self::Envelope(_) | Self::ApiVersion { .. } => true,
        }
    }
}

impl WebhookKey {
    /// A key id and its secret; the secret is used as text.
    ///
    /// # Errors
    /// One of them is blank.
    pub fn new(id: impl Into<String>, secret: impl Into<SecretString>) -> Result<Self, WebhookKeyError> {
        let (id, secret) = (id.into(), secret.into());
        if id.trim().is_empty() {
            return Err(WebhookKeyError("id"));
        }
        if secret.expose_secret().trim().is_empty() {
            return Err(WebhookKeyError("secret"));
        }
        Ok(Self { id, secret })
    }

    /// The id that `X-GCS-KeyId` names.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What Worldline would send as `X-GCS-Signature` with this body: for tests of a receiver.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> String {
        let secret = self.secret.expose_secret().as_bytes();
        checkout_core::encoding::base64(&checkout_core::mac::hmac_sha256(secret, body))
    }
}

impl_debug!(WebhookKey: self => { id: self.id, secret: Secret });

impl Webhooks {
    /// Accepts what any of these keys has signed. Of two keys with one id the first counts.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = WebhookKey>) -> Self {
        Self {
            keys: keys.into_iter().collect(),
        }
    }

    /// Checks the signature over the raw body, then reads the event.
    ///
    /// Of a body that came compressed (`Content-Encoding`, or the first bytes of gzip) the bytes that came are tried first,
    /// then the decompressed ones, of 1 MiB at most: see [`Event::coding`]. One that a web framework has decompressed already
    /// is taken as it is.
    ///
    /// # Errors
    /// One of [`WebhookError`], of two kinds that [`is_authentic`](WebhookError::is_authentic) tells apart. If it is not,
    /// nothing was read from the body: answer 4xx. If it is, Worldline did send it, but it is no event that is understood
    /// here: keep the raw body and answer 2xx.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Event, WebhookError> {
        let signature = single(headers, SIGNATURE)?;
        let key_id = single(headers, KEY_ID)?;

        let signature =
            base64_strict_decode(signature).map_err(|_| WebhookError::MalformedHeader(SIGNATURE))?;
        let key = self
            .keys
            .iter()
            .find(|key| key.id == key_id)
            .ok_or_else(|| WebhookError::UnknownKey {
                key_id: bounded(key_id),
            })?;
        let secret = key.secret.expose_secret().as_bytes();
        let holds = |bytes: &[u8]| match verify_hmac_sha256(secret, bytes, &signature) {
            true => Ok(()),
            false => Err(WebhookError::Signature {
                key_id: key_id.to_owned(),
            }),
        };
        let body = verified(headers, body, holds, |_| true, WebhookError::NotDecoded)?;
        let event = Event::parse(&body.json).map_err(|error| match (error, body.left) {
            (WebhookError::NotAnEvent { .. }, Some(left)) => WebhookError::Coded(left),
            (error, _) => error,
        })?;
        Ok(event.with_coding(body.coding))
    }

    /// What to answer when Worldline checks that an endpoint is the merchant's: a GET with this header wants status 200
    /// and the returned text as the body, as `text/plain`.
    ///
    /// `None`: the request is no such check. The text is visible ASCII, but a stranger may have chosen it: never send
    /// it as HTML.
    #[must_use]
    pub fn endpoint_verification(headers: &HeaderMap) -> Option<&str> {
        single(headers, ENDPOINT_VERIFICATION).ok()
    }
}

fn named_version(found: Option<&str>) -> String {
    found.map_or_else(
        || "no apiVersion".to_owned(),
        |version| format!("apiVersion {version:?}"),
    )
}

/// The most characters of a key's id in an error: enough to recognise it, too few to fill a log.
fn bounded(key_id: &str) -> String {
    key_id.chars().take(64).collect()
}

fn single<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h str, WebhookError> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(WebhookError::MissingHeader(name))?;
    if values.next().is_some() {
        return Err(WebhookError::RepeatedHeader(name));
    }
    value.to_str().map_err(|_| WebhookError::MalformedHeader(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_both_parts_and_hides_one() {
        assert_eq!(WebhookKey::new(" ", "s").unwrap_err(), WebhookKeyError("id"));
        assert_eq!(WebhookKey::new("k", "\n").unwrap_err(), WebhookKeyError("secret"));
        let key = WebhookKey::new("key-1", "canary").unwrap();
        assert_eq!(key.id(), "key-1");
        let shown = format!("{:?}", Webhooks::new([key]));
        assert!(shown.contains("key-1") && !shown.contains("canary"), "{shown}");
    }

    #[test]
    fn a_body_signed_for_a_test_verifies() {
        let key = WebhookKey::new("key-1", "s3cret").unwrap();
        let body = r#"{"apiVersion":"v1","id":"e-1","created":"2017-02-02T11:24:14.040+0100","type":"payment.paid"}"#;
        let mut headers = HeaderMap::new();
        headers.insert(SIGNATURE, key.sign(body.as_bytes()).parse().unwrap());
        headers.insert(KEY_ID, "key-1".parse().unwrap());
        let event = Webhooks::new([key]).verify(&headers, body.as_bytes()).unwrap();
        assert_eq!(event.id(), "e-1");
    }
}

//! NOAH's webhooks: verified over their raw bytes, then read, and told apart from repeats and older news.
//!
//! NOAH signs neither a time nor an id, so a valid webhook can be delivered twice, late, or played back by whoever saw
//! it. What keeps an order right is the receiver's memory: drop what [`Event::is_duplicate_of`] an event seen before,
//! and what does not [`supersede`](Event::supersedes) the newest one of its object.

mod error;
mod event;
mod identity;
mod keys;
#[cfg(any(test, feature = "testing"))]
mod testing;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use checkout_core::clock::{Clock, SystemClock};
use checkout_core::encoding::base64_strict_decode;
use checkout_core::key::{VerifyError, VerifyingKey};
use http::{HeaderMap, HeaderName};

use super::Environment;
use crate::webhook_body::{Verified, verified};

pub use error::WebhookError;
pub use event::{Event, EventData};
pub use identity::{EventIdentity, Recency};
pub use keys::{KeyRing, KeyRingError};
#[cfg(any(test, feature = "testing"))]
pub use testing::sign_for_test;

use keys::LabelledKey;

/// Carries the signature of a webhook.
pub const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("webhook-signature");

/// Verifies and reads webhooks.
///
/// ```no_run
/// use hosted_checkout::noah::{EventData, Webhooks, WebhookError};
/// use noah_models::WebhookData;
///
/// // Headers and body as any http server hands them over; the body raw, before anything parses it.
/// fn receive(headers: &http::HeaderMap, body: &[u8]) -> Result<(), WebhookError> {
///     let event = match Webhooks::sandbox().verify(headers, body) {
///         Err(error) if error.is_authentic() => {
///             // Keep the raw body, have it looked at, and answer 2xx.
///             eprintln!("signed but not read: {error}");
///             return Ok(());
///         }
///         // Answer 4xx to an error.
///         verified => verified?,
///     };
///     match event.data() {
///         EventData::Known(WebhookData::Transaction(transaction)) => println!("{:?}", transaction.status),
///         EventData::Known(_) | EventData::Unknown(_) => {}
///         EventData::Undecodable { error, .. } => eprintln!("look at {}: {error}", event.identity()),
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Webhooks {
    ring: KeyRing,
    /// Published keys outside the ring: a signature of theirs is refused, and the error says whose it is.
    foreign: Vec<LabelledKey>,
    freshness: Option<Freshness>,
    clock: Arc<dyn Clock>,
}

/// How far `Occurred` may lie from now.
///
/// Not checked unless asked for: `Occurred` says when something happened, not when it was delivered, and NOAH's
/// schedule of repeats is not published. A limit that is too tight loses events about money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// The greatest age.
    pub max_age: Duration,
    /// The furthest ahead of this machine's clock.
    pub max_ahead: Duration,
}

impl Webhooks {
    /// Takes what NOAH's sandbox signs, by its published key.
    #[must_use]
    pub fn sandbox() -> Self {
        Self::with_keys(KeyRing::sandbox())
    }

    /// Takes what NOAH's production signs, by its published key.
    #[must_use]
    pub fn production() -> Self {
        Self::with_keys(KeyRing::production())
    }

    /// Takes what a server of one's own signs, such as `cargo checkout sandbox`. The key's label is `local`.
    ///
    /// # Errors
    /// [`KeyRingError::NotP384`].
    pub fn local(key: VerifyingKey) -> Result<Self, KeyRingError> {
        KeyRing::new(Environment::Local.as_str(), key).map(Self::with_keys)
    }

    /// Takes what any key of the ring signs: overrides of the published keys, or an old and a new one side by side.
    #[must_use]
    pub fn with_keys(ring: KeyRing) -> Self {
        let foreign = keys::published()
            .iter()
            .filter(|published| !ring.holds(published))
            .cloned()
            .collect();
        Self {
            ring,
            foreign,
            freshness: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// The same, refusing events that are too old or too far ahead; see [`Freshness`].
    #[must_use]
    pub const fn with_freshness(mut self, freshness: Freshness) -> Self {
        self.freshness = Some(freshness);
        self
    }

    /// The same with another clock to tell freshness by.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The keys.
    #[must_use]
    pub const fn keys(&self) -> &KeyRing {
        &self.ring
    }

    /// Verifies the body as it came off the wire, then reads it.
    ///
    /// Of a body that came compressed (`Content-Encoding`, or the first bytes of gzip) the bytes that came are tried first,
    /// then the decompressed ones, of 1 MiB at most: see [`Event::coding`]. One that a web framework has decompressed already
    /// is taken as it is.
    ///
    /// # Errors
    /// One of [`WebhookError`], of two kinds that [`is_authentic`](WebhookError::is_authentic) tells apart. If it is not,
    /// answer 4xx: the webhook is forged, for another environment, or its body was changed on the way. If it is, keep the
    /// raw body and answer 2xx: NOAH did send it, but its envelope cannot be read or [`Freshness`] refuses it. An event
    /// with a readable envelope is no error, whatever it is about: see [`EventData`].
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Event, WebhookError> {
        let signature = signature_header(headers)?;
        let Verified {
            by,
            json,
            coding,
            left,
        } = verified(
            headers,
            body,
            |bytes| self.verify_signature(signature, bytes),
            |error| {
                matches!(
                    error,
                    WebhookError::NoMatchingKey {
                        holds_under: None,
                        ..
                    }
                )
            },
            WebhookError::NotDecoded,
        )?;
        let event = Event::read(&json, by).map_err(|error| match (error, left) {
            (WebhookError::NotJson { .. }, Some(left)) => WebhookError::Coded(left),
            (error, _) => error,
        })?;
        let event = event.with_coding(coding);
        if let Some(freshness) = self.freshness {
            freshness.check(&event, self.clock.now())?;
        }
        Ok(event)
    }

    /// Verifies the body by the value of its header, and gives the label of the key that it holds under. For servers
    /// without [`HeaderMap`], and for bodies that are read elsewhere.
    ///
    /// # Errors
    /// [`WebhookError::NotBase64`], [`WebhookError::NotDer`] or [`WebhookError::NoMatchingKey`].
    pub fn verify_signature(&self, signature: &str, body: &[u8]) -> Result<&str, WebhookError> {
        let signature = base64_strict_decode(signature)?;
        for key in self.ring.iter() {
            match key.key.verify_der(body, &signature) {
                Ok(()) => return Ok(&key.label),
                Err(VerifyError::Mismatch) => {}
                Err(_) => {
                    return Err(WebhookError::NotDer {
                        length: signature.len(),
                    });
                }
            }
        }
        let foreign = self
            .foreign
            .iter()
            .find(|key| key.key.verify_der(body, &signature).is_ok());
        Err(WebhookError::NoMatchingKey {
            tried: self.ring.labels().map(str::to_owned).collect(),
            holds_under: foreign.map(|key| key.label.clone()),
        })
    }
}

impl Freshness {
    fn check(self, event: &Event, now: SystemTime) -> Result<(), WebhookError> {
        let occurred: SystemTime = event
            .occurred()
            .and_then(|occurred| occurred.instant_iso8601().ok())
            .ok_or(WebhookError::NoTime)?;
        match now.duration_since(occurred) {
            Ok(age) if age > self.max_age => Err(WebhookError::TooOld {
                age,
                allowed: self.max_age,
            }),
            Err(ahead) if ahead.duration() > self.max_ahead => Err(WebhookError::TooFarAhead {
                ahead: ahead.duration(),
                allowed: self.max_ahead,
            }),
            _ => Ok(()),
        }
    }
}

fn signature_header(headers: &HeaderMap) -> Result<&str, WebhookError> {
    let mut values = headers.get_all(SIGNATURE_HEADER).iter();
    let value = values.next().ok_or(WebhookError::MissingSignature)?;
    match values.count() {
        0 => value.to_str().map_err(|_| WebhookError::NotText),
        more => Err(WebhookError::RepeatedSignature { count: more + 1 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkout_core::key::{Algorithm, SigningKey};

    /// Nobody here has NOAH's private keys, so another one stands in for the published key of the other environment.
    #[test]
    fn a_signature_of_the_other_environment_is_named() {
        let other = SigningKey::generate(Algorithm::ES384).unwrap();
        let label = "production".to_owned();
        let mut webhooks = Webhooks::sandbox();
        webhooks.foreign = vec![LabelledKey {
            label,
            key: other.verifying_key().clone(),
        }];
        let signature = sign_for_test(&other, b"{}").unwrap();
        let error = webhooks.verify_signature(&signature, b"{}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the signature does not hold under the webhook key sandbox; it does hold under NOAH's production key: this \
             endpoint is set up for another environment than the subscription that calls it"
        );
    }

    /// A ring of one's own keys may be for any environment, also for the one whose published key it lacks.
    #[test]
    fn the_environment_of_a_ring_of_other_names_is_not_guessed() {
        let own = SigningKey::generate(Algorithm::ES384).unwrap();
        let published = SigningKey::generate(Algorithm::ES384).unwrap();
        let signature = sign_for_test(&published, b"{}").unwrap();
        for (label, names_another) in [("production 2027", false), ("production", false), ("local", true)] {
            let ring = KeyRing::new(label, own.verifying_key().clone()).unwrap();
            let mut webhooks = Webhooks::with_keys(ring);
            webhooks.foreign = vec![LabelledKey {
                label: "production".to_owned(),
                key: published.verifying_key().clone(),
            }];
            let error = webhooks
                .verify_signature(&signature, b"{}")
                .unwrap_err()
                .to_string();
            assert_eq!(
                error.contains("set up for another environment"),
                names_another,
                "{error}"
            );
            let advice = "it does hold under the key that NOAH publishes for production, which is not among the keys \
                          here: add that key if this endpoint is for production; otherwise the subscription that calls \
                          it belongs to another environment";
            assert_eq!(error.ends_with(advice), !names_another, "{error}");
        }
    }

    #[test]
    fn published_keys_outside_the_ring_are_known() {
        let foreign = |webhooks: Webhooks| {
            webhooks
                .foreign
                .into_iter()
                .map(|key| key.label)
                .collect::<Vec<_>>()
        };
        assert_eq!(foreign(Webhooks::sandbox()), ["production"]);
        assert_eq!(foreign(Webhooks::production()), ["sandbox"]);
        let own = SigningKey::generate(Algorithm::ES384).unwrap();
        assert_eq!(
            foreign(Webhooks::local(own.verifying_key().clone()).unwrap()),
            ["sandbox", "production"]
        );
    }
}

//! The public keys that webhooks are verified by.

use std::sync::LazyLock;

use checkout_core::key::{Algorithm, VerifyingKey};

use crate::noah::Environment;

/// Public keys with their labels, in the order in which they are tried. Never empty.
///
/// NOAH may change its keys. Until a release of this library follows, the new one can stand beside the published one:
///
/// ```no_run
/// use hosted_checkout::noah::{KeyRing, Webhooks};
/// # use hosted_checkout::key::VerifyingKey;
/// # fn new_key() -> VerifyingKey { unimplemented!() }
///
/// let webhooks = Webhooks::with_keys(KeyRing::production().and("production 2027", new_key())?);
/// # Ok::<(), hosted_checkout::noah::KeyRingError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRing(Vec<LabelledKey>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabelledKey {
    pub(super) label: String,
    pub(super) key: VerifyingKey,
}

/// Why a key cannot join a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// On another curve than NOAH's webhook keys.
    #[error("the webhook key is not on the curve P-384 (secp384r1), and NOAH signs webhooks with no other")]
    NotP384,
    /// An event names the key that it holds under, so two keys cannot share a label.
    #[error("two webhook keys have the same label; give each its own")]
    RepeatedLabel,
}

impl KeyRing {
    /// A ring of one key. `label` is what [`Event::key_label`](super::Event::key_label) shows.
    ///
    /// # Errors
    /// [`KeyRingError::NotP384`].
    pub fn new(label: impl Into<String>, key: VerifyingKey) -> Result<Self, KeyRingError> {
        Self(Vec::with_capacity(1)).and(label, key)
    }

    /// NOAH's published sandbox key, labelled `sandbox`.
    #[must_use]
    pub fn sandbox() -> Self {
        Self(of_environment(Environment::Sandbox))
    }

    /// NOAH's published production key, labelled `production`.
    #[must_use]
    pub fn production() -> Self {
        Self(of_environment(Environment::Production))
    }

    /// The same with one more key, tried after the others.
    ///
    /// # Errors
    /// One of [`KeyRingError`].
    pub fn and(mut self, label: impl Into<String>, key: VerifyingKey) -> Result<Self, KeyRingError> {
        let label = label.into();
        if key.algorithm() != Algorithm::ES384 {
            return Err(KeyRingError::NotP384);
        }
        if self.labels().any(|other| other == label) {
            return Err(KeyRingError::RepeatedLabel);
        }
        self.0.push(LabelledKey { label, key });
        Ok(self)
    }

    pub(in crate::noah) fn with_override(self, key: Option<VerifyingKey>) -> Result<Self, KeyRingError> {
        match key {
            Some(key) => self.and("override", key),
            None => Ok(self),
        }
    }

    /// The labels, in the order in which the keys are tried.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.label.as_str())
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, LabelledKey> {
        self.0.iter()
    }

    pub(super) fn holds(&self, other: &LabelledKey) -> bool {
        self.0.iter().any(|key| key.key == other.key)
    }
}

/// NOAH's published keys, labelled by environment.
pub(super) fn published() -> &'static [LabelledKey] {
    static KEYS: LazyLock<Vec<LabelledKey>> = LazyLock::new(|| {
        let key = |environment: Environment| {
            let pem = environment.webhook_key_pem()?;
            #[expect(
                clippy::expect_used,
                reason = "the texts are constants, and a test reads them"
            )]
            let key = VerifyingKey::from_pem(pem).expect("NOAH's published keys are P-384 keys");
            Some(LabelledKey {
                label: environment.to_string(),
                key,
            })
        };
        Environment::ALL.into_iter().filter_map(key).collect()
    });
    &KEYS
}

fn of_environment(environment: Environment) -> Vec<LabelledKey> {
    published()
        .iter()
        .filter(|key| key.label == environment.as_str())
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fingerprints of the published keys, computed by openssl.
    #[test]
    fn the_published_keys_are_the_published_keys() {
        let sandbox = "6d70b4da11406f1b4228fdcf917db8071ce4a6e47df876a44d297787d30b863b";
        let production = "e00af50c148aba8d320c177f65323c7dfac8b3b927c8f3236fff363566b742fa";
        for (ring, label, fingerprint) in [
            (KeyRing::sandbox(), "sandbox", sandbox),
            (KeyRing::production(), "production", production),
        ] {
            let [key] = &ring.0[..] else {
                panic!("one key per environment")
            };
            assert_eq!(key.label, label);
            assert_eq!(key.key.fingerprint(), fingerprint);
            assert_eq!(key.key.algorithm(), Algorithm::ES384);
        }
        assert_eq!(published().len(), 2);
    }
}

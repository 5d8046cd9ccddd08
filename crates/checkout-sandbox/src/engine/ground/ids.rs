//! Ids, API keys and key pairs: from the machine's randomness, or from a seed, so that the same requests in the same order
//! get the same answers to the byte.

use std::sync::atomic::{AtomicU64, Ordering};

use checkout_core::key::{KeyError, SigningKey};
use p384::elliptic_curve::Generate as _;
use p384::pkcs8::{EncodePrivateKey as _, LineEnding};
use uuid::Uuid;

use crate::engine::text::sha256;

/// Makes ids, API keys and key pairs.
pub(crate) struct Ids {
    seed: Option<u64>,
    /// How many came of the seed.
    made: AtomicU64,
}

impl Ids {
    /// Goes on after so many ids of the seed.
    pub(crate) const fn new(seed: Option<u64>, made: u64) -> Self {
        Self {
            seed,
            made: AtomicU64::new(made),
        }
    }

    /// How many were made so far.
    pub(crate) fn made(&self) -> u64 {
        self.made.load(Ordering::SeqCst)
    }

    /// A new UUID (version 4).
    pub(crate) fn uuid(&self) -> Uuid {
        let Some(seed) = self.seed else {
            return Uuid::new_v4();
        };
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        let hash = derived(seed, "id", number);
        let (bytes, _) = hash.split_at(16);
        uuid::Builder::from_random_bytes(bytes.try_into().unwrap_or_default()).into_uuid()
    }

    /// A new UUID as text.
    pub(crate) fn id(&self) -> String {
        self.uuid().to_string()
    }

    /// 32 hexadecimal digits.
    pub(crate) fn simple(&self) -> String {
        self.uuid().simple().to_string()
    }

    /// 64 hexadecimal digits, as a secret.
    pub(crate) fn secret(&self) -> String {
        format!("{}{}", self.simple(), self.simple())
    }

    /// A random number. With a seed, it is always the same for this purpose and this count.
    pub(crate) fn chance(&self, label: &str, time: u64) -> u64 {
        let Some(seed) = self.seed else {
            return Uuid::new_v4().as_u64_pair().0;
        };
        let [a, b, c, d, e, f, g, h, ..] = derived(seed, label, time);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// A new P-384 key. Of a seed, each label has one, and the key signs the same message always the same way.
    pub(crate) fn signing_key(&self, label: &str) -> Result<SigningKey, KeyError> {
        let key = match self.seed {
            // Not AWS-LC's: its first random number in a process takes it 45 ms, as long as a whole start should.
            None => p384::SecretKey::try_generate().ok(),
            // A scalar is 48 bytes. All but about one in 2^190 of them are keys.
            Some(seed) => (0_u64..).step_by(2).find_map(|number| {
                let bytes = [derived(seed, label, number), derived(seed, label, number + 1)].concat();
                p384::SecretKey::from_slice(bytes.get(..48)?).ok()
            }),
        };
        let pem = key.and_then(|key| key.to_pkcs8_pem(LineEnding::LF).ok());
        let pem = pem.ok_or(KeyError::Library { what: "making a key" })?;
        self.settled(SigningKey::from_pem(&pem)?)
    }

    /// A key as this sandbox uses it: of a seed, its signatures are deterministic.
    pub(crate) fn settled(&self, key: SigningKey) -> Result<SigningKey, KeyError> {
        if self.seed.is_some() {
            key.into_deterministic()
        } else {
            Ok(key)
        }
    }
}

fn derived(seed: u64, label: &str, number: u64) -> [u8; 32] {
    sha256(format!("checkout-sandbox {seed} {number} {label}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_ids_and_keys() {
        let made = |seed| {
            let ids = Ids::new(Some(seed), 0);
            let key = ids.signing_key("webhooks").unwrap();
            (
                ids.id(),
                ids.secret(),
                key.public_key_pem(),
                key.sign_der(b"body").unwrap(),
            )
        };
        assert_eq!(made(7), made(7));
        assert_ne!(made(7).0, made(8).0);
        assert_ne!(made(7).2, made(8).2);
    }

    #[test]
    fn no_id_comes_twice_even_after_a_restart() {
        let ids = Ids::new(Some(7), 0);
        let first = ids.id();
        let second = ids.id();
        assert_ne!(first, second);
        let after = Ids::new(Some(7), ids.made());
        assert!(![first, second].contains(&after.id()));
        assert_ne!(Ids::new(None, 0).id(), Ids::new(None, 0).id());
    }

    #[test]
    fn chance_is_bound_by_a_seed_alone() {
        let seeded = |seed| Ids::new(Some(seed), 0).chance("order", 1);
        assert_eq!(seeded(7), seeded(7));
        assert_ne!(seeded(7), seeded(8));
        let ids = Ids::new(Some(7), 0);
        assert_ne!(ids.chance("order", 1), ids.chance("order", 2));
        assert_ne!(ids.chance("order", 1), ids.chance("other", 1));
        let random = Ids::new(None, 0);
        assert_ne!(random.chance("order", 1), random.chance("order", 1));
    }

    #[test]
    fn each_purpose_has_a_key_of_its_own() {
        let ids = Ids::new(Some(7), 0);
        let pem = |label| ids.signing_key(label).unwrap().public_key_pem();
        assert_ne!(pem("requests"), pem("webhooks"));
    }
}

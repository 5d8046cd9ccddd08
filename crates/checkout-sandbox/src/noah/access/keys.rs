//! API keys and the public keys registered with them.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey};
use checkout_core::key::{Algorithm, KeyError, VerifyingKey};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};

use crate::engine::ground::{Ground, StateError, Table};

/// By API key.
const API_KEYS: Table<Registration> = Table::new("noah_api_keys");

/// The API keys that the sandbox knows.
pub(crate) struct ApiKeys {
    ground: Arc<Ground>,
    known: RwLock<HashMap<String, Option<Arc<Verifier>>>>,
}

/// What a state file holds of an API key.
#[derive(Serialize, Deserialize)]
struct Registration {
    /// As PEM; `None` for a key whose requests go unsigned.
    public_key: Option<String>,
}

/// Verifies the tokens of one API key. The key is parsed once, and AWS-LC verifies without any code that clients sign with.
pub(crate) struct Verifier {
    key: ParsedPublicKey,
    /// The only `alg` that fits the public key.
    pub(crate) algorithm: &'static str,
}

/// Why an API key was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The PEM is not a public key on P-384 or P-256.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The state file cannot be written.
    #[error(transparent)]
    State(#[from] StateError),
}

impl ApiKeys {
    /// Those of an earlier sandbox, if there is a state file.
    pub(crate) fn new(ground: Arc<Ground>) -> Result<Self, RegisterError> {
        let mut known = HashMap::new();
        for (api_key, Registration { public_key }) in ground.state.rows(API_KEYS)? {
            known.insert(
                api_key,
                public_key.as_deref().map(Verifier::from_pem).transpose()?,
            );
        }
        Ok(Self {
            ground,
            known: RwLock::new(known),
        })
    }

    /// Makes an API key: without a public key its requests go unsigned, with one (PEM) they must be signed by its owner.
    pub(crate) fn register(&self, public_key: Option<&str>) -> Result<String, RegisterError> {
        let verifier = public_key.map(Verifier::from_pem).transpose()?;
        let api_key = format!("apikey_sandbox_{}", self.ground.ids.secret());
        let mut batch = self.ground.batch();
        let registration = Registration {
            public_key: public_key.map(str::to_owned),
        };
        batch.put(API_KEYS, &api_key, &registration);
        self.ground.commit(batch)?;
        self.known.write().insert(api_key.clone(), verifier);
        Ok(api_key)
    }

    /// What verifies this API key's tokens, if it has a public key. `None` for an unknown API key.
    pub(crate) fn find(&self, api_key: &str) -> Option<Option<Arc<Verifier>>> {
        self.known.read().get(api_key).cloned()
    }
}

impl Verifier {
    fn from_pem(public_key_pem: &str) -> Result<Arc<Self>, KeyError> {
        let public_key = VerifyingKey::from_pem(public_key_pem)?;
        let (algorithm, raw) = match public_key.algorithm() {
            Algorithm::ES256 => ("ES256", &ECDSA_P256_SHA256_FIXED),
            _ => ("ES384", &ECDSA_P384_SHA384_FIXED),
        };
        let key = ParsedPublicKey::new(raw, public_key.to_spki_der()).map_err(|_| KeyError::Library {
            what: "reading a public key",
        })?;
        Ok(Arc::new(Self { key, algorithm }))
    }

    /// Whether the raw signature, `r` and `s` side by side, is the owner's over this input.
    pub(crate) fn holds(&self, input: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(input, signature).is_ok()
    }
}

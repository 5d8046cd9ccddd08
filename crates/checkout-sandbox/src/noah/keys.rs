//! API keys and the public keys registered with them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use checkout_core::key::{KeyError, VerifyingKey};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};

use crate::ground::{Ground, StateError, Table};

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

/// What verifies the tokens of one API key, prepared once.
pub(crate) struct Verifier {
    key: DecodingKey,
    validation: Validation,
    algorithm: Algorithm,
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
        for (api_key, Registration { public_key }) in ground.state().rows(API_KEYS)? {
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
        let api_key = format!("apikey_sandbox_{}", self.ground.ids().secret());
        let mut batch = self.ground.batch();
        let registration = Registration {
            public_key: public_key.map(str::to_owned),
        };
        batch.put(API_KEYS, api_key.clone(), &registration);
        self.ground.commit(batch)?;
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(api_key.clone(), verifier);
        Ok(api_key)
    }

    /// What verifies this API key's tokens, if it has a public key. `None` for an unknown API key.
    pub(crate) fn find(&self, api_key: &str) -> Option<Option<Arc<Verifier>>> {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(api_key)
            .cloned()
    }
}

impl Verifier {
    fn from_pem(public_key_pem: &str) -> Result<Arc<Self>, KeyError> {
        let public_key = VerifyingKey::from_pem(public_key_pem)?;
        let algorithm = public_key.algorithm();
        let key =
            DecodingKey::from_ec_pem(public_key.to_pem().as_bytes()).map_err(|_| KeyError::Library {
                what: "reading a public key",
            })?;
        let mut validation = Validation::new(algorithm);
        // The claims are checked one by one, each with its own refusal; here only the signature counts.
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        validation.leeway = 0;
        Ok(Arc::new(Self {
            key,
            validation,
            algorithm,
        }))
    }

    /// The only algorithm that fits the public key.
    pub(crate) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The claims of a token whose signature holds.
    pub(crate) fn claims(&self, token: &str) -> Result<serde_json::Value, jsonwebtoken::errors::Error> {
        jsonwebtoken::decode(token, &self.key, &self.validation).map(|decoded| decoded.claims)
    }
}

//! API keys and the public keys registered with them.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use checkout_core::key::{KeyError, VerifyingKey};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use uuid::Uuid;

/// The API keys that the sandbox knows.
#[derive(Default)]
pub(crate) struct ApiKeys {
    known: RwLock<HashMap<String, Option<Verifier>>>,
}

/// What verifies the tokens of one API key, prepared once.
#[derive(Clone)]
pub(crate) struct Verifier {
    key: DecodingKey,
    validation: Validation,
    algorithm: Algorithm,
}

impl ApiKeys {
    /// Makes an API key without a public key: its requests go unsigned.
    pub(crate) fn unsigned(&self) -> String {
        self.register(None)
    }

    /// Makes an API key whose requests must be signed by the owner of this public key.
    pub(crate) fn signed(&self, public_key_pem: &str) -> Result<String, KeyError> {
        Ok(self.register(Some(Verifier::from_pem(public_key_pem)?)))
    }

    /// What verifies this API key's tokens, if it has a public key. `None` for an unknown API key.
    pub(crate) fn find(&self, api_key: &str) -> Option<Option<Verifier>> {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(api_key)
            .cloned()
    }

    fn register(&self, verifier: Option<Verifier>) -> String {
        let api_key = format!(
            "apikey_sandbox_{}{}",
            Uuid::new_v4().simple(),
            Uuid::new_v4().simple()
        );
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(api_key.clone(), verifier);
        api_key
    }
}

impl Verifier {
    fn from_pem(public_key_pem: &str) -> Result<Self, KeyError> {
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
        Ok(Self {
            key,
            validation,
            algorithm,
        })
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

//! Signatures over the exact bytes of a body, as each API makes them.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use checkout_core::key::SigningKey;
use reqwest::RequestBuilder;

use crate::digest::hmac_sha256;
use crate::ground::Ids;

/// What an API signs its webhooks with.
pub(super) enum Seal {
    Noah {
        key: Box<SigningKey>,
        /// The key of nobody, for wrong signatures; made when it is first needed.
        other: OnceLock<Box<SigningKey>>,
    },
    Worldline {
        key_id: String,
        secret: String,
    },
}

impl Seal {
    pub(super) fn noah(key: SigningKey) -> Self {
        Self::Noah {
            key: Box::new(key),
            other: OnceLock::new(),
        }
    }

    /// NOAH: ECDSA in DER; Worldline Connect: HMAC-SHA256 under the secret as text. Both in base64. Or why there is none.
    pub(super) fn sign(&self, body: &[u8], wrong: bool, ids: &Ids) -> Result<String, String> {
        let signature = match self {
            Self::Noah { key, other } => {
                let key = if wrong { wrong_key(other, ids)? } else { key };
                key.sign_der(body).map_err(|error| error.to_string())?
            }
            Self::Worldline { secret, .. } if !wrong => hmac_sha256(secret.as_bytes(), body).to_vec(),
            Self::Worldline { secret, .. } => hmac_sha256(format!("not {secret}").as_bytes(), body).to_vec(),
        };
        Ok(BASE64_STANDARD.encode(signature))
    }

    /// The headers that carry the signature.
    pub(super) fn headers<'a>(&'a self, signature: &'a str) -> Vec<(&'static str, &'a str)> {
        match self {
            Self::Noah { .. } => vec![("Webhook-Signature", signature)],
            Self::Worldline { key_id, .. } => vec![("X-GCS-KeyId", key_id), ("X-GCS-Signature", signature)],
        }
    }

    pub(super) fn put_on(&self, request: RequestBuilder, signature: &str) -> RequestBuilder {
        self.headers(signature)
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value))
    }
}

fn wrong_key<'a>(other: &'a OnceLock<Box<SigningKey>>, ids: &Ids) -> Result<&'a SigningKey, String> {
    if let Some(key) = other.get() {
        return Ok(key);
    }
    let key = ids
        .signing_key("wrong webhooks")
        .map_err(|error| error.to_string())?;
    Ok(other.get_or_init(|| Box::new(key)))
}

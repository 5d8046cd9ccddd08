//! For the tests of those who receive webhooks.

use checkout_core::encoding::base64;
use checkout_core::key::{SignError, SigningKey};

/// The value of `Webhook-Signature` for a body, as NOAH would make it with this key.
///
/// Give the receiver under test the public half, by [`Webhooks::local`](super::Webhooks::local). The key must be on
/// P-384.
///
/// # Errors
/// When the key's library cannot sign.
pub fn sign_for_test(key: &SigningKey, body: &[u8]) -> Result<String, SignError> {
    key.sign_der(body).map(|signature| base64(&signature))
}

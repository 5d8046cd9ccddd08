//! Names for what has none yet.

/// A fresh `Nonce` or `ExternalID`: a random UUID, 36 characters.
pub(crate) fn fresh_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

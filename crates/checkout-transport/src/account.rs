//! Whose credentials a request is sent with.

use std::sync::Arc;

use checkout_core::digest::sha256_hex;

/// Whose credentials a request is sent with: a digest, which tells two accounts apart and shows no key.
///
/// ```
/// use checkout_transport::Account;
///
/// let account = Account::of(&["shop", "key-1"]);
/// assert_eq!(account, Account::of(&["shop", "key-1"]));
/// assert_ne!(account, Account::of(&["shopkey", "-1"]));
/// assert!(!account.as_str().contains("key-1"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account(Arc<str>);

impl Account {
    /// Of the API's name and of what names the account there: an API key, or a merchant and the id of a key. SHA-256 over
    /// each with its length, behind a text that no other digest begins with.
    #[must_use]
    pub fn of(names: &[&str]) -> Self {
        let mut text = "hosted-checkout account 1".to_owned();
        for name in names {
            text.push_str(&format!("\n{} {name}", name.len()));
        }
        Self(sha256_hex(text.as_bytes()).into())
    }

    pub(crate) fn stored(digest: &str) -> Self {
        Self(digest.into())
    }

    /// 64 lower-case hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

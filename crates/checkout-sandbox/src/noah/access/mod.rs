//! Who may call NOAH: API keys, tokens and their claims.

pub(crate) mod auth;
mod claims;
pub(crate) mod keys;
mod unauthorized;

pub(crate) use auth::Caller;
pub(crate) use keys::ApiKeys;
pub use keys::RegisterError;
pub(crate) use unauthorized::Unauthorized;

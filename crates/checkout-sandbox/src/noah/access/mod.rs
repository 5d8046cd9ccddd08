//! Who may call NOAH: API keys, tokens and their claims.

pub(crate) mod auth;
mod claims;
pub(crate) mod keys;
pub(crate) mod unauthorized;

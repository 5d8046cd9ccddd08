//! Who may call Worldline Connect: the merchant's server by its signature, a customer's device by its session.

pub(crate) mod auth;
mod signature;
pub(crate) mod unauthorized;

pub(crate) use auth::Account;

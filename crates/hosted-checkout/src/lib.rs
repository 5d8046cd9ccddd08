//! Take and pay out money through NOAH hosted checkout and Worldline Connect.
//!
//! One module per API; what both need stands beside them:
//!
//! - [`noah`]: hosted pay-in, pay-out and payment-method sessions, signed requests, signed webhooks.
//! - [`worldline`]: signed server calls, client sessions, Apple Pay sessions, signed webhooks.
//! - [`credentials`]: where keys come from, and what is said when one is missing or malformed.

pub mod credentials;
pub mod noah;
pub mod worldline;

//! The Worldline Connect side: the Server API below `/v1`, the Client API below `/client/v1`.

pub(crate) mod auth;
mod idempotence;
mod refusal;
pub(crate) mod service;
mod sessions;

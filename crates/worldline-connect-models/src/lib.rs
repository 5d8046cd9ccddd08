//! Types of the Worldline Connect API, generated from `openapi/worldline-connect.yaml`.
//!
//! Requests are built with [`bon`] builders and checked by [`Validate`](checkout_core::Validate); answers decode
//! whatever the API adds to them: unknown fields are passed over, unknown values are kept.

mod generated;

pub use generated::*;

//! Take and pay out money through NOAH hosted checkout and Worldline Connect.
//!
//! One module per API; what both need stands beside them:
//!
//! - [`noah`]: hosted pay-in, pay-out and payment-method sessions, signed requests, signed webhooks.
//! - [`worldline`]: signed server calls, client sessions, Apple Pay sessions, signed webhooks.
//! - `blocking` (feature): every call of both for programs without a runtime, as `….send().wait()`.
//! - [`wire`] and [`retry`]: what carries requests, and what is sent again.
//! - [`credentials`]: where keys come from, and what is said when one is missing or malformed.

#[cfg(feature = "blocking")]
pub mod blocking;
pub mod credentials;
mod hosts;
pub mod noah;
mod webhook_body;
pub mod worldline;

// What callers of either API name: keys, amounts, limits, and the one error type.
pub use checkout_core::{PositiveDecimal, clock, key};
pub use checkout_transport::{
    Attempt, AttemptResult, BaseUrl, CallOptions, CodingError, Error, ErrorKind, Outcome, Prepared,
    PreparedRequest, Receipt, Response, RetryBudget, Timeouts, retry,
};
pub use hosts::HostError;
pub use webhook_body::{SignedBytes, WebhookCoding};

/// What carries requests: for those who bring a wire of their own, or set the transport up further.
pub mod wire {
    pub use checkout_transport::{
        BoxFuture, ReqwestWire, Transport, TransportBuilder, Wire, WireError, WireErrorKind,
    };
}

/// The examples of README.md, as doc tests.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

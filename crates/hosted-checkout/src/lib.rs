//! Take and pay out money through NOAH hosted checkout and Worldline Connect.
//!
//! One module per API; what both need stands beside them:
//!
//! - [`noah`]: hosted pay-in, pay-out and payment-method sessions, signed requests, signed webhooks.
//! - [`worldline`]: signed server calls, client sessions, Apple Pay sessions, signed webhooks.
//! - `blocking` (feature): every call of both for programs without a runtime, as `….send().wait()`.
//! - [`wire`] and [`retry`]: what carries requests, and what is sent again.
//! - [`credentials`]: where keys come from, and what is said when one is missing or malformed.
//!
//! # When a service ends
//!
//! A call whose future is dropped may have taken effect: its outcome is [`Outcome::Unknown`], and nobody is told. So a service
//! that is told to end
//!
//! 1. takes no more orders;
//! 2. waits for the calls under way, at most as long as its supervisor lets it and a call may take ([`Timeouts`]);
//! 3. has what is still unknown in storage: each request, by [`Prepared`]'s `Serialize`, from before it was sent until its end
//!    is known *and* kept with the order. Then a crash or a loss of power is no different from a shutdown;
//! 4. after the restart sends what it finds there again, before it takes new orders. It is the same request with the same
//!    `Nonce` or idempotence key, and the API acts once. What has no key is not sent again
//!    ([`ErrorKind::Unrepeatable`]), nor what is older than its key ([`ErrorKind::Expired`]): that is for a person to ask about.
//!
//! The example `shutdown` does so; the `checkout` command writes its calls down in the same way.

// What one API alone uses is no fault where that API is switched off; builds with all of them find what nobody uses.
#![cfg_attr(
    not(all(
        feature = "by-id",
        feature = "noah",
        feature = "worldline-server",
        feature = "worldline-client"
    )),
    allow(dead_code, unreachable_pub, unused_imports)
)]

#[cfg(feature = "by-id")]
mod arguments;
#[cfg(feature = "blocking")]
pub mod blocking;
pub mod credentials;
mod destination;
#[cfg(feature = "by-id")]
mod door;
mod echo;
mod fresh;
mod handle;
mod hosts;
mod links;
#[cfg(feature = "noah")]
pub mod noah;
mod operation;
mod paging;
mod settings;
mod webhook_body;
#[cfg(any(feature = "worldline-server", feature = "worldline-client"))]
pub mod worldline;

// What callers of either API name: keys, amounts, limits, and the one error type.
#[cfg(feature = "by-id")]
pub use arguments::Arguments;
pub use checkout_core::{Json, PositiveDecimal, Received, clock, key, received};
pub use checkout_transport::{
    Account, Attempt, AttemptResult, BaseUrl, CallOptions, CodingError, Error, ErrorKind, Outcome, Prepared,
    PreparedRequest, Receipt, Response, RetryBudget, Timeouts, Upload, is_loopback, retry,
};
pub use destination::{NamedHosts, Refusal};
#[cfg(feature = "by-id")]
pub use door::JsonPages;
pub use hosts::HostError;
pub use operation::{CallOf, Form};
pub use paging::{Items, Paged, Pages};
pub use webhook_body::{SignedBytes, WebhookCoding};

use fresh::fresh_id;

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

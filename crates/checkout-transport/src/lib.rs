//! Signed calls over HTTP that may be repeated: deadlines, retries, a body cap, and an error that says whether money may
//! have moved.
//!
//! Generated clients form requests, which are [`Prepared`]: finished to the byte and fit to be stored. A [`Transport`] has
//! each attempt signed by an [`Authenticator`], carries it over a [`Wire`] and answers with a [`Reply`] or an [`Error`],
//! either with a [`Receipt`]. It knows HTTP and no API: what an API says about a failure is read by an [`ApiProfile`].
//!
//! - **Signed bytes are sent bytes.** An authenticator sees the finished request and can only add headers.
//! - **Every failure says what it means for the money**: see [`Outcome`], joined over all attempts of a request.
//! - **Nothing is sent twice that the API would take for two requests**: see [`retry::decide`].
//! - **Redirects are never followed**, and no body is read or decompressed beyond its limit.
//! - **Nothing leaks**: no `Debug`, `Display` or log shows a body, a credential or a header that is not known to be
//!   harmless.

mod account;
mod answer;
mod api;
mod attempt;
mod authenticator;
mod base_url;
mod bodies;
mod budget;
mod call;
pub mod client;
pub mod coding;
mod connect;
mod decode;
mod error;
mod error_kind;
mod finishing;
pub mod forming;
mod headers;
mod hint;
mod idempotency;
mod options;
mod outcome;
mod path;
mod prepared;
mod receipt;
mod reply;
mod reqwest_wire;
pub mod retry;
mod secrets;
mod shared;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod timeouts;
mod transport;
mod upload;
mod wire;

pub use account::Account;
pub use api::{ApiError, ApiProfile, Declined, FieldError, PlainApi, Visibility};
pub use authenticator::{AuthenticationError, Authenticator, Outgoing, Unauthenticated};
pub use base_url::{BaseUrl, BaseUrlError, is_loopback};
pub use budget::RetryBudget;
pub use checkout_core::clock::{Clock, SystemClock};
pub use coding::CodingError;
pub use decode::DecodeError;
pub use error::{Error, ErrorParts};
pub use error_kind::{ErrorKind, Phase};
pub use options::CallOptions;
pub use outcome::Outcome;
pub use prepared::{Call, Prepared, PreparedRequest};
pub use receipt::{Attempt, AttemptResult, Receipt};
pub use reply::{Reply, Response};
pub use reqwest_wire::ReqwestWire;
pub use timeouts::Timeouts;
pub use transport::{Transport, TransportBuilder};
pub use upload::Upload;
pub use wire::{BoxFuture, Wire, WireError, WireErrorKind};

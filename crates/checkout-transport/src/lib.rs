//! One signed attempt over HTTP, with deadlines, a body cap and an error that says whether money may have moved.
//!
//! Generated clients form requests and hand them to a [`Transport`]; it has them signed by an [`Authenticator`],
//! carries them over a [`Wire`] and answers with a [`Reply`] or an [`Error`]. It knows HTTP and no API: what an API
//! says about a failure is read by an [`ApiProfile`].
//!
//! - **Signed bytes are sent bytes.** An authenticator sees the finished request and can only add headers.
//! - **Every failure says what it means for the money**: see [`Outcome`].
//! - **Redirects are never followed**, nothing is sent twice, no body is read beyond its limit.
//! - **Nothing leaks**: no `Debug`, `Display` or log shows a body, a credential or a header that is not known to be
//!   harmless.

mod api;
mod attempt;
mod authenticator;
mod base_url;
mod decode;
mod error;
pub mod generated;
mod headers;
mod idempotency;
mod outcome;
mod path;
mod reply;
mod reqwest_wire;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod timeouts;
mod transport;
mod wire;

pub use api::{ApiError, ApiProfile, FieldError, PlainApi};
pub use authenticator::{AuthenticationError, Authenticator, Outgoing, Unauthenticated};
pub use base_url::{BaseUrl, BaseUrlError};
pub use checkout_core::clock::{Clock, SystemClock};
pub use decode::DecodeError;
pub use error::{Error, ErrorKind, Phase};
pub use outcome::Outcome;
pub use reply::{Reply, Response};
pub use reqwest_wire::ReqwestWire;
pub use timeouts::Timeouts;
pub use transport::{Transport, TransportBuilder};
pub use wire::{BoxFuture, Wire, WireError, WireErrorKind};

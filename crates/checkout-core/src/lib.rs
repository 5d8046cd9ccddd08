//! Money text, keys, signatures, open enums and validation: the HTTP-free ground floor of hosted-checkout.
//!
//! Knows no API and no HTTP. The generated models, the transport and the sandbox all stand on it.

#[cfg(all(feature = "keys", not(any(feature = "aws-lc-rs", feature = "p384"))))]
compile_error!(
    "checkout-core signs and verifies with the feature `aws-lc-rs` (default, fast) or `p384` (pure Rust): switch one on"
);

pub mod clock;
pub mod decimal;
#[cfg(feature = "schemars")]
pub mod described;
#[cfg(any(feature = "aws-lc-digest", feature = "p384"))]
pub mod digest;
pub mod encoding;
pub mod escape;
#[cfg(any(feature = "aws-lc-rs", feature = "p384"))]
pub mod given;
pub mod json;
#[cfg(any(feature = "aws-lc-rs", feature = "p384"))]
pub mod key;
#[cfg(any(feature = "aws-lc-digest", feature = "p384"))]
pub mod mac;
pub mod near;
pub mod operation;
#[cfg(any(feature = "aws-lc-rs", feature = "p384"))]
pub mod read;
pub mod received;
pub mod redact;
#[cfg(feature = "jsonschema")]
pub mod schema;
pub mod sent;
pub mod time;
pub mod utf8;
pub mod validate;
pub mod view;

mod calendar;
mod members;
mod open_enum;
mod tagged_union;
mod text;

pub use decimal::{DecimalError, DecimalInput, PositiveDecimal};
pub use operation::{Hint, Idempotency, Operation, Paging, PagingBy, Parameter, Place};
pub use received::{Json, Received};
pub use sent::Sent;
pub use validate::{Validate, Violation, Violations};
pub use view::{View, Viewed};

/// What the exported macros expand to; not part of the public interface.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "schemars")]
    pub use schemars;
    pub use serde;
    pub use serde_json;
}

//! Money text, keys, signatures, open enums and validation: the HTTP-free ground floor of hosted-checkout.
//!
//! Knows no API and no HTTP. The generated models, the transport and the sandbox all stand on it.

pub mod decimal;
pub mod operation;
pub mod redact;
pub mod time;
pub mod validate;

mod open_enum;
mod tagged_union;
mod text;

pub use decimal::{DecimalError, DecimalInput, PositiveDecimal};
pub use operation::{Idempotency, Operation};
pub use validate::{Validate, Violation, Violations};

/// What the exported macros expand to; not part of the public interface.
#[doc(hidden)]
pub mod __private {
    pub use serde;
    pub use serde_json;
}

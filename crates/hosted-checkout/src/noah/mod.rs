//! NOAH hosted checkout: signed requests, hosted sessions, signed webhooks.

mod api_key;
mod claims;
mod currency;
mod environment;
mod signer;

pub use api_key::{ApiKey, ApiKeyError};
pub use currency::{crypto_decimals, fiat_decimals};
pub use environment::{Environment, UnknownEnvironment};
pub use signer::{RequestSigner, SignerError, SigningError};

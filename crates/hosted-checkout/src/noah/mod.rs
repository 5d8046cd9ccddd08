//! NOAH hosted checkout: signed requests, hosted sessions, signed webhooks.
//!
//! - [`Noah`] is the client. [`Noah::checkout`] opens sessions by call builders whose required fields are checked at
//!   compile time, and everything else before a byte is sent.
//! - [`Webhooks`] verifies what NOAH sends and reads it as typed [`Event`]s. It needs no client.
//! - [`ReturnHint`] reads what the browser brings back. It is unsigned.
//! - [`Environment`] and [`Credentials`] keep hosts, keys and currency codes of one environment together.
//!
//! The types of requests, answers and events are those of [`noah_models`].

mod api_key;
mod checkout;
mod claims;
mod client;
mod comparison;
mod country;
mod credentials;
mod currency;
mod environment;
mod generated;
mod hosted;
mod line_items;
mod profile;
mod return_hint;
mod rules;
mod sessions;
mod signer;
mod webhooks;

pub use api_key::{ApiKey, ApiKeyError, NoApiKey};
pub use checkout::{Checkout, PreparedManaged, PreparedPayIn, PreparedSell, SessionCall};
pub use client::{Noah, NoahBuilder};
pub use credentials::Credentials;
pub use currency::{crypto_decimals, fiat_decimals};
pub use environment::{Environment, UnknownEnvironment};
pub use generated::{CheckoutManageBuilder, CheckoutPayInFiatBuilder, CheckoutSellBuilder};
pub use line_items::{LineItemInput, line_item};
pub use return_hint::{ReturnHint, ReturnHintError};
pub use rules::{AnswerChecks, ArithmeticChecks, FractionChecks};
pub use sessions::{Managed, PayIn, Sell};
pub use signer::{RequestSigner, SignerError, SigningError};
#[cfg(any(test, feature = "testing"))]
pub use webhooks::sign_for_test;
pub use webhooks::{
    EnvelopeError, Event, EventData, EventIdentity, Freshness, KeyRing, KeyRingError, Recency,
    SIGNATURE_HEADER, WebhookError, Webhooks,
};

/// Each operation as a type, for its prepared requests.
pub use noah_client::call;
/// All types of the API.
pub use noah_models as models;

// What most callers name.
pub use noah_models::{
    CheckoutSessionStatus, CryptoCurrencyCode, EventType, FiatCurrencyCode, FiatDepositStatus, LineItem,
    PaymentMethodCategory, TransactionStatus, WebhookData,
};

/// A fresh `Nonce` or `ExternalID`: a random UUID, 36 characters.
fn fresh_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

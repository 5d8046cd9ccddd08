//! NOAH hosted checkout: signed requests, hosted sessions, signed webhooks.
//!
//! - [`Noah`] is the client. [`Noah::checkout`] opens sessions by call builders whose required fields are checked at
//!   compile time, and everything else before a byte is sent.
//! - [`Webhooks`] verifies what NOAH sends and reads it as typed [`Event`]s. It needs no client.
//! - [`ReturnHint`] reads what the browser brings back. It is unsigned.
//! - [`Environment`] and [`Credentials`] keep hosts, keys and currency codes of one environment together.
//!
//! The types of requests, answers and events are those of [`noah_models`].
//!
//! # Before and after a call
//!
//! Every call is checked before anything is sent: the rules of the spec, the environment of the currency, the arithmetic of
//! the line items. What is wrong comes back all at once, each with its JSON pointer, as
//! [`ErrorKind::InvalidRequest`](checkout_transport::ErrorKind::InvalidRequest). A required field that is left out does not
//! compile, and the compiler names it:
//!
//! ```compile_fail,E0277
//! # async fn f(noah: hosted_checkout::noah::Noah) {
//! // No `customer_id`.
//! let session = noah.checkout().manage().send().await;
//! # }
//! ```
//!
//! Every answer is checked against what was asked. One that contradicts it is an
//! [`ErrorKind::Mismatch`](checkout_transport::ErrorKind::Mismatch) of unknown outcome, which holds the whole answer:
//! the session exists, and a customer who had its link could pay it. An integrator saw NOAH open a session in USD,
//! without an error, for a currency that the account lacks (`x-doubt` of `FiatCurrency` in the spec). And a used
//! `Nonce` may be answered with another order's session.
//!
//! A request can be [prepared](CheckoutPayInFiatBuilder::prepare), stored, and [sent](Noah::send) by another process:
//!
//! ```no_run
//! # use hosted_checkout::noah::{Noah, PreparedPayIn, line_item};
//! # fn store(_: &str) {}
//! # fn stored() -> String { String::new() }
//! # async fn f(noah: Noah) -> Result<(), Box<dyn std::error::Error>> {
//! let pay_in = noah
//!     .checkout()
//!     .pay_in_fiat()
//!     .customer_id("customer-1")
//!     .payment_method_category("Card")
//!     .fiat_currency("USD")
//!     .fiat_amount("10.10")
//!     .crypto_currency("USDC_TEST")
//!     .return_url("https://shop.example/done")
//!     .line_items([line_item("Coffee beans", 2, "5.05")])
//!     .prepare()?;
//! store(&serde_json::to_string(&pay_in)?);
//! let session = noah.send(&pay_in).await?;
//!
//! // After a crash anywhere above: the same request, with the same Nonce, so that nobody pays twice.
//! let pay_in: PreparedPayIn = serde_json::from_str(&stored())?;
//! let session = noah.send(&pay_in).await?;
//! # Ok(())
//! # }
//! ```
//!
//! An error of a pay-in or sale that may have been sent names the `Nonce`
//! ([`idempotency_key`](checkout_transport::Error::idempotency_key)) and the `ExternalID`
//! ([`details`](checkout_transport::Error::details)) of its request, given or made, and holds the request
//! ([`prepared`](checkout_transport::Error::prepared)).
//!
//! Operations that are chosen at run time are called by their ids, with feature `by-id`: `Noah::prepare_by_id`,
//! `Noah::send_by_id`.

mod api_key;
mod claims;
mod client;
mod country;
mod credentials;
mod currency;
mod documents;
mod environment;
mod generated;
mod hosted;
mod line_items;
mod operations;
mod profile;
mod reconcile;
mod return_hint;
mod rules;
mod sale;
mod sessions;
mod signer;
mod webhooks;

pub use api_key::{ApiKey, ApiKeyError, NoApiKey};
pub use claims::SigningError;
pub use client::{Noah, NoahBuilder};
pub use credentials::Credentials;
pub use currency::{crypto_decimals, fiat_decimals};
pub use environment::{Environment, UnknownEnvironment};
pub use generated::*;
pub use line_items::{LineItemInput, line_item};
pub use operations::{PreparedManaged, PreparedPayIn, PreparedSell};
pub use reconcile::{LookBack, Reconciled, Unfinished};
pub use return_hint::{ReturnHint, ReturnHintError};
pub use rules::Checks;
pub use sale::{ReadySale, Sale, SaleStep};
pub use sessions::{Hosted, Managed, Order, PayIn, Sell, Session};
pub use signer::{RequestSigner, SignerError};
#[cfg(any(test, feature = "testing"))]
pub use webhooks::sign_for_test;
pub use webhooks::{
    Event, EventData, EventIdentity, Freshness, KeyRing, KeyRingError, Recency, SIGNATURE_HEADER,
    WebhookError, Webhooks,
};

use operations::handle;

/// Each operation as a type, for its prepared requests.
pub use noah_client::call;
/// All types of the API.
pub use noah_models as models;

// What most callers name.
pub use noah_models::{
    CheckoutSessionStatus, CryptoCurrencyCode, DocumentSide, DocumentType, EventType, FiatCurrencyCode,
    FiatDepositStatus, LineItem, NextStepType, PaymentMethodCategory, TransactionStatus, WebhookData,
};

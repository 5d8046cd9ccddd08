//! Worldline Connect: signed server calls, client sessions, Apple Pay sessions, webhooks.
//!
//! - [`Connect`] is the way in for a merchant's server: [`Connect::server`] has the calls of the server API.
//! - [`ClientSession`] is what the server hands to a device; [`ClientSession::connect`] has the calls of the client API.
//! - [`Webhooks`] verifies what Worldline delivers.
//! - [`ServerSigner`] and [`ClientSigner`] are the two ways to prove who calls, for those who bring their own transport.
//!
//! Types of requests and answers are in [`models`].

mod apple_pay;
mod authenticator;
mod client;
mod client_session;
mod connect;
mod credentials;
mod endpoint;
mod generated;
mod meta_info;
mod profile;
mod reach;
mod server;
mod sessions;
mod settings;
mod signing;
mod webhooks;

/// The environments, as `WORLDLINE_CONNECT_ENVIRONMENT` names them.
pub use crate::destination::{Stage as Environment, UnknownStage as UnknownEnvironment};
/// Each operation as a type, for its prepared requests.
pub use worldline_connect_client::call;
pub use worldline_connect_models as models;

pub use apple_pay::{
    APPLE_PAY, ApplePayHosts, ApplePayMerchantSession, ApplePaySession, ApplePaySessionError,
};
pub use authenticator::{ClientSigner, ServerSigner};
pub use client::{Client, ClientApplePaySessionBuilder, ClientBuilder, client_builder};
pub use client_session::{
    ClientApiUrl, ClientApiUrlError, ClientSession, ClientSessionBuilder, ClientSessionError,
    ClientSessionHandOver,
};
pub use connect::{Connect, ConnectBuilder, connect_builder};
pub use credentials::{Credentials, CredentialsBuilder};
pub use endpoint::{Endpoint, EndpointError};
pub use generated::{
    ClientCreateProductSessionBuilder, ServerCreateProductSessionBuilder, ServerCreateSessionBuilder,
};
pub use meta_info::{
    ClientMetaInfo, ClientMetaInfoBuilder, ClientMetaInfoError, ShoppingCartExtension,
    ShoppingCartExtensionBuilder,
};
pub use profile::idempotence_request_timestamp;
pub use server::{Server, ServerApplePaySessionBuilder};
pub use sessions::{CreatedSession, ProductSession, SessionCall};
pub use signing::{SigningError, canonical_header_value, string_to_hash};
pub use webhooks::{DedupeKey, Event, Subject, WebhookError, WebhookKey, WebhookKeyError, Webhooks};

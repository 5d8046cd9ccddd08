//! Worldline Connect: signed server calls, client sessions, Apple Pay sessions, webhooks.
//!
//! - [`Connect`] is the way in for a merchant's server: [`Connect::server`] has the calls of the server API (feature
//!   `worldline-server`).
//! - [`ClientSession`] is what the server hands to a device; [`ClientSession::connect`] has the calls of the client API.
//! - [`Webhooks`] verifies what Worldline delivers.
//! - [`ServerSigner`] and [`ClientSigner`] are the two ways to prove who calls, for those who bring their own transport.
//!
//! Types of requests and answers are in [`models`].

mod apple_pay;
mod client_session;
mod endpoint;
mod generated;
mod meta_info;
mod product_sessions;
mod profile;
mod reach;
mod signing;

// The server API.
#[cfg(feature = "worldline-server")]
mod connect;
#[cfg(feature = "worldline-server")]
mod created_session;
#[cfg(feature = "worldline-server")]
mod credentials;
#[cfg(feature = "worldline-server")]
#[allow(missing_debug_implementations, reason = "the builder that bon makes has none")]
mod server;
#[cfg(feature = "worldline-server")]
mod server_signer;
#[cfg(feature = "worldline-server")]
mod webhooks;

// The client API.
#[cfg(feature = "worldline-client")]
#[allow(
    missing_debug_implementations,
    reason = "the builders that bon makes have none"
)]
mod client_api;
#[cfg(feature = "worldline-client")]
mod client_signer;

/// The environments, as `WORLDLINE_CONNECT_ENVIRONMENT` names them.
pub use crate::destination::{Stage as Environment, UnknownStage as UnknownEnvironment};
/// Each operation as a type, for its prepared requests.
pub use worldline_connect_client::call;
pub use worldline_connect_models as models;

pub use apple_pay::{
    APPLE_PAY, ApplePayHosts, ApplePayMerchantSession, ApplePaySession, ApplePaySessionError,
};
pub use client_session::{
    ClientApiUrl, ClientApiUrlError, ClientSession, ClientSessionBuilder, ClientSessionError,
    ClientSessionHandOver,
};
pub use endpoint::{Endpoint, EndpointError};
pub use generated::*;
pub use meta_info::{
    ClientMetaInfo, ClientMetaInfoBuilder, ClientMetaInfoError, ShoppingCartExtension,
    ShoppingCartExtensionBuilder,
};
pub use product_sessions::ProductSession;
pub use profile::idempotence_request_timestamp;
pub use signing::{SigningError, canonical_header_value, string_to_hash};

#[allow(
    unused_imports,
    reason = "no operation has a handle, as long as the settings name its client"
)]
use crate::handle::handle;

#[cfg(feature = "worldline-server")]
pub use {
    connect::{Connect, ConnectBuilder, connect_builder},
    created_session::CreatedSession,
    credentials::{Credentials, CredentialsBuilder},
    server::{Server, ServerApplePaySessionBuilder},
    server_signer::ServerSigner,
    webhooks::{DedupeKey, Event, Subject, WebhookError, WebhookKey, WebhookKeyError, Webhooks},
};

#[cfg(feature = "worldline-client")]
pub use {
    client_api::{Client, ClientApplePaySessionBuilder, ClientBuilder, client_builder},
    client_signer::ClientSigner,
};

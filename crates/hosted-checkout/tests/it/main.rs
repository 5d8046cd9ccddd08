//! Both APIs, as their users call them.
#![allow(
    clippy::duplicate_mod,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod blocking;
mod compressed;
mod destinations;
mod door;
mod noah_checkout;
mod noah_credentials;
mod noah_documents;
mod noah_received;
mod noah_reconcile;
mod noah_sale;
mod noah_signing;
mod noah_webhooks;
mod sandbox_webhooks;
mod shop;
mod stories;
mod values;
mod worldline_calls;
mod worldline_webhooks;

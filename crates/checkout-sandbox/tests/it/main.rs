//! The sandbox from outside, over real HTTP, with requests that other code than this project's signs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod edges;
mod fault_control;
mod fault_rules;
mod faults;
mod html;
mod journal;
mod noah_accounts;
mod noah_bodies;
mod noah_deposits;
mod noah_documents;
mod noah_sessions;
mod noah_signatures;
mod operations;
mod pages;
mod pages_console;
mod pages_hosted;
mod pages_manage;
mod raw;
mod receiver;
mod running;
mod signer;
mod state;
mod webhook_log;
mod webhook_restart;
mod webhook_switches;
mod webhooks;
mod wire;
mod worldline_requests;
mod worldline_signer;
mod worldline_webhooks;

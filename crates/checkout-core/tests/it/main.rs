//! What everything stands on, against implementations that share no code with it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod crypto;
mod decimal;
mod received;
mod time;

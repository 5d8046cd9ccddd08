//! Tests that span crates, in one binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod as_sent;
mod browser;
mod canaries;
mod end_to_end;
mod errors;
mod exactly_one;
mod examples;
mod failures;
mod foreign;
mod foreign_clients;
mod hints;
mod json_schema;
mod leniency;
mod matrix;
mod reference;
mod schemathesis;
mod scripts;
mod shop;
mod shown;
mod story;
mod tree;
mod two_threads;
mod validation;

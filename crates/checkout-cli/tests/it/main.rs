//! The commands, in this process and as a program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod demo;
mod doctor;
mod help;
mod sandbox;
mod state;
mod support;

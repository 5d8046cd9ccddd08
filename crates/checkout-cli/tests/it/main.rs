//! The commands, in this process and as a program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod demo;
mod doctor;
mod ends;
mod examples;
mod failures;
mod flows;
mod generated;
mod help;
mod hostile;
mod hosts;
mod inputs;
mod keygen;
mod killed;
mod listen;
mod noah;
mod reading;
mod sandbox;
mod signatures;
mod state;
mod support;
mod trigger;
mod two_machines;
mod unfinished;
mod validate;
mod worldline;

//! Tests of the build steps.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod bench;
mod circles;
mod cost;
mod disk;
mod docs;
mod foreign;
mod fresh;
mod lint;
mod reference;
mod replaced;
mod shapes;
mod telling;

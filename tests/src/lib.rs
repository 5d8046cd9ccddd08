//! What the tests share: the specs as data, the generated types by name, and requests made wrong on purpose.
//!
//! Nothing here uses xtask, so that a fault in the generator cannot hide behind itself.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a fault here is a fault of a test"
)]

pub mod breakage;
pub mod foreign;
pub mod model;
pub mod schemas;
pub mod spec;
pub mod walk;

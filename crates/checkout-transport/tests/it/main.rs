#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod attempts;
mod idempotency;
mod leaks;
mod prepared;
mod proxies;
mod scripted;
mod sockets;
mod support;
mod texts;
mod verbose;

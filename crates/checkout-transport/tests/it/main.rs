#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod attempts;
mod cancelled;
mod coding;
mod faults;
mod http2;
mod idempotency;
mod leaks;
mod peer;
mod prepared;
mod proxies;
mod scripted;
mod sockets;
mod support;
mod texts;
mod tls;
mod verbose;

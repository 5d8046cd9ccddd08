#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod leaks;
mod scripted;
mod sockets;
mod support;
mod texts;

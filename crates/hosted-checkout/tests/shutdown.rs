//! The example `shutdown`: what a service was told to end over is finished by its successor, once.
#![cfg(unix)]
#![allow(
    dead_code,
    missing_docs,
    reason = "a program, of which a test runs one function"
)]

#[path = "../examples/shutdown.rs"]
mod shutdown;

#[tokio::test]
async fn what_is_unknown_at_the_end_is_paid_once_after_the_restart() {
    shutdown::story().await.unwrap();
}

//! The examples that tell a whole story against a sandbox of their own.

#[allow(dead_code, reason = "a program, of which a test runs one function")]
#[path = "../../examples/onboarding.rs"]
mod onboarding;
#[allow(dead_code, reason = "a program, of which a test runs one function")]
#[path = "../../examples/payout.rs"]
mod payout;
#[allow(dead_code, reason = "a program, of which a test runs one function")]
#[path = "../../examples/reconcile.rs"]
mod reconcile;
#[cfg(unix)]
#[allow(dead_code, reason = "a program, of which a test runs one function")]
#[path = "../../examples/shutdown.rs"]
mod shutdown;

#[tokio::test]
async fn a_payout_is_made_once_and_arrives() {
    payout::story().await.unwrap();
}

#[tokio::test]
async fn a_customer_is_checked_with_documents() {
    onboarding::story().await.unwrap();
}

#[tokio::test]
async fn an_order_is_found_without_its_webhook() {
    reconcile::story().await.unwrap();
}

/// What a service was told to end over is finished by its successor.
#[cfg(unix)]
#[tokio::test]
async fn what_is_unknown_at_the_end_is_paid_once_after_the_restart() {
    shutdown::story().await.unwrap();
}

//! The examples that tell a whole story against a sandbox of their own.
#![allow(
    clippy::duplicate_mod,
    dead_code,
    missing_docs,
    reason = "programs, of each of which a test runs one function"
)]

#[path = "../examples/onboarding.rs"]
mod onboarding;
#[path = "../examples/payout.rs"]
mod payout;
#[path = "../examples/reconcile.rs"]
mod reconcile;

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

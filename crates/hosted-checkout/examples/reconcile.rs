//! Finds out whether an order was paid whose webhook did not come.
//!
//! ```text
//! cargo run -p hosted-checkout --example reconcile
//! ```
//!
//! NOAH is a sandbox in this process, which posts no webhooks at all.
#![allow(clippy::print_stdout, reason = "a program's output")]

#[path = "common/customer.rs"]
mod customer;
#[path = "common/sandbox.rs"]
mod sandbox;

use std::error::Error;
use std::process::ExitCode;
use std::time::SystemTime;

use hosted_checkout::noah::{
    CryptoCurrencyCode, FiatCurrencyCode, LookBack, Noah, PaymentMethodCategory, Reconciled,
    TransactionStatus, line_item,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    sandbox::exit(story().await)
}

pub(crate) async fn story() -> Result<(), Box<dyn Error>> {
    let (sandbox, noah) = sandbox::open().await?;
    // Kept with the order: what is looked for, and how far back.
    let ordered_at = SystemTime::now();
    let session = noah
        .checkout()
        .pay_in_fiat()
        .customer_id("customer-1")
        .customer(customer::ada())
        .payment_method_category(PaymentMethodCategory::Card)
        .fiat_currency(FiatCurrencyCode::Usd)
        .fiat_amount("10.10")
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .return_url("https://shop.example/done")
        .external_id("order-7")
        .line_items([line_item("Coffee beans", 2, "5.05")])
        .send()
        .await?;

    let before = what_became(&noah, "order-7", ordered_at).await?;
    println!("order-7 is {before}");
    let id = session
        .checkout_session()
        .checkout_session_id
        .text()
        .ok_or("the session has no id")?;
    sandbox.noah().settle(id)?;
    let after = what_became(&noah, "order-7", ordered_at).await?;
    println!("order-7 is {after}");
    if (before, after) == ("not seen", "paid") {
        Ok(())
    } else {
        Err("the order should be paid at last".into())
    }
}

/// What is to be written to the order. Nothing here says that it is unpaid: the page may still be open.
async fn what_became(
    noah: &Noah,
    order: &str,
    ordered_at: SystemTime,
) -> Result<&'static str, Box<dyn Error>> {
    Ok(
        match noah
            .transactions()
            .reconcile(order, LookBack::to(ordered_at))
            .await?
        {
            Reconciled::Found(all) if all.iter().any(|one| one.status == TransactionStatus::Settled) => {
                "paid"
            }
            Reconciled::Found(_) => "under way, or failed",
            Reconciled::NotSeen { .. } => "not seen",
            Reconciled::Unfinished { why, .. } => {
                println!("{why}");
                "not known"
            }
        },
    )
}

//! Pays 50 EUR to a bank account out of the business's balance: the form, the steps, the sale, and what became of it.
//!
//! ```text
//! cargo run -p hosted-checkout --example payout
//! ```
//!
//! NOAH is a sandbox in this process. A service keeps the sale in its database after each call, here in a text: whatever ends it,
//! the same sale goes on after the restart, and is made once.
#![allow(clippy::print_stdout, reason = "a program's output")]

#[path = "common/sandbox.rs"]
mod sandbox;

use std::error::Error;
use std::process::ExitCode;

use hosted_checkout::Json;
use hosted_checkout::noah::{CryptoCurrencyCode, NextStepType, Sale, TransactionStatus};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    sandbox::exit(story().await)
}

pub(crate) async fn story() -> Result<(), Box<dyn Error>> {
    let (sandbox, noah) = sandbox::open().await?;
    // A payout needs a balance: somebody has paid in.
    let deposit = noah.sandbox_only().simulate_fiat_deposit();
    let deposit = deposit
        .payment_method_id("Bank/BankSepa/EUR/SAMPLE/0000000042")
        .fiat_currency("EUR");
    deposit.fiat_amount("100").send().await?;

    let channels = noah
        .channels()
        .list()
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .country("DE")
        .send()
        .await?;
    let channel = channels
        .items
        .value()
        .and_then(|items| items.first())
        .ok_or("no channel to Germany")?;
    let channel = channel.id.value().ok_or("the channel has no id")?;
    println!("channel {channel}");

    let on = noah.transactions();
    let sale = on
        .prepare_sell()
        .channel_id(channel.clone())
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .fiat_amount("50")
        // Held against the channel's own schema, with feature `forms`.
        .form(json!({
            "BankDetails": {"AccountNumber": "DE75512108001245126199", "BankCode": "SOGEDEFFXXX"},
            // Of a mock person the sandbox wants to have the account's owner confirmed.
            "AccountHolderName": "Mock-Doe",
        }))
        .begin("payout-7")
        .await?;
    let mut kept = serde_json::to_string(&sale)?;
    let ready = loop {
        let sale = match serde_json::from_str(&kept)? {
            Sale::Ready(ready) => break ready,
            Sale::Step(step) => match step.kind() {
                Some(NextStepType::Ack) if is_confirmed(step.schema()) => step.confirm(&on).await?,
                Some(NextStepType::DataEntry) => step.fill(&on, filled_in(step.schema())).await?,
                kind => {
                    return Err(format!("step {:?} of the kind {kind:?} is for a person", step.id()).into());
                }
            },
        };
        kept = serde_json::to_string(&sale)?;
    };
    println!("costs at most {} USDC", ready.crypto_authorized_amount());

    // Sent twice, as after a crash: the request was kept, with its Nonce, so it is one payout.
    let first = ready.sell(&on).await?;
    let again = ready.sell(&on).await?;
    let id = first
        .transaction
        .value()
        .and_then(|sold| sold.id.value())
        .ok_or("the sale has no id")?;
    if again.transaction != first.transaction {
        return Err("sold twice".into());
    }

    // Accepted is not done: that comes as a webhook, or by asking.
    sandbox.noah().settle(id.as_str())?;
    let now = on.get(id.clone()).await?;
    println!("payout-7 is {}", now.status);
    if now.status != TransactionStatus::Settled {
        return Err("not paid out".into());
    }
    Ok(())
}

/// Show what the payee's bank said, and ask whether that is whom the money is for.
fn is_confirmed(said: Option<&Json>) -> bool {
    println!("the payee's bank said: {}", said.map_or("nothing", Json::as_str));
    true
}

/// Ask for what the schema wants.
fn filled_in(_: Option<&Json>) -> Value {
    json!({"Purpose": "Salary"})
}

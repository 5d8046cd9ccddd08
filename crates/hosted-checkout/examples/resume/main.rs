//! A process that dies in the middle of a payment, and its successor that finishes it without paying twice.
//!
//! ```text
//! cargo run -p hosted-checkout --example resume     # stores the request, sends it, and is killed before the answer
//! cargo run -p hosted-checkout --example resume     # sends what was stored, and looks at the ledger
//! ```
//!
//! The API is a sandbox in a process of its own that outlives the first run: the first run starts it, the second stops
//! it. Everything that has to survive lies in `target/resume/`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

mod api;
#[path = "../common/customer.rs"]
mod customer;
mod killing;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hosted_checkout::Timeouts;
use hosted_checkout::noah::{
    CryptoCurrencyCode, FiatCurrencyCode, Noah, PaymentMethodCategory, PreparedPayIn, line_item,
};
use hosted_checkout::wire::ReqwestWire;

type Failure = Box<dyn Error>;

/// Where the shop keeps its order: with a real shop, a row in its database.
const ORDER: &str = "order.json";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(folder) = folder() else {
        eprintln!("start it with: cargo run -p hosted-checkout --example resume");
        return ExitCode::FAILURE;
    };
    let done = if std::env::args().any(|argument| argument == api::SERVE) {
        api::serve(&folder).await
    } else if folder.join(ORDER).exists() {
        second_run(&folder).await
    } else {
        first_run(&folder).await
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Stores the request before it is sent. Whatever happens from then on, it can be sent again.
async fn first_run(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let credentials = api::start(folder).await?;
    let noah = Noah::builder(credentials)
        // Kills this process as soon as NOAH has acted, before anybody has read the answer.
        .wire(killing::KillingWire(ReqwestWire::new(Timeouts::DEFAULT)?))
        .build()?;
    let pay_in = noah
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
        .prepare()?;
    store(&folder.join(ORDER), &serde_json::to_vec_pretty(&pay_in)?)?;
    println!(
        "stored the pay-in with its Nonce {}",
        pay_in.idempotency_key().unwrap_or_default()
    );
    println!("sending it …");
    noah.checkout().send(&pay_in).await?;
    Err("this process should be dead by now".into())
}

/// Finds the order that the first run left, and sends the same request.
async fn second_run(folder: &Path) -> Result<(), Failure> {
    let stored = fs::read_to_string(folder.join(ORDER))?;
    let pay_in: PreparedPayIn = serde_json::from_str(&stored)?;
    println!(
        "found a pay-in without an answer: Nonce {}; what became of it: {}",
        pay_in.idempotency_key().unwrap_or_default(),
        pay_in.outcome()
    );
    let credentials = match api::running(folder) {
        Some(credentials) => credentials?,
        None => {
            fs::remove_dir_all(folder)?;
            return Err("the sandbox of the first run is gone, and its ledger with it; start again".into());
        }
    };
    let noah = Noah::new(credentials)?;
    let session = noah.checkout().send(&pay_in).await?;
    println!(
        "sent it again; NOAH answered with session {}",
        session.checkout_session().checkout_session_id
    );
    let payments = api::payments(folder, "order-7").await?;
    println!(
        "the ledger holds {payments} payment{}",
        if payments == 1 { "" } else { "s" }
    );
    // Which stops the sandbox, too.
    fs::remove_dir_all(folder)?;
    if payments == 1 {
        Ok(())
    } else {
        Err("it should hold one".into())
    }
}

/// Of the workspace that cargo runs it in.
fn folder() -> Option<PathBuf> {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?);
    Some(package.join("../../target/resume"))
}

/// On the disk when this returns: a request that is sent before it is stored is lost with the process.
fn store(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

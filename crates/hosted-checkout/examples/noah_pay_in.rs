//! Opens a page on which a customer pays 10.10 USD for an order, and can be asked again without a second payment.
//!
//! ```text
//! cargo checkout sandbox       # or an account of NOAH's sandbox; prints what to set below
//! export NOAH_ENVIRONMENT=local NOAH_BASE_URL=… NOAH_API_KEY=… NOAH_SIGNING_KEY=path/to/key.pem
//! cargo run -p hosted-checkout --example noah_pay_in -- [ORDER [NONCE]]
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

#[path = "common/customer.rs"]
mod customer;

use std::process::ExitCode;

use hosted_checkout::noah::{
    Credentials, CryptoCurrencyCode, FiatCurrencyCode, Noah, PayIn, PaymentMethodCategory, line_item,
};
use hosted_checkout::{Error, Outcome};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let credentials = match Credentials::from_env() {
        Ok(credentials) => credentials,
        Err(error) => {
            for problem in error.problems() {
                eprintln!("{}: {}", problem.name, problem.message);
            }
            return ExitCode::FAILURE;
        }
    };
    let mut arguments = std::env::args().skip(1);
    let order = arguments.next().unwrap_or_else(|| "order-7".to_owned());
    let nonce = arguments
        .next()
        .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    // Stored before the call, so that whatever happens to it, it can be asked again as the same request.
    println!("store with the order: ExternalID {order}, Nonce {nonce}");

    match pay_in(credentials, &order, &nonce).await {
        Ok(session) => {
            println!("session {}", session.checkout_session().checkout_session_id);
            println!("send the customer to {}", session.hosted_url());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            match error.outcome() {
                Outcome::NotSent => eprintln!("nothing left this machine: mend the cause"),
                Outcome::Refused => eprintln!("nothing was opened: mend the request"),
                Outcome::Unknown => eprintln!("a session may be open: ask again with `{order} {nonce}`"),
            }
            ExitCode::FAILURE
        }
    }
}

async fn pay_in(credentials: Credentials, order: &str, nonce: &str) -> Result<PayIn, Error> {
    Noah::new(credentials)?
        .checkout()
        .pay_in_fiat()
        .external_id(order)
        .nonce(nonce)
        .customer_id("customer-1")
        .customer(customer::ada())
        .payment_method_category(PaymentMethodCategory::Card)
        .fiat_currency(FiatCurrencyCode::Usd)
        .fiat_amount("10.10")
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .return_url("https://shop.example/done")
        .line_items([line_item("Coffee beans", 2, "5.05")])
        .send()
        .await
}

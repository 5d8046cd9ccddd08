//! Gets Apple's merchant session through a Worldline Connect client session, as a payment page does.
//!
//! ```text
//! cargo checkout sandbox               # or an account of Worldline Connect; prints what to set below
//! export WORLDLINE_CONNECT_ENDPOINT=… WORLDLINE_CONNECT_MERCHANT_ID=… WORLDLINE_CONNECT_API_KEY_ID=…
//! export WORLDLINE_CONNECT_SECRET_API_KEY=… WORLDLINE_CONNECT_INTEGRATOR='Example Shop'
//! cargo run -p hosted-checkout --example worldline_apple_pay -- [DOMAIN [VALIDATION_URL]]
//! ```
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

use std::error::Error;
use std::process::ExitCode;

use hosted_checkout::worldline::Connect;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let connect = Connect::from_env()?;
    let mut arguments = std::env::args().skip(1);
    let domain = arguments.next().unwrap_or_else(|| "shop.example".to_owned());
    // In earnest it comes from the event of onvalidatemerchant, in the customer's browser.
    let validation_url = arguments
        .next()
        .unwrap_or_else(|| "https://apple-pay-gateway.apple.com/paymentservices/startSession".to_owned());

    connect.server().test_connection().await?;
    println!("the credentials work");

    let created = connect.server().create_session().send().await?;
    println!("a client session, for at most two hours; the device gets it as JSON");

    // From here on it is the device's work, or a server's in its place.
    let session = created
        .session()
        .connect()?
        .apple_pay_session()
        .domain_name(domain)
        .validation_url(validation_url)
        .display_name("Example Shop")
        .send()
        .await?;
    println!(
        "Apple's merchant session, for completeMerchantValidation: {} bytes of JSON, not to be logged",
        session.session_object().len()
    );
    Ok(())
}

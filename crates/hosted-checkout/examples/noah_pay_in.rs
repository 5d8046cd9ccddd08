//! Opens a page on which a customer pays 10.10 USD, and says what to keep.
//!
//! ```text
//! cargo checkout sandbox            # or an account of NOAH's sandbox; prints what to set below
//! export NOAH_ENVIRONMENT=local NOAH_BASE_URL=… NOAH_API_KEY=… NOAH_SIGNING_KEY=path/to/key.pem
//! cargo run -p hosted-checkout --example noah_pay_in
//! ```
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program's output"
)]

use std::process::ExitCode;

use checkout_transport::{Error, Outcome};
use hosted_checkout::noah::{
    Credentials, CryptoCurrencyCode, FiatCurrencyCode, Noah, PayIn, PaymentMethodCategory, line_item,
};
use noah_models::{CustomerIdentity, CustomerInput, FullName, IdType, IndividualCustomerInput, StreetAddress};

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
    match pay_in(credentials).await {
        Ok(session) => {
            println!("keep with the order, before the customer leaves:");
            println!("  ExternalID         {}", session.external_id());
            println!("  Nonce              {}", session.nonce());
            println!(
                "  CheckoutSessionID  {}",
                session.checkout_session.checkout_session_id
            );
            println!("send the customer to {}", session.hosted_url());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            eprintln!("{}", what_now(&error));
            ExitCode::FAILURE
        }
    }
}

async fn pay_in(credentials: Credentials) -> Result<PayIn, Error> {
    Noah::new(credentials)?
        .checkout()
        .pay_in_fiat()
        .customer_id("customer-1")
        .customer(ada())
        .payment_method_category(PaymentMethodCategory::Card)
        .fiat_currency(FiatCurrencyCode::Usd)
        .fiat_amount("10.10")
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .return_url("https://shop.example/done")
        .line_items([line_item("Coffee beans", 2, "5.05")])
        .send()
        .await
}

/// NOAH must know who pays. A customer whom it knows already needs a `CustomerID` alone.
fn ada() -> CustomerInput {
    let identity = CustomerIdentity::builder()
        .issuing_country("GB")
        .id_number("123456789")
        .id_type(IdType::Passport)
        .build();
    let residence = StreetAddress::builder()
        .street("12 St James's Square")
        .city("London")
        .post_code("SW1Y 4JH")
        .state("London")
        .country("GB")
        .build();
    CustomerInput::Individual(
        IndividualCustomerInput::builder()
            .full_name(
                FullName::builder()
                    .first_name("Ada")
                    .last_name("Example")
                    .build(),
            )
            .date_of_birth("1990-12-10")
            .identities(vec![identity])
            .primary_residence(residence)
            .build(),
    )
}

/// The one question after a failure: may a second attempt pay twice?
fn what_now(error: &Error) -> &'static str {
    match error.outcome() {
        Outcome::NotSent => "nothing left this machine; mend the cause and run again",
        Outcome::Refused => "NOAH declined, nothing was opened; mend the request and run again",
        Outcome::Unknown => "a session may be open; a shop repeats the request with the same Nonce",
    }
}

//! Has NOAH check a customer: the page, a driving licence from both sides, and the verdict.
//!
//! ```text
//! cargo run -p hosted-checkout --example onboarding
//! ```
//!
//! NOAH is a sandbox in this process. Where the customer's own page would be, a control call of the sandbox ends the checks.
#![allow(clippy::print_stdout, reason = "a program's output")]

#[path = "common/sandbox.rs"]
mod sandbox;

use std::error::Error;
use std::process::ExitCode;

use hosted_checkout::Upload;
use hosted_checkout::noah::models::{Customer, FiatOption, VerificationStatus};
use hosted_checkout::noah::{DocumentType, Noah};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    sandbox::exit(story().await)
}

pub(crate) async fn story() -> Result<(), Box<dyn Error>> {
    let (sandbox, noah) = sandbox::open().await?;
    let session = noah
        .onboarding()
        .create_session()
        .customer_id("customer-1")
        .return_url("https://shop.example/done")
        .fiat_options(vec![FiatOption::builder().fiat_currency_code("EUR").build()])
        .send()
        .await?;
    // 201 has no body: then nothing is left for the customer to do.
    let page = session
        .into_inner()
        .and_then(|session| session.hosted_url.into_value());
    println!(
        "send the customer to {}",
        page.ok_or("there is no page")?.as_str()
    );

    // Documents may come from elsewhere too. Neither has a key with it: they go to another host.
    let folder = tempfile::tempdir()?;
    let mut sides = Vec::new();
    for side in ["front.jpg", "back.jpg"] {
        let path = folder.path().join(side);
        std::fs::write(&path, [0xff; 50_000])?;
        let file = Upload::open(&path, "image/jpeg").await?;
        let length = file.length();
        sides.push(file.on_progress(move |sent| println!("{side}: {sent} of {length} bytes")));
    }
    let [front, back] = <[Upload; 2]>::try_from(sides).map_err(|_| "a licence has two sides")?;
    let licence = noah.onboarding().get_document_upload_url();
    let licence = licence
        .customer_id("customer-1")
        .type_(DocumentType::DrivingLicense)
        .country_code("DE");
    licence.upload_both_sides(front, back).await?;

    println!("customer-1 is {}", verdict(&noah).await?);
    let base_url = sandbox.noah().report().base_url.clone();
    let origin = base_url.trim_end_matches("/v1");
    let approve = format!("{origin}/_sandbox/customers/customer-1/approve");
    // The sandbox alone has this; a real customer goes through the page.
    browser()?.post(approve).send().await?.error_for_status()?;
    // It comes as a webhook too.
    let verdict = verdict(&noah).await?;
    println!("customer-1 is {verdict}");
    if verdict == VerificationStatus::Approved {
        Ok(())
    } else {
        Err("not approved".into())
    }
}

fn browser() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

async fn verdict(noah: &Noah) -> Result<VerificationStatus, Box<dyn Error>> {
    let customer = noah.customers().get("customer-1").await?.into_inner();
    let verification = match customer {
        Customer::Individual(person) => person.verification,
        Customer::Business(company) => company.verification,
        _ => return Err("neither a person nor a company".into()),
    };
    let status = verification.into_value().and_then(|all| all.status.into_value());
    status.ok_or_else(|| "there is no verdict".into())
}

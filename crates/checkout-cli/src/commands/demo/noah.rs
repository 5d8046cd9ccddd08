//! The shop's own calls: sessions opened, a payment settled.

use std::time::Instant;

use checkout_core::PositiveDecimal;
use checkout_sandbox::Outcome;
use checkout_transport::Error;
use hosted_checkout::noah::{
    CheckoutSessionStatus, CryptoCurrencyCode, FiatCurrencyCode, Noah, PayIn, PaymentMethodCategory,
    TransactionStatus, line_item,
};
use noah_models::{
    CountryCode, CustomerIdentity, FullName, IdType, IndividualCustomerInput, Nonce, StreetAddress,
};
use reqwest::Url;

use super::stage::Stage;
use super::story::{BoxError, Story, ensure, found};
use crate::Failure;

const CUSTOMER: &str = "customer-1";
const ORDER: &str = "order-7";

/// What the shop writes down when it has opened a pay-in.
pub(super) struct Order {
    pub(super) began: Instant,
    pub(super) session_id: String,
    pub(super) external_id: String,
    pub(super) nonce: Nonce,
    pub(super) amount: PositiveDecimal,
    pub(super) currency: String,
}

pub(super) async fn managed_session(story: &mut Story<'_>, stage: &Stage) -> Result<(), Failure> {
    story
        .step("managed session", async |telling| {
            let session = stage
                .noah
                .checkout()
                .manage()
                .customer_id(CUSTOMER)
                .customer(person())
                .send()
                .await?;
            let host = host(session.hosted_url())?;
            telling
                .line(format!(
                    "{CUSTOMER} is known now, and manages payment methods on {host}"
                ))
                .fact("customer_id", CUSTOMER)
                .fact("hosted_on", host);
            Ok(())
        })
        .await
}

pub(super) async fn pay_in(story: &mut Story<'_>, stage: &Stage) -> Result<Order, Failure> {
    story
        .step("pay-in", async |telling| {
            let began = Instant::now();
            let answer = coffee(&stage.noah, None).await?;
            let session = answer.checkout_session();
            ensure(
                session.status == CheckoutSessionStatus::Pending,
                "a new session is Pending",
            )?;
            let amount = *found(session.source_amount.value(), "amount in the answer")?;
            let items: Vec<String> = found(session.line_items.value(), "line items in the answer")?
                .iter()
                .map(|item| format!("{} {} at {}", item.quantity, item.description, item.unit_amount))
                .collect();
            let order = Order {
                began,
                session_id: session.checkout_session_id.to_string(),
                external_id: answer.external_id().as_str().to_owned(),
                nonce: answer.nonce().clone(),
                amount,
                currency: session.source_currency.to_string(),
            };
            telling
                .line(format!(
                    "{amount} {} for {}, by bank, as {}",
                    order.currency,
                    items.join(", "),
                    session.destination_currency
                ))
                .line(format!(
                    "session {} is {}, for {}",
                    order.session_id, session.status, order.external_id
                ))
                .fact("checkout_session_id", order.session_id.as_str())
                .fact("external_id", order.external_id.as_str())
                .fact("nonce", order.nonce.as_str())
                .fact("amount", amount.as_str())
                .fact("currency", order.currency.as_str());
            Ok(order)
        })
        .await
}

pub(super) async fn same_nonce(story: &mut Story<'_>, stage: &Stage, order: &Order) -> Result<(), Failure> {
    story
        .step("same Nonce again", async |telling| {
            let again = coffee(&stage.noah, Some(order.nonce.clone())).await?;
            let session = again.checkout_session();
            let id = found(session.checkout_session_id.text(), "id of the session")?;
            ensure(id == order.session_id, "the same Nonce gives the same session")?;
            telling
                .line(format!("session {id} again: nobody pays twice"))
                .fact("checkout_session_id", id);
            Ok(())
        })
        .await
}

pub(super) async fn sell(story: &mut Story<'_>, stage: &Stage) -> Result<(), Failure> {
    story
        .step("sell", async |telling| {
            let sale = stage
                .noah
                .checkout()
                .sell()
                .crypto_currency(CryptoCurrencyCode::UsdcTest)
                .fiat_currency(FiatCurrencyCode::Usd)
                .fiat_amount("25")
                .crypto_authorized_amount("25.50")
                .return_url("https://shop.example/sold")
                .customer_id(CUSTOMER)
                .line_items([line_item("Gift card", 1, "25")])
                .send()
                .await?;
            let transaction = sale.transaction();
            ensure(
                transaction.status == TransactionStatus::Pending,
                "a new sale is Pending",
            )?;
            let amount = found(transaction.amount.value(), "amount in the answer")?;
            telling
                .line(format!(
                    "{amount} {} for 25 USD, at most 25.50 authorised; the transaction is {}",
                    transaction.crypto_currency, transaction.status
                ))
                .fact("transaction_id", transaction.id.to_string())
                .fact("external_id", sale.external_id().as_str())
                .fact("amount", amount.as_str())
                .fact("currency", transaction.crypto_currency.to_string());
            Ok(())
        })
        .await
}

pub(super) async fn settle(story: &mut Story<'_>, stage: &Stage, order: &Order) -> Result<(), Failure> {
    story
        .step("settle", async |telling| {
            let noah = stage.sandbox.noah();
            let status = noah.settle(&order.session_id)?;
            ensure(status.outcome == Some(Outcome::Settled), "the session is Settled")?;
            let ledger = noah.ledger();
            let [entry] = ledger.entries.as_slice() else {
                return ensure(false, "the ledger has one payment");
            };
            ensure(
                entry.session_id == order.session_id && entry.fiat_amount == order.amount,
                "the ledger has the order's payment",
            )?;
            telling
                .line(format!(
                    "the customer pays; NOAH's ledger: {} {} {}, once",
                    entry.direction, entry.fiat_amount, entry.fiat_currency
                ))
                .fact("ledger_entries", ledger.entries.len());
            Ok(())
        })
        .await
}

/// The order of the story. With the same `Nonce` it is the same request, byte for byte.
pub(super) async fn coffee(noah: &Noah, nonce: Option<Nonce>) -> Result<PayIn, Error> {
    noah.checkout()
        .pay_in_fiat()
        .payment_method_category(PaymentMethodCategory::Bank)
        .fiat_currency(FiatCurrencyCode::Usd)
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .fiat_amount("10.10")
        .return_url("https://shop.example/done")
        .external_id(ORDER)
        .customer_id(CUSTOMER)
        .line_items([line_item("Coffee beans", 2, "5.05")])
        .maybe_nonce(nonce)
        .send()
        .await
}

fn person() -> IndividualCustomerInput {
    let passport = CustomerIdentity::builder()
        .issuing_country(CountryCode::from("US"))
        .id_number("X0000001")
        .id_type(IdType::Passport)
        .build();
    let residence = StreetAddress::builder()
        .street("1 Sample Street")
        .city("Springfield")
        .post_code("62701")
        .state("IL")
        .country(CountryCode::from("US"))
        .build();
    IndividualCustomerInput::builder()
        .full_name(FullName::builder().first_name("Ada").last_name("Example").build())
        .date_of_birth("1990-12-10")
        .identities(vec![passport])
        .primary_residence(residence)
        .build()
}

/// Whoever has a hosted page's link has the session, so only its host is told.
fn host(hosted_url: &str) -> Result<String, BoxError> {
    let url = Url::parse(hosted_url)?;
    let host = found(url.host_str(), "host in HostedURL")?;
    Ok(url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

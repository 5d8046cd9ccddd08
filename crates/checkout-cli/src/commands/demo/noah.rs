//! The shop's own calls: sessions opened, a payment settled.

use std::time::Instant;

use checkout_core::PositiveDecimal;
use checkout_sandbox::Ending;
use checkout_transport::Error;
use hosted_checkout::noah::{
    CheckoutSessionStatus, CryptoCurrencyCode, FiatCurrencyCode, Noah, PayIn, PaymentMethodCategory,
    TransactionStatus, line_item,
};
use noah_models::{ManagedCustomerInput, Nonce};
use reqwest::Url;
use url::Position;

use super::stage::Stage;
use super::story::{BoxError, Story, ensure, found};

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

impl Stage {
    pub(super) async fn managed_session(&self, story: &mut Story<'_>) -> Result<(), BoxError> {
        story.begins("managed session");
        let call = self.noah.checkout().manage().customer_id(CUSTOMER);
        let session = call.customer(person()?).send().await?;
        let url = Url::parse(session.hosted_url())?;
        // Whoever has a hosted page's link has the session, so only its host is story.
        let host = &url[Position::BeforeHost..Position::AfterPort];
        story
            .line(format!(
                "{CUSTOMER} is known now, and manages payment methods on {host}"
            ))
            .fact("customer_id", CUSTOMER)
            .fact("hosted_on", host);
        Ok(())
    }

    pub(super) async fn pay_in(&self, story: &mut Story<'_>) -> Result<Order, BoxError> {
        story.begins("pay-in");
        let began = Instant::now();
        let answer = coffee(&self.noah, None).await?;
        let session = answer.checkout_session();
        let is_pending = session.status == CheckoutSessionStatus::Pending;
        ensure(is_pending, "a new session is Pending")?;
        let items = found(session.line_items.value(), "line items in the answer")?.iter();
        let items =
            items.map(|item| format!("{} {} at {}", item.quantity, item.description, item.unit_amount));
        let items = items.collect::<Vec<_>>().join(", ");
        let order = Order {
            began,
            session_id: session.checkout_session_id.to_string(),
            external_id: answer.external_id().as_str().to_owned(),
            nonce: answer.nonce().clone(),
            amount: *found(session.source_amount.value(), "amount in the answer")?,
            currency: session.source_currency.to_string(),
        };
        let (amount, currency, id) = (&order.amount, &order.currency, &order.session_id);
        let bought = &session.destination_currency;
        story
            .line(format!("{amount} {currency} for {items}, by bank, as {bought}"))
            .line(format!(
                "session {id} is {}, for {}",
                session.status, order.external_id
            ))
            .fact("checkout_session_id", id.as_str())
            .fact("external_id", order.external_id.as_str())
            .fact("nonce", order.nonce.as_str())
            .fact("amount", amount.as_str())
            .fact("currency", currency.as_str());
        Ok(order)
    }

    pub(super) async fn same_nonce(&self, story: &mut Story<'_>, order: &Order) -> Result<(), BoxError> {
        story.begins("same Nonce again");
        let again = coffee(&self.noah, Some(order.nonce.clone())).await?;
        let id = found(
            again.checkout_session().checkout_session_id.text(),
            "id of the session",
        )?;
        ensure(id == order.session_id, "the same Nonce gives the same session")?;
        story
            .line(format!("session {id} again: nobody pays twice"))
            .fact("checkout_session_id", id);
        Ok(())
    }

    pub(super) async fn sell(&self, story: &mut Story<'_>) -> Result<(), BoxError> {
        story.begins("sell");
        let call = self.noah.checkout().sell();
        let sale = call
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
        let is_pending = transaction.status == TransactionStatus::Pending;
        ensure(is_pending, "a new sale is Pending")?;
        let amount = found(transaction.amount.value(), "amount in the answer")?;
        let (currency, status) = (&transaction.crypto_currency, &transaction.status);
        let line = "for 25 USD, at most 25.50 authorised; the transaction is";
        story
            .line(format!("{amount} {currency} {line} {status}"))
            .fact("transaction_id", transaction.id.to_string())
            .fact("external_id", sale.external_id().as_str())
            .fact("amount", amount.as_str())
            .fact("currency", currency.to_string());
        Ok(())
    }

    pub(super) fn settle(&self, story: &mut Story<'_>, order: &Order) -> Result<(), BoxError> {
        story.begins("settle");
        let noah = self.sandbox.noah();
        let status = noah.settle(&order.session_id)?;
        ensure(status.outcome == Some(Ending::Settled), "the session is Settled")?;
        let ledger = noah.ledger();
        let [entry] = ledger.entries.as_slice() else {
            return ensure(false, "the ledger has one payment");
        };
        let is_ours = entry.session_id == order.session_id && entry.fiat_amount == order.amount;
        ensure(is_ours, "the ledger has the order's payment")?;
        let (direction, amount, currency) = (&entry.direction, &entry.fiat_amount, &entry.fiat_currency);
        story
            .line(format!(
                "the customer pays; NOAH's ledger: {direction} {amount} {currency}, once"
            ))
            .fact("ledger_entries", ledger.entries.len());
        Ok(())
    }
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

/// As the spec shows one.
fn person() -> Result<ManagedCustomerInput, BoxError> {
    let manage = noah_models::described().operation("createManagedSession");
    let body = manage.and_then(|operation| operation.body.as_ref()?.examples.get("Individual"));
    let customer = &found(body, "example of a person")?.value["Customer"];
    Ok(serde_json::from_value(customer.clone())?)
}

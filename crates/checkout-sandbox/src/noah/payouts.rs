//! Money that the business account gets and pays: simulated deposits, sales by call, payouts.

use axum::http::StatusCode;
use checkout_core::PositiveDecimal;
use noah_models::{
    CheckoutPayinFiatRequest, CheckoutSellRequest, CryptoCurrencyCode, EventType, FiatCurrencyCode,
    PaymentMethodCategory, PaymentMethodType,
};
use serde_json::{Value, json};

use super::events::CUSTOMER;
use super::outcome::Outcome;
use super::payin::Payin;
use super::payment_method::PaymentMethod;
use super::price::Price;
use super::refusal::Refusal;
use super::sale::Sale;
use super::service::Service;
use super::session::Session;
use super::store::{Changed, Customer, CustomerRef};
use super::webhooks::event;
use super::{balances, catalog, checkout};
use crate::engine::answer::Answer;
use crate::engine::idempotency::Keep;
use crate::engine::pipeline::Call;
use crate::engine::resources::Stage;
use crate::engine::schema::FieldFault;

const FORM_SESSION: &str = "FormSession";
/// What a deposit becomes.
const DEPOSITED: &str = "USDC_TEST";

/// `POST /sandbox/fiat-deposit/simulate`: as a pay-in by bank that is settled, without a session.
pub(super) fn deposit(
    service: &Service,
    call: &Call<Service>,
    keep: &mut Keep<'_>,
) -> Result<Answer, Refusal> {
    let id = text(call, "PaymentMethodID");
    let method = bank(id).ok_or_else(|| {
        fault(
            "/PaymentMethodID",
            "is no bank account; it reads Bank/BankSepa/EUR/BANKCODE/ACCOUNTNUMBER",
        )
    })?;
    let currency = FiatCurrencyCode::from(text(call, "FiatCurrency"));
    if method.fiat_currency.as_ref() != Some(&currency) {
        return Err(fault(
            "/FiatCurrency",
            "is not the currency of the payment method",
        ));
    }
    service.store().change(keep, |customers, _| {
        let owner = customers.values().find(|customer| {
            customer
                .payment_methods
                .iter()
                .any(|stored| stored.id == method.id)
        });
        let request = CheckoutPayinFiatRequest::builder()
            .customer_id(owner.map_or("", |owner| owner.id.as_str()))
            .payment_method_category(PaymentMethodCategory::Bank)
            .fiat_currency(currency)
            .fiat_amount(amount(call, "FiatAmount")?)
            .crypto_currency(DEPOSITED)
            .return_url("https://sandbox.example/")
            .line_items(Vec::new())
            .nonce("deposit")
            .build();
        let mut payin = Payin::new(request, service.ground());
        let mut events = payin
            .ended(Outcome::Settled, Some(method), service.ground())
            .events;
        events.retain(|event| event.event_type != EventType::CheckoutSession.as_str());
        let mut deposit_id = Value::Null;
        for event in &mut events {
            let Some(members) = event.data.as_object_mut() else {
                continue;
            };
            if owner.is_none() {
                members.shift_remove("CustomerID");
            }
            if event.event_type == EventType::FiatDeposit.as_str() {
                if let Some(reference) = call.body.get("Reference") {
                    members.insert("Reference".to_owned(), reference.clone());
                }
                deposit_id = members.get("ID").cloned().unwrap_or_default();
            }
        }
        Ok(Changed {
            events,
            ..Answer::json(&json!({ "FiatDepositID": deposit_id }))?.into()
        })
    })
}

/// `POST /transactions/sell/prepare`: nothing is asked for beyond what the channel's form asks for.
pub(super) fn prepare(
    service: &Service,
    call: &Call<Service>,
    keep: &mut Keep<'_>,
) -> Result<Answer, Refusal> {
    let fiat = amount(call, "FiatAmount")?;
    let currency = catalog::currency_for(call, fiat)?;
    let crypto = CryptoCurrencyCode::from(text(call, "CryptoCurrency"));
    let cost = cost(&crypto, fiat)?;
    service.store().change(keep, |customers, stage| {
        let named = call.body.get("CustomerID").and_then(Value::as_str);
        if let Some(id) = named
            && stage.get(CUSTOMER, id).is_none()
        {
            return Err(Refusal::not_found("customer not found"));
        }
        if let Some(method) = call.body.get("PaymentMethodID").and_then(Value::as_str) {
            let mut owners = customers
                .values()
                .filter(|customer| named.is_none_or(|named| customer.id.as_str() == named));
            let stored = |owner: &Customer| owner.payment_methods.iter().any(|stored| stored.id.as_str() == method);
            if !owners.any(stored) {
                return Err(Refusal::not_found("payment method not found"));
            }
        }
        let known = call.body.get("FormSessionID").and_then(Value::as_str);
        if let Some(id) = known
            && stage.get(FORM_SESSION, id).is_none_or(Value::is_null)
        {
            return Err(unprepared());
        }
        let id = known.map_or_else(|| service.ground().ids().id(), str::to_owned);
        let given = |name: &str| call.body.get(name);
        stage.put(
            FORM_SESSION,
            &id,
            json!({
                "CryptoCurrency": given("CryptoCurrency"), "FiatAmount": given("FiatAmount"),
                "CustomerID": given("CustomerID"), "FiatCurrency": currency,
            }),
        );
        let shown = json!({
            "TotalFee": "0", "CryptoAmountEstimate": cost, "CryptoAuthorizedAmount": cost, "FormSessionID": id,
        });
        Ok(Answer::json(&shown)?.into())
    })
}

/// `POST /transactions/sell`: what was prepared, paid by the account's balance. It ends like a session, by its id.
pub(super) fn sell(service: &Service, call: &Call<Service>, keep: &mut Keep<'_>) -> Result<Answer, Refusal> {
    service.store().change(keep, |_, stage| {
        let id = text(call, "FormSessionID");
        let prepared = stage.get(FORM_SESSION, id).filter(|kept| !kept.is_null());
        let prepared = prepared.cloned().ok_or_else(unprepared)?;
        for name in ["CryptoCurrency", "FiatAmount"] {
            if prepared.get(name) != call.body.get(name) {
                return Err(fault(&format!("/{name}"), "is not that of the prepared sale"));
            }
        }
        let mut request = call.body.clone();
        for (name, value) in [
            ("FiatCurrency", prepared.get("FiatCurrency").cloned()),
            (
                "CustomerID",
                prepared.get("CustomerID").filter(|id| id.is_string()).cloned(),
            ),
            ("ReturnURL", Some("https://sandbox.example/".into())),
            ("LineItems", Some(json!([]))),
        ] {
            request[name] = value.unwrap_or_else(|| "".into());
        }
        let sale = sale(service, request, false)?;
        let shown = sale.told();
        hold(stage, &sale)?;
        stage.put(FORM_SESSION, id, Value::Null);
        let answer = Answer {
            status: StatusCode::ACCEPTED,
            ..Answer::json(&json!({ "Transaction": shown }))?
        };
        Ok(Changed {
            events: vec![event(EventType::Transaction, &shown)],
            session: Some(Session::Sale(Box::new(sale))),
            ..answer.into()
        })
    })
}

/// `POST /checkout/payout/fiat`: a hosted page on which the customer is paid, by the account's balance.
pub(super) fn pay_out(
    service: &Service,
    call: &Call<Service>,
    keep: &mut Keep<'_>,
) -> Result<Answer, Refusal> {
    let mut request = call.body.clone();
    let given = request
        .as_object_mut()
        .and_then(|members| members.shift_remove("Customer"));
    let sale = sale(service, request, true)?;
    let customer = CustomerRef {
        id: sale.request().customer_id.clone(),
        given,
    };
    service.store().open(customer, keep, |stage| {
        hold(stage, &sale)?;
        let shown = sale.checkout_session();
        let link = service.hosted_url(sale.id());
        Ok(Changed {
            events: vec![
                event(EventType::CheckoutSession, &shown),
                event(EventType::Transaction, &sale.told()),
            ],
            session: Some(Session::Sale(Box::new(sale))),
            ..Answer::json(&json!({ "HostedURL": link, "CheckoutSession": shown }))?.into()
        })
    })
}

fn sale(service: &Service, request: Value, is_payout: bool) -> Result<Sale, Refusal> {
    let request: CheckoutSellRequest =
        serde_json::from_value(request).map_err(|_| Refusal::unexpected("the body could not be read"))?;
    let sale = checkout::sale(service, request)?;
    // Checked by itself, for what has no price cannot be compared with what is authorised.
    cost(&sale.request().crypto_currency, sale.request().fiat_amount)?;
    Ok(sale.of_account(is_payout))
}

fn hold(stage: &mut Stage<'_>, sale: &Sale) -> Result<(), Refusal> {
    let currency = &sale.request().crypto_currency;
    let amount = cost(currency, sale.request().fiat_amount)?;
    balances::hold(stage, sale.id(), currency.as_str(), amount)
}

/// What the account pays. Without a price nobody knows that, so nothing may begin.
fn cost(currency: &CryptoCurrencyCode, fiat: PositiveDecimal) -> Result<PositiveDecimal, Refusal> {
    let price = Price::of(currency).ok_or_else(|| {
        fault(
            "/CryptoCurrency",
            "has no price in the sandbox; use USDC_TEST or BTC_TEST",
        )
    })?;
    price.crypto_for(fiat).ok_or_else(|| {
        fault(
            "/FiatAmount",
            "costs an amount with more digits than can be reckoned with; use fewer",
        )
    })
}

fn unprepared() -> Refusal {
    Refusal::not_found("form session not found, or sold already: prepare the sale first")
}

fn bank(id: &str) -> Option<PaymentMethod> {
    let mut parts = id.splitn(5, '/');
    let parts: [&str; 5] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let [kind, rail, currency, bank_code, account_number] = parts;
    (kind == "Bank" && !account_number.is_empty()).then(|| {
        PaymentMethod::bank(
            PaymentMethodType::from(rail),
            FiatCurrencyCode::from(currency),
            bank_code.to_owned(),
            account_number.to_owned(),
        )
    })
}

fn text<'a>(call: &'a Call<Service>, name: &str) -> &'a str {
    call.body.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn amount(call: &Call<Service>, name: &str) -> Result<PositiveDecimal, Refusal> {
    PositiveDecimal::parse(text(call, name)).map_err(|_| fault(&format!("/{name}"), "is not an amount"))
}

fn fault(pointer: &str, description: &str) -> Refusal {
    Refusal::integrity(vec![FieldFault::new(pointer, description)])
}

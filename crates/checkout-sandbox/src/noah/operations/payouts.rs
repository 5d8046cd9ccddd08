//! Money that the business account pays: sales by call, payouts.

use axum::http::StatusCode;
use checkout_core::PositiveDecimal;
use indexmap::IndexMap;
use noah_models::{CryptoCurrencyCode, EventType};
use serde_json::{Value, json};

use super::{catalog, checkout};
use crate::engine::exchange::{Answer, Failure, body};
use crate::engine::pipeline::{Keep, Stage};
use crate::engine::spec::FieldFault;
use crate::engine::text::{field, text};
use crate::noah::books::{Hold, Price};
use crate::noah::refusal::Refusal;
use crate::noah::service::{Answered, Call, Service};
use crate::noah::sessions::{Sale, Session};
use crate::noah::store::events::check_customer;
use crate::noah::store::{Changed, Customer, CustomerRef};
use crate::noah::webhooks::event;

pub(crate) const FORM_SESSION: &str = "FormSession";
/// Most that are kept unsold; then the oldest runs out.
const MOST_PREPARED: usize = 1_000;
/// Where nobody comes from a shop.
pub(crate) const NO_SHOP: &str = "https://sandbox.example/";

/// `POST /transactions/sell/prepare`: beyond what the channel's form asks for, a mock person is to be confirmed.
pub(crate) fn prepare(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let fiat = amount(call, "FiatAmount")?;
    let currency = catalog::currency_for(call, fiat)?;
    let crypto = CryptoCurrencyCode::from(text(&call.body, "CryptoCurrency"));
    let cost = cost(&crypto, fiat)?;
    service.store.change(keep, |customers, stage| {
        let named = field(&call.body, "CustomerID");
        if let Some(id) = named {
            check_customer(stage, id)?;
        }
        if let Some(method) = field(&call.body, "PaymentMethodID") {
            let mut owners = customers
                .values()
                .filter(|customer| named.is_none_or(|named| customer.id.as_str() == named));
            let stored = |owner: &Customer| owner.payment_methods.iter().any(|stored| stored.id.as_str() == method);
            if !owners.any(stored) {
                return Err(Refusal::not_found("payment method not found"));
            }
        }
        let known = field(&call.body, "FormSessionID");
        match known {
            Some(id) => drop(prepared(stage, id)?),
            None => stage.make_room(FORM_SESSION, MOST_PREPARED),
        }
        // A step that was asked for is done by the next call.
        let holder = field(&call.body["Form"], "AccountHolderName");
        let mock = holder.filter(|holder| known.is_none() && holder.starts_with("Mock-"));
        let id = known.map_or_else(|| service.ground.ids.id(), str::to_owned);
        let prepared = json!({
            "CryptoCurrency": crypto, "FiatAmount": call.body["FiatAmount"], "CustomerID": named,
            "FiatCurrency": currency, "IsOpen": mock.is_some(),
        });
        stage.put(FORM_SESSION, &id, prepared);
        let mut shown = json!({
            "TotalFee": "0", "CryptoAmountEstimate": cost, "CryptoAuthorizedAmount": cost, "FormSessionID": id,
        });
        if let Some(mock) = mock {
            let schema = json!({ "type": "object", "title": format!("The bank knows the account as that of {mock}") });
            shown["NextStep"] = json!({ "StepID": "Cob", "StepType": "Ack", "Schema": schema });
        }
        Ok(Answer::json(&shown)?.into())
    })
}

/// `POST /transactions/sell`: what was prepared, paid by the account's balance. It ends like a session, by its id.
pub(crate) fn sell(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    service.store.change(keep, |_, stage| {
        let id = text(&call.body, "FormSessionID");
        let prepared = prepared(stage, id)?;
        check_prepared(&prepared, &call.body)?;
        let sale = of_prepared(service, &prepared, call.body.clone())?;
        let told = event(EventType::Transaction, sale.transaction());
        stage.remove(FORM_SESSION, id);
        let answer = Answer {
            status: StatusCode::ACCEPTED,
            ..Answer::json(&IndexMap::from([("Transaction", &*told.data)]))?
        };
        Ok(Changed {
            events: vec![told],
            hold: Some(hold(&sale)?),
            session: Some(Session::Sale(Box::new(sale))),
            ..answer.into()
        })
    })
}

/// What was prepared and is not sold yet.
pub(crate) fn prepared(stage: &Stage<'_>, form_session: &str) -> Result<Value, Refusal> {
    let kept = stage.get(FORM_SESSION, form_session).cloned();
    kept.ok_or_else(|| Refusal::not_found("form session not found, or sold already: prepare the sale first"))
}

/// Nothing but what was prepared is sold.
pub(crate) fn check_prepared(prepared: &Value, request: &Value) -> Result<(), Refusal> {
    if prepared["IsOpen"] == true {
        return Err(fault(
            "/FormSessionID",
            "has an open step, Cob: prepare the sale again with it",
        ));
    }
    for name in ["CryptoCurrency", "FiatAmount"] {
        if request.get(name).is_some_and(|asked| prepared[name] != *asked) {
            return Err(fault(&format!("/{name}"), "is not that of the prepared sale"));
        }
    }
    Ok(())
}

/// The sale that was prepared, with what this request says of it.
pub(crate) fn of_prepared(service: &Service, prepared: &Value, mut request: Value) -> Result<Sale, Refusal> {
    request["FiatCurrency"] = text(prepared, "FiatCurrency").into();
    request["CustomerID"] = text(prepared, "CustomerID").into();
    request["ReturnURL"] = NO_SHOP.into();
    request["LineItems"] = json!([]);
    sale(service, request, false)
}

/// `POST /checkout/payout/fiat`: a hosted page on which the customer is paid, by the account's balance.
pub(crate) fn pay_out(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let mut request = call.body.clone();
    let given = request
        .as_object_mut()
        .and_then(|members| members.shift_remove("Customer"));
    let sale = sale(service, request, true)?;
    let customer = CustomerRef {
        id: sale.request.customer_id.clone(),
        given,
    };
    service.store.open(customer, keep, |_| {
        let told = event(EventType::CheckoutSession, sale.checkout_session());
        let answer = checkout::opened(service, &sale.id, &told)?;
        Ok(Changed {
            events: vec![told, event(EventType::Transaction, sale.transaction())],
            hold: Some(hold(&sale)?),
            session: Some(Session::Sale(Box::new(sale))),
            ..answer.into()
        })
    })
}

fn sale(service: &Service, request: Value, is_payout: bool) -> Result<Sale, Refusal> {
    let mut sale = checkout::sale(service, body::read_as(&request).map_err(Failure::Body)?)?;
    // Checked by itself, for what has no price cannot be compared with what is authorised.
    cost(&sale.request.crypto_currency, sale.request.fiat_amount)?;
    sale.is_payout = is_payout;
    Ok(sale)
}

/// What the account pays for a sale.
pub(crate) fn hold(sale: &Sale) -> Result<Hold, Refusal> {
    let currency = &sale.request.crypto_currency;
    Ok(Hold {
        transaction: sale.id.clone(),
        currency: currency.as_str().to_owned(),
        amount: cost(currency, sale.request.fiat_amount)?,
    })
}

/// What the account pays. Without a price nobody knows that, so nothing may begin.
pub(crate) fn cost(currency: &CryptoCurrencyCode, fiat: PositiveDecimal) -> Result<PositiveDecimal, Refusal> {
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

pub(crate) fn amount(call: &Call, name: &str) -> Result<PositiveDecimal, Refusal> {
    PositiveDecimal::parse(text(&call.body, name)).map_err(|_| fault(&format!("/{name}"), "is not an amount"))
}

pub(crate) fn fault(pointer: &str, description: &str) -> Refusal {
    Refusal::integrity(vec![FieldFault::new(pointer, description)])
}

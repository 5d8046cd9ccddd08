//! The operations that open a session: from a request that fits the schema to a session and its answer.
//!
//! Rules that no schema says. From NOAH's pages: the sandbox takes only `_TEST` currencies, quantities lie above zero, an
//! unknown customer needs a `Customer`. The sandbox's own choice: values that NOAH may add one day are refused, for it
//! cannot act on them; so is a sale that would cost more crypto than was authorised.

use indexmap::IndexMap;
use noah_models::{
    CheckoutManageRequest, CheckoutPayinCryptoRequest, CheckoutPayinFiatRequest, CheckoutSellRequest,
    CryptoCurrencyCode, EventType, FiatCurrencyCode, LineItem, PaymentMethodCategory,
};
use serde::Serialize;
use serde_json::json;

use crate::engine::courier::Event;
use crate::engine::exchange::{Answer, Failure};
use crate::engine::pipeline::Keep;
use crate::engine::spec::FieldFault;
use crate::noah::refusal::Refusal;
use crate::noah::service::{Answered, Call, Service};
use crate::noah::sessions::{CRYPTO, Kind, Payin, Sale, Session};
use crate::noah::store::{Changed, CustomerRef};
use crate::noah::webhooks::event;

/// `POST /checkout/manage`.
pub(crate) fn manage(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let CheckoutManageRequest {
        customer_id,
        customer,
        ..
    } = call.request()?;
    let customer = customer_ref(customer_id.clone(), customer.as_ref())?;
    service.store.open(customer, keep, |_| {
        let id = service.ground.ids.id();
        let answer = Answer::json(&json!({ "HostedURL": service.hosted_url(&id) }))?;
        Ok(Changed {
            session: Some(Session::Managed { id, customer_id }),
            ..answer.into()
        })
    })
}

/// `POST /checkout/payin/fiat`.
pub(crate) fn payin(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    payin_of(Kind::Fiat, service, call, keep)
}

/// `POST /checkout/buy`.
pub(crate) fn buy(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    payin_of(Kind::Buy, service, call, keep)
}

fn payin_of(kind: Kind, service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let request: CheckoutPayinFiatRequest = call.request()?;
    let mut faults = Vec::new();
    check_category(&request.payment_method_category, &mut faults);
    check_currencies(&request.fiat_currency, &request.crypto_currency, &mut faults);
    check_line_items(&request.line_items, &mut faults);
    refuse_any(faults)?;
    let customer = customer_ref(request.customer_id.clone(), request.customer.as_ref())?;
    open(kind, request, customer, service, keep)
}

/// `POST /checkout/payin/crypto`.
pub(crate) fn payin_crypto(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let request: CheckoutPayinCryptoRequest = call.request()?;
    let mut faults = Vec::new();
    check_crypto("CryptoCurrency", &request.crypto_currency, &mut faults);
    check_line_items(&request.line_items, &mut faults);
    refuse_any(faults)?;
    let customer = customer_ref(request.customer_id.clone(), request.customer.as_ref())?;
    let request = CheckoutPayinFiatRequest::builder()
        .payment_method_category(CRYPTO)
        .fiat_currency(request.crypto_currency.as_str())
        .fiat_amount(request.crypto_amount)
        .crypto_currency(request.crypto_currency)
        .return_url(request.return_url)
        .maybe_external_id(request.external_id)
        .customer_id(request.customer_id)
        .line_items(request.line_items)
        .nonce(request.nonce)
        .build();
    open(Kind::Crypto, request, customer, service, keep)
}

fn open(
    kind: Kind,
    request: CheckoutPayinFiatRequest,
    customer: CustomerRef,
    service: &Service,
    keep: &mut Keep<'_>,
) -> Answered {
    service.store.open(customer, keep, |_| {
        let payin = Payin::new(kind, request, &service.ground);
        let told = payin.told();
        let answer = opened(service, &payin.id, &told)?;
        Ok(Changed {
            events: vec![told],
            session: Some(Session::Payin(Box::new(payin))),
            ..answer.into()
        })
    })
}

/// `POST /checkout/sell`.
pub(crate) fn sell(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let request: CheckoutSellRequest = call.request()?;
    let customer = customer_ref(request.customer_id.clone(), request.customer.as_ref())?;
    let sale = sale(service, request)?;
    service.store.open(customer, keep, |_| {
        let told = event(EventType::Transaction, sale.transaction());
        let answer = opened(service, &sale.id, &told)?;
        Ok(Changed {
            events: vec![told],
            session: Some(Session::Sale(Box::new(sale))),
            ..answer.into()
        })
    })
}

/// The answer that opens a session: the address of its page and, under the name of its event, what tells of it.
pub(super) fn opened(service: &Service, id: &str, told: &Event) -> Result<Answer, Failure> {
    let url = service.hosted_url(id).into();
    Answer::json(&IndexMap::from([
        ("HostedURL", &url),
        (&*told.event_type, &*told.data),
    ]))
}

/// A sale that keeps to the rules of every sale.
pub(crate) fn sale(service: &Service, request: CheckoutSellRequest) -> Result<Sale, Refusal> {
    let mut faults = Vec::new();
    check_currencies(&request.fiat_currency, &request.crypto_currency, &mut faults);
    check_line_items(&request.line_items, &mut faults);
    let sale = Sale::new(request, &service.ground);
    let authorized = &sale.request.crypto_authorized_amount;
    if sale.crypto_amount.is_some_and(|needed| needed > *authorized) {
        faults.push(FieldFault::new(
            "/CryptoAuthorizedAmount",
            "is less than FiatAmount costs at the sandbox's price",
        ));
    }
    refuse_any(faults)?;
    Ok(sale)
}

fn customer_ref(id: noah_models::CustomerId, given: Option<&impl Serialize>) -> Result<CustomerRef, Refusal> {
    let given = given
        .map(serde_json::to_value)
        .transpose()
        .map_err(|_| Refusal::unexpected("customer could not be kept"))?;
    Ok(CustomerRef { id, given })
}

fn check_category(category: &PaymentMethodCategory, faults: &mut Vec<FieldFault>) {
    if !category.is_known() {
        faults.push(FieldFault::new(
            "/PaymentMethodCategory",
            "is not a payment method category; use Bank, Card or Identifier",
        ));
    }
}

pub(crate) fn check_currencies(
    fiat_currency: &FiatCurrencyCode,
    crypto_currency: &CryptoCurrencyCode,
    faults: &mut Vec<FieldFault>,
) {
    let code = fiat_currency.as_str();
    if code.len() != 3 || !code.bytes().all(|letter| letter.is_ascii_uppercase()) {
        faults.push(FieldFault::new(
            "/FiatCurrency",
            "is not a currency code; use the three capital letters of ISO 4217, such as EUR",
        ));
    }
    check_crypto("CryptoCurrency", crypto_currency, faults);
}

/// The currencies of this environment alone.
pub(crate) fn check_crypto(name: &str, currency: &CryptoCurrencyCode, faults: &mut Vec<FieldFault>) {
    let code = currency.as_str();
    if !currency.is_known() || !code.ends_with("_TEST") && !code.contains("_TEST_") {
        faults.push(FieldFault::new(
            format!("/{name}"),
            "is not a currency of the sandbox; use a _TEST code such as USDC_TEST",
        ));
    }
}

fn check_line_items(line_items: &[LineItem], faults: &mut Vec<FieldFault>) {
    for (index, item) in line_items.iter().enumerate() {
        if item.quantity.is_zero() {
            faults.push(FieldFault::new(
                format!("/LineItems/{index}/Quantity"),
                "is zero; a quantity lies above zero",
            ));
        }
    }
}

pub(crate) fn refuse_any(faults: Vec<FieldFault>) -> Result<(), Refusal> {
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Refusal::integrity(faults))
    }
}

impl Service {
    /// Where the browser opens a session.
    fn hosted_url(&self, id: &str) -> String {
        format!("{}/hosted/{id}", self.origin)
    }
}

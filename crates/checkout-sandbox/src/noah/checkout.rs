//! The three operations: from a request that fits the schema to a session and its answer.
//!
//! Rules that no schema says. From NOAH's pages: the sandbox takes only `_TEST` currencies, quantities lie above zero, an
//! unknown customer needs a `Customer`. The sandbox's own choice: values that NOAH may add one day are refused, for it
//! cannot act on them; so is a sale that would cost more crypto than was authorised.

use checkout_core::PositiveDecimal;
use checkout_core::filled;
use noah_models::{
    CheckoutManageRequest, CheckoutPayinFiatRequest, CheckoutSellRequest, CheckoutSellResponse,
    CheckoutSessionResponse, CryptoCurrencyCode, FiatCurrencyCode, HostedSessionResponse, HostedUrl,
    LineItem, PaymentMethodCategory,
};
use serde::Serialize;

use super::payin::Payin;
use super::refusal::Refusal;
use super::sale::Sale;
use super::service::Service;
use super::session::Session;
use super::store::{CustomerRef, Opening};
use crate::engine::answer::Answer;
use crate::engine::idempotency::Keep;
use crate::engine::pipeline::Call;
use crate::engine::schema::FieldFault;

/// `POST /checkout/manage`.
pub(crate) fn manage(
    service: &Service,
    call: &Call<Service>,
    keep: &mut Keep<'_>,
) -> Result<Answer, Refusal> {
    let CheckoutManageRequest {
        customer_id,
        customer,
        ..
    } = call.request()?;
    let customer = customer_ref(customer_id.clone(), customer.as_ref())?;
    service.store().open(customer, keep, |_| {
        let id = service.ground().ids().id();
        let answer = filled!(HostedSessionResponse {
            hosted_url: service.hosted_url(&id)
        });
        Ok(Opening {
            answer: json(&answer)?,
            session: Session::Managed { id, customer_id },
            events: Vec::new(),
        })
    })
}

/// `POST /checkout/payin/fiat`.
pub(crate) fn payin(service: &Service, call: &Call<Service>, keep: &mut Keep<'_>) -> Result<Answer, Refusal> {
    let request: CheckoutPayinFiatRequest = call.request()?;
    let mut faults = Vec::new();
    check_category(&request.payment_method_category, &mut faults);
    check_currencies(&request.fiat_currency, &request.crypto_currency, &mut faults);
    check_line_items(&request.line_items, &mut faults);
    refuse_any(faults)?;
    let customer = customer_ref(request.customer_id.clone(), request.customer.as_ref())?;
    service.store().open(customer, keep, |_| {
        let payin = Payin::new(request, service.ground());
        let shown = payin.checkout_session();
        let events = Payin::opened(&shown);
        let answer = filled!(CheckoutSessionResponse {
            hosted_url: service.hosted_url(payin.id()),
            checkout_session: shown
        });
        Ok(Opening {
            answer: json(&answer)?,
            events,
            session: Session::Payin(Box::new(payin)),
        })
    })
}

/// `POST /checkout/sell`.
pub(crate) fn sell(service: &Service, call: &Call<Service>, keep: &mut Keep<'_>) -> Result<Answer, Refusal> {
    let request: CheckoutSellRequest = call.request()?;
    let mut faults = Vec::new();
    check_currencies(&request.fiat_currency, &request.crypto_currency, &mut faults);
    check_line_items(&request.line_items, &mut faults);
    let customer = customer_ref(request.customer_id.clone(), request.customer.as_ref())?;
    let sale = Sale::new(request, service.ground());
    check_authorized(&sale, &mut faults);
    refuse_any(faults)?;
    service.store().open(customer, keep, |_| {
        let shown = sale.transaction();
        let events = Sale::opened(&shown);
        let answer = filled!(CheckoutSellResponse {
            hosted_url: service.hosted_url(sale.id()),
            transaction: shown
        });
        Ok(Opening {
            answer: json(&answer)?,
            events,
            session: Session::Sale(Box::new(sale)),
        })
    })
}

/// What every sale must keep to.
pub(super) fn check_request(request: &CheckoutSellRequest) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    check_currencies(&request.fiat_currency, &request.crypto_currency, &mut faults);
    check_line_items(&request.line_items, &mut faults);
    refuse_any(faults)
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
        faults.push(FieldFault {
            pointer: "/PaymentMethodCategory".to_owned(),
            description: "is not a payment method category; use Bank, Card or Identifier".to_owned(),
        });
    }
}

fn check_currencies(
    fiat_currency: &FiatCurrencyCode,
    crypto_currency: &CryptoCurrencyCode,
    faults: &mut Vec<FieldFault>,
) {
    let code = fiat_currency.as_str();
    if code.len() != 3 || !code.bytes().all(|letter| letter.is_ascii_uppercase()) {
        faults.push(FieldFault {
            pointer: "/FiatCurrency".to_owned(),
            description: "is not a currency code; use the three capital letters of ISO 4217, such as EUR"
                .to_owned(),
        });
    }
    check_crypto("CryptoCurrency", crypto_currency, faults);
}

/// The currencies of this environment alone.
pub(super) fn check_crypto(name: &str, currency: &CryptoCurrencyCode, faults: &mut Vec<FieldFault>) {
    let code = currency.as_str();
    if !currency.is_known() || !code.ends_with("_TEST") && !code.contains("_TEST_") {
        faults.push(FieldFault {
            pointer: format!("/{name}"),
            description: "is not a currency of the sandbox; use a _TEST code such as USDC_TEST".to_owned(),
        });
    }
}

fn check_line_items(line_items: &[LineItem], faults: &mut Vec<FieldFault>) {
    for (index, item) in line_items.iter().enumerate() {
        if item.quantity.is_zero() {
            faults.push(FieldFault {
                pointer: format!("/LineItems/{index}/Quantity"),
                description: "is zero; a quantity lies above zero".to_owned(),
            });
        }
    }
}

fn check_authorized(sale: &Sale, faults: &mut Vec<FieldFault>) {
    let authorized: &PositiveDecimal = &sale.request().crypto_authorized_amount;
    if let Some(needed) = sale.crypto_amount()
        && needed > authorized
    {
        faults.push(FieldFault {
            pointer: "/CryptoAuthorizedAmount".to_owned(),
            description: "is less than FiatAmount costs at the sandbox's price".to_owned(),
        });
    }
}

pub(super) fn refuse_any(faults: Vec<FieldFault>) -> Result<(), Refusal> {
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Refusal::integrity(faults))
    }
}

fn json(answer: &impl Serialize) -> Result<Answer, Refusal> {
    Answer::json(answer).map_err(|_| Refusal::unexpected("answer could not be written"))
}

impl Service {
    /// Where the browser opens a session.
    pub(super) fn hosted_url(&self, id: &str) -> HostedUrl {
        HostedUrl::from(format!("{}/hosted/{id}", self.origin()))
    }
}

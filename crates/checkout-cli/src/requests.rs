//! Requests of hosted-checkout's clients, made from JSON: read strictly, completed, and prepared by the call builders.

use checkout_core::{Operation, PositiveDecimal};
use checkout_transport::{Prepared, PreparedRequest};
use hosted_checkout::Error;
use hosted_checkout::noah::models::{CheckoutManageRequest, CheckoutPayinFiatRequest, CheckoutSellRequest};
use hosted_checkout::noah::{Checkout, PreparedManaged, PreparedPayIn, PreparedSell};
use hosted_checkout::worldline::models::{
    CreatePaymentProductSessionRequest, IdempotenceKey, SessionRequest,
};
use hosted_checkout::worldline::{Server, call};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::api::{Api, operations};
use crate::failure::Report;
use crate::files::{FileArg, Input};
use crate::origin::Origin;
use crate::validation::{self, Problem};
use crate::{Exit, Failure, Output};

pub(crate) fn manage(checkout: &Checkout, request: CheckoutManageRequest) -> Result<PreparedManaged, Error> {
    checkout
        .manage()
        .customer_id(request.customer_id)
        .maybe_customer(request.customer)
        .prepare()
}

pub(crate) fn sell(checkout: &Checkout, request: CheckoutSellRequest) -> Result<PreparedSell, Error> {
    checkout
        .sell()
        .crypto_currency(request.crypto_currency)
        .fiat_currency(request.fiat_currency)
        .fiat_amount(request.fiat_amount)
        .crypto_authorized_amount(request.crypto_authorized_amount)
        .return_url(request.return_url)
        .maybe_external_id(request.external_id)
        .customer_id(request.customer_id)
        .maybe_customer(request.customer)
        .line_items(request.line_items)
        .nonce(request.nonce)
        .prepare()
}

pub(crate) fn pay_in_fiat(
    checkout: &Checkout,
    request: CheckoutPayinFiatRequest,
) -> Result<PreparedPayIn, Error> {
    checkout
        .pay_in_fiat()
        .payment_method_category(request.payment_method_category)
        .fiat_currency(request.fiat_currency)
        .crypto_currency(request.crypto_currency)
        .fiat_amount(request.fiat_amount)
        .return_url(request.return_url)
        .maybe_external_id(request.external_id)
        .customer_id(request.customer_id)
        .maybe_customer(request.customer)
        .line_items(request.line_items)
        .nonce(request.nonce)
        .prepare()
}

pub(crate) fn client_session(
    server: &Server,
    key: IdempotenceKey,
    request: SessionRequest,
) -> Result<Prepared<call::CreateSession>, Error> {
    server
        .create_session()
        .idempotence_key(key)
        .maybe_payment_product_filters(request.payment_product_filters)
        .maybe_tokens(request.tokens)
        .prepare()
}

pub(crate) fn product_session(
    server: &Server,
    product: i32,
    key: IdempotenceKey,
    request: CreatePaymentProductSessionRequest,
) -> Result<Prepared<call::CreateProductSession>, Error> {
    server
        .create_product_session()
        .payment_product_id(product)
        .idempotence_key(key)
        .maybe_payment_product_session302_specific_input(request.payment_product_session302_specific_input)
        .prepare()
}

/// A request that `--prepared` stored.
pub(crate) fn stored(file: &FileArg, api: Api) -> Result<PreparedRequest, Failure> {
    let text = file.read()?;
    let none = || {
        let message = format!(
            "{file} holds no request of {}'s that --prepared stored",
            api.name()
        );
        Failure::unavailable(message)
    };
    let named: Stored = serde_json::from_slice(&text).map_err(|_| none())?;
    let ours = |operation: &&Operation| Api::of(operation) == api;
    if !operations()
        .filter(ours)
        .any(|operation| operation.id == named.operation)
    {
        return Err(none());
    }
    PreparedRequest::from_json(&text, operations().filter(ours))
        .map_err(|error| Failure::failed(format!("{file} cannot be sent: {error}")))
}

/// What stands in a stored request, as far as it says which operation it is.
#[derive(Deserialize)]
struct Stored {
    operation: String,
}

/// A JSON object from a file, and the file's text.
pub(crate) fn object(file: &Input) -> Result<(Map<String, Value>, Vec<u8>), Failure> {
    let text = file.read()?;
    let problems = match validation::parse(&text) {
        Ok(Value::Object(fields)) => return Ok((fields, text)),
        Ok(_) => vec![Problem::new("", "is not a JSON object")],
        Err(problems) => problems,
    };
    let report = match problems.as_slice() {
        [problem] if problem.pointer.is_empty() => {
            let at = match (problem.line, problem.column) {
                (Some(line), Some(column)) => format!(" (line {line}, column {column})"),
                _ => String::new(),
            };
            Report::new(format!("{file} {}{at}", problem.message))
        }
        _ => {
            let origin = Origin::default().with_file(file, text);
            let located = problems.into_iter().map(|problem| origin.locate(problem));
            Report::new(format!("{file} can be read in more than one way"))
                .because(located.map(|problem| problem.to_string()))
        }
    };
    Err(Failure::told(
        Exit::NotSent,
        report.with_money("nothing was sent"),
    ))
}

/// Reads the request; a field that the API does not know would be dropped in silence, and is refused.
pub(crate) fn read<T>(fields: Map<String, Value>, origin: &Origin, output: &mut Output) -> Result<T, Failure>
where
    T: DeserializeOwned + Serialize + JsonSchema,
{
    let problems = match validation::read::<T>(&Value::Object(fields)) {
        Ok(fit) if fit.unknown.is_empty() => return Ok(fit.value),
        Ok(fit) => fit
            .unknown
            .into_iter()
            .map(|pointer| Problem::new(pointer, "is not known to the API; correct its name"))
            .collect(),
        Err(problems) => problems,
    };
    let problems: Vec<Problem> = problems
        .into_iter()
        .map(|problem| origin.locate(problem))
        .collect();
    let mut report = Report::new("the request is incomplete or malformed")
        .because(problems.iter().map(ToString::to_string))
        .with_money("nothing was sent");
    report.then("give each field by its option, or by its name in the file of --request");
    output.json(&json!({"ok": false, "outcome": "not-sent", "problems": problems}))?;
    Err(Failure::told(Exit::NotSent, report))
}

/// Fills in what a person need not write: a fresh Nonce, and totals of line items that are quantity times price. Whether the Nonce
/// was made here.
pub(crate) fn complete(request: &mut Map<String, Value>) -> bool {
    let has_nonce = request.contains_key("Nonce");
    if !has_nonce {
        request.insert("Nonce".to_owned(), fresh_key().into());
    }
    let items = request.get_mut("LineItems").and_then(Value::as_array_mut);
    for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
        if !item.contains_key("TotalAmount")
            && let Some(total) = total(item)
        {
            item.insert("TotalAmount".to_owned(), total.to_string().into());
        }
    }
    !has_nonce
}

/// `None` if there is none: the checks that follow tell why.
fn total(item: &Map<String, Value>) -> Option<PositiveDecimal> {
    let amount = |name: &str| PositiveDecimal::parse(item.get(name)?.as_str()?).ok();
    amount("UnitAmount")?.checked_mul(amount("Quantity")?).ok()
}

/// A key that no other request has: a random UUID.
pub(crate) fn fresh_key() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_exact_and_only_where_none_is_given() {
        let Value::Object(mut request) = json!({"Nonce": "n", "LineItems": [
            {"Quantity": "3", "UnitAmount": "0.10"},
            {"Quantity": "3", "UnitAmount": "0.10", "TotalAmount": "0.25"},
            {"Quantity": "x", "UnitAmount": "0.10"},
        ]}) else {
            panic!("an object")
        };
        assert!(!complete(&mut request), "the Nonce was there");
        assert_eq!(request["Nonce"], "n");
        let totals: Vec<_> = request["LineItems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item.get("TotalAmount").cloned())
            .collect();
        assert_eq!(totals, [Some("0.30".into()), Some("0.25".into()), None]);
    }
}

//! Values of a body that were probably not meant: the API refuses them after the signature has held.

use checkout_core::json;
use checkout_core::near::nearest;
use checkout_core::validate::At;
use noah_models::{
    CryptoCurrencyCode, CustomerType, EntityEnum, FiatCurrencyCode, IdType, PaymentMethodCategory,
};
use serde_json::Value;

use super::Case;
use super::diagnosis::Findings;
use super::rules::{Check, Rule};

/// Documented values.
type Known = fn() -> Vec<&'static str>;

/// The documented values of the fields that a request to NOAH may have, by their names.
const FIELDS: &[(&str, Known)] = &[
    ("PaymentMethodCategory", || {
        known(PaymentMethodCategory::KNOWN, PaymentMethodCategory::as_str)
    }),
    ("FiatCurrency", || {
        known(FiatCurrencyCode::KNOWN, FiatCurrencyCode::as_str)
    }),
    ("CryptoCurrency", || {
        known(CryptoCurrencyCode::KNOWN, CryptoCurrencyCode::as_str)
    }),
    ("Type", || known(CustomerType::KNOWN, CustomerType::as_str)),
    ("EntityType", || known(EntityEnum::KNOWN, EntityEnum::as_str)),
    ("IDType", || known(IdType::KNOWN, IdType::as_str)),
];

fn known<T>(values: &'static [T], text: fn(&'static T) -> &'static str) -> Vec<&'static str> {
    values.iter().map(text).collect()
}

/// Of a body that is no JSON nothing is said here: the signature does not ask what it holds.
pub(super) fn check(case: &Case, findings: &mut Findings<'_>) {
    let Some(body) = &case.body else {
        return findings.unknown(Check::Values, "the body was not given: --body");
    };
    let mut near = Vec::new();
    if let Ok(body) = json::read(body) {
        walk(&body, &At::BODY, &mut near);
    }
    if near.is_empty() {
        return findings.holds(Check::Values, "none is a slip of the pen of a documented one");
    }
    findings.warns(
        Rule::ValueNearMiss,
        format!("not a documented value: {}", near.join(", ")),
        "write each as the API's documents do, if that was meant",
    );
}

/// Places and what was meant there; never the value, for it may be a person's.
fn walk(value: &Value, at: &At<'_>, near: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let at = at.field(name);
                let documented = FIELDS.iter().find(|(field, _)| field == name);
                match (value, documented) {
                    (Value::String(text), Some((_, known))) => {
                        near.extend(nearest(text, known()).map(|meant| format!("{at} (near {meant})")));
                    }
                    (value, _) => walk(value, &at, near),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &at.item(index), near);
            }
        }
        _ => {}
    }
}

//! Values of a body that were probably not meant: the API refuses them after the signature has held.

use checkout_core::json;
use checkout_core::near::nearest;
use checkout_core::validate::At;
use serde_json::Value;

use super::Case;
use super::diagnosis::Findings;
use super::rules::{Check, Rule};

/// The fields that a request to NOAH may have whose values are documented, and the component of each.
const FIELDS: &[(&str, &str)] = &[
    ("PaymentMethodCategory", "PaymentMethodCategory"),
    ("FiatCurrency", "FiatCurrencyCode"),
    ("CryptoCurrency", "CryptoCurrencyCode"),
    ("Type", "CustomerType"),
    ("EntityType", "EntityEnum"),
    ("IDType", "IDType"),
];

fn known(component: &str) -> impl Iterator<Item = &'static str> {
    let described = noah_models::described();
    let values = described.known_values(&described.definitions[component]);
    values.into_iter().map(|(value, _)| value)
}

/// Skips a body that is not JSON, for another check says so.
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
    findings.warns((
        Rule::ValueNearMiss,
        format!("not a documented value: {}", near.join(", ")),
    ));
}

/// Collects places and what was probably meant there. It never shows the value, which may be a person's.
fn walk(value: &Value, at: &At<'_>, near: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let at = at.field(name);
                let documented = FIELDS.iter().find(|(field, _)| field == name);
                match (value, documented) {
                    (Value::String(text), Some((_, component))) => {
                        near.extend(
                            nearest(text, known(component)).map(|meant| format!("{at} (near {meant})")),
                        );
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

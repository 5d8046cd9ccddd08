//! What logs may show of bodies, against the specs as they stand.

use serde_json::Value;
use tests::spec::{self, Spec};

/// Schema of every property with its name.
fn properties(spec: &Spec) -> Vec<(&str, &Value)> {
    spec.components()
        .filter_map(|(_, schema)| schema["properties"].as_object())
        .flatten()
        .map(|(name, schema)| (name.as_str(), schema))
        .collect()
}

/// Whether a mark on the way from a property to its value hides it, or nothing says what is in it.
fn is_hidden(spec: &Spec, schema: &Value) -> bool {
    let hidden_as = |mark: &Value| mark == "personal" || mark == "secret";
    let reference = schema["$ref"].as_str().or(schema["allOf"][0]["$ref"].as_str());
    let target = reference.map(|reference| spec.document.pointer(&reference[1..]).unwrap());
    let leaf = target.unwrap_or(schema);
    let free = leaf["type"] == "object" && leaf["properties"].is_null();
    let within = [&leaf["items"], &leaf["additionalProperties"]];
    hidden_as(&schema["x-sensitive"])
        || hidden_as(&leaf["x-sensitive"])
        || free
        || !leaf["x-selected-by"].is_null()
        || within
            .into_iter()
            .any(|inner| inner.is_object() && is_hidden(spec, inner))
}

#[test]
fn nothing_that_is_hidden_anywhere_may_be_shown_or_looked_into() {
    let lists = [
        (
            noah_models::operations::SHOWN_FIELDS,
            noah_models::operations::OPEN_FIELDS,
        ),
        (
            worldline_connect_models::operations::SHOWN_FIELDS,
            worldline_connect_models::operations::OPEN_FIELDS,
        ),
    ];
    for (spec, (shown, open)) in spec::all().into_iter().zip(lists) {
        let properties = properties(spec);
        for name in shown.iter().chain(open) {
            let mut uses = properties
                .iter()
                .filter(|(property, _)| property == name)
                .peekable();
            assert!(uses.peek().is_some(), "{name} is no field of {}", spec.file);
            for (_, schema) in uses {
                assert!(!is_hidden(spec, schema), "{name} of {} is hidden", spec.file);
            }
        }
        assert!(shown.is_sorted() && open.is_sorted(), "{}", spec.file);
        assert!(!shown.iter().any(|name| open.contains(name)), "{}", spec.file);
    }
}

/// What is looked for in a log: the keys and ids of a payment, and what it was about.
#[test]
fn the_keys_of_a_payment_may_be_shown() {
    for name in [
        "CustomerID",
        "ExternalID",
        "FiatAmount",
        "FiatCurrency",
        "Nonce",
        "Status",
    ] {
        assert!(noah_models::operations::SHOWN_FIELDS.contains(&name), "{name}");
    }
    for name in ["code", "errorId", "merchantId", "requestId"] {
        assert!(
            worldline_connect_models::operations::SHOWN_FIELDS.contains(&name),
            "{name}"
        );
    }
}

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

/// What a property refers to, through `allOf` and lists.
fn leaf<'a>(spec: &'a Spec, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or(schema["allOf"][0]["$ref"].as_str());
    match reference {
        Some(reference) => leaf(spec, spec.document.pointer(&reference[1..]).unwrap()),
        None if schema["items"].is_object() => leaf(spec, &schema["items"]),
        None => schema,
    }
}

fn is_object(spec: &Spec, schema: &Value) -> bool {
    let leaf = leaf(spec, schema);
    leaf["type"] == "object" || leaf["oneOf"].is_array()
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
        for (list, objects) in [(shown, false), (open, true)] {
            for name in list {
                let uses = || properties.iter().filter(|(property, _)| property == name);
                assert!(
                    uses().any(|(_, schema)| is_object(spec, schema) == objects),
                    "{name} is no such field of {}",
                    spec.file
                );
                for (_, schema) in uses() {
                    assert!(!is_hidden(spec, schema), "{name} of {} is hidden", spec.file);
                }
            }
        }
        assert!(shown.is_sorted() && open.is_sorted(), "{}", spec.file);
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

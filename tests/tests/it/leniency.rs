//! What is received decodes, whatever the API adds to it, and nothing of it is lost that has a field.

use serde_json::{Value, json};
use tests::spec::{self, Example, Role, Spec};
use tests::walk::{nodes, with};

fn each_received(mut check: impl FnMut(&Spec, &Example, &str)) {
    let mut count = 0;
    for spec in spec::all() {
        for example in spec.examples() {
            if matches!(example.role, Role::Answer | Role::Callback) || example.component == "WebhooksEvent" {
                check(spec, &example, &format!("{}{}", spec.file, example.pointer));
                count += 1;
            }
        }
    }
    assert!(count >= 38, "{count} examples");
}

fn recoded(spec: &Spec, example: &Example, document: &Value, place: &str) -> Value {
    let again = spec
        .model(&example.component, example.role)
        .recode(&document.to_string())
        .unwrap_or_else(|error| panic!("{place}{}: {}", error.pointer, error.message));
    serde_json::from_str(&again).unwrap()
}

/// The lists of values, with the values that the spec itself has.
fn lists() -> impl Iterator<Item = (&'static Spec, &'static str, Vec<&'static str>, bool)> {
    spec::all().into_iter().flat_map(|spec| {
        spec.components().filter_map(move |(name, schema)| {
            let (values, closed) = match (schema.get("enum"), schema.get("x-extensible-enum")) {
                (Some(values), None) => (values, true),
                (None, Some(values)) => (values, false),
                _ => return None,
            };
            let values = values
                .as_array()
                .unwrap()
                .iter()
                .map(|value| value.as_str().unwrap())
                .collect();
            Some((spec, name, values, closed))
        })
    })
}

#[test]
fn lists_know_the_values_of_the_spec() {
    let mut count = 0;
    for (spec, name, values, _) in lists() {
        assert_eq!(
            spec.model(name, Role::Request).known.as_ref(),
            Some(&values),
            "{}: {name}",
            spec.file
        );
        count += 1;
    }
    assert!(count >= 32, "{count} lists");
}

#[test]
fn known_and_unknown_values_come_back_as_they_were() {
    for (spec, name, mut values, _) in lists() {
        values.extend(["NoSuchValue", "", "pending", "Settled "]);
        for value in values {
            let text = json!(value).to_string();
            assert_eq!(
                spec.model(name, Role::Request).recode(&text).unwrap(),
                text,
                "{}: {name}",
                spec.file
            );
        }
    }
}

#[test]
fn only_closed_lists_refuse_to_send_an_unknown_value() {
    for (spec, name, values, closed) in lists() {
        let model = spec.model(name, Role::Request);
        for value in values {
            assert_eq!(
                model.validate(&json!(value).to_string()).unwrap(),
                Ok(()),
                "{}: {name}",
                spec.file
            );
        }
        let unknown = model.validate("\"NoSuchValue\"").unwrap();
        assert_eq!(unknown.is_err(), closed, "{}: {name}", spec.file);
    }
}

#[test]
fn a_new_value_in_any_list_of_an_answer_decodes() {
    let mut count = 0;
    each_received(|spec, example, place| {
        for node in nodes(&spec.schemas, &example.component, &example.value) {
            let name = node.location.strip_prefix("/$defs/").unwrap();
            if spec
                .models
                .iter()
                .any(|model| model.name == name && model.known.is_some())
                && name != "EventType"
            {
                let document = with(&example.value, &node.pointer, json!("NoSuchValue"));
                assert_eq!(
                    recoded(spec, example, &document, place),
                    document,
                    "{place}{}",
                    node.pointer
                );
                count += 1;
            }
        }
    });
    assert!(count >= 80, "{count} values");
}

#[test]
fn a_new_member_of_any_union_decodes() {
    let mut count = 0;
    each_received(|spec, example, place| {
        for node in nodes(&spec.schemas, &example.component, &example.value) {
            let is_member = node.union.as_ref() == Some(&node.pointer);
            if is_member && node.schema.pointer("/properties/Type/enum").is_some() {
                let member = json!({"Type": "NoSuchMember", "Number": 7, "Deep": {"List": [null]}});
                let document = with(&example.value, &node.pointer, member);
                assert_eq!(
                    recoded(spec, example, &document, place),
                    document,
                    "{place}{}",
                    node.pointer
                );
                count += 1;
            }
        }
        if example.component == "Webhook" {
            let document = with(&example.value, "/EventType", json!("NoSuchEvent"));
            let document = with(&document, "/Data", json!({"ID": 7, "Deep": {"List": [null]}}));
            assert_eq!(recoded(spec, example, &document, place), document, "{place}");
            count += 1;
        }
    });
    assert!(count >= 14, "{count} unions");
}

/// In every object at once: they are kept with the typed values, and written again.
#[test]
fn new_fields_in_every_object_are_kept() {
    let mut count = 0;
    each_received(|spec, example, place| {
        let mut document = example.value.clone();
        for node in nodes(&spec.schemas, &example.component, &example.value) {
            if node.schema.get("properties").is_some() {
                let object = document
                    .pointer_mut(&node.pointer)
                    .unwrap()
                    .as_object_mut()
                    .unwrap();
                object.insert("NoSuchField".to_owned(), json!({"deep": [1, null, "text"]}));
                object.insert("noSuchText".to_owned(), json!("text"));
                count += 1;
            }
        }
        assert_eq!(recoded(spec, example, &document, place), document, "{place}");
    });
    assert!(count >= 100, "{count} objects");
}

#[test]
fn texts_longer_than_their_limit_decode() {
    let mut count = 0;
    each_received(|spec, example, place| {
        let mut document = example.value.clone();
        for node in nodes(&spec.schemas, &example.component, &example.value) {
            if let Some(limit) = node.schema.get("maxLength").and_then(Value::as_u64) {
                let long = "1".repeat(usize::try_from(limit).unwrap() + 1);
                *document.pointer_mut(&node.pointer).unwrap() = json!(long);
                count += 1;
            }
        }
        assert_eq!(recoded(spec, example, &document, place), document, "{place}");
    });
    assert!(count >= 35, "{count} texts");
}

/// Text, pattern and format are for what is sent: `10-02-2025` in an answer about money must not lose the answer.
#[test]
fn texts_against_their_pattern_or_format_decode() {
    let mut count = 0;
    each_received(|spec, example, place| {
        let mut document = example.value.clone();
        for node in nodes(&spec.schemas, &example.component, &example.value) {
            let ruled = node.schema.get("pattern").or(node.schema.get("format")).is_some();
            if ruled && node.value.is_string() {
                *document.pointer_mut(&node.pointer).unwrap() = json!("neither one nor the other");
                count += 1;
            }
        }
        assert_eq!(recoded(spec, example, &document, place), document, "{place}");
    });
    assert!(count >= 50, "{count} texts");
}

/// In any field of anything, and in any item of a list: it costs that field alone, and is written again as it came.
#[test]
fn whatever_stands_in_a_field_costs_that_field_alone() {
    let odd = [
        json!(-7),
        json!(true),
        json!("odd text"),
        json!([7]),
        json!({"odd": 7}),
        json!(null),
    ];
    let mut count = 0;
    each_received(|spec, example, place| {
        for node in nodes(&spec.schemas, &example.component, &example.value) {
            // What a webhook is about is chosen by these, and read apart from it; and what a whole answer is, by its tag.
            let chooses = match example.component.as_str() {
                "Webhook" => matches!(node.pointer.as_str(), "/Data" | "/Data/Type"),
                _ => node.union.as_deref() == Some("") && node.pointer == "/Type",
            };
            if node.pointer.is_empty() || chooses {
                continue;
            }
            for odd in &odd {
                let document = with(&example.value, &node.pointer, odd.clone());
                let again = recoded(spec, example, &document, place);
                let place = format!("{place}{}: {odd}", node.pointer);
                match again.pointer(&node.pointer) {
                    Some(_) => assert_eq!(again, document, "{place}"),
                    // `null` is as absent.
                    None => assert!(odd.is_null(), "{place}"),
                }
                count += 1;
            }
        }
    });
    assert!(count >= 2_000, "{count} odd values");
}

/// Of what is sent: a number has lost its text, and an exponent or a sign is not what the spec promises.
#[test]
fn amounts_that_are_sent_are_exact() {
    let model = spec::noah().model("PositiveDecimal", Role::Request);
    for text in [
        "\"10.10\"",
        "\"0\"",
        "\"+.5\"",
        "\"5.\"",
        "\"000123456789012345678901234567890123.6\"",
    ] {
        assert_eq!(model.recode(text).unwrap(), text);
    }
    for text in [
        "10.10", "10", "\"\"", "\"-1\"", "\"1e3\"", "\" 1\"", "\"1,5\"", "\".\"", "null", "\"١\"",
    ] {
        assert!(model.recode(text).is_err(), "{text}");
    }
}

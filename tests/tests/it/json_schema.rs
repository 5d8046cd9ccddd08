//! The JSON Schemas that leave the house, in `schemas.json` and through schemars, are the spec's own.

use serde_json::{Map, Value, json};
use tests::schemas::{faults, validator};
use tests::spec;

/// OpenAPI 3.0 as JSON Schema, written down a second time: references move, examples become lists, the rest of what
/// JSON Schema does not know goes.
fn as_json_schema(schema: &Value) -> Value {
    let Value::Object(members) = schema else {
        return schema.clone();
    };
    assert!(
        members.get("nullable").is_none(),
        "`nullable` has no place in these specs"
    );
    let mut converted = Map::new();
    for (keyword, value) in members {
        let (keyword, value) = match keyword.as_str() {
            "discriminator" => continue,
            extension if extension.starts_with("x-") => continue,
            "example" => ("examples", json!([value])),
            "$ref" => (
                "$ref",
                json!(
                    value
                        .as_str()
                        .unwrap()
                        .replace("#/components/schemas/", "#/$defs/")
                ),
            ),
            "properties" => {
                let properties = value.as_object().unwrap();
                (
                    "properties",
                    properties
                        .iter()
                        .map(|(name, schema)| (name.clone(), as_json_schema(schema)))
                        .collect(),
                )
            }
            "allOf" | "oneOf" => (
                keyword.as_str(),
                value.as_array().unwrap().iter().map(as_json_schema).collect(),
            ),
            "items" | "not" | "additionalProperties" => (keyword.as_str(), as_json_schema(value)),
            _ => (keyword.as_str(), value.clone()),
        };
        converted.insert(keyword.to_owned(), value);
    }
    Value::Object(converted)
}

/// References replaced by what they refer to. No schema here refers to itself.
fn inlined(schema: &Value, definitions: &Value) -> Value {
    match schema {
        Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let name = reference.strip_prefix("#/$defs/").unwrap();
                inlined(
                    definitions
                        .get(name)
                        .unwrap_or_else(|| panic!("{reference} leads nowhere")),
                    definitions,
                )
            }
            None => members
                .iter()
                .map(|(key, member)| (key.clone(), inlined(member, definitions)))
                .collect(),
        },
        Value::Array(items) => items.iter().map(|item| inlined(item, definitions)).collect(),
        other => other.clone(),
    }
}

#[test]
fn schemas_json_is_the_spec() {
    for spec in spec::all() {
        let expected: Map<String, Value> = spec
            .components()
            .map(|(name, schema)| (name.to_owned(), as_json_schema(schema)))
            .collect();
        let generated = spec.schemas.definitions();
        assert_eq!(
            expected.keys().collect::<Vec<_>>(),
            generated.keys().collect::<Vec<_>>(),
            "{}",
            spec.file
        );
        for (name, schema) in &expected {
            assert_eq!(
                schema, &generated[name],
                "{}: {name}; run `cargo xtask generate`",
                spec.file
            );
        }
    }
}

#[test]
fn schemars_hands_out_the_schema_of_the_spec() {
    let mut count = 0;
    for spec in spec::all() {
        let definitions = Value::Object(spec.schemas.definitions().clone());
        for model in &spec.models {
            let Some(json_schema) = model.json_schema else {
                continue;
            };
            let mut schema = json_schema().to_value();
            let own = schema.as_object_mut().unwrap();
            assert_eq!(
                own.remove("$schema"),
                Some(json!("https://json-schema.org/draft/2020-12/schema"))
            );
            assert_eq!(own.remove("title"), Some(json!(model.name)));
            let references = own.remove("$defs").unwrap_or_default();
            assert_eq!(
                inlined(&schema, &references),
                inlined(&definitions[model.name], &definitions),
                "{}: {}",
                spec.file,
                model.name
            );
            count += 1;
        }
    }
    assert!(count >= 100, "{count} types");
}

#[test]
fn the_examples_fit_what_schemars_hands_out() {
    for spec in spec::all() {
        for example in spec.examples() {
            let Some(json_schema) = spec.model(&example.component).json_schema else {
                continue;
            };
            let faults = faults(&validator(json_schema().as_value()), &example.value);
            assert!(
                faults.is_empty(),
                "{}{}: {}",
                spec.file,
                example.pointer,
                faults.join("; ")
            );
        }
    }
}

#[test]
fn a_schema_as_users_get_it() {
    let schema = schemars::schema_for!(noah_models::LineItem);
    insta::assert_snapshot!(serde_json::to_string_pretty(&schema).unwrap());
}

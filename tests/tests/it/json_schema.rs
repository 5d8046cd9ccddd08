//! The JSON Schemas that leave the house, in `description.json` and through schemars, are the spec's own.

use serde_json::{Map, Value, json};
use tests::schemas::{faults, validator};
use tests::spec;

/// OpenAPI 3.0 as JSON Schema, written down a second time: references move, examples become lists, the rest of what
/// JSON Schema does not know goes, or stays where `extensions` are wanted.
fn as_json_schema(schema: &Value, extensions: bool) -> Value {
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
            own if own == "discriminator" || own.starts_with("x-") => {
                if extensions {
                    converted.insert(own.to_owned(), value.clone());
                }
                continue;
            }
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
                        .map(|(name, schema)| (name.clone(), as_json_schema(schema, extensions)))
                        .collect(),
                )
            }
            "allOf" | "oneOf" => (
                keyword.as_str(),
                value
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|schema| as_json_schema(schema, extensions))
                    .collect(),
            ),
            "items" | "not" | "additionalProperties" => (keyword.as_str(), as_json_schema(value, extensions)),
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
fn the_description_has_the_schemas_of_the_spec() {
    for spec in spec::all() {
        let expected: Map<String, Value> = spec
            .components()
            .map(|(name, schema)| (name.to_owned(), as_json_schema(schema, true)))
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
        let definitions: Value = spec
            .components()
            .map(|(name, schema)| (name.to_owned(), as_json_schema(schema, false)))
            .collect();
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
            let Some(json_schema) = spec.model(&example.component, example.role).json_schema else {
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

/// Each operation, with the parameters, bodies and examples that the document gives it.
#[test]
fn the_description_has_the_operations_of_the_spec() {
    let both = [
        (spec::noah(), noah_models::described()),
        (spec::worldline_connect(), worldline_connect_models::described()),
    ];
    for (spec, described) in both {
        let mut operations = 0;
        for (path, item) in spec.document["paths"].as_object().unwrap() {
            let methods = ["get", "put", "post", "delete"];
            for (method, raw) in methods
                .iter()
                .filter_map(|method| Some((method, item.get(method)?)))
            {
                operations += 1;
                let id = raw["operationId"].as_str().unwrap();
                let found = described.operation(id).unwrap_or_else(|| panic!("no {id}"));
                assert_eq!((&found.path, &found.method), (path, &method.to_uppercase()));
                assert_eq!(found.summary, raw["summary"].as_str().unwrap());
                let statuses: Vec<&str> = found
                    .responses
                    .iter()
                    .map(|answer| answer.status.as_str())
                    .collect();
                let expected: Vec<&String> = raw["responses"].as_object().unwrap().keys().collect();
                assert_eq!(statuses, expected, "{id}");
                assert!(
                    found
                        .responses
                        .iter()
                        .all(|answer| !answer.description.is_empty()),
                    "{id}"
                );
                let examples = raw.pointer("/requestBody/content/application~1json/examples");
                let expected: Vec<&String> = examples
                    .and_then(Value::as_object)
                    .into_iter()
                    .flat_map(Map::keys)
                    .collect();
                let mut names: Vec<&String> =
                    found.body.iter().flat_map(|body| body.examples.keys()).collect();
                names.sort_by_key(|name| expected.iter().position(|known| known == name));
                assert_eq!(names, expected, "{id}");
                let parameters = item.get("parameters").into_iter().chain(raw.get("parameters"));
                let parameters: usize = parameters.map(|list| list.as_array().unwrap().len()).sum();
                assert_eq!(found.parameters.len(), parameters, "{id}");
                assert!(found.success().is_some(), "{id}");
            }
        }
        assert_eq!(described.operations.len(), operations);
        assert_eq!(described.definitions.len(), spec.components().count());
    }
}

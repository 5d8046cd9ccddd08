//! The spec's schemas as JSON Schema, and `JsonSchema` for every type that hands them out.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::format::MARK;
use crate::model::{Model, Shape};
use crate::names::type_name;
use crate::spec::Spec;

/// `schemas.json`: every component as JSON Schema 2020-12.
pub fn json(spec: &Spec) -> Result<String, String> {
    let schemas: Map<String, Value> = spec
        .schemas()
        .iter()
        .map(|(name, schema)| (name.clone(), convert(schema)))
        .collect();
    let comment = format!("{MARK} from {}; do not edit. SHA-256: {}", spec.file, spec.sha256);
    let document = json!({ "$comment": comment, "$defs": schemas });
    let text = serde_json::to_string_pretty(&document).map_err(|error| format!("schemas.json: {error}"))?;
    Ok(format!("{text}\n"))
}

/// The body of `schema.rs`.
pub fn emit(model: &Model) -> String {
    let mut out = String::from(
        "//! JSON Schemas (feature `schemars`): the spec's own.\n\nuse super::{received::*, scalars::*, types::*};\n\n::checkout_core::spec_schemas! {\n    include_str!(\"schemas.json\"),\n",
    );
    for (name, component) in &model.components {
        if !matches!(component.shape, Shape::Alias(_) | Shape::Replaced(_)) {
            let _ = writeln!(out, "    {} = {:?},", type_name(name), component.of);
        }
    }
    out.push_str("}\n");
    out
}

/// OpenAPI 3.0's dialect to JSON Schema: references move, examples become a list, extensions go.
fn convert(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => Value::Object(
            members
                .iter()
                .filter_map(|(key, value)| member(key, value))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(convert).collect()),
        other => other.clone(),
    }
}

fn member(key: &str, value: &Value) -> Option<(String, Value)> {
    let converted = match key {
        "discriminator" => return None,
        _ if key.starts_with("x-") => return None,
        "example" => return Some(("examples".to_owned(), json!([value]))),
        "$ref" => {
            let reference = value.as_str()?.replace("#/components/schemas/", "#/$defs/");
            Value::String(reference)
        }
        "enum" | "required" | "default" => value.clone(),
        "properties" => {
            let properties = value.as_object()?;
            Value::Object(
                properties
                    .iter()
                    .map(|(name, schema)| (name.clone(), convert(schema)))
                    .collect(),
            )
        }
        _ => convert(value),
    };
    Some((key.to_owned(), converted))
}

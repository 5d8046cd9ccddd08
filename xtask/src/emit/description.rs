//! The spec as data: `description.json`, and `JsonSchema` for every type that hands out its part of it.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::emit::forms::short_name;
use crate::emit::received_type;
use crate::format::MARK;
use crate::model::{Direction, Model, Shape, Tag};
use crate::names::type_name;
use crate::spec::{RawOperation, Settings, Spec, object, text};

/// `description.json`: every component as JSON Schema 2020-12 under `$defs`, extensions kept, and every operation with its
/// parameters, bodies, answers and examples. Answers that operations share stand once, under `answers`; `events` has the
/// examples of what callbacks send.
/// `checkout_core::described` reads it.
pub fn json(spec: &Spec, settings: &Settings) -> Result<String, String> {
    let schemas: Map<String, Value> = spec
        .schemas()
        .iter()
        .map(|(name, schema)| (name.clone(), convert(schema)))
        .collect();
    let operations: Vec<Value> = spec
        .operations()
        .into_iter()
        .map(|raw| operation(spec, settings, raw))
        .collect();
    let answers: Map<String, Value> = object(spec.root.pointer("/components/responses"))
        .iter()
        .map(|(name, part)| (name.clone(), answer(spec, part)))
        .collect();
    let comment = format!("{MARK} from {}; do not edit. SHA-256: {}", spec.file, spec.sha256);
    let document = json!({
        "$comment": comment, "$defs": schemas, "answers": answers, "operations": operations, "events": events(spec),
    });
    let text =
        serde_json::to_string_pretty(&document).map_err(|error| format!("description.json: {error}"))?;
    Ok(format!("{text}\n"))
}

/// The body of `description.rs`.
pub fn emit(model: &Model) -> Result<String, String> {
    let (mut own, mut others) = (String::new(), String::new());
    for (name, component) in &model.components {
        let (out, ty, kind) = match &component.shape {
            Shape::Replaced(path) => (&mut others, path.clone(), "replaced"),
            Shape::Alias(target) => (&mut others, received_type(model, target, "")?, "alias"),
            Shape::Enum(_) => (&mut own, type_name(name), "list"),
            Shape::Union(union) if matches!(union.tag, Tag::Beside(_)) => {
                (&mut own, type_name(name), "beside")
            }
            Shape::Object(_) | Shape::Union(_) if component.direction == Direction::Received => {
                (&mut own, type_name(name), "received")
            }
            _ => (&mut own, type_name(name), "sent"),
        };
        let _ = writeln!(out, "    {ty} = {:?} {kind},", component.of);
    }
    Ok(format!(
        "//! The spec as data, JSON Schemas, and all types (feature `schemars`).\n\nuse super::{{received::*, scalars::*, types::*}};\n\n::checkout_core::spec_schemas! {{\n    include_str!(\"description.json\"),\n{own}    ;\n{others}}}\n"
    ))
}

fn operation(spec: &Spec, settings: &Settings, raw: RawOperation<'_>) -> Value {
    let id = text(raw.operation, "operationId").unwrap_or_default();
    let tag = raw.operation.pointer("/tags/0").and_then(Value::as_str);
    let named = settings.calls.get(id).and_then(|call| call.name.clone());
    let mut out = json!({
        "id": id,
        "call": named.unwrap_or_else(|| short_name(id, tag.unwrap_or_default())),
        "method": raw.method.to_uppercase(),
        "path": raw.path,
        "tag": tag,
    });
    let parameters: Vec<Value> = raw
        .parameters()
        .map(|part| with_schema(spec.deref(part)))
        .collect();
    let body = raw.operation.get("requestBody").map(|part| {
        let part = spec.deref(part);
        let mut body = json!({ "required": part.get("required").and_then(Value::as_bool) == Some(true) });
        extend(&mut body, media(spec, part));
        body
    });
    let responses: Vec<Value> = object(raw.operation.get("responses"))
        .iter()
        .map(|(status, part)| {
            let shared = text(part, "$ref").and_then(|to| to.strip_prefix("#/components/responses/"));
            let mut response = json!({ "status": status });
            match shared {
                Some(name) => extend(&mut response, [("is".to_owned(), name.into())]),
                None => extend(&mut response, object(Some(&answer(spec, part))).clone()),
            }
            response
        })
        .collect();
    let further = object(Some(raw.operation))
        .iter()
        .filter(|(key, _)| ["summary", "description", "deprecated"].contains(&key.as_str()));
    extend(&mut out, further.map(|(key, value)| (key.clone(), value.clone())));
    extend(&mut out, extensions(raw.operation));
    let rest = [
        ("parameters", Some(parameters.into())),
        ("body", body),
        ("responses", Some(responses.into())),
    ];
    extend(
        &mut out,
        rest.into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?))),
    );
    out
}

/// What callbacks send, by the names of its examples.
fn events(spec: &Spec) -> Map<String, Value> {
    let callbacks = spec
        .operations()
        .into_iter()
        .flat_map(|raw| object(raw.operation.get("callbacks")).values());
    callbacks
        .flat_map(|callback| object(Some(spec.deref(callback))).values())
        .filter_map(|item| item.pointer("/post/requestBody"))
        .flat_map(|body| media(spec, spec.deref(body)))
        .filter(|(key, _)| key == "examples")
        .flat_map(|(_, examples)| object(Some(&examples)).clone())
        .collect()
}

fn answer(spec: &Spec, part: &Value) -> Value {
    let mut answer = json!({ "description": text(part, "description") });
    extend(&mut answer, extensions(part));
    extend(&mut answer, media(spec, part));
    answer
}

/// A part whose schema is converted, and all else as it stands.
fn with_schema(part: &Value) -> Value {
    let members = object(Some(part)).iter().map(|(key, value)| match key.as_str() {
        "schema" => (key.clone(), convert(value)),
        _ => (key.clone(), value.clone()),
    });
    Value::Object(members.collect())
}

/// The one media type of a body, its schema and its examples by name.
fn media<'a>(spec: &'a Spec, part: &'a Value) -> Vec<(String, Value)> {
    let Some((name, content)) = object(part.get("content")).iter().next() else {
        return Vec::new();
    };
    let examples: Map<String, Value> = object(content.get("examples"))
        .iter()
        .map(|(name, example)| (name.clone(), spec.deref(example).clone()))
        .collect();
    let mut out = vec![
        ("media".to_owned(), name.as_str().into()),
        ("examples".to_owned(), examples.into()),
    ];
    out.extend(
        content
            .get("schema")
            .map(|schema| ("schema".to_owned(), convert(schema))),
    );
    out
}

fn extensions(part: &Value) -> impl Iterator<Item = (String, Value)> {
    object(Some(part))
        .iter()
        .filter(|(key, _)| key.starts_with("x-"))
        .map(|(key, value)| (key.clone(), value.clone()))
}

fn extend(out: &mut Value, members: impl IntoIterator<Item = (String, Value)>) {
    if let Some(out) = out.as_object_mut() {
        out.extend(members);
    }
}

/// OpenAPI 3.0's dialect to JSON Schema: references move, examples become a list. What JSON Schema does not know stays,
/// for whoever reads the description.
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
        _ if key.starts_with("x-") => value.clone(),
        "example" => return Some(("examples".to_owned(), json!([value]))),
        "$ref" => {
            let reference = value.as_str()?.replace("#/components/schemas/", "#/$defs/");
            Value::String(reference)
        }
        "enum" | "required" | "default" | "discriminator" => value.clone(),
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

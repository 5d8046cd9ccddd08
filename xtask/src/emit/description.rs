//! The spec as data: `description.json`, and a `JsonSchema` for every type, which returns its part of it.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::emit::forms::short_name;
use crate::emit::received_type;
use crate::files::MARK;
use crate::model::{Direction, Model, Shape, Tag};
use crate::names::type_name;
use crate::spec::{RawOperation, Settings, Spec, has_word, is_true, object, text};

/// `description.json`: every component as JSON Schema 2020-12 under `$defs`, extensions kept, and every operation with its
/// parameters, bodies, answers and examples. Answers that operations share stand once, under `answers`; `events` has the
/// examples of what callbacks send.
/// `checkout_core::described` reads it.
pub fn json(spec: &Spec, settings: &Settings) -> Result<String, String> {
    let operations = spec.operations().into_iter();
    let answers = object(spec.root.pointer("/components/responses")).iter();
    let document = json!({
        "$comment": format!("{MARK} from {}; do not edit. SHA-256: {}", spec.file, spec.sha256),
        "$defs": each(spec.schemas(), convert),
        "answers": answers.map(|(name, part)| (name.clone(), answer(spec, part))).collect::<Value>(),
        "operations": operations.map(|raw| operation(spec, settings, raw)).collect::<Value>(),
        "events": events(spec),
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
    let is_told = |key: &str| has_word("summary description deprecated", key);
    extend(&mut out, members(raw.operation, is_told));
    extend(&mut out, members(raw.operation, is_extension));
    out["parameters"] = raw.parameters(spec).map(with_schema).collect();
    if let Some(part) = raw.operation.get("requestBody") {
        let part = spec.deref(part);
        out["body"] = json!({ "required": is_true(part, "required") });
        extend(&mut out["body"], media(spec, part));
    }
    let responses = object(raw.operation.get("responses")).iter();
    let responses = responses.map(|(status, part)| {
        let shared = text(part, "$ref").and_then(|to| to.strip_prefix("#/components/responses/"));
        let mut response = json!({ "status": status });
        match shared {
            Some(name) => response["is"] = name.into(),
            None => extend(&mut response, members(&answer(spec, part), |_| true)),
        }
        response
    });
    out["responses"] = responses.collect();
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
    extend(&mut answer, members(part, is_extension));
    extend(&mut answer, media(spec, part));
    answer
}

/// A part of the spec with its schema converted. All else stays as it is.
fn with_schema(part: &Value) -> Value {
    let mut part = part.clone();
    if let Some(schema) = part.get_mut("schema") {
        *schema = convert(schema);
    }
    part
}

/// The one media type of a body, its schema and its examples by name.
fn media(spec: &Spec, part: &Value) -> Vec<(String, Value)> {
    let Some((name, content)) = object(part.get("content")).iter().next() else {
        return Vec::new();
    };
    let examples = each(object(content.get("examples")), |example| {
        spec.deref(example).clone()
    });
    let mut out = vec![
        ("media".to_owned(), name.as_str().into()),
        ("examples".to_owned(), examples),
    ];
    if let Some(schema) = content.get("schema") {
        out.push(("schema".to_owned(), convert(schema)));
    }
    out
}

fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

fn members(part: &Value, wanted: impl Fn(&str) -> bool) -> Vec<(String, Value)> {
    let members = object(Some(part)).iter().filter(|(key, _)| wanted(key));
    members.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn extend(out: &mut Value, members: Vec<(String, Value)>) {
    if let Some(out) = out.as_object_mut() {
        out.extend(members);
    }
}

/// Something of each member, by its name.
fn each(members: &Map<String, Value>, of: impl Fn(&Value) -> Value) -> Value {
    members
        .iter()
        .map(|(name, member)| (name.clone(), of(member)))
        .collect()
}

/// OpenAPI 3.0's dialect to JSON Schema: references move, examples become a list. What JSON Schema does not know is
/// kept for readers of the description.
fn convert(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => members.iter().map(|(key, value)| member(key, value)).collect(),
        Value::Array(items) => items.iter().map(convert).collect(),
        other => other.clone(),
    }
}

fn member(key: &str, value: &Value) -> (String, Value) {
    let converted = match (key, value) {
        ("example", _) => return ("examples".to_owned(), json!([value])),
        ("$ref", Value::String(to)) => to.replace("#/components/schemas/", "#/$defs/").into(),
        ("properties", Value::Object(properties)) => each(properties, convert),
        ("enum" | "required" | "default" | "discriminator", _) => value.clone(),
        _ if is_extension(key) => value.clone(),
        _ => convert(value),
    };
    (key.to_owned(), converted)
}

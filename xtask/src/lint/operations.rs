//! Rules for operations: ids, bodies, answers, callbacks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Linter, paging, parameters, quoted, rules, schema};
use crate::model::{Kind, Target, file, reference};
use crate::names::{is_identifier, method_name, prepare_name, type_name};
use crate::spec::{RawOperation, Spec, array, component, has_word, join, object, text};

/// Ids whose method, constant or type is taken.
const RESERVED_IDS: &str = "all base_url baseurl call client hints new open_fields operation send shown_fields transport with_options";

/// Type names that the client's calls import.
const RESERVED_BODIES: &str = "Error Prepared Response";

/// Runs the rules.
pub(super) fn check(linter: &mut Linter<'_>) {
    let spec = linter.spec;
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let raws = spec.operations();
    let methods: BTreeSet<String> = raws
        .iter()
        .filter_map(|raw| text(raw.operation, "operationId").map(method_name))
        .collect();
    for (path, item) in object(spec.root.get("paths")) {
        if item.get("$ref").is_some() {
            linter.found(&join("/paths", path), rules::PATH_REF, &[]);
        }
    }
    for raw in raws {
        let at = join(&join("/paths", raw.path), raw.method);
        operation_id(linter, &at, raw.operation, &mut ids, &methods);
        words(linter, &at, raw.operation);
        extensions(linter, &at, raw);
        parameters::check(linter, &at, raw);
        paging::check(linter, &at, raw);
        request_body(linter, &at, raw.operation);
        responses(linter, &at, raw);
        callbacks(linter, &at, raw.operation);
    }
}

fn operation_id(
    linter: &mut Linter<'_>,
    at: &str,
    operation: &Value,
    ids: &mut BTreeMap<String, String>,
    methods: &BTreeSet<String>,
) {
    let Some(id) = text(operation, "operationId") else {
        return linter.found(at, rules::NO_OPERATION_ID, &[]);
    };
    if let Some(other) = ids.insert(method_name(id), at.to_owned()) {
        linter.found(&join(at, "operationId"), rules::SAME_METHOD, &[&id, &other]);
    }
    let method = method_name(id);
    let reserved = has_word(RESERVED_IDS, &method)
        // The method beside it that does not send.
        || methods.contains(&prepare_name(id, |name| methods.contains(name)));
    if reserved || !is_identifier(&method) {
        linter.found(&join(at, "operationId"), rules::METHOD_NAME, &[&id]);
    }
    if !id.starts_with(|first: char| first.is_ascii_lowercase())
        || !id.chars().all(|c| c.is_ascii_alphanumeric())
    {
        linter.found(&join(at, "operationId"), rules::NO_CAMEL_CASE, &[&id]);
    }
}

fn words(linter: &mut Linter<'_>, at: &str, operation: &Value) {
    let count = array(operation.get("tags")).len();
    if count != 1 {
        linter.found(&join(at, "tags"), rules::ONE_TAG, &[&count]);
    }
    if text(operation, "summary").is_none_or(|summary| summary.trim().is_empty()) {
        linter.found(at, rules::SUMMARY, &[]);
    }
}

fn extensions(linter: &mut Linter<'_>, at: &str, raw: RawOperation<'_>) {
    let operation = raw.operation;
    if operation.get("x-moves-money").and_then(Value::as_bool).is_none() {
        linter.found(at, rules::MOVES_MONEY, &[]);
    }
    let Some(idempotency) = operation.get("x-idempotency") else {
        return;
    };
    key_life(linter, &join(at, "x-idempotency"), idempotency);
    let name = text(idempotency, "name").unwrap_or_default();
    let there = match text(idempotency, "in") {
        Some("body") => {
            let path: Vec<&str> = name.split('/').collect();
            raw.body().is_some_and(|body| holds(linter.spec, body, &path, 0))
        }
        Some("header") => raw
            .parameters(linter.spec)
            .any(|entry| text(entry, "in") == Some("header") && text(entry, "name") == Some(name)),
        _ => false,
    };
    if !there {
        linter.found(&join(at, "x-idempotency"), rules::NO_KEY, &[&idempotency]);
    }
    let is_optional = operation.pointer("/requestBody/required") == Some(&Value::Bool(false));
    if text(idempotency, "in") == Some("body") && is_optional {
        linter.found(&join(at, "x-idempotency"), rules::KEY_OPTIONAL, &[]);
    }
}

/// Whether whatever fits the schema may have a property at this path: of a union, each member.
fn holds(spec: &Spec, schema: &Value, path: &[&str], depth: usize) -> bool {
    let schema = spec.deref(schema);
    let parts = ["oneOf", "allOf"].map(|key| array(schema.get(key))).concat();
    if !parts.is_empty() {
        // A union may hold itself, which another rule forbids.
        return depth < 16 && parts.iter().all(|part| holds(spec, part, path, depth + 1));
    }
    let [first, rest @ ..] = path else { return true };
    let property = schema.pointer(&join("/properties", first));
    property.is_some_and(|property| holds(spec, property, rest, depth + 1))
}

/// Checks how long a key is remembered, and the other words of the extension: a misspelt one would be ignored.
fn key_life(linter: &mut Linter<'_>, at: &str, idempotency: &Value) {
    for (name, value) in object(Some(idempotency)) {
        let at = join(at, name);
        match name.as_str() {
            "in" | "name" => {}
            "hours" if value.as_u64().is_some_and(|hours| hours > 0) => {}
            "hours" => linter.found(&at, rules::KEY_LIFE, &[&value]),
            _ if name.starts_with("x-") => {}
            _ => linter.found(&at, rules::KEY_PART, &[&name]),
        }
    }
}

fn request_body(linter: &mut Linter<'_>, at: &str, operation: &Value) {
    let Some(body) = operation.get("requestBody") else {
        return;
    };
    let at = join(at, "requestBody");
    let body = linter.spec.deref(body);
    if body.get("required").and_then(Value::as_bool).is_none() {
        linter.found(&at, rules::BODY_REQUIRED, &[]);
    }
    json_content(linter, &at, body);
    typed(linter, &at, body, false);
}

/// What is sent has a type of its own; what a call returns has one too, or is a list or map, or free-form. Either can be read
/// without a tag from elsewhere.
fn typed(linter: &mut Linter<'_>, at: &str, holder: &Value, answer: bool) {
    let schema = holder.pointer("/content/application~1json/schema");
    let at = join(&join(&join(at, "content"), "application/json"), "schema");
    let Some((schema, name)) = schema.and_then(|schema| Some((schema, component(reference(schema)?)?)))
    else {
        return linter.found(&at, rules::NO_BODY_COMPONENT, &[]);
    };
    let reader = linter.reader();
    let fits = match reader.kind_of(name) {
        None | Some(Kind::Object | Kind::Union) => true,
        Some(Kind::Alias) if answer => {
            let target = reader.target(schema);
            matches!(target, Ok(Target::Array { .. } | Target::Map(_) | Target::Free))
        }
        Some(_) => false,
    };
    if !fits || has_word(RESERVED_BODIES, &type_name(name)) {
        let (problem, remedy) = if answer {
            ("no object, list or map and no union with a discriminator", "")
        } else {
            (
                "no object with properties and no union with a discriminator",
                "; what is sent cannot be a list or map",
            )
        };
        linter.found(&at, rules::BODY_COMPONENT, &[&name, &problem, &remedy]);
    }
}

/// Exactly one media type, `application/json`, whose schema is a component.
fn json_content(linter: &mut Linter<'_>, at: &str, holder: &Value) {
    let content = object(holder.get("content"));
    let at = join(at, "content");
    let names: Vec<&String> = content.keys().collect();
    if names.len() != 1 || names[0] != "application/json" {
        return linter.found(&at, rules::ONE_MEDIA_TYPE, &[&quoted(&names)]);
    }
    for (name, media) in content {
        let at = join(&at, name);
        match media.get("schema") {
            Some(schema) if reference(schema).is_some() => {
                schema::check(linter, &join(&at, "schema"), schema);
            }
            _ => linter.found(&at, rules::INLINE_SCHEMA, &[]),
        }
        if media.get("example").is_none() && object(media.get("examples")).is_empty() {
            linter.found(&at, rules::EXAMPLE, &[]);
        }
    }
}

fn responses(linter: &mut Linter<'_>, at: &str, raw: RawOperation<'_>) {
    let at = join(at, "responses");
    let responses = object(raw.operation.get("responses"));
    let spec = linter.spec;
    let successes: Vec<(&String, &Value)> = raw.successes(spec).collect();
    let contents: BTreeSet<String> = successes
        .iter()
        .filter_map(|(_, response)| {
            let content = object(response.get("content"));
            Some(content.iter().next()?.1.get("schema")?.to_string())
        })
        .collect();
    let files = successes.iter().any(|(_, response)| file(response).is_some());
    if successes.is_empty() || contents.len() > 1 || (files && successes.len() > 1) {
        let successes: Vec<&String> = successes.iter().map(|(status, _)| *status).collect();
        linter.found(&at, rules::ONE_SUCCESS, &[&quoted(&successes)]);
    }
    for (status, response) in responses {
        let at = join(&at, status);
        let response = spec.deref(response);
        if response.get("$ref").is_some() {
            linter.found(&at, rules::DANGLING_ANSWER, &[]);
        } else if response.get("content").is_some() && !(status.starts_with('2') && file(response).is_some())
        {
            json_content(linter, &at, response);
            if status.starts_with('2') {
                typed(linter, &at, response, true);
            }
        }
    }
}

fn callbacks(linter: &mut Linter<'_>, at: &str, operation: &Value) {
    let at = join(at, "callbacks");
    for (name, callback) in object(operation.get("callbacks")) {
        let at = join(&at, name);
        if callback.get("$ref").is_some() {
            linter.found(&at, rules::CALLBACK_REF, &[]);
            continue;
        }
        for (path, item) in object(Some(callback)) {
            for (method, operation) in object(Some(item)) {
                if let Some(body) = operation.get("requestBody") {
                    let at = join(&join(&join(&at, path), method), "requestBody");
                    json_content(linter, &at, linter.spec.deref(body));
                }
            }
        }
    }
}

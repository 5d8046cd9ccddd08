//! Rules for operations: ids, parameters, bodies, answers, callbacks.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Linter, refers, schema};
use crate::names::method_name;
use crate::spec::{RawOperation, array, join, object, text};

/// Runs the rules.
pub(super) fn check(linter: &mut Linter<'_>) {
    let spec = linter.spec;
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for (path, item) in object(spec.root.get("paths")) {
        if item.get("$ref").is_some() {
            linter.found(
                &join("/paths", path),
                "path-ref",
                "the path item is a reference, which the generator does not follow",
                "write the operations here",
            );
        }
    }
    for raw in spec.operations() {
        let at = join(&join("/paths", raw.path), raw.method);
        operation_id(linter, &at, raw.operation, &mut ids);
        tags(linter, &at, raw.operation);
        extensions(linter, &at, raw);
        parameters(linter, &at, raw);
        request_body(linter, &at, raw.operation);
        responses(linter, &at, raw.operation);
        callbacks(linter, &at, raw.operation);
    }
}

fn operation_id(linter: &mut Linter<'_>, at: &str, operation: &Value, ids: &mut BTreeMap<String, String>) {
    let Some(id) = text(operation, "operationId") else {
        return linter.found(
            at,
            "operation-id",
            "the operation has no operationId, so its method would have no name",
            "add `operationId`, in camelCase",
        );
    };
    if let Some(other) = ids.insert(method_name(id), at.to_owned()) {
        linter.found(
            &join(at, "operationId"),
            "operation-id",
            format!("{id} makes the same method name as the operation at {other}"),
            "give one of them another operationId",
        );
    }
    if !id.starts_with(|first: char| first.is_ascii_lowercase())
        || !id.chars().all(|c| c.is_ascii_alphanumeric())
    {
        linter.found(
            &join(at, "operationId"),
            "operation-id",
            format!("{id} is not camelCase"),
            "use letters and digits, beginning with a lower-case letter",
        );
    }
    if text(operation, "summary").is_none_or(|summary| summary.trim().is_empty()) {
        linter.found(
            at,
            "summary",
            "the operation has no summary, so its method would have no docs",
            "add one line",
        );
    }
}

fn tags(linter: &mut Linter<'_>, at: &str, operation: &Value) {
    let count = array(operation.get("tags")).len();
    if count != 1 {
        linter.found(
            &join(at, "tags"),
            "one-tag",
            format!("the operation has {count} tags"),
            "give it exactly one: it names the group of the call",
        );
    }
}

fn extensions(linter: &mut Linter<'_>, at: &str, raw: RawOperation<'_>) {
    let operation = raw.operation;
    if operation.get("x-moves-money").and_then(Value::as_bool).is_none() {
        linter.found(
            at,
            "moves-money",
            "nothing says whether a success can move money",
            "add `x-moves-money: true` or `false`",
        );
    }
    let Some(idempotency) = operation.get("x-idempotency") else {
        return;
    };
    let name = text(idempotency, "name").unwrap_or_default();
    let there = match text(idempotency, "in") {
        Some("body") => {
            let body = operation.pointer("/requestBody/content/application~1json/schema");
            body.map(|body| linter.spec.deref(body))
                .and_then(|body| body.pointer(&join("/properties", name)))
                .is_some()
        }
        Some("header") => array(operation.get("parameters")).iter().any(|entry| {
            let entry = linter.spec.deref(entry);
            text(entry, "in") == Some("header") && text(entry, "name") == Some(name)
        }),
        _ => false,
    };
    if !there {
        linter.found(
            &join(at, "x-idempotency"),
            "idempotency",
            format!("{idempotency} names no property of the body and no header parameter"),
            "write `{in: body, name: PROPERTY}` or `{in: header, name: HEADER}`",
        );
    }
}

fn parameters(linter: &mut Linter<'_>, at: &str, raw: RawOperation<'_>) {
    let spec = linter.spec;
    for (holder, place) in [(raw.item, parent(at)), (raw.operation, at.to_owned())] {
        for (index, entry) in array(holder.get("parameters")).iter().enumerate() {
            let at = join(&join(&place, "parameters"), &index.to_string());
            let parameter = spec.deref(entry);
            let name = text(parameter, "name").unwrap_or_default();
            if parameter.get("$ref").is_some() {
                linter.found(
                    &at,
                    "dangling-ref",
                    "the parameter's reference leads nowhere",
                    "correct the reference",
                );
                continue;
            }
            match text(parameter, "in") {
                Some("path") => path_parameter(linter, &at, name, parameter),
                Some("header") => header_parameter(linter, &at, name),
                Some("query") => query_parameter(linter, &at, parameter),
                other => linter.found(
                    &at,
                    "parameter-place",
                    format!("a parameter in {} is not supported", other.unwrap_or("no place")),
                    "use path, query or header",
                ),
            }
            match parameter.get("schema") {
                None => linter.found(
                    &at,
                    "parameter-schema",
                    "the parameter has no schema (`content` is not supported)",
                    "give it a `schema`",
                ),
                Some(schema) => {
                    schema::check(linter, &join(&at, "schema"), schema, schema::Context::Property);
                }
            }
        }
    }
}

fn parent(at: &str) -> String {
    at.rsplit_once('/')
        .map_or_else(String::new, |(parent, _)| parent.to_owned())
}

/// Values that must not pass for a path segment: each of them would send a signed call to another endpoint.
const HOSTILE: [&str; 9] = ["", ".", "..", "a/b", "a\\b", "a%2fb", "a?b", "a#b", "../x"];

fn path_parameter(linter: &mut Linter<'_>, at: &str, name: &str, parameter: &Value) {
    let remedy =
        "refer to a component schema with an anchored pattern such as `^[A-Za-z0-9][A-Za-z0-9._~-]*$`";
    let Some(schema) = parameter.get("schema") else {
        return;
    };
    let resolved = linter.spec.deref(schema);
    match text(resolved, "type") {
        Some("integer") => {}
        Some("string") if refers(schema) => {
            let pattern = text(resolved, "pattern").unwrap_or_default();
            let passes: Vec<&str> = match regress::Regex::new(pattern) {
                Ok(regex) => HOSTILE
                    .into_iter()
                    .filter(|value| regex.find(value).is_some())
                    .collect(),
                Err(_) => Vec::new(),
            };
            if !passes.is_empty() {
                linter.found(
                    at,
                    "path-parameter",
                    format!(
                        "the pattern of path parameter {name} lets {passes:?} through, which rewrite the path"
                    ),
                    remedy,
                );
            }
        }
        _ => linter.found(
            at,
            "path-parameter",
            format!("path parameter {name} is neither an integer nor a component with a pattern"),
            remedy,
        ),
    }
}

fn header_parameter(linter: &mut Linter<'_>, at: &str, name: &str) {
    const SIGNING: [&str; 4] = ["authorization", "api-signature", "x-api-key", "date"];
    if SIGNING.contains(&name.to_ascii_lowercase().as_str()) {
        linter.found(
            at,
            "signing-header",
            format!("{name} is made from the finished request, so it cannot be a parameter"),
            "declare it as a security scheme",
        );
    }
}

fn query_parameter(linter: &mut Linter<'_>, at: &str, parameter: &Value) {
    let schema = parameter.get("schema").map(|schema| linter.spec.deref(schema));
    let array = schema.is_some_and(|schema| text(schema, "type") == Some("array"));
    let object = schema.is_some_and(|schema| text(schema, "type") == Some("object"));
    let style = text(parameter, "style").unwrap_or("form");
    if array || object || style != "form" {
        linter.found(
            at,
            "query-style",
            "a query parameter that is a list, an object or not of style `form` is not supported",
            "use one plain value for each query parameter",
        );
    }
}

fn request_body(linter: &mut Linter<'_>, at: &str, operation: &Value) {
    let Some(body) = operation.get("requestBody") else {
        return;
    };
    let at = join(at, "requestBody");
    let body = linter.spec.deref(body);
    if body.get("required").and_then(Value::as_bool) != Some(true) {
        linter.found(
            &at,
            "body-required",
            "the body is optional, but the generator always asks for one",
            "write `required: true`, or describe the call without a body as an operation of its own",
        );
    }
    json_content(linter, &at, body);
}

/// Exactly one media type, `application/json`, whose schema is a component.
fn json_content(linter: &mut Linter<'_>, at: &str, holder: &Value) {
    let content = object(holder.get("content"));
    let at = join(at, "content");
    let names: Vec<&String> = content.keys().collect();
    if names.len() != 1 || names[0] != "application/json" {
        return linter.found(
            &at,
            "one-media-type",
            format!("the media types are {names:?}; the generator takes one, application/json"),
            "keep application/json alone",
        );
    }
    for (name, media) in content {
        let at = join(&at, name);
        match media.get("schema") {
            Some(schema) if refers(schema) => {
                schema::check(linter, &join(&at, "schema"), schema, schema::Context::Property);
            }
            _ => linter.found(
                &at,
                "inline-schema",
                "the schema stands inline, so its type would be named after its place",
                "move it to components/schemas and refer to it",
            ),
        }
        if media.get("example").is_none() && object(media.get("examples")).is_empty() {
            linter.found(
                &at,
                "example",
                "there is no example",
                "add one under `examples`: tests decode and check it",
            );
        }
    }
}

fn responses(linter: &mut Linter<'_>, at: &str, operation: &Value) {
    let at = join(at, "responses");
    let responses = object(operation.get("responses"));
    let successes: Vec<&String> = responses
        .keys()
        .filter(|status| status.starts_with('2'))
        .collect();
    if successes.len() != 1 {
        linter.found(
            &at,
            "one-success",
            format!("the successes are {successes:?}; a call has one result type"),
            "keep exactly one 2xx answer: any 2xx is read as it",
        );
    }
    let spec = linter.spec;
    for (status, response) in responses {
        let at = join(&at, status);
        let response = spec.deref(response);
        if response.get("$ref").is_some() {
            linter.found(
                &at,
                "dangling-ref",
                "the answer's reference leads nowhere",
                "correct the reference",
            );
        } else if response.get("content").is_some() {
            json_content(linter, &at, response);
        }
    }
}

fn callbacks(linter: &mut Linter<'_>, at: &str, operation: &Value) {
    let at = join(at, "callbacks");
    for (name, callback) in object(operation.get("callbacks")) {
        let at = join(&at, name);
        if callback.get("$ref").is_some() {
            linter.found(
                &at,
                "callback-ref",
                "the callback is a reference, which cannot be read",
                "write it here",
            );
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

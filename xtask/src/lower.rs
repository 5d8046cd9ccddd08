//! The document that progenitor is given: how each request is formed, and nothing else.
//!
//! Bodies are placeholders here, because the types of this project are its own. Limits and patterns are gone: what is sent is
//! checked by generated code. Each operation has one success of any 2xx, a text or a file, and no failure, because the
//! transport reads every answer itself.

use serde_json::{Map, Value, json};

use crate::docs;
use crate::model::{Model, Operation, Target};
use crate::spec::{Spec, text};

/// The lowered document.
pub fn lower(spec: &Spec, model: &Model) -> Value {
    let bodies = model.operations.iter().filter_map(|op| op.body.clone());
    // Replaced by name: what stands here is never read.
    let schemas: Map<String, Value> = bodies.map(|body| (body, json!({ "type": "string" }))).collect();
    let info = spec.root.get("info").cloned().unwrap_or_default();
    json!({
        "openapi": "3.0.3",
        "info": {
            // It stands in a comment.
            "title": docs::lines(&[text(&info, "title").unwrap_or_default()]).concat().trim(),
            "version": text(&info, "version").unwrap_or_default(),
        },
        "paths": paths(model),
        "components": { "schemas": schemas },
    })
}

fn paths(model: &Model) -> Value {
    let mut paths = json!({});
    for op in &model.operations {
        paths[&op.path][op.method.to_lowercase()] = operation(op);
    }
    paths
}

fn operation(op: &Operation) -> Value {
    let parameters: Vec<Value> = op
        .parameters
        .iter()
        .map(|parameter| {
            let schema = plain(&parameter.target);
            json!({ "name": parameter.name, "in": parameter.place, "required": parameter.required, "schema": schema })
        })
        .collect();
    // Progenitor uses answers only for the `Accept` header. All have one type, which is compiled once.
    let media = if op.file.is_some() {
        "application/octet-stream"
    } else {
        "application/json"
    };
    let success =
        json!({ "description": "success", "content": { media: { "schema": { "type": "string" } } } });
    let mut lowered = json!({
        "operationId": op.id,
        "parameters": parameters,
        "responses": { "2XX": success },
    });
    if let Some(body) = &op.body {
        let schema = json!({ "$ref": format!("#/components/schemas/{body}") });
        lowered["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    lowered
}

/// A parameter. A text goes in as plain text: a secret one has no `Display` for progenitor to call.
fn plain(target: &Target) -> Value {
    match target {
        Target::Integer { format, .. } => json!({ "type": "integer", "format": format }),
        Target::Boolean => json!({ "type": "boolean" }),
        Target::Array { items, .. } => json!({ "type": "array", "items": plain(items) }),
        _ => json!({ "type": "string" }),
    }
}

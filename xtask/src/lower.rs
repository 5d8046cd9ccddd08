//! The document that progenitor is given: the model again, with all that it would panic on or degrade left out.
//!
//! Texts, enums, unions and all that is only received are placeholders here, because their types are generated beside
//! progenitor's. Limits
//! and patterns are gone, because a received value may exceed them; what is sent is checked by generated code. Each
//! operation has one success of any 2xx, a text or a file, and no failure, because the transport reads every answer itself.

use serde_json::{Map, Value, json};

use crate::docs;
use crate::model::{Component, Direction, Field, Model, Operation, Shape, Target};
use crate::spec::{Spec, text};

/// The lowered document.
pub fn lower(spec: &Spec, model: &Model) -> Value {
    let mut schemas = Map::new();
    let sent = |component: &&Component| component.direction == Direction::Sent;
    for (name, component) in model.components.iter().filter(|(_, component)| sent(component)) {
        let schema = match &component.shape {
            Shape::Object(fields) => object(fields),
            Shape::Alias(_) => continue,
            // Replaced by name: what stands here is never read.
            _ => json!({ "type": "string" }),
        };
        schemas.insert(name.clone(), schema);
    }
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

fn object(fields: &[Field]) -> Value {
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.name.as_str())
        .collect();
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.name.clone(), schema(&field.target)))
        .collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn schema(target: &Target) -> Value {
    match target {
        Target::Component(name) => reference(name),
        Target::Text(_) => json!({ "type": "string" }),
        Target::Integer { format, .. } => json!({ "type": "integer", "format": format }),
        Target::Boolean => json!({ "type": "boolean" }),
        Target::Array { items, .. } => json!({ "type": "array", "items": schema(items) }),
        Target::Map(values) => json!({ "type": "object", "additionalProperties": schema(values) }),
        Target::Free => json!({}),
    }
}

fn reference(component: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{component}") })
}

fn paths(model: &Model) -> Value {
    let mut paths = Map::new();
    for op in &model.operations {
        let item = paths.entry(op.path.clone()).or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.insert(op.method.to_lowercase(), operation(op));
        }
    }
    Value::Object(paths)
}

fn operation(op: &Operation) -> Value {
    let parameters: Vec<Value> = op
        .parameters
        .iter()
        .map(|parameter| {
            // Parameters go in as plain text: a secret one has no Display for progenitor to call.
            let plain = |target: &Target| match target {
                Target::Component(_) => json!({ "type": "string" }),
                other => schema(other),
            };
            let schema = match &parameter.target {
                Target::Array { items, .. } => json!({ "type": "array", "items": plain(items) }),
                other => plain(other),
            };
            json!({ "name": parameter.name, "in": parameter.place, "required": parameter.required, "schema": schema })
        })
        .collect();
    // Of an answer progenitor makes nothing but the header that asks for it. All have one type, which is compiled once.
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
    if let (Some(body), Some(lowered)) = (&op.body, lowered.as_object_mut()) {
        lowered.insert(
            "requestBody".to_owned(),
            json!({ "required": true, "content": { "application/json": { "schema": reference(body) } } }),
        );
    }
    lowered
}

//! Rules for schemas that hold themselves. An object may, and so may one that holds itself in a list or a map.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Linter, rules};
use crate::model::{Kind, Reader, Target, reference};
use crate::spec::{component, join, object, text};

/// Runs the rules.
pub(super) fn check(linter: &mut Linter<'_>) {
    let reader = linter.reader();
    for (name, schema) in linter.spec.schemas() {
        let at = join("/components/schemas", name);
        match reader.kind(name, schema) {
            Kind::Alias if stands_for_itself(reader, name) => linter.found(
                &at,
                rules::ALIAS_CYCLE,
                format!("{name} has no type of its own, and stands for itself in the end"),
                "hold it in a property of an object component",
            ),
            Kind::Union if holds_itself(reader, name) => linter.found(
                &at,
                rules::ENDLESS_UNION,
                format!("{name} holds itself with no list or map between, so its type would have no end"),
                "put a list between, or replace the component in the settings",
            ),
            _ => {}
        }
    }
}

/// Follows references, items and values from one component without a type of its own to the next.
fn stands_for_itself(reader: Reader<'_>, name: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = reader.schema(name);
    while let Some(schema) = next {
        next = match reference(schema).and_then(component) {
            Some(name) if !seen.insert(name) => return true,
            Some(name) => reader
                .schema(name)
                .filter(|schema| reader.kind(name, schema) == Kind::Alias),
            None => schema.get("items").or_else(|| schema.get("additionalProperties")),
        };
    }
    false
}

fn holds_itself<'a>(reader: Reader<'a>, union: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = held(reader, union);
    while let Some(name) = open.pop() {
        if name == union {
            return true;
        }
        if seen.insert(name.clone()) {
            open.extend(held(reader, &name));
        }
    }
    false
}

/// The components that stand directly in a component's type.
fn held(reader: Reader<'_>, name: &str) -> Vec<String> {
    let Some(schema) = reader.schema(name) else {
        return Vec::new();
    };
    let own = |reference: &str| component(reference).unwrap_or(reference).to_owned();
    match reader.kind(name, schema) {
        Kind::Object => object(schema.get("properties"))
            .values()
            .filter_map(|property| match reader.target(property) {
                Ok(Target::Component(name)) => Some(name),
                _ => None,
            })
            .collect(),
        Kind::Union => object(schema.pointer("/discriminator/mapping"))
            .values()
            .filter_map(Value::as_str)
            .chain(text(schema, "x-untagged"))
            .map(own)
            .collect(),
        _ => Vec::new(),
    }
}

//! Rules for component schemas: names, lists of values, properties.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Linter, rules, schema, sensitive, unions};
use crate::model::enum_values;
use crate::names::{field_name, is_identifier, is_usable, type_name, variant_name};
use crate::spec::{array, has_word, join, object};

/// Type names that generated code needs for what they mean.
const RESERVED_TYPES: &str = "At Box Err Format None Ok Option Pattern Result Rule Some String TextRules Validate Vec Violations Unknown";

/// Runs the rules.
pub(super) fn check(linter: &mut Linter<'_>) {
    let spec = linter.spec;
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for (name, schema) in spec.schemas() {
        let at = join("/components/schemas", name);
        if let Some(other) = names.insert(type_name(name), name) {
            linter.found(&at, rules::SAME_TYPE_NAME, &[&name, &other, &type_name(name)]);
        }
        if linter.settings.replace.contains_key(name) {
            continue;
        }
        if !is_usable(name) || has_word(RESERVED_TYPES, &type_name(name)) {
            linter.found(&at, rules::TYPE_NAME, &[&name]);
        }
        schema::component(linter, &at, schema);
        values(linter, &at, schema);
        if schema.get("oneOf").is_some() {
            unions::check(linter, &at, schema);
        } else if schema.get("discriminator").is_some() {
            linter.found(&join(&at, "discriminator"), rules::STRAY_DISCRIMINATOR, &[]);
        }
        properties(linter, &at, schema);
        sensitive::component(linter, &at, name, schema);
    }
}

fn values(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let Some((_, values)) = enum_values(schema) else {
        return;
    };
    if values.is_empty() {
        linter.found(at, rules::NO_VALUES, &[]);
    }
    let mut variants: BTreeMap<String, &str> = BTreeMap::new();
    for value in values {
        let Some(value) = value.as_str() else {
            linter.found(at, rules::VALUE_NO_TEXT, &[&value]);
            continue;
        };
        let variant = variant_name(value);
        if let Some(other) = variants.insert(variant.clone(), value) {
            linter.found(at, rules::ENUM_COLLISION, &[&other, &value, &variant]);
        }
        if variant == "Unknown" || !is_identifier(&variant) {
            linter.found(at, rules::VARIANT_NAME, &[&value]);
        }
    }
    for described in object(schema.get("x-enum-descriptions")).keys() {
        if !values.iter().any(|value| value.as_str() == Some(described)) {
            linter.found(
                &join(&join(at, "x-enum-descriptions"), described),
                rules::DESCRIBED_NO_VALUE,
                &[&described],
            );
        }
    }
}

fn properties(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let mut fields: BTreeMap<String, &str> = BTreeMap::new();
    for (name, property) in object(schema.get("properties")) {
        let at = join(&join(at, "properties"), name);
        if let Some(other) = fields.insert(field_name(name), name) {
            linter.found(&at, rules::SAME_FIELD_NAME, &[&name, &other, &field_name(name)]);
        }
        // A struct's builder ends in `build`, where a setter of that name has no place.
        if !is_usable(name) || field_name(name) == "build" {
            linter.found(&at, rules::FIELD_NAME, &[&name]);
        }
        sensitive::property(linter, &at, name, property);
    }
    for required in array(schema.get("required")).iter().filter_map(Value::as_str) {
        if schema.pointer(&join("/properties", required)).is_none() && schema.get("properties").is_some() {
            linter.found(&join(at, "required"), rules::REQUIRED_PROPERTY, &[&required]);
        }
    }
}

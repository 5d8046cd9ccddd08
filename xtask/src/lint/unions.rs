//! Rules for unions: members, tags, and the mapping between them.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Linter, rules};
use crate::model::Kind;
use crate::names::{is_identifier, variant_name};
use crate::spec::{array, component, join, object, short, text};

/// Runs the rules on a component with `oneOf`.
pub(super) fn check(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let listed: Vec<&str> = array(schema.get("oneOf"))
        .iter()
        .filter_map(|member| text(member, "$ref").map(short))
        .collect();
    if listed.len() != array(schema.get("oneOf")).len() {
        linter.found(&join(at, "oneOf"), rules::INLINE_MEMBER, &[]);
    }
    let inside = schema.get("discriminator");
    let Some(tagging) = inside.or_else(|| schema.get("x-selected-by")) else {
        return linter.found(at, rules::NO_TAG, &[]);
    };
    let mapping = object(tagging.get("mapping"));
    if mapping.is_empty() {
        return linter.found(at, rules::NO_MAPPING, &[]);
    }
    let untagged = text(schema, "x-untagged").map(short);
    if let Some(stray) = untagged.filter(|untagged| !listed.contains(untagged)) {
        linter.found(&join(at, "x-untagged"), rules::UNTAGGED_NO_MEMBER, &[&stray]);
    }
    let reader = linter.reader();
    for name in &listed {
        if reader.kind_of(name) == Some(Kind::Alias) {
            linter.found(at, rules::MEMBER_NO_TYPE, &[name]);
        }
        let mut targets = mapping.values().filter_map(Value::as_str);
        if !targets.any(|target| short(target) == *name) && untagged != Some(name) {
            linter.found(at, rules::MEMBER_WITHOUT_TAG, &[name]);
        }
    }
    let mut variants: BTreeMap<String, &str> = BTreeMap::new();
    let mut members: BTreeMap<&str, &str> = BTreeMap::new();
    for (value, target) in mapping {
        let variant = variant_name(value);
        if ["Unknown", "Untagged"].contains(&variant.as_str()) || !is_identifier(&variant) {
            linter.found(at, rules::TAG_NAME, &[&value]);
        } else if let Some(other) = variants.insert(variant.clone(), value) {
            linter.found(at, rules::TAG_COLLISION, &[&other, &value, &variant]);
        }
        let Some(member) = target.as_str().map(short) else {
            continue;
        };
        if !listed.contains(&member) {
            linter.found(at, rules::MAPPED_NO_MEMBER, &[&value, &member]);
        }
        if let Some(other) = members.insert(member, value) {
            linter.found(at, rules::MEMBER_WITH_TWO_TAGS, &[&other, &value, &member]);
        }
        if inside.is_some() {
            let tag = text(tagging, "propertyName").unwrap_or_default();
            member_tag(linter, value, member, tag);
        }
    }
}

/// A tagged member requires its tag as a one-value property, and is used through the union alone.
fn member_tag(linter: &mut Linter<'_>, value: &str, member: &str, tag: &str) {
    let spec = linter.spec;
    let Some(schema) = spec.schemas().get(member) else {
        return;
    };
    let at = join("/components/schemas", member);
    let required = array(schema.get("required"))
        .iter()
        .any(|entry| entry.as_str() == Some(tag));
    let property = schema.pointer(&join("/properties", tag));
    let one_value = property.and_then(|property| property.get("enum")) == Some(&serde_json::json!([value]));
    if !required || !one_value {
        linter.found(&at, rules::MEMBER_TAG, &[&member, &tag, &value, &tag, &value]);
    }
    let users = linter.users.get_or_init(|| users(&spec.root));
    for user in users.get(member).cloned().unwrap_or_default() {
        linter.found(&user, rules::MEMBER_ELSEWHERE, &[&member, &tag]);
    }
}

/// Pointers of all references to each component that do not stand in a union.
fn users(root: &Value) -> HashMap<&str, Vec<String>> {
    fn walk<'a>(value: &'a Value, at: &str, found: &mut HashMap<&'a str, Vec<String>>) {
        match value {
            Value::Object(members) => {
                let outside = |(key, _): &(&String, _)| *key != "mapping" && *key != "oneOf";
                for (key, value) in members.iter().filter(outside) {
                    walk(value, &join(at, key), found);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    walk(value, &join(at, &index.to_string()), found);
                }
            }
            Value::String(text) => {
                if let Some(name) = component(text) {
                    found.entry(name).or_default().push(at.to_owned());
                }
            }
            _ => {}
        }
    }
    let mut found = HashMap::new();
    walk(root, "", &mut found);
    found
}

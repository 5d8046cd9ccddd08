//! Rules for component schemas: names, unions, lists of values, sensitive fields.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Linter, schema};
use crate::model::enum_values;
use crate::names::{field_name, type_name, variant_name};
use crate::spec::{array, component, join, object, text};

/// Runs the rules.
pub(super) fn check(linter: &mut Linter<'_>) {
    let spec = linter.spec;
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for (name, schema) in spec.schemas() {
        let at = join("/components/schemas", name);
        if let Some(other) = names.insert(type_name(name), name) {
            linter.found(
                &at,
                "name-collision",
                format!("{name} and {other} make the same type name {}", type_name(name)),
                "rename one of them",
            );
        }
        if linter.settings.replace.contains_key(name) {
            continue;
        }
        schema::check(linter, &at, schema, schema::Context::Component);
        values(linter, &at, schema);
        if schema.get("oneOf").is_some() {
            union(linter, &at, schema);
        } else if schema.get("discriminator").is_some() {
            linter.found(
                &join(&at, "discriminator"),
                "stray-discriminator",
                "a discriminator without a oneOf has no effect",
                "remove it, or add the oneOf",
            );
        }
        properties(linter, &at, schema);
    }
}

fn values(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let Some((_, values)) = enum_values(schema) else {
        return;
    };
    if values.is_empty() {
        linter.found(
            at,
            "enum-values",
            "the list of values is empty",
            "list the known values",
        );
    }
    let mut variants: BTreeMap<String, &str> = BTreeMap::new();
    for value in values {
        let Some(value) = value.as_str() else {
            linter.found(
                at,
                "enum-values",
                format!("{value} is not text"),
                "list texts only",
            );
            continue;
        };
        let variant = variant_name(value);
        if let Some(other) = variants.insert(variant.clone(), value) {
            linter.found(
                at,
                "enum-collision",
                format!("the values {other:?} and {value:?} make the same variant {variant}"),
                "leave one out with an `x-` note: it will still be read, as an unknown value",
            );
        }
        if variant == "Unknown" || syn::parse_str::<syn::Ident>(&variant).is_err() {
            linter.found(
                at,
                "enum-values",
                format!("the value {value:?} makes no usable variant name"),
                "leave it out with an `x-` note: it will still be read, as an unknown value",
            );
        }
    }
    for described in object(schema.get("x-enum-descriptions")).keys() {
        if !values.iter().any(|value| value.as_str() == Some(described)) {
            linter.found(
                &join(&join(at, "x-enum-descriptions"), described),
                "enum-values",
                format!("{described:?} is described but is no value"),
                "remove the description, or add the value",
            );
        }
    }
}

fn union(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let listed: Vec<&str> = array(schema.get("oneOf"))
        .iter()
        .filter_map(|member| text(member, "$ref"))
        .collect();
    if listed.len() != array(schema.get("oneOf")).len() {
        linter.found(
            &join(at, "oneOf"),
            "union-member",
            "a member stands inline",
            "move every member to components/schemas and refer to it",
        );
    }
    let inside = schema.get("discriminator");
    let Some(tagging) = inside.or_else(|| schema.get("x-selected-by")) else {
        return linter.found(
            at,
            "union-tag",
            "nothing tells the members apart, so the first that happens to fit would win",
            "add a `discriminator` with a `mapping`, or `x-selected-by` where the tag stands beside the union",
        );
    };
    let mapping = object(tagging.get("mapping"));
    if mapping.is_empty() {
        return linter.found(
            at,
            "union-tag",
            "the union has no mapping from tag values to members",
            "add `mapping`, one line for each member",
        );
    }
    let untagged = text(schema, "x-untagged").map(short);
    for reference in &listed {
        let mapped = mapping
            .values()
            .filter_map(Value::as_str)
            .any(|target| short(target) == short(reference));
        if !mapped && untagged != Some(short(reference)) {
            linter.found(
                at,
                "union-mapping",
                format!("member {} has no tag value in the mapping", short(reference)),
                "add it to `mapping`, or name it as `x-untagged`",
            );
        }
    }
    for (value, target) in mapping {
        let Some(target) = target.as_str() else { continue };
        if !listed.iter().any(|reference| short(reference) == short(target)) {
            linter.found(
                at,
                "union-mapping",
                format!(
                    "the mapping of {value:?} leads to {}, which is no member",
                    short(target)
                ),
                "correct the mapping, or add the member to `oneOf`",
            );
        }
        if inside.is_some() {
            let tag = text(tagging, "propertyName").unwrap_or_default();
            member_tag(linter, value, short(target), tag);
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
        linter.found(
            &at,
            "union-tag",
            format!("a union tells {member} by {tag} = {value:?}, but the member does not require just that"),
            format!("make `{tag}` a required property with `enum: [{value}]`"),
        );
    }
    let reference = format!("#/components/schemas/{member}");
    for user in users(&spec.root, &reference) {
        if !user.contains("/oneOf/") && !user.contains("/mapping/") {
            linter.found(
                &user,
                "union-member",
                format!("{member} is used outside its union, where its {tag} would be missing"),
                "refer to the union, or to a component of its own without the tag",
            );
        }
    }
}

/// Pointers of all texts that equal `reference`.
fn users(root: &Value, reference: &str) -> Vec<String> {
    fn walk(value: &Value, at: &str, reference: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    walk(value, &join(at, key), reference, found);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    walk(value, &join(at, &index.to_string()), reference, found);
                }
            }
            Value::String(text) if text == reference => found.push(at.to_owned()),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(root, "", reference, &mut found);
    found
}

fn short(reference: &str) -> &str {
    component(reference).unwrap_or(reference)
}

fn properties(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let spec = linter.spec;
    let mut fields: BTreeMap<String, &str> = BTreeMap::new();
    for (name, property) in object(schema.get("properties")) {
        let at = join(&join(at, "properties"), name);
        if let Some(other) = fields.insert(field_name(name), name) {
            linter.found(
                &at,
                "name-collision",
                format!("{name} and {other} make the same field name {}", field_name(name)),
                "this cannot be generated; replace the component in the settings",
            );
        }
        let target = crate::model::reference(property).and_then(|reference| spec.resolve(reference));
        let marked = [Some(property), target]
            .into_iter()
            .flatten()
            .any(|schema| schema.get("x-sensitive").is_some());
        let leaf = target.unwrap_or(property);
        let plain = text(leaf, "type") == Some("string") && enum_values(leaf).is_none();
        if plain && !marked && is_sensitive_name(name) {
            linter.found(
                &at,
                "unmarked-sensitive",
                format!("{name} reads like a person's data or a credential, and nothing says whether it may be printed"),
                "add `x-sensitive: personal`, `secret`, or `none` where it may be printed",
            );
        }
    }
    for required in array(schema.get("required")).iter().filter_map(Value::as_str) {
        if schema.pointer(&join("/properties", required)).is_none() && schema.get("properties").is_some() {
            linter.found(
                &join(at, "required"),
                "required-property",
                format!("{required} is required but is no property"),
                "add the property, or correct the name",
            );
        }
    }
}

/// Words of a field's name that betray a person's data or a credential.
const SENSITIVE_WORDS: [&str; 25] = [
    "first_name",
    "last_name",
    "middle_name",
    "full_name",
    "holder_name",
    "registered_name",
    "display_name",
    "email",
    "phone",
    "street",
    "city",
    "post_code",
    "zip",
    "birth",
    "id_number",
    "registration_number",
    "account_number",
    "iban",
    "bank_code",
    "identifier",
    "token",
    "session_id",
    "session_object",
    "secret",
    "last4",
];

fn is_sensitive_name(name: &str) -> bool {
    let name = field_name(name);
    SENSITIVE_WORDS.iter().any(|word| name.contains(word))
}

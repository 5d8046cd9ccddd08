//! Rules for unions: members, tags, and the mapping between them.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::{Linter, rules};
use crate::model::Kind;
use crate::names::variant_name;
use crate::spec::{array, component, join, object, text};

/// Runs the rules on a component with `oneOf`.
pub(super) fn check(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let listed: Vec<&str> = array(schema.get("oneOf"))
        .iter()
        .filter_map(|member| text(member, "$ref"))
        .collect();
    if listed.len() != array(schema.get("oneOf")).len() {
        linter.found(
            &join(at, "oneOf"),
            rules::UNION_MEMBER,
            "a member stands inline",
            "move every member to components/schemas and refer to it",
        );
    }
    let inside = schema.get("discriminator");
    let Some(tagging) = inside.or_else(|| schema.get("x-selected-by")) else {
        return linter.found(
            at,
            rules::UNION_TAG,
            "nothing tells the members apart, so the first that happens to fit would win",
            "add a `discriminator` with a `mapping`, or `x-selected-by` where the tag stands beside the union",
        );
    };
    let mapping = object(tagging.get("mapping"));
    if mapping.is_empty() {
        return linter.found(
            at,
            rules::UNION_TAG,
            "the union has no mapping from tag values to members",
            "add `mapping`, one line for each member",
        );
    }
    let untagged = text(schema, "x-untagged").map(short);
    if let Some(stray) = untagged.filter(|untagged| !listed.iter().any(|listed| short(listed) == *untagged)) {
        linter.found(
            &join(at, "x-untagged"),
            rules::UNION_MAPPING,
            format!("{stray} is no member"),
            "correct the name, or add the member to `oneOf`",
        );
    }
    let reader = linter.reader();
    for reference in &listed {
        let name = short(reference);
        if reader
            .schema(name)
            .is_some_and(|schema| reader.kind(name, schema) == Kind::Alias)
        {
            linter.found(
                at,
                rules::UNION_MEMBER,
                format!("{name} is a list, a map, a number or another name, and has no type of its own"),
                "hold it in a property of an object component",
            );
        }
        let mapped = mapping
            .values()
            .filter_map(Value::as_str)
            .any(|target| short(target) == short(reference));
        if !mapped && untagged != Some(short(reference)) {
            linter.found(
                at,
                rules::UNION_MAPPING,
                format!("member {} has no tag value in the mapping", short(reference)),
                "add it to `mapping`, or name it as `x-untagged`",
            );
        }
    }
    let mut variants: BTreeMap<String, &str> = BTreeMap::new();
    let mut members: BTreeMap<&str, &str> = BTreeMap::new();
    for (value, target) in mapping {
        let variant = variant_name(value);
        if ["Unknown", "Untagged"].contains(&variant.as_str())
            || syn::parse_str::<syn::Ident>(&variant).is_err()
        {
            linter.found(
                at,
                rules::UNION_MAPPING,
                format!("the tag value {value:?} makes no usable variant name"),
                "leave it out: an object with that tag will still be read, as an unknown member",
            );
        } else if let Some(other) = variants.insert(variant.clone(), value) {
            linter.found(
                at,
                rules::UNION_MAPPING,
                format!("the tag values {other:?} and {value:?} make the same variant {variant}"),
                "leave one out: an object with that tag will still be read, as an unknown member",
            );
        }
        let Some(target) = target.as_str() else { continue };
        if !listed.iter().any(|reference| short(reference) == short(target)) {
            linter.found(
                at,
                rules::UNION_MAPPING,
                format!(
                    "the mapping of {value:?} leads to {}, which is no member",
                    short(target)
                ),
                "correct the mapping, or add the member to `oneOf`",
            );
        }
        if let Some(other) = members.insert(short(target), value) {
            linter.found(
                at,
                rules::UNION_MAPPING,
                format!(
                    "{other:?} and {value:?} lead to the same member {}, so its tag would be lost",
                    short(target)
                ),
                "give each tag value a component of its own",
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
            rules::UNION_TAG,
            format!("a union tells {member} by {tag} = {value:?}, but the member does not require just that"),
            format!("make `{tag}` a required property with `enum: [{value}]`"),
        );
    }
    let users = linter.users.get_or_init(|| users(&spec.root));
    for user in users.get(member).cloned().unwrap_or_default() {
        linter.found(
            &user,
            rules::UNION_MEMBER,
            format!("{member} is used outside its union, where its {tag} would be missing"),
            "refer to the union, or to a component of its own without the tag",
        );
    }
}

/// Pointers of all references to each component that do not stand in a union.
fn users(root: &Value) -> HashMap<&str, Vec<String>> {
    fn walk<'a>(value: &'a Value, at: &str, found: &mut HashMap<&'a str, Vec<String>>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members
                    .iter()
                    .filter(|(key, _)| *key != "mapping" && *key != "oneOf")
                {
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

fn short(reference: &str) -> &str {
    component(reference).unwrap_or(reference)
}

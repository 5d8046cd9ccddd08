//! Goes through a value and its schema side by side.

use serde_json::Value;

use crate::schemas::Schemas;
use crate::spec::escape;

/// A value within a document, with the schema that describes it.
#[derive(Debug)]
pub struct Node<'a> {
    /// Where the value stands.
    pub pointer: String,
    /// Where its schema is written.
    pub location: String,
    /// The schema.
    pub schema: &'a Value,
    /// The value.
    pub value: &'a Value,
    /// The nearest union that the value lies in, or is a member of.
    pub union: Option<String>,
}

/// Every value of a valid document, the whole first. A member of a union comes once, with the schema of its member.
pub fn nodes<'a>(schemas: &'a Schemas, component: &str, value: &'a Value) -> Vec<Node<'a>> {
    let mut found = Vec::new();
    visit(
        schemas,
        &Schemas::location(component),
        value,
        String::new(),
        None,
        &mut found,
    );
    found
}

fn visit<'a>(
    schemas: &'a Schemas,
    location: &str,
    value: &'a Value,
    pointer: String,
    union: Option<String>,
    found: &mut Vec<Node<'a>>,
) {
    let location = schemas.resolve(location);
    let schema = schemas.at(&location);
    if let Some(members) = schema.get("oneOf").and_then(Value::as_array) {
        let fitting: Vec<String> = (0..members.len())
            .map(|index| format!("{location}/oneOf/{index}"))
            .filter(|member| schemas.validator(member).is_valid(value))
            .collect();
        let [member] = &fitting[..] else {
            panic!(
                "{pointer}: fits {} members of the union at {location}",
                fitting.len()
            )
        };
        return visit(schemas, member, value, pointer.clone(), Some(pointer), found);
    }
    found.push(Node {
        pointer: pointer.clone(),
        location: location.clone(),
        schema,
        value,
        union: union.clone(),
    });
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if schema.pointer(&format!("/properties/{}", escape(name))).is_some() {
                    let location = format!("{location}/properties/{}", escape(name));
                    visit(
                        schemas,
                        &location,
                        member,
                        format!("{pointer}/{}", escape(name)),
                        union.clone(),
                        found,
                    );
                }
            }
        }
        Value::Array(items) if schema.get("items").is_some() => {
            for (index, item) in items.iter().enumerate() {
                let location = format!("{location}/items");
                visit(
                    schemas,
                    &location,
                    item,
                    format!("{pointer}/{index}"),
                    union.clone(),
                    found,
                );
            }
        }
        _ => {}
    }
}

/// Every location that a value of the component can reach, the component's own first.
pub fn locations(schemas: &Schemas, component: &str) -> Vec<String> {
    let mut found = Vec::new();
    reach(schemas, &Schemas::location(component), &mut found);
    found
}

fn reach(schemas: &Schemas, location: &str, found: &mut Vec<String>) {
    let location = schemas.resolve(location);
    if found.contains(&location) {
        return;
    }
    let schema = schemas.at(&location);
    let members = schema.get("oneOf").and_then(Value::as_array).map_or(0, Vec::len);
    if members == 0 {
        found.push(location.clone());
    }
    for index in 0..members {
        reach(schemas, &format!("{location}/oneOf/{index}"), found);
    }
    for name in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|properties| properties.keys())
    {
        reach(schemas, &format!("{location}/properties/{}", escape(name)), found);
    }
    if schema.get("items").is_some() {
        reach(schemas, &format!("{location}/items"), found);
    }
}

/// The same document with another value at `pointer`.
///
/// # Panics
/// When nothing stands there.
pub fn with(document: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = document.clone();
    *changed
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("nothing at {pointer}")) = value;
    changed
}

//! Valid requests with exactly one rule of their schema broken, derived from the schema.

use serde_json::{Value, json};

use crate::schemas::Schemas;
use crate::walk::{Node, locations, nodes, with};

/// One document with one broken rule.
#[derive(Debug)]
pub struct Breakage {
    /// The rule: where its schema is written, and the keyword.
    pub rule: String,
    /// The keyword; `required` and `format` with what they are about.
    pub keyword: String,
    /// The value that breaks it. For `required` the object that lacks a field.
    pub pointer: String,
    /// The nearest union that the value lies in.
    pub union: Option<String>,
    /// Whether the schema finds this keyword broken and no other. A date cannot have 11 characters and be a date.
    pub alone: bool,
    /// The document.
    pub document: Value,
}

/// Each rule that bears on some value of a valid document, broken once for each such value.
pub fn breakages(schemas: &Schemas, component: &str, document: &Value) -> Vec<Breakage> {
    nodes(schemas, component, document)
        .iter()
        .flat_map(|node| of_node(schemas, document, node))
        .collect()
}

/// Every rule that bears on what a component can hold.
pub fn rules(schemas: &Schemas, component: &str) -> Vec<String> {
    locations(schemas, component)
        .iter()
        .flat_map(|location| {
            keywords(schemas.at(location))
                .into_iter()
                .map(|keyword| rule(location, &keyword))
        })
        .collect()
}

fn rule(location: &str, keyword: &str) -> String {
    format!("{location} {keyword}")
}

/// The rules that a schema sets.
///
/// # Panics
/// On a keyword that nobody here knows, so that no rule goes untested unseen.
fn keywords(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (keyword, value) in schema.as_object().unwrap() {
        match keyword.as_str() {
            // Free-form: any JSON is taken.
            "type"
                if schema.get("additionalProperties") == Some(&json!(true))
                    && schema.get("properties").is_none() => {}
            "type" | "minLength" | "maxLength" | "pattern" | "minItems" | "maxItems" | "enum" | "minimum"
            | "maximum" => {
                found.push(keyword.clone());
            }
            "uniqueItems" if value == &json!(true) => found.push(keyword.clone()),
            "format" => found.push(format!("format {}", value.as_str().unwrap())),
            "required" => {
                let names = value.as_array().unwrap().iter().filter_map(Value::as_str);
                found.extend(names.map(|name| format!("required {name}")));
            }
            // Neither sets a rule for a value that stands where it should, nor does the tag of `not` in `PersonInput`.
            "description" | "examples" | "properties" | "items" | "additionalProperties" | "not" => {}
            // Accepted under `[[allow]]`: the generator does not check it.
            "maxProperties" => {}
            _ if keyword.starts_with("x-") => {}
            other => panic!("no test knows how to break `{other}`; teach tests/src/breakage.rs"),
        }
    }
    found
}

fn of_node(schemas: &Schemas, document: &Value, node: &Node<'_>) -> Vec<Breakage> {
    let validator = schemas.validator(&node.location);
    let broken = |value: &Value| -> Vec<String> {
        validator
            .iter_errors(value)
            .map(|error| error.kind().keyword().to_owned())
            .collect()
    };
    keywords(node.schema)
        .into_iter()
        .map(|keyword| {
            let name = keyword.split(' ').next().unwrap();
            let candidates = candidates(node, &keyword);
            // JSON Schema does not know the formats of numbers.
            let alone =
                |value: &&Value| broken(value) == [name] || name == "format" && node.value.is_number();
            let chosen = candidates.iter().find(alone);
            let value = chosen
                .or(candidates.first())
                .unwrap_or_else(|| panic!("no value breaks {keyword}"));
            assert!(
                chosen.is_some() || broken(value).iter().any(|other| other == name),
                "{}: {value} does not break {keyword}",
                node.location
            );
            Breakage {
                rule: rule(&node.location, &keyword),
                pointer: node.pointer.clone(),
                union: node.union.clone(),
                alone: chosen.is_some(),
                document: with(document, &node.pointer, value.clone()),
                keyword,
            }
        })
        .collect()
}

/// Values that may break the keyword, the likeliest to break nothing else first.
fn candidates(node: &Node<'_>, keyword: &str) -> Vec<Value> {
    let limit = || usize::try_from(node.schema[keyword].as_u64().unwrap()).unwrap();
    let text = || node.value.as_str().unwrap();
    let list = || node.value.as_array().unwrap().clone();
    match keyword {
        "type" => vec![match node.value {
            Value::String(_) => json!(7),
            _ => json!("text"),
        }],
        "minLength" => {
            let short = limit() - 1;
            vec![json!(text().chars().take(short).collect::<String>())]
        }
        "maxLength" => {
            let long = limit() + 1;
            let last = text().chars().last().unwrap_or('x');
            let filled: String = text().chars().chain(std::iter::repeat(last)).take(long).collect();
            vec![json!(filled)]
        }
        "pattern" => ["-", " ", "é"]
            .iter()
            .map(|prefix| json!(format!("{prefix}{}", text())))
            .collect(),
        "enum" => vec![json!("NoSuchValue")],
        "minimum" => vec![json!(node.schema[keyword].as_i64().unwrap() - 1)],
        "maximum" => vec![json!(node.schema[keyword].as_i64().unwrap() + 1)],
        "minItems" => vec![json!(list()[..limit() - 1])],
        "maxItems" => vec![json!(vec![list()[0].clone(); limit() + 1])],
        "uniqueItems" => {
            let mut items = list();
            items.push(items[0].clone());
            vec![json!(items)]
        }
        "format int32" => vec![json!(i64::from(i32::MAX) + 1)],
        "format date" => vec![json!("2024-13-45")],
        "format date-time" => vec![json!("2024-04-16 at noon")],
        "format email" => vec![json!("no e-mail address")],
        "format uri" => vec![json!("no absolute address")],
        "format uuid" => vec![json!("no unique id")],
        _ => match keyword.strip_prefix("required ") {
            Some(name) => {
                let mut members = node.value.as_object().unwrap().clone();
                members.shift_remove(name);
                vec![Value::Object(members)]
            }
            None => panic!("no test knows how to break `{keyword}`; teach tests/src/breakage.rs"),
        },
    }
}

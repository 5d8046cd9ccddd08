//! What a request says in its path, its query and its headers, by the names that the spec gives.

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::received::{Received, Single};
use crate::engine::spec::{FieldFault, Mounted, schema};

/// Values by the name of their parameter, each of the type that its schema names.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Parameters {
    values: Map<String, Value>,
    /// Names in the query that the operation does not have, as `?name`.
    pub(crate) unknown: Vec<String>,
}

impl Parameters {
    /// Those of a request. Of a name that stands twice in the query, the last value counts, save for lists.
    pub(crate) fn read(mounted: &Mounted, path: Vec<(String, String)>, received: &Received) -> Self {
        let described = mounted
            .described()
            .map(|operation| operation.parameters.as_slice());
        let described = described.unwrap_or_default();
        let mut read = Self::default();
        for (name, text) in path {
            let parameter = described
                .iter()
                .find(|known| known.place == "path" && known.name == name);
            let kind = parameter.map_or("string", |parameter| mounted.type_of(&parameter.schema));
            read.values.insert(name, value(kind, &text));
        }
        for parameter in described.iter().filter(|known| known.place == "header") {
            let given = match received.single(&parameter.name) {
                Single::Absent => continue,
                Single::Text(text) => value(mounted.type_of(&parameter.schema), text),
                // Sent twice, or no text: it fits no schema.
                Single::Unreadable => Value::Null,
            };
            read.values.insert(parameter.name.clone(), given);
        }
        let query = received.query.as_deref().unwrap_or_default();
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            let Some(parameter) = described
                .iter()
                .find(|known| known.place == "query" && known.name == name)
            else {
                read.unknown.push(format!("?{name}"));
                continue;
            };
            let (_, schema) = mounted.description().resolve(&parameter.schema);
            match mounted.type_of(schema) {
                "array" => {
                    let kind = schema
                        .get("items")
                        .map_or("string", |items| mounted.type_of(items));
                    let list = read
                        .values
                        .entry(name)
                        .or_insert_with(|| Value::Array(Vec::new()));
                    if let Value::Array(items) = list {
                        items.push(value(kind, &text));
                    }
                }
                kind => {
                    read.values.insert(name.into_owned(), value(kind, &text));
                }
            }
        }
        read
    }

    /// What the schemas of the operation find wrong, each at `/name`.
    pub(crate) fn faults(&self, mounted: &Mounted) -> Vec<FieldFault> {
        let whole = Value::Object(self.values.clone());
        mounted
            .parameters()
            .map(|validator| schema::faults(validator, &whole))
            .unwrap_or_default()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// The text of a parameter; empty if it is not there or is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.values.iter()
    }
}

/// A text as a value of the type, where it is written as one; a number in digits alone.
fn value(kind: &str, text: &str) -> Value {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain =
        text == "0" || !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    match (kind, text) {
        ("integer", _) if is_plain => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        ("boolean", "true") => true.into(),
        ("boolean", "false") => false.into(),
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_only_as_it_is_written() {
        for text in ["302", "0", "-7", "9223372036854775807"] {
            assert_eq!(value("integer", text).to_string(), text);
        }
        for text in [
            "+302",
            "0302",
            "-0302",
            "",
            "-",
            " 1",
            "1.0",
            "1e3",
            "９",
            "9223372036854775808",
        ] {
            assert_eq!(value("integer", text), text, "stays a text, which is no number");
        }
        assert_eq!(value("boolean", "true"), true);
        assert_eq!(value("boolean", "yes"), "yes");
        assert_eq!(value("string", "302"), "302");
    }
}

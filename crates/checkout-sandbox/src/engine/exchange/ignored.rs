//! Fields of a request that the API does not know: dropped as the real ones drop them, but not in silence.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use checkout_core::described::Description;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use crate::engine::text::pointer;

/// The header that lists the fields; the real APIs do not send it.
pub(crate) const IGNORED_HEADER: HeaderName = HeaderName::from_static("x-sandbox-ignored-fields");

/// Longest list, in bytes: clients refuse very long headers.
const LONGEST: usize = 2_000;

/// Beside what cannot stand in a header, the comma that parts the list.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b',');

/// JSON pointers to the fields that were dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ignored(pub(crate) Vec<String>);

impl Ignored {
    /// The answer with the header, if there is something to tell.
    pub(crate) fn tell(&self, mut answer: Response) -> Response {
        // Escaped text is visible ASCII.
        if !self.0.is_empty()
            && let Ok(list) = HeaderValue::from_str(&self.list())
        {
            answer.headers_mut().insert(IGNORED_HEADER, list);
        }
        answer
    }

    /// The pointers, parted by commas; `...` in place of what is too much.
    fn list(&self) -> String {
        let mut list = String::new();
        for pointer in &self.0 {
            let pointer = utf8_percent_encode(pointer, ESCAPED).to_string();
            let fits = list.len() + pointer.len() <= LONGEST;
            if !list.is_empty() {
                list.push_str(", ");
            }
            list.push_str(if fits { &pointer } else { "..." });
            if !fits {
                break;
            }
        }
        list
    }
}

/// JSON pointers to the fields of a body that its schema does not have. What was sent must fit the schema.
pub(crate) fn dropped<'a>(description: &'a Description, schema: &'a Value, sent: &'a Value) -> Vec<String> {
    let mut walk = Walk {
        description,
        steps: Vec::new(),
        found: Vec::new(),
    };
    walk.value(schema, sent);
    walk.found
}

/// Goes through a body beside its schema.
struct Walk<'a> {
    description: &'a Description,
    /// Names and indices that lead to where it is. They become a pointer only where something is dropped.
    steps: Vec<Cow<'a, str>>,
    found: Vec<String>,
}

/// Takes out of a body what [`dropped`] has found in it.
pub(crate) fn without(mut body: Value, dropped: &[String]) -> Value {
    for pointer in dropped {
        if let Some((parent, name)) = pointer.rsplit_once('/')
            && let Some(Value::Object(members)) = body.pointer_mut(parent)
        {
            members.shift_remove(&name.replace("~1", "/").replace("~0", "~"));
        }
    }
    body
}

impl<'a> Walk<'a> {
    fn step(&mut self, step: Cow<'a, str>, schema: Option<&'a Value>, sent: &'a Value) {
        self.steps.push(step);
        match schema {
            Some(schema) => self.value(schema, sent),
            None => self.found.push(pointer::written(&self.steps)),
        }
        self.steps.pop();
    }

    fn value(&mut self, schema: &'a Value, sent: &'a Value) {
        if !sent.is_object() && !sent.is_array() {
            return;
        }
        let (_, schema) = self.description.resolve(schema);
        let schema = member(self.description, schema, sent).unwrap_or(schema);
        match sent {
            Value::Object(members) => {
                let Some(known) = schema.get("properties").and_then(Value::as_object) else {
                    return;
                };
                for (name, value) in members {
                    let schema = known.get(name).or_else(|| others(schema));
                    self.step(name.into(), schema, value);
                }
            }
            Value::Array(items) => {
                let Some(schema) = schema.get("items") else { return };
                for (index, item) in items.iter().enumerate() {
                    self.step(index.to_string().into(), Some(schema), item);
                }
            }
            _ => {}
        }
    }
}

/// What the schema says of fields that it does not name, if they are welcome.
fn others(schema: &Value) -> Option<&Value> {
    schema
        .get("additionalProperties")
        .filter(|others| **others != false)
}

/// The member of a union that the object means, by its tag.
fn member<'a>(description: &'a Description, union: &'a Value, sent: &Value) -> Option<&'a Value> {
    let discriminator = union.get("discriminator")?;
    let tag = discriminator.get("propertyName")?.as_str()?;
    let component = match sent.get(tag).and_then(Value::as_str) {
        Some(tag) => discriminator.get("mapping")?.get(tag)?,
        None => union.get("x-untagged")?,
    };
    let name = component.as_str()?.rsplit('/').next()?;
    description.definitions.get(name)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use serde_json::json;

    use super::*;

    fn told(pointers: &[&str]) -> Option<String> {
        let ignored = Ignored(pointers.iter().map(|&pointer| pointer.to_owned()).collect());
        let answer = ignored.tell(Response::new(Body::empty()));
        answer
            .headers()
            .get(IGNORED_HEADER)
            .map(|list| list.to_str().unwrap().to_owned())
    }

    #[test]
    fn nothing_ignored_is_nothing_told() {
        assert_eq!(told(&[]), None);
    }

    #[test]
    fn any_name_can_stand_in_the_header() {
        assert_eq!(
            told(&["/ExternalId", "/a b/é,%\n"]).unwrap(),
            "/ExternalId, /a%20b/%C3%A9%2C%25%0A"
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let long = format!("/{}", "x".repeat(LONGEST - 1));
        assert_eq!(told(&[&long, "/y"]).unwrap(), format!("{long}, ..."));
        let longer = format!("{long}x");
        assert_eq!(told(&[&longer]).unwrap(), "...");
    }

    #[test]
    fn fields_that_no_schema_has_are_found_at_any_depth() {
        let description = Description::parse(
            &json!({
                "$defs": {
                    "Item": {"type": "object", "properties": {"d": {"type": "integer"}}},
                    "Tagged": {
                        "oneOf": [{"$ref": "#/$defs/Item"}, {"$ref": "#/$defs/Other"}],
                        "discriminator": {"propertyName": "d", "mapping": {"x": "#/components/schemas/Other"}},
                        "x-untagged": "Item",
                    },
                    "Other": {"type": "object", "properties": {"d": {}, "f": {}}},
                    "Whole": {"type": "object", "properties": {
                        "a": {}, "c": {"type": "array", "items": {"$ref": "#/$defs/Item"}},
                        "t": {"allOf": [{"$ref": "#/$defs/Tagged"}]},
                        "m": {"type": "object", "properties": {}, "additionalProperties": {"type": "string"}},
                    }},
                },
                "operations": [],
            })
            .to_string(),
        );
        let schema = json!({"$ref": "#/$defs/Whole"});
        let sent = json!({"a": {"z": 1}, "A": 1, "c": [{"d": 1}, {"d": 1, "e/~": {"f": 1}}], "t": {"d": "x", "f": 1, "g": 1}, "m": {"n": "1"}});
        let found = dropped(&description, &schema, &sent);
        assert_eq!(found, ["/A", "/c/1/e~1~0", "/t/g"]);
        assert_eq!(
            without(sent, &found),
            json!({"a": {"z": 1}, "c": [{"d": 1}, {"d": 1}], "t": {"d": "x", "f": 1}, "m": {"n": "1"}})
        );
        assert_eq!(dropped(&description, &schema, &json!({"t": {"f": 1}})), ["/t/f"]);
    }
}

//! The canaries: for every text of a schema one of its own.

use serde_json::{Map, Value, json};
use tests::schemas::Schemas;
use tests::spec::{self, Spec};

/// A text that must not be found, and the field or the credential that holds it.
#[derive(Debug, Clone)]
pub(super) struct Canary {
    pub(super) field: String,
    pub(super) text: String,
    pub(super) side: Side,
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Answer,
}

/// Everything that sings: made in the same order in both processes.
#[derive(Default)]
pub(super) struct Aviary(pub(super) Vec<Canary>);

impl Aviary {
    /// A text for a field, found nowhere else.
    pub(super) fn text(&mut self, field: &str) -> String {
        let text = format!("canaryq{:03}q", self.0.len());
        self.keep(field, &text);
        text
    }

    pub(super) fn keep(&mut self, field: &str, text: &str) {
        self.0.push(Canary {
            field: field.to_owned(),
            text: text.to_owned(),
            side: Side::Request,
        });
    }

    /// A filled answer or error.
    pub(super) fn answer(&mut self, spec: &Spec, component: &str) -> Value {
        let before = self.0.len();
        let filled = self.fill(&spec.schemas, &Schemas::location(component), component, 0, false);
        for canary in &mut self.0[before..] {
            canary.side = Side::Answer;
        }
        filled
    }

    /// A filled request, with the `member`-th of each union in it.
    pub(super) fn request(&mut self, spec: &Spec, component: &str, member: usize) -> Value {
        self.fill(
            &spec.schemas,
            &Schemas::location(component),
            component,
            member,
            true,
        )
    }

    /// A text that the field's rules let pass; `None` if none can be told from others.
    fn fitting(&mut self, field: &str, schema: &Value, strict: bool) -> Option<String> {
        let is_number = schema["pattern"]
            .as_str()
            .is_some_and(|pattern| pattern.contains("\\d"));
        if is_number {
            return None;
        }
        if !strict {
            return Some(self.text(field));
        }
        let number = self.0.len();
        let text = match (schema["format"].as_str(), schema["pattern"].as_str()) {
            _ if schema.get("enum").is_some() => return None,
            (Some("date"), _) => format!("1{:03}-{:02}-{:02}", number, 1 + number % 12, 1 + number % 28),
            (Some("uri"), _) => return Some(format!("https://shop.example/{}", self.text(field))),
            (Some("email"), _) => return Some(format!("{}@shop.example", self.text(field))),
            (_, Some(pattern)) if pattern.starts_with("^\\+[0-9]") => format!("+97700{number:06}"),
            (_, Some(pattern)) if pattern.starts_with("^[A-Z]{2}") => return None,
            _ => return Some(self.text(field)),
        };
        self.keep(field, &text);
        Some(text)
    }

    /// A value of the schema that leaves nothing out. Of a union the `member`-th, counted round.
    fn fill(&mut self, schemas: &Schemas, location: &str, field: &str, member: usize, strict: bool) -> Value {
        let location = schemas.resolve(location);
        let schema = schemas.at(&location);
        if let Some(members) = schema.get("oneOf").and_then(Value::as_array) {
            let location = format!("{location}/oneOf/{}", member % members.len());
            return self.fill(schemas, &location, field, member, strict);
        }
        match schema["type"].as_str() {
            Some("object") => {
                let mut filled = Map::new();
                for name in schema["properties"].as_object().into_iter().flat_map(Map::keys) {
                    let location = format!("{location}/properties/{}", spec::escape(name));
                    filled.insert(name.clone(), self.fill(schemas, &location, name, member, strict));
                }
                // What the schema does not know, and in maps the names too.
                if !strict {
                    let value = match schema
                        .pointer("/additionalProperties/type")
                        .and_then(Value::as_str)
                    {
                        Some("array") => json!([self.text("unknown")]),
                        _ => json!(self.text("unknown")),
                    };
                    filled.insert(format!("{} name", self.text("unknown")), value);
                }
                Value::Object(filled)
            }
            Some("array") => {
                json!([self.fill(schemas, &format!("{location}/items"), field, member, strict)])
            }
            Some("string") => match self.fitting(field, schema, strict) {
                Some(text) => json!(text),
                None if strict && schema.get("enum").is_some() => schema["enum"][0].clone(),
                None if schema["pattern"]
                    .as_str()
                    .is_some_and(|pattern| pattern.starts_with("^[A-Z]")) =>
                {
                    json!("DE")
                }
                None => json!("1"),
            },
            Some("integer") => json!(302),
            Some("boolean") => json!(true),
            other => panic!("{location}: a value of type {other:?} is not made here"),
        }
    }
}

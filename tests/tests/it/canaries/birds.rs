//! The canaries: for every text of a schema one of its own.

use serde_json::{Map, Value, json};
use tests::schemas::{Schemas, validator};
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
pub(super) struct Aviary {
    pub(super) canaries: Vec<Canary>,
    /// Fields of requests whose rules leave no room for a canary.
    pub(super) without: Vec<(String, Value)>,
    /// The most members of a union that was filled.
    members: usize,
}

/// What is filled: requests by all rules, answers with more than the spec knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Strict,
    Lenient,
    /// Every union has a member that nobody knows.
    Odd,
}

impl Aviary {
    /// A text for a field, found nowhere else.
    pub(super) fn text(&mut self, field: &str) -> String {
        let text = self.name();
        self.keep(field, &text);
        text
    }

    /// The next canary's: of eleven letters, for many texts may not be longer.
    fn name(&self) -> String {
        let digit = |place: u32| char::from_digit(self.number() / 36_u32.pow(place) % 36, 36).unwrap();
        format!("canaryq{}{}{}q", digit(2), digit(1), digit(0))
    }

    fn number(&self) -> u32 {
        u32::try_from(self.canaries.len()).unwrap()
    }

    pub(super) fn keep(&mut self, field: &str, text: &str) {
        self.canaries.push(Canary {
            field: field.to_owned(),
            text: text.to_owned(),
            side: Side::Request,
        });
    }

    /// A filled answer or error.
    pub(super) fn answer(&mut self, spec: &Spec, component: &str) -> Value {
        self.received(spec, component, How::Lenient)
    }

    /// One with unknown members of unions.
    pub(super) fn odd_answer(&mut self, spec: &Spec, component: &str) -> Value {
        self.received(spec, component, How::Odd)
    }

    fn received(&mut self, spec: &Spec, component: &str, how: How) -> Value {
        let before = self.canaries.len();
        let filled = self.fill(&spec.schemas, &Schemas::location(component), component, 0, how);
        for canary in &mut self.canaries[before..] {
            canary.side = Side::Answer;
        }
        filled
    }

    /// Filled requests: the first has the first member of each union in it, the second the second, and so on.
    pub(super) fn requests(&mut self, spec: &Spec, component: &str) -> Vec<Value> {
        self.members = 1;
        let mut requests = Vec::new();
        while requests.len() < self.members {
            let location = Schemas::location(component);
            requests.push(self.fill(&spec.schemas, &location, component, requests.len(), How::Strict));
        }
        requests
    }

    /// A text that the rules of a field let pass and that can be told from all others, if there is one. Else an example.
    pub(super) fn fitting(&mut self, field: &str, schema: &Value) -> String {
        let (name, number) = (self.name(), self.number());
        let (month, day) = (1 + number % 12, 1 + number % 28);
        // Long ago, for no clock here shows such a year.
        let date = format!("{}-{month:02}-{day:02}", 1000 + number % 900);
        let example = schema.pointer("/enum/0").or(schema.pointer("/examples/0"));
        // The client lets no others pass, and in the sandbox only its own.
        let codes = schema["x-extensible-enum"].as_array();
        let is_code = |code: &str| codes.is_some_and(|codes| codes.contains(&json!(code)));
        if let Some(code) = ["USDC_TEST", "USD"].into_iter().find(|code| is_code(code)) {
            self.without.push((field.to_owned(), schema.clone()));
            return code.to_owned();
        }
        let validator = validator(schema);
        let fits = |text: &String| validator.is_valid(&json!(text));
        let holding = [
            name.clone(),
            format!("https://shop.example/{name}"),
            format!("{name}@shop.example"),
        ];
        if let Some(text) = holding.into_iter().find(fits) {
            self.keep(field, &name);
            return text;
        }
        let others = [
            format!("{date}T10:20:30Z"),
            date,
            format!("+97700{number:06}"),
            format!("0000cafe-0000-4000-8000-{number:012}"),
        ];
        // A decimal may have any digits, and is shown.
        let is_amount = schema["pattern"]
            .as_str()
            .is_some_and(|pattern| pattern.contains("[.]"));
        if let Some(text) = others.into_iter().find(|text| !is_amount && fits(text)) {
            self.keep(field, &text);
            return text;
        }
        self.without.push((field.to_owned(), schema.clone()));
        match example.and_then(Value::as_str) {
            _ if is_amount => "1".to_owned(),
            Some(text) => text.to_owned(),
            None => "DE".to_owned(),
        }
    }

    /// A value of the schema that leaves nothing out. Of a union the `member`-th, counted round.
    fn fill(&mut self, schemas: &Schemas, location: &str, field: &str, member: usize, how: How) -> Value {
        let location = schemas.resolve(location);
        let schema = schemas.at(&location);
        if let Some(members) = schema.get("oneOf").and_then(Value::as_array) {
            self.members = self.members.max(members.len());
            let location = format!("{location}/oneOf/{}", member % members.len());
            return self.fill(schemas, &location, field, member, how);
        }
        match schema["type"].as_str() {
            Some("object") => {
                let mut filled = Map::new();
                for name in schema["properties"].as_object().into_iter().flat_map(Map::keys) {
                    let location = format!("{location}/properties/{}", spec::escape(name));
                    filled.insert(name.clone(), self.fill(schemas, &location, name, member, how));
                }
                let values = schema.get("additionalProperties");
                // What the schema does not know, and in maps the names too.
                if how != How::Strict || values.is_some() {
                    let field = if values.is_some() { field } else { "unknown" };
                    let value = match values.filter(|values| values["type"] == "array") {
                        Some(_) => json!([self.text(field)]),
                        None => json!(self.text(field)),
                    };
                    filled.insert(format!("{} name", self.text(field)), value);
                }
                Value::Object(filled)
            }
            Some("array") => {
                json!([self.fill(schemas, &format!("{location}/items"), field, member, how)])
            }
            Some("string") if how == How::Strict => json!(self.fitting(field, schema)),
            Some("string") => match (schema["pattern"].as_str(), schema.pointer("/enum/1")) {
                (Some(pattern), _) if pattern.contains("\\d") => json!("1"),
                // The tag of a union.
                (_, None) if how == How::Lenient && schema.get("enum").is_some() => schema["enum"][0].clone(),
                _ => json!(self.text(field)),
            },
            Some("integer") => schema.pointer("/examples/0").cloned().unwrap_or(json!(302)),
            Some("boolean") => json!(true),
            // Free-form.
            None => json!({ "unknown": self.text("unknown") }),
            other => panic!("{location}: a value of type {other:?} is not made here"),
        }
    }
}

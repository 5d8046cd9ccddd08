//! What a schema says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Page, anchor, and, with};
use crate::docs::{self, range};
use crate::model::{Direction, Kind, Sensitive, Target, Text, enum_values, reference};
use crate::spec::{array, component, object, short};

/// Lists of values up to this length stand where they are used.
const FEW: usize = 6;

impl<'a> Page<'a> {
    /// A parameter or property, with what is known of its value.
    pub(super) fn told(&self, part: &'a Value, schema: &'a Value) -> Value {
        let inherited = reference(schema).and_then(|to| self.reader.spec.resolve(to)?.get("description"));
        let sensitive = self.reader.mark(schema).and_then(|mark| mark.sensitive);
        let sensitive = sensitive.map(|mark| Sensitive::word(Some(mark)));
        let description = part.get("description").or(inherited);
        let more = json!({ "kind": self.kind(schema), "sensitive": sensitive, "description": description });
        with(part, more)
    }

    /// A schema, with what is known of its fields.
    pub(super) fn holds(&self, schema: &'a Value) -> Value {
        let fields = object(schema.get("properties")).iter();
        let fields = fields.map(|(name, part)| (name.clone(), self.told(part, part)));
        let mut told = with(schema, json!({ "kind": self.target(self.reader.target(schema)) }));
        told["fields"] = fields.collect();
        told
    }

    /// Every component, but for the objects that stand with their operations alone.
    pub(super) fn types(&self) -> Vec<Value> {
        let schemas = self.reader.spec.schemas();
        let components = &self.model.components;
        let held = components.values().flat_map(|it| it.shape.held());
        let used: BTreeSet<&str> = held
            .filter_map(|name| Some(components.get(name)?.of.as_str()))
            .collect();
        let bodies = self.model.operations.iter().filter_map(|op| op.body.as_deref());
        let bodies: BTreeSet<&str> = bodies.filter(|name| !used.contains(name)).collect();
        let view = |(name, schema): (&String, &'a Value)| {
            let is_sent = components
                .get(name)
                .is_some_and(|it| it.direction == Direction::Sent);
            let is_both = components
                .iter()
                .any(|(other, it)| it.of == *name && other != name);
            let heading = match (is_sent, is_both) {
                (true, true) => "required to send",
                (true, false) => "required",
                (false, _) => "always there",
            };
            and(self.holds(schema), json!({ "name": name, "heading": heading }))
        };
        let shown = schemas.iter().filter(|(name, _)| !bodies.contains(name.as_str()));
        let mut shown: Vec<Value> = shown.map(view).collect();
        shown.sort_by_key(|it| it["name"].as_str().map(str::to_lowercase));
        shown
    }

    /// What kind of value it is, and within which limits.
    fn kind(&self, schema: &'a Value) -> String {
        if let Some([only]) = schema.get("enum").map(|values| array(Some(values))) {
            return format!("always `{}`", only.as_str().unwrap_or_default());
        }
        match reference(schema).and_then(component) {
            Some(name) => self.named(name),
            None => self.target(self.reader.target(schema)),
        }
    }

    fn named(&self, name: &str) -> String {
        let Some(schema) = self.reader.schema(name) else {
            return String::new();
        };
        let values = enum_values(schema).unwrap_or_default().1;
        let more = match (self.reader.kind(name, schema), self.reader.target(schema)) {
            (Kind::Object | Kind::Union | Kind::Selected, _) => String::new(),
            (Kind::Enum, _) if values.len() > FEW => format!("{} values", values.len()),
            (Kind::Enum, _) => joined(values.iter().map(|value| value.to_string().replace('"', "`"))),
            // Its pattern is long, and stands with the type.
            (_, Ok(Target::Text(rules))) => limits(&Text {
                pattern: None,
                ..rules
            }),
            (_, target) => self.target(target),
        };
        docs::joined([link(name), more], ": ")
    }

    /// A document that has passed the lint holds no other targets.
    fn target(&self, target: Result<Target, String>) -> String {
        match target.unwrap_or(Target::Free) {
            Target::Component(name) => self.named(&name),
            Target::Text(rules) => joined(["text".to_owned(), limits(&rules)]),
            Target::Integer { min, max, .. } => joined(["whole number".to_owned(), range(min, max, "")]),
            Target::Boolean => "`true` or `false`".to_owned(),
            Target::Array {
                items,
                min,
                max,
                unique,
            } => {
                let items = format!("list of {}", self.target(Ok(*items)));
                let differ = if unique { "none twice" } else { "" };
                joined([items, range(min, max, " items"), differ.to_owned()])
            }
            Target::Map(values) => format!("map of texts to {}", self.target(Ok(*values))),
            Target::Free => "any JSON".to_owned(),
        }
    }
}

/// A component, by its name or by a reference to it, as a link.
pub(super) fn link(name: &str) -> String {
    let name = short(name);
    format!("[{name}](#{})", anchor(&format!("type {name}")))
}

fn limits(rules: &Text) -> String {
    let format = match rules.format.as_deref() {
        Some("uri") => "an address",
        Some("uuid") => "a UUID",
        Some("email") => "an e-mail address",
        Some("date") => "a day, as `2025-12-31`",
        Some("date-time") => "a time, as `2025-12-31T23:59:59Z`",
        other => other.unwrap_or_default(),
    };
    let pattern = |pattern: &String| format!("of the form `{pattern}`");
    let pattern = rules.pattern.as_ref().map(pattern).unwrap_or_default();
    joined([
        range(rules.min, rules.max, " characters"),
        format.to_owned(),
        pattern,
    ])
}

fn joined(parts: impl IntoIterator<Item = String>) -> String {
    docs::joined(parts, ", ")
}

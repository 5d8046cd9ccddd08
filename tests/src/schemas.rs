//! The spec's schemas as JSON Schema.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// A document of `$defs`.
#[derive(Debug)]
pub struct Schemas {
    document: Value,
    /// By location: a walk asks for the same ones over and over.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Schemas {
    /// Reads `description.json`.
    ///
    /// # Panics
    /// When it is no JSON.
    pub fn parse(text: &str) -> Self {
        Self {
            document: serde_json::from_str(text).expect("description.json is JSON"),
            validators: Mutex::default(),
        }
    }

    /// Where a component's schema lies.
    pub fn location(component: &str) -> String {
        format!("/$defs/{component}")
    }

    /// Name and schema of every component.
    pub fn definitions(&self) -> &Map<String, Value> {
        self.document["$defs"].as_object().unwrap()
    }

    /// The schema at a location.
    ///
    /// # Panics
    /// When there is none.
    pub fn at(&self, location: &str) -> &Value {
        self.document
            .pointer(location)
            .unwrap_or_else(|| panic!("no schema at {location}"))
    }

    /// Checks values against the schema at a location.
    ///
    /// # Panics
    /// When there is none.
    pub fn validator(&self, location: &str) -> Arc<Validator> {
        let mut validators = self.validators.lock().unwrap();
        if let Some(known) = validators.get(location) {
            return Arc::clone(known);
        }
        let mut needed = BTreeMap::new();
        self.reach(self.at(location), &mut needed);
        let mut schema = self.at(location).clone();
        schema["$defs"] = json!(needed);
        let made = Arc::new(validator(&schema));
        validators.insert(location.to_owned(), Arc::clone(&made));
        made
    }

    /// The definitions that a schema needs.
    fn reach<'a>(&'a self, schema: &'a Value, needed: &mut BTreeMap<&'a str, &'a Value>) {
        match schema {
            Value::Object(members) => {
                let reference = schema.get("$ref").and_then(Value::as_str);
                let name = reference.and_then(|reference| reference.strip_prefix("#/$defs/"));
                if let Some(name) = name.filter(|name| !needed.contains_key(name)) {
                    let target = self.at(&Self::location(name));
                    needed.insert(name, target);
                    self.reach(target, needed);
                }
                members.values().for_each(|member| self.reach(member, needed));
            }
            Value::Array(items) => items.iter().for_each(|item| self.reach(item, needed)),
            _ => {}
        }
    }

    /// Where the schema at `location` is written, references and single-member `allOf`s followed.
    ///
    /// # Panics
    /// When an `allOf` has more than one member, which no spec here does.
    pub fn resolve(&self, location: &str) -> String {
        let schema = self.at(location);
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = reference
                .strip_prefix('#')
                .unwrap_or_else(|| panic!("{reference} leaves the document"));
            return self.resolve(target);
        }
        if let Some(members) = schema.get("allOf").and_then(Value::as_array) {
            assert_eq!(
                members.len(),
                1,
                "{location}/allOf: several schemas at once are not followed here"
            );
            return self.resolve(&format!("{location}/allOf/0"));
        }
        location.to_owned()
    }
}

/// A validator of the dialect that all schemas here are in, formats checked.
///
/// # Panics
/// When the schema is none.
pub fn validator(schema: &Value) -> Validator {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .build(schema)
        .unwrap_or_else(|error| panic!("not a JSON Schema: {error}"))
}

/// What is wrong with a value, one line each; empty if nothing is.
pub fn faults(validator: &Validator, value: &Value) -> Vec<String> {
    validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

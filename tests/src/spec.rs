//! The OpenAPI documents, read as they stand.

use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value;

use crate::model::{self, Model};
use crate::schemas::Schemas;

/// An OpenAPI document with what was generated from it.
#[derive(Debug)]
pub struct Spec {
    /// Its file below `openapi/`.
    pub file: &'static str,
    /// The document.
    pub document: Value,
    /// The same schemas as the models crate has them: `description.json`.
    pub schemas: Schemas,
    /// The generated types, by the names of the spec.
    pub models: Vec<Model>,
}

/// Which way an example travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// We send it.
    Request,
    /// We receive it as an answer.
    Answer,
    /// We receive it as a webhook.
    Callback,
    /// It stands with its schema.
    Component,
}

/// An example of the document.
#[derive(Debug, Clone)]
pub struct Example {
    /// Where it stands, as a JSON pointer into the document.
    pub pointer: String,
    /// The component that describes it.
    pub component: String,
    /// Which way it travels.
    pub role: Role,
    /// The example itself.
    pub value: Value,
}

/// `openapi/noah.yaml`.
pub fn noah() -> &'static Spec {
    static SPEC: LazyLock<Spec> = LazyLock::new(|| {
        let schemas = include_str!("../../crates/noah-models/src/generated/description.json");
        Spec::read("noah.yaml", schemas, model::noah())
    });
    &SPEC
}

/// `openapi/worldline-connect.yaml`.
pub fn worldline_connect() -> &'static Spec {
    static SPEC: LazyLock<Spec> = LazyLock::new(|| {
        let schemas = include_str!("../../crates/worldline-connect-models/src/generated/description.json");
        Spec::read("worldline-connect.yaml", schemas, model::worldline_connect())
    });
    &SPEC
}

/// Both.
pub fn all() -> [&'static Spec; 2] {
    [noah(), worldline_connect()]
}

impl Spec {
    fn read(file: &'static str, schemas: &str, models: Vec<Model>) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../openapi")
            .join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        let document = serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        Self {
            file,
            document,
            schemas: Schemas::parse(schemas),
            models,
        }
    }

    /// The component schemas, in the order of the document.
    pub fn components(&self) -> impl Iterator<Item = (&str, &Value)> {
        let components = self
            .document
            .pointer("/components/schemas")
            .and_then(Value::as_object)
            .unwrap();
        components.iter().map(|(name, schema)| (name.as_str(), schema))
    }

    /// The types of a component that has a value in this role: one, or for a component by itself that which is sent and that
    /// which is received.
    ///
    /// # Panics
    /// When there is none.
    pub fn models_of(&self, component: &str, role: Role) -> Vec<&Model> {
        let mut models: Vec<&Model> = self
            .models
            .iter()
            .filter(|model| model.name == component)
            .collect();
        assert!(
            !models.is_empty(),
            "{}: there is no type of {component}",
            self.file
        );
        if role != Role::Component {
            let received = matches!(role, Role::Answer | Role::Callback);
            models.sort_by_key(|model| model.received != received);
            models.truncate(1);
        }
        models
    }

    /// The first of these.
    pub fn model(&self, component: &str, role: Role) -> &Model {
        self.models_of(component, role)[0]
    }

    /// Every example of a body and of a component, in the order of the document.
    pub fn examples(&self) -> Vec<Example> {
        let mut found = Vec::new();
        self.bodies(&self.document, "", Role::Answer, &mut found);
        for (name, schema) in self.components() {
            if let Some(value) = schema.get("example") {
                found.push(Example {
                    pointer: format!("/components/schemas/{name}/example"),
                    component: name.to_owned(),
                    role: Role::Component,
                    value: value.clone(),
                });
            }
        }
        found
    }

    fn bodies(&self, value: &Value, pointer: &str, role: Role, found: &mut Vec<Example>) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    let role = match key.as_str() {
                        "callbacks" => Role::Callback,
                        "requestBody" if role != Role::Callback => Role::Request,
                        _ => role,
                    };
                    let pointer = format!("{pointer}/{}", escape(key));
                    if key == "content" {
                        self.media_types(member, &pointer, role, found);
                    } else {
                        self.bodies(member, &pointer, role, found);
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.bodies(item, &format!("{pointer}/{index}"), role, found);
                }
            }
            _ => {}
        }
    }

    fn media_types(&self, content: &Value, pointer: &str, role: Role, found: &mut Vec<Example>) {
        for (media_type, body) in content.as_object().unwrap() {
            let pointer = format!("{pointer}/{}", escape(media_type));
            let component = body
                .pointer("/schema/$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.strip_prefix("#/components/schemas/"))
                .unwrap_or_else(|| panic!("{}{pointer}/schema: refers to no component", self.file))
                .to_owned();
            let named = body
                .get("examples")
                .and_then(Value::as_object)
                .into_iter()
                .flatten();
            let named =
                named.map(|(name, example)| (format!("examples/{}/value", escape(name)), &example["value"]));
            let plain = body.get("example").map(|value| ("example".to_owned(), value));
            for (place, value) in named.chain(plain) {
                let pointer = format!("{pointer}/{place}");
                found.push(Example {
                    pointer,
                    component: component.clone(),
                    role,
                    value: value.clone(),
                });
            }
        }
    }
}

/// A key as a step of a JSON pointer (RFC 6901).
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

//! The operations of an API as they are mounted: each with what its spec says, read and compiled when it is first needed.

use std::sync::OnceLock;

use checkout_core::Operation;
use checkout_core::described::{DescribedOperation, Description};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::schema;

/// An operation and what its requests are held against.
pub(crate) struct Mounted {
    pub(crate) operation: &'static Operation,
    description: fn() -> &'static Description,
    body: OnceLock<Option<Validator>>,
    parameters: OnceLock<Option<Validator>>,
}

impl Mounted {
    /// All operations of an API.
    pub(crate) fn all(
        operations: &'static [Operation],
        description: fn() -> &'static Description,
    ) -> Vec<Self> {
        operations
            .iter()
            .map(|operation| Self {
                operation,
                description,
                body: OnceLock::new(),
                parameters: OnceLock::new(),
            })
            .collect()
    }

    pub(crate) fn description(&self) -> &'static Description {
        (self.description)()
    }

    /// What the spec says of it. `None` for none, which a test rules out.
    pub(crate) fn described(&self) -> Option<&'static DescribedOperation> {
        self.description().operation(self.operation.id)
    }

    /// What its body is held against; `None` if the spec has no body, or no schema of it.
    pub(crate) fn body(&self) -> Option<&Validator> {
        let compiled = self.body.get_or_init(|| {
            let body = self.described()?.body.as_ref()?;
            schema::compile(&self.description().standalone(&body.schema))
        });
        compiled.as_ref()
    }

    /// What its parameters are held against, as one object by their names.
    pub(crate) fn parameters(&self) -> Option<&Validator> {
        let compiled = self.parameters.get_or_init(|| {
            let (mut properties, mut required) = (Map::new(), Vec::new());
            for parameter in &self.described()?.parameters {
                properties.insert(parameter.name.clone(), parameter.schema.clone());
                required.extend(parameter.required.then(|| parameter.name.clone()));
            }
            let whole = json!({ "type": "object", "properties": properties, "required": required });
            schema::compile(&self.description().standalone(&whole))
        });
        compiled.as_ref()
    }

    /// The type that the schema of a parameter names, for its text to be read as that.
    pub(crate) fn type_of<'a>(&self, schema: &'a Value) -> &'a str
    where
        'static: 'a,
    {
        let (_, schema) = self.description().resolve(schema);
        schema.get("type").and_then(Value::as_str).unwrap_or("string")
    }
}

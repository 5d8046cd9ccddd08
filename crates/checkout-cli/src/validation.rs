//! What is wrong with a JSON body, all of it at once: against the spec's own schema, and by the rules of the clients.

mod position;

use std::fmt;

use checkout_core::json::{self, JsonError, REPEATED};
use checkout_core::schema;
use checkout_core::validate::Rule;
use checkout_core::{Violation, Violations};
use serde::Serialize;
use serde_json::Value;

pub(crate) use position::position;

/// One thing that is wrong. Never quotes the value: it may be a person's name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct LocatedViolation {
    /// JSON pointer (RFC 6901); empty for the body as a whole.
    pub(crate) pointer: String,
    /// What is wrong and what is allowed.
    pub(crate) message: String,
    /// The option that the value came by, or could be given by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flag: Option<String>,
    /// The file that it came by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    /// Where in that file, if its JSON is not the whole body.
    #[serde(skip)]
    pub(crate) pointer_in_file: Option<String>,
    /// Where it begins there, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<usize>,
    /// The setting of the library by which it passes as it is.
    #[serde(skip)]
    pub(crate) setting: Option<&'static str>,
}

impl LocatedViolation {
    pub(crate) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            message: message.into(),
            ..Self::default()
        }
    }

    pub(crate) fn all<'v>(violations: impl IntoIterator<Item = &'v Violation>) -> Vec<Self> {
        let problem = |violation: &Violation| Self {
            setting: violation.setting,
            ..Self::new(&violation.pointer, &violation.message)
        };
        violations.into_iter().map(problem).collect()
    }
}

/// By the option, or by the file and the line there, and else by the pointer alone.
impl fmt::Display for LocatedViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = self.pointer_in_file.as_ref().unwrap_or(&self.pointer);
        let place = if pointer.is_empty() {
            "(whole body)"
        } else {
            pointer
        };
        match (&self.flag, &self.file) {
            (Some(flag), None) => f.write_str(flag)?,
            (Some(flag), Some(_)) => write!(f, "{flag}: {place}")?,
            (None, _) => f.write_str(place)?,
        }
        if let Some(file) = &self.file {
            write!(f, " in {file}")?;
        }
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, ", line {line}, column {column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Every difference between a body and a schema that stands by itself.
pub(crate) fn faults(schema: &Value, body: &Value) -> Violations {
    // The schemas are generated, and a test compiles each.
    let schema = schema::compile(schema);
    schema
        .map(|schema| schema::violations(&schema, body))
        .unwrap_or_default()
}

/// The same, if whatever reads the body stumbles over one of them; else it is for the rules of the reader to tell of them.
pub(crate) fn structural(schema: &Value, body: &Value) -> Vec<LocatedViolation> {
    let found = faults(schema, body);
    if found.iter().any(|fault| fault.rule == Rule::Shape) {
        LocatedViolation::all(&found)
    } else {
        Vec::new()
    }
}

/// Reads JSON as the sandbox does, with the place where it ends to be some, or where a field stands again.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Vec<LocatedViolation>> {
    json::read(bytes).map_err(|error| match error {
        JsonError::Repeated { pointers } => pointers
            .into_iter()
            .map(|pointer| LocatedViolation::new(pointer, REPEATED))
            .collect(),
        other => {
            let place = other.place();
            vec![LocatedViolation {
                line: place.map(|(line, _)| line),
                column: place.map(|(_, column)| column),
                ..LocatedViolation::new("", other.reason())
            }]
        }
    })
}

pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A step of a JSON pointer, as the name that it stands for.
pub(crate) fn unescaped(step: &str) -> String {
    step.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_compiles() {
        for described in [noah_models::described(), worldline_connect_models::described()] {
            for operation in &described.operations {
                let answers = operation
                    .responses
                    .iter()
                    .filter_map(|answer| answer.schema.as_ref());
                let parameters = operation.parameters.iter().map(|parameter| &parameter.schema);
                let bodies = operation.body.iter().map(|body| &body.schema);
                for schema in answers.chain(parameters).chain(bodies) {
                    let compiled = schema::compile(&described.standalone(schema));
                    assert!(compiled.is_some(), "{}: {schema}", operation.id);
                }
            }
        }
    }
}

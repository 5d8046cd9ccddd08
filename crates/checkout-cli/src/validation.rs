//! What is wrong with a JSON body, all of it at once: against the spec's own schema, and by the rules of the clients.

mod schema;
mod unknown;

use std::fmt;

use checkout_core::Violations;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Serialize};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

pub(crate) use schema::differences;

/// One thing that is wrong. Never quotes the value: it may be a person's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// JSON pointer (RFC 6901); empty for the body as a whole.
    pub(crate) pointer: String,
    /// What is wrong and what is allowed.
    pub(crate) message: String,
}

/// A body that fits its type.
#[derive(Debug)]
pub(crate) struct Fit<T> {
    pub(crate) value: T,
    /// JSON pointers to fields that the type does not know.
    pub(crate) unknown: Vec<String>,
}

impl Problem {
    pub(crate) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            message: message.into(),
        }
    }

    pub(crate) fn of(violations: &Violations) -> Vec<Self> {
        violations
            .iter()
            .map(|violation| Self::new(&violation.pointer, &violation.message))
            .collect()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() {
            "(whole body)"
        } else {
            &self.pointer
        };
        write!(f, "{place}: {}", self.message)
    }
}

/// Reads a body as `T`. Rules within and between the values are the clients' to check: they do when they prepare a
/// request.
///
/// # Errors
/// Everything in which the body differs from the schema, if it does not fit the type.
pub(crate) fn read<T: DeserializeOwned + Serialize + JsonSchema>(
    body: &Value,
) -> Result<Fit<T>, Vec<Problem>> {
    let found = differences::<T>(body);
    if found.iter().any(|difference| difference.is_structural) {
        return Err(found.into_iter().map(|difference| difference.problem).collect());
    }
    let value: T = serde_path_to_error::deserialize(body).map_err(|error| {
        let mut problems: Vec<Problem> = found.into_iter().map(|difference| difference.problem).collect();
        if problems.is_empty() {
            problems.push(Problem::new(
                place(error.path()),
                "has another type or form than documented",
            ));
        }
        problems
    })?;
    let unknown = serde_json::to_value(&value)
        .map(|understood| unknown::fields(body, &understood))
        .unwrap_or_default();
    Ok(Fit { value, unknown })
}

/// Fields that stand in an object more than once, which a JSON value has forgotten: the first that is found.
pub(crate) fn repeated<T: DeserializeOwned>(bytes: &[u8]) -> Option<Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let error = serde_path_to_error::deserialize::<_, T>(&mut json).err()?;
    let text = error.inner().to_string();
    let field = text.strip_prefix("duplicate field `")?.split('`').next()?;
    let pointer = format!("{}/{}", place(error.path()), escaped(field));
    Some(Problem::new(pointer, "stands in the object more than once"))
}

/// Reads JSON, with the place where it ends to be some.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    Value::deserialize(&mut json)
        .and_then(|value| json.end().map(|()| value))
        .map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Problem::new("", format!("is not JSON (line {line}, column {column})"))
        })
}

fn place(path: &Path) -> String {
    path.iter().fold(String::new(), |pointer, segment| match segment {
        Segment::Seq { index } => format!("{pointer}/{index}"),
        Segment::Map { key } => format!("{pointer}/{}", escaped(key)),
        Segment::Enum { .. } | Segment::Unknown => pointer,
    })
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

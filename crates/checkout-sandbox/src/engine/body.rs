//! From the bytes of a body to a typed request: content type, JSON syntax, schema, rules. The same for both APIs.
//!
//! A body is held against the spec's JSON Schema, decoded, and validated by its type. All that these find is told at once:
//! the schema knows every fault, the type words some better, and finds what the schema lets pass, such as a number too large
//! for its `int32`. JSON itself is read as the other programs of the house read it ([`checkout_core::json`]).
//!
//! Descriptions never quote a value: they come back in answers, and answers end in logs.

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use checkout_core::json::{self, JsonError, REPEATED};
use checkout_core::{Validate, utf8};
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::engine::pointer;
use crate::engine::received::{Received, Single};
use crate::engine::schema::{self, FieldFault};

const WRONG_TYPE_OBJECT: &str = "has the wrong type or form; expected an object";

/// Why a body is not the request that the operation expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// The `Content-Type` is absent, or is not `application/json`.
    ContentType,
    /// The body is compressed, or encoded in another way.
    ContentEncoding,
    /// No body at all.
    Missing,
    /// Not JSON, or not text in UTF-8.
    Json(JsonError),
    /// JSON, but not as the schema says.
    Schema(Vec<FieldFault>),
    /// The sandbox has no schema to check it against: a fault of its own.
    Unchecked,
}

/// A type's own reading of a body, beside the schema's: the first thing that it cannot read, or every rule that is broken.
pub(crate) type Check = fn(&[u8]) -> Result<(), Vec<FieldFault>>;

impl From<JsonError> for BodyFault {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::Repeated { pointers } => Self::Schema(
                pointers
                    .into_iter()
                    .map(|pointer| FieldFault::new(pointer, REPEATED))
                    .collect(),
            ),
            other => Self::Json(other),
        }
    }
}

/// Reads a body and checks every rule that the spec sets for it.
pub(crate) fn read(
    received: &Received,
    schema: Option<&Validator>,
    check: Option<Check>,
) -> Result<Value, BodyFault> {
    if !is_json(received.single(CONTENT_TYPE.as_str())) {
        return Err(BodyFault::ContentType);
    }
    match received.single(CONTENT_ENCODING.as_str()) {
        Single::Absent => {}
        Single::Text(encoding) if encoding.trim().eq_ignore_ascii_case("identity") => {}
        Single::Text(_) | Single::Unreadable => return Err(BodyFault::ContentEncoding),
    }
    if received.body.is_empty() {
        return Err(BodyFault::Missing);
    }
    decode(&received.body, schema.ok_or(BodyFault::Unchecked)?, check)
}

/// `application/json`, with or without parameters.
fn is_json(content_type: Single<'_>) -> bool {
    let Single::Text(text) = content_type else {
        return false;
    };
    let essence = text.split_once(';').map_or(text, |(essence, _)| essence);
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn decode(body: &[u8], schema: &Validator, check: Option<Check>) -> Result<Value, BodyFault> {
    // On its own: a schema fault must not hide that the rest is not JSON, and of a field given twice nobody knows which counts.
    let sent: Value = json::read(body)?;
    let mut faults = schema::faults(schema, &sent);
    if let Some(Err(more)) = check.map(|check| check(utf8::without_mark(body))) {
        more.into_iter().for_each(|fault| add(&mut faults, fault));
    }
    if faults.is_empty() {
        Ok(sent)
    } else {
        Err(BodyFault::Schema(faults))
    }
}

/// The [`Check`] of a type.
pub(crate) fn check<T: DeserializeOwned + Validate>(body: &[u8]) -> Result<(), Vec<FieldFault>> {
    typed::<T>(body).map(drop)
}

/// The body as its type reads it; or the first thing that it cannot read, or every rule that what it read breaks.
fn typed<T: DeserializeOwned + Validate>(body: &[u8]) -> Result<T, Vec<FieldFault>> {
    let request: T = serde_json::from_slice(body).or_else(|_| located(body))?;
    match request.validate() {
        Ok(()) => Ok(request),
        Err(found) => Err(schema::told(&found)),
    }
}

/// The same with the place of what it cannot read; dearer, so only for a body that it cannot read.
fn located<T: DeserializeOwned>(body: &[u8]) -> Result<T, Vec<FieldFault>> {
    let mut json = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let (description, field) = describe(&error.inner().to_string());
        let mut pointer = place(error.path());
        if let Some(field) = field {
            pointer::push(&mut pointer, &field);
        }
        vec![FieldFault::new(pointer, description)]
    })
}

/// Adds what the type found to what the schema found. Of one place the type's words are told, and nothing of what lies
/// within a place that is wrong as a whole.
fn add(faults: &mut Vec<FieldFault>, fault: FieldFault) {
    let within = |outer: &str| {
        fault
            .pointer
            .strip_prefix(outer)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    if faults.iter().any(|known| within(&known.pointer)) {
        return;
    }
    match faults.iter_mut().find(|known| known.pointer == fault.pointer) {
        Some(known) => known.description = fault.description,
        None => faults.push(fault),
    }
}

/// serde's message without the value that it quotes and without the position; and the field that it names, if it is
/// about a field of the object that stands at its path.
fn describe(message: &str) -> (String, Option<String>) {
    let message = message.rfind(" at line ").map_or(message, |end| &message[..end]);
    let named = |start: &str| {
        message
            .strip_prefix(start)
            .and_then(|rest| rest.strip_suffix('`'))
            .map(str::to_owned)
    };
    if let Some(field) = named("missing field `") {
        return ("is required".to_owned(), Some(field));
    }
    if message.starts_with("invalid ") {
        let expected = message
            .split_once(", expected ")
            .map_or("another value", |(_, expected)| expected);
        if expected.starts_with("struct ") {
            return (WRONG_TYPE_OBJECT.to_owned(), None);
        }
        // Rust's names of integers: `i32`, `u8`.
        let expected = match expected.strip_prefix(['i', 'u']) {
            Some(bits) if bits.bytes().all(|digit| digit.is_ascii_digit()) => "an integer within its range",
            _ => expected,
        };
        return (format!("has the wrong type or form; expected {expected}"), None);
    }
    (message.to_owned(), None)
}

fn place(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer::push(&mut pointer, &index.to_string()),
            Segment::Map { key } => pointer::push(&mut pointer, key),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use checkout_core::Violations;

    use super::*;

    #[derive(Debug, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
    struct Order {
        items: Vec<Item>,
        #[serde(default)]
        #[schemars(with = "String", extend("minLength" = 2))]
        note: Option<String>,
    }

    #[derive(Debug, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
    struct Item {
        name: String,
        /// For a schema, any number.
        #[schemars(with = "i64")]
        count: u8,
    }

    impl Validate for Order {
        fn check(&self, at: &checkout_core::validate::At<'_>, found: &mut Violations) {
            if self.items.iter().any(|item| item.count == 0) {
                found.push(
                    &at.field("items"),
                    checkout_core::validate::Rule::Consistency,
                    "must be of something",
                );
            }
        }
    }

    fn read(body: &[u8]) -> Result<Value, BodyFault> {
        let schema = schema::compile(schemars::schema_for!(Order).as_value()).unwrap();
        decode(body, &schema, Some(check::<Order>))
    }

    fn fault(body: &str) -> BodyFault {
        read(body.as_bytes()).unwrap_err()
    }

    fn schema(pointer: &str, description: &str) -> BodyFault {
        BodyFault::Schema(vec![FieldFault::new(pointer, description)])
    }

    #[test]
    fn what_the_schema_lets_pass_the_type_may_not() {
        assert_eq!(
            fault(r#"{"items":[{"name":"Ada","count":256}]}"#),
            schema(
                "/items/0/count",
                "has the wrong type or form; expected an integer within its range"
            )
        );
        assert_eq!(
            fault(r#"{"items":[{"name":"Ada","count":0}]}"#),
            schema("/items", "must be of something")
        );
    }

    #[test]
    fn what_schema_and_type_find_is_told_together() {
        assert_eq!(
            fault(r#"{"items":[{"name":"Ada","count":0}],"note":"x"}"#),
            BodyFault::Schema(vec![
                FieldFault::new("/note", "has 1 characters; at least 2 are needed"),
                FieldFault::new("/items", "must be of something"),
            ])
        );
    }

    #[test]
    fn a_field_given_twice_is_not_chosen_from() {
        let twice = r#"{"items":[{"name":"Ada","count":1,"count":2}]}"#;
        assert_eq!(
            fault(twice),
            schema("/items/0/count", "stands in the object more than once")
        );
    }

    #[test]
    fn parameters_of_the_content_type_do_not_matter() {
        assert!(is_json(Single::Text("application/json")));
        assert!(is_json(Single::Text("Application/JSON; charset=utf-8")));
        assert!(!is_json(Single::Text("text/plain")));
        assert!(!is_json(Single::Text("application/json-patch+json")));
        assert!(!is_json(Single::Absent));
    }
}

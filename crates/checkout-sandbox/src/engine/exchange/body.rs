//! From the bytes of a body to a typed request: content type, JSON syntax, schema, rules. The same for both APIs.
//!
//! A body is held against the spec's JSON Schema, which tells every fault at once. Where an operation reads it by a type, that
//! may find what the schema lets pass. JSON itself is read as the other programs of the house read it ([`checkout_core::json`]).
//!
//! Descriptions never quote a value: they come back in answers, and answers end in logs.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use checkout_core::json::{self, JsonError, REPEATED};
use checkout_core::received::{ReadError, ReadFault};
use checkout_core::validate::At;
use checkout_core::{Sent, Validate};
use jsonschema::Validator;
use serde_json::Value;

use super::received::{Received, Single};
use crate::engine::spec::{FieldFault, schema};

/// Why a body is not the request that the operation expects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyFault {
    /// The `Content-Type` is absent, or is not `application/json`.
    #[error("content type not supported: send the header Content-Type: application/json")]
    ContentType,
    /// The body is compressed, or encoded in another way.
    #[error("content encoding not supported: send the body as it is, without the header Content-Encoding")]
    ContentEncoding,
    #[error("body missing: send a JSON object")]
    Missing,
    /// Not JSON, or not text in UTF-8.
    #[error("body {0}")]
    Json(JsonError),
    /// JSON, but not as the schema says.
    #[error("body does not fit the schema")]
    Schema(Vec<FieldFault>),
    /// The sandbox has no schema to check it against: a fault of its own.
    #[error("the schema of the body could not be read")]
    Unchecked,
}

impl BodyFault {
    pub(crate) const fn status(&self) -> StatusCode {
        match self {
            Self::ContentType | Self::ContentEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Missing | Self::Json(_) | Self::Schema(_) => StatusCode::BAD_REQUEST,
            Self::Unchecked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

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
pub(crate) fn read(received: &Received, schema: Option<&Validator>) -> Result<Value, BodyFault> {
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
    decode(&received.body, schema.ok_or(BodyFault::Unchecked)?)
}

/// `application/json`, with or without parameters.
fn is_json(content_type: Single<'_>) -> bool {
    let Single::Text(text) = content_type else {
        return false;
    };
    let essence = text.split_once(';').map_or(text, |(essence, _)| essence);
    essence.trim().eq_ignore_ascii_case("application/json")
}

fn decode(body: &[u8], schema: &Validator) -> Result<Value, BodyFault> {
    // Syntax first: a fault of the schema must not hide that the rest is not JSON, or that a field stands twice.
    let sent: Value = json::read(body)?;
    let faults = schema::faults(schema, &sent);
    if faults.is_empty() {
        Ok(sent)
    } else {
        Err(BodyFault::Schema(faults))
    }
}

/// Reads a body that fits its schema as a type. Fails at the first value that the type cannot read, or with every broken rule of it.
pub(crate) fn request<T: Sent + Validate>(body: &Value) -> Result<T, BodyFault> {
    let request: T = read_as(body)?;
    request
        .validate()
        .map_err(|found| BodyFault::Schema(schema::told(&found)))?;
    Ok(request)
}

/// The same without the rules of the type.
pub(crate) fn read_as<T: Sent>(body: &Value) -> Result<T, BodyFault> {
    T::from_json(body, &At::BODY).map_err(|error| BodyFault::Schema(vec![misfit(&error)]))
}

fn misfit(error: &ReadError) -> FieldFault {
    let pointer = error.pointer();
    match error.fault() {
        ReadFault::Missing { field } => {
            FieldFault::new(At::parameter(pointer).field(field).to_string(), "is required")
        }
        ReadFault::Type { due } => {
            FieldFault::new(pointer, format!("has the wrong type or form; expected {due}"))
        }
        ReadFault::Amount { error } => FieldFault::new(pointer, format!("the amount {error}")),
        _ => FieldFault::new(pointer, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_schema_lets_pass_the_type_may_not() {
        let digits = serde_json::json!({"Description": "a", "Quantity": "1".repeat(100), "UnitAmount": "1", "TotalAmount": "1"});
        let read = request::<noah_models::LineItem>(&digits);
        assert!(
            matches!(read, Err(BodyFault::Schema(faults)) if faults[0].pointer == "/Quantity" && !faults[0].description.contains("111"))
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

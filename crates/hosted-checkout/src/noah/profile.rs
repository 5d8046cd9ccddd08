//! NOAH's own words about a failure.

use checkout_core::Json;
use checkout_transport::{ApiError, ApiProfile, FieldError, Visibility};
use http::{HeaderMap, StatusCode};
use noah_models::operations;
use serde_json::Value;

/// Reads NOAH's error bodies (spec, schema `Error`): each field by itself, so that one of an unknown shape does not
/// hide the others.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoahProfile;

impl ApiProfile for NoahProfile {
    fn name(&self) -> &'static str {
        "NOAH"
    }

    fn visibility(&self, field: &str) -> Visibility {
        Visibility::by_lists(field, operations::SHOWN_FIELDS, operations::OPEN_FIELDS)
    }

    fn error(&self, _status: StatusCode, _headers: &HeaderMap, body: &[u8]) -> Option<ApiError> {
        let value = Json::parse(body).ok()?.to_value();
        let mut error = ApiError::default();
        error.code = text(&value, "Type");
        error.detail = text(&value, "Detail");
        error.reference = text(&value, "Instance");
        error.fields = items(value.pointer("/RequestExtension/Body"))
            .map(|item| field(text(item, "Field"), item))
            .chain(items(value.get("DenyExtension")).map(|item| field(denied(item), item)))
            .collect();
        (error != ApiError::default()).then_some(error)
    }
}

/// Whom a policy turned away: `User` or `Customer`. The id beside it stays in the body.
fn denied(item: &Value) -> Option<String> {
    item.pointer("/Principal/Type")?.as_str().map(str::to_owned)
}

fn field(name: Option<String>, item: &Value) -> FieldError {
    FieldError::new(
        name.unwrap_or_else(|| "(request)".to_owned()),
        text(item, "Reason"),
        text(item, "Description"),
    )
}

fn text(value: &Value, name: &str) -> Option<String> {
    value
        .get(name)?
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &[u8]) -> Option<ApiError> {
        NoahProfile.error(StatusCode::BAD_REQUEST, &HeaderMap::new(), body)
    }

    #[test]
    fn fields_and_denials_are_read() {
        let body = json!({
            "Type": "InvalidMessage",
            "Instance": "i-1",
            "Detail": "the request body is not valid",
            "RequestExtension": {"Body": [
                {"Field": "LineItems.0.Quantity", "Reason": "SchemaValidation", "Description": "d"},
                {"Reason": "IntegrityValidation", "Description": "e"},
            ]},
            "DenyExtension": [{"Reason": "VerificationRequired", "Description": "f", "Principal": {"ID": "c", "Type": "Customer"}}],
        });
        let error = read(body.to_string().as_bytes()).unwrap();
        assert_eq!(error.code.as_deref(), Some("InvalidMessage"));
        assert_eq!(error.detail.as_deref(), Some("the request body is not valid"));
        assert_eq!(error.reference.as_deref(), Some("i-1"));
        let fields: Vec<_> = error
            .fields
            .iter()
            .map(|field| (field.field.as_str(), field.reason.as_deref().unwrap()))
            .collect();
        let expected = [
            ("LineItems.0.Quantity", "SchemaValidation"),
            ("(request)", "IntegrityValidation"),
            ("Customer", "VerificationRequired"),
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn what_can_be_read_is_read() {
        let odd =
            json!({"Type": 7, "Detail": "still here", "RequestExtension": [], "DenyExtension": {"a": 1}});
        let error = read(odd.to_string().as_bytes()).unwrap();
        assert_eq!((error.code, error.detail.as_deref()), (None, Some("still here")));
        for nothing in [
            &b""[..],
            b"<html>",
            b"null",
            b"[]",
            b"{}",
            br#"{"Type":"","message":"x"}"#,
        ] {
            assert_eq!(read(nothing), None);
        }
    }
}

//! An answer with a value that no list has.

use bytes::Bytes;
use serde_json::Value;

use crate::engine::spec::Api;

/// The value that nobody knows.
const UNKNOWN: &str = "SandboxUnknownValue";

/// The body with the value of one field replaced; `None` if there is no such field.
pub(super) fn changed(api: Api, body: &[u8], field: Option<&str>) -> Option<Bytes> {
    let mut json: Value = serde_json::from_slice(body).ok()?;
    let replaced = match field {
        Some(field) => replace(&mut json, field),
        None => api
            .profile()
            .decisive_fields
            .iter()
            .any(|field| replace(&mut json, field)),
    };
    replaced
        .then(|| serde_json::to_vec(&json).ok())
        .flatten()
        .map(Bytes::from)
}

/// Replaces the first text of that name.
fn replace(json: &mut Value, field: &str) -> bool {
    match json {
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get_mut(field) {
                UNKNOWN.clone_into(text);
                return true;
            }
            members.values_mut().any(|value| replace(value, field))
        }
        Value::Array(items) => items.iter_mut().any(|item| replace(item, field)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_replaced_and_the_rest_stays() {
        let body = br#"{"A":"1.50","CheckoutSession":{"Type":"PayinFiat","Status":"Pending"},"Status":7}"#;
        let text =
            |field| changed(Api::Noah, body, field).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
        assert_eq!(
            text(None).unwrap(),
            r#"{"A":"1.50","CheckoutSession":{"Type":"PayinFiat","Status":"SandboxUnknownValue"},"Status":7}"#
        );
        assert_eq!(
            text(Some("Type")).unwrap(),
            r#"{"A":"1.50","CheckoutSession":{"Type":"SandboxUnknownValue","Status":"Pending"},"Status":7}"#
        );
        assert_eq!(text(Some("Nothing")), None);
        assert_eq!(changed(Api::Worldline, b"<html>", None), None);
    }
}

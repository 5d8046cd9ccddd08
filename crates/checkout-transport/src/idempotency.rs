//! The key by which an API recognises a repeated request.

use checkout_core::received::members;
use checkout_core::{Idempotency, Operation};
use http::HeaderMap;
use serde_json::value::RawValue;

/// The key that a finished request carries, wherever its operation says that it stands.
pub(crate) fn key(operation: &Operation, headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let key = match operation.idempotency {
        Idempotency::BodyField(name) => field(name, body)?,
        Idempotency::Header(name) => headers.get(name)?.to_str().ok()?.to_owned(),
        _ => return None,
    };
    Some(key).filter(|key| !key.is_empty())
}

/// The text at a path of names in a JSON object; all else is read over. Of a name that stands twice, the last counts, as
/// with most readers.
fn field(path: &str, body: &[u8]) -> Option<String> {
    let mut json: &RawValue = serde_json::from_slice(body).ok()?;
    for name in path.split('/') {
        let mut members = members(json).ok()?.into_iter();
        json = members.rfind(|(known, _)| known == name)?.1;
    }
    serde_json::from_str(json.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const fn operation(idempotency: Idempotency) -> Operation {
        Operation::new("pay", "POST", "/pay", "test", idempotency, true)
    }

    #[test]
    fn a_field_of_the_body_is_found() {
        let field = operation(Idempotency::BodyField("Nonce"));
        for (body, found) in [
            (r#"{"a":{"Nonce":"inner"},"Nonce":"n-1","z":[]}"#, Some("n-1")),
            (r#"{"Nonce":"a\"b"}"#, Some("a\"b")),
            (r#"{"Non\u0063e":"n-1"}"#, Some("n-1")),
            (r#"{"Nonce":"n-1"} x"#, None),
            (r#"{"a":{"Nonce":"inner"}}"#, None),
            (r#"{"Nonce":7}"#, None),
            (r#"{"Nonce":""}"#, None),
            (r#"{"Nonce":"n-1""#, None),
            (r#"["Nonce"]"#, None),
            ("", None),
        ] {
            let found_here = key(&field, &HeaderMap::new(), body.as_bytes());
            assert_eq!(found_here.as_deref(), found, "{body}");
        }
    }

    #[test]
    fn a_field_within_the_body_is_found() {
        let field = operation(Idempotency::BodyField("Trigger/Nonce"));
        for (body, found) in [
            (
                r#"{"Nonce":"outer","Trigger":{"Type":"T","Nonce":"n-1","z":{"Nonce":"deep"}}}"#,
                Some("n-1"),
            ),
            (
                r#"{"Trigger":{"Nonce":"first"},"Trigger":{"Nonce":"n-1"}}"#,
                Some("n-1"),
            ),
            (r#"{"Trigger":{"Nonce":"first"},"Trigger":{}}"#, None),
            (r#"{"Trigger/Nonce":"n-1"}"#, None),
            (r#"{"Nonce":"outer","Trigger":{}}"#, None),
            (r#"{"Trigger":{"Nonce":{"Nonce":"deep"}}}"#, None),
            (r#"{"Trigger":[{"Nonce":"n-1"}]}"#, None),
            (r#"{"Trigger":"n-1"}"#, None),
        ] {
            let found_here = key(&field, &HeaderMap::new(), body.as_bytes());
            assert_eq!(found_here.as_deref(), found, "{body}");
        }
    }

    #[test]
    fn a_header_is_found() {
        let header = operation(Idempotency::Header("X-GCS-Idempotence-Key"));
        let body = br#"{"X-GCS-Idempotence-Key":"body"}"#;
        let mut headers = HeaderMap::new();
        assert_eq!(key(&header, &headers, body), None);
        for (value, found) in [
            (HeaderValue::from_static("k-1"), Some("k-1")),
            (HeaderValue::from_static(""), None),
            (HeaderValue::from_bytes(b"\xff").unwrap(), None),
        ] {
            headers.insert("x-gcs-idempotence-key", value);
            assert_eq!(key(&header, &headers, body).as_deref(), found);
        }
        for other in [Idempotency::Read, Idempotency::None] {
            assert_eq!(key(&operation(other), &headers, body), None);
        }
    }
}

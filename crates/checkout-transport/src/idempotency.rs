//! The key by which an API recognises a repeated request.

use std::fmt;

use checkout_core::{Idempotency, Operation};
use http::HeaderMap;
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};

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
fn field(path: &'static str, body: &[u8]) -> Option<String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let found = Members(path).deserialize(&mut json).ok()?;
    json.end().ok()?;
    found
}

struct Members(&'static str);

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Option<String>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let (name, within) = match self.0.split_once('/') {
            Some((name, within)) => (name, Some(within)),
            None => (self.0, None),
        };
        while let Some(is_it) = members.next_key_seed(Named(name))? {
            match within {
                Some(within) if is_it => found = members.next_value_seed(Self(within))?,
                None if is_it => {
                    found = match members.next_value::<serde_json::Value>()? {
                        serde_json::Value::String(text) => Some(text),
                        _ => None,
                    };
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

/// Whether a member's name is this one.
struct Named(&'static str);

impl<'de> DeserializeSeed<'de> for Named {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Named {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
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

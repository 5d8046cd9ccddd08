//! The key by which an API recognises a repeated request.

use checkout_core::{Idempotency, Operation};

/// The key that a finished request carries, wherever its operation says that it stands.
pub(crate) fn key(operation: &Operation, request: &reqwest::Request) -> Option<String> {
    let key = match operation.idempotency {
        Idempotency::BodyField(name) => {
            let body: serde_json::Value = serde_json::from_slice(request.body()?.as_bytes()?).ok()?;
            body.get(name)?.as_str()?.to_owned()
        }
        Idempotency::Header(name) => request.headers().get(name)?.to_str().ok()?.to_owned(),
        _ => return None,
    };
    Some(key).filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const fn operation(idempotency: Idempotency) -> Operation {
        Operation::new("pay", "POST", "/pay", "test", idempotency, true)
    }

    fn request(body: &'static str) -> reqwest::Request {
        let mut request = reqwest::Request::new(http::Method::POST, "http://localhost/pay".parse().unwrap());
        *request.body_mut() = Some(body.into());
        request
    }

    #[test]
    fn a_field_of_the_body_is_found() {
        let field = operation(Idempotency::BodyField("Nonce"));
        for (body, found) in [
            (r#"{"a":{"Nonce":"inner"},"Nonce":"n-1","z":[]}"#, Some("n-1")),
            (r#"{"Nonce":"a\"b"}"#, Some("a\"b")),
            (r#"{"a":{"Nonce":"inner"}}"#, None),
            (r#"{"Nonce":7}"#, None),
            (r#"{"Nonce":""}"#, None),
            (r#"{"Nonce":"n-1""#, None),
            (r#"["Nonce"]"#, None),
            ("", None),
        ] {
            assert_eq!(key(&field, &request(body)).as_deref(), found, "{body}");
        }
        let bare = reqwest::Request::new(http::Method::POST, "http://localhost/pay".parse().unwrap());
        assert_eq!(key(&field, &bare), None);
    }

    #[test]
    fn a_header_is_found() {
        let header = operation(Idempotency::Header("X-GCS-Idempotence-Key"));
        let mut request = request(r#"{"X-GCS-Idempotence-Key":"body"}"#);
        assert_eq!(key(&header, &request), None);
        for (value, found) in [
            (HeaderValue::from_static("k-1"), Some("k-1")),
            (HeaderValue::from_static(""), None),
            (HeaderValue::from_bytes(b"\xff").unwrap(), None),
        ] {
            request.headers_mut().insert("x-gcs-idempotence-key", value);
            assert_eq!(key(&header, &request).as_deref(), found);
        }
        for other in [Idempotency::Read, Idempotency::None] {
            assert_eq!(key(&operation(other), &request), None);
        }
    }
}

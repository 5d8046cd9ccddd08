//! How Worldline Connect words its errors, and what it says about a repeated request.

use std::time::{Duration, SystemTime};

use checkout_core::Json;
use checkout_transport::retry::Repeat;
use checkout_transport::{ApiError, ApiProfile, Declined, FieldError, Visibility};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use worldline_connect_models::operations;

const IDEMPOTENCE_REQUEST_TIMESTAMP: &str = "x-gcs-idempotence-request-timestamp";

/// Reads `{"errorId", "errors": [{"code", "message", "propertyName", …}]}`.
///
/// Of several errors the first gives code and explanation; each that names a property becomes a field. The whole list,
/// with `category`, `httpStatusCode` and `requestId`, comes from [`checkout_transport::Error::decode_api_error`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Profile;

impl ApiProfile for Profile {
    fn name(&self) -> &'static str {
        "Worldline Connect"
    }

    fn visibility(&self, field: &str) -> Visibility {
        Visibility::by_lists(field, operations::SHOWN_FIELDS, operations::OPEN_FIELDS)
    }

    fn error(&self, _status: StatusCode, _headers: &HeaderMap, body: &[u8]) -> Option<ApiError> {
        let body = Json::parse(body).ok()?.to_value();
        let errors: &[Value] = body["errors"].as_array().map_or(&[], Vec::as_slice);
        // Not every error has a code; some, such as IIN_NOT_FOUND, have an id alone.
        let code = |error: &Value| text(error, "code").or_else(|| text(error, "id"));

        let mut read = ApiError::default();
        if let Some(first) = errors.first() {
            read.code = code(first);
            read.detail = text(first, "message");
        }
        read.reference =
            text(&body, "errorId").or_else(|| errors.iter().find_map(|error| text(error, "requestId")));
        read.fields = errors
            .iter()
            .filter_map(|error| {
                Some(FieldError::new(
                    text(error, "propertyName")?,
                    code(error),
                    text(error, "message"),
                ))
            })
            .collect();
        read.declined = declined(&body);
        (read != ApiError::default()).then_some(read)
    }

    /// Code 1409: the first request with this key is still at work, so its answer can be had later with the same key.
    /// Any other conflict is not repeated.
    fn repeat(&self, status: StatusCode, error: Option<&ApiError>) -> Repeat {
        let code = error.and_then(|error| error.code.as_deref());
        match (status, code) {
            (StatusCode::CONFLICT, Some("1409")) => Repeat::Later,
            _ => Repeat::of_status(status),
        }
    }
}

/// The payment, refund or payout that the API made and declined: its error answers hold it beside the errors.
fn declined(body: &Value) -> Option<Declined> {
    ["payment", "refund", "payout"].into_iter().find_map(|object| {
        let result = body.get(format!("{object}Result"))?.as_object()?;
        // A payment lies in the result of creating it; the others are the result.
        let declined = result.get(object).and_then(Value::as_object).unwrap_or(result);
        let text = |name: &str| declined.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Declined::new(object, text("id"), text("status")))
    })
}

/// A text, or a number where a text is documented.
fn text(object: &Value, name: &str) -> Option<String> {
    match &object[name] {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// When the first request with this idempotence key came in, to the millisecond; `None` if this was the first.
///
/// Reads the header `X-GCS-Idempotence-Request-Timestamp` of an answer or of an error.
///
/// ```
/// use hosted_checkout::worldline::idempotence_request_timestamp;
///
/// let mut headers = http::HeaderMap::new();
/// assert_eq!(idempotence_request_timestamp(&headers), None);
/// headers.insert("X-GCS-Idempotence-Request-Timestamp", "1402061983000".parse()?);
/// assert!(idempotence_request_timestamp(&headers).is_some());
/// # Ok::<(), http::header::InvalidHeaderValue>(())
/// ```
#[must_use]
pub fn idempotence_request_timestamp(headers: &HeaderMap) -> Option<SystemTime> {
    let milliseconds = headers
        .get(IDEMPOTENCE_REQUEST_TIMESTAMP)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<ApiError> {
        Profile.error(StatusCode::BAD_REQUEST, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn documented_errors_are_read() {
        let error = read(
            r#"{"errorId":"15eabcd5-30b3-479b-ae03-67bb351c07e6-00000092","errors":[{"code":"20000000",
            "propertyName":"bankAccountBban.accountNumber","message":"PARAMETER_NOT_FOUND_IN_REQUEST"}]}"#,
        )
        .unwrap();
        assert_eq!(error.code.as_deref(), Some("20000000"));
        assert_eq!(error.detail.as_deref(), Some("PARAMETER_NOT_FOUND_IN_REQUEST"));
        assert_eq!(
            error.reference.as_deref(),
            Some("15eabcd5-30b3-479b-ae03-67bb351c07e6-00000092")
        );
        assert_eq!(error.fields.len(), 1);
        assert_eq!(error.fields[0].field, "bankAccountBban.accountNumber");
        assert_eq!(error.fields[0].reason.as_deref(), Some("20000000"));
    }

    #[test]
    fn whatever_can_be_read_is_read() {
        let error = read(r#"{"errors":[{"id":"IIN_NOT_FOUND","requestId":24146,"httpStatusCode":"404"},7]}"#)
            .unwrap();
        assert_eq!(error.code.as_deref(), Some("IIN_NOT_FOUND"));
        assert_eq!(error.reference.as_deref(), Some("24146"));
        let blank = read(r#"{"errorId":"","errors":[{"code":"","id":"IIN_NOT_FOUND","requestId":"r-1"}]}"#);
        let blank = blank.unwrap();
        assert_eq!(
            (blank.code.as_deref(), blank.reference.as_deref()),
            (Some("IIN_NOT_FOUND"), Some("r-1"))
        );
        assert_eq!(
            read(r#"{"errorId":"abc"}"#).unwrap().reference.as_deref(),
            Some("abc")
        );
    }

    #[test]
    fn a_declined_payment_is_named() {
        let error = read(
            r#"{"errorId":"e","errors":[{"code":"430330","message":"Not authorised","httpStatusCode":402}],
            "paymentResult":{"creationOutput":{},"payment":{"id":"000000123410000595980000100001","status":"REJECTED"}}}"#,
        )
        .unwrap();
        let declined = error.declined.unwrap();
        assert_eq!(declined.object, "payment");
        assert_eq!(declined.id.as_deref(), Some("000000123410000595980000100001"));
        assert_eq!(declined.status.as_deref(), Some("REJECTED"));

        let error = read(r#"{"refundResult":{"id":"r-1","status":"REJECTED"}}"#).unwrap();
        assert_eq!(error.declined.unwrap().id.as_deref(), Some("r-1"));
    }

    #[test]
    fn only_a_request_that_is_still_at_work_is_asked_again() {
        let repeat = |status: u16, code: Option<&str>| {
            let mut error = ApiError::default();
            error.code = code.map(str::to_owned);
            Profile.repeat(StatusCode::from_u16(status).unwrap(), Some(&error))
        };
        assert_eq!(repeat(409, Some("1409")), Repeat::Later);
        assert_eq!(repeat(409, Some("300620")), Repeat::Never);
        assert_eq!(repeat(409, None), Repeat::Never);
        assert_eq!(repeat(503, Some("1409")), Repeat::Later);
        assert_eq!(repeat(400, Some("1409")), Repeat::Never);
    }

    #[test]
    fn what_is_no_error_body_is_left_alone() {
        for body in [
            "",
            "<html>",
            "{}",
            "[]",
            "null",
            r#"{"errors":{}}"#,
            r#"{"errors":[{}]}"#,
            "{\"errorId\":",
        ] {
            assert_eq!(read(body), None, "{body}");
        }
    }

    #[test]
    fn a_timestamp_is_milliseconds() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(IDEMPOTENCE_REQUEST_TIMESTAMP, text.parse().unwrap());
            idempotence_request_timestamp(&headers)
        };
        assert_eq!(
            read("1402061983123"),
            Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_402_061_983_123))
        );
        for text in ["", "-1", "soon", "1.5"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}

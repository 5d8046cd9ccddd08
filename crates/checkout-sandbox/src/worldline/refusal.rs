//! Worldline Connect's error answers.
//!
//! Bodies hold the codes that the vendor documents. Faults for which none is known carry codes that begin with
//! `SANDBOX_`, so that nobody takes them for the vendor's. What exactly is wrong stands in the header
//! [`DETAIL_HEADER`], which the real API does not send.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::access::unauthorized::Unauthorized;
use crate::engine::exchange::{Answer, BodyFault, Failure, NO_BEHAVIOUR, ReadFault, reference};
use crate::engine::spec::FieldFault;
use crate::engine::text::sparse;

/// The header that says what exactly is wrong.
pub(crate) const DETAIL_HEADER: HeaderName = HeaderName::from_static("x-sandbox-detail");

/// Longest list of faults in that header, in bytes: clients refuse very long headers.
const LONGEST_DETAIL: usize = 2_000;

/// An answer other than success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    errors: Vec<ErrorEntry>,
    detail: String,
}

/// One entry of `errors`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ErrorEntry {
    code: Cow<'static, str>,
    message: &'static str,
    property_name: Option<String>,
}

impl Refusal {
    pub(super) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            errors: vec![ErrorEntry {
                code: code.into(),
                message,
                property_name: None,
            }],
            detail: detail.into(),
        }
    }

    /// With a code of the sandbox's own.
    fn own(status: StatusCode, message: &'static str, detail: impl Into<String>) -> Self {
        Self::new(status, format!("SANDBOX_{message}"), message, detail)
    }

    fn about(mut self, property_name: impl Into<String>) -> Self {
        if let Some(fault) = self.errors.first_mut() {
            fault.property_name = Some(property_name.into());
        }
        self
    }

    /// A required value that the request leaves out.
    pub(crate) fn missing(property_name: &str, detail: impl Into<String>) -> Self {
        let message = "PARAMETER_NOT_FOUND_IN_REQUEST";
        Self::new(StatusCode::BAD_REQUEST, "20000000", message, detail).about(property_name)
    }

    /// A value that cannot be used.
    pub(crate) fn invalid(property_name: &str, detail: impl Into<String>) -> Self {
        Self::own(StatusCode::BAD_REQUEST, "INVALID_VALUE", detail).about(property_name)
    }

    pub(crate) fn malformed_meta_info() -> Self {
        let detail = "header X-GCS-ServerMetaInfo malformed: it is base64 of a JSON object";
        Self::invalid("X-GCS-ServerMetaInfo", detail)
    }

    /// Missing or invalid credentials.
    fn unauthorized(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new(status, "9002", "MISSING_OR_INVALID_AUTHORIZATION", detail)
    }

    pub(crate) fn other_merchant() -> Self {
        let detail = "merchant id not linked to this account: the api key belongs to another merchant";
        Self::unauthorized(StatusCode::FORBIDDEN, detail)
    }

    pub(crate) fn no_session_for_product() -> Self {
        let detail = "only payment product 302, Apple Pay, has sessions";
        let message = "CREATE_SESSION_NOT_AVAILABLE_FOR_PRODUCT";
        Self::new(StatusCode::NOT_FOUND, "1426", message, detail)
    }

    pub(crate) fn path_not_found() -> Self {
        Self::own(StatusCode::NOT_FOUND, "PATH_NOT_FOUND", "path not found")
    }

    pub(crate) fn method_not_allowed() -> Self {
        let detail = "method not allowed: see the header Allow";
        Self::own(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", detail)
    }

    pub(crate) fn unexpected(detail: impl Into<String>) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "9999", "UNKNOWN_SERVER_ERROR", detail)
    }

    fn of_body(fault: &BodyFault) -> Self {
        let (status, detail) = (fault.status(), fault.to_string());
        let (code, message) = match fault {
            BodyFault::ContentType => ("SANDBOX_CONTENT_TYPE", "CONTENT_TYPE_NOT_SUPPORTED"),
            BodyFault::ContentEncoding => ("SANDBOX_CONTENT_ENCODING", "CONTENT_ENCODING_NOT_SUPPORTED"),
            BodyFault::Missing | BodyFault::Json(_) => ("SANDBOX_INVALID_BODY", "INVALID_BODY"),
            BodyFault::Schema(faults) => {
                let errors = faults.iter().map(|fault| ErrorEntry {
                    code: "SANDBOX_INVALID_BODY".into(),
                    message: "INVALID_BODY",
                    property_name: Some(location(&fault.pointer)).filter(|place| !place.is_empty()),
                });
                return Self {
                    status,
                    errors: errors.collect(),
                    detail: listed(faults),
                };
            }
            BodyFault::Unchecked => return Self::unexpected(detail),
        };
        Self::new(status, code, message, detail)
    }

    /// The answer, with a new error id.
    pub(crate) fn answer(self) -> Response {
        self.answer_as(reference::new())
    }

    pub(super) fn answer_as(self, reference: Uuid) -> Response {
        let status = self.status;
        let errors = self.errors.iter().map(|error| {
            sparse(json!({
                "code": error.code, "httpStatusCode": status.as_u16(), "message": error.message,
                "propertyName": error.property_name,
            }))
        });
        let errors: Vec<Value> = errors.collect();
        let body = json!({ "errorId": reference.to_string(), "errors": errors });
        let body = body.to_string().into();
        let mut answer = Answer { status, body }.into_response();
        if let Ok(detail) = HeaderValue::from_str(&self.detail) {
            answer.headers_mut().insert(DETAIL_HEADER, detail);
        }
        answer
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Read(fault) => {
                let message = match fault {
                    ReadFault::TooLarge => "BODY_TOO_LARGE",
                    ReadFault::Broken => "BODY_BROKEN",
                };
                Self::own(fault.status(), message, fault.to_string())
            }
            Failure::Body(fault) => Self::of_body(&fault),
            Failure::Path => Self::path_not_found(),
            Failure::Parameters(faults) => match faults.first() {
                Some(fault) if fault.pointer == "/paymentProductId" => {
                    let detail = "payment product id is not a number above zero, in digits alone";
                    Self::new(StatusCode::NOT_FOUND, "1007", "UNKNOWN_PRODUCT_ID", detail).about("productId")
                }
                Some(fault) => Self::invalid(fault.pointer.trim_start_matches('/'), listed(&faults)),
                None => Self::unexpected("a parameter does not fit"),
            },
            Failure::InProgress => Self::new(
                StatusCode::CONFLICT,
                "1409",
                "DUPLICATE REQUEST IN PROGRESS",
                "the first request with this idempotence key is still running: wait, and repeat it",
            ),
            // What the vendor does is not published; going on as if the bodies were equal would hide a mistake.
            Failure::Reused => Self::own(
                StatusCode::CONFLICT,
                "IDEMPOTENCE_KEY_REUSED",
                "idempotence key already used with another body: repeat the first body byte for byte, or take a new key",
            ),
            // Not 5xx, for the outcome is known: nothing was done.
            Failure::NoBehaviour => Self::own(StatusCode::BAD_REQUEST, "NO_BEHAVIOUR", NO_BEHAVIOUR),
            Failure::Unexpected(detail) => Self::unexpected(detail),
        }
    }
}

impl From<Unauthorized> for Refusal {
    /// 401, as the fixtures of the vendor's SDKs have it; its pages say 403.
    fn from(unauthorized: Unauthorized) -> Self {
        Self::unauthorized(StatusCode::UNAUTHORIZED, unauthorized.to_string())
    }
}

/// The faults in one line; `...` in place of what is too much for a header.
fn listed(faults: &[FieldFault]) -> String {
    let mut list = String::new();
    for FieldFault { pointer, description } in faults {
        let place = if pointer.is_empty() { "body" } else { pointer };
        if list.len() + place.len() + description.len() > LONGEST_DETAIL {
            list.push_str("...");
            break;
        }
        list.push_str(&format!("{place}: {description}; "));
    }
    list.trim_end_matches("; ").to_owned()
}

/// A JSON pointer in the API's own form of a place: `a.b[1]`.
fn location(pointer: &str) -> String {
    let mut location = String::new();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) {
            location.push_str(&format!("[{step}]"));
        } else {
            if !location.is_empty() {
                location.push('.');
            }
            location.push_str(&step);
        }
    }
    location
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_the_api_writes_them() {
        assert_eq!(
            location("/paymentProductFilters/exclude/products/1"),
            "paymentProductFilters.exclude.products[1]"
        );
        assert_eq!(location(""), "");
    }

    #[test]
    fn a_long_list_of_faults_is_cut() {
        let fault = |pointer: &str| FieldFault::new(pointer, "is wrong");
        assert_eq!(listed(&[fault(""), fault("/a")]), "body: is wrong; /a: is wrong");
        let many = listed(&vec![fault("/a"); LONGEST_DETAIL]);
        assert!(
            many.len() < LONGEST_DETAIL + 10 && many.ends_with("; ..."),
            "{many}"
        );
    }
}

//! Answers in place of the API's.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use checkout_core::filled;
use noah_models::ErrorType;
use serde::Serialize;
use uuid::Uuid;
use worldline_connect_models::{ApiError, ErrorResponse};

use crate::api::Api;
use crate::reference;
use crate::worldline::service::open_to_pages;
use crate::worldline::{DETAIL_HEADER, Refusal};

/// What an error on demand says of itself.
const DETAIL: &str = "fault on demand: the sandbox was told to answer so";

/// The error that a fault asks for, in the form of the API.
pub(super) fn refusal(api: Api, path: &str, status: u16, error: Option<&str>, reference: Uuid) -> Response {
    // What a rule holds was checked.
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match api {
        Api::Noah => noah(status, error, DETAIL, reference),
        Api::Worldline => for_whom(path, worldline(status, error, reference)),
    }
}

/// 400 for a header `X-Sandbox-Fault` that cannot be understood.
pub(crate) fn malformed_header(api: Api, path: &str, detail: &str) -> Response {
    let detail = format!("header X-Sandbox-Fault malformed: {detail}");
    match api {
        Api::Noah => noah(StatusCode::BAD_REQUEST, None, &detail, reference::new()),
        Api::Worldline => for_whom(path, Refusal::invalid("X-Sandbox-Fault", detail).answer()),
    }
}

/// An error of the control paths, in NOAH's form, for it is NOAH's listener that serves them.
pub(crate) fn control_error(status: StatusCode, detail: &str) -> Response {
    noah(status, None, detail, reference::new())
}

/// A page may read it as it may read every other answer of the Client API.
fn for_whom(path: &str, answer: Response) -> Response {
    if path.starts_with("/client/") {
        open_to_pages(answer)
    } else {
        answer
    }
}

fn noah(status: StatusCode, error: Option<&str>, detail: &str, reference: Uuid) -> Response {
    let kind = error.map_or_else(
        || match status {
            StatusCode::UNAUTHORIZED => ErrorType::Unauthorized,
            StatusCode::FORBIDDEN => ErrorType::Forbidden,
            StatusCode::NOT_FOUND => ErrorType::ResourceNotFound,
            _ if status.is_client_error() => ErrorType::InvalidMessage,
            _ => ErrorType::Unexpected,
        },
        ErrorType::from,
    );
    let error = filled!(noah_models::Error {
        type_: kind,
        instance: reference.to_string(),
        action: "sandbox".to_owned(),
        detail: detail.to_owned()
    });
    json(status, &error)
}

fn worldline(status: StatusCode, error: Option<&str>, reference: Uuid) -> Response {
    // The codes that the vendor documents; the others are the sandbox's own.
    let (code, message) = match (error, status.as_u16()) {
        (Some(code), _) => (code, "FAULT_ON_DEMAND"),
        (None, 401 | 403) => ("9002", "MISSING_OR_INVALID_AUTHORIZATION"),
        (None, 409) => ("1409", "DUPLICATE REQUEST IN PROGRESS"),
        (None, 500..) => ("9999", "UNKNOWN_SERVER_ERROR"),
        (None, _) => ("SANDBOX_FAULT", "FAULT_ON_DEMAND"),
    };
    let fault = filled!(ApiError {
        code,
        http_status_code: i32::from(status.as_u16()),
        message
    });
    let error = filled!(ErrorResponse {
        error_id: reference.to_string(),
        errors: vec![fault]
    });
    let mut answer = json(status, &error);
    answer
        .headers_mut()
        .insert(DETAIL_HEADER, HeaderValue::from_static(DETAIL));
    answer
}

fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    (
        status,
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body,
    )
        .into_response()
}

/// What a load balancer or a captive portal sends.
pub(super) fn page_of_a_proxy(status: u16) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><title>{status}</title></head>\n<body>\n<h1>{status}</h1>\n\
         <p>This page stands for one that a proxy before the API sends.</p>\n</body>\n</html>\n"
    );
    (
        status,
        [(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        )],
        page,
    )
        .into_response()
}

/// 307, which repeats method and body elsewhere. Without a target it leads to a path of the same API that does not
/// exist, so that the journal shows who follows.
pub(super) fn redirect(path: &str, to: Option<&str>) -> Response {
    let location = match to {
        Some(to) => HeaderValue::from_str(to),
        None => HeaderValue::from_str(&format!("{}/redirected", path.trim_end_matches('/'))),
    };
    let mut answer = StatusCode::TEMPORARY_REDIRECT.into_response();
    if let Ok(location) = location {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer
}

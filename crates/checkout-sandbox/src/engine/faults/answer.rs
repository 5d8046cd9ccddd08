//! Answers in place of the API's.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::engine::spec::{Api, Demanded};

/// What an error on demand says of itself.
const DETAIL: &str = "fault on demand: the sandbox was told to answer so";

/// The error that a fault asks for, in the form of the API.
pub(super) fn refusal(api: Api, path: &str, status: u16, error: Option<&str>, reference: Uuid) -> Response {
    (api.profile().error)(&Demanded {
        path,
        // What a rule holds was checked.
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        error,
        detail: DETAIL,
        action: "sandbox",
        reference,
    })
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

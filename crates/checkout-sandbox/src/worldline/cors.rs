//! The Client API is open to pages of any origin.

use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use tower_http::cors::{Any, CorsLayer};

use super::refusal::DETAIL_HEADER;
use crate::engine::exchange::IGNORED_HEADER;
use crate::engine::faults::{APPLIED_HEADER, FAULT_HEADER};

const CLIENT_META_INFO: HeaderName = HeaderName::from_static("x-gcs-clientmetainfo");

/// The Client API is called by the shop's pages, wherever they are served from. Its caller
/// shows a client session in a header, never a cookie, so no origin needs to be trusted.
pub(super) fn layer() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            CLIENT_META_INFO,
            FAULT_HEADER,
        ])
        .expose_headers(EXPOSED)
}

/// The headers of the sandbox's own that pages may read.
const EXPOSED: [HeaderName; 3] = [DETAIL_HEADER, IGNORED_HEADER, APPLIED_HEADER];

/// Lets a page of any origin read an answer that did not come from the routes of the Client API.
pub(super) fn open_to_pages(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    for exposed in EXPOSED {
        headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed.into());
    }
    answer
}

//! Answers of the sandbox's own paths, and who may ask for them.

mod feed;
pub(crate) mod guard;

pub(crate) use feed::Feed;
pub(crate) use guard::ServedAs;

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Deserializer, Serialize};

use super::exchange::reference;
use super::spec::{Api, Demanded};

/// The id in a path. It is empty if it is not text, and nothing has an empty id.
pub(crate) struct Id(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let id = Path::from_request_parts(parts, state).await;
        Ok(Self(id.map(|Path(id)| id).unwrap_or_default()))
    }
}

/// Whether personal data is to be shown: by `?reveal=1`.
#[derive(Clone, Copy, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default, deserialize_with = "is_one")]
    pub(crate) reveal: bool,
}

/// Any other value leaves personal data masked, and is no error.
fn is_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    String::deserialize(deserializer).map(|text| text == "1")
}

/// An answer of the control paths.
pub(crate) fn shown(value: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(value) else {
        return error(StatusCode::INTERNAL_SERVER_ERROR, "answer could not be written");
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}

/// An error of the control paths, in the form of the API whose listener serves them.
pub(crate) fn error(status: StatusCode, detail: &str) -> Response {
    (Api::HOST.profile().error)(&Demanded {
        path: "/_sandbox",
        status,
        error: None,
        detail,
        action: "sandbox",
        reference: reference::new(),
    })
}

/// Lets through only what comes from this machine's own pages and programs.
pub(crate) async fn loopback_only(request: Request, next: Next) -> Response {
    match guard::check(&request) {
        Ok(()) => next.run(request).await,
        Err(foreign) => error(StatusCode::FORBIDDEN, &foreign.to_string()),
    }
}

/// Lets through only what a page of this very listener sends, and programs that are no browsers: for what forms post to.
pub(crate) async fn own_pages_only(request: Request, next: Next) -> Response {
    match guard::check_form(&request) {
        Ok(()) => next.run(request).await,
        Err(foreign) => error(StatusCode::FORBIDDEN, &foreign.to_string()),
    }
}

//! What a page is about.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

use super::layout::{self, Policy};

/// The id in a path; empty if it is no text, so that nothing has it.
pub(in crate::noah) struct Id(pub(in crate::noah) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let id = Path::from_request_parts(parts, state).await;
        Ok(Self(id.map(|Path(id)| id).unwrap_or_default()))
    }
}

/// The page of a session that does not exist.
pub(super) fn unknown() -> Response {
    let page = layout::message(
        "Unknown session",
        "There is no session at this address. Without a state file, a sandbox forgets its sessions when it stops.",
    );
    layout::answer(StatusCode::NOT_FOUND, Policy::Closed, page)
}

//! The session that a page is about.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use axum::response::Response;

use super::layout::{self, Policy};
use crate::noah::service::Service;
use crate::noah::session::Session;

pub(in crate::noah) type IdPath = Result<Path<String>, PathRejection>;

/// The session of a path, if there is one.
pub(super) fn find(service: &Service, id: IdPath) -> Option<Session> {
    id.ok().and_then(|Path(id)| service.store().session(&id))
}

/// The page of a session that does not exist.
pub(super) fn unknown() -> Response {
    let page = layout::message(
        "Unknown session",
        "There is no session at this address. Without a state file, a sandbox forgets its sessions when it stops.",
    );
    layout::answer(StatusCode::NOT_FOUND, Policy::Closed, page)
}

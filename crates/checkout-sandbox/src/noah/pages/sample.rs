//! The page behind the `HostedURL` of an example: it says that it is none of NOAH's.

use axum::http::StatusCode;
use axum::response::Response;

use crate::engine::control::Id;
use crate::engine::html::layout;
use crate::engine::spec::Api;

/// `GET /example/{operation}`.
pub(super) async fn page(Id(id): Id) -> Response {
    let mut operations = Api::Noah.operations().iter();
    if !operations.any(|operation| operation.id == id) {
        let text = "No operation of NOAH's has this id.";
        return layout::message(StatusCode::NOT_FOUND, "Unknown operation", text);
    }
    let text = format!(
        "The sandbox has no behaviour for {id}: it answers with an example. NOAH shows a page of its own here."
    );
    layout::message(StatusCode::OK, "Example", &text)
}

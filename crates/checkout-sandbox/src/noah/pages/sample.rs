//! The page behind the `HostedURL` of an example: it says that it is none of NOAH's.

use axum::http::StatusCode;
use axum::response::Response;

use crate::engine::control::Id;
use crate::engine::html::{Policy, layout};
use crate::engine::spec::Api;

/// `GET /example/{operation}`.
pub(super) async fn page(Id(id): Id) -> Response {
    let found = Api::Noah.operations().iter().find(|operation| operation.id == id);
    let (status, page) = match found {
        Some(operation) => {
            let says = format!(
                "The sandbox has no behaviour for {}: it answers with an example. NOAH shows a page of its own here.",
                operation.id
            );
            (StatusCode::OK, layout::message("Example", &says))
        }
        None => {
            let page = layout::message("Unknown operation", "No operation of NOAH's has this id.");
            (StatusCode::NOT_FOUND, page)
        }
    };
    layout::answer(status, Policy::Closed, page)
}

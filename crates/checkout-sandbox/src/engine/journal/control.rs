//! `/_sandbox/requests`: the journal over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::Journal;
use super::masked::{Detail, Row};
use crate::engine::control;
use crate::engine::control::{Asked, Id, shown};

/// The paths below `/_sandbox/requests`.
pub(crate) fn routes() -> Router<Arc<Journal>> {
    Router::new()
        .route("/_sandbox/requests", get(list))
        .route("/_sandbox/requests/{number}", get(detail))
}

async fn list(State(journal): State<Arc<Journal>>) -> Response {
    let entries = journal.all();
    let rows: Vec<Row<'_>> = entries.iter().map(|entry| Row::of(entry)).collect();
    shown(&rows)
}

/// With `?reveal=1`, personal data is shown.
async fn detail(State(journal): State<Arc<Journal>>, Id(number): Id, Query(asked): Query<Asked>) -> Response {
    let entry = number.parse().ok().and_then(|number| journal.find(number));
    let Some(entry) = entry else {
        return control::error(
            StatusCode::NOT_FOUND,
            "no request has this number; the last 1,000 are kept",
        );
    };
    shown(&Detail::of(&entry, asked.into()))
}

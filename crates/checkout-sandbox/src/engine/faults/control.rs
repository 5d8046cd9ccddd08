//! `/_sandbox/faults`: the rules in force, over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get};
use bytes::Bytes;

use super::{FaultRule, Faults};
use crate::engine::control;
use crate::engine::control::{Id, shown};

/// The paths below `/_sandbox/faults`.
pub(crate) fn routes() -> Router<Arc<Faults>> {
    Router::new()
        .route("/_sandbox/faults", get(list).post(add).delete(clear))
        .route("/_sandbox/faults/{id}", delete(remove))
}

async fn list(State(faults): State<Arc<Faults>>) -> Response {
    shown(&faults.list())
}

/// One rule, as an object or as its text in quotes, or a list of them; of a list all or none.
async fn add(State(faults): State<Arc<Faults>>, body: Bytes) -> Response {
    let is_list = body.trim_ascii_start().first() == Some(&b'[');
    let rules = if is_list {
        serde_json::from_slice::<Vec<FaultRule>>(&body)
    } else {
        serde_json::from_slice::<FaultRule>(&body).map(|rule| vec![rule])
    };
    match rules {
        Ok(rules) => {
            let ids: Vec<u64> = rules.into_iter().map(|rule| faults.add(rule)).collect();
            let mut added = faults.list();
            added.retain(|rule| ids.contains(&rule.id));
            (StatusCode::CREATED, shown(&added)).into_response()
        }
        Err(error) => {
            let text = error.to_string();
            // The place goes to the front, for what is possible stands at the end of the text.
            let text = text
                .rsplit_once(" at line ")
                .map_or(text.as_str(), |(text, _)| text);
            let (line, column) = (error.line(), error.column());
            let detail = format!(
                "not a fault rule, at line {line}, column {column}: {text}; send JSON such as \
                 \"createFiatPayin 503 count=2\" with its quotes, or an object with operation and fault"
            );
            control::error(StatusCode::BAD_REQUEST, &detail)
        }
    }
}

async fn clear(State(faults): State<Arc<Faults>>) -> Response {
    faults.clear();
    StatusCode::NO_CONTENT.into_response()
}

async fn remove(State(faults): State<Arc<Faults>>, Id(id): Id) -> Response {
    if id.parse().is_ok_and(|id| faults.remove(id)) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        control::error(StatusCode::NOT_FOUND, "no fault rule has this id")
    }
}

//! An answer of an API, before it goes out.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

use crate::engine::json;

/// A success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// JSON; empty for an answer without a body.
    pub(crate) body: Bytes,
}

impl Answer {
    /// 200 with the value as its body.
    pub(crate) fn json(value: &impl Serialize) -> serde_json::Result<Self> {
        Ok(Self {
            status: StatusCode::OK,
            body: json::written(value)?,
        })
    }

    /// An answer of this status without a body.
    pub(crate) const fn empty(status: StatusCode) -> Self {
        Self {
            status,
            body: Bytes::new(),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        if self.body.is_empty() {
            return self.status.into_response();
        }
        let json = HeaderValue::from_static("application/json");
        (self.status, [(header::CONTENT_TYPE, json)], self.body).into_response()
    }
}

//! An answer of an API before it goes out, and why there may be none.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

use crate::engine::ground::StateError;
use crate::engine::json;
use crate::engine::schema::FieldFault;

/// A success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// JSON; empty for an answer without a body.
    pub(crate) body: Bytes,
}

/// What is said where an operation has no behaviour and moves money.
pub(crate) const NO_BEHAVIOUR: &str =
    "the sandbox has no behaviour for this operation, which moves money: nothing was done";

/// Why the pipeline itself has no success to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The path is no text.
    Path,
    /// Path, query or headers do not fit the spec: each parameter at `/name`.
    Parameters(Vec<FieldFault>),
    /// The first request with the key is under way.
    InProgress,
    /// The key came with another body before.
    Reused,
    /// It would move money, and the sandbox does not know how.
    NoBehaviour,
    /// A fault of the sandbox itself.
    Unexpected(&'static str),
}

impl Answer {
    /// 200 with the value as its body.
    pub(crate) fn json(value: &impl Serialize) -> Result<Self, Fault> {
        let body = json::written(value).map_err(|_| Fault::Unexpected("answer could not be written"))?;
        let status = StatusCode::OK;
        Ok(Self { status, body })
    }

    /// An answer of this status without a body.
    pub(crate) const fn empty(status: StatusCode) -> Self {
        Self {
            status,
            body: Bytes::new(),
        }
    }
}

impl From<StateError> for Fault {
    fn from(error: StateError) -> Self {
        tracing::error!(%error, "a change was not kept");
        Self::Unexpected("the change could not be written to the state file; nothing was done")
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

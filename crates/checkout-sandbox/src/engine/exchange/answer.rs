//! An answer of an API before it goes out, and why there may be none.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

use super::body::BodyFault;
use super::received::ReadFault;
use crate::engine::ground::StateError;
use crate::engine::spec::FieldFault;
use crate::engine::text::json;

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

/// Why a request has no success, whichever API it was sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The request could not be read whole.
    Read(ReadFault),
    /// The path is not text in UTF-8.
    Path,
    /// Path, query or headers do not fit the spec: each parameter at `/name`.
    Parameters(Vec<FieldFault>),
    /// The body is not what the operation expects.
    Body(BodyFault),
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
    pub(crate) fn json(value: &impl Serialize) -> Result<Self, Failure> {
        let body = json::written(value).map_err(|_| Failure::Unexpected("answer could not be written"))?;
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

impl From<StateError> for Failure {
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

/// The connection ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    /// As a server that goes away ends it.
    #[error("closed on demand, without an answer")]
    Closed,
    /// As a broken network path ends it.
    #[error("reset on demand, without an answer")]
    Reset,
}

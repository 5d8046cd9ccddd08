//! NOAH's error answers.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use noah_models::ErrorType;
use serde_json::{Value, json};
use uuid::Uuid;

use super::access::Unauthorized;
use super::books::BalanceFault;
use super::store::events::Barred;
use crate::engine::exchange::{Answer, BodyFault, Failure, NO_BEHAVIOUR, reference};
use crate::engine::ground::StateError;
use crate::engine::spec::FieldFault;
use crate::engine::text::sparse;

/// An answer other than success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    kind: ErrorType,
    detail: String,
    /// What `RequestExtension.Body` lists, with the reason that all its entries share.
    fields: Vec<FieldFault>,
    reason: &'static str,
}

/// NOAH's word for a value that breaks the schema.
const SCHEMA: &str = "SchemaValidation";
/// NOAH's word for values that fit the schema, but contradict each other or the account.
const INTEGRITY: &str = "IntegrityValidation";

impl Refusal {
    pub(super) fn new(status: StatusCode, kind: ErrorType, detail: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            detail: detail.into(),
            fields: Vec::new(),
            reason: SCHEMA,
        }
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorType::ResourceNotFound, detail)
    }

    /// A 404 without a body, as some operations document it.
    pub(crate) fn nothing_found() -> Self {
        Self::not_found("")
    }

    /// 409, which NOAH does not document. The sandbox answers it where going on could pay twice or undo a final state.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, ErrorType::InvalidMessage, detail)
    }

    /// A body of the sandbox's own control paths that cannot be used.
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorType::InvalidMessage, detail)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorType::InvalidMessage,
            "method not allowed: see the header Allow",
        )
    }

    pub(crate) fn integrity(fields: Vec<FieldFault>) -> Self {
        let detail = "values of the body contradict each other or this environment";
        Self {
            fields,
            reason: INTEGRITY,
            ..Self::new(StatusCode::BAD_REQUEST, ErrorType::InvalidMessage, detail)
        }
    }

    fn of_body(fault: BodyFault) -> Self {
        let (status, detail) = (fault.status(), fault.to_string());
        match fault {
            BodyFault::Schema(fields) => Self {
                fields,
                ..Self::invalid(format!("{detail}: see RequestExtension"))
            },
            BodyFault::Unchecked => Self::unexpected(detail),
            _ => Self::new(status, ErrorType::InvalidMessage, detail),
        }
    }

    /// A fault of the sandbox itself.
    pub(crate) fn unexpected(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorType::Unexpected, detail)
    }

    /// The answer, with a new reference of this occurrence.
    pub(crate) fn answer(self, action: &str) -> Response {
        self.answer_as(action, reference::new())
    }

    pub(super) fn answer_as(self, action: &str, reference: Uuid) -> Response {
        let Self {
            status,
            kind,
            detail,
            fields,
            reason,
        } = self;
        if detail.is_empty() {
            return status.into_response();
        }
        let fields = fields.iter().map(|FieldFault { pointer, description }| {
            let field = Some(pointer).filter(|pointer| !pointer.is_empty());
            sparse(json!({ "Description": description, "Field": field, "Reason": reason }))
        });
        let fields: Vec<Value> = fields.collect();
        let extension = (!fields.is_empty()).then(|| json!({ "Body": fields }));
        let error = sparse(json!({
            "Action": action, "Detail": detail, "Instance": reference.to_string(), "RequestExtension": extension,
            "Type": kind,
        }));
        let body = error.to_string().into();
        Answer { status, body }.into_response()
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Read(fault) => Self::new(fault.status(), ErrorType::InvalidMessage, fault.to_string()),
            Failure::Body(fault) => Self::of_body(fault),
            Failure::Path => Self::not_found("path not found"),
            Failure::Parameters(fields) => Self {
                fields,
                ..Self::invalid("parameters do not fit the schema: see RequestExtension")
            },
            // A second request with the key waits.
            Failure::InProgress => Self::unexpected("the Nonce could not be read"),
            Failure::Reused => Self::conflict(
                "Nonce already used with another body: repeat the first body byte for byte, or take a new Nonce",
            ),
            // Not 5xx, for the outcome is known: nothing was done.
            Failure::NoBehaviour => Self::invalid(NO_BEHAVIOUR),
            Failure::Unexpected(detail) => Self::unexpected(detail),
        }
    }
}

impl From<BalanceFault> for Refusal {
    fn from(fault: BalanceFault) -> Self {
        match fault {
            BalanceFault::Insufficient => {
                let kind = ErrorType::InsufficientBalance;
                Self::new(StatusCode::BAD_REQUEST, kind, "not enough balance")
            }
            BalanceFault::TooLong => Self::invalid(
                "the balance would have more digits than can be kept: nothing was done; take a rounder amount",
            ),
        }
    }
}

impl From<Barred> for Refusal {
    fn from(barred: Barred) -> Self {
        match barred {
            Barred::Unknown => {
                Self::not_found("customer not found: send Customer with the first request for a CustomerID")
            }
            Barred::Declined => Self::new(
                StatusCode::FORBIDDEN,
                ErrorType::Forbidden,
                "customer was declined: nothing was done",
            ),
        }
    }
}

impl From<Unauthorized> for Refusal {
    fn from(unauthorized: Unauthorized) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            ErrorType::Unauthorized,
            unauthorized.to_string(),
        )
    }
}

impl From<StateError> for Refusal {
    fn from(error: StateError) -> Self {
        Failure::from(error).into()
    }
}

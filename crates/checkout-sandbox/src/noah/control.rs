//! What the real NOAH does not have: ending sessions on demand, the ledger and the deliveries.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::ledger::Ledger;
use super::refusal::Refusal;
use super::service::{Service, json_answer};
use super::session::{Outcome, Session, TransitionError, status_text};
use crate::guard;
use crate::time::timestamp;

/// Where a session stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct SessionStatus {
    /// The id that it was asked by: a checkout session's id, or a sale's transaction id.
    #[serde(rename = "SessionID")]
    pub session_id: String,
    /// `None` while it is pending.
    #[serde(serialize_with = "outcome_text", rename = "Status")]
    pub outcome: Option<Outcome>,
}

impl SessionStatus {
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            session_id: session.id().to_owned(),
            outcome: session.outcome(),
        }
    }
}

fn outcome_text<S: serde::Serializer>(outcome: &Option<Outcome>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(status_text(*outcome))
}

/// Lets through only what a page of this very listener sends, and programs that are no browsers: for what forms post to.
pub(crate) async fn own_pages_only(request: Request, next: Next) -> Response {
    match guard::check_form(&request) {
        Ok(()) => next.run(request).await,
        Err(foreign) => Refusal::from(foreign).answer("sandbox"),
    }
}

/// Lets through only what comes from this machine's own pages and programs.
pub(crate) async fn loopback_only(request: Request, next: Next) -> Response {
    match guard::check(&request) {
        Ok(()) => next.run(request).await,
        Err(foreign) => Refusal::from(foreign).answer("sandbox"),
    }
}

pub(crate) async fn settle(service: State<Arc<Service>>, id: IdPath) -> Response {
    end(&service, id, Outcome::Settled)
}

pub(crate) async fn fail(service: State<Arc<Service>>, id: IdPath) -> Response {
    end(&service, id, Outcome::Failed)
}

pub(crate) async fn expire(service: State<Arc<Service>>, id: IdPath) -> Response {
    end(&service, id, Outcome::Expired)
}

/// The sandbox's time.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Now {
    now: checkout_core::time::Timestamp,
}

/// How far to move the clock.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Advance {
    /// Backwards if below zero.
    advance_seconds: i64,
}

pub(crate) async fn clock(State(service): State<Arc<Service>>) -> Response {
    let now = timestamp(service.ground().now());
    shown(&Now { now })
}

pub(crate) async fn advance_clock(
    State(service): State<Arc<Service>>,
    advance: Result<Json<Advance>, JsonRejection>,
) -> Response {
    let Ok(Json(Advance { advance_seconds })) = advance else {
        return Refusal::invalid(r#"send Content-Type: application/json and {"AdvanceSeconds": 900}"#)
            .answer("clock");
    };
    match service.ground().clock().advance(advance_seconds) {
        Some(now) => shown(&Now { now: timestamp(now) }),
        None => Refusal::invalid("AdvanceSeconds is too far: the clock moves by at most 300 years in all")
            .answer("clock"),
    }
}

pub(crate) async fn ledger(State(service): State<Arc<Service>>) -> Response {
    shown(&Ledger::of(service.store().ledger()))
}

type IdPath = Result<Path<String>, axum::extract::rejection::PathRejection>;

fn end(service: &Service, id: IdPath, outcome: Outcome) -> Response {
    let ended = id
        .map_err(|_| TransitionError::Unknown)
        .and_then(|Path(id)| service.store().end(&id, outcome));
    match ended {
        Ok(session) => shown(&SessionStatus::of(&session)),
        Err(error) => Refusal::from(error).answer("endSession"),
    }
}

fn shown(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => json_answer(body),
        Err(_) => Refusal::unexpected("answer could not be written").answer("sandbox"),
    }
}

impl From<TransitionError> for Refusal {
    fn from(error: TransitionError) -> Self {
        match error {
            TransitionError::Unknown | TransitionError::UnknownPaymentMethod => {
                Self::not_found(error.to_string())
            }
            TransitionError::NothingToPay | TransitionError::Final(_) => Self::conflict(error.to_string()),
            TransitionError::NotKept => Self::unexpected(error.to_string()),
        }
    }
}

//! What the real NOAH does not have: ending sessions on demand, the ledger, the deliveries, and a plain hosted page.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::ledger::Ledger;
use super::page;
use super::refusal::Refusal;
use super::service::{Service, json_answer};
use super::session::{Outcome, Session, TransitionError, status_text};
use crate::guard;

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

/// Lets through only what comes from this machine's own pages and programs.
pub(crate) async fn loopback_only(request: Request, next: Next) -> Response {
    match guard::check(&request) {
        Ok(()) => next.run(request).await,
        Err(foreign) => Refusal::from(foreign).answer("sandbox"),
    }
}

pub(crate) async fn settle(service: State<Arc<Service>>, id: IdPath, headers: HeaderMap) -> Response {
    end(&service, id, &headers, Outcome::Settled)
}

pub(crate) async fn fail(service: State<Arc<Service>>, id: IdPath, headers: HeaderMap) -> Response {
    end(&service, id, &headers, Outcome::Failed)
}

pub(crate) async fn expire(service: State<Arc<Service>>, id: IdPath, headers: HeaderMap) -> Response {
    end(&service, id, &headers, Outcome::Expired)
}

pub(crate) async fn ledger(State(service): State<Arc<Service>>) -> Response {
    shown(&Ledger::of(service.store().ledger()))
}

/// The page that `HostedURL` opens.
pub(crate) async fn page(State(service): State<Arc<Service>>, id: IdPath) -> Response {
    let Some(session) = id.ok().and_then(|Path(id)| service.store().session(&id)) else {
        return page::answer(StatusCode::NOT_FOUND, page::unknown());
    };
    page::answer(StatusCode::OK, page::session(&session))
}

type IdPath = Result<Path<String>, axum::extract::rejection::PathRejection>;

fn end(service: &Service, id: IdPath, headers: &HeaderMap, outcome: Outcome) -> Response {
    let ended = id
        .map_err(|_| TransitionError::Unknown)
        .and_then(|Path(id)| service.store().end(&id, outcome));
    match ended {
        Ok(session) => match session.return_url().filter(|_| is_browser(headers)) {
            Some(url) => to_shop(&url),
            None => shown(&SessionStatus::of(&session)),
        },
        Err(error) => Refusal::from(error).answer("endSession"),
    }
}

/// A form sent from the hosted page, rather than a program.
fn is_browser(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .any(|accept| accept.to_str().is_ok_and(|accept| accept.contains("text/html")))
}

fn to_shop(url: &str) -> Response {
    match HeaderValue::from_str(url) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => Refusal::unexpected("ReturnURL cannot stand in a header").answer("endSession"),
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
            TransitionError::Unknown => Self::not_found(error.to_string()),
            TransitionError::NothingToPay | TransitionError::Final(_) => Self::conflict(error.to_string()),
            TransitionError::NotKept => Self::unexpected(error.to_string()),
        }
    }
}

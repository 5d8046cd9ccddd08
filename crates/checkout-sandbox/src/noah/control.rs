//! What the real NOAH does not have: ending sessions on demand, the ledger and the deliveries.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use checkout_core::PositiveDecimal;
use serde::{Deserialize, Serialize};

use super::customers::{self, Verdict};
use super::deposits;
use super::ledger::Ledger;
use super::outcome::Outcome;
use super::pages::IdPath;
use super::refusal::Refusal;
use super::service::{Service, shown};
use super::session::{SessionStatus, TransitionError};
use crate::engine::time::timestamp;

/// Ends the checks of a customer.
pub(crate) async fn judge(State(service): State<Arc<Service>>, id: IdPath, verdict: Verdict) -> Response {
    let id = id.map(|Path(id)| id).unwrap_or_default();
    match customers::judge(&service, &id, verdict) {
        Ok(answer) => answer.into_response(),
        Err(refusal) => refusal.answer("judgeCustomer"),
    }
}

/// Crypto that comes to an address.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Arrival {
    address: String,
    crypto_amount: PositiveDecimal,
}

pub(crate) async fn arrive(
    State(service): State<Arc<Service>>,
    arrival: Result<Json<Arrival>, JsonRejection>,
) -> Response {
    let Ok(Json(arrival)) = arrival else {
        return Refusal::invalid(
            r#"send Content-Type: application/json and {"Address": "0x…", "CryptoAmount": "50"}"#,
        )
        .answer("arrive");
    };
    match deposits::arrive(&service, &arrival.address, arrival.crypto_amount) {
        Ok(answer) => answer.into_response(),
        Err(refusal) => refusal.answer("arrive"),
    }
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

pub(crate) async fn end(State(service): State<Arc<Service>>, id: IdPath, outcome: Outcome) -> Response {
    let ended = id
        .map_err(|_| TransitionError::Unknown)
        .and_then(|Path(id)| service.store().end(&id, outcome));
    match ended {
        Ok(session) => shown(&SessionStatus::of(&session)),
        Err(error) => Refusal::from(error).answer("endSession"),
    }
}

impl From<TransitionError> for Refusal {
    fn from(error: TransitionError) -> Self {
        match error {
            TransitionError::Unknown | TransitionError::UnknownPaymentMethod => {
                Self::not_found(error.to_string())
            }
            TransitionError::NothingToPay | TransitionError::Final(_) | TransitionError::BalanceTooLong => {
                Self::conflict(error.to_string())
            }
            TransitionError::NotKept => Self::unexpected(error.to_string()),
        }
    }
}

//! What the real NOAH does not have: ending sessions on demand, the ledger and the clock.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use checkout_core::{PositiveDecimal, utf8};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::books::Ledger;
use super::operations::customers::Verdict;
use super::operations::{customers, deposits};
use super::refusal::Refusal;
use super::service::Service;
use super::sessions::{Ending, SessionStatus, TransitionError};
use crate::engine::control::{Id, shown};
use crate::engine::exchange::{BodyFault, Failure, Received};
use crate::engine::text::timestamp;

/// The body of a control call.
pub(crate) async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Refusal> {
    let body = Received::read(request).await.map_err(Failure::Read)?.body;
    if body.is_empty() {
        return Err(Failure::Body(BodyFault::Missing).into());
    }
    checkout_core::json::read(&body).map_err(|error| Failure::Body(error.into()))?;
    // Read from the bytes again, so that an error has its line and column.
    serde_json::from_slice(utf8::without_mark(&body)).map_err(|error| Refusal::invalid(error.to_string()))
}

/// The answer to a control call, which did this or failed at it.
pub(crate) fn answered(result: Result<impl IntoResponse, Refusal>, action: &str) -> Response {
    match result {
        Ok(answer) => answer.into_response(),
        Err(refusal) => refusal.answer(action),
    }
}

/// Ends the checks of a customer.
pub(super) async fn judge(State(service): State<Arc<Service>>, Id(id): Id, verdict: Verdict) -> Response {
    answered(customers::judge(&service, &id, verdict), "judgeCustomer")
}

/// Crypto that comes to an address.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Arrival {
    address: String,
    crypto_amount: PositiveDecimal,
}

pub(super) async fn arrive(State(service): State<Arc<Service>>, request: Request) -> Response {
    let arrived = async {
        let arrival: Arrival = read(request).await?;
        deposits::arrive(&service, &arrival.address, arrival.crypto_amount)
    };
    answered(arrived.await, "arrive")
}

/// How far to move the clock.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Advance {
    /// Backwards if below zero.
    advance_seconds: i64,
}

pub(super) async fn clock(State(service): State<Arc<Service>>) -> Response {
    let now = timestamp(service.ground.now());
    shown(&json!({ "Now": now }))
}

pub(super) async fn advance_clock(State(service): State<Arc<Service>>, request: Request) -> Response {
    let advanced = async {
        let Advance { advance_seconds } = read(request).await?;
        let now = service.ground.clock.advance(advance_seconds).map(timestamp);
        let now = now.ok_or_else(|| {
            Refusal::invalid("AdvanceSeconds is too far: the clock moves by at most 300 years in all")
        })?;
        Ok(shown(&json!({ "Now": now })))
    };
    answered(advanced.await, "clock")
}

pub(super) async fn ledger(State(service): State<Arc<Service>>) -> Response {
    shown(&Ledger::of(service.store.ledger()))
}

pub(super) async fn end(State(service): State<Arc<Service>>, Id(id): Id, outcome: Ending) -> Response {
    let ended = service.store.end(&id, outcome);
    let status = ended.map(|session| shown(&SessionStatus::of(&session)));
    answered(status.map_err(Refusal::from), "endSession")
}

impl From<TransitionError> for Refusal {
    fn from(error: TransitionError) -> Self {
        let detail = error.to_string();
        match error {
            TransitionError::Unknown | TransitionError::UnknownPaymentMethod => Self::not_found(detail),
            TransitionError::NothingToPay | TransitionError::Final(_) | TransitionError::BalanceTooLong => {
                Self::conflict(detail)
            }
            TransitionError::NotKept => Self::unexpected(detail),
        }
    }
}

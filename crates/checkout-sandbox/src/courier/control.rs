//! Webhooks over HTTP, below `/_sandbox`: the log, the switches, and events on demand.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use checkout_core::time::Timestamp;
use checkout_core::{json, utf8};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::mask::masked;
use super::{
    Attempt, Courier, Delivery, DeliveryState, OnChange, ResendError, TriggerError, WebhookSwitches,
};
use crate::api::Api;
use crate::body::BodyFault;
use crate::feed::Feed;
use crate::noah::refusal::Refusal;
use crate::noah::service::json_answer;
use crate::noah::trigger::NoahTrigger;
use crate::received::Received;
use crate::time::timestamp;
use crate::work;
use crate::worldline::trigger::WorldlineTrigger;

/// The paths, for whatever router they are merged into.
pub(crate) fn router<S>(courier: Arc<Courier>) -> Router<S> {
    Router::new()
        .route("/_sandbox/deliveries", get(deliveries))
        .route("/_sandbox/deliveries/{number}", get(delivery))
        .route("/_sandbox/deliveries/{number}/resend", post(resend))
        .route("/_sandbox/webhooks", get(switches).put(switch))
        .route("/_sandbox/noah/webhook-key", get(noah_key))
        .route("/_sandbox/noah/webhooks", post(trigger_noah))
        .route("/_sandbox/worldline/webhooks", post(trigger_worldline))
        .with_state(courier)
}

/// Tells the feed of each change of a delivery.
pub(crate) fn publisher(feed: Feed) -> OnChange {
    Box::new(move |delivery| {
        if feed.is_read() {
            feed.publish("delivery", &DeliveryRow::of(delivery));
        }
    })
}

/// A delivery without its body, which holds a customer's data.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeliveryRow<'a> {
    number: u64,
    api: Api,
    event_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_version: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", rename = "EventID")]
    event_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<u64>,
    wrong_signature: bool,
    /// How long the body is.
    bytes: usize,
    state: DeliveryState,
    attempts: Vec<AttemptRow<'a>>,
    /// `null` if there is to be none.
    next_attempt: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttemptRow<'a> {
    at: Timestamp,
    milliseconds: u128,
    resent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// All of one delivery.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DeliveryDetail<'a> {
    #[serde(flatten)]
    row: DeliveryRow<'a>,
    /// `null` until the first attempt.
    signature: Option<&'a str>,
    /// Masked: as JSON; otherwise the exact text that was signed.
    body: Value,
}

impl<'a> DeliveryRow<'a> {
    pub(crate) fn of(delivery: &'a Delivery) -> Self {
        Self {
            number: delivery.number,
            api: delivery.api,
            event_type: &delivery.event_type,
            event_version: delivery.event_version,
            event_id: delivery.event_id.as_deref(),
            duplicate_of: delivery.duplicate_of,
            wrong_signature: delivery.wrong_signature,
            bytes: delivery.body.len(),
            state: delivery.state,
            attempts: delivery.attempts.iter().map(AttemptRow::of).collect(),
            next_attempt: delivery.next_attempt.map(timestamp),
        }
    }
}

impl<'a> AttemptRow<'a> {
    fn of(attempt: &'a Attempt) -> Self {
        Self {
            at: timestamp(attempt.at),
            milliseconds: attempt.took.as_millis(),
            resent: attempt.resent,
            status: attempt.outcome.as_ref().ok().copied(),
            error: attempt.outcome.as_ref().err().map(String::as_str),
        }
    }
}

impl<'a> DeliveryDetail<'a> {
    fn of(delivery: &'a Delivery, reveal: bool) -> Self {
        Self {
            row: DeliveryRow::of(delivery),
            signature: delivery.signature.as_deref(),
            body: if reveal {
                String::from_utf8_lossy(&delivery.body).into_owned().into()
            } else {
                masked(delivery.api, &delivery.body)
            },
        }
    }
}

type NumberPath = Result<Path<u64>, PathRejection>;

async fn deliveries(State(courier): State<Arc<Courier>>) -> Response {
    rows(&courier.deliveries())
}

/// With `?reveal=1`, the whole body shows.
async fn delivery(
    State(courier): State<Arc<Courier>>,
    number: NumberPath,
    RawQuery(query): RawQuery,
) -> Response {
    match find(&courier, number) {
        Ok(delivery) => shown(&DeliveryDetail::of(
            &delivery,
            query.as_deref() == Some("reveal=1"),
        )),
        Err(error) => Refusal::from(error).answer("delivery"),
    }
}

/// Answers once the attempt has ended. It ends even if whoever asked for it does not wait.
async fn resend(State(courier): State<Arc<Courier>>, number: NumberPath) -> Response {
    let resent = work::to_its_end(async move {
        let number = find(&courier, number)?.number;
        courier.resend(number).await?;
        courier.delivery(number).ok_or(ResendError::Unknown)
    });
    match resent.await {
        Some(Ok(delivery)) => shown(&DeliveryRow::of(&delivery)),
        Some(Err(error)) => Refusal::from(error).answer("resend"),
        None => Refusal::unexpected("the attempt broke off").answer("resend"),
    }
}

async fn switches(State(courier): State<Arc<Courier>>) -> Response {
    shown(&courier.switches())
}

/// What the body leaves out is off.
async fn switch(State(courier): State<Arc<Courier>>, request: Request) -> Response {
    match read::<WebhookSwitches>(request).await {
        Ok(switches) => {
            courier.switch(switches);
            shown(&courier.switches())
        }
        Err(refusal) => refusal.answer("webhooks"),
    }
}

async fn noah_key(State(courier): State<Arc<Courier>>) -> Response {
    let pem = HeaderValue::from_static("application/x-pem-file");
    (
        [(header::CONTENT_TYPE, pem)],
        courier.noah_public_key().to_owned(),
    )
        .into_response()
}

async fn trigger_noah(State(courier): State<Arc<Courier>>, request: Request) -> Response {
    let triggered = async { Ok::<_, Refusal>(read::<NoahTrigger>(request).await?.post(&courier)?) };
    posted(triggered.await, "triggerWebhook")
}

async fn trigger_worldline(State(courier): State<Arc<Courier>>, request: Request) -> Response {
    let triggered = async { Ok::<_, Refusal>(read::<WorldlineTrigger>(request).await?.post(&courier)?) };
    posted(triggered.await, "triggerWebhook")
}

fn posted(deliveries: Result<Vec<Delivery>, Refusal>, action: &str) -> Response {
    match deliveries {
        Ok(deliveries) => rows(&deliveries),
        Err(refusal) => refusal.answer(action),
    }
}

fn find(courier: &Courier, number: NumberPath) -> Result<Delivery, ResendError> {
    number
        .ok()
        .and_then(|Path(number)| courier.delivery(number))
        .ok_or(ResendError::Unknown)
}

fn rows(deliveries: &[Delivery]) -> Response {
    shown(&deliveries.iter().map(DeliveryRow::of).collect::<Vec<_>>())
}

fn shown(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => json_answer(body),
        Err(_) => Refusal::unexpected("answer could not be written").answer("sandbox"),
    }
}

async fn read<T: DeserializeOwned>(request: Request) -> Result<T, Refusal> {
    let body: Bytes = Received::read(request).await?.body;
    if body.is_empty() {
        return Err(BodyFault::Missing.into());
    }
    json::read(&body).map_err(BodyFault::from)?;
    // From the bytes again, which tell the place of what does not fit.
    serde_json::from_slice(utf8::without_mark(&body)).map_err(|error| Refusal::invalid(error.to_string()))
}

impl From<ResendError> for Refusal {
    fn from(error: ResendError) -> Self {
        match error {
            ResendError::Unknown => Self::not_found(error.to_string()),
            ResendError::NoAddress => Self::conflict(error.to_string()),
        }
    }
}

impl From<TriggerError> for Refusal {
    fn from(error: TriggerError) -> Self {
        match error {
            TriggerError::State(error) => error.into(),
            other => Self::invalid(other.to_string()),
        }
    }
}

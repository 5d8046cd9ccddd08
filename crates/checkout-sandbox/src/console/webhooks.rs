//! Webhooks over HTTP, below `/_sandbox`: the log, the switches, and events on demand.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};

use crate::engine::control;
use crate::engine::control::{Asked, Id, shown};
use crate::engine::courier::{
    Courier, Delivery, ResendError, WebhookSwitches, delivery_detail, delivery_row,
};
use crate::engine::pipeline::work;
use crate::noah::control::{answered, read};
use crate::noah::refusal::Refusal;
use crate::noah::trigger::NoahTrigger;
use crate::noah::webhooks::Webhooks;
use crate::trigger::TriggerError;
use crate::worldline::trigger::WorldlineTrigger;

/// The routes, for any router to merge.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(courier: Arc<Courier>, noah: &Webhooks) -> Router<S> {
    let noah_key = noah.public_key_pem.clone();
    Router::new()
        .route("/_sandbox/deliveries", get(deliveries))
        .route("/_sandbox/deliveries/{number}", get(delivery))
        .route("/_sandbox/deliveries/{number}/resend", post(resend))
        .route("/_sandbox/webhooks", get(switches).put(switch))
        .route("/_sandbox/noah/webhook-key", get(async move || pem(noah_key)))
        .route("/_sandbox/noah/webhooks", post(trigger_noah))
        .route("/_sandbox/worldline/webhooks", post(trigger_worldline))
        .with_state(courier)
        .route_layer(middleware::from_fn(control::loopback_only))
}

async fn deliveries(State(courier): State<Arc<Courier>>) -> Response {
    rows(&courier.deliveries())
}

/// With `?reveal=1`, the whole body shows.
async fn delivery(
    State(courier): State<Arc<Courier>>,
    Id(number): Id,
    Query(asked): Query<Asked>,
) -> Response {
    let found = find(&courier, &number);
    let detail = found.map(|delivery| shown(&delivery_detail(&delivery, asked.reveal)));
    answered(detail.map_err(Refusal::from), "delivery")
}

/// Answers once the attempt has ended. It ends even if whoever asked for it does not wait.
async fn resend(State(courier): State<Arc<Courier>>, Id(number): Id) -> Response {
    let resent = work::to_its_end(async move {
        let number = find(&courier, &number)?.number;
        courier.resend(number).await?;
        Ok::<_, Refusal>(shown(&delivery_row(
            &courier.delivery(number).ok_or(ResendError::Unknown)?,
        )))
    });
    let broken = || Err(Refusal::unexpected("the attempt broke off"));
    answered(resent.await.unwrap_or_else(broken), "resend")
}

async fn switches(State(courier): State<Arc<Courier>>) -> Response {
    shown(&courier.switches())
}

/// What the body leaves out is off.
async fn switch(State(courier): State<Arc<Courier>>, request: Request) -> Response {
    let switched = read::<WebhookSwitches>(request).await.map(|switches| {
        courier.switch(switches);
        shown(&courier.switches())
    });
    answered(switched, "webhooks")
}

fn pem(key: String) -> Response {
    let pem = HeaderValue::from_static("application/x-pem-file");
    ([(header::CONTENT_TYPE, pem)], key).into_response()
}

async fn trigger_noah(State(courier): State<Arc<Courier>>, request: Request) -> Response {
    let triggered = async { Ok(rows(&read::<NoahTrigger>(request).await?.post(&courier)?)) };
    answered(triggered.await, "triggerWebhook")
}

async fn trigger_worldline(State(courier): State<Arc<Courier>>, request: Request) -> Response {
    let triggered = async { Ok(rows(&read::<WorldlineTrigger>(request).await?.post(&courier)?)) };
    answered(triggered.await, "triggerWebhook")
}

fn find(courier: &Courier, number: &str) -> Result<Delivery, ResendError> {
    let found = number.parse().ok().and_then(|number| courier.delivery(number));
    found.ok_or(ResendError::Unknown)
}

fn rows(deliveries: &[Delivery]) -> Response {
    shown(&deliveries.iter().map(delivery_row).collect::<Vec<_>>())
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

//! Delivers webhooks: signs the exact bytes, sends them in order, tries a few times, and keeps a log of it all.
//!
//! NOAH publishes neither its schedule nor its time-outs; the sandbox sends one webhook after the other, at most
//! [`ATTEMPTS`] times each, and waits a little longer before each further attempt.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use checkout_core::clock::Clock;
use checkout_core::key::SigningKey;
use checkout_core::redact::Secret;
use noah_models::EventType;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use url::Url;

use crate::time::{milliseconds, timestamp};

/// How often one webhook is sent at most.
pub(crate) const ATTEMPTS: usize = 3;
/// Wait before the second attempt; doubled before each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// One webhook and what became of it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivery {
    /// What kind of object the webhook tells about.
    pub event_type: EventType,
    /// The event's version: Unix milliseconds, strictly increasing within one sandbox.
    pub event_version: i64,
    /// The exact bytes of the body. They hold customer data, so `Debug` leaves them out.
    pub body: Bytes,
    /// The `Webhook-Signature` sent with every attempt; absent until the webhook is due, or if it is not sent at all.
    pub signature: Option<String>,
    /// Where it stands.
    pub state: DeliveryState,
    /// Every attempt so far, in order.
    pub attempts: Vec<Attempt>,
}

/// Where a webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum DeliveryState {
    /// Waiting for its turn or for its next attempt.
    Waiting,
    /// Answered with a 2xx status.
    Delivered,
    /// Every attempt failed.
    GivenUp,
    /// Not sent: the subscription leaves this event type out.
    NotSubscribed,
    /// Not sent: the sandbox was started without a webhook address.
    NoAddress,
}

/// One attempt to deliver a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// When it began, by the sandbox's clock.
    pub at: SystemTime,
    /// How it ended: the receiver's status, or why there was none.
    pub outcome: Result<u16, String>,
}

/// What an event says, before it has a version.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) event_type: EventType,
    pub(crate) data: Value,
}

impl Event {
    pub(crate) fn new(event_type: EventType, data: &impl Serialize) -> Self {
        // The models' texts, numbers and lists always serialise.
        Self {
            event_type,
            data: serde_json::to_value(data).unwrap_or_default(),
        }
    }
}

/// To whom webhooks go.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) address: Option<Url>,
    pub(crate) event_types: BTreeSet<EventType>,
}

/// The queue of webhooks and its log.
#[derive(Debug)]
pub(crate) struct Courier {
    clock: Arc<dyn Clock>,
    subscription: Subscription,
    user_id: String,
    log: Mutex<Log>,
    /// Indices into the log.
    queue: mpsc::UnboundedSender<usize>,
    /// Webhooks that are still waiting.
    open: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Log {
    last_version: i64,
    deliveries: Vec<Delivery>,
}

/// A webhook's body, in the order in which NOAH writes it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope<'a> {
    event_type: &'a EventType,
    event_version: i64,
    occurred: checkout_core::time::Timestamp,
    data: &'a Value,
    #[serde(rename = "UserID")]
    user_id: &'a str,
}

impl Courier {
    /// The courier, and the queue that [`run`] serves.
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        subscription: Subscription,
        user_id: String,
    ) -> (Arc<Self>, mpsc::UnboundedReceiver<usize>) {
        let (queue, due) = mpsc::unbounded_channel();
        let courier = Self {
            clock,
            subscription,
            user_id,
            log: Mutex::default(),
            queue,
            open: watch::Sender::new(0),
        };
        (Arc::new(courier), due)
    }

    pub(crate) const fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// Gives the events their versions, writes their bodies and queues those that are subscribed.
    pub(crate) fn post(&self, events: Vec<Event>) {
        let mut log = self.log();
        for Event { event_type, data } in events {
            let now = self.clock.now();
            log.last_version = milliseconds(now).max(log.last_version.saturating_add(1));
            let event_version = log.last_version;
            let envelope = Envelope {
                event_type: &event_type,
                event_version,
                occurred: timestamp(now),
                data: &data,
                user_id: &self.user_id,
            };
            // Texts, numbers and maps with text keys always serialise.
            let body = serde_json::to_vec(&envelope).map(Bytes::from).unwrap_or_default();
            let state = self.first_state(&event_type);
            log.deliveries.push(Delivery {
                event_type,
                event_version,
                body,
                signature: None,
                state,
                attempts: Vec::new(),
            });
            if state == DeliveryState::Waiting {
                self.open.send_modify(|open| *open += 1);
                // Refused only when the worker is gone, because the sandbox is being shut down.
                if self.queue.send(log.deliveries.len() - 1).is_err() {
                    self.open.send_modify(|open| *open -= 1);
                }
            }
        }
    }

    /// Waits until no webhook is waiting any more.
    pub(crate) async fn drain(&self) {
        // Fails only if the sender is dropped, and `self` holds it.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }

    /// The log so far.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.log().deliveries.clone()
    }

    fn first_state(&self, event_type: &EventType) -> DeliveryState {
        if self.subscription.address.is_none() {
            DeliveryState::NoAddress
        } else if self.subscription.event_types.contains(event_type) {
            DeliveryState::Waiting
        } else {
            DeliveryState::NotSubscribed
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, index: usize, change: impl FnOnce(&mut Delivery)) {
        if let Some(delivery) = self.log().deliveries.get_mut(index) {
            change(delivery);
        }
    }

    fn body(&self, index: usize) -> Option<Bytes> {
        self.log()
            .deliveries
            .get(index)
            .map(|delivery| delivery.body.clone())
    }
}

/// Serves the queue until the sandbox stops.
pub(crate) async fn run(
    courier: Arc<Courier>,
    key: SigningKey,
    mut due: mpsc::UnboundedReceiver<usize>,
    mut stop: watch::Receiver<()>,
) {
    let Some(address) = courier.subscription.address.clone() else {
        return;
    };
    let work = async {
        // Made here and not at the start: loading the TLS roots takes longer than all else together.
        let mut wire = None;
        while let Some(index) = due.recv().await {
            let client = match &wire {
                Some(client) => Ok(client),
                None => wire_client().map(|client| &*wire.insert(client)),
            };
            deliver(&courier, &key, client, &address, index).await;
            courier.open.send_modify(|open| *open -= 1);
        }
    };
    tokio::select! {
        () = work => {}
        // An error means that the sandbox was dropped.
        _ = stop.changed() => courier.open.send_modify(|open| *open = 0),
    }
}

fn wire_client() -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ATTEMPT_TIMEOUT)
        .no_proxy()
        .build()
        .map_err(|error| describe(&error))
}

async fn deliver(
    courier: &Courier,
    key: &SigningKey,
    client: Result<&reqwest::Client, String>,
    address: &Url,
    index: usize,
) {
    let Some(body) = courier.body(index) else { return };
    let signature = match key.sign_der(&body) {
        Ok(signature) => BASE64_STANDARD.encode(signature),
        Err(error) => {
            let at = courier.clock.now();
            courier.update(index, |delivery| {
                delivery.attempts.push(Attempt {
                    at,
                    outcome: Err(format!("not signed: {error}")),
                });
                delivery.state = DeliveryState::GivenUp;
            });
            return;
        }
    };
    courier.update(index, |delivery| delivery.signature = Some(signature.clone()));
    let mut backoff = FIRST_BACKOFF;
    for attempt in 1..=ATTEMPTS {
        let at = courier.clock.now();
        let outcome = match &client {
            Ok(client) => send(client, address, &signature, body.clone()).await,
            Err(reason) => Err(reason.clone()),
        };
        let delivered = matches!(outcome, Ok(200..=299));
        tracing::debug!(attempt, delivered, "webhook sent");
        courier.update(index, |delivery| {
            delivery.attempts.push(Attempt { at, outcome });
            if delivered {
                delivery.state = DeliveryState::Delivered;
            } else if attempt == ATTEMPTS {
                delivery.state = DeliveryState::GivenUp;
            }
        });
        if delivered || attempt == ATTEMPTS {
            return;
        }
        tokio::time::sleep(backoff).await;
        backoff *= 2;
    }
}

async fn send(client: &reqwest::Client, address: &Url, signature: &str, body: Bytes) -> Result<u16, String> {
    let answer = client
        .post(address.clone())
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header("Webhook-Signature", signature)
        .body(body)
        .send()
        .await;
    answer
        .map(|answer| answer.status().as_u16())
        .map_err(|error| describe(&error))
}

/// The kind of failure, without the address: it may hold a credential.
fn describe(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "connection failed"
    };
    kind.to_owned()
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("event_type", &self.event_type)
            .field("event_version", &self.event_version)
            .field("bytes", &self.body.len())
            .field("signature", &self.signature.as_ref().map(|_| Secret))
            .field("state", &self.state)
            .field("attempts", &self.attempts)
            .finish()
    }
}

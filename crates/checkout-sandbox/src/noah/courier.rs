//! Delivers webhooks: signs the exact bytes, sends them in order, tries a few times, and keeps a log of it all.
//!
//! NOAH publishes neither its schedule nor its time-outs; the sandbox sends one webhook after the other, at most
//! [`ATTEMPTS`] times each, and waits a little longer before each further attempt.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use checkout_core::key::SigningKey;
use checkout_core::redact::Secret;
use noah_models::EventType;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use url::Url;

use crate::ground::{Batch, Ground, StateError, Table, nth};
use crate::guard;
use crate::time::{milliseconds, timestamp};

/// How often one webhook is sent at most.
pub(crate) const ATTEMPTS: usize = 3;
/// Wait before the second attempt; doubled before each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// By their number.
const DELIVERIES: Table<Delivery> = Table::new("noah_deliveries");
/// How many webhooks the log keeps: the last ones, and any that still wait.
const LOGGED: usize = 10_000;

/// One webhook and what became of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Delivery {
    /// What kind of object the webhook tells about.
    pub event_type: EventType,
    /// The event's version: Unix milliseconds, strictly increasing within one sandbox.
    pub event_version: i64,
    /// The exact bytes of the body. They hold customer data, so `Debug` leaves them out.
    #[serde(with = "crate::text_bytes")]
    pub body: Bytes,
    /// The `Webhook-Signature` sent with every attempt; absent until the webhook is due, or if it is not sent at all.
    pub signature: Option<String>,
    /// Where it stands.
    pub state: DeliveryState,
    /// Every attempt so far, in order.
    pub attempts: Vec<Attempt>,
}

/// Where a webhook stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// When it began, by the sandbox's clock.
    pub at: SystemTime,
    /// How it ended: the receiver's status, or why there was none.
    pub outcome: Result<u16, String>,
}

/// What an event says, before it has a version.
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
pub(crate) struct Subscription {
    pub(crate) address: Option<Url>,
    pub(crate) event_types: BTreeSet<EventType>,
}

/// The queue of webhooks and its log.
pub(crate) struct Courier {
    ground: Arc<Ground>,
    subscription: Subscription,
    user_id: String,
    log: Mutex<Log>,
    /// Numbers of deliveries in the log.
    queue: mpsc::UnboundedSender<usize>,
    /// How many webhooks are in the queue or being sent. Raised, and cleared at the end, only under the log's lock.
    open: watch::Sender<usize>,
}

/// Deliveries by their number.
#[derive(Default)]
struct Log {
    last_version: i64,
    next: usize,
    deliveries: BTreeMap<usize, Delivery>,
}

/// Webhooks that have a number, a version and a body, and wait for the change that they tell of to be kept.
pub(crate) struct Posting(Vec<(usize, Delivery)>);

impl Log {
    /// The numbers of those that are to make room for so many more.
    fn overdue(&self, more: usize) -> Vec<usize> {
        let too_many = (self.deliveries.len() + more).saturating_sub(LOGGED);
        self.deliveries
            .iter()
            .take(too_many)
            .take_while(|(_, delivery)| delivery.state != DeliveryState::Waiting)
            .map(|(number, _)| *number)
            .collect()
    }
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
    /// The courier, and the queue that [`run`] serves. What an earlier sandbox left waiting is in it.
    pub(crate) fn new(
        ground: Arc<Ground>,
        subscription: Subscription,
        user_id: String,
    ) -> Result<(Arc<Self>, mpsc::UnboundedReceiver<usize>), StateError> {
        let (queue, due) = mpsc::unbounded_channel();
        let mut log = Log::default();
        let mut waiting = 0;
        for (key, mut delivery) in ground.state().rows(DELIVERIES)? {
            let number = key.parse().unwrap_or(log.next);
            log.next = number + 1;
            log.last_version = log.last_version.max(delivery.event_version);
            if delivery.state == DeliveryState::Waiting && subscription.address.is_none() {
                delivery.state = DeliveryState::NoAddress;
            }
            // The receiver is there: it is returned below.
            if delivery.state == DeliveryState::Waiting && queue.send(number).is_ok() {
                waiting += 1;
            }
            log.deliveries.insert(number, delivery);
        }
        let courier = Self {
            ground,
            subscription,
            user_id,
            log: Mutex::new(log),
            queue,
            open: watch::Sender::new(waiting),
        };
        Ok((Arc::new(courier), due))
    }

    pub(crate) const fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// Gives the events their numbers, versions and bodies, and puts them into the batch of the change that they tell of.
    /// Once that is committed, they are to be posted.
    pub(crate) fn draft(&self, events: Vec<Event>, batch: &mut Batch) -> Posting {
        let mut log = self.log();
        for number in log.overdue(events.len()) {
            log.deliveries.remove(&number);
            batch.remove(DELIVERIES, nth(number));
        }
        let drafted = events.into_iter().map(|Event { event_type, data }| {
            let now = self.ground.now();
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
            let delivery = Delivery {
                event_type,
                event_version,
                body,
                signature: None,
                state,
                attempts: Vec::new(),
            };
            let number = log.next;
            log.next += 1;
            batch.put(DELIVERIES, nth(number), &delivery);
            (number, delivery)
        });
        Posting(drafted.collect())
    }

    /// Logs what was drafted, and queues what is subscribed.
    pub(crate) fn post(&self, Posting(drafted): Posting) {
        let mut log = self.log();
        for (number, delivery) in drafted {
            let waits = delivery.state == DeliveryState::Waiting;
            log.deliveries.insert(number, delivery);
            // Refused only when the sandbox has stopped. The worker cannot count it off before it is counted here: it
            // needs the log, which is locked.
            if waits && self.queue.send(number).is_ok() {
                self.open.send_modify(|open| *open += 1);
            }
        }
    }

    /// Waits until no webhook is waiting any more.
    pub(crate) async fn drain(&self) {
        // Fails only if the sender is dropped, and `self` holds it.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }

    /// The log, without what it has dropped.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.log().deliveries.values().cloned().collect()
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

    /// Changes a delivery, in the file too. That a file cannot be written costs a repetition after a restart, no webhook.
    fn update(&self, number: usize, change: impl FnOnce(&mut Delivery)) {
        let mut batch = self.ground.batch();
        let mut log = self.log();
        let Some(delivery) = log.deliveries.get_mut(&number) else {
            return;
        };
        change(delivery);
        batch.put(DELIVERIES, nth(number), delivery);
        drop(log);
        if let Err(error) = self.ground.commit(batch) {
            tracing::error!(%error, "a delivery was not kept");
        }
    }

    fn body(&self, number: usize) -> Option<Bytes> {
        self.log()
            .deliveries
            .get(&number)
            .map(|delivery| delivery.body.clone())
    }

    /// Takes no more webhooks, and gives up those that wait.
    fn close(&self, mut due: mpsc::UnboundedReceiver<usize>) {
        // Under the lock, so that no webhook is queued and counted on both sides of it.
        let _log = self.log();
        due.close();
        self.open.send_replace(0);
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
        while let Some(number) = due.recv().await {
            let client = match &wire {
                Some(client) => Ok(client),
                None => wire_client(&address).map(|client| &*wire.insert(client)),
            };
            deliver(&courier, &key, client, &address, number).await;
            courier.open.send_modify(|open| *open = open.saturating_sub(1));
        }
    };
    tokio::select! {
        () = work => {}
        // An error means that the sandbox was dropped.
        _ = stop.changed() => {}
    }
    courier.close(due);
}

fn wire_client(address: &Url) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ATTEMPT_TIMEOUT);
    if address.scheme() == "http" {
        // Without this, a machine without CA certificates (a slim container) could not even speak plain http.
        builder = builder.tls_certs_only([]);
    }
    if guard::is_loopback(address) {
        // A proxy has another loopback.
        builder = builder.no_proxy();
    }
    builder
        .build()
        .map_err(|_| "no TLS: this machine has no CA certificates to check an https:// address by".to_owned())
}

async fn deliver(
    courier: &Courier,
    key: &SigningKey,
    client: Result<&reqwest::Client, String>,
    address: &Url,
    number: usize,
) {
    let Some(body) = courier.body(number) else { return };
    let signature = match key.sign_der(&body) {
        Ok(signature) => BASE64_STANDARD.encode(signature),
        Err(error) => {
            let at = courier.ground.now();
            courier.update(number, |delivery| {
                delivery.attempts.push(Attempt {
                    at,
                    outcome: Err(format!("not signed: {error}")),
                });
                delivery.state = DeliveryState::GivenUp;
            });
            return;
        }
    };
    courier.update(number, |delivery| delivery.signature = Some(signature.clone()));
    let mut backoff = FIRST_BACKOFF;
    for attempt in 1..=ATTEMPTS {
        let at = courier.ground.now();
        let outcome = match &client {
            Ok(client) => send(client, address, &signature, body.clone()).await,
            Err(reason) => Err(reason.clone()),
        };
        let delivered = matches!(outcome, Ok(200..=299));
        tracing::debug!(attempt, delivered, "webhook sent");
        courier.update(number, |delivery| {
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

#[cfg(test)]
mod tests {
    use jsonwebtoken::Algorithm;

    use super::*;

    fn courier(address: Option<&str>) -> (Arc<Courier>, mpsc::UnboundedReceiver<usize>) {
        let subscription = Subscription {
            address: address.map(|address| address.parse().unwrap()),
            event_types: EventType::KNOWN.iter().cloned().collect(),
        };
        Courier::new(Arc::new(Ground::for_tests()), subscription, "user".to_owned()).unwrap()
    }

    fn post(courier: &Courier, events: usize) {
        let event = || Event::new(EventType::Transaction, &"data");
        let mut batch = courier.ground.batch();
        courier.post(courier.draft((0..events).map(|_| event()).collect(), &mut batch));
    }

    async fn drained(courier: &Courier) {
        tokio::time::timeout(Duration::from_secs(5), courier.drain())
            .await
            .expect("nothing waits any more");
    }

    #[tokio::test]
    async fn a_webhook_posted_after_the_end_waits_for_nobody() {
        let (courier, due) = courier(Some("http://127.0.0.1:9"));
        post(&courier, 2);
        assert_eq!(*courier.open.borrow(), 2);
        let stop = watch::Sender::new(());
        let stopped = stop.subscribe();
        drop(stop);
        let key = SigningKey::generate(Algorithm::ES384).unwrap();
        run(Arc::clone(&courier), key, due, stopped).await;
        drained(&courier).await;
        post(&courier, 2);
        drained(&courier).await;
        assert_eq!(courier.deliveries().len(), 4);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn posting_and_ending_do_not_race() {
        for _ in 0..300 {
            let (courier, due) = courier(Some("http://127.0.0.1:9"));
            std::thread::scope(|scope| {
                scope.spawn(|| (0..20).for_each(|_| post(&courier, 1)));
                scope.spawn(|| courier.close(due));
            });
            assert_eq!(*courier.open.borrow(), 0);
            drained(&courier).await;
        }
    }

    #[test]
    fn the_log_keeps_the_last_deliveries() {
        let (courier, _due) = courier(None);
        post(&courier, LOGGED);
        let second = courier.deliveries()[1].event_version;
        post(&courier, 1);
        let deliveries = courier.deliveries();
        assert_eq!(deliveries.len(), LOGGED);
        assert_eq!(deliveries[0].event_version, second);
        // Numbers still mean the same delivery.
        assert_eq!(courier.body(0), None);
        assert_eq!(courier.body(1).as_ref(), Some(&deliveries[0].body));
        assert_eq!(courier.body(LOGGED).as_ref(), Some(&deliveries[LOGGED - 1].body));
    }

    #[test]
    fn the_log_drops_no_webhook_that_waits() {
        let (courier, _due) = courier(Some("http://127.0.0.1:9"));
        post(&courier, LOGGED + 1);
        assert_eq!(courier.deliveries().len(), LOGGED + 1);
        courier.update(0, |oldest| oldest.state = DeliveryState::Delivered);
        courier.update(2, |third| third.state = DeliveryState::Delivered);
        post(&courier, 1);
        assert_eq!(
            courier.deliveries().len(),
            LOGGED + 1,
            "the second one still waits"
        );
    }
}

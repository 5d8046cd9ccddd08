//! The queue of webhooks, and its log.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use url::Url;

use super::agenda::{Agenda, Due, Lane};
use super::delivery::{Delivery, DeliveryState};
use super::event::WebhookForm;
use super::log::{DELIVERIES, Log};
use super::schedule::WebhookSchedule;
use super::shown::delivery_row;
use super::switches::WebhookSwitches;
use super::wire::Wire;
use crate::engine::control::Feed;
use crate::engine::ground::{Ground, StateError};
use crate::engine::spec::Api;
use crate::engine::text::span;

/// Where webhooks go, who signs them, and how they are sent.
pub(crate) struct Settings {
    /// Each API with its address, if its webhooks go anywhere.
    pub(crate) apis: Vec<(Api, Option<Url>, Arc<dyn WebhookForm>)>,
    pub(crate) schedule: WebhookSchedule,
    pub(crate) switches: WebhookSwitches,
}

/// The queue of webhooks and its log.
pub(crate) struct Courier {
    pub(crate) ground: Arc<Ground>,
    pub(super) channels: BTreeMap<Api, Channel>,
    pub(crate) schedule: WebhookSchedule,
    pub(super) switches: Mutex<WebhookSwitches>,
    /// Held from a draft until it is posted, so that numbers go out in their order.
    pub(super) turn: Mutex<()>,
    pub(super) log: Mutex<Log>,
    /// How many webhooks wait. Changed only under the log's lock.
    pub(super) open: watch::Sender<usize>,
    /// Told of every delivery that is new or has changed.
    pub(super) feed: Feed,
}

/// How an API's webhooks leave.
pub(super) struct Channel {
    pub(super) wire: Option<Wire>,
    pub(super) form: Arc<dyn WebhookForm>,
    pub(super) queue: mpsc::UnboundedSender<Due>,
}

impl Courier {
    /// The courier, and the lanes that [`run`](super::run) serves. What an earlier sandbox left waiting is in them.
    pub(crate) fn new(
        ground: Arc<Ground>,
        settings: Settings,
        feed: Feed,
    ) -> Result<(Arc<Self>, Vec<Lane>), StateError> {
        let (mut channels, mut lanes) = (BTreeMap::new(), BTreeMap::new());
        for (api, address, form) in settings.apis {
            let (channel, lane) = Channel::new(address, form);
            channels.insert(api, channel);
            lanes.insert(api, lane);
        }
        let courier = Self {
            ground,
            channels,
            schedule: settings.schedule,
            switches: Mutex::new(settings.switches),
            turn: Mutex::default(),
            log: Mutex::default(),
            open: watch::Sender::new(0),
            feed,
        };
        courier.take_up(&mut lanes)?;
        lanes.retain(|api, _| courier.channel(*api).is_some());
        Ok((Arc::new(courier), lanes.into_values().collect()))
    }

    /// Goes on where an earlier sandbox stopped.
    fn take_up(&self, lanes: &mut BTreeMap<Api, Lane>) -> Result<(), StateError> {
        let (now, moment) = (self.ground.now(), Instant::now());
        let mut log = self.log.lock();
        for (_, mut delivery) in self.ground.state.rows(DELIVERIES)? {
            let (number, wait) = (delivery.number, remaining(&delivery, now));
            match self.channel(delivery.api).zip(lanes.get_mut(&delivery.api)) {
                _ if !delivery.waits() => {}
                Some((channel, lane)) => {
                    self.open.send_modify(|open| *open += 1);
                    if delivery.tried() == 0 {
                        channel.queue(number, moment + wait, None);
                    } else {
                        lane.retries.push((number, wait));
                    }
                }
                None => {
                    delivery.state = DeliveryState::NoAddress;
                    delivery.next_attempt = None;
                }
            }
            log.insert(delivery);
        }
        Ok(())
    }

    /// Where the webhooks of an API go.
    pub(crate) fn address(&self, api: Api) -> Option<&Url> {
        Some(&self.channel(api)?.wire.as_ref()?.address)
    }

    pub(crate) fn switches(&self) -> WebhookSwitches {
        self.switches.lock().clone()
    }

    /// For what is posted from now on.
    pub(crate) fn switch(&self, switches: WebhookSwitches) {
        *self.switches.lock() = switches;
    }

    /// Waits until no webhook is waiting any more.
    pub(crate) async fn drain(&self) {
        // Fails only if the sender is dropped, and `self` holds it.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }

    /// The log, without what it has dropped.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.log.lock().all().cloned().collect()
    }

    /// The last ones, newest first.
    pub(crate) fn latest(&self, at_most: usize) -> Vec<Delivery> {
        self.log.lock().all().rev().take(at_most).cloned().collect()
    }

    pub(crate) fn delivery(&self, number: u64) -> Option<Delivery> {
        self.log.lock().get(number).cloned()
    }

    pub(super) fn tell(&self, delivery: &Delivery) {
        if self.feed.is_read() {
            self.feed.publish("delivery", &delivery_row(delivery));
        }
    }

    /// How the webhooks of an API leave, if they have an address.
    pub(super) fn channel(&self, api: Api) -> Option<&Channel> {
        self.channels.get(&api).filter(|channel| channel.wire.is_some())
    }

    pub(super) fn form(&self, api: Api) -> Option<&dyn WebhookForm> {
        self.channels.get(&api).map(|channel| &*channel.form)
    }

    /// Nobody waits for what still waits.
    pub(super) fn close(&self) {
        // Under the lock, so that no webhook is queued and counted on both sides of it.
        let mut log = self.log.lock();
        log.closed = true;
        self.open.send_replace(0);
    }
}

impl Channel {
    fn new(address: Option<Url>, form: Arc<dyn WebhookForm>) -> (Self, Lane) {
        let (queue, arriving) = mpsc::unbounded_channel();
        let lane = Lane {
            agenda: Agenda::new(arriving),
            retries: Vec::new(),
        };
        let wire = address.map(Wire::new);
        (Self { wire, form, queue }, lane)
    }

    pub(super) fn queue(&self, number: u64, at: Instant, rank: Option<u64>) {
        // Refused only when the sandbox has stopped.
        let _ = self.queue.send(Due { number, at, rank });
    }
}

/// How long a delivery still waits. A clock that was moved meanwhile must not make that forever.
fn remaining(delivery: &Delivery, now: SystemTime) -> Duration {
    delivery
        .next_attempt
        .and_then(|next| next.duration_since(now).ok())
        .unwrap_or_default()
        .min(span::LONGEST)
}

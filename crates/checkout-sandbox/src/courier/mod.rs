//! Delivers the webhooks of both APIs: signs the exact bytes, sends them in order, tries again, and keeps a log of it all.
//!
//! Each API has a lane of its own. In it, first attempts go out one after the other; a webhook that fails waits by itself
//! for its further attempts, and holds up none behind it.

mod agenda;
mod attempts;
pub(crate) mod control;
mod delivery;
mod event;
mod log;
mod mask;
mod posting;
mod run;
mod schedule;
mod seal;
mod switches;
mod trigger;
mod wire;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use checkout_core::key::SigningKey;
use noah_models::EventType;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use url::Url;

pub use attempts::ResendError;
pub use delivery::{Attempt, Delivery, DeliveryState};
pub(crate) use event::Event;
pub(crate) use mask::masked;
pub(crate) use run::{Lane, run};
pub use schedule::{ScheduleError, WebhookSchedule};
pub use switches::{SwitchError, WebhookSwitches};
pub use trigger::TriggerError;

use crate::api::Api;
use crate::ground::{Ground, StateError};
use crate::span;
use crate::worldline::auth::Account;
use agenda::{Agenda, Due};
use log::{DELIVERIES, Log};
use seal::Seal;
use wire::Wire;

/// Where webhooks go, who signs them, and how they are sent.
pub(crate) struct Settings {
    pub(crate) noah_address: Option<Url>,
    pub(crate) worldline_address: Option<Url>,
    /// NOAH's; Worldline Connect's are all delivered.
    pub(crate) event_types: BTreeSet<EventType>,
    pub(crate) noah_key: SigningKey,
    /// The `UserID` of NOAH's webhooks.
    pub(crate) user_id: String,
    pub(crate) account: Account,
    pub(crate) schedule: WebhookSchedule,
    pub(crate) switches: WebhookSwitches,
}

/// Told of every delivery that is new or has changed, while the log is locked: it must not come back to the courier.
pub(crate) type OnChange = Box<dyn Fn(&Delivery) + Send + Sync>;

/// The queue of webhooks and its log.
pub(crate) struct Courier {
    ground: Arc<Ground>,
    noah: Channel,
    worldline: Channel,
    event_types: BTreeSet<EventType>,
    user_id: String,
    merchant_id: String,
    /// As PEM.
    noah_public_key: String,
    schedule: WebhookSchedule,
    switches: Mutex<WebhookSwitches>,
    /// Held from a draft until it is posted, so that numbers go out in their order.
    turn: Mutex<()>,
    log: Mutex<Log>,
    /// How many webhooks wait. Changed only under the log's lock.
    open: watch::Sender<usize>,
    on_change: Option<OnChange>,
}

/// How an API's webhooks leave.
struct Channel {
    wire: Option<Wire>,
    seal: Seal,
    queue: mpsc::UnboundedSender<Due>,
}

impl Courier {
    /// The courier, and the lanes that [`run`] serves. What an earlier sandbox left waiting is in them.
    pub(crate) fn new(
        ground: Arc<Ground>,
        settings: Settings,
        on_change: Option<OnChange>,
    ) -> Result<(Arc<Self>, Vec<Lane>), StateError> {
        let noah_public_key = settings.noah_key.public_key_pem();
        let merchant_id = settings.account.merchant_id.clone();
        let worldline_seal = Seal::Worldline {
            key_id: settings.account.webhook_key_id,
            secret: settings.account.webhook_secret,
        };
        let (noah, mut noah_lane) = Channel::new(settings.noah_address, Seal::noah(settings.noah_key));
        let (worldline, mut worldline_lane) = Channel::new(settings.worldline_address, worldline_seal);

        let courier = Self {
            ground,
            noah,
            worldline,
            event_types: settings.event_types,
            user_id: settings.user_id,
            merchant_id,
            noah_public_key,
            schedule: settings.schedule,
            switches: Mutex::new(settings.switches),
            turn: Mutex::default(),
            log: Mutex::default(),
            open: watch::Sender::new(0),
            on_change,
        };
        courier.take_up(&mut noah_lane, &mut worldline_lane)?;
        let lanes = [(&courier.noah, noah_lane), (&courier.worldline, worldline_lane)];
        let served = lanes.into_iter().filter(|(channel, _)| channel.wire.is_some());
        let lanes = served.map(|(_, lane)| lane).collect();
        Ok((Arc::new(courier), lanes))
    }

    /// Goes on where an earlier sandbox stopped.
    fn take_up(&self, noah: &mut Lane, worldline: &mut Lane) -> Result<(), StateError> {
        let (now, moment) = (self.ground.now(), Instant::now());
        let mut log = self.log();
        for (_, mut delivery) in self.ground.state().rows(DELIVERIES)? {
            let channel = self.channel(delivery.api);
            if delivery.waits() && channel.wire.is_none() {
                delivery.state = DeliveryState::NoAddress;
                delivery.next_attempt = None;
            }
            if delivery.waits() {
                self.open.send_modify(|open| *open += 1);
                let (number, wait) = (delivery.number, remaining(&delivery, now));
                let lane = match delivery.api {
                    Api::Noah => &mut *noah,
                    Api::Worldline => &mut *worldline,
                };
                if delivery.tried() == 0 {
                    channel.queue(number, moment + wait, None);
                } else {
                    lane.retries.push((number, wait));
                }
            }
            log.insert(delivery);
        }
        Ok(())
    }

    pub(crate) fn ground(&self) -> &Ground {
        &self.ground
    }

    /// Where the webhooks of an API go.
    pub(crate) fn address(&self, api: Api) -> Option<&Url> {
        self.channel(api).wire.as_ref().map(Wire::address)
    }

    /// What NOAH's webhooks are verified with, as PEM.
    pub(crate) fn noah_public_key(&self) -> &str {
        &self.noah_public_key
    }

    /// The event types of NOAH's that are delivered.
    pub(crate) const fn event_types(&self) -> &BTreeSet<EventType> {
        &self.event_types
    }

    pub(crate) const fn schedule(&self) -> &WebhookSchedule {
        &self.schedule
    }

    pub(crate) fn switches(&self) -> WebhookSwitches {
        self.switches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// For what is posted from now on.
    pub(crate) fn switch(&self, switches: WebhookSwitches) {
        *self.switches.lock().unwrap_or_else(PoisonError::into_inner) = switches;
    }

    /// Waits until no webhook is waiting any more.
    pub(crate) async fn drain(&self) {
        // Fails only if the sender is dropped, and `self` holds it.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }

    /// The log, without what it has dropped.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.log().all().cloned().collect()
    }

    /// The last ones, newest first.
    pub(crate) fn latest(&self, at_most: usize) -> Vec<Delivery> {
        self.log().all().rev().take(at_most).cloned().collect()
    }

    pub(crate) fn delivery(&self, number: u64) -> Option<Delivery> {
        self.log().get(number).cloned()
    }

    fn tell(&self, delivery: &Delivery) {
        if let Some(on_change) = &self.on_change {
            on_change(delivery);
        }
    }

    const fn channel(&self, api: Api) -> &Channel {
        match api {
            Api::Noah => &self.noah,
            Api::Worldline => &self.worldline,
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody waits for what still waits.
    fn close(&self) {
        // Under the lock, so that no webhook is queued and counted on both sides of it.
        let mut log = self.log();
        log.closed = true;
        self.open.send_replace(0);
    }
}

impl Channel {
    fn new(address: Option<Url>, seal: Seal) -> (Self, Lane) {
        let (queue, arriving) = mpsc::unbounded_channel();
        let lane = Lane {
            agenda: Agenda::new(arriving),
            retries: Vec::new(),
        };
        let wire = address.map(Wire::new);
        (Self { wire, seal, queue }, lane)
    }

    fn queue(&self, number: u64, at: Instant, rank: Option<u64>) {
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

#[cfg(test)]
mod tests;

//! From what happened to webhooks that wait for their turn.

use parking_lot::MutexGuard;
use tokio::time::Instant;

use super::delivery::{Delivery, DeliveryState};
use super::event::{Event, Written};
use super::log::{DELIVERIES, Log};
use super::queue::{Channel, Courier};
use super::switches::WebhookSwitches;
use crate::engine::ground::{Batch, StateError, nth};
use crate::engine::text::{json, milliseconds, span};

/// Webhooks that have a number, a version and a body, and wait for the change that they tell of to be kept.
pub(crate) struct Posting<'a> {
    _turn: MutexGuard<'a, ()>,
    drafted: Vec<Delivery>,
    at: Instant,
    shuffled: bool,
}

impl Courier {
    /// Gives the events their numbers, versions and bodies, and puts them into the batch of the change that they tell of.
    /// Once that is committed, they are to be posted.
    pub(crate) fn draft(&self, events: Vec<Event>, batch: &mut Batch) -> Posting<'_> {
        let turn = self.turn.lock();
        let mut switches = self.switches();
        switches.delay = switches.delay.min(span::LONGEST);
        let mut log = self.log.lock();
        let mut drafted = Vec::new();
        for event in events {
            let state = self.first_state(&event);
            for event in switches.told(event) {
                let first = self.drafted(&event, state, &switches, &mut log);
                let copy = |number| Delivery {
                    number,
                    duplicate_of: Some(first.number),
                    ..first.clone()
                };
                let copies: Vec<_> = (0..switches.duplicates)
                    .map(|_| copy(log.next_number()))
                    .collect();
                drafted.push(first);
                drafted.extend(copies);
            }
        }
        log.make_room(drafted.len(), batch);
        for delivery in &drafted {
            batch.put(DELIVERIES, nth(delivery.number), delivery);
        }
        Posting {
            _turn: turn,
            drafted,
            at: Instant::now() + switches.delay,
            shuffled: switches.reorder,
        }
    }

    /// Logs what was drafted, and queues what is subscribed.
    pub(crate) fn post(&self, posting: Posting<'_>) {
        let mut log = self.log.lock();
        for delivery in posting.drafted {
            let number = delivery.number;
            // The worker cannot count it off before it is counted here: it needs the log, which is locked.
            if delivery.waits()
                && !log.closed
                && let Some(channel) = self.channel(delivery.api)
            {
                let rank = posting
                    .shuffled
                    .then(|| self.ground.ids.chance("webhook order", number));
                channel.queue(number, posting.at, rank);
                self.open.send_modify(|open| *open += 1);
            }
            self.tell(&delivery);
            log.insert(delivery);
        }
    }

    /// Posts an event that no request brought about. Gives all that it became.
    pub(crate) fn trigger(&self, event: Event) -> Result<Vec<Delivery>, StateError> {
        let mut batch = self.ground.batch();
        let posting = self.draft(vec![event], &mut batch);
        let drafted = posting.drafted.clone();
        self.ground.commit(batch)?;
        self.post(posting);
        Ok(drafted)
    }

    fn drafted(
        &self,
        event: &Event,
        state: DeliveryState,
        switches: &WebhookSwitches,
        log: &mut Log,
    ) -> Delivery {
        let now = self.ground.now();
        let mut next_version = || log.next_version(milliseconds(now));
        let written = self
            .form(event.api)
            .map(|form| form.write(event, now, &self.ground.ids, &mut next_version));
        let Written { version, id, body } = written.unwrap_or_else(|| Written {
            version: None,
            id: None,
            body: json::written(&*event.data).unwrap_or_default(),
        });
        Delivery {
            number: log.next_number(),
            api: event.api,
            event_type: event.event_type.clone(),
            event_version: version,
            event_id: id,
            duplicate_of: None,
            wrong_signature: switches.wrong_signature,
            body: switches.written(event.api, body),
            signature: None,
            state,
            attempts: Vec::new(),
            next_attempt: now
                .checked_add(switches.delay)
                .filter(|_| state == DeliveryState::Waiting),
        }
    }

    fn first_state(&self, event: &Event) -> DeliveryState {
        let is_subscribed = |channel: &Channel| channel.form.is_subscribed(&event.event_type);
        match self.channel(event.api).map(is_subscribed) {
            None => DeliveryState::NoAddress,
            Some(true) => DeliveryState::Waiting,
            Some(false) => DeliveryState::NotSubscribed,
        }
    }
}

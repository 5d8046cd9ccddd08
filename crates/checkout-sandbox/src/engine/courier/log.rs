//! The deliveries in memory, and as a state file holds them.

use std::collections::BTreeMap;

use super::delivery::{Delivery, DeliveryState};
use crate::engine::ground::{Batch, Table, nth};

/// How many webhooks the log keeps: the last ones, and any that still wait.
pub(super) const LOGGED: usize = 10_000;
/// By their number.
pub(super) const DELIVERIES: Table<Delivery> = Table::new("deliveries");

/// Deliveries by their number.
#[derive(Default)]
pub(super) struct Log {
    last_version: i64,
    last_number: u64,
    /// Whether the sandbox has stopped: nothing waits any more.
    pub(super) closed: bool,
    deliveries: BTreeMap<u64, Delivery>,
}

impl Log {
    /// A number that no delivery has had.
    pub(super) const fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A version above all others: the time where that is possible.
    pub(super) fn next_version(&mut self, milliseconds: i64) -> i64 {
        self.last_version = milliseconds.max(self.last_version.saturating_add(1));
        self.last_version
    }

    pub(super) fn get(&self, number: u64) -> Option<&Delivery> {
        self.deliveries.get(&number)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Delivery> {
        self.deliveries.get_mut(&number)
    }

    pub(super) fn all(&self) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.deliveries.values()
    }

    pub(super) fn insert(&mut self, delivery: Delivery) {
        self.last_number = self.last_number.max(delivery.number);
        self.last_version = self.last_version.max(delivery.event_version.unwrap_or_default());
        self.deliveries.insert(delivery.number, delivery);
    }

    /// A delivery and all that repeat the same one.
    pub(super) fn family_mut(&mut self, number: u64) -> impl Iterator<Item = &mut Delivery> {
        let first = self
            .get(number)
            .and_then(|delivery| delivery.duplicate_of)
            .unwrap_or(number);
        self.deliveries
            .range_mut(first..)
            .map(|(_, delivery)| delivery)
            .take_while(move |delivery| delivery.number == first || delivery.duplicate_of == Some(first))
    }

    /// Drops the oldest, so that there is room for so many more; none of those that wait, and none behind them.
    pub(super) fn make_room(&mut self, more: usize, batch: &mut Batch) {
        let too_many = (self.deliveries.len() + more).saturating_sub(LOGGED);
        for _ in 0..too_many {
            match self.deliveries.first_entry() {
                Some(oldest) if oldest.get().state != DeliveryState::Waiting => {
                    batch.remove(DELIVERIES, nth(oldest.remove().number));
                }
                _ => return,
            }
        }
    }
}

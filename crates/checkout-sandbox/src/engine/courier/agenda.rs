//! The first attempts of an API's webhooks, in the order in which they are to go out.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

/// How many webhooks are shuffled together.
const GROUP: usize = 4;
/// How long an incomplete group is held back.
const HOLD: Duration = Duration::from_secs(1);

/// A webhook that has not been sent yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) number: u64,
    pub(super) at: Instant,
    /// Its place within its group, if it is to be shuffled.
    pub(super) rank: Option<u64>,
}

/// What is to be sent next, and when.
pub(super) struct Agenda {
    arriving: UnboundedReceiver<Due>,
    /// An incomplete group, and when it goes as it is.
    held: Vec<Due>,
    release: Instant,
    /// By time, then in the order of arrival.
    due: BTreeMap<(Instant, u64), u64>,
    arrived: u64,
}

/// The webhooks of one API.
pub(crate) struct Lane {
    pub(super) agenda: Agenda,
    /// What an earlier sandbox has tried, and how long it still waits.
    pub(super) retries: Vec<(u64, Duration)>,
}

impl Agenda {
    pub(super) fn new(arriving: UnboundedReceiver<Due>) -> Self {
        Self {
            arriving,
            held: Vec::new(),
            release: Instant::now(),
            due: BTreeMap::new(),
            arrived: 0,
        }
    }

    /// Waits for the next one; `None` if there can be none any more.
    pub(super) async fn next(&mut self) -> Option<u64> {
        loop {
            while let Ok(due) = self.arriving.try_recv() {
                self.accept(due);
            }
            let now = Instant::now();
            if !self.held.is_empty() && self.release <= now {
                self.release();
            }
            let first = self.due.first_key_value().map(|((at, _), _)| *at);
            if first.is_some_and(|first| first <= now) {
                return self.due.pop_first().map(|(_, number)| number);
            }
            let release = (!self.held.is_empty()).then_some(self.release);
            let wake = match (first, release) {
                (Some(first), Some(release)) => Some(first.min(release)),
                (first, release) => first.or(release),
            };
            let Some(wake) = wake else {
                let due = self.arriving.recv().await?;
                self.accept(due);
                continue;
            };
            tokio::select! {
                Some(due) = self.arriving.recv() => self.accept(due),
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    fn accept(&mut self, due: Due) {
        if due.rank.is_none() {
            self.release();
            self.add(due);
            return;
        }
        if self.held.is_empty() {
            self.release = Instant::now() + HOLD;
        }
        self.held.push(due);
        if self.held.len() == GROUP {
            self.release();
        }
    }

    /// Sends the held ones on their way, all due together: by rank, and never in the order in which they came.
    fn release(&mut self) {
        let came = std::mem::take(&mut self.held);
        let Some(at) = came.iter().map(|due| due.at).max() else {
            return;
        };
        let mut group = came.clone();
        group.sort_by_key(|due| due.rank);
        if group == came {
            group.rotate_left(1);
        }
        for due in group {
            self.add(Due { at, ..due });
        }
    }

    fn add(&mut self, due: Due) {
        self.due.insert((due.at, self.arrived), due.number);
        self.arrived += 1;
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    async fn order(dues: impl IntoIterator<Item = Due>) -> Vec<u64> {
        let (queue, arriving) = mpsc::unbounded_channel();
        let mut agenda = Agenda::new(arriving);
        dues.into_iter().for_each(|due| queue.send(due).unwrap());
        drop(queue);
        let mut order = Vec::new();
        while let Some(number) = agenda.next().await {
            order.push(number);
        }
        order
    }

    fn due(number: u64, rank: Option<u64>) -> Due {
        Due {
            number,
            at: Instant::now(),
            rank,
        }
    }

    #[tokio::test]
    async fn what_is_not_shuffled_goes_by_time_and_then_as_it_came() {
        let later = Due {
            at: Instant::now() + Duration::from_millis(30),
            ..due(1, None)
        };
        assert_eq!(order([later, due(2, None), due(3, None)]).await, [2, 3, 1]);
    }

    #[tokio::test]
    async fn a_group_goes_by_rank_and_an_incomplete_one_does_after_a_while() {
        let began = Instant::now();
        let ranks = [3, 1, 2, 4, 9, 8];
        let dues = ranks
            .into_iter()
            .zip(1..)
            .map(|(rank, number)| due(number, Some(rank)));
        assert_eq!(order(dues).await, [2, 3, 1, 4, 6, 5]);
        assert!(began.elapsed() >= HOLD);
    }

    #[tokio::test]
    async fn a_group_never_keeps_its_order() {
        let dues = (1..=4).map(|number| due(number, Some(number)));
        assert_eq!(order(dues).await, [2, 3, 4, 1]);
    }

    #[tokio::test]
    async fn what_comes_unshuffled_overtakes_nothing() {
        assert_eq!(
            order([due(1, Some(2)), due(2, Some(1)), due(3, None)]).await,
            [2, 1, 3]
        );
    }
}

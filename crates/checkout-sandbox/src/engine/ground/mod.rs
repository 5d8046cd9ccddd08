//! What both sides of a sandbox stand on: its clock, its ids, and where it keeps what it knows.

mod clock;
mod ids;
mod skew;
mod state;

use std::time::SystemTime;

use checkout_core::clock::Clock as _;
use parking_lot::Mutex;

pub(crate) use clock::MovableClock;
pub(crate) use ids::Ids;
pub(crate) use skew::Skew;
pub use state::StateError;
pub(crate) use state::{Batch, State, Table, nth};

/// How many ids were made, so that a restart makes none of them again.
const IDS: Table<u64> = Table::new("ids");

/// Clock, ids and state of one sandbox.
pub(crate) struct Ground {
    pub(crate) clock: MovableClock,
    pub(crate) ids: Ids,
    pub(crate) state: State,
    /// Held during a commit, so that no commit writes an older count of ids over a newer one.
    commits: Mutex<()>,
}

impl Ground {
    /// On a state that may be that of an earlier sandbox.
    pub(crate) fn new(clock: MovableClock, seed: Option<u64>, state: State) -> Result<Self, StateError> {
        let made = state.rows(IDS)?.first().map_or(0, |(_, made)| *made);
        Ok(Self {
            clock,
            ids: Ids::new(seed, made),
            state,
            commits: Mutex::default(),
        })
    }

    /// In memory, at 1970, with random ids.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        let clock = checkout_core::clock::FixedClock::at_unix(0);
        Self {
            clock: MovableClock::over(std::sync::Arc::new(clock)),
            ids: Ids::new(None, 0),
            state: State::in_memory(),
            commits: Mutex::default(),
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Nothing yet, to be filled and committed.
    pub(crate) fn batch(&self) -> Batch {
        self.state.batch()
    }

    /// Keeps the batch, all of it or nothing. It outlives the process from here on, where there is a file.
    pub(crate) fn commit(&self, mut batch: Batch) -> Result<(), StateError> {
        let _commit = self.commits.lock();
        batch.put(IDS, "made", &self.ids.made());
        self.state.commit(batch)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use checkout_core::clock::FixedClock;

    use super::*;

    /// After a kill, an id that was answered with would be made a second time.
    #[test]
    fn no_commit_puts_back_how_many_ids_were_made() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::in_file(&directory.path().join("state")).unwrap();
        let clock = MovableClock::over(Arc::new(FixedClock::at_unix(0)));
        let ground = Ground::new(clock, Some(7), state).unwrap();
        let kept = || {
            ground
                .state
                .rows(IDS)
                .unwrap()
                .first()
                .map_or(0, |(_, made)| *made)
        };
        thread::scope(|scope| {
            let commits = || {
                for _ in 0..10 {
                    let _ = ground.ids.id();
                    ground.commit(ground.batch()).unwrap();
                }
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(commits)).collect();
            let mut before = 0;
            while !threads.iter().all(thread::ScopedJoinHandle::is_finished) {
                let now = kept();
                assert!(now >= before, "{now} after {before}");
                before = now;
            }
        });
        assert_eq!(kept(), ground.ids.made());
    }
}

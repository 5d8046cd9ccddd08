//! The sandbox's clock: another clock, moved by some seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use checkout_core::clock::Clock;

/// How far a clock can be moved in all, in seconds: about 300 years either way, within what a timestamp can say.
const FARTHEST: i64 = 300 * 366 * 24 * 60 * 60;

/// A clock that runs or stands like its base, and can be moved against it. Clones move together.
#[derive(Debug, Clone)]
pub(crate) struct MovableClock {
    base: Arc<dyn Clock>,
    /// Seconds ahead of `base`.
    moved: Arc<AtomicI64>,
}

impl MovableClock {
    pub(crate) fn over(base: Arc<dyn Clock>) -> Self {
        Self {
            base,
            moved: Arc::default(),
        }
    }

    /// Moves it by so many seconds; backwards if below zero. `None` if that is too far.
    pub(crate) fn advance(&self, seconds: i64) -> Option<SystemTime> {
        let further = |moved: i64| {
            moved
                .checked_add(seconds)
                .filter(|moved| (-FARTHEST..=FARTHEST).contains(moved))
        };
        self.moved
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, further)
            .ok()
            .map(|_| self.now())
    }
}

impl Clock for MovableClock {
    fn now(&self) -> SystemTime {
        let moved = self.moved.load(Ordering::SeqCst);
        let by = Duration::from_secs(moved.unsigned_abs());
        let base = self.base.now();
        if moved < 0 {
            base.checked_sub(by)
        } else {
            base.checked_add(by)
        }
        .unwrap_or(base)
    }
}

#[cfg(test)]
mod tests {
    use checkout_core::clock::{FixedClock, unix_seconds};

    use super::*;

    #[test]
    fn it_moves_both_ways_and_not_without_end() {
        let clock = MovableClock::over(Arc::new(FixedClock::at_unix(1_000)));
        let same = clock.clone();
        assert_eq!(clock.advance(60).map(unix_seconds), Some(1_060));
        assert_eq!(clock.advance(-100).map(unix_seconds), Some(960));
        assert_eq!(clock.advance(i64::MAX), None);
        assert_eq!(clock.advance(FARTHEST + 60), None);
        assert_eq!(unix_seconds(same.now()), 960);
    }
}

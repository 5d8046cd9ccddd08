//! The time of day as a dependency, so that tests can hold it still.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Tells the time of day. Everything that signs, expires or waits asks a `Clock` instead of the system.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> SystemTime;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> SystemTime {
        (**self).now()
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that stands still until it is set, for tests. Clones share their time.
///
/// ```
/// use checkout_core::clock::{Clock, FixedClock, unix_seconds};
/// use std::time::Duration;
///
/// let clock = FixedClock::at_unix(1_700_000_000);
/// let seen_by_the_client = clock.clone();
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(unix_seconds(seen_by_the_client.now()), 1_700_000_005);
/// ```
#[derive(Clone, Debug)]
pub struct FixedClock(Arc<Mutex<SystemTime>>);

impl FixedClock {
    /// Stands at `time`.
    #[must_use]
    pub fn new(time: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    /// Stands at so many seconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn at_unix(seconds: u32) -> Self {
        Self::new(UNIX_EPOCH + Duration::from_secs(seconds.into()))
    }

    /// Moves to `time`, forwards or backwards.
    pub fn set(&self, time: SystemTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// Moves forwards by `step`.
    pub fn advance(&self, step: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += step;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whole seconds since 1970-01-01T00:00:00Z, as `iat` and `exp` of a token count them; 0 for earlier times.
#[must_use]
pub fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock: Arc<dyn Clock> = Arc::new(FixedClock::at_unix(10));
        assert_eq!(unix_seconds(clock.now()), 10);
        assert_eq!(clock.now(), clock.now());

        let clock = FixedClock::at_unix(10);
        let shared = clock.clone();
        clock.set(UNIX_EPOCH + Duration::from_millis(2_999));
        assert_eq!(unix_seconds(shared.now()), 2);
    }

    #[test]
    fn times_before_1970_are_second_zero() {
        assert_eq!(unix_seconds(UNIX_EPOCH - Duration::from_secs(1)), 0);
    }
}

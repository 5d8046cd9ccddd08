//! How long a call may take.

use std::time::Duration;

use tokio::time::Instant;

/// The three limits on the time of a call.
///
/// They nest: connecting is a part of an attempt, an attempt is a part of the call, and so are the waits between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Name resolution, TCP and TLS together. A call can make it shorter than that of its client, not longer, and it
    /// never outlasts the attempt. An attempt that fails here has provably sent nothing.
    pub connect: Duration,
    /// One attempt, from connecting to the last byte of the answer's body.
    pub attempt: Duration,
    /// The whole call, with all its attempts and the waits between them.
    pub total: Duration,
}

impl Timeouts {
    /// 3 s to connect, 15 s for an attempt, 40 s in total.
    pub const DEFAULT: Self = Self {
        connect: Duration::from_secs(3),
        attempt: Duration::from_secs(15),
        total: Duration::from_secs(40),
    };

    /// The same with another limit on connecting.
    #[must_use]
    pub const fn with_connect(mut self, limit: Duration) -> Self {
        self.connect = limit;
        self
    }

    /// The same with another limit on an attempt.
    #[must_use]
    pub const fn with_attempt(mut self, limit: Duration) -> Self {
        self.attempt = limit;
        self
    }

    /// The same with another limit on the whole call.
    #[must_use]
    pub const fn with_total(mut self, limit: Duration) -> Self {
        self.total = limit;
        self
    }

    /// The name of a limit that no call could keep.
    pub(crate) const fn zero(&self) -> Option<&'static str> {
        if self.connect.is_zero() {
            Some("connect")
        } else if self.attempt.is_zero() {
            Some("attempt")
        } else if self.total.is_zero() {
            Some("total")
        } else {
            None
        }
    }
}

/// The time so much later; far off where that is beyond what the clock can tell.
pub(crate) fn later(from: Instant, duration: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    from + duration.min(CENTURY)
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::DEFAULT
    }
}

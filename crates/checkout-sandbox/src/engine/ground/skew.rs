//! A clock that is off, as one request is judged by it.

use std::time::{Duration, SystemTime};

use axum::extract::Request;

/// By how much the clock is off that judges a request; an extension of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Skew {
    pub(crate) by: Duration,
    /// Whether it is behind, rather than ahead.
    pub(crate) behind: bool,
}

impl Skew {
    /// That of the request; none for most.
    pub(crate) fn of(request: &Request) -> Self {
        request.extensions().get().copied().unwrap_or_default()
    }

    /// The time by the clock that is off.
    pub(crate) fn apply(self, now: SystemTime) -> SystemTime {
        let shown = if self.behind {
            now.checked_sub(self.by)
        } else {
            now.checked_add(self.by)
        };
        shown.unwrap_or(now)
    }
}

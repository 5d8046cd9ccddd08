//! How a call is made, for a whole client or for one call.

use std::time::{Duration, SystemTime};

use crate::retry::Retries;
use crate::{PreparedRequest, Timeouts};

/// A request that was made by a clock so far ahead says nothing about its age.
const CLOCKS_DIFFER: Duration = Duration::from_mins(5);

/// Time limits, repeats, and what else may differ from call to call.
///
/// ```
/// use checkout_transport::{CallOptions, Timeouts};
/// use std::time::Duration;
///
/// let options = CallOptions::DEFAULT
///     .timeouts(Timeouts::DEFAULT.with_total(Duration::from_secs(10)))
///     .attempts(2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct CallOptions {
    pub(crate) timeouts: Timeouts,
    pub(crate) retries: Retries,
    pub(crate) key_life: Option<Duration>,
    pub(crate) any_age: bool,
    pub(crate) mend_clock: bool,
    pub(crate) log_bodies: bool,
}

impl CallOptions {
    /// How long an API is trusted to remember a key, where neither its spec nor the caller says.
    pub const KEY_LIFE: Duration = Duration::from_hours(24);

    /// [`Timeouts::DEFAULT`], [`Retries::DEFAULT`], no mended clock, no bodies in the log.
    pub const DEFAULT: Self = Self {
        timeouts: Timeouts::DEFAULT,
        retries: Retries::DEFAULT,
        key_life: None,
        any_age: false,
        mend_clock: false,
        log_bodies: false,
    };

    /// The limits on time.
    pub const fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// How often a request is sent, and the waits between.
    pub const fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// How often a request is sent at most; 3 unless set, 1 sends once.
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.retries = self.retries.with_attempts(attempts);
        self
    }

    /// How long the API is trusted to remember a Nonce or idempotence key; [`KEY_LIFE`](Self::KEY_LIFE) unless set. Where
    /// its spec says how long, the shorter of the two holds.
    ///
    /// A request that was made longer ago is not sent: the API may have forgotten the key and act a second time. A tenth
    /// of the time is left as a margin, five minutes and an attempt at most, for clocks that differ.
    pub const fn key_life(mut self, life: Duration) -> Self {
        self.key_life = Some(life);
        self
    }

    /// Whether to send a request however long ago it was made. Off unless set, and best set for one call alone. Ask the API
    /// first what became of it: with a key that it has forgotten, this is a second payment.
    pub const fn any_age(mut self, any: bool) -> Self {
        self.any_age = any;
        self
    }

    /// After a 401 from an API whose clock differs visibly from this machine's (by 30 seconds or more, and
    /// by less than a day), signs once more by the API's time; that counts as an attempt. Off unless set: a wrong clock is
    /// better set right, for it makes every such call two requests.
    pub const fn mend_clock(mut self, mend: bool) -> Self {
        self.mend_clock = mend;
        self
    }

    /// Writes bodies to the log, at level DEBUG: names and shape of everything, and the values of those fields alone that
    /// the API's spec says may be printed. Off unless set.
    pub const fn log_bodies(mut self, log: bool) -> Self {
        self.log_bodies = log;
        self
    }

    /// Why a request would not be sent at this time, for the API may have forgotten its key: it was made too long ago, or
    /// later than it is now. `None` if it is young enough, has no key, or its age is not looked at.
    #[must_use]
    pub fn too_old(&self, request: &PreparedRequest, now: SystemTime) -> Option<String> {
        if self.any_age || request.idempotency_key().is_none() {
            return None;
        }
        let published = request.operation().key_life;
        let life = match published {
            Some(published) => self.key_life.map_or(published, |set| set.min(published)),
            None => self.key_life.unwrap_or(Self::KEY_LIFE),
        };
        // The clock that tells when it was made may be another machine's, and the request has yet to arrive.
        let margin = CLOCKS_DIFFER.saturating_add(self.timeouts.attempt).min(life / 10);
        match now.duration_since(request.made()) {
            Ok(age) if age < life - margin => None,
            Ok(age) => Some(format!(
                "the request was made {} ago, and {} its key for {} only",
                hours(age),
                match published {
                    Some(_) => "the API remembers",
                    None => "this client trusts the API to remember",
                },
                hours(life)
            )),
            Err(ahead) if ahead.duration() < CLOCKS_DIFFER => None,
            Err(_) => Some(
                "the request was made later than it is now by this machine's clock, so that its age cannot be told"
                    .to_owned(),
            ),
        }
    }
}

impl Default for CallOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

fn hours(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..7200 => format!("{seconds} s"),
        seconds => format!("{} h", seconds / 3600),
    }
}

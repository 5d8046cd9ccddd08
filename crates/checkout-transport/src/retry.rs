//! Whether a failed attempt is followed by another, and how long to wait before it.

use std::time::Duration;

use checkout_core::{Idempotency, Operation};
use http::StatusCode;

use crate::{ErrorKind, Outcome};

/// What an answer outside 2xx says about sending the same request again. Whether that is *safe* is another question,
/// which [`decide`] answers by the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repeat {
    /// The same request will be answered in the same way.
    Never,
    /// The fault may be gone in a moment.
    Soon,
    /// The API is busy, or at work on this very request: give it time.
    Later,
}

impl Repeat {
    /// What HTTP says. An API that says more does so in [`ApiProfile::repeat`](crate::ApiProfile::repeat).
    ///
    /// | status | repeat |
    /// |---|---|
    /// | 408 | soon |
    /// | 429, 503 | later |
    /// | 501, 505, 506, 508, 510, 511 | never: they say what the server cannot do at all |
    /// | every other 5xx | soon |
    /// | all else: 3xx, other 4xx | never |
    #[must_use]
    pub const fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            408 => Self::Soon,
            429 | 503 => Self::Later,
            501 | 505 | 506 | 508 | 510 | 511 => Self::Never,
            500..=599 => Self::Soon,
            _ => Self::Never,
        }
    }
}

/// How often a request is sent at most, and how the waits grow.
///
/// The wait before attempt *n* + 1 is drawn evenly from zero to `base * 2^(n - 1)`, at most `longest`: clients that
/// failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retries {
    /// Attempts in all, the first included; 1 sends once.
    pub attempts: u32,
    /// The first wait at most, after a fault that may be gone in a moment.
    pub base: Duration,
    /// The first wait at most, after the API said that it is busy.
    pub busy_base: Duration,
    /// No wait is drawn longer than this. What the API asks for may be longer.
    pub longest: Duration,
}

impl Retries {
    /// 3 attempts; waits from 50 ms on, or from 1 s on where the API is busy; 20 s at most.
    pub const DEFAULT: Self = Self {
        attempts: 3,
        base: Duration::from_millis(50),
        busy_base: Duration::from_secs(1),
        longest: Duration::from_secs(20),
    };

    /// Every request is sent once.
    pub const NONE: Self = Self::DEFAULT.with_attempts(1);

    /// The same with another number of attempts in all. 0 is taken for 1.
    #[must_use]
    pub const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = if attempts == 0 { 1 } else { attempts };
        self
    }

    /// The same with other waits.
    #[must_use]
    pub const fn with_waits(mut self, base: Duration, busy_base: Duration, longest: Duration) -> Self {
        self.base = base;
        self.busy_base = busy_base;
        self.longest = longest;
        self
    }

    /// The longest wait that may be drawn after this attempt.
    #[must_use]
    pub fn ceiling(&self, repeat: Repeat, attempt: u32) -> Duration {
        let base = match repeat {
            Repeat::Never => return Duration::ZERO,
            Repeat::Soon => self.base,
            Repeat::Later => self.busy_base,
        };
        let doubled = 1_u32
            .checked_shl(attempt.saturating_sub(1))
            .and_then(|factor| base.checked_mul(factor));
        doubled.unwrap_or(self.longest).min(self.longest)
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A failed attempt, as far as it matters for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub kind: ErrorKind,
    /// What this attempt alone means for the money.
    pub outcome: Outcome,
    /// What the answer says about a repeat; [`Repeat::Never`] without an answer.
    pub answered: Repeat,
    /// Whether the request carries the key by which the API recognises a repeat.
    pub keyed: bool,
}

impl Failure {
    /// Whether the same request may fare better next time.
    #[must_use]
    pub const fn repeat(&self) -> Repeat {
        match self.kind {
            ErrorKind::Connect | ErrorKind::Timeout(_) | ErrorKind::Interrupted => Repeat::Soon,
            ErrorKind::ClientError | ErrorKind::ServerError => self.answered,
            _ => Repeat::Never,
        }
    }
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Another attempt after this wait, if the time and the budget of the client allow it.
    Again {
        /// The wait.
        wait: Duration,
        /// What it costs of the [`RetryBudget`](crate::RetryBudget).
        cost: u32,
    },
    /// No other attempt.
    Stop(Stop),
}

/// Why a request is not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stop {
    /// The same request would fail in the same way.
    Pointless,
    /// The API would take a repeat for a second request: the operation has no Nonce or idempotence key, or the
    /// request carries none, and this one may have arrived.
    Unsafe,
    /// As many attempts as allowed were made.
    Attempts,
    /// The wait is longer than what is left of the time for the call.
    Time,
    /// The client's [`RetryBudget`](crate::RetryBudget) is used up: too much has failed of late.
    Budget,
    /// The API may have forgotten the key meanwhile.
    KeyLife,
}

/// Decides about one failed attempt, the `attempt`-th of its request. Pure: time, chance and the API's hint are given.
///
/// `hint` is what the API asks to wait (`Retry-After`), a floor for the wait. `random` picks the wait: 0 the
/// shortest, `u64::MAX` the longest.
///
/// - Only what may fare better is repeated ([`Failure::repeat`]).
/// - Reads, and requests with a Nonce or idempotence key, are repeated whatever became of this attempt. All others
///   only if this attempt provably never left the machine.
///
/// ```
/// use checkout_transport::retry::{Decision, Failure, Repeat, Retries, Stop, decide};
/// use checkout_transport::{ErrorKind, Outcome};
/// # use checkout_core::{Idempotency, Operation};
/// # static PAY: Operation = Operation::new("pay", "POST", "/pay", "t", Idempotency::BodyField("Nonce"), true);
/// # static NOTE: Operation = Operation::new("note", "POST", "/note", "t", Idempotency::None, false);
///
/// let cut = Failure {
///     kind: ErrorKind::Interrupted,
///     outcome: Outcome::Unknown,
///     answered: Repeat::Never,
///     keyed: true,
/// };
/// let retries = Retries::DEFAULT;
/// assert!(matches!(decide(&PAY, &cut, 1, None, &retries, 0), Decision::Again { .. }));
/// assert_eq!(decide(&NOTE, &cut, 1, None, &retries, 0), Decision::Stop(Stop::Unsafe));
/// assert_eq!(decide(&PAY, &cut, 3, None, &retries, 0), Decision::Stop(Stop::Attempts));
/// ```
#[must_use]
pub fn decide(
    operation: &Operation,
    failure: &Failure,
    attempt: u32,
    hint: Option<Duration>,
    retries: &Retries,
    random: u64,
) -> Decision {
    let repeat = failure.repeat();
    let cost = match repeat {
        Repeat::Never => return Decision::Stop(Stop::Pointless),
        Repeat::Soon => COST,
        Repeat::Later => BUSY_COST,
    };
    if !is_safe(operation, failure) {
        return Decision::Stop(Stop::Unsafe);
    }
    if attempt >= retries.attempts {
        return Decision::Stop(Stop::Attempts);
    }
    let drawn = draw(retries.ceiling(repeat, attempt), random);
    Decision::Again {
        wait: drawn.max(hint.unwrap_or_default()),
        cost,
    }
}

/// What another attempt takes from the budget. AWS's SDKs have used these figures, the waits and the size of the budget
/// since late 2026.
pub(crate) const COST: u32 = 14;
const BUSY_COST: u32 = 5;

fn is_safe(operation: &Operation, failure: &Failure) -> bool {
    match operation.idempotency {
        Idempotency::Read => true,
        Idempotency::BodyField(_) | Idempotency::Header(_) if failure.keyed => true,
        _ => failure.outcome == Outcome::NotSent,
    }
}

/// `ceiling * random / u64::MAX`, to the nanosecond.
fn draw(ceiling: Duration, random: u64) -> Duration {
    let nanoseconds = ceiling.as_nanos().min(u128::from(u64::MAX));
    let drawn = nanoseconds * u128::from(random) / u128::from(u64::MAX);
    Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn operation(idempotency: Idempotency) -> Operation {
        Operation::new("x", "POST", "/x", "t", idempotency, true)
    }

    static READ: Operation = operation(Idempotency::Read);
    static FIELD: Operation = operation(Idempotency::BodyField("Nonce"));
    static HEADER: Operation = operation(Idempotency::Header("Key"));
    static NONE: Operation = operation(Idempotency::None);

    /// The rule in the words of the documents, against the function, over everything that goes in.
    #[test]
    fn nothing_unsafe_is_ever_repeated() {
        for &kind in ErrorKind::ALL {
            for outcome in [Outcome::NotSent, Outcome::Refused, Outcome::Unknown] {
                for answered in [Repeat::Never, Repeat::Soon, Repeat::Later] {
                    for keyed in [false, true] {
                        let failure = Failure {
                            kind,
                            outcome,
                            answered,
                            keyed,
                        };
                        for operation in [&READ, &FIELD, &HEADER, &NONE] {
                            for attempt in 1..=4 {
                                let decision =
                                    decide(operation, &failure, attempt, None, &Retries::DEFAULT, u64::MAX);
                                let again = matches!(decision, Decision::Again { .. });
                                let recognised = operation.idempotency == Idempotency::Read
                                    || keyed && operation.idempotency != Idempotency::None;
                                let safe = recognised || outcome == Outcome::NotSent;
                                let useful = failure.repeat() != Repeat::Never;
                                assert_eq!(again, safe && useful && attempt < 3, "{failure:?} {operation:?}");
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_status_has_the_documented_repeat() {
        for code in 100..=999 {
            let repeat = Repeat::of_status(StatusCode::from_u16(code).unwrap());
            let expected = match code {
                429 | 503 => Repeat::Later,
                501 | 505 | 506 | 508 | 510 | 511 => Repeat::Never,
                408 | 500..=599 => Repeat::Soon,
                _ => Repeat::Never,
            };
            assert_eq!(repeat, expected, "{code}");
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_are_drawn_evenly() {
        let retries = Retries::DEFAULT.with_attempts(u32::MAX);
        let ceilings = |repeat| {
            [1, 2, 3, 9, 10, 32, 33, u32::MAX].map(|attempt| retries.ceiling(repeat, attempt).as_millis())
        };
        assert_eq!(
            ceilings(Repeat::Soon),
            [50, 100, 200, 12_800, 20_000, 20_000, 20_000, 20_000]
        );
        assert_eq!(
            ceilings(Repeat::Later),
            [1_000, 2_000, 4_000, 20_000, 20_000, 20_000, 20_000, 20_000]
        );
        assert_eq!(draw(Duration::from_secs(20), 0), Duration::ZERO);
        assert_eq!(draw(Duration::from_secs(20), u64::MAX), Duration::from_secs(20));
        assert_eq!(
            draw(Duration::from_secs(20), u64::MAX / 2).as_millis(),
            9_999,
            "half, rounded down"
        );
        assert!(draw(Duration::MAX, u64::MAX) <= Duration::MAX);
    }

    #[test]
    fn the_apis_hint_is_a_floor() {
        let busy = Failure {
            kind: ErrorKind::ClientError,
            outcome: Outcome::Refused,
            answered: Repeat::Later,
            keyed: true,
        };
        let wait = |hint, random| match decide(&FIELD, &busy, 1, hint, &Retries::DEFAULT, random) {
            Decision::Again { wait, cost } => {
                assert_eq!(cost, 5);
                wait.as_millis()
            }
            Decision::Stop(stop) => panic!("{stop:?}"),
        };
        assert_eq!(wait(None, 0), 0);
        assert_eq!(wait(Some(Duration::from_millis(300)), 0), 300);
        assert_eq!(wait(Some(Duration::from_millis(300)), u64::MAX), 1_000);
        assert_eq!(wait(Some(Duration::from_secs(3_600)), u64::MAX), 3_600_000);
    }
}

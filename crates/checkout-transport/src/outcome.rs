//! What a failure means for the money.

use std::fmt;

use http::StatusCode;

/// What is known about a request that failed. The one question a payment engineer has: may it have taken effect?
///
/// Of one attempt:
///
/// | what happened | outcome | why |
/// |---|---|---|
/// | invalid request, configuration, signing failed | [`NotSent`](Self::NotSent) | stopped on this machine |
/// | no connection (DNS, TCP, TLS, proxy) | `NotSent` | no byte of the request had a way to leave |
/// | no answer in time, connection cut, garbage instead of HTTP | [`Unknown`](Self::Unknown) | the request may have arrived whole |
/// | 2xx that is unreadable, cut, too large, or contradicts the request | `Unknown` | the API says it acted; on what is not known |
/// | 1xx, 3xx, 5xx, statuses that HTTP does not define | `Unknown` | whoever answered may have acted first |
/// | 400, 401, 403, 404 | [`Refused`](Self::Refused) | the API checked and declined |
/// | 402 | `Refused` | a payment that the platform or the acquirer rejected |
/// | 405, 410, 411, 413, 414, 415, 417, 421, 422, 425, 426, 428, 431, 451 | `Refused` | about the form or the address of the request; checked before anything is done |
/// | 407 | `Refused` | a proxy on the way did not let it pass |
/// | 412 | `Refused` | a precondition is checked before the method is performed (RFC 9110, 13.2) |
/// | 429 | `Refused` | turned away by a rate limit |
/// | 406 | `Unknown` | negotiation may fail after the work is done |
/// | 408 | `Unknown` | some gateways say it when the service behind them is slow |
/// | 409 | `Unknown` | another request of the same key may be at work (Worldline Connect: code 1409) |
/// | 423, 424 | `Unknown` | say that something else is or was going on with the same resource |
/// | every other 4xx | `Unknown` | not known to be a refusal |
///
/// An API that promises more can say so in [`ApiProfile::outcome`](crate::ApiProfile::outcome).
///
/// Of a request that was sent several times, by retries or by its caller, the outcome is [joined](Self::join): it is
/// `Refused` only if no attempt may have taken effect, and `NotSent` only if none left. A read changes nothing, so that its
/// last attempt speaks for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The request never left this machine: nothing happened by it.
    NotSent,
    /// The API declined the request, each time that it arrived: nothing happened by it, and it will be declined again
    /// unless something changes. This says nothing about another request that was made with the same Nonce or
    /// idempotence key.
    Refused,
    /// The request may have taken effect. Only a repeat with the same Nonce or idempotence key, or a question to the
    /// API, can tell.
    Unknown,
}

impl Outcome {
    /// The outcome of an answer with this status, when it is an error.
    #[must_use]
    pub const fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            400..=405 | 407 | 410..=415 | 417 | 421 | 422 | 425 | 426 | 428 | 429 | 431 | 451 => {
                Self::Refused
            }
            _ => Self::Unknown,
        }
    }

    /// The outcome of two attempts of the same request: the one that matters more.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        self.max(other)
    }

    /// `not-sent`, `refused` or `unknown`, as logs show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not-sent",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_joined_outcome_promises_no_more_than_each() {
        use Outcome::*;
        for (first, second, joined) in [
            (NotSent, NotSent, NotSent),
            (NotSent, Refused, Refused),
            (Refused, Refused, Refused),
            (NotSent, Unknown, Unknown),
            (Refused, Unknown, Unknown),
            (Unknown, Unknown, Unknown),
        ] {
            assert_eq!((first.join(second), second.join(first)), (joined, joined));
        }
    }

    /// Logs and receipts are searched for these words.
    #[test]
    fn each_outcome_has_its_word() {
        use Outcome::*;
        for (outcome, word) in [(NotSent, "not-sent"), (Refused, "refused"), (Unknown, "unknown")] {
            assert_eq!((outcome.as_str(), outcome.to_string().as_str()), (word, word));
        }
    }

    /// The table above, written out a second time.
    #[test]
    fn every_status_has_the_documented_outcome() {
        let refused = [
            400, 401, 402, 403, 404, 405, 407, 410, 411, 412, 413, 414, 415, 417, 421, 422, 425, 426, 428,
            429, 431, 451,
        ];
        for code in 100..=999 {
            let status = StatusCode::from_u16(code).unwrap();
            let expected = if refused.contains(&code) {
                Outcome::Refused
            } else {
                Outcome::Unknown
            };
            assert_eq!(Outcome::of_status(status), expected, "{code}");
        }
    }
}

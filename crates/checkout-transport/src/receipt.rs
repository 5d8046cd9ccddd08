//! What happened during a call, attempt by attempt.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::Outcome;

/// The account of a call: which request, and what became of each attempt. Every answer and every error of a call has
/// one.
///
/// It holds no credential, no body and no person's data, and is made to be stored with the order and shown to the
/// provider's support. As JSON, times are RFC 3339 in UTC; the unit of a duration is in its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Receipt {
    /// The operation's id in the spec, e.g. `createFiatPayin`.
    pub operation: String,
    /// The Nonce or idempotence key, the same for all attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// SHA-256 of the body that every attempt sent, in lower-case hex.
    pub body_sha256: String,
    /// When the request was made, which may be long before it was sent.
    #[serde(with = "moment")]
    pub made: SystemTime,
    /// The attempts of this call, in order. Empty if nothing was attempted.
    pub attempts: Vec<Attempt>,
}

/// One attempt of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Attempt {
    /// When it began, by this machine's clock.
    #[serde(with = "moment")]
    pub started: SystemTime,
    /// The wait before it.
    #[serde(rename = "waited_ms", with = "milliseconds")]
    pub waited: Duration,
    /// From connecting to the last byte of the answer, or to the failure.
    #[serde(rename = "took_ms", with = "milliseconds")]
    pub took: Duration,
    /// What came of this attempt alone.
    pub result: AttemptResult,
    /// The HTTP status, if an answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The provider's reference of the request, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// How the answer's body was compressed, by its `Content-Encoding`: `gzip`, or several in the order in which they were
    /// applied. `None` if it was not, or there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coding: Option<String>,
    /// The wait that the API asked for.
    #[serde(
        rename = "retry_after_ms",
        with = "milliseconds::optional",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub retry_after: Option<Duration>,
    /// How many seconds the API's clock is ahead of this machine's, by the answer's `Date`; negative if it is behind.
    #[serde(rename = "clock_offset_s", default, skip_serializing_if = "Option::is_none")]
    pub clock_offset: Option<i64>,
    /// By how many seconds the time was mended before this attempt was signed; see
    /// [`CallOptions::mend_clock`](crate::CallOptions::mend_clock).
    #[serde(rename = "mended_s", default, skip_serializing_if = "is_zero")]
    pub mended: i64,
}

/// What came of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AttemptResult {
    /// A 2xx answer, read whole.
    Answered,
    /// It never left this machine.
    NotSent,
    /// The API declined it.
    Refused,
    /// It may have taken effect.
    Unknown,
}

impl AttemptResult {
    /// `answered`, `not-sent`, `refused` or `unknown`, as logs and JSON show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NotSent => "not-sent",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

impl From<Outcome> for AttemptResult {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::NotSent => Self::NotSent,
            Outcome::Refused => Self::Refused,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_zero(value: &i64) -> bool {
    *value == 0
}

/// A moment as RFC 3339 text with milliseconds.
pub(crate) mod moment {
    use std::time::SystemTime;

    use checkout_core::time::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de, ser};

    pub(crate) fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        Timestamp::in_milliseconds(*time)
            .map_err(ser::Error::custom)?
            .serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
        let text = Timestamp::deserialize(deserializer)?;
        text.instant().map_err(de::Error::custom)
    }
}

mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(count(duration))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }

    fn count(duration: &Duration) -> u64 {
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) mod optional {
        use std::time::Duration;

        use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

        pub(crate) fn serialize<S: Serializer>(
            duration: &Option<Duration>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            duration.as_ref().map(super::count).serialize(serializer)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Duration>, D::Error> {
            let count = Option::<u64>::deserialize(deserializer)?;
            Ok(count.map(Duration::from_millis))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_survives_its_json() {
        let started = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        let receipt = Receipt {
            operation: "pay".to_owned(),
            idempotency_key: Some("n-1".to_owned()),
            body_sha256: "00".repeat(32),
            made: started,
            attempts: vec![
                Attempt {
                    started,
                    waited: Duration::ZERO,
                    took: Duration::from_millis(15),
                    result: AttemptResult::Refused,
                    status: Some(429),
                    reference: Some("r-1".to_owned()),
                    coding: None,
                    retry_after: Some(Duration::from_secs(2)),
                    clock_offset: Some(-3),
                    mended: 0,
                },
                Attempt {
                    started,
                    waited: Duration::from_secs(2),
                    took: Duration::from_millis(9),
                    result: AttemptResult::Answered,
                    status: Some(200),
                    reference: None,
                    coding: Some("gzip".to_owned()),
                    retry_after: None,
                    clock_offset: None,
                    mended: -400,
                },
            ],
        };
        let json = serde_json::to_string_pretty(&receipt).unwrap();
        insta::assert_snapshot!(json);
        assert_eq!(serde_json::from_str::<Receipt>(&json).unwrap(), receipt);
    }

    #[test]
    fn a_receipt_that_an_older_version_stored_is_read() {
        let stored = r#"{"operation":"pay","body_sha256":"00","made":"2026-01-02T03:04:05Z","attempts":[
            {"started":"2026-01-02T03:04:05Z","waited_ms":0,"took_ms":1,"result":"answered","status":200}]}"#;
        let receipt: Receipt = serde_json::from_str(stored).unwrap();
        assert_eq!(receipt.attempts[0].coding, None);
    }
}

//! The sandbox's clock in the forms that the two APIs write it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::HeaderValue;
use checkout_core::time::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

/// RFC 3339 in UTC with milliseconds, as NOAH writes moments.
pub(crate) fn timestamp(moment: SystemTime) -> Timestamp {
    // A clock beyond the year 9999 cannot be written; the epoch stands in for it, as for one before 1970.
    let moment = jiff::Timestamp::try_from(moment).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    Timestamp::from(format!("{moment:.3}"))
}

/// As the header `Date` writes it; `None` beyond the year 9999.
pub(crate) fn http_date(moment: SystemTime) -> Option<HeaderValue> {
    let moment = jiff::Timestamp::try_from(moment).ok()?;
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&moment).ok()?;
    HeaderValue::from_str(&date).ok()
}

/// Milliseconds since 1970.
pub(crate) fn milliseconds(moment: SystemTime) -> i64 {
    moment
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or(0)
}

/// Whole seconds since 1970.
pub(crate) fn seconds(moment: SystemTime) -> i64 {
    milliseconds(moment).div_euclid(1000)
}

/// Least time between two sweeps.
const SWEPT_EVERY: Duration = Duration::from_secs(60);

/// When expired things were last thrown away. Going through all of them at each request would make a long-lived sandbox slow.
#[derive(Default)]
pub(crate) struct Sweeps {
    last: Option<SystemTime>,
}

impl Sweeps {
    /// Whether to sweep now: at most once a minute of the clock.
    pub(crate) fn is_due(&mut self, now: SystemTime) -> bool {
        let due = self.last.is_none_or(|last| {
            // A clock that was set back must not put sweeping off until it has caught up.
            now.duration_since(last)
                .map_or(true, |since| since >= SWEPT_EVERY)
        });
        if due {
            self.last = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_are_a_minute_apart() {
        let mut sweeps = Sweeps::default();
        let due: Vec<bool> = [0, 1, 59, 60, 61, 119, 120, 10, 69, 70]
            .into_iter()
            .map(|second| sweeps.is_due(UNIX_EPOCH + Duration::from_secs(second)))
            .collect();
        assert_eq!(
            due,
            [true, false, false, true, false, false, true, true, false, true]
        );
    }

    #[test]
    fn dates_are_written_as_http_has_them() {
        let moment = UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(http_date(moment).unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn moments_are_written_with_milliseconds() {
        let moment = UNIX_EPOCH + Duration::from_millis(1_713_254_455_007);
        assert_eq!(timestamp(moment), "2024-04-16T08:00:55.007Z");
        assert_eq!(milliseconds(moment), 1_713_254_455_007);
        assert_eq!(seconds(moment), 1_713_254_455);
    }
}

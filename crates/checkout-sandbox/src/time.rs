//! The sandbox's clock in the forms that the two APIs write it.

use std::time::{SystemTime, UNIX_EPOCH};

use checkout_core::time::Timestamp;

/// RFC 3339 in UTC with milliseconds, as NOAH writes moments.
pub(crate) fn timestamp(moment: SystemTime) -> Timestamp {
    // A clock beyond the year 9999 cannot be written; the epoch stands in for it, as for one before 1970.
    let moment = jiff::Timestamp::try_from(moment).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    Timestamp::from(format!("{moment:.3}"))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_are_written_with_milliseconds() {
        let moment = UNIX_EPOCH + Duration::from_millis(1_713_254_455_007);
        assert_eq!(timestamp(moment), "2024-04-16T08:00:55.007Z");
        assert_eq!(milliseconds(moment), 1_713_254_455_007);
        assert_eq!(seconds(moment), 1_713_254_455);
    }
}

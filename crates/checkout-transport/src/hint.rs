//! What an answer says about time: how long to wait, and what time it is there.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// A difference between two clocks from which on it may be why a signature was refused, in seconds.
pub(crate) const VISIBLE_OFFSET: u64 = 30;

/// How long the API asks to wait before the next attempt: `retry-after-ms`, or `Retry-After` in seconds or as a date.
///
/// A date is held against the answer's own `Date` where it has one, so that a wrong clock on this machine does not
/// count. A value that is none of these is left out.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if let Some(wait) = text(headers, "retry-after-ms").and_then(number) {
        return Some(Duration::from_millis(wait));
    }
    let text = text(headers, RETRY_AFTER.as_str())?;
    if let Some(wait) = number(text) {
        return Some(Duration::from_secs(wait));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    Some(
        until
            .duration_since(date(headers).unwrap_or(now))
            .unwrap_or_default(),
    )
}

/// Digits alone. A number that does not fit is longer than any deadline.
fn number(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u32::MAX.into()))
}

/// How far the API's clock is ahead of this machine's, in seconds; negative if it is behind. The request left at `sent`
/// and the answer was there at `answered`: a `Date` between them tells of no difference. `None` without a `Date`.
pub(crate) fn clock_offset(headers: &HeaderMap, sent: SystemTime, answered: SystemTime) -> Option<i64> {
    let date = seconds(date(headers)?);
    // `Date` cuts fractions off.
    let (earliest, latest) = (seconds(sent), seconds(answered));
    Some(date.saturating_sub(earliest).min(0) + date.saturating_sub(latest).max(0))
}

/// The moment so many seconds later, or earlier for a negative number.
pub(crate) fn shifted(time: SystemTime, offset: i64) -> SystemTime {
    let shift = Duration::from_secs(offset.unsigned_abs());
    let shifted = if offset.is_negative() {
        time.checked_sub(shift)
    } else {
        time.checked_add(shift)
    };
    shifted.unwrap_or(time)
}

fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, DATE.as_str())?).ok()
}

/// Of a header that stands several times, the first: proxies append theirs.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then_some(text)
}

fn seconds(time: SystemTime) -> i64 {
    let since = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => since(after),
        Err(before) => -since(before.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
    const NOW: Duration = Duration::from_secs(784_111_777);

    fn at(offset: i64) -> SystemTime {
        shifted(SystemTime::UNIX_EPOCH + NOW, offset)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn waits(pairs: &[(&'static str, &str)]) -> Option<u128> {
        retry_after(&headers(pairs), at(0)).map(|wait| wait.as_millis())
    }

    #[test]
    fn all_forms_of_retry_after_are_read() {
        assert_eq!(waits(&[("retry-after", "7")]), Some(7_000));
        assert_eq!(waits(&[("retry-after", " 0 ")]), Some(0));
        assert_eq!(waits(&[("retry-after-ms", "1500")]), Some(1_500));
        assert_eq!(
            waits(&[("retry-after", "7"), ("retry-after-ms", "20")]),
            Some(20),
            "the finer one counts"
        );
        assert_eq!(
            waits(&[("retry-after", "7"), ("retry-after-ms", "soon")]),
            Some(7_000)
        );
        for date in [
            "Sun, 06 Nov 1994 08:49:47 GMT",
            "Sunday, 06-Nov-94 08:49:47 GMT",
            "Sun Nov  6 08:49:47 1994",
        ] {
            assert_eq!(waits(&[("retry-after", date)]), Some(10_000), "{date}");
        }
        assert_eq!(
            waits(&[("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT")]),
            Some(0),
            "a moment that has passed"
        );
        let ever = "99999999999999999999999";
        assert!(waits(&[("retry-after", ever)]) > Some(1_000_000_000));
        assert!(waits(&[("retry-after-ms", ever)]) > Some(1_000_000_000));
        assert_eq!(waits(&[("retry-after-ms", "+5")]), None);
        for none in ["", "soon", "-1", "1.5", "1 s", "\u{b2}"] {
            assert_eq!(waits(&[("retry-after", none)]), None, "{none}");
        }
        assert_eq!(waits(&[]), None);
    }

    #[test]
    fn a_date_is_held_against_the_servers_own_clock() {
        let pairs = [
            ("date", "Sun, 06 Nov 1994 10:00:00 GMT"),
            ("retry-after", "Sun, 06 Nov 1994 10:00:05 GMT"),
        ];
        assert_eq!(waits(&pairs), Some(5_000));
    }

    #[test]
    fn an_offset_is_what_the_flight_of_the_request_does_not_explain() {
        let answer = headers(&[("date", "Sun, 06 Nov 1994 08:49:37 GMT")]);
        let offset = |sent, answered| clock_offset(&answer, at(sent), at(answered));
        assert_eq!(offset(0, 0), Some(0));
        assert_eq!(offset(-10, 5), Some(0));
        assert_eq!(offset(-400, -399), Some(399), "this machine is behind");
        assert_eq!(offset(400, 402), Some(-400), "this machine is ahead");
        let before_time = SystemTime::UNIX_EPOCH - Duration::from_secs(10);
        let since_then = 784_111_777 + 10;
        assert_eq!(clock_offset(&answer, before_time, before_time), Some(since_then));
        assert_eq!(
            clock_offset(&headers(&[("date", "yesterday")]), at(0), at(0)),
            None
        );
        assert_eq!(clock_offset(&HeaderMap::new(), at(0), at(0)), None);
    }

    #[test]
    fn a_shift_that_no_clock_can_show_is_none() {
        assert_eq!(shifted(at(0), i64::MAX), at(0));
    }
}

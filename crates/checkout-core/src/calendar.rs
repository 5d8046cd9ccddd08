//! Reads and writes days and moments in RFC 3339 and in forms near to it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff_core::civil;
use jiff_core::tz::Offset;

/// The moment that an RFC 3339 date-time names.
pub(crate) fn instant(text: &str) -> Option<SystemTime> {
    let text = text.as_bytes();
    is_date_time(text).then(|| moment(text)).flatten()
}

/// The day that an RFC 3339 full-date names.
pub(crate) fn year_month_day(text: &str) -> Option<(u16, u8, u8)> {
    let text = text.as_bytes();
    let day = has_shape(text, b"0000-00-00").then(|| day(text))??;
    let year = u16::try_from(day.year()).ok()?;
    Some((
        year,
        u8::try_from(day.month()).ok()?,
        u8::try_from(day.day()).ok()?,
    ))
}

/// The moment that an RFC 3339 date-time names, or one whose offset has no colon or no minutes, or whose letters are small.
pub(crate) fn moment(text: &[u8]) -> Option<SystemTime> {
    let (seconds, rest) = text.split_at_checked(19)?;
    let (date, time) = seconds.split_at(10);
    if !has_shape(date, b"0000-00-00") || !has_shape(&time[1..], b"00:00:00") || !b"Tt ".contains(&time[0]) {
        return None;
    }
    let (nanosecond, offset) = match rest.strip_prefix(b".") {
        Some(rest) => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (fraction, offset) = rest.split_at(digits);
            let scale = 10_i32.pow(9_u32.checked_sub(u32::try_from(digits).ok()?)?);
            (number(fraction) * scale, offset)
        }
        None => (0, rest),
    };
    let part = |at: usize| number(&time[at..at + 2]) as i8;
    // A leap second is the one before it.
    let second = if part(7) == 60 { 59 } else { part(7) };
    let time = civil::Time::new(part(1), part(4), second, nanosecond).ok()?;
    let local = civil::DateTime::from_parts(day(date)?, time);
    let at = local
        .to_timestamp(Offset::from_seconds(east(offset)?).ok()?)
        .ok()?;
    let since = Duration::new(
        at.as_second().unsigned_abs(),
        at.subsec_nanosecond().unsigned_abs(),
    );
    if at.is_negative() {
        UNIX_EPOCH.checked_sub(since)
    } else {
        UNIX_EPOCH.checked_add(since)
    }
}

/// Seconds that a local time is ahead of UTC.
fn east(offset: &[u8]) -> Option<i32> {
    let (sign, digits) = match offset {
        b"Z" | b"z" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let minutes = match digits.len() {
        2 if has_shape(digits, b"00") => 0,
        4 if has_shape(digits, b"0000") => number(&digits[2..]),
        5 if has_shape(digits, b"00:00") => number(&digits[3..]),
        _ => return None,
    };
    (minutes < 60).then(|| sign * (number(&digits[..2]) * 3600 + minutes * 60))
}

fn day(text: &[u8]) -> Option<civil::Date> {
    civil::Date::new(
        number(&text[..4]) as i16,
        number(&text[5..7]) as i8,
        number(&text[8..10]) as i8,
    )
    .ok()
}

/// At most nine digits.
fn number(digits: &[u8]) -> i32 {
    digits
        .iter()
        .fold(0, |number, digit| number * 10 + i32::from(digit - b'0'))
}

/// A moment in UTC as `YYYY-MM-DDThh:mm:ss`, and its milliseconds. `None` for a year that four digits cannot write.
pub(crate) fn in_utc(moment: SystemTime) -> Option<(String, i16)> {
    let (since, sign) = match moment.duration_since(UNIX_EPOCH) {
        Ok(since) => (since, 1),
        Err(before) => (before.duration(), -1),
    };
    let seconds = i64::try_from(since.as_secs()).ok()?;
    let nanoseconds = i32::try_from(since.subsec_nanos()).ok()?;
    let at = jiff_core::Timestamp::new(sign * seconds, nanoseconds * sign as i32).ok()?;
    let at = at.to_datetime(Offset::UTC);
    let (date, time) = (at.date(), at.time());
    let second = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    (0..=9999)
        .contains(&date.year())
        .then(|| (second, time.millisecond()))
}

/// Whether the text has the form of an RFC 3339 date-time. Its ranges are for others to check, save that of the offset.
fn is_date_time(text: &[u8]) -> bool {
    let Some((seconds, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let offset = match rest.strip_prefix(b".") {
        Some(fraction) => match fraction.iter().position(|byte| !byte.is_ascii_digit()) {
            Some(digits) if digits > 0 => &fraction[digits..],
            _ => return false,
        },
        None => rest,
    };
    let within_a_day = |offset: &[u8]| &offset[1..3] <= b"23".as_slice();
    has_shape(seconds, b"0000-00-00T00:00:00")
        && (offset == b"Z"
            || (has_shape(offset, b"+00:00") || has_shape(offset, b"-00:00")) && within_a_day(offset))
}

/// Whether the text has a digit for each 0 of the shape, and the shape's own characters elsewhere.
fn has_shape(text: &[u8], shape: &[u8]) -> bool {
    text.len() == shape.len()
        && text.iter().zip(shape).all(|(byte, expected)| match expected {
            b'0' => byte.is_ascii_digit(),
            _ => byte == expected,
        })
}

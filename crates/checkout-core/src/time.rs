//! Dates and times that keep their text: `55.000Z` does not come back as `55Z`.
//!
//! What is received may be any text. What is sent must be RFC 3339 to the letter, for [`Validate`](crate::Validate)
//! checks it: the far end may read fewer forms than we do.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff_core::civil;
use jiff_core::tz::Offset;

use crate::validate::{Format, TextRules};

crate::text! {
    /// A moment as RFC 3339 text, kept exactly as it was received.
    ///
    /// Equality goes by text. There is no order: the order of texts is not that of moments where offsets or
    /// fractions differ, so compare [`instant`](Self::instant)s.
    ///
    /// ```
    /// use checkout_core::time::Timestamp;
    ///
    /// let created = Timestamp::from("2024-04-16T07:01:55.000Z");
    /// assert_eq!(created.as_str(), "2024-04-16T07:01:55.000Z");
    /// assert_eq!(created.instant()?, Timestamp::from("2024-04-16T09:01:55+02:00").instant()?);
    /// # Ok::<(), checkout_core::time::TimeError>(())
    /// ```
    ///
    /// ```compile_fail,E0369
    /// # use checkout_core::time::Timestamp;
    /// let later = Timestamp::from("2024-04-16T07:01:55Z") > Timestamp::from("2024-04-16T07:01:55.5Z");
    /// ```
    pub struct Timestamp: shown unordered, TextRules::ANY.format(Format::DateTime);
}

crate::text! {
    /// A calendar day as RFC 3339 text (`2024-04-16`), kept exactly as it was received.
    ///
    /// Its order is that of its text, which for days in this form is the order of time.
    pub struct Date: shown, TextRules::ANY.format(Format::Date);
}

/// A text that names no moment or no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// Not an RFC 3339 full-date, or no day of the calendar.
    #[error("is not a date; write it as YYYY-MM-DD")]
    Date,
    /// Not an RFC 3339 date-time, or no moment of the calendar.
    #[error("is not an RFC 3339 date-time; write it as YYYY-MM-DDThh:mm:ssZ")]
    DateTime,
    /// Not even near to RFC 3339.
    #[error("is not an ISO 8601 date-time with an offset from UTC")]
    Iso8601,
    /// A moment that four digits of a year cannot write.
    #[error("lies outside the years 0 to 9999")]
    OutOfRange,
}

impl Timestamp {
    /// The moment that the text names.
    ///
    /// # Errors
    /// [`TimeError::DateTime`]: the text is not an RFC 3339 date-time with capital `T` and `Z` and at most nine
    /// decimals of a second.
    pub fn instant(&self) -> Result<SystemTime, TimeError> {
        let text = self.as_str().as_bytes();
        let moment = is_date_time(text).then(|| moment(text)).flatten();
        moment.ok_or(TimeError::DateTime)
    }

    /// The moment that the text names in RFC 3339 or in an ISO 8601 form near to it, such as the offset without a
    /// colon in `2017-02-02T11:24:14.040+0100` (Worldline Connect's webhooks; facts).
    ///
    /// ```
    /// use checkout_core::time::Timestamp;
    ///
    /// let created = Timestamp::from("2017-02-02T11:24:14.040+0100");
    /// assert_eq!(created.instant_iso8601()?, Timestamp::from("2017-02-02T10:24:14.04Z").instant()?);
    /// assert!(created.instant().is_err());
    /// # Ok::<(), checkout_core::time::TimeError>(())
    /// ```
    ///
    /// # Errors
    /// [`TimeError::Iso8601`]: the text is in no such form, or has no offset from UTC.
    pub fn instant_iso8601(&self) -> Result<SystemTime, TimeError> {
        moment(self.as_str().as_bytes()).ok_or(TimeError::Iso8601)
    }

    /// Writes a moment as `YYYY-MM-DDThh:mm:ssZ`; fractions of a second are cut off.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use checkout_core::time::Timestamp;
    ///
    /// let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(1_713_250_915_999);
    /// assert_eq!(Timestamp::in_seconds(moment)?, "2024-04-16T07:01:55Z");
    /// # Ok::<(), checkout_core::time::TimeError>(())
    /// ```
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] for a year below 0 or above 9999.
    pub fn in_seconds(moment: SystemTime) -> Result<Self, TimeError> {
        let at = in_utc(moment).ok_or(TimeError::OutOfRange)?;
        Ok(Self(format!("{}Z", second(at))))
    }

    /// Writes a moment as `YYYY-MM-DDThh:mm:ss.sssZ`; finer fractions are cut off.
    ///
    /// # Errors
    /// As for [`in_seconds`](Self::in_seconds).
    pub fn in_milliseconds(moment: SystemTime) -> Result<Self, TimeError> {
        let at = in_utc(moment).ok_or(TimeError::OutOfRange)?;
        Ok(Self(format!("{}.{:03}Z", second(at), at.time().millisecond())))
    }
}

impl Date {
    /// A day of the calendar.
    ///
    /// # Errors
    /// [`TimeError::Date`]: there is no such day, or the year is none from 0 to 9999.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, TimeError> {
        let date = Self(format!("{year:04}-{month:02}-{day:02}"));
        date.year_month_day().map(|_| date)
    }

    /// The day that the text names: year, month and day of the month, these two from 1.
    ///
    /// # Errors
    /// [`TimeError::Date`]: the text is not a full date, or the calendar has no such day.
    pub fn year_month_day(&self) -> Result<(u16, u8, u8), TimeError> {
        let text = self.as_str().as_bytes();
        if !has_shape(text, b"0000-00-00") || day(text).is_none() {
            return Err(TimeError::Date);
        }
        // Two digits and four fit.
        Ok((
            number(&text[..4]) as u16,
            number(&text[5..7]) as u8,
            number(&text[8..]) as u8,
        ))
    }
}

/// The moment that an RFC 3339 date-time names, or one whose offset has no colon or no minutes, or whose letters are small.
fn moment(text: &[u8]) -> Option<SystemTime> {
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

/// `None` for a year that four digits cannot write.
fn in_utc(moment: SystemTime) -> Option<civil::DateTime> {
    let (since, sign) = match moment.duration_since(UNIX_EPOCH) {
        Ok(since) => (since, 1),
        Err(before) => (before.duration(), -1),
    };
    let seconds = i64::try_from(since.as_secs()).ok()?;
    let nanoseconds = i32::try_from(since.subsec_nanos()).ok()?;
    let at = jiff_core::Timestamp::new(sign * seconds, nanoseconds * sign as i32).ok()?;
    let at = at.to_datetime(Offset::UTC);
    (0..=9999).contains(&at.date().year()).then_some(at)
}

fn second(at: civil::DateTime) -> String {
    let (date, time) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        date.year(),
        date.month(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
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

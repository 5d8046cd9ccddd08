//! Dates and times that keep their text: `55.000Z` does not come back as `55Z`.
//!
//! What is received may be any text. What is sent must be RFC 3339 to the letter, for [`Validate`](crate::Validate)
//! checks it: jiff reads more forms than that, and the far end may read fewer.

use std::time::SystemTime;

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
    pub fn instant(&self) -> Result<jiff::Timestamp, TimeError> {
        let text = self.as_str();
        if !is_date_time(text.as_bytes()) {
            return Err(TimeError::DateTime);
        }
        text.parse().map_err(|_| TimeError::DateTime)
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
    pub fn instant_iso8601(&self) -> Result<jiff::Timestamp, TimeError> {
        self.as_str().parse().map_err(|_| TimeError::Iso8601)
    }

    /// Writes a moment as `YYYY-MM-DDThh:mm:ssZ`; fractions of a second are cut off.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] for a year below 0.
    pub fn in_seconds(moment: jiff::Timestamp) -> Result<Self, TimeError> {
        Self::written(format!("{moment:.0}"))
    }

    /// Writes a moment as `YYYY-MM-DDThh:mm:ss.sssZ`; finer fractions are cut off.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] for a year below 0.
    pub fn in_milliseconds(moment: jiff::Timestamp) -> Result<Self, TimeError> {
        Self::written(format!("{moment:.3}"))
    }

    /// Writes a clock's time as `YYYY-MM-DDThh:mm:ssZ`; fractions of a second are cut off.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use checkout_core::time::Timestamp;
    ///
    /// let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(1_713_250_915_999);
    /// assert_eq!(Timestamp::from_system_time(moment)?, "2024-04-16T07:01:55Z");
    /// # Ok::<(), checkout_core::time::TimeError>(())
    /// ```
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] for a year below 0 or above 9999.
    pub fn from_system_time(moment: SystemTime) -> Result<Self, TimeError> {
        jiff::Timestamp::try_from(moment)
            .map_err(|_| TimeError::OutOfRange)
            .and_then(Self::in_seconds)
    }

    fn written(text: String) -> Result<Self, TimeError> {
        if is_date_time(text.as_bytes()) {
            Ok(Self(text))
        } else {
            Err(TimeError::OutOfRange)
        }
    }
}

impl Date {
    /// The day that the text names.
    ///
    /// # Errors
    /// [`TimeError::Date`]: the text is not a full date, or the calendar has no such day.
    pub fn civil(&self) -> Result<jiff::civil::Date, TimeError> {
        let text = self.as_str();
        if !has_shape(text.as_bytes(), b"0000-00-00") {
            return Err(TimeError::Date);
        }
        text.parse().map_err(|_| TimeError::Date)
    }
}

/// Writes a day as `YYYY-MM-DD`. A year below 0 has no such form; the check before sending finds it.
impl From<jiff::civil::Date> for Date {
    fn from(day: jiff::civil::Date) -> Self {
        Self(day.to_string())
    }
}

/// Whether the text has the form of an RFC 3339 date-time. Its ranges are jiff's to check, save that of the offset,
/// for which jiff allows 25 hours.
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

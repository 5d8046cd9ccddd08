//! Dates and times that keep their text: `55.000Z` does not come back as `55Z`.
//!
//! What is received may be any text. What is sent must be strict RFC 3339, and [`Validate`](crate::Validate) checks
//! that: the API may read fewer forms than this crate.

use std::time::SystemTime;

use crate::calendar;
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
        calendar::instant(self.as_str()).ok_or(TimeError::DateTime)
    }

    /// The moment that the text names in RFC 3339 or in an ISO 8601 form near to it, such as the offset without a
    /// colon in `2017-02-02T11:24:14.040+0100` (which Worldline Connect's webhooks have).
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
        calendar::moment(self.as_str().as_bytes()).ok_or(TimeError::Iso8601)
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
        let (second, _) = calendar::in_utc(moment).ok_or(TimeError::OutOfRange)?;
        Ok(Self(format!("{second}Z")))
    }

    /// Writes a moment as `YYYY-MM-DDThh:mm:ss.sssZ`; finer fractions are cut off.
    ///
    /// # Errors
    /// As for [`in_seconds`](Self::in_seconds).
    pub fn in_milliseconds(moment: SystemTime) -> Result<Self, TimeError> {
        let (second, millisecond) = calendar::in_utc(moment).ok_or(TimeError::OutOfRange)?;
        Ok(Self(format!("{second}.{millisecond:03}Z")))
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
        calendar::year_month_day(self.as_str()).ok_or(TimeError::Date)
    }
}

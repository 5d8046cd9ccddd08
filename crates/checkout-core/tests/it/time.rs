//! Timestamps and dates: text kept, moments read, and only RFC 3339 sent.

use std::time::{Duration, SystemTime};

use checkout_core::Validate;
use checkout_core::time::{Date, TimeError, Timestamp};
use proptest::prelude::*;

#[test]
fn the_text_of_a_timestamp_comes_back() {
    for text in [
        "2024-04-16T07:01:55.000Z",
        "2024-04-16T07:01:55Z",
        "2024-04-16T07:01:55.120+02:00",
        "2017-02-02T11:24:14.040+0100",
        "tomorrow",
        "",
    ] {
        let json = serde_json::to_string(text).unwrap();
        let timestamp: Timestamp = serde_json::from_str(&json).unwrap();
        assert_eq!(timestamp, text);
        assert_eq!(serde_json::to_string(&timestamp).unwrap(), json);
        let date: Date = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&date).unwrap(), json);
    }
}

#[test]
fn only_rfc_3339_date_times_are_sent() {
    for text in [
        "2024-04-16T07:01:55Z",
        "2024-04-16T07:01:55.0Z",
        "2024-04-16T07:01:55.123456789Z",
        "2024-04-16T07:01:55+00:00",
        "2024-04-16T07:01:55-00:00",
        "2024-04-16T07:01:55+23:59",
        "2024-04-16T07:01:55.5-23:59",
        "2024-02-29T23:59:60Z",
        "0000-01-01T00:00:00Z",
    ] {
        let timestamp = Timestamp::from(text);
        assert!(timestamp.validate().is_ok(), "{text}");
        assert!(timestamp.instant().is_ok(), "{text}");
        assert_eq!(
            timestamp.instant().unwrap(),
            timestamp.instant_iso8601().unwrap(),
            "{text}"
        );
    }
    for text in [
        "",
        "2024-04-16",
        "2024-04-16T07:01:55",
        "2024-04-16T07:01Z",
        "2024-04-16T07Z",
        "2024-04-16 07:01:55Z",
        "2024-04-16t07:01:55Z",
        "2024-04-16T07:01:55z",
        "2024-04-16T07:01:55.Z",
        "2024-04-16T07:01:55,5Z",
        "2024-04-16T07:01:55.5",
        "2024-04-16T07:01:55+0100",
        "2024-04-16T07:01:55+01",
        "2024-04-16T07:01:55+1:00",
        "2024-04-16T07:01:55+01:00:00",
        "2024-04-16T07:01:55+24:00",
        "2024-04-16T07:01:55+25:00",
        "2024-04-16T07:01:55+01:60",
        "2024-04-16T07:01:55\u{2212}01:00",
        "2024-04-16T07:01:55Z[UTC]",
        "2024-04-16T07:01:55+02:00[Europe/Zurich]",
        "2024-04-16T24:00:00Z",
        "2024-04-16T07:60:55Z",
        "2024-04-16T07:01:61Z",
        "2024-02-30T07:01:55Z",
        "2023-02-29T07:01:55Z",
        "2024-13-01T07:01:55Z",
        "20240416T070155Z",
        "+002024-04-16T07:01:55Z",
        " 2024-04-16T07:01:55Z",
        "2024-04-16T07:01:55Z\n",
        "2024-04-16T07:01:5\u{665}Z",
        "\u{662}024-04-16T07:01:55Z",
    ] {
        let timestamp = Timestamp::from(text);
        assert!(timestamp.validate().is_err(), "{text:?}");
        assert_eq!(timestamp.instant(), Err(TimeError::DateTime), "{text:?}");
    }
}

#[test]
fn only_full_dates_are_sent() {
    for text in ["2024-04-16", "2024-02-29", "0000-01-01", "9999-12-31"] {
        assert!(Date::from(text).validate().is_ok(), "{text}");
        let (year, month, day) = Date::from(text).year_month_day().unwrap();
        assert_eq!(Date::new(year, month, day).unwrap(), text);
    }
    for text in [
        "",
        "2024-4-16",
        "20240416",
        "2024-04",
        "2024-04-16T00:00:00",
        "2024-04-16T07:01:55Z",
        "2024-04-16 ",
        "2024-02-30",
        "2023-02-29",
        "2024-00-01",
        "2024-01-00",
        "2024-13-01",
        "+002024-04-16",
        "24-04-16",
        "2024/04/16",
        "2024-04-16[u-ca=iso8601]",
    ] {
        assert!(Date::from(text).validate().is_err(), "{text:?}");
        assert_eq!(
            Date::from(text).year_month_day(),
            Err(TimeError::Date),
            "{text:?}"
        );
    }
}

#[test]
fn offsets_without_a_colon_are_read_where_asked_for() {
    let expected = Timestamp::from("2017-02-02T10:24:14.040Z").instant().unwrap();
    for text in [
        "2017-02-02T11:24:14.040+0100",
        "2017-02-02T11:24:14.040+01:00",
        "2017-02-02T05:24:14.040-0500",
    ] {
        assert_eq!(Timestamp::from(text).instant_iso8601(), Ok(expected), "{text}");
    }
    for text in ["", "yesterday", "2017-02-02T11:24:14.040", "2017-02-02"] {
        assert_eq!(
            Timestamp::from(text).instant_iso8601(),
            Err(TimeError::Iso8601),
            "{text}"
        );
    }
}

fn at(text: &str) -> SystemTime {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

#[test]
fn moments_are_written_to_the_second_or_the_millisecond() {
    let moment = at("2024-04-16T07:01:55.999999Z");
    assert_eq!(Timestamp::in_seconds(moment).unwrap(), "2024-04-16T07:01:55Z");
    assert_eq!(
        Timestamp::in_milliseconds(moment).unwrap(),
        "2024-04-16T07:01:55.999Z"
    );
    let whole = at("2024-04-16T07:01:55Z");
    assert_eq!(
        Timestamp::in_milliseconds(whole).unwrap(),
        "2024-04-16T07:01:55.000Z"
    );

    assert_eq!(
        Timestamp::in_seconds(SystemTime::UNIX_EPOCH).unwrap(),
        "1970-01-01T00:00:00Z"
    );
    let far = SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(1 << 40))
        .unwrap();
    assert_eq!(Timestamp::in_seconds(far), Err(TimeError::OutOfRange));
    assert_eq!(
        Timestamp::in_seconds(jiff::Timestamp::MIN.into()),
        Err(TimeError::OutOfRange)
    );
}

#[test]
fn days_sort_by_time() {
    let (spring, autumn) = (Date::from("2024-04-16"), Date::from("2024-10-01"));
    assert!(spring < autumn);
}

#[test]
fn texts_of_refusals() {
    let lines = [
        TimeError::Date,
        TimeError::DateTime,
        TimeError::Iso8601,
        TimeError::OutOfRange,
    ]
    .map(|error| error.to_string());
    insta::assert_snapshot!(lines.join("\n"), @r"
    is not a date; write it as YYYY-MM-DD
    is not an RFC 3339 date-time; write it as YYYY-MM-DDThh:mm:ssZ
    is not an ISO 8601 date-time with an offset from UTC
    lies outside the years 0 to 9999
    ");
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(seconds in -62_167_219_200_i64..=253_402_207_200) {
        let moment = jiff::Timestamp::from_second(seconds).unwrap();
        let timestamp = Timestamp::in_seconds(moment.into()).unwrap();
        prop_assert!(timestamp.validate().is_ok());
        prop_assert_eq!(timestamp.as_str(), moment.to_string());
        prop_assert_eq!(timestamp.instant(), Ok(moment.into()));
    }

    #[test]
    fn what_is_read_is_what_another_library_reads(
        text in "[0-9]{3}[0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,10})?(Z|[+-][0-2][0-9]:?[0-6][0-9])"
    ) {
        let other = text.parse::<jiff::Timestamp>().ok().map(SystemTime::from);
        prop_assert_eq!(Timestamp::from(text.as_str()).instant_iso8601().ok(), other, "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,40}") {
        let timestamp = Timestamp::from(text.as_str());
        prop_assert_eq!(timestamp.instant().is_ok(), timestamp.validate().is_ok());
        let date = Date::from(text.as_str());
        prop_assert_eq!(date.year_month_day().is_ok(), date.validate().is_ok());
    }
}

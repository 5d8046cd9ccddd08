//! This machine's clock against the API's.

use super::diagnosis::Findings;
use super::{Case, Check, Rule};

/// Differences up to this many seconds are the network's.
pub(super) const TOLERANCE: i64 = 5;

/// The clock that times are judged by.
pub(super) struct Clock {
    /// Unix seconds by this machine.
    pub(super) now: i64,
    /// Unix seconds by the API, if an answer had them.
    pub(super) server: Option<i64>,
    /// The rule that says that the two differ.
    pub(super) off: Option<Rule>,
}

impl Clock {
    /// The API's time counts, if it is known.
    pub(super) fn judge(&self) -> i64 {
        self.server.unwrap_or(self.now)
    }
}

pub(super) fn check(case: &Case, findings: &mut Findings<'_>) -> Clock {
    let mut clock = Clock {
        now: case.now,
        server: None,
        off: None,
    };
    let Some(text) = &case.server_date else {
        findings.unknown(
            Check::Clock,
            "needs the header Date of an answer of the API: --server-date",
        );
        return clock;
    };
    let Some(server) = http_date(text) else {
        findings.fails(Rule::ClockUnreadable);
        return clock;
    };
    clock.server = Some(server);
    let offset = case.now.saturating_sub(server);
    if offset.saturating_abs() <= TOLERANCE {
        findings.holds(Check::Clock, format!("within {TOLERANCE} s of the API's"));
    } else if offset > 0 {
        clock.off = Some(findings.fails((
            Rule::ClockAhead,
            format!("this machine is {offset} s ahead of the API"),
        )));
    } else {
        clock.off = Some(findings.fails((
            Rule::ClockBehind,
            format!("this machine is {} s behind the API", offset.saturating_neg()),
        )));
    }
    clock
}

/// Unix seconds of an HTTP date in GMT, its day with or without a zero in front.
pub(super) fn http_date(text: &str) -> Option<i64> {
    let text = text.trim();
    if !text.ends_with(" GMT") {
        return None;
    }
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
        .map(jiff::Timestamp::as_second)
}

/// A time that a claim names, for people.
pub(super) fn shown(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

//! Spans of time as people write them: `200ms`, `2s`, `1m 30s`.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize as _, Deserializer, Serializer};

/// The longest span that a switch or a schedule takes; a longer one is a slip of the pen.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// `None` if the text is no span, lies below zero, or is longer than a day.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let span: SignedDuration = text.trim().parse().ok()?;
    Duration::try_from(span).ok().filter(|span| *span <= LONGEST)
}

pub(super) fn written(span: Duration) -> String {
    // No span here comes near the 292 billion years that do not fit.
    format!(
        "{:#}",
        SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX)
    )
}

pub(super) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&written(*span))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text)
        .ok_or_else(|| serde::de::Error::custom("not a span of time of at most a day, such as 200ms or 2s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        for (text, milliseconds, again) in [
            ("200ms", 200, "200ms"),
            ("2s", 2_000, "2s"),
            (" 90s ", 90_000, "1m 30s"),
            ("1m 30s", 90_000, "1m 30s"),
            ("24h", 86_400_000, "24h"),
            ("0s", 0, "0s"),
        ] {
            let span = parse(text).unwrap();
            assert_eq!(span.as_millis(), milliseconds, "{text}");
            assert_eq!(written(span), again);
        }
    }

    #[test]
    fn other_texts_are_no_spans() {
        for text in ["", "2", "s", "-2s", "25h", "soon", "99999999999999999999s"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

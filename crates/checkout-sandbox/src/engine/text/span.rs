//! Spans of time as people write them: `200ms`, `2s`, `1m30s`.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::fmt::friendly::{Spacing, SpanPrinter};
use serde::{Deserialize as _, Deserializer, Serializer};

/// The longest span that a fault, a switch or a schedule takes; a longer one is a slip of the pen.
pub(crate) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Without blanks: a span is one word of a fault rule.
const PRINTER: SpanPrinter = SpanPrinter::new().spacing(Spacing::None);

/// `None` if the text is no span of whole milliseconds, has a sign, or is longer than a day.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let span: SignedDuration = text.parse().ok()?;
    Duration::try_from(span)
        .ok()
        .filter(|span| *span <= LONGEST && span.subsec_nanos().is_multiple_of(1_000_000))
        .filter(|_| !text.starts_with(['+', '-', 'P', 'p']))
}

/// As [`parse`] reads it.
pub(crate) fn written(span: Duration) -> String {
    // No span here comes near the 292 billion years that do not fit.
    let span = SignedDuration::try_from(span).unwrap_or(SignedDuration::MAX);
    PRINTER.duration_to_string(&span)
}

pub(crate) fn serialize<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&written(*span))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
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
            ("1500ms", 1_500, "1s500ms"),
            (" 90s ", 90_000, "1m30s"),
            ("1m 30s", 90_000, "1m30s"),
            ("24h", 86_400_000, "24h"),
            ("0s", 0, "0s"),
        ] {
            let span = parse(text).unwrap();
            assert_eq!(span.as_millis(), milliseconds, "{text}");
            assert_eq!(written(span), again);
            assert_eq!(parse(again), Some(span));
        }
    }

    #[test]
    fn other_texts_are_no_spans() {
        for text in [
            "",
            "2",
            "s",
            "-2s",
            "+2s",
            "25h",
            "1d",
            "PT2S",
            "soon",
            "99999999999999999999s",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

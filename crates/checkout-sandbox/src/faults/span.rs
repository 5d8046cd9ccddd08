//! Spans of time as a rule writes them: `500ms`, `2s`, `10m`, `1h`, `1d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Units and their milliseconds, the longest first.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Longest span; longer ones are slips of the pen.
const LONGEST: u64 = 366 * 86_400_000;

/// A span of whole milliseconds, written in the longest unit that it is a multiple of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

/// The text is not a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoSpan;

impl FromStr for Span {
    type Err = NoSpan;

    fn from_str(text: &str) -> Result<Self, NoSpan> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(NoSpan)?;
        let number: u64 = number.parse().map_err(|_| NoSpan)?;
        number
            .checked_mul(*factor)
            .filter(|milliseconds| *milliseconds <= LONGEST)
            .map(|milliseconds| Self(Duration::from_millis(milliseconds)))
            .ok_or(NoSpan)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.as_millis();
        for (unit, factor) in UNITS {
            if milliseconds != 0 && milliseconds.is_multiple_of(u128::from(factor)) {
                return write!(f, "{}{unit}", milliseconds / u128::from(factor));
            }
        }
        f.write_str("0s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_in_their_longest_unit() {
        for (text, written) in [
            ("2s", "2s"),
            ("1500ms", "1500ms"),
            ("120s", "2m"),
            ("0ms", "0s"),
            ("24h", "1d"),
        ] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), written);
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
            "1.5s",
            "2 s",
            "2S",
            "367d",
            "99999999999999999999s",
        ] {
            assert_eq!(text.parse::<Span>(), Err(NoSpan), "{text}");
        }
    }
}

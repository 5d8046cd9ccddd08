//! The bodies that people sign instead of the one that is sent.

use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use std::io;

/// How the body that was signed differs from the one at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Difference {
    NewlineRemoved,
    NewlineAdded,
    ByteOrderMark,
    LineEnds,
    Compact,
    Pretty,
    Spaced,
    Sorted,
    Escaped,
}

impl Difference {
    /// What was signed, as the end of a sentence.
    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::NewlineRemoved => "the body without its final line break",
            Self::NewlineAdded => "the body with one more line break at its end",
            Self::ByteOrderMark => "the body with a byte order mark more or less",
            Self::LineEnds => "the body with other line ends (CRLF for LF, or LF for CRLF)",
            Self::Compact => "the same JSON without white space",
            Self::Pretty => "the same JSON with line breaks and indents",
            Self::Spaced => "the same JSON with a space after each comma and colon, as Python writes it",
            Self::Sorted => "the same JSON with its names sorted",
            Self::Escaped => "the same JSON with characters escaped otherwise, as Python, PHP or Go write it",
        }
    }
}

/// The first difference by which `holds` is satisfied.
pub(super) fn explain(body: &[u8], mut holds: impl FnMut(&[u8]) -> bool) -> Option<Difference> {
    candidates(body)
        .into_iter()
        .find_map(|(difference, bytes)| (bytes != body && holds(&bytes)).then_some(difference))
}

/// Simple changes of the bytes before changes of the JSON, so that the least is found.
fn candidates(body: &[u8]) -> Vec<(Difference, Vec<u8>)> {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    let mut found = Vec::new();
    for end in [b"\r\n".as_slice(), b"\n"] {
        if let Some(rest) = body.strip_suffix(end) {
            found.push((Difference::NewlineRemoved, rest.to_vec()));
        }
        found.push((Difference::NewlineAdded, [body, end].concat()));
    }
    let other_bom = body
        .strip_prefix(BOM)
        .map_or_else(|| [BOM, body].concat(), <[u8]>::to_vec);
    found.push((Difference::ByteOrderMark, other_bom));
    if let Ok(text) = std::str::from_utf8(body) {
        let lf = text.replace("\r\n", "\n");
        found.push((Difference::LineEnds, lf.replace('\n', "\r\n").into_bytes()));
        found.push((Difference::LineEnds, lf.into_bytes()));
    }
    if let Ok(value) = serde_json::from_slice(body.strip_prefix(BOM).unwrap_or(body)) {
        rewritten(&value, &mut found);
    }
    found
}

fn rewritten(value: &Value, found: &mut Vec<(Difference, Vec<u8>)>) {
    let sorted = sorted(value);
    let forms = |value: &Value| {
        [
            (Difference::Compact, compact(value)),
            (Difference::Pretty, written(value, PrettyFormatter::new())),
            (
                Difference::Pretty,
                written(value, PrettyFormatter::with_indent(b"    ")),
            ),
            (
                Difference::Pretty,
                written(value, PrettyFormatter::with_indent(b"\t")),
            ),
            (Difference::Spaced, written(value, Spaced)),
        ]
    };
    let mut texts = Vec::from(forms(value));
    texts.extend(forms(&sorted).map(|(_, text)| (Difference::Sorted, text)));
    let plain = texts.len();
    for index in 0..plain {
        let (_, text) = &texts[index];
        let escaped = [
            escaped(text, |c| !c.is_ascii()),
            text.replace('/', "\\/"),
            escaped(text, |c| !c.is_ascii()).replace('/', "\\/"),
            escaped(text, |c| matches!(c, '<' | '>' | '&')),
        ];
        texts.extend(escaped.map(|text| (Difference::Escaped, text)));
    }
    for (difference, text) in texts {
        // Tools that write JSON to a file or a pipe end it with a line break.
        found.push((difference, [text.as_bytes(), b"\n"].concat()));
        found.push((difference, text.into_bytes()));
    }
}

fn compact(value: &Value) -> String {
    value.to_string()
}

fn written(value: &Value, formatter: impl Formatter) -> String {
    let mut bytes = Vec::new();
    // Neither a value nor a vector can refuse.
    let _ = serde::Serialize::serialize(value, &mut Serializer::with_formatter(&mut bytes, formatter));
    String::from_utf8(bytes).unwrap_or_default()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(name, _)| name.as_str());
            entries
                .into_iter()
                .map(|(name, value)| (name.clone(), sorted(value)))
                .collect()
        }
        Value::Array(values) => values.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// With `\uXXXX` for the characters that are asked for. They stand in texts alone.
fn escaped(text: &str, which: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if which(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// `{"a": 1, "b": 2}`.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

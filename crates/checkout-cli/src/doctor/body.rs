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

/// The first difference by which `holds` is satisfied. One body is made at a time, for bodies may be large.
pub(super) fn explain(body: &[u8], mut holds: impl FnMut(&[u8]) -> bool) -> Option<Difference> {
    // Simple changes of the bytes before changes of the JSON, so that the least is found.
    let mut is_it = |other: &[u8]| other != body && holds(other);
    of_bytes(body, &mut is_it).or_else(|| {
        let value = serde_json::from_slice(body.strip_prefix(BOM).unwrap_or(body)).ok()?;
        of_json(&value, &mut is_it)
    })
}

const BOM: &[u8] = b"\xef\xbb\xbf";

fn of_bytes(body: &[u8], is_it: &mut dyn FnMut(&[u8]) -> bool) -> Option<Difference> {
    for end in [b"\r\n".as_slice(), b"\n"] {
        if body.strip_suffix(end).is_some_and(&mut *is_it) {
            return Some(Difference::NewlineRemoved);
        }
        if is_it(&[body, end].concat()) {
            return Some(Difference::NewlineAdded);
        }
    }
    let other_mark = match body.strip_prefix(BOM) {
        Some(rest) => is_it(rest),
        None => is_it(&[BOM, body].concat()),
    };
    if other_mark {
        return Some(Difference::ByteOrderMark);
    }
    let lf = std::str::from_utf8(body).ok()?.replace("\r\n", "\n");
    (is_it(lf.as_bytes()) || is_it(lf.replace('\n', "\r\n").as_bytes())).then_some(Difference::LineEnds)
}

fn of_json(value: &Value, is_it: &mut dyn FnMut(&[u8]) -> bool) -> Option<Difference> {
    // Tools that write JSON to a file or a pipe end it with a line break.
    let mut is_written = |text: &str| is_it(text.as_bytes()) || is_it(&[text.as_bytes(), b"\n"].concat());
    let sorted = sorted(value);
    for (difference, write) in FORMS {
        if is_written(&write(value)) {
            return Some(*difference);
        }
    }
    if FORMS.iter().any(|(_, write)| is_written(&write(&sorted))) {
        return Some(Difference::Sorted);
    }
    let texts = [value, &sorted]
        .into_iter()
        .flat_map(|value| FORMS.iter().map(|(_, write)| write(value)));
    for text in texts {
        let ascii = escaped(&text, |c| !c.is_ascii());
        if is_written(&ascii)
            || is_written(&text.replace('/', "\\/"))
            || is_written(&ascii.replace('/', "\\/"))
            || is_written(&escaped(&text, |c| matches!(c, '<' | '>' | '&')))
        {
            return Some(Difference::Escaped);
        }
    }
    None
}

type Writer = fn(&Value) -> String;

/// How programs write JSON.
const FORMS: &[(Difference, Writer)] = &[
    (Difference::Compact, compact),
    (Difference::Pretty, |value| written(value, PrettyFormatter::new())),
    (Difference::Pretty, |value| {
        written(value, PrettyFormatter::with_indent(b"    "))
    }),
    (Difference::Pretty, |value| {
        written(value, PrettyFormatter::with_indent(b"\t"))
    }),
    (Difference::Spaced, |value| written(value, Spaced)),
];

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

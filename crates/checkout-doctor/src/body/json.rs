//! The same JSON, written by other programs.

use std::io;

use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::Difference;

pub(super) fn explain(value: &Value, is_it: &mut dyn FnMut(&[u8]) -> bool) -> Option<Difference> {
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

pub(super) fn compact(value: &Value) -> String {
    value.to_string()
}

pub(super) fn written(value: &Value, formatter: impl Formatter) -> String {
    let mut bytes = Vec::new();
    // JSON values can always be written, and writing to a vector never fails.
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

/// Writes the chosen characters as `\uXXXX`. They occur only within JSON strings.
pub(super) fn escaped(text: &str, which: impl Fn(char) -> bool) -> String {
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
pub(super) struct Spaced;

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

//! Reads JSON that is to be sent, strictly: a text that two readers could understand differently is refused.
//!
//! What an API sends is read leniently elsewhere. Here a field that stands twice would be one amount for the one who checks
//! and another for the one who pays.

use std::collections::HashSet;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::received::members;
use crate::utf8::{self, NotUtf8};
use crate::validate::At;

/// The most repeated fields that an error lists.
const MOST: usize = 100;
/// The most bytes of pointers that an error lists: the author of the text chose the names, however long.
const MOST_BYTES: usize = 8 * 1024;
/// The most characters of one such pointer.
const LONGEST: usize = 500;

/// Why a text cannot be a request. It holds no value of the text, but its pointers may hold names of fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Nothing, or white space alone.
    #[error("is empty, and JSON is expected")]
    Empty,
    /// Not UTF-8.
    #[error(transparent)]
    Text(NotUtf8),
    /// Not JSON.
    #[error("is not JSON (line {line}, column {column}): {what}")]
    Syntax {
        /// From 1.
        line: usize,
        /// In bytes from 1; 0 before the first.
        column: usize,
        /// What is wrong there, as far as it is known.
        what: &'static str,
    },
    /// Fields that stand in their object more than once.
    #[error("{} {REPEATED}", pointers.join(", "))]
    Repeated {
        /// JSON pointers (RFC 6901) to them, in their order, each once: 100 and 8 KiB at most. One of more than 500
        /// characters ends in `…`. Never empty.
        pointers: Vec<String>,
    },
}

/// What is said of a field that stands in its object more than once.
pub const REPEATED: &str = "stands in the object more than once";

/// Reads a JSON text, with or without a byte order mark.
///
/// ```
/// use checkout_core::json;
///
/// let error = json::read(br#"{"Amount":"10.10","\u0041mount":"99"}"#).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "/Amount stands in the object more than once"
/// );
/// ```
///
/// # Errors
/// A [`JsonError`]. Its text begins with a verb or a pointer, so that a caller can put the file's name before it.
/// Values nested deeper than 127 levels, half a surrogate pair, and numbers beyond the range of a double are refused.
/// (Such numbers are accepted if the program has switched on `arbitrary_precision` of serde_json.)
pub fn read(bytes: &[u8]) -> Result<Value, JsonError> {
    let text = utf8::read(bytes).map_err(JsonError::Text)?;
    if text.trim().is_empty() {
        return Err(JsonError::Empty);
    }
    let value = serde_json::from_str(text).map_err(|error| JsonError::syntax(text, &error))?;
    // Each field has a colon: where there are as many fields as colons, none has taken the place of another.
    if colons(text) == fields(&value) {
        return Ok(value);
    }
    let mut found = Found::default();
    serde_json::from_str(text)
        .and_then(|json| found.look_into(json))
        .map_err(|error| JsonError::syntax(text, &error))?;
    if found.repeated.is_empty() {
        return Ok(value);
    }
    Err(JsonError::Repeated {
        pointers: found.repeated,
    })
}

/// Colons of a JSON text that stand in none of its texts.
fn colons(text: &str) -> usize {
    let (mut colons, mut is_in_text, mut is_escaped) = (0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_in_text = !is_in_text,
            b':' if !is_in_text => colons += 1,
            _ => {}
        }
    }
    colons
}

fn fields(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.len() + members.values().map(fields).sum::<usize>(),
        Value::Array(items) => items.iter().map(fields).sum(),
        _ => 0,
    }
}

impl JsonError {
    fn syntax(text: &str, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        let start: usize = text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(str::len)
            .sum();
        let at = text
            .as_bytes()
            .get(start + column.saturating_sub(1)..)
            .unwrap_or_default();
        Self::Syntax {
            line,
            column,
            what: what(&error.to_string(), at),
        }
    }

    /// The line and column of what is wrong, if that is one place and not a field.
    #[must_use]
    pub const fn place(&self) -> Option<(usize, usize)> {
        match self {
            Self::Syntax { line, column, .. } => Some((*line, *column)),
            Self::Text(error) => error.place(),
            _ => None,
        }
    }

    /// The same text without the place, for callers that show the place separately.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Text(error) => error.reason().to_owned(),
            Self::Syntax { what, .. } => format!("is not JSON: {what}"),
            other => other.to_string(),
        }
    }
}

/// Says what stands where the reader stopped, rather than what it expected. It never quotes the text.
fn what(message: &str, at: &[u8]) -> &'static str {
    const QUOTES: [&[u8]; 4] = ["“".as_bytes(), "”".as_bytes(), "‘".as_bytes(), "’".as_bytes()];
    let says = |begin: &str| message.starts_with(begin);
    if says("EOF") {
        return "it ends in the middle: a closing bracket or quotation mark is missing";
    }
    if says("recursion limit") {
        return "it is nested deeper than 127 levels";
    }
    if says("control character") {
        return "a text holds a line break or another control character; write it as an escape, such as \\n";
    }
    if says("invalid escape") {
        return "a backslash begins an escape that JSON does not have; a backslash itself is written \\\\";
    }
    if says("lone ") || says("unexpected end of hex escape") {
        return "an escape \\u is half a surrogate pair, and no character";
    }
    if says("number out of range") {
        return "a number is larger than a double holds";
    }
    match at {
        [b'\'', ..] => return "a text or name stands in single quotation marks; JSON has double ones alone",
        [b'/' | b'#', ..] => return "JSON has no comments",
        [b'N' | b'I', ..] => return "NaN and Infinity are no JSON",
        [b'T' | b'F' | b'U', ..] => return "JSON writes true, false and null, in lower case",
        [b'<', ..] => return "it looks like HTML or XML",
        _ if QUOTES.iter().any(|quote| at.starts_with(quote)) => {
            return "a quotation mark is a typographic one; JSON has straight ones alone";
        }
        _ => {}
    }
    match () {
        () if says("trailing comma") => "a comma stands before a closing bracket",
        () if says("trailing characters") => "something follows the end of the JSON",
        () if says("key must be a string") => "the name of a field is not in double quotation marks",
        () if says("expected ident") => "of words, JSON has true, false and null alone",
        () if says("expected `:`") => "a colon is missing after the name of a field",
        () if says("expected `,`") => "a comma or a closing bracket is missing before this",
        () if says("invalid number") => "a number is not written as JSON writes it",
        () if says("expected value") => "a value is missing, or is not one of JSON",
        () => "it is not JSON from here on",
    }
}

/// Where the reader is, and what it found on the way.
#[derive(Default)]
struct Found {
    at: String,
    repeated: Vec<String>,
    bytes: usize,
}

impl Found {
    /// Goes one step down, and says where to come back to.
    fn enter(&mut self, step: &str) -> usize {
        let here = self.at.len();
        self.at.push('/');
        self.at.push_str(&step.replace('~', "~0").replace('/', "~1"));
        here
    }

    /// Looks for repeated names. Numbers stay texts: with serde_json's feature `arbitrary_precision`, which any crate
    /// of a program can switch on, a visitor would get them as objects.
    fn look_into(&mut self, json: &RawValue) -> Result<(), serde_json::Error> {
        if json.get().starts_with('{') {
            let mut names = HashSet::new();
            for (name, value) in members(json)? {
                let here = self.enter(&name);
                if !names.insert(name) {
                    self.repeats();
                }
                self.look_into(value)?;
                self.at.truncate(here);
            }
        } else if json.get().starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(json.get())?;
            for (index, item) in items.into_iter().enumerate() {
                let here = self.enter(&index.to_string());
                self.look_into(item)?;
                self.at.truncate(here);
            }
        }
        Ok(())
    }

    fn repeats(&mut self) {
        let pointer = shortened(&self.at);
        let has_room = self.repeated.len() < MOST && self.bytes < MOST_BYTES;
        if has_room && !self.repeated.contains(&pointer) {
            self.bytes += pointer.len();
            self.repeated.push(pointer);
        }
    }
}

/// A pointer as far as it is told.
fn shortened(pointer: &str) -> String {
    match pointer.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &pointer[..end]),
        None => pointer.to_owned(),
    }
}

/// JSON pointers to fields that were sent and not understood: mistyped names, or fields of a later version. `null`
/// counts as absent.
///
/// ```
/// use checkout_core::json::not_understood;
/// use serde_json::json;
///
/// let sent = json!({"a": 1, "B": null, "c": 2, "list": [{"x": 1}, {"x": 1, "Jane Doe": 2}]});
/// let understood = json!({"a": 1, "list": [{"x": 1}, {"x": 1}]});
/// assert_eq!(not_understood(&sent, &understood), ["/c", "/list/1/?"]);
/// ```
#[must_use]
pub fn not_understood(sent: &Value, understood: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(sent, understood, &At::BODY, &mut found);
    found
}

fn collect(sent: &Value, understood: &Value, at: &At<'_>, found: &mut Vec<String>) {
    match (sent, understood) {
        (Value::Object(sent), Value::Object(understood)) => {
            for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
                let at = at.field(name);
                match understood.get(name) {
                    Some(known) => collect(value, known, &at, found),
                    None => found.push(at.to_string()),
                }
            }
        }
        (Value::Array(sent), Value::Array(understood)) => {
            for (index, (value, known)) in sent.iter().zip(understood).enumerate() {
                collect(value, known, &at.item(index), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_json_is_read_as_serde_json_reads_it() {
        let deep = format!("{}1{}", "[".repeat(127), "]".repeat(127));
        for text in [
            "{}",
            " [1, -2, 18446744073709551615, 1.5e3, \"\\ud83d\\ude00\", null, true, false] \n",
            r#"{"a":{"b":[{"c":1},{"c":2}]},"":"","A":1}"#,
            &deep,
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert_eq!(read(text.as_bytes()).unwrap(), expected);
            assert_eq!(read(format!("\u{feff}{text}").as_bytes()).unwrap(), expected);
        }
    }

    #[test]
    fn a_field_that_stands_twice_is_pointed_at_wherever_and_however_it_is_written() {
        for (text, expected) in [
            (r#"{"a":1,"a":1}"#, vec!["/a"]),
            (r#"{"a":1,"\u0061":2}"#, vec!["/a"]),
            (r#"{"x":[0,{"b":{"c":null,"c":null}}]}"#, vec!["/x/1/b/c"]),
            (r#"{"a":{"x":1},"a":{"y":1,"y":2}}"#, vec!["/a", "/a/y"]),
            (r#"{"a":1,"a":2,"a":3,"b~/":1,"b~/":1}"#, vec!["/a", "/b~0~1"]),
            (r#"{"":1,"":2}"#, vec!["/"]),
            (r#"[[{"a":1,"a":1}],[{"a":1}]]"#, vec!["/0/0/a"]),
        ] {
            let Err(JsonError::Repeated { pointers }) = read(text.as_bytes()) else {
                panic!("{text}")
            };
            assert_eq!(pointers, expected, "{text}");
        }
        assert!(read(br#"{"a":1,"A":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}"#).is_ok());
    }

    #[test]
    fn names_without_end_are_told_within_bounds() {
        let pointers = |text: &str| match read(text.as_bytes()) {
            Err(JsonError::Repeated { pointers }) => pointers,
            other => panic!("{other:?}"),
        };
        let twice = |names: &[String]| {
            let members: Vec<String> = names
                .iter()
                .map(|name| format!("\"{name}\":1,\"{name}\":1"))
                .collect();
            format!("{{{}}}", members.join(","))
        };
        let many: Vec<String> = (0..200).map(|index| format!("n{index}")).collect();
        assert_eq!(pointers(&twice(&many)).len(), 100);
        // A pointer is cut between characters, and few long ones are enough.
        let long: Vec<String> = (0..200)
            .map(|index| format!("{}{index}", "\u{e9}".repeat(10_000)))
            .collect();
        let told = pointers(&twice(&long));
        assert_eq!(told, [format!("/{}\u{2026}", "\u{e9}".repeat(499))]);
        let middling: Vec<String> = (0..200)
            .map(|index| format!("{}{index:03}", "x".repeat(252)))
            .collect();
        let told = pointers(&twice(&middling));
        assert_eq!(told.len(), 32, "8 KiB in pieces of 256 bytes");
        assert!(
            told.iter()
                .all(|pointer| pointer.len() == 256 && !pointer.ends_with('…'))
        );
    }

    #[test]
    fn each_mistake_is_told_by_its_name_and_place() {
        let long = format!("{}1{}", "[".repeat(128), "]".repeat(128));
        let told: Vec<String> = [
            "",
            " \r\n\t",
            "{\"a\":1,\n}",
            "{\"a\":1",
            "\"a",
            "{} {}",
            "{\"a\":1} // done",
            "{\n  // what\n  \"a\":1}",
            "{/* what */}",
            "# what\n{}",
            "{'a':1}",
            "{\"a\":'b'}",
            "{“a”:1}",
            "{\"a\":“b”}",
            "{a:1}",
            "{\"a\":NaN}",
            "{\"a\":-Infinity}",
            "{\"a\":nan}",
            "{\"a\":True}",
            "{\"a\":undefined}",
            "{\"a\" 1}",
            "{\"a\":1 \"b\":2}",
            "[1 2]",
            "[1,,2]",
            "{\"a\":}",
            "{\"a\":01}",
            "{\"a\":+1}",
            "{\"a\":.5}",
            "{\"a\":1e400}",
            "{\"a\":\"line\nbreak\"}",
            "{\"a\":\"C:\\dir\"}",
            "{\"a\":\"\\ud800\"}",
            "<html>",
            &long,
        ]
        .into_iter()
        .map(|text| {
            let shown: String = text.escape_debug().take(18).collect();
            format!("{shown:<20}{}", read(text.as_bytes()).unwrap_err())
        })
        .collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    /// An editor marks the place, and a list of mistakes names it once.
    #[test]
    fn the_place_is_told_apart_from_the_reason() {
        let told = |text: &[u8]| {
            let error = read(text).unwrap_err();
            (error.place(), error.reason())
        };
        let comma = "is not JSON: a comma stands before a closing bracket";
        assert_eq!(told(b"{\"a\":1,\n }"), (Some((2, 2)), comma.into()));
        let latin = told(b"{\n  \"Stra\xdfe\": 1}");
        assert_eq!(latin.0, Some((2, 8)));
        assert!(
            latin.1.starts_with("is not UTF-8 but looks like Latin-1"),
            "{}",
            latin.1
        );
        let repeated = "/a stands in the object more than once";
        assert_eq!(told(br#"{"a":1,"a":1}"#), (None, repeated.into()));
        // A message that this version does not know claims nothing more.
        assert_eq!(what("of a later reader", b""), "it is not JSON from here on");
    }

    #[test]
    fn what_was_sent_and_not_understood_is_pointed_at() {
        let sent = serde_json::json!({"a": 1, "b": null, "c/d": 2, "e": {"f": 3}, "list": [{"x": 1}, {"x": 1, "y~": 2}]});
        let understood = serde_json::json!({"a": 1, "e": {}, "list": [{"x": 1}, {"x": 1}]});
        assert_eq!(not_understood(&sent, &understood), ["/?", "/e/f", "/list/1/?"]);
        assert!(not_understood(&sent, &sent).is_empty());
    }

    #[test]
    fn no_depth_overflows_the_stack() {
        for bracket in ["[", "{\"a\":"] {
            assert!(matches!(
                read(bracket.repeat(100_000).as_bytes()),
                Err(JsonError::Syntax { .. })
            ));
        }
    }
}

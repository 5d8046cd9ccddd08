//! From the body of a success to a typed value.

use std::any::TypeId;
use std::fmt;

use checkout_core::received::{Json, ReadError, Receive, read};
use checkout_core::utf8::without_mark;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

/// Where and how a body differs from its documented shape. Never holds a value of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    pointer: String,
    line: usize,
    column: usize,
    fault: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Empty,
    NotJson,
    Truncated,
    Missing(String),
    Shape,
    Read(ReadError),
}

impl DecodeError {
    /// JSON pointer of the value that does not fit; empty for the whole body.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    fn new(error: &serde_json::Error, pointer: String) -> Self {
        let fault = match error.classify() {
            serde_json::error::Category::Io | serde_json::error::Category::Syntax => Fault::NotJson,
            serde_json::error::Category::Eof => Fault::Truncated,
            serde_json::error::Category::Data => {
                missing_field(&error.to_string()).map_or(Fault::Shape, |name| Fault::Missing(name.to_owned()))
            }
        };
        Self {
            pointer,
            line: error.line(),
            column: error.column(),
            fault,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            Fault::Empty => return f.write_str("the body is empty"),
            Fault::Read(error) => return error.fmt(f),
            Fault::NotJson => f.write_str("the body is not JSON")?,
            Fault::Truncated => f.write_str("the body ends in the middle of the JSON")?,
            Fault::Missing(name) => write!(f, "the required field {name} is missing")?,
            Fault::Shape => f.write_str("the value is not of the documented type")?,
        }
        if !self.pointer.is_empty() {
            write!(f, " at {}", self.pointer)?;
        }
        write!(f, " (line {}, column {})", self.line, self.column)
    }
}

impl std::error::Error for DecodeError {}

/// Decodes a body. `()` takes any body; an empty one is as good as `null`, so that it fits `()` and `Option`.
pub(crate) fn decode<T: DeserializeOwned + 'static>(body: &[u8]) -> Result<T, DecodeError> {
    let body = without_mark(body);
    let empty = body.trim_ascii().is_empty();
    let body = if empty || TypeId::of::<T>() == TypeId::of::<()>() {
        b"null"
    } else {
        body
    };
    // Keeping track of the place costs more than decoding: it is looked for only where something does not fit.
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        match empty {
            true => DecodeError {
                pointer: String::new(),
                line: 0,
                column: 0,
                fault: Fault::Empty,
            },
            false => DecodeError::new(error.inner(), pointer),
        }
    })?;
    json.end()
        .map_err(|error| DecodeError::new(&error, String::new()))?;
    Ok(value)
}

/// Decodes a body of an API that is described: as [`decode`], with all that could not be read beside the value.
pub(crate) fn receive<T: Receive + 'static>(body: &[u8]) -> Result<(T, Vec<ReadError>), DecodeError> {
    let body = without_mark(body);
    let empty = body.trim_ascii().is_empty();
    let body = if empty || TypeId::of::<T>() == TypeId::of::<()>() {
        b"null"
    } else {
        body
    };
    let json = Json::parse(body).map_err(|error| DecodeError::new(&error, String::new()))?;
    read(&json).map_err(|error| DecodeError {
        pointer: error.pointer().to_owned(),
        line: 0,
        column: 0,
        fault: if empty { Fault::Empty } else { Fault::Read(error) },
    })
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        pointer.push('/');
        match segment {
            Segment::Seq { index } => pointer.push_str(&index.to_string()),
            Segment::Map { key } => pointer.push_str(field_name(key).unwrap_or("?")),
            Segment::Enum { variant } => pointer.push_str(field_name(variant).unwrap_or("?")),
            Segment::Unknown => pointer.push('?'),
        }
    }
    pointer
}

/// The text, if it can be the name of a field. The key of a map may be a person's data.
pub(crate) fn field_name(text: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$');
    (!text.is_empty() && text.len() <= 64 && text.bytes().all(plain)).then_some(text)
}

/// serde's messages quote values, save this one, whose only part is the name of a field of ours.
fn missing_field(message: &str) -> Option<&str> {
    let (field, _) = message.strip_prefix("missing field `")?.split_once('`')?;
    field_name(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        items: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Inner {
        amount: u64,
    }

    fn text<T: DeserializeOwned + fmt::Debug + 'static>(body: &str) -> String {
        decode::<T>(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_place_is_told_and_the_value_is_not() {
        assert_eq!(
            text::<Outer>(r#"{"items":[{"amount":1},{"amount":"SECRET"}]}"#),
            "the value is not of the documented type at /items/1/amount (line 1, column 41)"
        );
        assert_eq!(
            text::<Outer>(r#"{"items":[{}]}"#),
            "the required field amount is missing at /items/0 (line 1, column 12)"
        );
        assert_eq!(text::<Outer>("<html>"), "the body is not JSON (line 1, column 1)");
        assert_eq!(
            text::<Outer>(r#"{"items":["#),
            "the body ends in the middle of the JSON at /items (line 1, column 10)"
        );
        assert_eq!(
            text::<Outer>(r#"{"items":[]} x"#),
            "the body is not JSON (line 1, column 14)"
        );
        assert_eq!(text::<Outer>(" \n"), "the body is empty");
        let pointer = |body: &str| decode::<Outer>(body.as_bytes()).unwrap_err().pointer().to_owned();
        assert_eq!(pointer(r#"{"items":[{"amount":-1}]}"#), "/items/0/amount");
        assert_eq!(pointer("<html>"), "");
    }

    checkout_core::received! {
        /// Of an API that is described.
        pub struct Described {
            /// Always there.
            id: String = required "id" shown,
            /// Sometimes.
            count: i64 = optional "count" shown,
        }
    }

    #[test]
    fn what_is_described_is_read_field_by_field() {
        let (value, unread) = receive::<Described>(br#"{"id":"a\ud800","count":1e400}"#).unwrap();
        assert!(value.id.unreadable().is_some() && value.count.unreadable().is_some());
        assert_eq!(unread.len(), 2);
        let text = |body: &str| receive::<Described>(body.as_bytes()).unwrap_err().to_string();
        assert_eq!(text("{}"), "the required field id is missing");
        assert_eq!(text("[]"), "the whole is not an object");
        assert_eq!(text(" "), "the body is empty");
        assert_eq!(text("<html>"), "the body is not JSON (line 1, column 1)");
        assert_eq!(
            text("{\"id\":"),
            "the body ends in the middle of the JSON (line 1, column 6)"
        );
        for body in ["", "null", "<html>"] {
            receive::<()>(body.as_bytes()).unwrap();
        }
        assert!(receive::<Option<Described>>(b"").unwrap().0.is_none());
    }

    #[test]
    fn keys_that_are_no_field_names_do_not_show() {
        type Map = std::collections::BTreeMap<String, u8>;
        assert_eq!(
            text::<Map>(r#"{"Jane Doe":"x"}"#),
            "the value is not of the documented type at /? (line 1, column 15)"
        );
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(decode::<u8>(b"\xef\xbb\xbf7").unwrap(), 7);
        assert_eq!(text::<Outer>("\u{feff}"), "the body is empty");
    }

    #[test]
    fn nothing_is_enough_for_unit() {
        for body in ["", " ", "null", "{}", "<html>", "[1"] {
            decode::<()>(body.as_bytes()).unwrap();
        }
        assert_eq!(decode::<Option<u8>>(b"").unwrap(), None);
        assert_eq!(decode::<serde_json::Value>(b"").unwrap(), serde_json::Value::Null);
    }
}

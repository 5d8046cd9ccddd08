//! From the body of a success to a typed value.

use std::any::TypeId;
use std::fmt;

use checkout_core::received::{ReadError, Receive};
use checkout_core::utf8::without_mark;
use checkout_core::validate::At;
use serde_json::value::RawValue;

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
    Read(ReadError),
}

impl DecodeError {
    /// JSON pointer of the value that does not fit; empty for the whole body.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    fn syntax(error: &serde_json::Error) -> Self {
        Self {
            pointer: String::new(),
            line: error.line(),
            column: error.column(),
            fault: if error.is_eof() {
                Fault::Truncated
            } else {
                Fault::NotJson
            },
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
        }
        write!(f, " (line {}, column {})", self.line, self.column)
    }
}

impl std::error::Error for DecodeError {}

/// Decodes a body, with all that could not be read beside the value. `()` takes any body; an empty one is as good as `null`, so
/// that it fits `()` and `Option`. Where the status says that there is a body (`has_body`), an empty one is none; where it says
/// that there is none, whatever cannot be read is as good as none.
pub(crate) fn receive<T: Receive + 'static>(
    body: &[u8],
    has_body: Option<bool>,
) -> Result<(T, Vec<ReadError>), DecodeError> {
    let body = without_mark(body);
    match has_body {
        Some(true) if matches!(body.trim_ascii(), b"" | b"null") => Err(DecodeError {
            pointer: String::new(),
            line: 0,
            column: 0,
            fault: Fault::Empty,
        }),
        Some(false) => decode(body).or_else(|_| decode(b"")),
        _ => decode(body),
    }
}

fn decode<T: Receive + 'static>(body: &[u8]) -> Result<(T, Vec<ReadError>), DecodeError> {
    let empty = body.trim_ascii().is_empty();
    let body = if empty || TypeId::of::<T>() == TypeId::of::<()>() {
        b"null"
    } else {
        body
    };
    let json: &RawValue = serde_json::from_slice(body).map_err(|error| DecodeError::syntax(&error))?;
    let mut unread = Vec::new();
    let value = T::receive(json, &At::BODY, &mut unread).map_err(|error| DecodeError {
        pointer: error.pointer().to_owned(),
        line: 0,
        column: 0,
        fault: if empty { Fault::Empty } else { Fault::Read(error) },
    })?;
    Ok((value, unread))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive<T: Receive + 'static>(body: &[u8]) -> Result<(T, Vec<ReadError>), DecodeError> {
        super::receive(body, None)
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
            text(r#"{"id":"a"} x"#),
            "the body is not JSON (line 1, column 12)"
        );
        assert_eq!(
            text("{\"id\":"),
            "the body ends in the middle of the JSON (line 1, column 6)"
        );
        for body in ["", " ", "null", "{}", "<html>", "[1"] {
            receive::<()>(body.as_bytes()).unwrap();
        }
        assert!(receive::<Option<Described>>(b"").unwrap().0.is_none());
        assert!(receive::<Described>(b"").is_err());
        assert_eq!(
            receive::<serde_json::Value>(b"").unwrap().0,
            serde_json::Value::Null
        );
    }

    /// 200 with a body, and 201 without one.
    #[test]
    fn the_status_says_whether_there_is_a_body() {
        let read =
            |body: &str, has_body| super::receive::<Option<Described>>(body.as_bytes(), Some(has_body));
        for body in ["", " ", "null", "{}", "<html>"] {
            assert!(read(body, true).is_err(), "{body}");
            assert!(read(body, false).unwrap().0.is_none(), "{body}");
        }
        for has_body in [true, false] {
            assert!(read(r#"{"id":"a"}"#, has_body).unwrap().0.is_some());
        }
    }

    type Counts = std::collections::BTreeMap<String, Vec<i32>>;

    #[test]
    fn the_place_is_told_and_neither_a_value_nor_a_key() {
        let error = receive::<Counts>(br#"{"items":[1,"SECRET"]}"#).unwrap_err();
        assert_eq!(
            (error.pointer(), error.to_string().as_str()),
            (
                "/items/1",
                "the value at /items/1 is not a whole number of 32 bits"
            )
        );
        let error = receive::<Counts>(br#"{"Jane Doe":"x"}"#).unwrap_err();
        assert_eq!(error.to_string(), "the value at /? is not a list");
        assert_eq!(receive::<Counts>(b"<html>").unwrap_err().pointer(), "");
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(receive::<i32>(b"\xef\xbb\xbf7").unwrap().0, 7);
        let error = receive::<i32>("\u{feff}".as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "the body is empty");
    }
}

//! A JSON body as a log may show it.

use std::fmt::{self, Write as _};

use checkout_core::redact::field_name;
use checkout_core::utf8::without_mark;
use serde_json::Value;

use crate::secrets::Secrets;
use crate::text::{Bounded, NAME, Word};
use crate::{ApiProfile, Visibility};

/// As much of a body as is written at most, in bytes.
const LIMIT: usize = 4096;

/// The shape of a body, and the values of those fields that the API says may be shown.
pub(crate) struct ShownBody<'a> {
    api: &'a dyn ApiProfile,
    body: &'a [u8],
    secrets: &'a Secrets,
    words: bool,
}

impl<'a> ShownBody<'a> {
    pub(crate) const fn new(api: &'a dyn ApiProfile, body: &'a [u8], secrets: &'a Secrets) -> Self {
        Self {
            api,
            body,
            secrets,
            words: false,
        }
    }

    /// Of texts, only what a program would write: an API's error may quote in any field what was sent.
    pub(crate) const fn words_only(mut self) -> Self {
        self.words = true;
        self
    }

    fn write(&self, value: &Value, visibility: Visibility, out: &mut String) {
        if out.len() > LIMIT {
            return;
        }
        match (value, visibility) {
            (Value::Null, _) => out.push_str("null"),
            (Value::Object(members), Visibility::Open | Visibility::Both) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    let _ = write!(out, "{comma}\"{}\":", field_name(name).unwrap_or("?"));
                    self.write(value, self.api.visibility(name), out);
                }
                out.push('}');
            }
            (Value::Array(items), Visibility::Open | Visibility::Shown | Visibility::Both) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    self.write(item, visibility, out);
                }
                out.push(']');
            }
            (Value::String(text), Visibility::Shown | Visibility::Both) => {
                // Before it is cut: of a secret that lies across the cut, half would stay.
                let mut text = text.clone();
                self.secrets.scrub(&mut text);
                let _ = match self.words {
                    true => write!(out, "{:?}", Word(&text)),
                    false => write!(out, "{:?}", Bounded::new(&text, NAME)),
                };
            }
            (Value::Bool(_) | Value::Number(_), Visibility::Shown | Visibility::Both) => {
                let _ = write!(out, "{value}");
            }
            _ => out.push_str("<hidden>"),
        }
    }
}

impl fmt::Display for ShownBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(value) = serde_json::from_slice::<Value>(without_mark(self.body)) else {
            return write!(f, "<{} bytes that are not JSON>", self.body.len());
        };
        let mut out = String::new();
        self.write(&value, Visibility::Open, &mut out);
        if out.len() > LIMIT {
            let end = (0..=LIMIT).rev().find(|end| out.is_char_boundary(*end));
            out.truncate(end.unwrap_or_default());
            out.push('…');
        }
        f.write_str(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ApiError;
    use http::{HeaderMap, StatusCode};

    struct Api;

    impl ApiProfile for Api {
        fn name(&self) -> &'static str {
            "Api"
        }
        fn error(&self, _: StatusCode, _: &HeaderMap, _: &[u8]) -> Option<ApiError> {
            None
        }
        fn visibility(&self, field: &str) -> Visibility {
            Visibility::by_lists(
                field,
                &["Amount", "Codes", "Nonce", "Quantity"],
                &["Amount", "Customer", "Items"],
            )
        }
    }

    fn secrets() -> Secrets {
        let mut key = http::HeaderValue::from_static("key-0123456789");
        key.set_sensitive(true);
        Secrets::of(&HeaderMap::from_iter([(http::header::AUTHORIZATION, key)]))
    }

    fn shown(body: &str) -> String {
        ShownBody::new(&Api, body.as_bytes(), &secrets()).to_string()
    }

    #[test]
    fn of_a_secret_across_the_cut_nothing_stays() {
        for before in 80..110 {
            let body = format!(
                r#"{{"Nonce":"{}key-0123456789 {}"}}"#,
                "x".repeat(before),
                "y".repeat(99)
            );
            let shown = shown(&body);
            assert!(!shown.contains("key"), "{shown}");
        }
    }

    #[test]
    fn only_listed_values_show() {
        let body = r#"{"Nonce":"n\n1","Customer":{"Name":"CANARY","Age":7,"Known":true,"None":null,"Nonce":{"a":"CANARY"}},
            "Codes":["a",2,{"Nonce":"CANARY"}],"Items":[{"Quantity":1.50,"Name":"CANARY"},"CANARY"],
            "Names":["CANARY"],"Token":{"Nonce":"CANARY"},"CANARY Jane":1,"Quantity":true}"#;
        insta::assert_snapshot!(shown(body));
        let secrets = secrets();
        let words = ShownBody::new(
            &Api,
            br#"{"Nonce":"'CANARY' is not it","Codes":["n-1"]}"#,
            &secrets,
        );
        let words = words.words_only();
        assert_eq!(words.to_string(), r#"{"Nonce":"<hidden>","Codes":["n-1"]}"#);
        assert_eq!(shown("\"CANARY\""), "<hidden>");
        assert_eq!(shown("<html>CANARY"), "<12 bytes that are not JSON>");
    }

    #[test]
    fn a_name_of_values_and_of_objects_shows_the_values_and_the_listed_fields_of_the_objects() {
        let body = r#"{"Amount":"10.10","Items":[{"Amount":{"Quantity":2,"Name":"CANARY","Amount":[7,{"Name":"CANARY"}]}}]}"#;
        assert_eq!(
            shown(body),
            r#"{"Amount":"10.10","Items":[{"Amount":{"Quantity":2,"Name":<hidden>,"Amount":[7,{"Name":<hidden>}]}}]}"#
        );
    }

    #[test]
    fn long_bodies_are_cut() {
        let long = format!("{{\"Codes\":[{}1]}}", "\"äöü\",".repeat(10_000));
        let shown = shown(&long);
        assert!(
            shown.len() < LIMIT + 300 && shown.ends_with('…'),
            "{}",
            shown.len()
        );
    }
}

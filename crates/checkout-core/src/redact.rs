//! Stand-ins that `Debug` prints where a value must not show.

use std::fmt;

/// Printed in place of a credential: a key, a token, a session id.
#[derive(Clone, Copy)]
pub struct Secret;

/// Printed in place of a person's data: a name, an address, a birth date, a document or account number.
#[derive(Clone, Copy)]
pub struct Personal;

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<personal>")
    }
}

/// Whether an optional sensitive field is set, without its value: `Some(<personal>)` or `None`.
pub fn present<T, M: fmt::Debug>(value: Option<&T>, mark: M) -> Option<M> {
    value.map(|_| mark)
}

/// The text, if it can be the name of a field. The key of a map may be a person's data, so that no other shows.
#[must_use]
pub fn field_name(text: &str) -> Option<&str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'$');
    (!text.is_empty() && text.len() <= 64 && text.bytes().all(plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_name_is_short_and_of_plain_characters() {
        let longest = "x".repeat(64);
        for name in ["ID", "a_b-c.d$9", &longest] {
            assert_eq!(field_name(name), Some(name));
        }
        for other in ["", "Jane Doe", "jos\u{e9}", "a/b", "a\n", &format!("{longest}x")] {
            assert_eq!(field_name(other), None, "{other}");
        }
    }
}

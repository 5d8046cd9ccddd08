//! Where in a text of JSON a value stands.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::unescaped;

/// Line and column, both from 1 and in characters, of the value at a JSON pointer; `None` if it is not there. Of a name that
/// stands twice, the last counts.
pub(crate) fn position(text: &[u8], pointer: &str) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut steps = pointer.split('/').skip(1);
    let value = steps.try_fold(text.trim(), |value, step| below(value, &unescaped(step)))?;
    // A slice of the text, so that its place is known by its address.
    let before = text.get(..value.as_ptr().addr() - text.as_ptr().addr())?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    Some((before.matches('\n').count() + 1, line.chars().count() + 1))
}

/// The text of the member or item of this name.
fn below<'t>(value: &'t str, name: &str) -> Option<&'t str> {
    let found = match serde_json::from_str::<HashMap<String, &RawValue>>(value) {
        Ok(members) => members.get(name).copied(),
        Err(_) => {
            let items: Vec<&RawValue> = serde_json::from_str(value).ok()?;
            items.get(name.parse::<usize>().ok()?).copied()
        }
    };
    found.map(RawValue::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_pointers() {
        let text =
            "\u{feff}{\n  \"é\": [1, {\"x\": [[], {}]}, \"a\\\"]b\" ,\n true],\n \"a/b\":{\"c\": -1.5e3}}"
                .as_bytes();
        for (pointer, place) in [
            ("", (1, 1)),
            ("/é", (2, 8)),
            ("/é/0", (2, 9)),
            ("/é/1/x/1", (2, 23)),
            ("/é/2", (2, 29)),
            ("/é/3", (3, 2)),
            ("/a~1b/c", (4, 14)),
        ] {
            assert_eq!(position(text, pointer), Some(place), "{pointer}");
        }
        for pointer in ["/x", "/é/4", "/é/x", "/a~1b/c/d", "/é/1/x/2"] {
            assert_eq!(position(text, pointer), None, "{pointer}");
        }
        for (text, pointer) in [
            ("", "/a"),
            ("{", "/a"),
            ("[", "/0"),
            ("[1", "/1"),
            ("{\"a\"", "/a"),
            ("\"\\", "/a"),
        ] {
            assert_eq!(position(text.as_bytes(), pointer), None, "{text}");
        }
    }
}

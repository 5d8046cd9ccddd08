//! Where in a text of JSON a value stands.

/// Line and column, both from 1 and in characters, of the value at a JSON pointer; `None` if it is not there.
pub(crate) fn position(text: &[u8], pointer: &str) -> Option<(usize, usize)> {
    let text = std::str::from_utf8(text).ok()?;
    let mut walk = Walk {
        rest: text.trim_start_matches('\u{feff}'),
    };
    walk.blank();
    for step in pointer.split('/').skip(1) {
        walk.enter(&step.replace("~1", "/").replace("~0", "~"))?;
    }
    let before = text.get(..text.len() - walk.rest.len())?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    Some((
        before.matches('\n').count() + 1,
        line.trim_start_matches('\u{feff}').chars().count() + 1,
    ))
}

/// Goes through JSON that was read before. What is none ends the walk.
struct Walk<'t> {
    rest: &'t str,
}

impl<'t> Walk<'t> {
    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(token)?;
        self.blank();
        Some(())
    }

    /// To the member or item of this name. Of a name that stands twice, to the first.
    fn enter(&mut self, name: &str) -> Option<()> {
        if self.eat('{').is_some() {
            loop {
                let key: String = serde_json::from_str(self.text()?).ok()?;
                self.eat(':')?;
                if key == name {
                    return Some(());
                }
                self.value()?;
                self.eat(',')?;
            }
        }
        self.eat('[')?;
        for _ in 0..name.parse::<usize>().ok()? {
            self.value()?;
            self.eat(',')?;
        }
        (!self.rest.is_empty() && !self.rest.starts_with(']')).then_some(())
    }

    /// Over a text, which is handed over with its quotation marks.
    fn text(&mut self) -> Option<&'t str> {
        let mut is_escaped = false;
        let end = self.rest.strip_prefix('"')?.find(|character| match character {
            _ if is_escaped => {
                is_escaped = false;
                false
            }
            '\\' => {
                is_escaped = true;
                false
            }
            character => character == '"',
        })?;
        let (text, rest) = self.rest.split_at(end + 2);
        self.rest = rest;
        self.blank();
        Some(text)
    }

    /// Over a value, however deep it is.
    fn value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.rest.chars().next()? {
                '"' => {
                    self.text()?;
                }
                '{' | '[' => {
                    depth += 1;
                    self.rest = self.rest.get(1..)?;
                }
                '}' | ']' => {
                    depth = depth.checked_sub(1)?;
                    self.rest = self.rest.get(1..)?;
                }
                ',' | ':' if depth > 0 => self.rest = self.rest.get(1..)?,
                ',' | ':' => return None,
                _ => {
                    let end = self
                        .rest
                        .find(|c: char| c.is_whitespace() || ",:{}[]\"".contains(c));
                    self.rest = self.rest.get(end.unwrap_or(self.rest.len())..)?;
                }
            }
            self.blank();
            if depth == 0 {
                return Some(());
            }
        }
    }
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

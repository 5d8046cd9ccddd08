//! Text from outside, made fit for one line of a log.

use std::fmt;

use checkout_core::escape::escaped;

/// Shows at most so many characters of a text, with everything escaped that could break or forge a line.
pub(crate) struct Bounded<'a> {
    text: &'a str,
    characters: usize,
}

/// Longest explanation of an API that is shown.
pub(crate) const DETAIL: usize = 200;
/// Longest code, reference or field name that is shown.
pub(crate) const NAME: usize = 100;

impl<'a> Bounded<'a> {
    pub(crate) const fn new(text: &'a str, characters: usize) -> Self {
        Self { text, characters }
    }
}

impl fmt::Display for Bounded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text.trim();
        match text.char_indices().nth(self.characters) {
            Some((end, _)) => write!(f, "{}…", escaped(&text[..end])),
            None => write!(f, "{}", escaped(text)),
        }
    }
}

impl fmt::Debug for Bounded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// A code, a field's name or a reference, as programs write them. Anything else in their place, such as a sentence that
/// quotes what was sent, may hold a person's data and is hidden.
pub(crate) struct Word<'a>(pub(crate) &'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:/#$+=~*()[]<>".contains(&byte);
        if self.0.trim().bytes().all(plain) {
            Bounded::new(self.0, NAME).fmt(f)
        } else {
            f.write_str("<hidden>")
        }
    }
}

impl fmt::Debug for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_what_programs_write() {
        for word in [
            "InvalidMessage",
            "LineItems.0.Quantity",
            "(request)",
            "order[0].id",
            "1409",
            "Root=1-a/b+c:d",
            "<secret>",
        ] {
            assert_eq!(Word(word).to_string(), word);
        }
        for other in [
            "'Jane' is not it",
            "jane@shop.example",
            "J\u{e4}ne",
            "a\nb",
            "a, b",
        ] {
            assert_eq!(Word(other).to_string(), "<hidden>");
        }
    }

    #[test]
    fn text_is_cut_at_characters_and_escaped() {
        assert_eq!(Bounded::new("ab\ncd", 10).to_string(), "ab\\ncd");
        assert_eq!(Bounded::new("ÄÖÜß", 3).to_string(), "ÄÖÜ…");
        assert_eq!(Bounded::new("ÄÖÜ", 3).to_string(), "ÄÖÜ");
        assert_eq!(
            Bounded::new("\u{202e}\u{1b}[31m", 9).to_string(),
            "\\u{202e}\\u{1b}[31m"
        );
    }
}

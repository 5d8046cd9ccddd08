//! Text from outside, made fit for one line of a terminal, a log or a header.
//!
//! A server, a file, a webhook or a browser may send characters that a terminal obeys, that begin another line, or that
//! hide and reorder what stands around them. Whoever prints such a text prints it [`escaped`].

use std::fmt;

/// Whether a terminal or a reader could take this character for something else than a part of the text: control
/// characters (C0, C1, DEL), ends of lines and paragraphs, marks that change the direction of writing, characters of no
/// width, and those that are not assigned. Blanks of any width, accents and all letters are safe.
///
/// ```
/// use checkout_core::escape::is_unsafe;
///
/// assert!("\n\u{1b}\u{9b}\u{7f}\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}".chars().all(is_unsafe));
/// assert!(!"Käsekuchen 10\u{a0}€, カフェ, e\u{301}".chars().any(is_unsafe));
/// ```
#[must_use]
pub fn is_unsafe(character: char) -> bool {
    match character {
        ' '..='~' => false,
        '\u{2028}' | '\u{2029}' => true,
        _ if character.is_control() => true,
        _ if character.is_whitespace() => false,
        // Without a width or a form of their own, and still letters or marks to Unicode.
        '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}'
        | '\u{e0100}'..='\u{e01ef}' => true,
        // Rust knows what can be printed. After a letter, so that an accent counts as one.
        _ => {
            let mut text = [b'a', 0, 0, 0, 0];
            let length = character.encode_utf8(&mut text[1..]).len();
            let text = std::str::from_utf8(&text[..=length]).unwrap_or_default();
            text.escape_debug().count() != 2
        }
    }
}

/// The text on one line: each unsafe character as `\n`, `\r`, `\t` or `\u{1b}`, all others as they are.
///
/// Quotation marks and backslashes stay, so this cannot be read back. It is for people.
///
/// ```
/// use checkout_core::escape::escaped;
///
/// assert_eq!(escaped("s-1\u{1b}[31m\nNonce fake").to_string(), r"s-1\u{1b}[31m\nNonce fake");
/// ```
#[must_use]
pub const fn escaped(text: &str) -> Escaped<'_> {
    Escaped { text }
}

/// A text that shows without its unsafe characters: see [`escaped`].
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a> {
    text: &'a str,
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.text;
        while let Some(at) = rest.find(is_unsafe) {
            let (safe, from) = rest.split_at(at);
            f.write_str(safe)?;
            let mut characters = from.chars();
            if let Some(character) = characters.next() {
                escape(character, f)?;
            }
            rest = characters.as_str();
        }
        f.write_str(rest)
    }
}

fn escape(character: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match character {
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        other => write!(f, "{}", other.escape_unicode()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_or_a_reader_misreads_is_escaped() {
        let controls = (0..0x20).chain(0x7f..0xa0);
        let marks = [0x061c, 0x200e, 0x200f, 0xfeff, 0xad, 0x180e, 0x115f, 0x3164]
            .into_iter()
            .chain(0x200b..=0x200d)
            .chain(0x202a..=0x202e)
            .chain(0x2060..=0x206f)
            .chain(0xfff9..=0xfffb)
            .chain(0xe0000..=0xe007f)
            .chain([0x2028, 0x2029]);
        for code in controls.chain(marks) {
            let character = char::from_u32(code).unwrap();
            assert!(is_unsafe(character), "{code:x}");
            let shown = escaped(&format!("a{character}b")).to_string();
            assert!(
                shown.is_ascii() && !shown.chars().any(char::is_control),
                "{code:x}: {shown}"
            );
        }
    }

    #[test]
    fn what_was_there_can_be_told_from_its_escape() {
        let shown = escaped("a\n\r\t\u{1b}b").to_string();
        assert_eq!(shown, r"a\n\r\t\u{1b}b");
    }

    #[test]
    fn writing_of_people_is_left_alone() {
        for text in [
            "Größe, čeština, ελληνικά, русский, עברית, العربية, हिन्दी, ไทย, 日本語\u{3000}, 한국어",
            "decomposed e\u{301}, narrow\u{202f}blank, emoji \u{1f600}",
            r#"C:\keys\noah.pem, "quoted", {"a": 1}"#,
        ] {
            assert_eq!(escaped(text).to_string(), text);
        }
    }
}

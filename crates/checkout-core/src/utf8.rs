//! Text that somebody gives as bytes, a file or a body: UTF-8, with or without a byte order mark. What is something else is
//! named as what it is.

use std::fmt;

/// UTF-8's byte order mark, which some editors put before a text. It is no part of it.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Why bytes are no UTF-8 text. Its words begin with a verb, for whoever names the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotUtf8 {
    encoding: Encoding,
    offset: usize,
    line: usize,
    column: usize,
}

/// What bytes are that are not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-16, the low byte first, as Windows PowerShell writes files.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// UTF-32, in either order.
    Utf32,
    /// Latin-1 (ISO 8859-1), or Windows-1252, which is the same where nothing shows the difference.
    Latin1,
    /// Windows-1252: characters that Latin-1 does not have.
    Windows1252,
    /// Compressed by gzip.
    Gzip,
    /// UTF-8 up to its last character, which is not whole.
    Cut,
    /// None of these.
    Unknown,
}

/// The bytes without a byte order mark.
#[must_use]
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}

/// The text, without a byte order mark.
///
/// ```
/// use checkout_core::utf8;
///
/// assert_eq!(utf8::read(b"\xef\xbb\xbftext"), Ok("text"));
/// let error = utf8::read(b"\xff\xfet\0").unwrap_err();
/// assert_eq!(error.encoding(), utf8::Encoding::Utf16Le);
/// ```
///
/// # Errors
/// It is none, and [`NotUtf8`] says what it is instead, as far as that shows.
pub fn read(bytes: &[u8]) -> Result<&str, NotUtf8> {
    if let Some(encoding) = not_one_byte(bytes) {
        return Err(NotUtf8::new(encoding, bytes, 0));
    }
    let text = without_mark(bytes);
    std::str::from_utf8(text).map_err(|error| {
        let offset = bytes.len() - text.len() + error.valid_up_to();
        NotUtf8::new(one_byte(text, error), bytes, offset)
    })
}

/// What shows at once. UTF-16 of plain English is valid UTF-8 with zeros in it, so it is looked for first.
fn not_one_byte(bytes: &[u8]) -> Option<Encoding> {
    Some(match bytes {
        [0x1f, 0x8b, ..] => Encoding::Gzip,
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Encoding::Utf32,
        [0xff, 0xfe, ..] => Encoding::Utf16Le,
        [0xfe, 0xff, ..] => Encoding::Utf16Be,
        [1..=255, 0, 0, 0, ..] | [0, 0, 0, 1..=255, ..] => Encoding::Utf32,
        [1..=255, 0] | [1..=255, 0, _, 0, ..] => Encoding::Utf16Le,
        [0, 1..=255] | [0, 1..=255, 0, _, ..] => Encoding::Utf16Be,
        _ => return None,
    })
}

/// What bytes beyond ASCII are, if they make no UTF-8.
fn one_byte(bytes: &[u8], error: std::str::Utf8Error) -> Encoding {
    let is_ascii_otherwise = bytes.utf8_chunks().all(|chunk| chunk.valid().is_ascii());
    let left = bytes.len() - error.valid_up_to();
    if error.error_len().is_none() && (left > 1 || !is_ascii_otherwise) {
        return Encoding::Cut;
    }
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    // Positions that Windows-1252 leaves empty: no text has them.
    let is_empty = |byte: &u8| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
    if !is_ascii_otherwise || bytes.iter().any(|byte| is_control(byte) || is_empty(byte)) {
        return Encoding::Unknown;
    }
    match bytes.iter().any(|byte| matches!(byte, 0x80..=0x9f)) {
        true => Encoding::Windows1252,
        false => Encoding::Latin1,
    }
}

impl NotUtf8 {
    fn new(encoding: Encoding, bytes: &[u8], offset: usize) -> Self {
        let before = &bytes[..offset];
        let line = before
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1);
        Self {
            encoding,
            offset,
            line: before.iter().filter(|&&byte| byte == b'\n').count() + 1,
            column: offset - line + 1,
        }
    }

    /// What the bytes are instead.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Where the first byte stands that UTF-8 does not have, from 0.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Its line and its place in it, in bytes, both from 1; `None` if the bytes are something else from the first one on.
    #[must_use]
    pub const fn place(&self) -> Option<(usize, usize)> {
        match self.encoding {
            Encoding::Utf16Le | Encoding::Utf16Be | Encoding::Utf32 | Encoding::Gzip => None,
            _ => Some((self.line, self.column)),
        }
    }

    /// What the bytes are and what to do, without the place.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self.encoding {
            Encoding::Utf16Le => {
                "is UTF-16 (little-endian), not UTF-8; convert it: iconv -f UTF-16LE -t UTF-8, or in PowerShell Out-File \
                 -Encoding utf8"
            }
            Encoding::Utf16Be => "is UTF-16 (big-endian), not UTF-8; convert it: iconv -f UTF-16BE -t UTF-8",
            Encoding::Utf32 => "is UTF-32, not UTF-8; convert it: iconv -f UTF-32 -t UTF-8",
            Encoding::Gzip => "is compressed (gzip), not text; decompress it: gzip -d",
            Encoding::Latin1 => {
                "is not UTF-8 but looks like Latin-1 (ISO 8859-1) or Windows-1252; convert it: iconv -f WINDOWS-1252 -t \
                 UTF-8"
            }
            Encoding::Windows1252 => {
                "is not UTF-8 but looks like Windows-1252; convert it: iconv -f WINDOWS-1252 -t UTF-8"
            }
            Encoding::Cut => "ends in the middle of a character of UTF-8; was it cut?",
            Encoding::Unknown => "is no text in UTF-8",
        }
    }
}

impl fmt::Display for NotUtf8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())?;
        match self.place() {
            None => Ok(()),
            Some((line, column)) => write!(
                f,
                " (byte {}, counted from 0: line {line}, column {column})",
                self.offset
            ),
        }
    }
}

impl std::error::Error for NotUtf8 {}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn text_is_text_with_and_without_a_mark() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"\xef\xbb\xbf", ""),
            (b"{}", "{}"),
            (b"\xef\xbb\xbf{}", "{}"),
            ("\u{feff}\u{feff}".as_bytes(), "\u{feff}"),
            ("Zoë €".as_bytes(), "Zoë €"),
        ] {
            assert_eq!(read(bytes), Ok(text));
        }
    }

    #[test]
    fn each_encoding_is_named_with_and_without_its_mark() {
        use Encoding::*;
        let json = "{\"a\":\"Zoë\"}";
        for (bytes, encoding) in [
            (utf16(json, u16::to_le_bytes), Utf16Le),
            (utf16(json, u16::to_be_bytes), Utf16Be),
            (utf16(&format!("\u{feff}{json}"), u16::to_le_bytes), Utf16Le),
            (utf16(&format!("\u{feff}{json}"), u16::to_be_bytes), Utf16Be),
            (utf16("{}", u16::to_le_bytes), Utf16Le),
            (utf16("[", u16::to_be_bytes), Utf16Be),
            (
                json.chars().flat_map(|c| (c as u32).to_le_bytes()).collect(),
                Utf32,
            ),
            (
                json.chars().flat_map(|c| (c as u32).to_be_bytes()).collect(),
                Utf32,
            ),
            (b"{\"a\":\"Zo\xeb\"}".to_vec(), Latin1),
            (b"{\"a\":\"9 \x80 \x93Zo\xeb\x94\"}".to_vec(), Windows1252),
            (b"Zo\xeb".to_vec(), Latin1),
            (b"\x1f\x8b\x08\0".to_vec(), Gzip),
            ("Zoë €".as_bytes()[..7].to_vec(), Cut),
            ("Zoë".as_bytes()[..3].to_vec(), Latin1),
            ("€".as_bytes()[..2].to_vec(), Cut),
            (b"Zo\xc3\xab and \xff".to_vec(), Unknown),
            (b"\x89PNG\r\n\x1a\n\0\0".to_vec(), Unknown),
        ] {
            assert_eq!(read(&bytes).unwrap_err().encoding(), encoding, "{bytes:x?}");
        }
    }

    #[test]
    fn the_place_is_counted_from_the_beginning_of_the_file() {
        let error = read(b"\xef\xbb\xbf{\r\n \"a\": \"\xeb\"}").unwrap_err();
        assert_eq!((error.offset(), error.place()), (13, Some((2, 8))));
        assert_eq!(
            error.to_string(),
            "is not UTF-8 but looks like Latin-1 (ISO 8859-1) or Windows-1252; convert it: iconv -f WINDOWS-1252 -t UTF-8 \
             (byte 13, counted from 0: line 2, column 8)"
        );
    }
}

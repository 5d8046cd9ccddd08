//! Text from files, and text for a person's eyes.

use std::io::{ErrorKind, Read as _};
use std::ops::RangeInclusive;
use std::path::Path;

use crate::place::Place;

/// Text for a terminal or a comment: what would not show, or would reorder what shows, as `\u{…}`. Compilers refuse such
/// characters in source text, and some have nothing else to tell a reader that they are there.
pub fn visible(text: &str) -> String {
    const INVISIBLE: [RangeInclusive<char>; 11] = [
        '\u{ad}'..='\u{ad}',
        '\u{61c}'..='\u{61c}',
        '\u{180e}'..='\u{180e}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{3164}'..='\u{3164}',
        '\u{feff}'..='\u{feff}',
        '\u{fff9}'..='\u{fffb}',
        '\u{e000}'..='\u{f8ff}',
        '\u{e0000}'..='\u{10ffff}',
    ];
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, ' '..='~') {
            out.push(character);
        } else if character.is_control() || INVISIBLE.iter().any(|range| range.contains(&character)) {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

/// Largest file that is read. The largest public descriptions have a fifth of it.
const MOST_BYTES: u64 = 64 << 20;

/// The text of a file of the workspace.
pub fn read(root: &Path, file: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => format!(
            "{file}: there is no such file in {}; each API has a spec `openapi/NAME.yaml` and settings `openapi/NAME.gen.toml`",
            root.display()
        ),
        ErrorKind::IsADirectory => format!("{file}: this is a folder, and must be a file"),
        _ => format!("{file}: it cannot be read: {error}"),
    };
    let mut bytes = Vec::new();
    std::fs::File::open(root.join(file))
        .and_then(|open| open.take(MOST_BYTES + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("{file}: it has more than {} MiB", MOST_BYTES >> 20));
    }
    decode(&bytes).map_err(|problem| format!("{file}{problem}"))
}

/// The text of a file in UTF-8, with or without a byte order mark.
pub fn decode(bytes: &[u8]) -> Result<String, String> {
    let wide = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [first, second, ..] if (*first == 0) != (*second == 0) => Some("UTF-16"),
        _ => None,
    };
    if let Some(encoding) = wide {
        return Err(format!(
            ": this is {encoding}, and must be UTF-8: iconv -f {encoding} -t UTF-8"
        ));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let valid = error.valid_up_to();
        let Place { line, column } = Place::of(&String::from_utf8_lossy(&bytes[..valid]), valid);
        format!(
            ":{line}:{column}: the byte 0x{:02X} is no UTF-8; it reads like Latin-1 or Windows-1252: iconv -f WINDOWS-1252 -t UTF-8",
            bytes.get(valid).copied().unwrap_or_default()
        )
    })
}

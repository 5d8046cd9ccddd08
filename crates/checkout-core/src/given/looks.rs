//! What a text looks like, told without showing it.

use std::fmt;

/// What a text looks like that may be a secret.
///
/// A judgement for people: it helps to find a slip, and decides nothing but whether a text may be quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Looks {
    /// Nothing, or white space and quotation marks alone.
    Empty,
    /// With a first or last line of PEM, whole or not.
    Pem,
    /// A JSON object or list, such as a JWK.
    Json,
    /// Three parts joined by dots: a token.
    Token,
    /// It begins as NOAH's API keys do.
    ApiKey,
    /// Pairs of hex digits with colons, as `openssl pkey -text` prints a key.
    HexWithColons,
    /// Hex digits.
    Hex,
    /// Base64 on one line.
    Base64,
    /// Base64 with blanks or line breaks in it.
    BrokenBase64,
    /// Base64 in the alphabet for URLs.
    Base64Url,
    /// Bytes that are no text, such as DER.
    Binary,
    /// An address with a scheme.
    Url,
    /// The path of a file, and nothing in it like a key.
    Path,
    /// Words of letters, and short numbers.
    Words,
    /// None of these.
    Other,
}

impl Looks {
    /// Looks at a text, through white space and quotation marks around it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text =
            text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '\u{feff}'));
        let blank = |c: char| c.is_whitespace() || matches!(c, '\\' | '"' | '\'');
        // `\n` written out is a line break too.
        let unescaped = text.replace("\\r", " ").replace("\\n", " ");
        let compact: String = unescaped.chars().filter(|c| !blank(*c)).collect();
        let is_broken = unescaped.contains(blank);
        if compact.is_empty() {
            Self::Empty
        } else if compact.contains("-----") || compact.contains("PRIVATEKEY") {
            Self::Pem
        } else if text.starts_with(['{', '[']) {
            Self::Json
        } else if text
            .chars()
            .any(|c| c == '\u{fffd}' || c.is_control() && !c.is_whitespace())
        {
            Self::Binary
        } else if text.starts_with("apikey_") {
            Self::ApiKey
        } else if text.starts_with("eyJ") && text.split('.').count() == 3 {
            Self::Token
        } else if let Some(hex) = hex(&compact) {
            hex
        } else if is_words(text) {
            if text.contains("://") {
                Self::Url
            } else if is_path(text) {
                Self::Path
            } else {
                Self::Words
            }
        } else if let Some(base64) = base64(&compact, is_broken) {
            base64
        } else if text.contains("://") {
            Self::Url
        } else if is_path(text) && !holds_key(text) {
            Self::Path
        } else {
            Self::Other
        }
    }

    /// Whether the text may be quoted in an error: it is made of words, and shorter than any key or secret.
    #[must_use]
    pub fn may_be_quoted(text: &str) -> bool {
        /// So few are no secret in any form.
        const HARMLESS: usize = 11;
        is_short(text, HARMLESS) || is_quotable_words(text)
    }

    /// The same of a text that is a piece of a longer one, such as an entry of a list: a few characters may be a piece of a key
    /// that was broken at each blank or comma.
    #[must_use]
    pub fn may_be_quoted_as_piece(text: &str) -> bool {
        /// So few of a key tell nothing of it.
        const HARMLESS: usize = 6;
        is_short(text, HARMLESS) || is_quotable_words(text)
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Empty => "nothing",
            Self::Pem => "PEM, or a part of it",
            Self::Json => "JSON, such as a JWK",
            Self::Token => "a token",
            Self::ApiKey => "an API key of NOAH's",
            Self::HexWithColons => "hex with colons",
            Self::Hex => "hex",
            Self::Base64 => "one line of base64",
            Self::BrokenBase64 => "base64 with blanks or line breaks",
            Self::Base64Url => "base64 in the alphabet for URLs",
            Self::Binary => "binary data",
            Self::Url => "a URL",
            Self::Path => "a path",
            Self::Words => "words",
            Self::Other => "no form that is known here",
        }
    }
}

impl fmt::Display for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

fn is_short(text: &str, longest: usize) -> bool {
    text.len() <= longest && !text.contains(crate::escape::is_unsafe)
}

fn is_quotable_words(text: &str) -> bool {
    /// The shortest API keys have more characters.
    const LONGEST: usize = 23;
    text.len() <= LONGEST
        && is_words(text)
        && matches!(Looks::of(text), Looks::Path | Looks::Words | Looks::Url)
}

/// A key of 128 bits has 32 hex digits; half of that is too long for a word already.
const LONG: usize = 16;

fn hex(text: &str) -> Option<Looks> {
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    let others = text.len() - digits;
    let colons = text.bytes().filter(|byte| matches!(byte, b':' | b'-')).count();
    if digits < LONG || others != colons {
        None
    } else if colons == 0 {
        Some(Looks::Hex)
    } else {
        (digits <= 2 * (colons + 1)).then_some(Looks::HexWithColons)
    }
}

fn base64(text: &str, is_broken: bool) -> Option<Looks> {
    let is_alphabet = |extra: &'static [u8]| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'=' || extra.contains(&byte))
    };
    // Paths have slashes too, but they come more often.
    if text.split('/').map(str::len).max().unwrap_or_default() < LONG {
        None
    } else if is_alphabet(b"+/") {
        Some(if is_broken {
            Looks::BrokenBase64
        } else {
            Looks::Base64
        })
    } else if is_alphabet(b"-_") {
        Some(Looks::Base64Url)
    } else {
        None
    }
}

fn is_path(text: &str) -> bool {
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    let has_extension = name
        .rsplit_once('.')
        .is_some_and(|(_, extension)| (1..=5).contains(&extension.len()));
    text.contains(['/', '\\']) || has_extension
}

/// Whether there is enough besides words for a key.
fn holds_key(text: &str) -> bool {
    let runs = text.split(|c: char| !c.is_ascii_alphanumeric());
    runs.filter(|run| !is_word(run)).map(str::len).sum::<usize>() >= LONG
}

/// Whether every run of letters and digits is a word or a short number, as in `orders/order-7.json`, and the runs are no
/// crumbs of something else.
fn is_words(text: &str) -> bool {
    const LONGEST: usize = 200;
    let runs: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|run| !run.is_empty())
        .collect();
    let letters: usize = runs.iter().map(|run| run.len()).sum();
    text.len() <= LONGEST
        && !text.contains(crate::escape::is_unsafe)
        && !text.contains('+')
        && !text.ends_with('=')
        && runs.iter().all(|run| is_word(run))
        && (letters < 8 || 5 * runs.len() <= 2 * letters)
}

/// `order`, `USD`, `createFiatPayin`, `order7`, `2026`.
fn is_word(run: &str) -> bool {
    const LONGEST: usize = 24;
    let word = run.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = run.len() - word.len();
    if word.is_empty() {
        return digits <= 4;
    }
    let is_capitals = word.chars().all(char::is_uppercase);
    // Each capital begins a part of two letters more at least: what is drawn by lot switches more often.
    let is_camel = || {
        word.split_inclusive(char::is_lowercase)
            .all(|part| part.chars().filter(|c| !c.is_lowercase()).count() <= 1)
            && word
                .split(char::is_uppercase)
                .skip(1)
                .all(|rest| rest.chars().count() >= 2)
            && word.chars().all(char::is_alphabetic)
    };
    digits <= 2 && run.chars().count() <= LONGEST && (is_capitals || is_camel())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_told_by_their_looks() {
        let base64 = "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDD0TacTQxgsuIaBfJYd";
        for (text, looks) in [
            (" \"\" ", Looks::Empty),
            ("-----BEGIN PRIVATE KEY", Looks::Pem),
            ("----BEGIN PRIVATE KEY----", Looks::Pem),
            ("{\"kty\":\"EC\",\"d\":\"abc\"}", Looks::Json),
            ("eyJhbGciOiJFUzM4NCJ9.e30.c2ln", Looks::Token),
            ("apikey_sandbox_12345abcdef", Looks::ApiKey),
            ("\"apikey_prod_12345abcdef\"", Looks::ApiKey),
            ("f4:4d:a7:13:43:18:2c:b8:86:81:7c:", Looks::HexWithColons),
            ("f4 4d a7 13 43 18 2c b8 86 81 7c", Looks::Hex),
            ("F44DA71343182CB886817C961D03B520", Looks::Hex),
            (base64, Looks::Base64),
            (&format!("/{base64}"), Looks::Base64),
            (&base64.replace('G', "/"), Looks::Base64),
            (
                &format!("{}\n{}=\n", &base64[..32], &base64[32..]),
                Looks::BrokenBase64,
            ),
            (
                &format!("{}\\n{}", &base64[..32], &base64[32..]),
                Looks::BrokenBase64,
            ),
            (&base64.replace('G', "_"), Looks::Base64Url),
            ("0\u{81}\u{fffd}\u{2}\u{1}", Looks::Binary),
            ("https://api.noah.com/v1", Looks::Url),
            ("/run/secrets/noah-signing-key", Looks::Path),
            ("keys/noah.pem", Looks::Path),
            ("noah.pem", Looks::Path),
            ("C:\\keys\\noah.pem", Looks::Path),
            ("/tmp/.tmpAb3Xy9/key.pem", Looks::Path),
            (&format!("/keys/{base64}.pem"), Looks::Other),
            ("hello", Looks::Words),
        ] {
            assert_eq!(Looks::of(text), looks, "{text}");
        }
    }

    #[test]
    fn only_words_may_be_quoted() {
        for text in [
            "Sandbx",
            "orders/order-7.json",
            "createFiatPayn",
            "--fiat-amout",
            "2026-01-31",
            "/dev/zero",
            "USDC_TEST",
        ] {
            assert!(Looks::may_be_quoted(text), "{text}");
        }
        for text in [
            "apikey_prod_ab",
            "eyJh.e30.c2ln",
            "f4:4d:a7:13:43",
            "qZ3vKx9TmW2p",
            "M-I-G-2-A-g-E-A-M-B",
            "a\nb",
            "a\u{1b}[2J",
        ] {
            assert!(!Looks::may_be_quoted(text), "{text}");
        }
        for (piece, may_be) in [
            ("5x", true),
            ("reordr", true),
            ("shuffle", true),
            ("8+8hbN86R", false),
            ("MIG2AgEAM", false),
        ] {
            assert!(Looks::may_be_quoted(piece), "{piece}");
            assert_eq!(Looks::may_be_quoted_as_piece(piece), may_be, "{piece}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_never_taken_for_a_path(bytes in prop::collection::vec(any::<u8>(), 36..99), columns in 32..70usize) {
            use base64::Engine as _;
            let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            for text in [text.clone(), text.replace(['+', '/', '='], "_"), format!("/{text}"), hex.clone(), hex.to_uppercase()] {
                for separator in ["", " ", ":", "\n"] {
                    let parts: Vec<&str> =
                        text.as_bytes().chunks(columns).map(|part| std::str::from_utf8(part).unwrap()).collect();
                    let wrapped = parts.join(separator);
                    prop_assert!(Looks::of(&wrapped) != Looks::Path, "{wrapped}");
                    prop_assert!(!Looks::may_be_quoted(&wrapped), "{wrapped}");
                }
            }
        }
    }
}

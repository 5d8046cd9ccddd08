//! Base64 as HTTP headers carry it.

use base64::{DecodeError, Engine as _, engine::general_purpose::STANDARD};

/// `bytes` in the standard base64 alphabet, padded.
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads what [`base64()`] writes and nothing else: no white space, no URL-safe alphabet, full padding, no stray
/// bits at the end. So each sequence of bytes has exactly one accepted text.
///
/// ```
/// use checkout_core::encoding::base64_strict_decode;
///
/// assert_eq!(base64_strict_decode("aGk=")?, b"hi");
/// assert!(base64_strict_decode("aGk").is_err());
/// # Ok::<(), checkout_core::encoding::Base64Error>(())
/// ```
///
/// # Errors
/// [`Base64Error`] says what is wrong and where, without showing the text.
pub fn base64_strict_decode(text: &str) -> Result<Vec<u8>, Base64Error> {
    STANDARD.decode(text).map_err(|error| match error {
        DecodeError::InvalidByte(offset, _) => Base64Error::Character { offset },
        DecodeError::InvalidLength(_) => Base64Error::Length { length: text.len() },
        DecodeError::InvalidLastSymbol { .. } => Base64Error::TrailingBits,
        DecodeError::InvalidPadding => Base64Error::Padding,
    })
}

/// Why a text is not strict base64. Shows positions only, since the text may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Base64Error {
    /// A character outside the standard alphabet, such as white space or the `-` and `_` of base64url.
    #[error("the character at byte {offset} does not belong to standard base64")]
    Character {
        /// Counted from 0.
        offset: usize,
    },
    /// A length that no encoder makes: one character is left over after the groups of four.
    #[error("{length} characters cannot be base64; the text was cut or something was added")]
    Length {
        /// Of the whole text in bytes.
        length: usize,
    },
    /// The last character carries bits that belong to no byte.
    #[error("the last character carries stray bits; the text was not made by a base64 encoder")]
    TrailingBits,
    /// `=` signs are missing or too many.
    #[error("the `=` padding at the end is missing or wrong")]
    Padding,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648, section 10.
    #[test]
    fn published_texts() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
            assert_eq!(base64_strict_decode(text).unwrap(), bytes.as_bytes());
        }
    }

    #[test]
    fn what_no_strict_encoder_writes_is_refused() {
        let cases = [
            ("Zg", Base64Error::Padding),
            ("Zg=", Base64Error::Padding),
            ("Zg==\n", Base64Error::Character { offset: 4 }),
            (" Zm9v", Base64Error::Character { offset: 0 }),
            ("Zm9v\n", Base64Error::Character { offset: 4 }),
            ("_-8=", Base64Error::Character { offset: 0 }),
            ("Zh==", Base64Error::TrailingBits),
            ("Zm9vY", Base64Error::Length { length: 5 }),
        ];
        for (text, error) in cases {
            assert_eq!(base64_strict_decode(text).unwrap_err(), error, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn each_sequence_of_bytes_has_one_text(text in "[A-Za-z0-9+/=]{0,12}") {
            if let Ok(bytes) = base64_strict_decode(&text) {
                assert_eq!(base64(&bytes), text);
            }
        }
    }
}

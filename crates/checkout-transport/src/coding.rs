//! Content codings (RFC 9110, 8.4): the compression that a body's `Content-Encoding` names, taken off within a limit.
//!
//! Gzip and deflate are always decoded; `br` and `zstd` with the features of those names. Whoever sends a body may be
//! anyone: what is decoded is bounded, by the size that comes out and by how often something is compressed.

use std::borrow::Cow;

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::text::Word;

#[cfg(feature = "br")]
mod br;
mod deflate;
#[cfg(feature = "zstd")]
mod zstd;

/// What is asked for, in the order of preference.
pub(crate) const ACCEPTED: &str = match (cfg!(feature = "br"), cfg!(feature = "zstd")) {
    (false, false) => "gzip",
    (true, false) => "gzip, br",
    (false, true) => "gzip, zstd",
    (true, true) => "gzip, br, zstd",
};

/// Codings that one body may have. One is usual, two are an accident, and each costs time.
const MOST: usize = 3;

/// A body without its codings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decoded<'a> {
    /// The bytes that were compressed, or the body as it was given if it had no coding.
    pub body: Cow<'a, [u8]>,
    /// The codings as they were applied, such as `gzip`; `None` if there was none.
    pub coding: Option<String>,
}

/// Why a body cannot be decoded. Holds nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodingError {
    /// A coding that this build does not decode, or that does not exist.
    #[error(
        "it is coded as {}, which is not decoded here{}",
        Word(coding),
        advice(coding)
    )]
    Unknown {
        /// As `Content-Encoding` names it.
        coding: String,
    },
    /// The end is missing.
    #[error("it is coded as {coding} and was cut short")]
    Cut {
        /// Which of the codings.
        coding: &'static str,
    },
    /// Not in the coding that is named, or changed on the way.
    #[error("its Content-Encoding names {coding}, and it is not that or is damaged")]
    Corrupt {
        /// Which of the codings.
        coding: &'static str,
    },
    /// Larger than allowed once it is decoded.
    #[error("decoded from {coding} it is larger than {limit} bytes")]
    TooLarge {
        /// Which of the codings.
        coding: &'static str,
        /// In bytes.
        limit: usize,
    },
    /// Compressed more often than anybody has a reason to.
    #[error("its Content-Encoding names {count} codings, and at most {MOST} are undone")]
    TooMany {
        /// How many.
        count: usize,
    },
}

fn advice(coding: &str) -> &'static str {
    match coding {
        "br" => "; the feature br of this library decodes it",
        "zstd" => "; the feature zstd of this library decodes it",
        _ => "",
    }
}

/// How a decoder fails; which coding it was is known to who called it.
enum Fault {
    Cut,
    Corrupt,
    TooLarge,
}

/// The codings that values of `Content-Encoding` name, in the order in which they were applied. `identity` is none.
pub fn names<'h>(values: impl IntoIterator<Item = &'h str>) -> Vec<String> {
    values
        .into_iter()
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| !name.is_empty() && name != "identity")
        .collect()
}

/// The same of a message's headers. A value that is no text names a coding that nobody knows.
#[must_use]
pub fn names_of(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(CONTENT_ENCODING);
    let texts: Vec<_> = values
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    names(texts.iter().map(AsRef::as_ref))
}

/// The coding that a body without a `Content-Encoding` shows by its first bytes. No JSON and no text begins so.
#[must_use]
pub fn guess(body: &[u8]) -> Option<&'static str> {
    match body {
        [0x1f, 0x8b, 0x08, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        _ => None,
    }
}

/// Takes the codings off a body, the last one first. An empty body has none, whatever is named.
///
/// `deflate` may be wrapped as zlib, as the standard says, or bare, as some servers send it. Of gzip and zstd several
/// parts in a row count as one; what follows the end of the compressed data and is none is passed over.
///
/// ```
/// use checkout_transport::coding;
///
/// let plain = coding::decode(&coding::names(["identity"]), b"{}", 1024)?;
/// assert_eq!((&*plain.body, plain.coding), (&b"{}"[..], None));
/// # Ok::<(), coding::CodingError>(())
/// ```
///
/// # Errors
/// One of [`CodingError`]. Neither the result nor what lies between two codings is ever larger than `limit` bytes.
pub fn decode<'a>(names: &[String], body: &'a [u8], limit: usize) -> Result<Decoded<'a>, CodingError> {
    let mut decoded = Decoded {
        body: Cow::Borrowed(body),
        coding: None,
    };
    if body.is_empty() || names.is_empty() {
        return Ok(decoded);
    }
    if names.len() > MOST {
        return Err(CodingError::TooMany { count: names.len() });
    }
    for name in names.iter().rev() {
        decoded.body = Cow::Owned(one(name, &decoded.body, limit)?);
    }
    decoded.coding = Some(shown(names));
    Ok(decoded)
}

/// The codings in one line, as a receipt has them. They come from whoever answers.
pub(crate) fn shown(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(MOST)
        .map(|name| Word(name).to_string())
        .collect();
    shown.join(", ")
}

fn one(name: &str, body: &[u8], limit: usize) -> Result<Vec<u8>, CodingError> {
    let (coding, decoded) = match name {
        "gzip" | "x-gzip" => ("gzip", deflate::gunzip(body, limit)),
        "deflate" => ("deflate", deflate::inflate(body, limit)),
        #[cfg(feature = "br")]
        "br" => ("br", br::decode(body, limit)),
        #[cfg(feature = "zstd")]
        "zstd" => ("zstd", zstd::decode(body, limit)),
        other => {
            return Err(CodingError::Unknown {
                coding: other.to_owned(),
            });
        }
    };
    decoded.map_err(|fault| match fault {
        Fault::Cut => CodingError::Cut { coding },
        Fault::Corrupt => CodingError::Corrupt { coding },
        Fault::TooLarge => CodingError::TooLarge { coding, limit },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_any_writing() {
        for (values, expected) in [
            (vec![], vec![]),
            (vec!["identity", ""], vec![]),
            (vec!["GZip"], vec!["gzip"]),
            (vec!["deflate , x-gzip", "br"], vec!["deflate", "x-gzip", "br"]),
        ] {
            assert_eq!(names(values), expected);
        }
    }

    #[test]
    fn what_is_not_decoded_is_named_with_what_to_do() {
        let error = |name: &str| decode(&names([name]), b"x", 9).unwrap_err().to_string();
        assert_eq!(
            error("compress"),
            "it is coded as compress, which is not decoded here"
        );
        assert_eq!(
            error("Jane Doe \u{1b}[2J"),
            "it is coded as <hidden>, which is not decoded here"
        );
        #[cfg(not(feature = "br"))]
        assert_eq!(
            error("br"),
            "it is coded as br, which is not decoded here; the feature br of this library decodes it"
        );
        #[cfg(not(feature = "zstd"))]
        assert_eq!(
            error("zstd"),
            "it is coded as zstd, which is not decoded here; the feature zstd of this library decodes it"
        );
        assert_eq!(
            error("gzip, gzip, gzip, gzip"),
            "its Content-Encoding names 4 codings, and at most 3 are undone"
        );
    }

    #[test]
    fn nothing_has_no_coding() {
        let decoded = decode(&names(["br, compress, gzip"]), b"", 0).unwrap();
        assert_eq!(decoded.coding, None);
    }
}

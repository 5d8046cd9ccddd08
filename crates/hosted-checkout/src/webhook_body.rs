//! Bodies of webhooks: which bytes were signed, and which JSON they hold.
//!
//! A webhook may be compressed on its way, and neither vendor publishes whether the signature covers the compressed bytes or
//! what is in them. Both are tried, those that came first. Nothing is parsed before a signature holds; that a stranger's
//! body is decompressed to try is bounded to [`LARGEST`] bytes.

use std::borrow::Cow;

use checkout_transport::coding::{self, CodingError};
use http::HeaderMap;

/// The most that may come of a compressed webhook, in bytes. Webhooks are a few KiB.
const LARGEST: usize = 1024 * 1024;

/// How a webhook was compressed on its way, and which bytes its signature covers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookCoding {
    /// By its `Content-Encoding`, such as `gzip`.
    pub name: String,
    /// Which bytes the signature covers.
    pub signed: SignedBytes,
}

/// Which bytes of a compressed webhook its signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignedBytes {
    /// Those that came: it was compressed first, and signed then.
    AsReceived,
    /// Those that were compressed: it was signed first.
    Decompressed,
}

/// A body whose signature holds.
pub(crate) struct Verified<'b, T> {
    /// What the signature says, such as the key that it holds under.
    pub(crate) by: T,
    /// What is to be read.
    pub(crate) json: Cow<'b, [u8]>,
    pub(crate) coding: Option<WebhookCoding>,
    /// Why a body that names a coding was left as it came. One that a server in front has decompressed already is such.
    pub(crate) left: Option<CodingError>,
}

/// Finds the bytes for which `holds` holds. An error that is no `mismatch` stands whatever the bytes are.
pub(crate) fn verified<'b, T, E>(
    headers: &HeaderMap,
    body: &'b [u8],
    holds: impl Fn(&[u8]) -> Result<T, E>,
    mismatch: impl Fn(&E) -> bool,
    undecodable: impl FnOnce(CodingError) -> E,
) -> Result<Verified<'b, T>, E> {
    let mut names = coding::names_of(headers);
    if names.is_empty() {
        names.extend(coding::guess(body).map(str::to_owned));
    }
    match holds(body) {
        Ok(by) => Ok(match coding::decode(&names, body, LARGEST) {
            Ok(decoded) => Verified {
                by,
                json: decoded.body,
                coding: decoded.coding.map(|name| WebhookCoding {
                    name,
                    signed: SignedBytes::AsReceived,
                }),
                left: None,
            },
            Err(error) => Verified {
                by,
                json: Cow::Borrowed(body),
                coding: None,
                left: Some(error),
            },
        }),
        Err(error) if names.is_empty() || !mismatch(&error) => Err(error),
        Err(_) => {
            let decoded = coding::decode(&names, body, LARGEST).map_err(undecodable)?;
            Ok(Verified {
                by: holds(&decoded.body)?,
                json: decoded.body,
                coding: decoded.coding.map(|name| WebhookCoding {
                    name,
                    signed: SignedBytes::Decompressed,
                }),
                left: None,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::CONTENT_ENCODING;

    use super::*;

    #[test]
    fn what_is_wrong_with_a_signature_is_told_before_what_is_with_a_coding() {
        let headers = HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static("compress"))]);
        for (fault, told) in [("no base64", "no base64"), ("mismatch", "undecodable")] {
            let holds = |_: &[u8]| Err::<(), _>(fault);
            let result = verified(
                &headers,
                b"x",
                holds,
                |error| *error == "mismatch",
                |_| "undecodable",
            );
            assert_eq!(result.err(), Some(told));
        }
    }
}

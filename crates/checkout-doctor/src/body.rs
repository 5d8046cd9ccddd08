//! The bodies that people sign instead of the one that is sent.

mod json;
mod order;
mod wrapped;

use checkout_transport::coding;
use serde_json::Value;

use super::{Case, Rule};
use wrapped::uncompressed;

/// Makes [`Difference`] from one row per difference: its name, what was signed as the end of a sentence, and the rules for it.
macro_rules! differences {
    ($($name:ident $description:literal: $body_hash:ident, $webhook:ident;)+) => {
        /// How the body that was signed differs from the one at hand.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Difference {
            $($name,)+
        }

        impl Difference {
            /// What was signed, as the end of a sentence.
            pub(super) const fn description(self) -> &'static str {
                match self {
                    $(Self::$name => $description,)+
                }
            }

            /// The rule for the hash that a token claims.
            pub(super) const fn body_hash_rule(self) -> Rule {
                match self {
                    $(Self::$name => Rule::$body_hash,)+
                }
            }

            /// The rule for the signature of a webhook.
            pub(super) const fn webhook_rule(self) -> Rule {
                match self {
                    $(Self::$name => Rule::$webhook,)+
                }
            }
        }
    };
}

differences! {
    NewlineRemoved "the body without its final line break": BodyHashNewlineRemoved, WebhookNewlineRemoved;
    NewlineAdded "the body with one more line break at its end": BodyHashNewlineAdded, WebhookNewlineAdded;
    ByteOrderMark "the body with a byte order mark more or less": BodyHashByteOrderMark, WebhookByteOrderMark;
    LineEnds "the body with other line ends (CRLF for LF, or LF for CRLF)": BodyHashLineEnds, WebhookLineEnds;
    Decompressed "the plain body; the one at hand is compressed": BodyHashDecompressed, WebhookDecompressed;
    Compressed "what seems to be the compressed body; the one at hand is plain": BodyHashCompressed, WebhookCompressed;
    Base64Decoded "the body itself; the one at hand is its base64": BodyHashBase64Decoded, WebhookBase64Decoded;
    Base64Encoded "the base64 of the body": BodyHashBase64Encoded, WebhookBase64Encoded;
    Unquoted "the body itself; the one at hand has it as a text within JSON": BodyHashUnquoted, WebhookUnquoted;
    Quoted "the body as a JSON text, in quotation marks and escaped": BodyHashQuoted, WebhookQuoted;
    Compact "the same JSON without white space": BodyHashCompact, WebhookCompact;
    Pretty "the same JSON with line breaks and indents": BodyHashPretty, WebhookPretty;
    Spaced "the same JSON with a space after each comma and colon, as Python writes it": BodyHashSpaced, WebhookSpaced;
    Sorted "the same JSON with its names sorted": BodyHashSorted, WebhookSorted;
    Escaped "the same JSON with characters escaped otherwise, as Python, PHP or Go write it": BodyHashEscaped, WebhookEscaped;
    Reordered "the same JSON with its fields in another order": BodyHashReordered, WebhookReordered;
    CutShort "what is likely a longer body: the one at hand ends too early": BodyHashCutShort, WebhookCutShort;
}

impl Difference {
    /// What the sender of a request does about it.
    pub(super) const fn mend_request(self) -> &'static str {
        match self {
            Self::Decompressed => {
                "send the body plain: NOAH's documents name no compression of requests, and the hash is that of what is sent"
            }
            Self::Compressed => {
                "hash the plain body, and send it so: NOAH's documents name no compression of requests"
            }
            Self::Base64Decoded => {
                "send the bytes themselves; a gateway that says isBase64Encoded wants them decoded first"
            }
            Self::Unquoted => "send the object itself: it is made JSON twice",
            Self::Quoted => "hash the text that is sent: for the hash it was made JSON twice",
            Self::CutShort => {
                "send the whole body: look for a Content-Length that counts characters instead of bytes, and for limits on \
                 the way"
            }
            _ => "hash the very bytes that are sent: serialise once, hash that, send that",
        }
    }

    /// What the receiver of a webhook does about it.
    pub(super) const fn mend_webhook(self) -> &'static str {
        match self {
            Self::Decompressed => "decompress it before verifying: something on the way compressed it",
            Self::Compressed => "verify the bytes as they came, before anything decompresses them",
            Self::Base64Decoded => {
                "decode it before verifying: API gateways hand bodies over in base64, and say isBase64Encoded"
            }
            Self::Unquoted => "take it out of the JSON text before verifying: a queue or gateway put it in",
            Self::CutShort => {
                "read the whole body before verifying: look for limits of the server, of what is in front of it, and of logs"
            }
            _ => "verify the raw bytes as they came in, before anything parses or stores them",
        }
    }
}

/// Differences after which the body is no longer the JSON object that was signed, so that no other check is made of it.
pub(super) const HIDING: [Difference; 4] = [
    Difference::Decompressed,
    Difference::Base64Decoded,
    Difference::Unquoted,
    Difference::CutShort,
];

/// How many bodies are tried at most to find the order of the fields: to check a hash is cheap, to check a signature is not.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tries {
    Hash,
    Signature,
}

/// The first difference by which `holds` is satisfied. One body is made at a time, for bodies may be large.
pub(super) fn explain(
    case: &Case,
    body: &[u8],
    tries: Tries,
    mut holds: impl FnMut(&[u8]) -> bool,
) -> Option<Difference> {
    // Simple changes of the bytes before changes of the JSON, so that the least is found.
    let mut is_it = |other: &[u8]| other != body && holds(other);
    let value = serde_json::from_slice::<Value>(body.strip_prefix(BOM).unwrap_or(body));
    of_bytes(body, &mut is_it)
        .or_else(|| wrapped::explain(body, value.as_ref().ok(), &mut is_it))
        .or_else(|| json::explain(value.as_ref().ok()?, &mut is_it))
        .or_else(|| order::explain(value.as_ref().ok()?, tries, &mut is_it))
        .or_else(|| by_its_looks(case, body, value.err().as_ref()))
}

/// Differences that bytes cannot prove: a missing end is not known, and no two programs compress alike.
fn by_its_looks(case: &Case, body: &[u8], error: Option<&serde_json::Error>) -> Option<Difference> {
    let length = case.values("content-length").first().copied();
    let length = length.and_then(|length| length.trim().parse::<usize>().ok());
    let coded = content_codings(case).next().is_some();
    if coded && error.is_none() && uncompressed(body).is_none() {
        return Some(Difference::Compressed);
    }
    let ends_early = error.is_some_and(serde_json::Error::is_eof);
    (ends_early || length.is_some_and(|length| length > body.len())).then_some(Difference::CutShort)
}

/// The codings that the headers name.
pub(super) fn content_codings(case: &Case) -> impl Iterator<Item = String> {
    coding::names(case.values("content-encoding")).into_iter()
}

/// The body as JSON, even if it is compressed, for the compressed bytes may be what was signed.
pub(super) fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(body).or_else(|error| {
        let plain = uncompressed(body).ok_or(error)?;
        serde_json::from_slice(&plain)
    })
}

const BOM: &[u8] = b"\xef\xbb\xbf";

fn of_bytes(body: &[u8], is_it: &mut dyn FnMut(&[u8]) -> bool) -> Option<Difference> {
    for end in [b"\r\n".as_slice(), b"\n"] {
        if body.strip_suffix(end).is_some_and(&mut *is_it) {
            return Some(Difference::NewlineRemoved);
        }
        if is_it(&[body, end].concat()) {
            return Some(Difference::NewlineAdded);
        }
    }
    let other_mark = match body.strip_prefix(BOM) {
        Some(rest) => is_it(rest),
        None => is_it(&[BOM, body].concat()),
    };
    if other_mark {
        return Some(Difference::ByteOrderMark);
    }
    let lf = std::str::from_utf8(body).ok()?.replace("\r\n", "\n");
    (is_it(lf.as_bytes()) || is_it(lf.replace('\n', "\r\n").as_bytes())).then_some(Difference::LineEnds)
}

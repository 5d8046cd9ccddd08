//! Base64 and hex, read as people write them by mistake.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::URL_SAFE_NO_PAD};

use super::Rule;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes as tokens are written: URL-safe alphabet, no padding. Says whether it is in the other alphabet, or padded.
pub(super) fn base64url(text: &str) -> Option<(Vec<u8>, bool)> {
    match URL_SAFE_NO_PAD.decode(text) {
        Ok(bytes) => Some((bytes, false)),
        Err(_) => any_base64(text).map(|bytes| (bytes, true)),
    }
}

/// Bytes, and what is wrong with how they are written.
pub(super) type Written = (Vec<u8>, Option<(Rule, &'static str)>);

/// A signature as headers have it, in the standard alphabet and padded; written otherwise, with the rule of it: the first for
/// hex, the second for base64. Hex digits are base64 too, so `is_signature` decides what they are.
pub(super) fn signature(
    text: &str,
    is_signature: impl Fn(&[u8]) -> bool,
    [as_hex, as_base64]: [Rule; 2],
) -> Option<Written> {
    if let Some(bytes) = base16ct::mixed::decode_vec(text)
        .ok()
        .filter(|bytes| is_signature(bytes))
    {
        return Some((bytes, Some((as_hex, "it is hex"))));
    }
    if let Ok(bytes) = checkout_core::encoding::base64_strict_decode(text) {
        return Some((bytes, None));
    }
    let otherwise = (as_base64, "it is in the URL-safe alphabet, or not padded");
    Some((any_base64(text)?, Some(otherwise)))
}

pub(super) fn any_base64(text: &str) -> Option<Vec<u8>> {
    let standard = text.trim().replace('-', "+").replace('_', "/");
    LENIENT.decode(standard).ok()
}

/// White space or quotation marks where none belong.
pub(super) fn has_blanks_or_quotes(text: &str) -> bool {
    text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'))
}

/// Without them.
pub(super) fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'))
}

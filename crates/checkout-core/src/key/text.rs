//! Finds PEM blocks in texts as people have them: from environment variables, secret stores, chat windows.

use base64::{
    Engine as _, alphabet,
    engine::general_purpose::{GeneralPurpose, PAD_INDIFFERENT},
};
use zeroize::Zeroizing;

use super::error::KeyError;

const BEGIN: &str = "-----BEGIN";
const PARAMETERS: &str = "EC PARAMETERS";

/// Padding may be lost on the way; the length of the DER inside tells whether anything else is.
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, PAD_INDIFFERENT);

/// What somebody wants out of a PEM text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Private,
    Public,
}

/// The contents of a key file.
pub(super) enum PemOrDer<'a> {
    Pem(&'a str),
    Der(&'a [u8]),
}

/// Whether a text is meant as PEM, whole or not.
pub(super) fn is_pem(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Tells the two apart. Bytes that are neither are no key.
pub(super) fn pem_or_der(bytes: &[u8]) -> Result<PemOrDer<'_>, KeyError> {
    /// All formats of keys are one ASN.1 sequence, and none of its texts begins with a zero.
    const SEQUENCE: u8 = 0x30;
    match std::str::from_utf8(bytes) {
        Ok(text) if is_pem(text) || text.trim().is_empty() => Ok(PemOrDer::Pem(text)),
        _ if bytes.first() == Some(&SEQUENCE) => Ok(PemOrDer::Der(bytes)),
        _ => Err(KeyError::NotPem),
    }
}

/// What was in the text: the wanted block, or else the first one, which tells what somebody gave instead.
pub(super) struct Found {
    pub(super) der: Zeroizing<Vec<u8>>,
    /// The curve that `openssl ecparam -genkey` without `-noout` names in a block of its own.
    pub(super) parameters: Option<Zeroizing<Vec<u8>>>,
}

pub(super) fn find(text: &str, wanted: Wanted) -> Result<Found, KeyError> {
    let text = unescape(text);
    if text
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\u{feff}'))
        .is_empty()
    {
        return Err(KeyError::Empty);
    }
    let blocks = blocks(&text)?;
    let suffix = match wanted {
        Wanted::Private => "PRIVATE KEY",
        Wanted::Public => "PUBLIC KEY",
    };
    let parameters = blocks.iter().find(|block| block.label == PARAMETERS);
    let block = blocks
        .iter()
        .find(|block| block.label.ends_with(suffix))
        .or_else(|| blocks.iter().find(|block| block.label != PARAMETERS))
        .ok_or(if parameters.is_some() {
            KeyError::ParametersOnly
        } else {
            KeyError::NotPem
        })?;
    Ok(Found {
        der: block.decode()?,
        parameters: parameters.map(Block::decode).transpose()?,
    })
}

/// Turns `\n` and `\r` written out, however often escaped, into line breaks.
fn unescape(text: &str) -> Zeroizing<String> {
    // Never longer than the text, so the buffer is not moved and leaves no copy behind.
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.find(|next| *next != '\\') {
            Some('n' | 'r') | None => plain.push('\n'),
            Some(other) => plain.push(other),
        }
    }
    plain
}

struct Block<'a> {
    label: &'a str,
    body: &'a str,
}

fn blocks(mut text: &str) -> Result<Vec<Block<'_>>, KeyError> {
    let mut blocks = Vec::new();
    while let Some((_, after_begin)) = text.split_once(BEGIN) {
        let (label, rest) = after_begin.split_once("-----").ok_or(KeyError::DamagedPem {
            what: "its first line is not complete",
        })?;
        let (body, after_end) = rest.split_once("-----END").ok_or(KeyError::DamagedPem {
            what: "its last line, `-----END …-----`, is missing",
        })?;
        let (end_label, rest) = after_end.split_once("-----").ok_or(KeyError::DamagedPem {
            what: "its last line is not complete",
        })?;
        if label.trim() != end_label.trim() {
            return Err(KeyError::DamagedPem {
                what: "its first and last line do not belong together",
            });
        }
        blocks.push(Block {
            label: label.trim(),
            body,
        });
        text = rest;
    }
    Ok(blocks)
}

impl Block<'_> {
    fn decode(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if self.label == "ENCRYPTED PRIVATE KEY" || self.body.contains("Proc-Type:") {
            return Err(KeyError::Encrypted);
        }
        if self.label == "OPENSSH PRIVATE KEY" {
            return Err(KeyError::OpenSsh);
        }
        let mut base64 = Zeroizing::new(String::with_capacity(self.body.len()));
        base64.extend(self.body.chars().filter(|c| !c.is_whitespace()));
        // Room for what the decoder may estimate, so that the buffer is not moved either.
        let mut der = Zeroizing::new(Vec::with_capacity(base64.len()));
        BASE64
            .decode_vec(base64.as_bytes(), &mut der)
            .map_err(|_| KeyError::DamagedPem {
                what: "between its first and last line is something else than base64",
            })?;
        Ok(der)
    }
}

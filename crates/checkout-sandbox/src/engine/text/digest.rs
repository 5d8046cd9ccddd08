//! SHA-256 and HMAC by AWS-LC.
//!
//! `checkout-core`, with which clients sign, takes them from the RustCrypto crates. Two makers do not make one mistake.

use aws_lc_rs::{digest, hmac};

/// SHA-256 of the bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    // SHA-256 is always 32 bytes long.
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

/// Bytes in small hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0x0f])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// The beginning of the SHA-256 of the text, in so many digits of hex.
pub(crate) fn short(text: &str, digits: usize) -> String {
    let mut hex = hex(&sha256(text.as_bytes()));
    hex.truncate(digits);
    hex
}

/// The HMAC-SHA256 of a message under the key.
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut code = [0; 32];
    // HMAC-SHA256 is always 32 bytes long.
    code.copy_from_slice(hmac::sign(&key, message).as_ref());
    code
}

/// Whether the code is the HMAC-SHA256 of the parts, one after the other, under the key. Takes the same time wherever
/// it differs.
pub(crate) fn is_hmac_sha256(key: &[u8], parts: &[&[u8]], code: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    hmac::verify(&key, &parts.concat(), code).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of FIPS 180-2, appendix B.1.
    #[test]
    fn sha256_is_sha256() {
        assert_eq!(
            short("abc", 64),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    /// Case 2 of RFC 4231.
    #[test]
    fn hmac_is_hmac() {
        let code: Vec<u8> = (0..64)
            .step_by(2)
            .map(|at| {
                let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
                u8::from_str_radix(&hex[at..at + 2], 16).unwrap()
            })
            .collect();
        let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        assert!(is_hmac_sha256(b"Jefe", &parts, &code));
        assert_eq!(hmac_sha256(b"Jefe", &parts.concat()).as_slice(), code);
        assert!(!is_hmac_sha256(b"Jefe", &parts, &code[..31]));
        assert!(!is_hmac_sha256(b"Jefe", &parts[..1], &code));
        assert!(!is_hmac_sha256(b"jefe", &parts, &code));
        assert!(!is_hmac_sha256(b"", &[], b""));
    }
}

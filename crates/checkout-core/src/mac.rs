//! HMAC-SHA256. Worldline Connect authenticates server calls and webhooks with it.

#[cfg(feature = "aws-lc-digest")]
use aws_lc as library;
#[cfg(not(feature = "aws-lc-digest"))]
use pure_rust as library;

/// HMAC-SHA256 (RFC 2104) of `data` under `key`, which may have any length.
#[must_use]
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    library::hmac_sha256(key, data)
}

/// Whether `expected` is the HMAC-SHA256 of `data` under `key`.
///
/// Takes the same time wherever the bytes differ, so that nobody learns a valid code by trying. A code that
/// is not 32 bytes long is refused.
#[must_use]
pub fn verify_hmac_sha256(key: &[u8], data: &[u8], expected: &[u8]) -> bool {
    library::verify_hmac_sha256(key, data, expected)
}

#[cfg(feature = "aws-lc-digest")]
mod aws_lc {
    use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign, verify};

    pub(super) fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
        let mut code = [0; 32];
        code.copy_from_slice(sign(&Key::new(HMAC_SHA256, key), data).as_ref());
        code
    }

    pub(super) fn verify_hmac_sha256(key: &[u8], data: &[u8], expected: &[u8]) -> bool {
        verify(&Key::new(HMAC_SHA256, key), data, expected).is_ok()
    }
}

#[cfg(not(feature = "aws-lc-digest"))]
mod pure_rust {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    pub(super) fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
        keyed(key).chain_update(data).finalize().into_bytes().into()
    }

    pub(super) fn verify_hmac_sha256(key: &[u8], data: &[u8], expected: &[u8]) -> bool {
        keyed(key).chain_update(data).verify_slice(expected).is_ok()
    }

    fn keyed(key: &[u8]) -> Hmac<Sha256> {
        #[expect(
            clippy::expect_used,
            reason = "the trait allows for MACs with a fixed key length; HMAC has none"
        )]
        Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 4231, test cases 1, 2 and 6: the last has a key longer than a block.
    #[test]
    fn published_codes() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, data, code) in cases {
            assert_eq!(hex(&hmac_sha256(key, data)), code);
            assert!(verify_hmac_sha256(key, data, &hmac_sha256(key, data)));
        }
    }

    #[test]
    fn any_other_code_is_refused() {
        let code = hmac_sha256(b"key", b"data");
        for position in 0..code.len() {
            let mut changed = code;
            changed[position] ^= 1;
            assert!(!verify_hmac_sha256(b"key", b"data", &changed));
        }
        assert!(
            !verify_hmac_sha256(b"key", b"data", &code[..31]),
            "a truncated code"
        );
        assert!(
            !verify_hmac_sha256(b"key", b"data", &[&code[..], &[0]].concat()),
            "a longer code"
        );
        assert!(!verify_hmac_sha256(b"key", b"data", b""), "no code");
        assert!(!verify_hmac_sha256(b"", b"data", &code), "another key");
    }

    #[test]
    fn an_empty_key_is_a_key() {
        assert_eq!(
            hex(&hmac_sha256(b"", b"")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        );
    }
}

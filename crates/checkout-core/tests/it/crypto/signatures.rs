//! What one implementation signs, the others verify, and nothing else passes.

use std::sync::LazyLock;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use checkout_core::key::{Algorithm, SignError, SigningKey, VerifyError};
use jsonwebtoken::{DecodingKey, Validation};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::crypto::openssl::OpenSsl;

/// Each curve with each library.
static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    [Algorithm::ES384, Algorithm::ES256]
        .into_iter()
        .flat_map(|algorithm| {
            let key = SigningKey::generate(algorithm).unwrap();
            [key.clone(), key.into_deterministic().unwrap()]
        })
        .collect()
});

fn decode(key: &SigningKey, token: &str) -> jsonwebtoken::errors::Result<jsonwebtoken::TokenData<Value>> {
    let mut validation = Validation::new(key.algorithm().to_string().parse().unwrap());
    validation.set_audience(&["https://api.noah.com"]);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode(
        token,
        &DecodingKey::from_ec_pem(key.public_key_pem().as_bytes()).unwrap(),
        &validation,
    )
}

#[test]
fn tokens_decode_with_jsonwebtoken() {
    for key in KEYS.iter() {
        let claims =
            json!({"aud": "https://api.noah.com", "iat": 1_700_000_000, "path": "/v1/ü", "empty": {}});
        let token = key.sign_jws(&claims).unwrap();
        let decoded = decode(key, &token).unwrap();
        assert_eq!(decoded.claims, claims);
        let algorithm = key.algorithm().to_string().parse().unwrap();
        assert_eq!(decoded.header, jsonwebtoken::Header::new(algorithm));
        assert_eq!(decoded.header.typ.as_deref(), Some("JWT"));
    }
}

#[test]
fn a_token_is_header_claims_and_raw_signature_in_base64url() {
    for key in KEYS.iter() {
        // Serialised in the order of the fields, so that the bytes are known.
        #[derive(serde::Serialize)]
        struct Claims {
            z: &'static str,
            a: u8,
        }
        let token = key.sign_jws(&Claims { z: "??>>", a: 1 }).unwrap();
        let parts: Vec<Vec<u8>> = token
            .split('.')
            .map(|part| URL_SAFE_NO_PAD.decode(part).unwrap())
            .collect();
        let header: Value = serde_json::from_slice(&parts[0]).unwrap();
        assert_eq!(
            header,
            json!({"typ": "JWT", "alg": format!("{:?}", key.algorithm())})
        );
        assert_eq!(parts[1], br#"{"z":"??>>","a":1}"#);
        assert_eq!(
            parts[2].len(),
            if key.algorithm() == Algorithm::ES384 {
                96
            } else {
                64
            }
        );
        let signed = token.rsplit_once('.').unwrap().0;
        key.verifying_key()
            .verify_raw(signed.as_bytes(), &parts[2])
            .unwrap();
    }
}

/// A whole token that the deterministic signer makes for the key of RFC 6979, A.2.6; it never changes.
#[test]
fn a_deterministic_token_can_be_a_snapshot() {
    let scalar =
        "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5";
    let mut der = vec![0x30, 53, 2, 1, 1, 4, 48];
    der.extend((0..48).map(|at| u8::from_str_radix(&scalar[2 * at..2 * at + 2], 16).unwrap()));
    let key = SigningKey::from_der(&der).unwrap().into_deterministic().unwrap();
    let claims = json!({"aud": "https://api.noah.com", "iat": 1_700_000_000, "exp": 1_700_000_300});
    let token = key.sign_jws(&claims).unwrap();
    assert_eq!(token, key.sign_jws(&claims).unwrap());
    assert_eq!(decode(&key, &token).unwrap().claims, claims);
    insta::assert_snapshot!(token);
}

#[test]
fn a_changed_token_does_not_decode() {
    let key = &KEYS[0];
    let token = key
        .sign_jws(&json!({"aud": "https://api.noah.com", "amount": "1.00"}))
        .unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    for at in 0..signed.len() {
        let mut changed = signed.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        assert_eq!(
            key.verifying_key().verify_raw(&changed, &signature),
            Err(VerifyError::Mismatch)
        );
    }
    let (header, _) = token.split_once('.').unwrap();
    let claims = URL_SAFE_NO_PAD.encode(json!({"aud": "https://api.noah.com", "amount": "9.00"}).to_string());
    let forged = format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(&signature));
    assert!(decode(key, &forged).is_err());
}

#[test]
fn claims_that_are_no_json_are_refused() {
    let claims = std::collections::BTreeMap::from([((1, 2), 3)]);
    let error = KEYS[0].sign_jws(&claims).unwrap_err();
    assert!(matches!(error, SignError::Claims(_)), "{error}");
}

#[test]
fn openssl_and_we_verify_each_other() {
    let Some(openssl) = OpenSsl::find() else { return };
    for key in KEYS.iter() {
        let hash = if key.algorithm() == Algorithm::ES384 {
            "sha384"
        } else {
            "sha256"
        };
        openssl.write("message", "{\"EventType\":\"Transaction\"}");
        openssl.write("public.pem", key.public_key_pem());
        openssl.write(
            "signature",
            key.sign_der(b"{\"EventType\":\"Transaction\"}").unwrap(),
        );
        let verify = format!("openssl dgst -{hash} -verify public.pem -signature signature message");
        assert!(openssl.succeeds(&verify));
        openssl.write("message", "{\"EventType\":\"transaction\"}");
        assert!(
            !openssl.succeeds(&verify),
            "openssl itself must refuse another message"
        );

        let pem = key.to_pkcs8_pem().unwrap();
        openssl.write("private.pem", secrecy::ExposeSecret::expose_secret(&pem));
        let signature = openssl.run(&format!("openssl dgst -{hash} -sign private.pem message"));
        key.verifying_key()
            .verify_der(b"{\"EventType\":\"transaction\"}", &signature)
            .unwrap();
        // As a webhook carries it: in base64.
        let text = STANDARD.encode(&signature);
        assert_eq!(
            checkout_core::encoding::base64_strict_decode(&text).unwrap(),
            signature
        );
    }
}

#[test]
fn verification_says_what_is_wrong_with_a_signature() {
    let key = &KEYS[0];
    let public = key.verifying_key();
    let der = key.sign_der(b"message").unwrap();
    assert_eq!(public.verify_der(b"massage", &der), Err(VerifyError::Mismatch));
    assert_eq!(
        public.verify_der(b"message", b""),
        Err(VerifyError::NotDer { length: 0 })
    );
    assert_eq!(
        public.verify_der(b"message", &[7; 96]),
        Err(VerifyError::NotDer { length: 96 })
    );
    let longer = [&der[..], &[0]].concat();
    assert_eq!(
        public.verify_der(b"message", &longer),
        Err(VerifyError::NotDer { length: longer.len() })
    );
    for length in [0, 64, 95, 97, 104] {
        let expected = VerifyError::RawLength {
            expected: 96,
            found: length,
        };
        assert_eq!(public.verify_raw(b"message", &vec![7; length]), Err(expected));
    }
    assert_eq!(
        public.verify_raw(b"message", &[7; 96]),
        Err(VerifyError::Mismatch)
    );
    let other = SigningKey::generate(Algorithm::ES384).unwrap();
    assert_eq!(
        other.verifying_key().verify_der(b"message", &der),
        Err(VerifyError::Mismatch)
    );
}

#[test]
fn keys_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<SigningKey>();
    shared::<checkout_core::key::VerifyingKey>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Each library verifies what each library signs, in both forms, and refuses it for one changed bit.
    #[test]
    fn both_libraries_agree(message in prop::collection::vec(any::<u8>(), 1..200), bit in any::<prop::sample::Index>()) {
        let mut changed = message.clone();
        let bit = bit.index(message.len() * 8);
        changed[bit / 8] ^= 1 << (bit % 8);
        for pair in KEYS.chunks(2) {
            prop_assert_eq!(pair[0].verifying_key(), pair[1].verifying_key());
            for signer in pair {
                let der = signer.sign_der(&message).unwrap();
                let token = signer.sign_jws(&message).unwrap();
                let (signed, raw) = token.rsplit_once('.').unwrap();
                let raw = URL_SAFE_NO_PAD.decode(raw).unwrap();
                for verifier in pair {
                    let verifier = verifier.verifying_key();
                    prop_assert_eq!(verifier.verify_der(&message, &der), Ok(()));
                    prop_assert_eq!(verifier.verify_raw(signed.as_bytes(), &raw), Ok(()));
                    prop_assert_eq!(verifier.verify_der(&changed, &der), Err(VerifyError::Mismatch));
                    prop_assert_eq!(verifier.verify_raw(&message, &raw), Err(VerifyError::Mismatch));
                }
            }
        }
    }

    #[test]
    fn arbitrary_signatures_are_refused_without_a_panic(signature in prop::collection::vec(any::<u8>(), 0..120)) {
        for key in KEYS.iter() {
            prop_assert!(key.verifying_key().verify_der(b"message", &signature).is_err());
            prop_assert!(key.verifying_key().verify_raw(b"message", &signature).is_err());
        }
    }
}

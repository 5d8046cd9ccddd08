//! Tokens and signatures beside the primitive that does the work.

#![allow(clippy::unwrap_used, reason = "fixed inputs")]

use aws_lc_rs::{
    encoding::AsDer as _,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED_SIGNING,
        EcdsaKeyPair, ParsedPublicKey,
    },
};
use checkout_core::key::{Algorithm, SigningKey};

use crate::claims::{BODY, Claims};
use crate::common::Bench;

pub(crate) fn run(bench: &Bench) {
    es384(bench);
    es256(bench);
    deterministic(bench);
    verify(bench);
}

fn es384(bench: &Bench) {
    let bare = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let key = ours(&bare);
    let jsonwebtoken_key = jsonwebtoken::EncodingKey::from_ec_der(bare.to_pkcs8v1().unwrap().as_ref());
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES384);
    let input = signing_input(&key);
    let random = SystemRandom::new();
    let sign = || bare.sign(&random, &input).unwrap();

    bench.compare(
        "sign_jws and hash the body (ES384)",
        || key.sign_jws(&Claims::over(&BODY)).unwrap(),
        "bare P-384",
        sign,
    );
    bench.compare(
        "jsonwebtoken::encode and hash the body (ES384)",
        || jsonwebtoken::encode(&header, &Claims::over(&BODY), &jsonwebtoken_key).unwrap(),
        "bare P-384",
        sign,
    );
    bench.compare(
        "sign_der (ES384)",
        || key.sign_der(&input).unwrap(),
        "bare P-384",
        sign,
    );
}

fn es256(bench: &Bench) {
    let bare = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let key = ours(&bare);
    let input = signing_input(&key);
    let random = SystemRandom::new();
    bench.compare(
        "sign_jws and hash the body (ES256)",
        || key.sign_jws(&Claims::over(&BODY)).unwrap(),
        "bare P-256",
        || bare.sign(&random, &input).unwrap(),
    );
}

fn deterministic(bench: &Bench) {
    use p384::ecdsa::{Signature, signature::Signer as _};

    let bare = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let key = ours(&bare).into_deterministic().unwrap();
    let scalar = aws_lc_rs::encoding::AsBigEndian::as_be_bytes(&bare.private_key()).unwrap();
    let bare = p384::ecdsa::SigningKey::from_slice(scalar.as_ref()).unwrap();
    let input = signing_input(&key);
    bench.compare(
        "sign_jws and hash the body (ES384, deterministic)",
        || key.sign_jws(&Claims::over(&BODY)).unwrap(),
        "bare p384",
        || -> Signature { bare.sign(&input) },
    );
}

fn verify(bench: &Bench) {
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    let signature = key.sign_der(&BODY).unwrap();
    let bare = ParsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, key.verifying_key().to_spki_der()).unwrap();
    bench.compare(
        "verify_der (ES384)",
        || key.verifying_key().verify_der(&BODY, &signature).unwrap(),
        "bare P-384 verification",
        || bare.verify_sig(&BODY, &signature).unwrap(),
    );
}

fn ours(bare: &EcdsaKeyPair) -> SigningKey {
    SigningKey::from_der(bare.private_key().as_der().unwrap().as_ref()).unwrap()
}

/// What the bare primitive signs: exactly the bytes that the token's signature covers.
fn signing_input(key: &SigningKey) -> Vec<u8> {
    let token = key.sign_jws(&Claims::over(&BODY)).unwrap();
    token.rsplit_once('.').unwrap().0.as_bytes().to_vec()
}

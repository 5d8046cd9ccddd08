//! Tokens beside jsonwebtoken, on the same AWS-LC; bare signatures and their verification beside ring.

#![allow(clippy::unwrap_used, reason = "fixed inputs")]

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use checkout_core::key::SigningKey;
use ring::signature as ring;

use crate::claims::{BODY, Claims};
use crate::common::Bench;

pub(crate) fn run(bench: &Bench) {
    let bare = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let key = SigningKey::from_der(bare.private_key().as_der().unwrap().as_ref()).unwrap();
    let pkcs8 = bare.to_pkcs8v1().unwrap();

    let jsonwebtoken_key = jsonwebtoken::EncodingKey::from_ec_der(pkcs8.as_ref());
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::ES384);
    bench.compare(
        "sign_jws and hash the body (ES384)",
        || key.sign_jws(&Claims::over(&BODY)).unwrap(),
        "jsonwebtoken::encode, aws_lc_rs",
        || jsonwebtoken::encode(&header, &Claims::over(&BODY), &jsonwebtoken_key).unwrap(),
    );

    let random = ::ring::rand::SystemRandom::new();
    let ring_key =
        ring::EcdsaKeyPair::from_pkcs8(&ring::ECDSA_P384_SHA384_ASN1_SIGNING, pkcs8.as_ref(), &random)
            .unwrap();
    bench.compare(
        "sign_der (ES384)",
        || key.sign_der(&BODY).unwrap(),
        "ring",
        || ring_key.sign(&random, &BODY).unwrap(),
    );

    let signature = key.sign_der(&BODY).unwrap();
    let ring_public = ring::UnparsedPublicKey::new(&ring::ECDSA_P384_SHA384_ASN1, bare.public_key().as_ref());
    bench.compare(
        "verify_der (ES384)",
        || key.verifying_key().verify_der(&BODY, &signature).unwrap(),
        "ring",
        || ring_public.verify(&BODY, &signature).unwrap(),
    );
}

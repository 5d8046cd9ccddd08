//! Every form in which people have a key reads as the same key.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use checkout_core::key::{Algorithm, KeyError, SigningKey, VerifyingKey};
use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use crate::crypto::openssl::OpenSsl;

/// NOAH's webhook keys as published, and the SHA-256 of their DER as others computed it. They are public keys.
const SANDBOX: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEm8yBiD+kmVJ1Xc9sfRkDx0yo9+u8yiAD
PngI20KoEswz0gflp8o/z66Abqz/m9A1CBecixWdeT72pA8NZBJI6L6Osd8RV+yx
QArxeGKEVX/2QNrfPqeAKODHT5LdStGT
-----END PUBLIC KEY-----
";
const SANDBOX_SHA256: &str = "6d70b4da11406f1b4228fdcf917db8071ce4a6e47df876a44d297787d30b863b";
const PRODUCTION: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAELKJhxcUGJr3XgRrf+laSAVHvp31wFhE2
XdicXvF0DAdKzSPN8bkSdjrsUA6nnVUq3M47Y7RUYugMfkagaYjUExQZVjpMFg0P
DnXWl9y0dXYDq+pzYhAgL+MNpnY0eJ78
-----END PUBLIC KEY-----
";
const PRODUCTION_SHA256: &str = "e00af50c148aba8d320c177f65323c7dfac8b3b927c8f3236fff363566b742fa";

/// The texts that environment variables, secret stores and editors make of one PEM text.
fn disguises(pem: &str) -> Vec<(&'static str, String)> {
    let pem = pem.trim_end();
    let without_breaks = pem.replace('\n', "");
    let one_line = pem.replace('\n', " ");
    let mut lines: Vec<&str> = pem.lines().collect();
    let (first, last) = (lines.remove(0), lines.pop().unwrap());
    let base64 = lines.concat();
    let wrapped = |columns: usize| {
        let lines: Vec<&str> = base64
            .as_bytes()
            .chunks(columns)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        format!("{first}\n{}\n{last}\n", lines.join("\n"))
    };
    vec![
        ("as written", format!("{pem}\n")),
        ("without the last line break", pem.to_owned()),
        ("literal \\n", pem.replace('\n', "\\n")),
        ("literal \\n twice escaped", pem.replace('\n', "\\\\n")),
        ("literal \\r\\n", pem.replace('\n', "\\r\\n")),
        ("CRLF", pem.replace('\n', "\r\n")),
        ("CR", pem.replace('\n', "\r")),
        ("double quotes", format!("\"{pem}\"")),
        ("single quotes", format!("'{pem}'\n")),
        (
            "quotes and literal \\n",
            format!("\"{}\\n\"", pem.replace('\n', "\\n")),
        ),
        ("one line, breaks lost", without_breaks),
        ("one line, breaks turned into spaces", one_line),
        ("indented", pem.replace('\n', "\n    ")),
        ("blank lines", format!("\n\n{}\n\n", pem.replace('\n', "\n\n"))),
        ("tabs and trailing spaces", pem.replace('\n', " \t\n")),
        ("byte order mark", format!("\u{feff}{pem}")),
        ("shell continuation lines", pem.replace('\n', "\\\n")),
        ("wrapped at 63", wrapped(63)),
        ("wrapped at 76", wrapped(76)),
        ("one long line", wrapped(10_000)),
        ("padding lost", pem.replace('=', "")),
        (
            "a comment before and after",
            format!("# key of the shop\n{pem}\n# end\n"),
        ),
    ]
}

#[test]
fn every_form_of_a_private_key_reads_as_the_same_key() {
    let Some(openssl) = OpenSsl::find() else { return };
    for (curve, algorithm) in [("secp384r1", Algorithm::ES384), ("prime256v1", Algorithm::ES256)] {
        openssl.run(&format!(
            "openssl ecparam -name {curve} -genkey -noout -out sec1.pem"
        ));
        openssl.run("openssl ec -in sec1.pem -pubout -out public.pem");
        openssl.run("openssl pkcs8 -topk8 -nocrypt -in sec1.pem -out pkcs8.pem");
        let wanted = VerifyingKey::from_pem(&openssl.read("public.pem")).unwrap();
        let parameters = openssl.text(&format!("openssl ecparam -name {curve}"));

        let mut texts = vec![
            ("SEC1", openssl.read("sec1.pem")),
            ("SEC1 after EC PARAMETERS", parameters + &openssl.read("sec1.pem")),
            ("PKCS#8", openssl.read("pkcs8.pem")),
            (
                "SEC1 without the public key",
                openssl.text("openssl ec -in sec1.pem -no_public"),
            ),
            (
                "SEC1, public key compressed",
                openssl.text("openssl ec -in sec1.pem -conv_form compressed"),
            ),
            ("PKCS#8 from pkey", openssl.text("openssl pkey -in sec1.pem")),
            (
                "public key first",
                openssl.read("public.pem") + &openssl.read("sec1.pem"),
            ),
        ];
        texts.push((
            "with openssl's own text",
            openssl.text("openssl ec -in sec1.pem -text"),
        ));
        for (form, text) in &texts {
            for (disguise, text) in disguises_of_all(text) {
                let key = SigningKey::from_pem(&text)
                    .unwrap_or_else(|error| panic!("{curve}, {form}, {disguise}: {error}"));
                assert_eq!(key.algorithm(), algorithm, "{form}, {disguise}");
                assert_eq!(key.verifying_key(), &wanted, "{form}, {disguise}");
                let key = SigningKey::from_pem_or_path(&text).unwrap();
                assert_eq!(
                    key.verifying_key(),
                    &wanted,
                    "{form}, {disguise}, as an environment variable"
                );
            }
            openssl.write("key.pem", text);
            assert_eq!(
                SigningKey::from_file(openssl.path("key.pem"))
                    .unwrap()
                    .verifying_key(),
                &wanted
            );
        }

        for command in [
            "openssl ec -in sec1.pem -outform DER -out key.der",
            "openssl pkcs8 -topk8 -nocrypt -in sec1.pem -outform DER -out key.der",
            "openssl ec -in sec1.pem -no_public -outform DER -out key.der",
        ] {
            openssl.run(command);
            let der = std::fs::read(openssl.path("key.der")).unwrap();
            assert_eq!(
                SigningKey::from_der(&der).unwrap().verifying_key(),
                &wanted,
                "{command}"
            );
            let path = openssl.path("key.der");
            assert_eq!(
                SigningKey::from_file(&path).unwrap().verifying_key(),
                &wanted,
                "{command}"
            );
            let quoted = format!("\"{}\"\n", path.display());
            assert_eq!(
                SigningKey::from_pem_or_path(&quoted).unwrap().verifying_key(),
                &wanted,
                "{command}"
            );
        }
    }
}

/// Disguises of a text with one block; a text with several only as it is and with escaped line breaks.
fn disguises_of_all(text: &str) -> Vec<(&'static str, String)> {
    if text.matches("-----BEGIN").count() == 1 && text.starts_with("-----BEGIN") {
        disguises(text)
    } else {
        vec![
            ("as written", text.to_owned()),
            ("literal \\n", text.replace('\n', "\\n")),
        ]
    }
}

#[test]
fn the_exact_command_of_noahs_guide_makes_a_key_that_signs() {
    let Some(openssl) = OpenSsl::find() else { return };
    let key = SigningKey::from_pem(&openssl.noah_key()).unwrap();
    assert_eq!(key.algorithm(), Algorithm::ES384);
    assert_eq!(key.public_key_pem(), openssl.read("public-key.pem"));
    let without_noout = openssl.text("openssl ecparam -name secp384r1 -genkey");
    assert!(
        without_noout.starts_with("-----BEGIN EC PARAMETERS-----"),
        "openssl writes what this test is about"
    );
    SigningKey::from_pem(&without_noout).unwrap();
}

#[test]
fn what_we_write_openssl_reads_back() {
    let Some(openssl) = OpenSsl::find() else { return };
    for algorithm in [Algorithm::ES384, Algorithm::ES256] {
        let key = SigningKey::generate(algorithm).unwrap();
        let pkcs8 = key.to_pkcs8_pem().unwrap();
        openssl.write("ours.pem", pkcs8.expose_secret());
        assert_eq!(
            openssl.text("openssl pkey -in ours.pem"),
            pkcs8.expose_secret(),
            "byte for byte"
        );
        assert_eq!(
            openssl.text("openssl pkey -in ours.pem -pubout"),
            key.public_key_pem()
        );
        assert!(openssl.succeeds("openssl pkey -in ours.pem -check -noout"));
        assert_eq!(
            SigningKey::from_pem(pkcs8.expose_secret())
                .unwrap()
                .verifying_key(),
            key.verifying_key()
        );
    }
}

#[test]
fn published_webhook_keys_read_with_their_published_fingerprints_at_any_width() {
    for (pem, sha256) in [(SANDBOX, SANDBOX_SHA256), (PRODUCTION, PRODUCTION_SHA256)] {
        for (disguise, text) in disguises(pem) {
            let key = VerifyingKey::from_pem(&text).unwrap_or_else(|error| panic!("{disguise}: {error}"));
            assert_eq!(key.fingerprint(), sha256, "{disguise}");
            assert_eq!(key.to_pem(), pem, "{disguise}");
            assert_eq!(key.algorithm(), Algorithm::ES384);
        }
    }
}

/// A SEC1 key of nothing but its number, as embedded devices write it.
fn bare_sec1(scalar: &[u8]) -> Vec<u8> {
    let mut der = vec![
        0x30,
        u8::try_from(scalar.len() + 5).unwrap(),
        2,
        1,
        1,
        4,
        u8::try_from(scalar.len()).unwrap(),
    ];
    der.extend(scalar);
    der
}

#[test]
fn a_key_without_a_curve_is_told_by_its_length() {
    assert_eq!(
        SigningKey::from_der(&bare_sec1(&[7; 48])).unwrap().algorithm(),
        Algorithm::ES384
    );
    assert_eq!(
        SigningKey::from_der(&bare_sec1(&[7; 32])).unwrap().algorithm(),
        Algorithm::ES256
    );
    for length in [0, 1, 31, 33, 47, 49, 66] {
        let error = SigningKey::from_der(&bare_sec1(&vec![7; length])).unwrap_err();
        assert!(matches!(error, KeyError::DamagedDer { .. }), "{length}: {error}");
    }
    // The curve may also stand in a PEM block in front; then zeros may be missing.
    let parameters = "-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n";
    let pem = |scalar: &[u8]| {
        let body = STANDARD.encode(bare_sec1(scalar));
        format!("{parameters}-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----\n")
    };
    let short = SigningKey::from_pem(&pem(&[7; 47])).unwrap();
    let mut padded = vec![0];
    padded.extend([7; 47]);
    assert_eq!(
        short.verifying_key(),
        SigningKey::from_pem(&pem(&padded)).unwrap().verifying_key()
    );
    padded.insert(0, 0);
    assert_eq!(
        short.verifying_key(),
        SigningKey::from_pem(&pem(&padded)).unwrap().verifying_key()
    );
    assert_eq!(short.algorithm(), Algorithm::ES384);
}

#[test]
fn numbers_outside_the_curve_are_no_keys() {
    for scalar in [[0; 48], [0xff; 48]] {
        assert!(matches!(
            SigningKey::from_der(&bare_sec1(&scalar)).unwrap_err(),
            KeyError::OutOfRange
        ));
    }
    let mut point = SigningKey::generate(Algorithm::ES384)
        .unwrap()
        .verifying_key()
        .to_spki_der()
        .to_vec();
    *point.last_mut().unwrap() ^= 1;
    assert!(matches!(
        VerifyingKey::from_spki_der(&point).unwrap_err(),
        KeyError::OutOfRange
    ));
}

#[test]
fn a_flipped_bit_never_makes_another_key() {
    for algorithm in [Algorithm::ES384, Algorithm::ES256] {
        let key = SigningKey::generate(algorithm).unwrap();
        let pem = key.to_pkcs8_pem().unwrap();
        let base64: String = pem
            .expose_secret()
            .lines()
            .filter(|line| !line.starts_with('-'))
            .collect();
        let mut der = STANDARD.decode(base64).unwrap();
        for bit in 0..der.len() * 8 {
            der[bit / 8] ^= 1 << (bit % 8);
            if let Ok(other) = SigningKey::from_der(&der) {
                assert_eq!(
                    other.verifying_key(),
                    key.verifying_key(),
                    "bit {bit} changed the key unnoticed"
                );
            }
            der[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(SigningKey::from_der(&bytes).is_err());
        prop_assert!(VerifyingKey::from_spki_der(&bytes).is_err());
    }

    #[test]
    fn arbitrary_text_is_refused_without_a_panic(text in "(-----BEGIN |-----END |-----|EC |PRIVATE KEY|PUBLIC KEY|\\PC|\\\\n|\n){0,40}") {
        prop_assert!(SigningKey::from_pem(&text).is_err());
        prop_assert!(VerifyingKey::from_pem(&text).is_err());
        prop_assert!(SigningKey::from_pem_or_path(&text).is_err());
    }

    #[test]
    fn damaged_keys_are_refused_or_the_same_key(at in 0..SANDBOX.len(), length in 0..8_usize, instead in "\\PC{0,4}") {
        let end = (at + length).min(SANDBOX.len());
        let text = format!("{}{instead}{}", &SANDBOX[..at], &SANDBOX[end..]);
        if let Ok(key) = VerifyingKey::from_pem(&text) {
            prop_assert_eq!(key.fingerprint(), SANDBOX_SHA256);
        }
    }

    #[test]
    fn random_sequences_of_der_elements_do_not_panic(
        elements in prop::collection::vec((prop::sample::select(vec![2_u8, 3, 4, 5, 6, 0x30, 0xa0, 0xa1]), prop::collection::vec(any::<u8>(), 0..20)), 0..6)
    ) {
        let mut inside = Vec::new();
        for (tag, value) in elements {
            inside.extend([tag, u8::try_from(value.len()).unwrap()]);
            inside.extend(value);
        }
        let mut der = vec![0x30, 0x81, u8::try_from(inside.len()).unwrap()];
        if inside.len() < 128 { der.remove(1); }
        der.extend(inside);
        let _ = SigningKey::from_der(&der);
        let _ = VerifyingKey::from_spki_der(&der);
    }
}

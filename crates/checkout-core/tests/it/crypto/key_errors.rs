//! What is no key says what it is instead, and the command that its message names does mend it.

use std::fmt::Write as _;

use checkout_core::given::Looks;
use checkout_core::key::{Algorithm, KeyError, SigningKey, VerifyingKey};
use secrecy::ExposeSecret as _;

use crate::crypto::openssl::OpenSsl;

/// One line for each message, and the message without wrapping.
fn report(cases: &[(&str, KeyError)]) -> String {
    let mut report = String::new();
    for (case, error) in cases {
        writeln!(report, "{case}\n    {error}\n").unwrap();
    }
    report
}

#[test]
fn texts_that_are_no_private_key() {
    let begin = "-----BEGIN PRIVATE KEY-----";
    let end = "-----END PRIVATE KEY-----";
    let texts = [
        ("empty", String::new()),
        ("white space", " \r\n\t".to_owned()),
        ("two quotes", "\"\"".to_owned()),
        ("a word", "secret".to_owned()),
        (
            "first line cut",
            format!("-----BEGIN PRIVATE KE\nMHcC\n{end}")[..25].to_owned(),
        ),
        ("last line missing", format!("{begin}\nMHcC\n")),
        ("last line cut", format!("{begin}\nMHcC\n-----END PRIVATE")),
        (
            "other last line",
            format!("{begin}\nMHcC\n-----END PUBLIC KEY-----"),
        ),
        ("no base64", format!("{begin}\nMHc*\n{end}")),
        ("dots instead of the middle", format!("{begin}\nMHc...C=\n{end}")),
        ("nothing inside", format!("{begin}\n{end}")),
        ("cut base64", format!("{begin}\nMHcCAQEE\n{end}")),
        ("JSON web key", "{\"kty\":\"EC\",\"crv\":\"P-384\"}".to_owned()),
    ];
    let cases = texts
        .each_ref()
        .map(|(case, text)| (*case, SigningKey::from_pem(text).unwrap_err()));
    insta::assert_snapshot!(report(&cases));
}

#[test]
fn keys_of_the_wrong_kind() {
    let Some(openssl) = OpenSsl::find() else { return };
    openssl.noah_key();
    openssl.run("openssl req -x509 -key private-key.pem -subj /CN=test -out certificate.pem");
    openssl.run("openssl req -new -key private-key.pem -subj /CN=test -out request.pem");
    openssl.run("openssl genrsa -out rsa.pem 2048");
    openssl.run("openssl pkcs8 -topk8 -nocrypt -in private-key.pem -out pkcs8.pem");
    openssl.run(
        "openssl pkcs12 -export -inkey private-key.pem -in certificate.pem -passout pass:p -out bundle.p12",
    );
    let openssh =
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----";
    let lines = [
        ("public key", "openssl pkey -pubin -in public-key.pem"),
        ("certificate", "openssl x509 -in certificate.pem"),
        ("certificate request", "openssl req -in request.pem"),
        ("RSA, PKCS#8", "openssl pkey -in rsa.pem"),
        ("RSA, PKCS#1", "openssl rsa -in rsa.pem -traditional"),
        ("RSA public key", "openssl rsa -in rsa.pem -pubout"),
        (
            "RSA public key, PKCS#1",
            "openssl rsa -in rsa.pem -RSAPublicKey_out",
        ),
        ("Ed25519", "openssl genpkey -algorithm ed25519"),
        ("X25519", "openssl genpkey -algorithm x25519"),
        (
            "secp256k1, SEC1",
            "openssl ecparam -name secp256k1 -genkey -noout",
        ),
        (
            "secp256k1, PKCS#8",
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1",
        ),
        ("P-521", "openssl ecparam -name secp521r1 -genkey -noout"),
        (
            "P-521 after its parameters",
            "openssl ecparam -name secp521r1 -genkey",
        ),
        (
            "brainpoolP384r1",
            "openssl ecparam -name brainpoolP384r1 -genkey -noout",
        ),
        (
            "a curve without a name here",
            "openssl ecparam -name sect283k1 -genkey -noout",
        ),
        ("parameters only", "openssl ecparam -name secp384r1"),
        (
            "explicit curve, SEC1",
            "openssl ecparam -name secp384r1 -genkey -noout -param_enc explicit",
        ),
        (
            "encrypted, PKCS#8",
            "openssl pkcs8 -topk8 -in private-key.pem -passout pass:p",
        ),
        (
            "encrypted, Proc-Type",
            "openssl ec -in private-key.pem -aes256 -passout pass:p",
        ),
        (
            "explicit curve, PKCS#8",
            "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -pkeyopt ec_param_enc:explicit",
        ),
    ];
    let mut signing: Vec<(&str, KeyError)> = lines
        .iter()
        .map(|(case, line)| (*case, SigningKey::from_pem(&openssl.text(line)).unwrap_err()))
        .collect();
    signing.push(("OpenSSH", SigningKey::from_pem(openssh).unwrap_err()));
    signing.push((
        "PKCS#12",
        SigningKey::from_file(openssl.path("bundle.p12")).unwrap_err(),
    ));
    let encrypted = openssl.run("openssl pkcs8 -topk8 -in private-key.pem -passout pass:p -outform DER");
    signing.push(("encrypted, DER", SigningKey::from_der(&encrypted).unwrap_err()));
    insta::assert_snapshot!("given_for_signing", report(&signing));

    let lines = [
        ("private key, SEC1", "openssl ec -in private-key.pem"),
        ("private key, PKCS#8", "openssl pkey -in private-key.pem"),
        ("certificate", "openssl x509 -in certificate.pem"),
        ("RSA public key", "openssl rsa -in rsa.pem -pubout"),
        ("RSA private key", "openssl pkey -in rsa.pem"),
        (
            "compressed",
            "openssl ec -in private-key.pem -pubout -conv_form compressed",
        ),
    ];
    let verifying: Vec<(&str, KeyError)> = lines
        .iter()
        .map(|(case, line)| (*case, VerifyingKey::from_pem(&openssl.text(line)).unwrap_err()))
        .collect();
    insta::assert_snapshot!("given_for_verifying", report(&verifying));
}

/// The command between the first two backticks of a message.
fn remedy(error: &KeyError) -> String {
    error.to_string().split('`').nth(1).expect("a command").to_owned()
}

#[test]
fn the_named_commands_mend_the_key() {
    let Some(openssl) = OpenSsl::find() else { return };
    let original = SigningKey::from_pem(&openssl.noah_key()).unwrap();
    let keep = "openssl ec -in private-key.pem -out original.pem";
    openssl.run(keep);
    openssl.run("openssl req -x509 -key original.pem -subj /CN=test -out certificate.pem");
    let damages = [
        (
            "openssl pkcs8 -topk8 -in original.pem -passout pass:p -out encrypted.pem",
            "encrypted.pem",
            "private-key.pem",
        ),
        (
            "openssl ec -in original.pem -aes256 -passout pass:p -out encrypted.pem",
            "encrypted.pem",
            "private-key.pem",
        ),
        (
            "openssl ec -in original.pem -param_enc explicit -out private-key.pem",
            "private-key.pem",
            "named.pem",
        ),
        (
            "openssl pkcs12 -export -inkey original.pem -in certificate.pem -passout pass:p -out bundle.p12",
            "bundle.p12",
            "private-key.pem",
        ),
    ];
    for (damage, damaged, mended) in damages {
        openssl.run(damage);
        let error = SigningKey::from_file(openssl.path(damaged)).unwrap_err();
        // A person types the pass phrase.
        let command = remedy(&error)
            .replace("encrypted.pem", "encrypted.pem -passin pass:p")
            .replace("bundle.p12", "bundle.p12 -passin pass:p");
        openssl.shell(&command);
        let key =
            SigningKey::from_file(openssl.path(mended)).unwrap_or_else(|error| panic!("{command}: {error}"));
        assert_eq!(key.verifying_key(), original.verifying_key(), "{command}");
    }

    openssl.run("openssl ec -in original.pem -pubout -conv_form compressed -out public-key.pem");
    openssl.shell(&remedy(
        &VerifyingKey::from_pem(&openssl.read("public-key.pem")).unwrap_err(),
    ));
    let key = VerifyingKey::from_pem(&openssl.read("uncompressed.pem")).unwrap();
    assert_eq!(&key, original.verifying_key());

    openssl.run("openssl ecparam -name secp521r1 -genkey -noout -out private-key.pem");
    openssl.shell(&remedy(
        &SigningKey::from_file(openssl.path("private-key.pem")).unwrap_err(),
    ));
    SigningKey::from_file(openssl.path("new-private-key.pem")).unwrap();
}

#[test]
fn a_public_key_of_somebody_else_inside_the_file() {
    let Some(openssl) = OpenSsl::find() else { return };
    openssl.noah_key();
    let mut der = openssl.run("openssl ec -in private-key.pem -outform DER");
    let other = SigningKey::generate(Algorithm::ES384).unwrap();
    let point = &other.verifying_key().to_spki_der()[23..];
    let at = der.len() - point.len();
    der[at..].copy_from_slice(point);
    let error = SigningKey::from_der(&der).unwrap_err();
    assert!(matches!(error, KeyError::ForeignPublicKey), "{error}");
    insta::assert_snapshot!(error);

    openssl.write("foreign.der", &der);
    openssl.shell("openssl base64 -in foreign.der | sed '1i -----BEGIN EC PRIVATE KEY-----' | sed '$a -----END EC PRIVATE KEY-----' > private-key.pem");
    assert!(matches!(
        SigningKey::from_file(openssl.path("private-key.pem")).unwrap_err(),
        KeyError::ForeignPublicKey
    ));
    openssl.shell(&remedy(&error));
    SigningKey::from_file(openssl.path("mended.pem")).unwrap();
}

#[test]
fn files() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, contents: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, contents).unwrap();
        SigningKey::from_pem_or_path(path.to_str().unwrap()).unwrap_err()
    };
    let cases = [
        ("missing", SigningKey::from_file("no/such/key.pem").unwrap_err()),
        (
            "missing, environment variable",
            SigningKey::from_pem_or_path("no/such/key.pem").unwrap_err(),
        ),
        ("empty variable", SigningKey::from_pem_or_path(" ").unwrap_err()),
        ("quoted nothing", SigningKey::from_pem_or_path("''").unwrap_err()),
        ("empty file", file("empty", b"")),
        ("file of white space", file("blank", b"\n\n")),
        ("a photograph", file("photo", &[0xff, 0xd8, 0xff, 0xe0])),
        ("text", file("text", b"hello")),
        ("cut DER", file("cut.der", &[0x30, 0x81, 0xa4, 2, 1, 1])),
    ];
    insta::assert_snapshot!(report(&cases));

    let error = SigningKey::from_file(directory.path()).unwrap_err();
    assert!(matches!(error, KeyError::Unreadable { .. }), "{error}");
    // Not even what looks like a path shows, for nobody knows what was meant.
    let missing = directory.path().join("the-key-that-signs-our-requests.pem");
    let error = SigningKey::from_pem_or_path(missing.to_str().unwrap()).unwrap_err();
    assert!(matches!(&error, KeyError::NeitherPemNorPath(not_shown) if not_shown.looks() == Looks::Path));
    assert!(
        !format!("{error} {error:?}").contains("requests.pem"),
        "{error:?}"
    );
}

#[test]
fn no_error_and_no_debug_shows_the_key() {
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    let pem = key.to_pkcs8_pem().unwrap();
    let lines: Vec<&str> = pem.expose_secret().lines().collect();
    let inside = lines[1..lines.len() - 1].concat();
    let shown = format!("{key:?} {:?} {pem:?}", key.verifying_key());
    for start in 0..inside.len() - 8 {
        assert!(!shown.contains(&inside[start..start + 8]));
    }
    insta::assert_snapshot!(
        shown
            .replace(&key.verifying_key().fingerprint(), "<fingerprint>")
            .replace(&format!("deterministic: {}", key.is_deterministic()), "deterministic: <library>"),
        @r#"SigningKey { algorithm: ES384, public_key_sha256: "<fingerprint>", deterministic: <library>, .. } VerifyingKey { algorithm: ES384, sha256: "<fingerprint>", .. } SecretBox<str>([REDACTED])"#
    );

    let url_safe = inside.replace('+', "-").replace('/', "_");
    let hexadecimal: String = (0..48).map(|byte| format!("{:02x}", byte * 5)).collect();
    let stripped = [
        inside.clone(),
        url_safe,
        hexadecimal,
        lines[1..].join("\n"),
        lines[1..].join("\\n"),
        format!("{inside}\n"),
        inside[..64].to_owned(),
        format!("base64:{inside}"),
    ];
    for value in stripped {
        let error = SigningKey::from_pem_or_path(&value).unwrap_err();
        assert!(matches!(error, KeyError::NeitherPemNorPath(_)), "{error:?}");
        assert!(std::error::Error::source(&error).is_none());
    }
    for damaged in [
        pem.expose_secret().replacen('M', "*", 1),
        pem.expose_secret().replace("-----END", ""),
        pem.expose_secret().replacen(&inside[10..20], "", 1),
    ] {
        let error = SigningKey::from_pem(&damaged).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            !inside
                .as_bytes()
                .windows(6)
                .any(|part| shown.contains(std::str::from_utf8(part).unwrap())),
            "{shown}"
        );
    }
}

//! Published test vectors: Wycheproof for verifying, RFC 6979 for deterministic signing.

use checkout_core::key::{Algorithm, SigningKey, VerifyError, VerifyingKey};
use wycheproof::{
    TestResult,
    ecdsa::{TestName, TestSet},
};

fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

type Verify = fn(&VerifyingKey, &[u8], &[u8]) -> Result<(), VerifyError>;

/// Runs a set through both libraries; hands back how many tests it has and how many signatures hold.
fn wycheproof(name: TestName, verify: Verify) -> (usize, usize) {
    let set = TestSet::load(name).unwrap();
    let (mut tests, mut holding) = (0, 0);
    for group in &set.test_groups {
        let key = VerifyingKey::from_spki_der(&group.der).unwrap();
        assert_eq!(VerifyingKey::from_pem(&group.pem).unwrap(), key);
        let pure_rust = key.clone().into_pure_rust().unwrap();
        for test in &group.tests {
            let expected = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("test {}: neither right nor wrong", test.tc_id),
            };
            for (library, key) in [("AWS-LC", &key), ("pure Rust", &pure_rust)] {
                let holds = verify(key, &test.msg, &test.sig).is_ok();
                assert_eq!(
                    holds, expected,
                    "{library}, test {}: {}",
                    test.tc_id, test.comment
                );
            }
            tests += 1;
            holding += usize::from(expected);
        }
    }
    (tests, holding)
}

#[test]
fn wycheproof_p384_der() {
    assert_eq!(
        wycheproof(TestName::EcdsaSecp384r1Sha384, VerifyingKey::verify_der),
        (504, 194)
    );
}

#[test]
fn wycheproof_p384_raw() {
    assert_eq!(
        wycheproof(TestName::EcdsaSecp384r1Sha384P1363, VerifyingKey::verify_raw),
        (280, 193)
    );
}

#[test]
fn wycheproof_p256() {
    let (tests, _) = wycheproof(TestName::EcdsaSecp256r1Sha256, VerifyingKey::verify_der);
    assert!(tests > 400);
    let (tests, _) = wycheproof(TestName::EcdsaSecp256r1Sha256P1363, VerifyingKey::verify_raw);
    assert!(tests > 200);
}

/// A SEC1 key of nothing but its number.
fn key(scalar: &str) -> SigningKey {
    let scalar = hex(scalar);
    let length = u8::try_from(scalar.len()).unwrap();
    let mut der = vec![0x30, length + 5, 2, 1, 1, 4, length];
    der.extend(scalar);
    SigningKey::from_der(&der).unwrap()
}

/// Writes `r` and `s` as a DER sequence, by hand.
fn der(r: &str, s: &str) -> Vec<u8> {
    let mut inside = Vec::new();
    for number in [hex(r), hex(s)] {
        let digits: Vec<u8> = number.into_iter().skip_while(|byte| *byte == 0).collect();
        let sign = usize::from(digits[0] >= 0x80);
        inside.extend([2, u8::try_from(digits.len() + sign).unwrap()]);
        inside.extend(vec![0; sign]);
        inside.extend(digits);
    }
    let mut der = vec![0x30, u8::try_from(inside.len()).unwrap()];
    der.extend(inside);
    der
}

/// RFC 6979, A.2.6 (P-384, SHA-384) and A.2.5 (P-256, SHA-256).
#[test]
fn rfc_6979_signatures() {
    let p384 =
        "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5";
    let p256 = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
    let cases = [
        (
            p384,
            "sample",
            "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46",
            "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8",
        ),
        (
            p384,
            "test",
            "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB0542A7F0812998DA8F1DD3CA3CF023DB",
            "DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E06A739F040649A667BF3B828246BAA5A5",
        ),
        (
            p256,
            "sample",
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
        ),
        (
            p256,
            "test",
            "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
            "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
        ),
    ];
    for (scalar, message, r, s) in cases {
        let default = key(scalar);
        let deterministic = default.clone().into_deterministic().unwrap();
        assert!(deterministic.is_deterministic());
        let published = der(r, s);
        assert_eq!(
            deterministic.sign_der(message.as_bytes()).unwrap(),
            published,
            "{message}"
        );
        default
            .verifying_key()
            .verify_der(message.as_bytes(), &published)
            .unwrap();
        // AWS-LC signs unless it is left out, and draws its numbers at random.
        assert_eq!(default.is_deterministic(), !cfg!(feature = "aws-lc-rs"));
        let signature = default.sign_der(message.as_bytes()).unwrap();
        assert_eq!(signature == published, default.is_deterministic(), "{message}");
    }
}

#[test]
fn the_public_keys_of_rfc_6979() {
    let key = key(
        "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
    );
    let x =
        "EC3A4E415B4E19A4568618029F427FA5DA9A8BC4AE92E02E06AAE5286B300C64DEF8F0EA9055866064A254515480BC13";
    let y =
        "8015D9B72D7D57244EA8EF9AC0C621896708A59367F9DFB9F54CA84B3F1C9DB1288B231C3AE0D4FE7344FD2533264720";
    let point = [vec![4], hex(x), hex(y)].concat();
    assert!(key.verifying_key().to_spki_der().ends_with(&point));
    assert_eq!(key.algorithm(), Algorithm::ES384);
}

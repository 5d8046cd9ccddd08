//! A good request to NOAH, and what goes wrong with its address, its API key and its token.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use checkout_core::digest::sha256_hex;
use checkout_core::key::{Algorithm, SigningKey};
use checkout_doctor::{Case, Headers};
use secrecy::{ExposeSecret as _, SecretSlice};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::{BODY, Change as _, Good, Mutation, NOW, NOW_AS_DATE, mutations};

pub(super) const API_KEY: &str = "apikey_sandbox_CanaryKey0123456789";
pub(super) const URL: &str =
    "https://api.sandbox.noah.com/v1/checkout/payin/fiat?Country=BR&Note=a%20b&PageSize=50";

pub(super) static KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Algorithm::ES384).unwrap());
pub(super) static OTHER_KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate(Algorithm::ES384).unwrap());

pub(super) fn secret_bytes(text: impl Into<Vec<u8>>) -> SecretSlice<u8> {
    SecretSlice::from(text.into())
}

pub(super) fn private_pem(key: &SigningKey) -> String {
    key.to_pkcs8_pem().unwrap().expose_secret().to_owned()
}

/// A request in parts. What is signed is what the parts are in the end.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) case: Case,
    pub(super) headers: Headers,
    pub(super) header: Value,
    pub(super) claims: Map<String, Value>,
    /// How header and claims become text.
    encode: fn(&str) -> String,
    /// The text of the signature over `header.claims`.
    sign: fn(&str) -> String,
    /// What is done to the finished token.
    finish: fn(String) -> String,
    /// What is done to the finished headers.
    afterwards: fn(&mut Headers),
}

impl Request {
    pub(super) fn claim(&mut self, name: &str, value: impl Into<Value>) {
        self.claims.insert(name.to_owned(), value.into());
    }

    pub(super) fn without(&mut self, name: &str) {
        self.claims.remove(name);
    }

    pub(super) fn url(&mut self, url: &str) {
        self.case.url = Some(url.to_owned());
    }

    pub(super) fn hash_of(&mut self, body: impl AsRef<[u8]>) {
        self.claim("bodyHash", sha256_hex(body.as_ref()));
    }

    fn alg(&mut self, alg: &str) {
        self.header = json!({"alg": alg, "typ": "JWT"});
    }
}

impl Good for Request {
    const KIND: &'static str = "a request to NOAH";
    const MUTATIONS: &'static [Mutation<Self>] = MUTATIONS;

    fn good() -> Self {
        let mut headers = Headers::default();
        headers.append("Host", "api.sandbox.noah.com");
        headers.append("X-Api-Key", API_KEY);
        headers.append("Content-Type", "application/json");
        let Value::Object(claims) = json!({
            "aud": "https://api.noah.com",
            "iat": NOW,
            "exp": NOW + 300,
            "method": "POST",
            "path": "/v1/checkout/payin/fiat",
            "queryParams": {"Country": "BR", "Note": "a b", "PageSize": "50"},
            "bodyHash": sha256_hex(BODY.as_bytes()),
        }) else {
            unreachable!()
        };
        Self {
            case: Case {
                signing_key: Some(secret_bytes(private_pem(&KEY))),
                public_key: Some(KEY.public_key_pem()),
                method: Some("POST".to_owned()),
                url: Some(URL.to_owned()),
                body: Some(BODY.into()),
                now: NOW,
                server_date: Some(NOW_AS_DATE.to_owned()),
                environment: Some("sandbox".to_owned()),
                ..Case::default()
            },
            headers,
            header: json!({"alg": "ES384", "typ": "JWT"}),
            claims,
            encode: |text| URL_SAFE_NO_PAD.encode(text),
            sign: |text| URL_SAFE_NO_PAD.encode(raw(&KEY, text.as_bytes())),
            finish: |token| token,
            afterwards: |_| {},
        }
    }

    fn case(mut self) -> Case {
        let parts = [self.header.to_string(), Value::Object(self.claims).to_string()];
        let signed = parts.map(|part| (self.encode)(&part)).join(".");
        let token = format!("{signed}.{}", (self.sign)(&signed));
        self.headers.append("Api-Signature", (self.finish)(token));
        (self.afterwards)(&mut self.headers);
        Case {
            headers: Some(self.headers),
            ..self.case
        }
    }
}

/// `r` and `s` side by side, out of DER.
pub(super) fn raw(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let der = key.sign_der(message).unwrap();
    let mut raw = Vec::new();
    let mut rest = &der[2..];
    for _ in 0..2 {
        let (number, after) = rest[2..].split_at(usize::from(rest[1]));
        let number = &number[number.iter().take_while(|byte| **byte == 0).count()..];
        raw.extend(vec![0; 48 - number.len()]);
        raw.extend_from_slice(number);
        rest = after;
    }
    raw
}

/// A signature over any hash.
pub(super) fn over(key: &SigningKey, hash: &[u8]) -> p384::ecdsa::Signature {
    use p384::ecdsa::signature::hazmat::PrehashSigner as _;
    use p384::pkcs8::DecodePrivateKey as _;

    let key = p384::ecdsa::SigningKey::from_pkcs8_pem(&private_pem(key)).unwrap();
    key.sign_prehash(hash).unwrap()
}

/// In the standard alphabet, in a way that shows.
fn standard_signature(text: &str) -> String {
    std::iter::repeat_with(|| STANDARD.encode(raw(&KEY, text.as_bytes())))
        .find(|signature| signature.contains(['+', '/']))
        .unwrap()
}

/// White space says nothing, and is signed all the same.
fn changed_claims(token: String) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let Ok(claims) = URL_SAFE_NO_PAD.decode(parts[1]) else {
        return token;
    };
    let changed = URL_SAFE_NO_PAD.encode([b" ", claims.as_slice()].concat());
    format!("{}.{changed}.{}", parts[0], parts[2])
}

mutations! { Request;
    the_url_is_relative => UrlInvalid, |r| r.url("/v1/checkout/payin/fiat?Country=BR");
    the_url_is_plain_http => UrlPlainHttp, |r| r.url(&URL.replace("https", "http"));
    the_url_is_of_production => UrlOtherEnvironment, |r| r.url(&URL.replace("sandbox.", ""));
    the_url_has_no_version => UrlNoVersion, |r| r.url(&URL.replace("/v1", ""));
    the_api_key_is_not_sent => ApiKeyMissing, |r| r.headers.remove("x-api-key");
    the_api_key_is_sent_as_a_bearer_token => ApiKeyOtherHeader, |r| {
        r.headers.remove("x-api-key");
        r.headers.append("Authorization", format!("Bearer {API_KEY}"));
    };
    the_api_key_is_sent_twice => ApiKeyRepeated, |r| r.headers.append("x-api-key", API_KEY);
    the_api_key_ends_with_a_line_break => ApiKeyBlanks, |r| r.headers.set("x-api-key", format!("{API_KEY}\n"));
    the_api_key_is_in_quotes => ApiKeyQuoted, |r| r.headers.set("x-api-key", format!("\"{API_KEY}\""));
    the_api_key_lacks_its_first_part => ApiKeyMalformed, |r| r.headers.set("x-api-key", "sandbox_CanaryKey0123456789");
    the_api_key_is_of_production => ApiKeyOtherEnvironment,
        |r| r.headers.set("x-api-key", API_KEY.replace("sandbox", "prod"));
    the_api_key_and_the_token_are_swapped => ApiKeyIsToken, |r| r.afterwards = |headers| {
        let token = headers.values("api-signature").next().unwrap().to_owned();
        headers.set("api-signature", API_KEY);
        headers.set("x-api-key", token);
    };
    a_browser_sends_it => BrowserOrigin, |r| r.headers.append("Origin", "https://shop.example");
    the_token_is_not_sent => TokenMissing, |r| r.afterwards = |headers| headers.remove("api-signature");
    the_token_is_sent_in_authorization => TokenOtherHeader, |r| r.afterwards = |headers| {
        let token = headers.values("api-signature").next().unwrap().to_owned();
        headers.remove("api-signature");
        headers.append("Authorization", format!("Bearer {token}"));
    };
    the_token_is_sent_twice => TokenRepeated, |r| r.headers.append("api-signature", "eyJ.eyJ.x");
    the_token_is_a_bearer_token => TokenBearer, |r| r.finish = |token| format!("Bearer {token}");
    the_token_ends_with_a_line_break => TokenBlanks, |r| r.finish = |token| token + "\n";
    the_token_was_wrapped => TokenBlanks, |r| r.finish = |token| format!("{} {}", &token[..40], &token[40..]);
    the_token_is_an_api_key => TokenIsApiKey, |r| r.finish = |_| API_KEY.to_owned();
    the_token_is_cut_before_its_signature => TokenParts,
        |r| r.finish = |token| token[..token.rfind('.').unwrap()].to_owned();
    the_header_is_no_json => TokenHeaderUnreadable, |r| r.header = json!("ES384");
    the_header_is_padded => TokenHeaderBase64, |r| {
        r.header = json!({"alg": "ES384", "typ": "JWT", "kid": "?"});
        r.encode = |text| if text.contains("\"kid\"") { STANDARD.encode(text) } else { URL_SAFE_NO_PAD.encode(text) };
        let text = (r.encode)(&r.header.to_string());
        assert!(text.contains(['=', '+', '/']), "shows nothing: {text}");
    };
    the_claims_are_no_json => TokenClaimsUnreadable, |r| r.encode = |text| {
        URL_SAFE_NO_PAD.encode(if text.contains("\"aud\"") { &text[1..] } else { text })
    };
    the_claims_are_padded => TokenClaimsBase64, |r| {
        r.claim("kind", "???");
        r.encode = |text| if text.contains("\"aud\"") { STANDARD.encode(text) } else { URL_SAFE_NO_PAD.encode(text) };
        let text = (r.encode)(&Value::Object(r.claims.clone()).to_string());
        assert!(text.contains(['=', '+', '/']), "shows nothing: {text}");
    };
    no_algorithm_is_named => AlgMissing, |r| r.header = json!({"typ": "JWT"});
    the_token_is_not_signed_at_all => AlgNone, |r| {
        r.alg("none");
        r.sign = |_| String::new();
    };
    the_token_is_signed_with_a_secret => AlgHmac, |r| {
        r.alg("HS256");
        r.sign = |text| URL_SAFE_NO_PAD.encode(checkout_core::mac::hmac_sha256(b"secret", text.as_bytes()));
    };
    the_token_is_signed_with_the_public_key_as_secret => AlgHmac, |r| {
        r.alg("HS256");
        r.sign = |text| URL_SAFE_NO_PAD
            .encode(checkout_core::mac::hmac_sha256(KEY.public_key_pem().as_bytes(), text.as_bytes()));
    };
    the_token_is_signed_with_rsa => AlgRsa, |r| {
        r.alg("RS256");
        r.sign = |_| URL_SAFE_NO_PAD.encode([7; 256]);
    };
    the_token_is_signed_with_another_algorithm => AlgOther, |r| {
        r.alg("EdDSA");
        r.sign = |_| URL_SAFE_NO_PAD.encode([7; 64]);
    };
    the_algorithm_is_not_that_of_the_curve => AlgCurve, |r| r.alg("ES256");
    the_signature_is_empty => SignatureEmpty, |r| r.sign = |_| String::new();
    the_signature_is_no_base64 => SignatureUnreadable, |r| r.sign = |text| {
        format!("{}*", URL_SAFE_NO_PAD.encode(raw(&KEY, text.as_bytes())))
    };
    the_signature_is_in_the_standard_alphabet => SignatureBase64, |r| r.sign = standard_signature;
    the_signature_is_der => SignatureDer,
        |r| r.sign = |text| URL_SAFE_NO_PAD.encode(KEY.sign_der(text.as_bytes()).unwrap());
    the_signature_is_cut => SignatureLength,
        |r| r.sign = |text| URL_SAFE_NO_PAD.encode(&raw(&KEY, text.as_bytes())[..90]);
    the_signature_is_made_over_a_hash => SignatureDoubleHash,
        |r| r.sign = |text| URL_SAFE_NO_PAD.encode(raw(&KEY, &Sha384::digest(text.as_bytes())));
    the_signature_is_made_over_sha256 => SignatureHash,
        |r| r.sign = |text| URL_SAFE_NO_PAD.encode(over(&KEY, &Sha256::digest(text)).to_bytes());
    the_signature_is_made_over_sha512 => SignatureHash,
        |r| r.sign = |text| URL_SAFE_NO_PAD.encode(over(&KEY, &Sha512::digest(text)).to_bytes());
    the_algorithm_and_the_hash_are_those_of_the_smaller_curve => AlgCurve, |r| {
        r.alg("ES256");
        r.sign = |text| URL_SAFE_NO_PAD.encode(over(&KEY, &Sha256::digest(text)).to_bytes());
    };
    the_signature_is_made_by_another_key => SignatureMismatch,
        |r| r.sign = |text| URL_SAFE_NO_PAD.encode(raw(&OTHER_KEY, text.as_bytes()));
    the_claims_are_changed_after_signing => SignatureMismatch, |r| r.finish = changed_claims;
    this_machine_is_two_minutes_ahead => ClockAhead, |r| {
        r.case.now = NOW + 120;
        r.claim("iat", NOW + 120);
        r.claim("exp", NOW + 420);
    };
    this_machine_is_seven_minutes_behind => ClockBehind, |r| {
        r.case.now = NOW - 420;
        r.claim("iat", NOW - 420);
        r.claim("exp", NOW - 120);
    };
    the_date_of_the_api_is_no_date => ClockUnreadable, |r| r.case.server_date = Some("yesterday".to_owned());
}

/// What this project's own client sends is what the doctor calls right.
#[test]
fn what_hosted_checkout_signs_holds() {
    use hosted_checkout::noah::{ApiKey, RequestSigner};

    let base_url = hosted_checkout::BaseUrl::parse("https://api.sandbox.noah.com/v1").unwrap();
    let signer = RequestSigner::new(&ApiKey::parse(API_KEY).unwrap(), Some(KEY.clone()), &base_url).unwrap();
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(NOW.unsigned_abs());
    for (method, url, body) in [
        ("GET", URL, ""),
        ("POST", URL, BODY),
        ("POST", "https://api.sandbox.noah.com/v1/checkout/sell", BODY),
    ] {
        let signed = signer
            .sign(
                &method.parse().unwrap(),
                &url.parse().unwrap(),
                body.as_bytes(),
                now,
            )
            .unwrap();
        let headers = signed
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let case = Case {
            headers: Some(Headers::new(headers)),
            method: Some(method.to_owned()),
            url: Some(url.to_owned()),
            body: Some(body.into()),
            ..Request::good().case
        };
        let diagnosis = checkout_doctor::diagnose(&case);
        assert_eq!(
            super::named(&diagnosis),
            [].into(),
            "{method} {url}: {diagnosis:#?}"
        );
        assert_eq!(
            diagnosis.in_state(checkout_doctor::State::Unknown).count(),
            1,
            "{diagnosis:#?}"
        );
    }
}

/// The smaller curve, a server on this machine and a proxy with a prefix are as good.
#[test]
fn other_good_requests_hold() {
    let small = SigningKey::generate(Algorithm::ES256).unwrap();
    for url in [
        "http://127.0.0.1:4010/v1/checkout/payin/fiat",
        "https://proxy.example/noah/v1/checkout/payin/fiat",
    ] {
        let mut request = Request::good();
        request.without("queryParams");
        let case = Case {
            token: Some(small.sign_jws(&request.claims).unwrap().into()),
            api_key: Some(API_KEY.into()),
            signing_key: Some(secret_bytes(private_pem(&small))),
            public_key: Some(small.public_key_pem()),
            url: Some(url.to_owned()),
            environment: Some("sandbox".to_owned()),
            ..request.case
        };
        let diagnosis = checkout_doctor::diagnose(&case);
        assert_eq!(super::named(&diagnosis), [].into(), "{url}: {diagnosis:#?}");
    }
}

/// The other way round: the larger hash on the smaller curve.
#[test]
fn another_hash_is_told_on_either_curve() {
    use p256::ecdsa::signature::hazmat::PrehashSigner as _;
    use p256::pkcs8::DecodePrivateKey as _;

    let small = SigningKey::generate(Algorithm::ES256).unwrap();
    let mut request = Request::good();
    request.alg("ES256");
    let parts = [
        request.header.to_string(),
        Value::Object(request.claims.clone()).to_string(),
    ];
    let signed = parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let signer = p256::ecdsa::SigningKey::from_pkcs8_pem(&private_pem(&small)).unwrap();
    let signature: p256::ecdsa::Signature = signer.sign_prehash(&Sha384::digest(&signed)).unwrap();
    let case = Case {
        token: Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())).into()),
        api_key: Some(API_KEY.into()),
        signing_key: Some(secret_bytes(private_pem(&small))),
        public_key: Some(small.public_key_pem()),
        ..request.case
    };
    let diagnosis = checkout_doctor::diagnose(&case);
    let rule = checkout_doctor::Rule::SignatureHash;
    assert_eq!(super::named(&diagnosis), [rule].into(), "{diagnosis:#?}");
}

#[test]
fn headers_and_token_tell_what_a_case_is() {
    use checkout_doctor::Kind;

    let of = |name: &str, value: &str| {
        let headers = Headers::new([
            ("Host".to_owned(), "h".to_owned()),
            (name.to_owned(), value.to_owned()),
        ]);
        Case {
            headers: Some(headers),
            ..Case::default()
        }
        .kind()
    };
    assert_eq!(of("WEBHOOK-SIGNATURE", "x"), Kind::NoahWebhook);
    assert_eq!(of("x-gcs-signature", "x"), Kind::WorldlineWebhook);
    assert_eq!(of("X-GCS-KeyId", "x"), Kind::WorldlineWebhook);
    assert_eq!(of("Authorization", "GCS v1HMAC:a:b"), Kind::WorldlineRequest);
    assert_eq!(of("X-GCS-Idempotence-Key", "x"), Kind::WorldlineRequest);
    assert_eq!(of("Api-Signature", "x"), Kind::NoahRequest);
    assert_eq!(of("Accept", "*/*"), Kind::NoahRequest);
    assert_eq!(
        Case {
            token: Some("x".into()),
            ..Case::default()
        }
        .kind(),
        Kind::NoahRequest
    );
    assert_eq!(Case::default().kind(), Kind::Setup);
}

//! A good request to Worldline Connect, and what goes wrong with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkout_core::mac::hmac_sha256;
use checkout_doctor::{Case, Headers, Rule, State};

use super::{BODY, Change as _, Good, Mutation, NOW, NOW_AS_DATE, mutations};

const KEY_ID: &str = "5e45c937b9db33ae";
const HOST: &str = "https://eu.sandbox.api-ingenico.com";
const PATH: &str = "/v1/9991/products/302/sessions";
/// Looks like base64, as Worldline's secrets do.
pub(super) const SECRET: &str = "CanaryKeyHuHnRiJjJ2B6+22h0yQt/R3nZR8XgAAAAA=";

/// A request in parts: what is sent, and what is signed.
pub(super) struct Request {
    case: Case,
    headers: Headers,
    method: &'static str,
    content_type: &'static str,
    date: &'static str,
    signed_headers: &'static str,
    resource: String,
    end: String,
    secret: Vec<u8>,
    form: fn(&[u8]) -> String,
    afterwards: fn(&mut Headers),
}

impl Good for Request {
    const KIND: &'static str = "a request to Worldline Connect";
    const MUTATIONS: &'static [Mutation<Self>] = MUTATIONS;

    fn good() -> Self {
        let mut headers = Headers::default();
        headers.append("Host", "eu.sandbox.api-ingenico.com");
        headers.append("Date", NOW_AS_DATE);
        headers.append("Content-Type", "application/json");
        headers.append("X-GCS-ServerMetaInfo", "eyJ9");
        headers.append("X-GCS-Idempotence-Key", "order-1");
        Self {
            case: Case {
                method: Some("POST".to_owned()),
                url: Some(format!("{HOST}{PATH}?note=a%20b")),
                body: Some(BODY.into()),
                now: NOW,
                server_date: Some(NOW_AS_DATE.to_owned()),
                key_id: Some(KEY_ID.to_owned()),
                secret: Some(SECRET.into()),
                kind: Some(checkout_doctor::Kind::WorldlineRequest),
                ..Case::default()
            },
            headers,
            method: "POST",
            content_type: "application/json",
            date: NOW_AS_DATE,
            signed_headers: "x-gcs-idempotence-key:order-1\nx-gcs-servermetainfo:eyJ9\n",
            resource: format!("{PATH}?note=a b"),
            end: "\n".to_owned(),
            secret: SECRET.into(),
            form: |mac| STANDARD.encode(mac),
            afterwards: |_| {},
        }
    }

    fn case(mut self) -> Case {
        let text = format!(
            "{}\n{}\n{}\n{}{}{}",
            self.method, self.content_type, self.date, self.signed_headers, self.resource, self.end
        );
        let signature = (self.form)(&hmac_sha256(&self.secret, text.as_bytes()));
        self.headers
            .append("Authorization", format!("GCS v1HMAC:{KEY_ID}:{signature}"));
        (self.afterwards)(&mut self.headers);
        Case {
            headers: Some(self.headers),
            ..self.case
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

mutations! { Request;
    the_url_is_relative => UrlInvalid, |r| r.case.url = Some(PATH.to_owned());
    the_url_is_plain_http => UrlPlainHttp,
        |r| r.case.url = r.case.url.take().map(|url| url.replace("https", "http"));
    the_url_has_no_version => UrlNoVersion, |r| {
        r.case.url = r.case.url.take().map(|url| url.replace("/v1", ""));
        r.resource = r.resource.replace("/v1", "");
    };
    this_machine_is_ten_minutes_ahead => ClockAhead, |r| {
        r.case.now = NOW + 600;
        r.date = "Tue, 03 Jun 2025 11:15:30 GMT";
        r.headers.set("date", r.date);
    };
    authorization_is_missing => AuthorizationMissing, |r| r.afterwards = |headers| headers.remove("authorization");
    authorization_comes_twice => AuthorizationRepeated,
        |r| r.afterwards = |headers| headers.append("authorization", "GCS v1HMAC:a:b");
    authorization_is_basic => AuthorizationForm, |r| r.afterwards = |headers| headers.set("authorization", "Basic YTpi");
    authorization_names_a_client_session => AuthorizationClient,
        |r| r.afterwards = |headers| headers.set("authorization", "GCS v1Client:f084372052fb47d9a766ec35bfa0e6bd");
    the_key_id_is_another => KeyIdOther, |r| r.case.key_id = Some("EC36A74A98D21".to_owned());
    the_secret_ends_with_a_line_break => SecretBlanks, |r| r.case.secret = Some(format!("{SECRET}\n").into());
    the_date_is_missing => DateMissing, |r| r.headers.remove("date");
    the_date_comes_twice => DateRepeated, |r| r.headers.append("date", NOW_AS_DATE);
    the_date_is_iso_8601 => DateForm, |r| {
        r.date = "2025-06-03T11:05:30Z";
        r.headers.set("date", r.date);
    };
    the_date_is_an_hour_old => DateOff, |r| {
        r.date = "Tue, 03 Jun 2025 10:05:30 GMT";
        r.headers.set("date", r.date);
    };
    the_content_type_is_missing => ContentTypeMissing, |r| r.headers.remove("content-type");
    the_content_type_is_text => ContentTypeOther, |r| {
        r.content_type = "text/plain";
        r.headers.set("content-type", "text/plain");
    };
    the_signature_is_hex => MacHex, |r| r.form = hex;
    the_signature_is_no_base64 => MacNotBase64, |r| r.form = |_| "*".to_owned();
    the_signature_is_as_long_as_sha1 => MacSha1, |r| r.form = |mac| STANDARD.encode(&mac[..20]);
    the_signature_is_as_long_as_sha512 => MacLength, |r| r.form = |mac| STANDARD.encode([mac, mac].concat());
    the_secret_is_decoded => MacSecretDecoded, |r| r.secret = STANDARD.decode(SECRET).unwrap();
    the_secret_is_in_quotes => SecretQuoted, |r| r.case.secret = Some(format!("'{SECRET}'").into());
    the_secret_is_used_in_quotes => MacSecretQuoted, |r| r.secret = format!("'{SECRET}'").into();
    the_path_is_signed_without_version => MacNoVersion, |r| r.resource = r.resource.replace("/v1", "");
    the_secret_is_used_with_a_line_break => MacSecretNewline, |r| r.secret.push(b'\n');
    the_last_line_is_not_ended => MacNoFinalNewline, |r| r.end.clear();
    the_method_is_in_lower_case => MacMethodCase, |r| r.method = "post";
    no_gcs_header_is_signed => MacHeadersLeftOut, |r| r.signed_headers = "";
    one_gcs_header_is_not_signed => MacHeadersLeftOut, |r| r.signed_headers = "x-gcs-servermetainfo:eyJ9\n";
    the_gcs_headers_are_not_sorted => MacHeadersUnsorted,
        |r| r.signed_headers = "x-gcs-servermetainfo:eyJ9\nx-gcs-idempotence-key:order-1\n";
    the_gcs_headers_are_signed_as_sent => MacHeadersCase,
        |r| r.signed_headers = "X-GCS-Idempotence-Key:order-1\nX-GCS-ServerMetaInfo:eyJ9\n";
    the_host_is_signed => MacHost, |r| r.resource.insert_str(0, HOST);
    the_query_is_not_signed => MacNoQuery, |r| r.resource = PATH.to_owned();
    the_query_is_signed_encoded => MacQueryEncoded, |r| r.resource = format!("{PATH}?note=a%20b");
    another_content_type_is_signed => MacContentType, |r| r.content_type = "application/json; charset=utf-8";
    the_body_is_signed_too => MacBody, |r| r.end = format!("\n{BODY}\n");
    another_secret_is_used => MacMismatch, |r| r.secret = b"another secret".to_vec();
}

/// Signatures that Worldline publishes, made by none of the code here.
#[test]
fn published_signatures_are_judged_right() {
    const DATE: &str = "Fri, 06 Jun 2014 13:39:43 GMT";
    let judged = |url: &str, signature: &str| {
        let mut headers = Headers::default();
        headers.append("Date", DATE);
        headers.append("Authorization", format!("GCS v1HMAC:{KEY_ID}:{signature}"));
        let diagnosis = checkout_doctor::diagnose(&Case {
            headers: Some(headers),
            method: Some("GET".to_owned()),
            url: Some(format!("https://api.connect.worldline-solutions.com{url}")),
            body: Some(Vec::new()),
            now: 1_402_061_983,
            key_id: Some(KEY_ID.to_owned()),
            secret: Some("I42Zf4pVnRdroHfuHnRiJjJ2B6+22h0yQt/R3nZR8Xg=".into()),
            ..Case::default()
        });
        assert!(diagnosis.in_state(State::Holds).count() >= 7, "{diagnosis:#?}");
        super::named(&diagnosis).into_iter().collect::<Vec<_>>()
    };
    assert_eq!(
        judged(
            "/v1/9991/tokens/123456789",
            "J5LjfSBvrQNhu7gG0gvifZt+IWNDReGCmHmBmth6ueI="
        ),
        []
    );
    let consumer = "/v1/consumer/ANDR%C3%89E/?q=na%20me";
    assert_eq!(
        judged(consumer, "x9S2hQmLhLTbpK0YdTuYCD8TB4D+Kf60tNW0Xw5Xls0="),
        []
    );
    assert_eq!(
        judged(consumer, "3XV7LMYus9q7fp87/D4Qih2bKNtz20iqsttdrgJ09AU="),
        [Rule::MacQueryEncoded]
    );
}

//! A good webhook of Worldline Connect, and what goes wrong with it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use checkout_core::mac::hmac_sha256;
use checkout_doctor::{Case, Headers};

use super::worldline::SECRET;
use super::{
    BODY, COMPACT, Change as _, Good, Mutation, NOW, PRETTY, REORDERED, SORTED, SPACED, gzip, mutations,
};

const KEY_ID: &str = "dummy-key-id";

/// A webhook in parts.
pub(super) struct Webhook {
    case: Case,
    secret: Vec<u8>,
    /// What is signed; what arrives is in the case.
    signed: Vec<u8>,
    form: fn(&[u8]) -> String,
    afterwards: fn(&mut Headers),
}

impl Webhook {
    fn body(&mut self, body: &str) {
        self.signed = body.into();
        self.case.body = Some(body.into());
    }

    fn signed(&mut self, body: impl Into<String>) {
        self.signed = body.into().into();
    }
}

impl Good for Webhook {
    const KIND: &'static str = "a webhook of Worldline Connect";
    const MUTATIONS: &'static [Mutation<Self>] = MUTATIONS;

    fn good() -> Self {
        Self {
            case: Case {
                body: Some(BODY.into()),
                now: NOW,
                key_id: Some(KEY_ID.to_owned()),
                secret: Some(SECRET.into()),
                kind: Some(checkout_doctor::Kind::WorldlineWebhook),
                ..Case::default()
            },
            secret: SECRET.into(),
            signed: BODY.into(),
            form: |mac| STANDARD.encode(mac),
            afterwards: |_| {},
        }
    }

    fn case(self) -> Case {
        let mut headers = Headers::default();
        headers.append("X-GCS-KeyId", KEY_ID);
        headers.append(
            "X-GCS-Signature",
            (self.form)(&hmac_sha256(&self.secret, &self.signed)),
        );
        (self.afterwards)(&mut headers);
        Case {
            headers: Some(headers),
            ..self.case
        }
    }
}

mutations! { Webhook;
    the_signature_is_missing => WebhookHeaderMissing, |w| w.afterwards = |headers| headers.remove("x-gcs-signature");
    the_signature_comes_twice => WebhookHeaderRepeated, |w| w.afterwards = |headers| headers.append("x-gcs-signature", "x");
    the_key_id_is_missing => WebhookKeyIdMissing, |w| w.afterwards = |headers| headers.remove("x-gcs-keyid");
    the_key_id_comes_twice => WebhookKeyIdRepeated, |w| w.afterwards = |headers| headers.append("x-gcs-keyid", "x");
    the_key_id_is_not_known => WebhookKeyIdUnknown, |w| {
        w.case.key_id = Some("key-2026".to_owned());
        w.secret = b"the secret of another key".to_vec();
    };
    the_secret_ends_with_a_line_break => SecretBlanks, |w| w.case.secret = Some(format!("{SECRET}\n").into());
    the_signature_is_not_padded => WebhookBase64Url, |w| w.form = |mac| URL_SAFE_NO_PAD.encode(mac);
    the_signature_is_hex => WebhookHex, |w| w.form = |mac| mac.iter().map(|byte| format!("{byte:02x}")).collect();
    the_signature_is_no_base64 => WebhookNotBase64, |w| w.form = |_| "*".to_owned();
    the_signature_is_cut => WebhookLength, |w| w.form = |mac| STANDARD.encode(&mac[..20]);
    the_secret_is_decoded => WebhookSecretDecoded, |w| w.secret = STANDARD.decode(SECRET).unwrap();
    the_secret_is_in_quotes => SecretQuoted, |w| w.case.secret = Some(format!("\"{SECRET}\"").into());
    the_secret_is_used_in_quotes => WebhookSecretQuoted, |w| w.secret = format!("\"{SECRET}\"").into();
    the_secret_is_used_with_a_line_break => WebhookSecretNewline, |w| w.secret.push(b'\n');
    the_body_gets_a_line_break => WebhookNewlineRemoved, |w| w.case.body = Some(format!("{BODY}\n").into());
    the_body_loses_a_line_break => WebhookNewlineAdded, |w| w.signed(format!("{BODY}\n"));
    the_body_gets_a_byte_order_mark => WebhookByteOrderMark,
        |w| w.case.body = Some(format!("\u{feff}{BODY}").into());
    the_body_gets_line_ends_of_windows => WebhookLineEnds,
        |w| w.case.body = Some(BODY.replace('\n', "\r\n").into());
    the_body_was_compact => WebhookCompact, |w| w.signed(COMPACT);
    the_body_was_pretty => WebhookPretty, |w| w.signed(PRETTY);
    the_body_was_spaced => WebhookSpaced, |w| w.signed(SPACED);
    the_body_was_sorted => WebhookSorted, |w| w.signed(SORTED);
    the_body_was_escaped => WebhookEscaped, |w| w.signed(COMPACT.replace('/', "\\/").replace('ë', "\\u00eb"));
    the_body_arrives_in_gzip => WebhookDecompressed, |w| w.case.body = Some(gzip(BODY));
    the_body_was_in_gzip => WebhookCompressed, |w| w.signed = gzip(BODY);
    the_body_arrives_in_base64 => WebhookBase64Decoded, |w| w.case.body = Some(STANDARD.encode(BODY).into());
    the_body_was_in_base64 => WebhookBase64Encoded, |w| w.signed(STANDARD.encode(BODY));
    the_body_arrives_as_a_json_text => WebhookUnquoted, |w| w.case.body = Some(serde_json::json!(BODY).to_string().into());
    the_body_was_a_json_text => WebhookQuoted, |w| w.signed(serde_json::json!(BODY).to_string());
    the_body_was_in_another_order => WebhookReordered, |w| w.signed(REORDERED);
    the_body_is_cut => WebhookCutShort, |w| w.case.body = Some(BODY[..90].into());
    the_body_was_another => WebhookMismatch, |w| w.signed("{}");
    the_body_is_no_json => WebhookNotJson, |w| w.body("type=payment.paid");
    the_event_has_no_type => WebhookIncomplete, |w| w.body(&BODY.replace("\"type\"", "\"kind\""));
    the_event_is_of_another_version => WebhookApiVersion, |w| w.body(&BODY.replace("\"v1\"", "\"v2\""));
}

/// One wrapping has several forms; what cannot be proven is told by headers and by how the body ends.
#[test]
fn a_wrapping_is_told_in_each_of_its_forms() {
    use std::io::Write as _;

    use checkout_doctor::Rule;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, ZlibEncoder};
    use serde_json::json;

    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(BODY.as_bytes()).unwrap();
    let zlib = zlib.finish().unwrap();
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
    bare.write_all(BODY.as_bytes()).unwrap();
    let bare = bare.finish().unwrap();
    let event = |body: &str, coded: bool| {
        json!({ "body": body, "isBase64Encoded": coded })
            .to_string()
            .into_bytes()
    };
    let text = json!(BODY).to_string();
    let none: fn(&mut Headers) = |_| {};
    let plain = || BODY.as_bytes().to_vec();
    for (arrives, signed, headers, rule) in [
        (zlib.clone(), plain(), none, Rule::WebhookDecompressed),
        (bare.clone(), plain(), none, Rule::WebhookDecompressed),
        (plain(), zlib, none, Rule::WebhookCompressed),
        (plain(), bare, none, Rule::WebhookCompressed),
        (
            URL_SAFE_NO_PAD.encode(BODY).into(),
            plain(),
            none,
            Rule::WebhookBase64Decoded,
        ),
        (
            (STANDARD.encode(BODY) + "\n").into(),
            plain(),
            none,
            Rule::WebhookBase64Decoded,
        ),
        (
            event(&STANDARD.encode(BODY), true),
            plain(),
            none,
            Rule::WebhookBase64Decoded,
        ),
        (event(BODY, false), plain(), none, Rule::WebhookUnquoted),
        (
            text[1..text.len() - 1].into(),
            plain(),
            none,
            Rule::WebhookUnquoted,
        ),
        (
            plain(),
            text.replace('\u{eb}', "\\u00eb").into(),
            none,
            Rule::WebhookQuoted,
        ),
        (
            r#"{"apiVersion":"v1","id":"1","type":"a","d":4,"c":3,"b":2,"a":1}"#.into(),
            r#"{"c":3,"apiVersion":"v1","a":1,"type":"a","b":2,"id":"1","d":4}"#.into(),
            none,
            Rule::WebhookReordered,
        ),
        // Compressed by nobody that the doctor knows, and decompressed on the way.
        (
            plain(),
            vec![7; 100],
            |headers| headers.append("content-encoding", "gzip"),
            Rule::WebhookCompressed,
        ),
        (
            plain(),
            vec![7; 100],
            |headers| headers.append("Content-Length", "99999"),
            Rule::WebhookCutShort,
        ),
        (Vec::new(), plain(), none, Rule::WebhookCutShort),
    ] {
        let mut webhook = Webhook::good();
        webhook.signed = signed;
        webhook.case.body = Some(arrives.clone());
        webhook.afterwards = headers;
        let diagnosis = checkout_doctor::diagnose(&webhook.case());
        let shown = String::from_utf8_lossy(&arrives);
        assert_eq!(super::named(&diagnosis), [rule].into(), "{shown}: {diagnosis:#?}");
    }
}

/// Who signs the compressed bytes signs what arrives, and the event is within.
#[test]
fn a_signature_over_compressed_bytes_holds_for_them() {
    let mut webhook = Webhook::good();
    webhook.signed = gzip(BODY);
    webhook.case.body = Some(gzip(BODY));
    let diagnosis = checkout_doctor::diagnose(&webhook.case());
    assert_eq!(super::named(&diagnosis), [].into(), "{diagnosis:#?}");
}

/// Given in quotes and used in quotes is one mistake.
#[test]
fn a_secret_in_quotes_that_is_used_so_is_one_mistake() {
    let quoted = format!("\"{SECRET}\"");
    let mut webhook = Webhook::good();
    webhook.secret = quoted.clone().into();
    webhook.case.secret = Some(quoted.into());
    let diagnosis = checkout_doctor::diagnose(&webhook.case());
    let rule = checkout_doctor::Rule::SecretQuoted;
    assert_eq!(super::named(&diagnosis), [rule].into(), "{diagnosis:#?}");
}

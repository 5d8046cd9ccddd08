//! A good webhook of NOAH, and what goes wrong with it.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use checkout_core::key::{Algorithm, SigningKey};
use checkout_doctor::{Case, Headers, PublishedKeys};
use hosted_checkout::noah::Environment;

use sha2::{Digest as _, Sha256};

use super::noah::{over, raw};
use super::{
    BODY, COMPACT, Change as _, Good, Mutation, NOW, PRETTY, REORDERED, SORTED, SPACED, gzip, mutations,
};

static SANDBOX: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::ES384).unwrap());
static PRODUCTION: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::ES384).unwrap());

/// A webhook of production in parts.
pub(super) struct Webhook {
    case: Case,
    signer: &'static LazyLock<SigningKey>,
    /// What is signed; what arrives is in the case.
    signed: Vec<u8>,
    form: fn(&SigningKey, &[u8]) -> String,
    afterwards: fn(&mut Headers),
}

impl Webhook {
    fn body(&mut self, body: &str) {
        self.signed = body.into();
        self.case.body = Some(body.into());
    }

    fn arrives(&mut self, body: String) {
        self.case.body = Some(body.into());
    }

    fn signed(&mut self, body: impl Into<String>) {
        self.signed = body.into().into();
    }
}

impl Good for Webhook {
    const KIND: &'static str = "a webhook of NOAH";
    const MUTATIONS: &'static [Mutation<Self>] = MUTATIONS;

    fn good() -> Self {
        let published = [
            (Environment::Sandbox, &SANDBOX),
            (Environment::Production, &PRODUCTION),
        ];
        Self {
            case: Case {
                environment: Some("production".to_owned()),
                body: Some(BODY.into()),
                now: NOW,
                published: PublishedKeys::new(published.map(|(of, key)| (of, key.verifying_key().clone()))),
                kind: Some(checkout_doctor::Kind::NoahWebhook),
                ..Case::default()
            },
            signer: &PRODUCTION,
            signed: BODY.into(),
            form: |key, body| STANDARD.encode(key.sign_der(body).unwrap()),
            afterwards: |_| {},
        }
    }

    fn case(self) -> Case {
        let mut headers = Headers::default();
        headers.append("Content-Type", "application/json");
        headers.append("webhook-signature", (self.form)(self.signer, &self.signed));
        (self.afterwards)(&mut headers);
        Case {
            headers: Some(headers),
            ..self.case
        }
    }
}

/// In the other alphabet, in a way that shows.
fn base64url(key: &SigningKey, body: &[u8]) -> String {
    std::iter::repeat_with(|| URL_SAFE_NO_PAD.encode(key.sign_der(body).unwrap()))
        .find(|signature| signature.contains(['-', '_']))
        .unwrap()
}

fn hex(key: &SigningKey, body: &[u8]) -> String {
    key.sign_der(body)
        .unwrap()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

mutations! { Webhook;
    the_header_is_missing => WebhookHeaderMissing, |w| w.afterwards = |headers| headers.remove("webhook-signature");
    the_header_comes_twice => WebhookHeaderRepeated, |w| w.afterwards = |headers| headers.append("Webhook-Signature", "x");
    the_signature_is_base64url => WebhookBase64Url, |w| w.form = base64url;
    the_signature_is_hex => WebhookHex, |w| w.form = hex;
    the_signature_is_no_base64 => WebhookNotBase64, |w| w.form = |_, _| "sha384=*".to_owned();
    the_signature_is_raw => WebhookRaw, |w| w.form = |key, body| STANDARD.encode(raw(key, body));
    the_signature_is_cut => WebhookLength, |w| w.form = |key, body| STANDARD.encode(&key.sign_der(body).unwrap()[..60]);
    the_sandbox_signs_for_production => WebhookOtherEnvironment, |w| w.signer = &SANDBOX;
    production_signs_for_the_sandbox => WebhookOtherEnvironment,
        |w| w.case.environment = Some("sandbox".to_owned());
    the_key_given_is_no_key => WebhookKeyUnusable, |w| w.case.webhook_key = Some("sandbox".to_owned());
    the_key_given_is_on_p256 => WebhookKeyUnusable,
        |w| w.case.webhook_key = Some(SigningKey::generate(Algorithm::ES256).unwrap().public_key_pem());
    the_hash_is_sha256 => WebhookHash, |w| w.form = |key, body| STANDARD.encode(over(key, &Sha256::digest(body)).to_der());
    the_body_gets_a_line_break => WebhookNewlineRemoved, |w| w.arrives(format!("{BODY}\n"));
    the_body_loses_a_line_break => WebhookNewlineAdded, |w| w.signed(format!("{BODY}\n"));
    the_body_gets_a_byte_order_mark => WebhookByteOrderMark, |w| w.arrives(format!("\u{feff}{BODY}"));
    the_body_gets_line_ends_of_windows => WebhookLineEnds, |w| w.arrives(BODY.replace('\n', "\r\n"));
    the_body_was_compact => WebhookCompact, |w| w.signed(COMPACT);
    the_body_was_pretty => WebhookPretty, |w| w.signed(PRETTY);
    the_body_was_spaced => WebhookSpaced, |w| w.signed(SPACED);
    the_body_was_sorted => WebhookSorted, |w| w.signed(SORTED);
    the_body_was_escaped => WebhookEscaped, |w| w.signed(COMPACT.replace('<', "\\u003c").replace('>', "\\u003e"));
    the_body_arrives_in_gzip => WebhookDecompressed, |w| w.case.body = Some(gzip(BODY));
    the_body_was_in_gzip => WebhookCompressed, |w| w.signed = gzip(BODY);
    the_body_arrives_in_base64 => WebhookBase64Decoded, |w| w.case.body = Some(STANDARD.encode(BODY).into());
    the_body_was_in_base64 => WebhookBase64Encoded, |w| w.signed(STANDARD.encode(BODY));
    the_body_arrives_as_a_json_text => WebhookUnquoted, |w| w.case.body = Some(serde_json::json!(BODY).to_string().into());
    the_body_was_a_json_text => WebhookQuoted, |w| w.signed(serde_json::json!(BODY).to_string());
    the_body_was_in_another_order => WebhookReordered, |w| w.signed(REORDERED);
    the_body_is_cut => WebhookCutShort, |w| w.case.body = Some(BODY[..90].into());
    the_body_was_another => WebhookMismatch, |w| w.signed("{}");
    the_body_is_no_json => WebhookNotJson, |w| w.body("EventType=Transaction");
    the_envelope_has_no_data => WebhookIncomplete, |w| w.body(&BODY.replace("Data", "data"));
    the_version_is_in_seconds => WebhookVersionSeconds, |w| w.body(&BODY.replace("1748948730123", "1748948730"));
    the_version_is_a_text => WebhookVersionType, |w| w.body(&BODY.replace("1748948730123", "\"1748948730123\""));
}

/// Nobody has to say where a webhook comes from.
#[test]
fn without_an_environment_both_published_keys_are_tried() {
    for signer in [&SANDBOX, &PRODUCTION] {
        let mut webhook = Webhook::good();
        webhook.case.environment = None;
        webhook.signer = signer;
        assert!(checkout_doctor::diagnose(&webhook.case()).holds());
    }
}

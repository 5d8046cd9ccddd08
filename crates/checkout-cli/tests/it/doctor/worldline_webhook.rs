//! A good webhook of Worldline Connect, and what goes wrong with it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use checkout_cli::doctor::{Case, Headers};
use checkout_core::mac::hmac_sha256;

use super::worldline::SECRET;
use super::{BODY, COMPACT, Change as _, Good, Mutation, NOW, PRETTY, SORTED, SPACED, mutations};

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
                kind: Some(checkout_cli::doctor::Kind::WorldlineWebhook),
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
    the_body_was_another => WebhookMismatch, |w| w.signed("{}");
    the_body_is_no_json => WebhookNotJson, |w| w.body("type=payment.paid");
    the_event_has_no_type => WebhookIncomplete, |w| w.body(&BODY.replace("\"type\"", "\"kind\""));
    the_event_is_of_another_version => WebhookApiVersion, |w| w.body(&BODY.replace("\"v1\"", "\"v2\""));
}

//! Why a webhook is refused.

use std::time::Duration;

use checkout_core::encoding::Base64Error;
use checkout_core::received::ReadError;
use checkout_transport::CodingError;

use crate::noah::Environment;

/// Why there is no event. Holds nothing of the body and nothing of the signature.
///
/// [`is_authentic`](Self::is_authentic) tells forgeries, to be answered with 4xx, from what NOAH did sign and this
/// version cannot read, which is to be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// No signature.
    #[error(
        "the header Webhook-Signature is missing; NOAH signs every webhook, so this is none of NOAH's, \
         or a proxy on the way drops the header"
    )]
    MissingSignature,
    /// More than one signature.
    #[error(
        "the header Webhook-Signature comes {count} times; NOAH sends it once, so somebody on the way added one"
    )]
    RepeatedSignature {
        /// How often.
        count: usize,
    },
    /// Bytes that are no text.
    #[error("the header Webhook-Signature is not ASCII text")]
    NotText,
    /// Not strict standard base64.
    #[error("the header Webhook-Signature is not base64: {0}; hand over its value unchanged")]
    NotBase64(#[from] Base64Error),
    /// Not an ASN.1 DER signature.
    #[error("the header Webhook-Signature holds no ASN.1 DER signature ({length} bytes){}", raw_hint(*length))]
    NotDer {
        /// What it holds, in bytes.
        length: usize,
    },
    /// No key of the ring made this signature over this body.
    #[error("the signature does not hold under the webhook key {}; {}", tried.join(" or "), no_match_advice(tried, holds_under.as_deref()))]
    NoMatchingKey {
        /// Labels of the keys that were tried.
        tried: Vec<String>,
        /// The published key outside the ring under which it does hold.
        holds_under: Option<String>,
    },
    /// The signature does not hold over the body as it came, and what is compressed in it cannot be tried.
    #[error(
        "the signature does not hold over the body as it came, and it cannot be decompressed to try what is in it: {0}; \
         hand over the raw bytes of the body as they came"
    )]
    NotDecoded(CodingError),
    /// A signed body that is compressed, and cannot be decompressed.
    #[error("the signed body cannot be decompressed: {0}")]
    Coded(CodingError),
    /// A signed body that is not JSON.
    #[error("the signed body is not JSON (line {line}, column {column})")]
    NotJson {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Signed JSON without a readable envelope.
    #[error("the signed body is no event: {0}")]
    Envelope(#[from] ReadError),
    /// Older than [`Freshness`](super::Freshness) allows.
    #[error("the event occurred {} s ago; at most {} s are allowed here", age.as_secs(), allowed.as_secs())]
    TooOld {
        /// By this machine's clock.
        age: Duration,
        /// By the policy.
        allowed: Duration,
    },
    /// Further ahead than [`Freshness`](super::Freshness) allows.
    #[error(
        "the event occurs {} s from now; at most {} s are allowed here: check this machine's clock",
        ahead.as_secs(), allowed.as_secs()
    )]
    TooFarAhead {
        /// By this machine's clock.
        ahead: Duration,
        /// By the policy.
        allowed: Duration,
    },
    /// Freshness is asked for, and `Occurred` is missing or cannot be read.
    #[error("the event's Occurred is missing or not a date-time, so its age is not known")]
    NoTime,
}

impl WebhookError {
    /// Whether the signature held all the same.
    ///
    /// `false`: do not trust the request, and answer 4xx. `true`: NOAH signed these bytes, and they may be news about
    /// money that would be lost with a refusal. Keep the raw body for somebody to look at and answer 2xx; another
    /// delivery of the same bytes would be no better.
    #[must_use]
    pub const fn is_authentic(&self) -> bool {
        match self {
            Self::MissingSignature
            | Self::RepeatedSignature { .. }
            | Self::NotText
            | Self::NotBase64(_)
            | Self::NotDer { .. }
            | Self::NoMatchingKey { .. }
            | Self::NotDecoded(_) => false,
            Self::Coded(_)
            | Self::NotJson { .. }
            | Self::Envelope(_)
            | Self::TooOld { .. }
            | Self::TooFarAhead { .. }
            | Self::NoTime => true,
        }
    }
}

/// The form of request signatures, which webhooks do not have, is what people confuse it with.
fn raw_hint(length: usize) -> &'static str {
    if length == 96 {
        "; 96 bytes look like r and s side by side, the form that tokens have"
    } else {
        ""
    }
}

fn no_match_advice(tried: &[String], holds_under: Option<&str>) -> String {
    // A ring of keys by other names does not say which environment it is for.
    let is_for_another = |label: &str| {
        tried
            .iter()
            .any(|tried| tried != label && tried.parse::<Environment>().is_ok())
    };
    match holds_under {
        Some(label) if tried.iter().any(|tried| tried == label) || !is_for_another(label) => format!(
            "it does hold under the key that NOAH publishes for {label}, which is not among the keys here: add that key \
             if this endpoint is for {label}; otherwise the subscription that calls it belongs to another environment"
        ),
        Some(label) => format!(
            "it does hold under NOAH's {label} key: this endpoint is set up for another environment than the \
             subscription that calls it"
        ),
        None => "hand over the raw bytes of the body as they came (parsed and written again they are others), and check \
                 that the key is the current one of this environment; otherwise the webhook is forged"
            .to_owned(),
    }
}

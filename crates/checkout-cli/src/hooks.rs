//! Webhooks of both APIs as a receiver sees them: which API signed, by which key, and what it says.

use std::fmt;

use checkout_core::Json;
use checkout_core::escape::escaped;
use checkout_core::key::VerifyingKey;
use checkout_core::received::ReadError;
use clap::Args;
use hosted_checkout::credentials::secret_of_file;
use hosted_checkout::noah::{self, Environment, EventData, KeyRing};
use hosted_checkout::worldline::{self, WebhookKey};
use hosted_checkout::{SignedBytes, WebhookCoding};
use http::HeaderMap;
use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::api::Api;
use crate::files::FileArg;
use crate::secrets::{Lookup, WEBHOOK_SECRET, WEBHOOK_SECRET_FILE};
use crate::{Exit, Failure};

/// The variable that names a webhook key of Worldline's.
pub(crate) const WEBHOOK_KEY_ID: &str = "WORLDLINE_CONNECT_WEBHOOK_KEY_ID";
const NOAH_ENVIRONMENT: &str = "NOAH_ENVIRONMENT";
const NOAH_WEBHOOK_KEY: &str = "NOAH_WEBHOOK_KEY";
/// The header that only Worldline's webhooks have.
const WORLDLINE_SIGNATURE: &str = "x-gcs-signature";

/// By which key NOAH's webhooks are verified.
#[derive(Debug, Args)]
pub(crate) struct NoahKeyArgs {
    /// Verify NOAH's webhooks by the published key of this environment: sandbox or production
    /// [default: NOAH_ENVIRONMENT].
    #[arg(long, value_name = "ENVIRONMENT", conflicts_with = "key")]
    environment: Option<Environment>,
    /// Verify NOAH's webhooks by this public key (PEM) [default: the environment's, and NOAH_WEBHOOK_KEY].
    #[arg(long, value_name = "FILE")]
    key: Option<FileArg>,
}

/// Verifies what it has keys for.
#[derive(Debug)]
pub(crate) struct Verifier {
    noah: Option<noah::Webhooks>,
    worldline: Option<worldline::Webhooks>,
}

/// A webhook whose signature holds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct News {
    pub(crate) api: Api,
    pub(crate) event_type: String,
    /// What tells this event from others, and by what its repeats are known.
    pub(crate) identity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) external_id: Option<String>,
    pub(crate) key: String,
    /// How it was compressed, and which bytes were signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coding: Option<String>,
    /// Why it cannot be read although its signature holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unreadable: Option<String>,
}

/// Why a webhook is not to be trusted. Holds nothing of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    Noah(noah::WebhookError),
    #[error(transparent)]
    Worldline(worldline::WebhookError),
    #[error("there is no webhook key of NOAH's to verify it by; set NOAH_ENVIRONMENT, or give --key")]
    NoNoahKey,
    #[error(
        "there is no webhook key of Worldline's to verify it by; set {WEBHOOK_KEY_ID} and {WEBHOOK_SECRET} (or \
         {WEBHOOK_SECRET_FILE})"
    )]
    NoWorldlineKey,
    #[error(
        "neither Webhook-Signature nor X-GCS-Signature is among the headers; this is no webhook of either API"
    )]
    Unsigned,
}

impl Verifier {
    /// By the arguments, and by the environment where they say nothing.
    pub(crate) fn new(args: &NoahKeyArgs, lookup: &Lookup) -> Result<Self, Failure> {
        Ok(Self {
            noah: noah_keys(args, lookup)?.map(noah::Webhooks::with_keys),
            worldline: worldline_key(lookup)?.map(|key| worldline::Webhooks::new([key])),
        })
    }

    /// NOAH's alone.
    pub(crate) fn noah(args: &NoahKeyArgs, lookup: &Lookup) -> Result<Self, Failure> {
        let keys = noah_keys(args, lookup)?;
        keys.map(Self::of_noah)
            .ok_or_else(|| Failure::unavailable(Refused::NoNoahKey))
    }

    /// NOAH's alone, by a key of this name.
    pub(crate) fn by_noah_key(name: &str, key: VerifyingKey) -> Result<Self, Failure> {
        KeyRing::new(name, key).map(Self::of_noah).map_err(Failure::usage)
    }

    fn of_noah(keys: KeyRing) -> Self {
        Self {
            noah: Some(noah::Webhooks::with_keys(keys)),
            worldline: None,
        }
    }

    /// Worldline's alone.
    pub(crate) fn worldline(key: WebhookKey) -> Self {
        Self {
            noah: None,
            worldline: Some(worldline::Webhooks::new([key])),
        }
    }

    /// Whose webhooks can be verified.
    pub(crate) fn apis(&self) -> Vec<Api> {
        let noah = self.noah.as_ref().map(|_| Api::Noah);
        let worldline = self.worldline.as_ref().map(|_| Api::Worldline);
        noah.into_iter().chain(worldline).collect()
    }

    /// Verifies, then reads.
    pub(crate) fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<News, Refused> {
        match signer(headers).ok_or(Refused::Unsigned)? {
            Api::Noah => of_noah(self.noah.as_ref().ok_or(Refused::NoNoahKey)?, headers, body),
            Api::Worldline => {
                let webhooks = self.worldline.as_ref().ok_or(Refused::NoWorldlineKey)?;
                of_worldline(webhooks, headers, body)
            }
        }
    }
}

/// Whose webhook it is, by the name of the signature's header.
fn signer(headers: &HeaderMap) -> Option<Api> {
    if headers.contains_key(noah::SIGNATURE_HEADER) {
        Some(Api::Noah)
    } else {
        headers
            .contains_key(WORLDLINE_SIGNATURE)
            .then_some(Api::Worldline)
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Signed, and still not for a terminal to obey: an ExternalID may hold what a customer typed.
        write!(f, "{} {}", self.api, escaped(&self.event_type))?;
        for fact in [&self.status, &self.external_id].into_iter().flatten() {
            write!(f, " {}", escaped(fact))?;
        }
        write!(f, "  {}", escaped(&self.identity))?;
        if !self.key.is_empty() {
            write!(f, "  key {}", escaped(&self.key))?;
        }
        if let Some(coding) = &self.coding {
            write!(f, "  ({})", escaped(coding))?;
        }
        match &self.unreadable {
            Some(reason) => write!(f, "  (not understood: {})", escaped(reason)),
            None => Ok(()),
        }
    }
}

fn noah_keys(args: &NoahKeyArgs, lookup: &Lookup) -> Result<Option<KeyRing>, Failure> {
    if let Some(file) = &args.key {
        let ring = KeyRing::new("file", file.verifying_key()?);
        return ring.map(Some).map_err(|error| file.unusable(error));
    }
    let unusable = |name: &str, error: String| Failure::unavailable(format!("{name}: {error}"));
    let environment = match (args.environment, lookup.get(NOAH_ENVIRONMENT)) {
        (Some(environment), _) => Some(environment),
        (None, Some(name)) => Some(
            name.parse()
                .map_err(|error: noah::UnknownEnvironment| unusable(NOAH_ENVIRONMENT, error.to_string()))?,
        ),
        (None, None) => None,
    };
    let extra = lookup
        .get(NOAH_WEBHOOK_KEY)
        .map(|given| VerifyingKey::from_pem_or_path(&given))
        .transpose()
        .map_err(|error| unusable(NOAH_WEBHOOK_KEY, error.to_string()))?;
    let published = match environment {
        Some(Environment::Sandbox) => Some(KeyRing::sandbox()),
        Some(Environment::Production) => Some(KeyRing::production()),
        Some(Environment::Local) | None => None,
    };
    match (published, extra) {
        (None, None) => Ok(None),
        (Some(ring), None) => Ok(Some(ring)),
        (None, Some(key)) => KeyRing::new("local", key).map(Some),
        (Some(ring), Some(key)) => ring.and("override", key).map(Some),
    }
    .map_err(|error| unusable(NOAH_WEBHOOK_KEY, error.to_string()))
}

/// Worldline's key of the environment; `None` if no id is set.
pub(crate) fn worldline_key(lookup: &Lookup) -> Result<Option<WebhookKey>, Failure> {
    let Some(id) = lookup.get(WEBHOOK_KEY_ID) else {
        return Ok(None);
    };
    let unusable = |name: &str, error: String| Failure::unavailable(format!("{name}: {error}"));
    let (name, secret) = match lookup.get(WEBHOOK_SECRET_FILE) {
        Some(path) => {
            let read = secret_of_file(&path).map_err(|error| unusable(WEBHOOK_SECRET_FILE, error))?;
            (WEBHOOK_SECRET_FILE, read)
        }
        None => (
            WEBHOOK_SECRET,
            lookup.get(WEBHOOK_SECRET).unwrap_or_default().into(),
        ),
    };
    WebhookKey::new(id, secret.expose_secret())
        .map(Some)
        .map_err(|error| unusable(name, error.to_string()))
}

/// The same where there must be one.
pub(crate) fn required_worldline_key(lookup: &Lookup) -> Result<WebhookKey, Failure> {
    worldline_key(lookup)?.ok_or_else(|| Failure::new(Exit::Unavailable, Refused::NoWorldlineKey))
}

fn of_noah(webhooks: &noah::Webhooks, headers: &HeaderMap, body: &[u8]) -> Result<News, Refused> {
    let event = match webhooks.verify(headers, body) {
        Ok(event) => event,
        Err(error) if error.is_authentic() => {
            return Ok(News::unreadable(Api::Noah, body, error.to_string()));
        }
        Err(error) => return Err(Refused::Noah(error)),
    };
    let data = Json::parse(event.raw()).ok().and_then(|body| body.get("Data"));
    let fact = |name: &str| data.as_ref()?.get(name)?.text();
    Ok(News {
        api: Api::Noah,
        event_type: event.event_type().as_str().to_owned(),
        identity: event.identity().to_string(),
        status: fact("Status"),
        external_id: fact("ExternalID"),
        key: event.key_label().to_owned(),
        coding: event.coding().map(how),
        unreadable: match event.data() {
            EventData::Known(_) => unread(event.unreadable()),
            EventData::Unknown(_) => Some("an event type that is not documented".to_owned()),
            EventData::Undecodable { error, .. } => Some(error.to_string()),
        },
    })
}

fn of_worldline(webhooks: &worldline::Webhooks, headers: &HeaderMap, body: &[u8]) -> Result<News, Refused> {
    let key = headers.get("x-gcs-keyid").and_then(|id| id.to_str().ok());
    let key = key.unwrap_or_default();
    match webhooks.verify(headers, body) {
        Ok(event) => Ok(News {
            api: Api::Worldline,
            event_type: event.event_type().as_str().to_owned(),
            identity: event.dedupe_key().to_string(),
            status: None,
            external_id: None,
            key: key.to_owned(),
            coding: event.coding().map(how),
            unreadable: unread(event.unreadable()),
        }),
        Err(error) if error.is_authentic() => Ok(News {
            key: key.to_owned(),
            ..News::unreadable(Api::Worldline, body, error.to_string())
        }),
        Err(error) => Err(Refused::Worldline(error)),
    }
}

/// How a webhook was compressed, in words.
fn how(coding: &WebhookCoding) -> String {
    let signed = match coding.signed {
        SignedBytes::AsReceived => "the signature is over the compressed bytes",
        SignedBytes::Decompressed => "the signature is over the decompressed bytes",
    };
    format!("{}, {signed}", coding.name)
}

/// Which parts of an event could not be read.
fn unread(errors: &[ReadError]) -> Option<String> {
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

impl News {
    /// Signed, and no event: to be kept, and looked at.
    fn unreadable(api: Api, body: &[u8], reason: String) -> Self {
        Self {
            api,
            event_type: "unreadable".to_owned(),
            identity: checkout_core::digest::sha256_hex(body),
            status: None,
            external_id: None,
            key: String::new(),
            coding: None,
            unreadable: Some(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_told_on_one_line_whatever_it_holds() {
        let news = News {
            external_id: Some("order\n204 #9 NOAH \u{1b}[2J".to_owned()),
            identity: "id".to_owned(),
            ..News::unreadable(Api::Noah, b"", "why".to_owned())
        };
        assert_eq!(
            news.to_string(),
            r"NOAH unreadable order\n204 #9 NOAH \u{1b}[2J  id  (not understood: why)"
        );
    }
}

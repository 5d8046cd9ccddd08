//! What a client needs to talk to a sandbox, to be shown as text or as JSON.

use std::fmt;
use std::path::PathBuf;

use checkout_core::impl_debug;
use serde::Serialize;

use crate::engine::courier::WebhookSwitches;

/// Everything that a client needs. The keys were made for this sandbox and end with it, so `Display` and JSON show them. Of the key that
/// signs requests, only its file is named.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReadyReport {
    /// The page that shows what happens.
    pub console_url: String,
    /// The NOAH side.
    pub noah: NoahReport,
    /// The Worldline Connect side.
    pub worldline: WorldlineReport,
    /// How the webhooks of both are sent.
    pub webhooks: WebhooksReport,
}

/// The NOAH half of a [`ReadyReport`].
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NoahReport {
    /// With `/v1`, without a trailing slash.
    pub base_url: String,
    /// The API key whose requests must be signed.
    pub api_key: String,
    /// The API key whose requests must not be signed.
    pub unsigned_api_key: String,
    /// Where the private key for `api_key` lies, if it was written.
    pub signing_key_path: Option<PathBuf>,
    /// The public key that webhooks are verified with, as PEM.
    pub webhook_public_key: String,
    /// Where webhooks go, if anywhere.
    pub webhook_url: Option<String>,
    /// The event types that go there.
    pub event_types: Vec<String>,
}

/// The Worldline Connect half of a [`ReadyReport`].
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WorldlineReport {
    /// Without a path, as the vendor's SDKs want it.
    pub endpoint: String,
    /// The only merchant.
    pub merchant_id: String,
    /// The id of the API key.
    pub api_key_id: String,
    /// The secret of the API key.
    pub secret_api_key: String,
    /// Where webhooks go, if anywhere.
    pub webhook_url: Option<String>,
    /// The id of the key that webhooks are signed with.
    pub webhook_key_id: String,
    /// The secret that webhooks are signed with, used as text.
    pub webhook_secret: String,
}

/// How webhooks are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WebhooksReport {
    /// The waits before further attempts, as a [`WebhookSchedule`](crate::WebhookSchedule) is written.
    pub schedule: String,
    /// What is odd about them.
    pub switches: WebhookSwitches,
}

impl fmt::Display for ReadyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (noah, worldline, webhooks) = (&self.noah, &self.worldline, &self.webhooks);
        let signing_key = noah
            .signing_key_path
            .as_ref()
            .map(|path| path.display().to_string());
        let public_key = noah.webhook_public_key.lines();
        let public_key: String = public_key.map(|line| format!("\n    {line}")).collect();
        let events = noah.event_types.join(", ");
        let noah_webhooks = noah.webhook_url.as_ref().map(|url| format!("{url} ({events})"));
        let nowhere = "(nowhere)";
        let rows = [
            ("NOAH", None),
            ("base URL", Some(&*noah.base_url)),
            ("API key", Some(&noah.api_key)),
            (
                "signing key",
                Some(signing_key.as_deref().unwrap_or("(not written to a file)")),
            ),
            ("API key, unsigned", Some(&noah.unsigned_api_key)),
            ("webhooks to", Some(noah_webhooks.as_deref().unwrap_or(nowhere))),
            ("webhook public key", Some(&public_key)),
            ("Worldline Connect", None),
            ("endpoint", Some(&worldline.endpoint)),
            ("merchant id", Some(&worldline.merchant_id)),
            ("API key id", Some(&worldline.api_key_id)),
            ("secret API key", Some(&worldline.secret_api_key)),
            (
                "webhooks to",
                Some(worldline.webhook_url.as_deref().unwrap_or(nowhere)),
            ),
            ("webhook key id", Some(&worldline.webhook_key_id)),
            ("webhook secret", Some(&worldline.webhook_secret)),
            ("Webhooks of both", None),
            ("sent again after", Some(&webhooks.schedule)),
            ("switches", Some(&webhooks.switches.to_string())),
        ];
        writeln!(f, "Console               {}", self.console_url)?;
        rows.into_iter().try_for_each(|row| match row {
            (title, None) => writeln!(f, "{title}"),
            (name, Some(text)) if text.starts_with('\n') => writeln!(f, "  {name}{text}"),
            (name, Some(text)) => writeln!(f, "  {name:<20}{text}"),
        })
    }
}

impl_debug!(ReadyReport: self => {
    noah: self.noah,
    worldline: self.worldline,
    webhooks: self.webhooks,
});

impl_debug!(NoahReport: self => { base_url: self.base_url, .. });

impl_debug!(WorldlineReport: self => { endpoint: self.endpoint, .. });

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
        let Self {
            noah,
            worldline,
            webhooks,
            console_url,
        } = self;
        writeln!(f, "Console               {console_url}")?;
        writeln!(f, "NOAH")?;
        writeln!(f, "  base URL            {}", noah.base_url)?;
        writeln!(f, "  API key             {}", noah.api_key)?;
        match &noah.signing_key_path {
            Some(path) => writeln!(f, "  signing key         {}", path.display())?,
            None => writeln!(f, "  signing key         (not written to a file)")?,
        }
        writeln!(f, "  API key, unsigned   {}", noah.unsigned_api_key)?;
        match &noah.webhook_url {
            Some(url) => writeln!(f, "  webhooks to         {url} ({})", noah.event_types.join(", "))?,
            None => writeln!(f, "  webhooks to         (nowhere)")?,
        }
        writeln!(f, "  webhook public key")?;
        for line in noah.webhook_public_key.lines() {
            writeln!(f, "    {line}")?;
        }
        writeln!(f, "Worldline Connect")?;
        writeln!(f, "  endpoint            {}", worldline.endpoint)?;
        writeln!(f, "  merchant id         {}", worldline.merchant_id)?;
        writeln!(f, "  API key id          {}", worldline.api_key_id)?;
        writeln!(f, "  secret API key      {}", worldline.secret_api_key)?;
        match &worldline.webhook_url {
            Some(url) => writeln!(f, "  webhooks to         {url}")?,
            None => writeln!(f, "  webhooks to         (nowhere)")?,
        }
        writeln!(f, "  webhook key id      {}", worldline.webhook_key_id)?;
        writeln!(f, "  webhook secret      {}", worldline.webhook_secret)?;
        writeln!(f, "Webhooks of both")?;
        writeln!(f, "  sent again after    {}", webhooks.schedule)?;
        writeln!(f, "  switches            {}", webhooks.switches)
    }
}

impl_debug!(ReadyReport: self => {
    noah: self.noah,
    worldline: self.worldline,
    webhooks: self.webhooks,
});

impl_debug!(NoahReport: self => { base_url: self.base_url, .. });

impl_debug!(WorldlineReport: self => { endpoint: self.endpoint, .. });

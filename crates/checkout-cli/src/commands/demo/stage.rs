//! Everything that the story needs before it begins: both servers, a webhook endpoint, a key pair, a client.

use checkout_core::key::{Algorithm, SigningKey, VerifyingKey};
use checkout_sandbox::Sandbox;
use checkout_transport::{ReqwestWire, Timeouts};
use hosted_checkout::noah::{Credentials, Noah, Webhooks};

use super::inbox::Inbox;
use super::story::{BoxError, Story};

/// What the scenes play on.
pub(super) struct Stage {
    pub(super) sandbox: Sandbox,
    pub(super) inbox: Inbox,
    pub(super) noah: Noah,
    pub(super) credentials: Credentials,
    pub(super) wire: ReqwestWire,
}

impl Stage {
    /// `registered` stands in for the public key that belongs to the signing key.
    pub(super) async fn set(story: &mut Story<'_>, registered: Option<String>) -> Result<Self, BoxError> {
        story.begins("sandbox");
        let inbox = Inbox::open().await?;
        let sandbox = Sandbox::builder().noah_webhook(&*inbox.url).start().await?;
        let key = VerifyingKey::from_pem(&sandbox.noah().report().webhook_public_key)?;
        inbox.trust(Webhooks::local(key)?);
        let (noah, worldline) = (
            sandbox.noah().report().base_url.clone(),
            sandbox.worldline().report().endpoint.as_str(),
        );
        story
            .line(format!("NOAH at {noah}, webhooks to {}", inbox.url))
            .line(format!("Worldline Connect at {worldline}"))
            .fact("noah", &*noah)
            .fact("worldline", worldline)
            .fact("webhooks", &*inbox.url);
        // To this machine there is no TLS, so no roots to look for.
        let client = || reqwest::Client::builder().tls_certs_only([]);
        let wire = ReqwestWire::from_builder(client, Timeouts::DEFAULT)?;

        story.begins("key pair");
        let signing_key = SigningKey::generate(Algorithm::ES384)?;
        let public_key = registered.unwrap_or_else(|| signing_key.public_key_pem());
        let api_key = sandbox.noah().register_public_key(&public_key)?;
        let fingerprint = VerifyingKey::from_pem(&public_key)?.fingerprint();
        let line = format!("P-384; NOAH has the public half (SHA-256 {fingerprint:.16}...)");
        story.line(line).fact("public_key_sha256", fingerprint);
        let credentials = Credentials::local(&noah, &api_key, signing_key)?;
        let noah = Noah::builder(credentials.clone()).wire(wire.clone()).build()?;
        Ok(Self {
            sandbox,
            inbox,
            noah,
            credentials,
            wire,
        })
    }
}

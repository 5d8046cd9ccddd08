//! Everything that the story needs before it begins: both servers, a webhook endpoint, a key pair, a client.

use checkout_core::key::{Algorithm, SigningKey, VerifyingKey};
use checkout_sandbox::Sandbox;
use checkout_transport::{ReqwestWire, Timeouts};
use hosted_checkout::noah::{Credentials, Noah, Webhooks};

use super::story::Story;
use crate::Failure;
use crate::listener::{Inbox, Listener};

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
    pub(super) async fn set(story: &mut Story<'_>, registered: Option<String>) -> Result<Self, Failure> {
        let (sandbox, inbox, wire) = story
            .step("sandbox", async |telling| {
                let listener = Listener::bind().await?;
                let sandbox = Sandbox::builder().noah_webhook(listener.url()).start().await?;
                let key = VerifyingKey::from_pem(sandbox.noah().webhook_public_key_pem())?;
                let inbox = listener.serve(Webhooks::local(key)?, true);
                let (noah, worldline) = (
                    sandbox.noah().base_url(),
                    sandbox.worldline().endpoint().to_owned(),
                );
                telling
                    .line(format!("NOAH at {noah}, webhooks to {}", inbox.url()))
                    .line(format!("Worldline Connect at {worldline}"))
                    .fact("noah", noah)
                    .fact("worldline", worldline)
                    .fact("webhooks", inbox.url());
                Ok((sandbox, inbox, loopback_wire()?))
            })
            .await?;

        let (noah, credentials) = story
            .step("key pair", async |telling| {
                let signing_key = SigningKey::generate(Algorithm::ES384)?;
                let public_key = registered.unwrap_or_else(|| signing_key.public_key_pem());
                let api_key = sandbox.noah().register_public_key(&public_key)?;
                let fingerprint = VerifyingKey::from_pem(&public_key)?.fingerprint();
                telling
                    .line(format!(
                        "P-384; NOAH has the public half (SHA-256 {:.16}...)",
                        fingerprint
                    ))
                    .fact("public_key_sha256", fingerprint);
                let credentials = Credentials::local(&sandbox.noah().base_url(), &api_key, signing_key)?;
                let noah = Noah::builder(credentials.clone()).wire(wire.clone()).build()?;
                Ok((noah, credentials))
            })
            .await?;

        Ok(Self {
            sandbox,
            inbox,
            noah,
            credentials,
            wire,
        })
    }

    /// Lets the servers answer what is open, then ends them.
    pub(super) async fn clear(self) {
        self.sandbox.shutdown().await;
    }
}

/// To this machine there is no TLS, so no roots to look for.
fn loopback_wire() -> Result<ReqwestWire, checkout_transport::Error> {
    ReqwestWire::from_builder(
        || reqwest::Client::builder().tls_certs_only([]),
        Timeouts::DEFAULT,
    )
}

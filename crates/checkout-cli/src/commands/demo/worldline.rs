//! Worldline Connect: a server call, a client session, and what a device does with it.

use std::time::SystemTime;

use hosted_checkout::worldline::{Client, ClientSession, Connect, Credentials, Endpoint};
use secrecy::ExposeSecret as _;

use super::stage::Stage;
use super::story::{Story, ensure, found};
use crate::Failure;

const DOMAIN: &str = "shop.example";
/// What Apple's event would name. The sandbox opens no connection to it.
const VALIDATION_URL: &str = "https://apple-pay-gateway.apple.com/paymentservices/startSession";

pub(super) async fn test_connection(story: &mut Story<'_>, stage: &Stage) -> Result<Connect, Failure> {
    story
        .step("testConnection", async |telling| {
            let worldline = stage.sandbox.worldline();
            let credentials = Credentials::builder()
                .merchant_id(worldline.merchant_id())
                .api_key_id(worldline.api_key_id())
                .secret_api_key(worldline.secret_api_key().expose_secret())
                .integrator("hosted-checkout demo")
                .build()?;
            let endpoint = Endpoint::parse(worldline.endpoint())?;
            let connect = Connect::builder()
                .endpoint(endpoint)
                .credentials(credentials)
                .wire(stage.wire.clone())
                .build()?;
            let answer = connect.server().test_connection().await?;
            let result = found(answer.result.text(), "result in the answer")?;
            telling
                .line(format!(
                    "Worldline Connect says {result} to merchant {}, signed by GCS v1HMAC",
                    worldline.merchant_id()
                ))
                .fact("result", result)
                .fact("merchant_id", worldline.merchant_id());
            Ok(connect)
        })
        .await
}

pub(super) async fn client_session(
    story: &mut Story<'_>,
    connect: &Connect,
) -> Result<ClientSession, Failure> {
    story
        .step("client session", async |telling| {
            let created = connect.server().create_session().send().await?;
            // As the shop's server sends it to the shop's page, and the page reads it.
            let handed_over = serde_json::to_string(&created.session().hand_over())?;
            let session: ClientSession = serde_json::from_str(&handed_over)?;
            telling
                .line(format!(
                    "handed to the device, which may call {}",
                    session.client_api_url()
                ))
                .fact("client_api_url", session.client_api_url().as_str());
            Ok(session)
        })
        .await
}

pub(super) async fn apple_pay_session(
    story: &mut Story<'_>,
    stage: &Stage,
    session: &ClientSession,
) -> Result<(), Failure> {
    story
        .step("Apple Pay session", async |telling| {
            let device = Client::builder()
                .session(session)
                .wire(stage.wire.clone())
                .build()?;
            let answer = device
                .apple_pay_session()
                .domain_name(DOMAIN)
                .validation_url(VALIDATION_URL)
                .display_name("Example Shop")
                .send()
                .await?;
            let merchant_session = answer.merchant_session()?;
            let domain = found(merchant_session.domain_name, "domain in the merchant session")?;
            ensure(domain == DOMAIN, "the merchant session is for the shop's domain")?;
            let expires = found(merchant_session.expires_at, "end of the merchant session")?;
            let minutes = i64::try_from(SystemTime::UNIX_EPOCH.elapsed()?.as_millis())
                .map(|now| expires.saturating_sub(now).saturating_add(30_000) / 60_000)?;
            ensure(minutes > 0, "the merchant session is still good")?;
            telling
                .line(format!(
                    "a merchant session for {domain}, good for {minutes} minutes"
                ))
                .fact("domain", domain)
                .fact("expires_at_ms", expires);
            Ok(())
        })
        .await
}

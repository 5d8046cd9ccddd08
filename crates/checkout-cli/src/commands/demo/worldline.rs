//! Worldline Connect: a server call, a client session, and what a device does with it.

use std::time::SystemTime;

use hosted_checkout::worldline::{Client, ClientSession, Connect, Credentials, Endpoint};

use super::stage::Stage;
use super::story::{BoxError, Story, ensure, found};

const DOMAIN: &str = "shop.example";
/// What Apple's event would name. The sandbox opens no connection to it.
const VALIDATION_URL: &str = "https://apple-pay-gateway.apple.com/paymentservices/startSession";

impl Stage {
    pub(super) async fn test_connection(&self, story: &mut Story<'_>) -> Result<Connect, BoxError> {
        story.begins("testConnection");
        let worldline = self.sandbox.worldline();
        let merchant = worldline.report().merchant_id.as_str();
        let credentials = Credentials::builder()
            .merchant_id(merchant)
            .api_key_id(worldline.report().api_key_id.as_str())
            .secret_api_key(worldline.report().secret_api_key.as_str())
            .integrator("hosted-checkout demo")
            .build()?;
        let connect = Connect::builder()
            .endpoint(Endpoint::parse(&worldline.report().endpoint)?)
            .credentials(credentials)
            .wire(self.wire.clone())
            .build()?;
        let answer = connect.server().test_connection().await?;
        let result = found(answer.result.text(), "result in the answer")?;
        let line = format!("Worldline Connect says {result} to merchant {merchant}, signed by GCS v1HMAC");
        story
            .line(line)
            .fact("result", result)
            .fact("merchant_id", merchant);
        Ok(connect)
    }

    pub(super) async fn apple_pay(
        &self,
        story: &mut Story<'_>,
        session: &ClientSession,
    ) -> Result<(), BoxError> {
        story.begins("Apple Pay session");
        let device = Client::builder()
            .session(session)
            .wire(self.wire.clone())
            .build()?;
        let call = device.apple_pay_session().domain_name(DOMAIN);
        let call = call.validation_url(VALIDATION_URL).display_name("Example Shop");
        let answer = call.send().await?;
        let merchant_session = answer.merchant_session()?;
        let domain = found(merchant_session.domain_name, "domain in the merchant session")?;
        ensure(domain == DOMAIN, "the merchant session is for the shop's domain")?;
        let expires = found(merchant_session.expires_at, "end of the merchant session")?;
        let now = i64::try_from(SystemTime::UNIX_EPOCH.elapsed()?.as_millis())?;
        let minutes = expires.saturating_sub(now).saturating_add(30_000) / 60_000;
        ensure(minutes > 0, "the merchant session is still good")?;
        story
            .line(format!(
                "a merchant session for {domain}, good for {minutes} minutes"
            ))
            .fact("domain", domain)
            .fact("expires_at_ms", expires);
        Ok(())
    }
}

pub(super) async fn session(story: &mut Story<'_>, connect: &Connect) -> Result<ClientSession, BoxError> {
    story.begins("client session");
    let created = connect.server().create_session().send().await?;
    // As the shop's server sends it to the shop's page, and the page reads it.
    let handed_over = serde_json::to_string(&created.session().hand_over())?;
    let session: ClientSession = serde_json::from_str(&handed_over)?;
    let url = session.client_api_url();
    story
        .line(format!("handed to the device, which may call {url}"))
        .fact("client_api_url", url.as_str());
    Ok(session)
}

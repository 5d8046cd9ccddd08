//! The server API, on a merchant's behalf.

use std::sync::Arc;

use checkout_core::validate::{At, Rule, Validate as _, Violations};
use checkout_transport::{Error, Response};
use worldline_connect_client::WorldlineConnectApi;
use worldline_connect_models::{
    CreatePaymentProductSessionRequest, IdempotenceKey, MerchantId, SessionRequest, TestConnection,
    operations,
};

use super::sessions::{apple_pay_request, refuse_product_session};
use super::{APPLE_PAY, ApplePayHosts, ApplePaySession, CreatedSession, ProductSession};

/// The calls of the server API for one merchant. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Server {
    api: WorldlineConnectApi,
    merchant_id: MerchantId,
    apple_pay_hosts: Arc<ApplePayHosts>,
}

impl Server {
    pub(super) const fn new(
        api: WorldlineConnectApi,
        merchant_id: MerchantId,
        apple_pay_hosts: Arc<ApplePayHosts>,
    ) -> Self {
        Self {
            api,
            merchant_id,
            apple_pay_hosts,
        }
    }

    /// Asks whether the API knows the key and the merchant. Changes nothing.
    ///
    /// # Errors
    /// 403 if the key is wrong or the merchant not its own; an answer other than `OK` is a mismatch.
    pub async fn test_connection(&self) -> Result<Response<TestConnection>, Error> {
        let response = self.api.test_connection(&self.merchant_id).await?;
        if response.result.as_deref() == Some("OK") {
            return Ok(response);
        }
        let mut found = Violations::new();
        found.push(&At::BODY.field("result"), Rule::Consistency, "is not OK");
        Err(response.into_mismatch(found))
    }

    pub(super) async fn send_create_session(
        &self,
        idempotence_key: Option<IdempotenceKey>,
        request: SessionRequest,
        mut found: Violations,
    ) -> Result<CreatedSession, Error> {
        idempotence_key.check(&IDEMPOTENCE_KEY, &mut found);
        request.check(&At::BODY, &mut found);
        found
            .into_result()
            .map_err(|found| Error::invalid_request(&operations::CREATE_SESSION, found))?;
        CreatedSession::new(
            self.api
                .create_session(&self.merchant_id, idempotence_key.as_ref(), &request)
                .await?,
        )
    }

    pub(super) async fn send_create_product_session(
        &self,
        payment_product_id: i32,
        idempotence_key: Option<IdempotenceKey>,
        request: CreatePaymentProductSessionRequest,
        mut found: Violations,
    ) -> Result<ProductSession, Error> {
        let (operation, hosts) = (&operations::CREATE_PRODUCT_SESSION, &self.apple_pay_hosts);
        idempotence_key.check(&IDEMPOTENCE_KEY, &mut found);
        refuse_product_session(operation, payment_product_id, &request, hosts, found)?;
        let (merchant_id, key) = (&self.merchant_id, idempotence_key.as_ref());
        self.api
            .create_product_session(merchant_id, payment_product_id, key, &request)
            .await
            .map(ProductSession::new)
    }
}

/// Where the generated client, too, says the key stands.
const IDEMPOTENCE_KEY: At<'static> = At::parameter("header:X-GCS-Idempotence-Key");

#[bon::bon]
impl Server {
    /// Gets Apple's merchant session for a page that shows an Apple Pay button, in place of a device.
    ///
    /// # Errors
    /// The domain is not bare, or the URL is none of Apple's: nothing is sent. Or the call fails.
    #[builder(
        on(String, into),
        finish_fn(name = send, doc { /** Checks the request, sends it, and takes the session out of the answer. */ })
    )]
    pub async fn apple_pay_session(
        &self,
        /// The domain of the page with the button, as registered with Apple: no scheme, no path.
        domain_name: String,
        /// The `validationURL` of Apple's event, untouched. Worldline's server calls it, so only Apple's hosts pass.
        validation_url: String,
        /// The shop's name, as Apple Pay shows it.
        display_name: Option<String>,
    ) -> Result<ApplePaySession, Error> {
        let request = apple_pay_request(domain_name, validation_url, display_name);
        self.send_create_product_session(APPLE_PAY, None, request, Violations::new())
            .await?
            .into_apple_pay()
    }
}

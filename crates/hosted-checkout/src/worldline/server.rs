//! The server API, on a merchant's behalf.

use std::sync::Arc;

use checkout_core::validate::{At, Rule, Validate as _, Violations};
use checkout_transport::{Call as _, CallOptions, Error, Prepared, Response};
use worldline_connect_client::{WorldlineConnectApi, call};
use worldline_connect_models::{
    CreatePaymentProductSessionRequest, CreatePaymentProductSessionResponse, IdempotenceKey, MerchantId,
    SessionRequest, SessionResponse, TestConnection,
};

use super::reach::Reach;
use super::sessions::sealed::Sealed;
use super::sessions::{SessionCall, apple_pay_request, refuse_product_session};
use super::{APPLE_PAY, ApplePayHosts, ApplePaySession, CreatedSession, ProductSession};

/// The calls of the server API for one merchant. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Server {
    api: WorldlineConnectApi,
    merchant_id: MerchantId,
    pub(super) reach: Arc<Reach>,
    apple_pay_hosts: Arc<ApplePayHosts>,
}

impl Server {
    pub(super) const fn new(
        api: WorldlineConnectApi,
        merchant_id: MerchantId,
        reach: Arc<Reach>,
        apple_pay_hosts: Arc<ApplePayHosts>,
    ) -> Self {
        Self {
            api,
            merchant_id,
            reach,
            apple_pay_hosts,
        }
    }

    /// The same with other time limits and repeats.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration) for a time limit of zero.
    pub fn options(mut self, options: CallOptions) -> Result<Self, Error> {
        self.api = self.api.with_options(options)?;
        Ok(self)
    }

    /// Where its requests go: one that was made for another base URL is not sent.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.api.base_url()
    }

    /// Sends a prepared request, just made or read from storage, and reads the answer.
    ///
    /// # Errors
    /// The request was made for another endpoint or is older than the 24 hours for which the API remembers its idempotence
    /// key, or the call fails; [`Error::outcome`] says what that means, over all attempts of this request.
    pub async fn send<C: SessionCall<On = Self>>(&self, prepared: &Prepared<C>) -> Result<C::Session, Error> {
        C::accept(self, self.api.send(prepared).await?)
    }

    /// Asks whether the API knows the key and the merchant. Changes nothing.
    ///
    /// # Errors
    /// 403 if the key is wrong or the merchant not its own; an answer other than `OK` is a mismatch.
    pub async fn test_connection(&self) -> Result<Response<TestConnection>, Error> {
        let response = self.api.test_connection(&self.merchant_id).await?;
        if response.result.text() == Some("OK") {
            return Ok(response);
        }
        let mut found = Violations::new();
        found.push(&At::BODY.field("result"), Rule::Consistency, "is not OK");
        Err(response.into_mismatch(found))
    }

    pub(super) fn prepare_create_session(
        &self,
        idempotence_key: Option<IdempotenceKey>,
        request: SessionRequest,
        mut found: Violations,
    ) -> Result<Prepared<call::CreateSession>, Error> {
        idempotence_key.check(&IDEMPOTENCE_KEY, &mut found);
        request.check(&At::BODY, &mut found);
        found
            .into_result()
            .map_err(|found| Error::invalid_request(call::CreateSession::operation(), found))?;
        self.api
            .prepare_create_session(&self.merchant_id, idempotence_key.as_ref(), &request)
    }

    pub(super) fn prepare_create_product_session(
        &self,
        payment_product_id: i32,
        idempotence_key: Option<IdempotenceKey>,
        request: CreatePaymentProductSessionRequest,
        mut found: Violations,
    ) -> Result<Prepared<call::CreateProductSession>, Error> {
        let operation = call::CreateProductSession::operation();
        idempotence_key.check(&IDEMPOTENCE_KEY, &mut found);
        refuse_product_session(
            operation,
            payment_product_id,
            &request,
            &self.apple_pay_hosts,
            found,
        )?;
        let (merchant_id, key) = (&self.merchant_id, idempotence_key.as_ref());
        self.api
            .prepare_create_product_session(merchant_id, payment_product_id, key, &request)
    }
}

/// Where the generated client, too, says the key stands.
const IDEMPOTENCE_KEY: At<'static> = At::parameter("header:X-GCS-Idempotence-Key");

#[bon::bon]
impl Server {
    /// Gets Apple's merchant session for a page that shows an Apple Pay button, in place of a device.
    #[builder(
        on(String, into),
        builder_type(name = ServerApplePaySessionBuilder, vis = "pub"),
        state_mod(name = server_apple_pay_session_builder, vis = "pub", doc { /** Which fields of [`ServerApplePaySessionBuilder`] are set. */ }),
        finish_fn(name = finish, vis = ""),
    )]
    pub fn apple_pay_session(
        &self,
        /// The domain of the page with the button, as registered with Apple: no scheme, no path.
        domain_name: String,
        /// The `validationURL` of Apple's event, untouched. Worldline's server calls it, so only Apple's hosts pass.
        validation_url: String,
        /// The shop's name, as Apple Pay shows it.
        display_name: Option<String>,
        /// Names the request for 24 hours, so that it may be sent again after a timeout.
        #[builder(into)]
        idempotence_key: Option<IdempotenceKey>,
    ) -> Result<(&Self, Prepared<call::CreateProductSession>), Error> {
        let request = apple_pay_request(domain_name, validation_url, display_name);
        let found = Violations::new();
        let prepared = self.prepare_create_product_session(APPLE_PAY, idempotence_key, request, found)?;
        Ok((self, prepared))
    }
}

impl<S: server_apple_pay_session_builder::IsComplete> ServerApplePaySessionBuilder<'_, S> {
    /// Checks the request and finishes it to the byte, without sending it. [`Server::send`] sends it, and
    /// [`ProductSession::apple_pay`](super::ProductSession::apple_pay) has what it answers.
    ///
    /// # Errors
    /// The domain is not bare, or the URL is none of Apple's.
    pub fn prepare(self) -> Result<Prepared<call::CreateProductSession>, Error> {
        Ok(self.finish()?.1)
    }

    /// Checks the request, sends it, and takes the session out of the answer.
    ///
    /// # Errors
    /// As for [`prepare`](Self::prepare), or the call fails.
    pub async fn send(self) -> Result<ApplePaySession, Error> {
        let (on, prepared) = self.finish()?;
        on.send(&prepared).await?.into_apple_pay()
    }
}

impl Sealed for call::CreateSession {}

impl SessionCall for call::CreateSession {
    type On = Server;
    type Session = CreatedSession;

    fn accept(server: &Server, answer: Response<SessionResponse>) -> Result<CreatedSession, Error> {
        CreatedSession::new(answer, &server.reach)
    }
}

impl Sealed for call::CreateProductSession {}

impl SessionCall for call::CreateProductSession {
    type On = Server;
    type Session = ProductSession;

    fn accept(
        _: &Server,
        answer: Response<CreatePaymentProductSessionResponse>,
    ) -> Result<ProductSession, Error> {
        Ok(ProductSession::new(answer))
    }
}

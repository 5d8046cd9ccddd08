//! The server API, on a merchant's behalf.

use std::sync::Arc;

use checkout_core::validate::{At, Rule, Violations};
use checkout_transport::{CallOptions, Error, Prepared, PreparedRequest, Reply, Response};
use worldline_connect_client::{WorldlineConnectApi, call};
use worldline_connect_models::{IdempotenceKey, MerchantId, TestConnection};

use super::generated::requests;
use super::reach::Reach;
use super::sessions::{apple_pay_request, product_session};
use super::{APPLE_PAY, ApplePayHosts, ApplePaySession};
use crate::CallOf;
use crate::door::{Entry, door};
use crate::operation::{Client as Calls, prepare};

/// The calls of the server API for one merchant. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Server {
    pub(super) api: WorldlineConnectApi,
    pub(super) merchant_id: MerchantId,
    pub(super) reach: Arc<Reach>,
    pub(super) apple_pay_hosts: Arc<ApplePayHosts>,
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
}

door!(Server, "createSession");

impl Calls for Server {
    const API: &'static str = "Worldline Connect";

    fn entries() -> &'static [Entry<Self>] {
        super::generated::SERVER
    }

    async fn reply(&self, request: &PreparedRequest) -> Result<Reply, Error> {
        self.api.reply(request).await
    }
}

impl CallOf<Server> for call::TestConnection {
    fn accept(_: &Server, answer: &TestConnection, found: &mut Violations) {
        if answer.result.text() != Some("OK") {
            found.push(&At::BODY.field("result"), Rule::Consistency, "is not OK");
        }
    }
}

product_session!(Server: CreateProductSession);

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
        let request = requests::CreateProductSession {
            payment_product_id: APPLE_PAY,
            idempotence_key,
            body: apple_pay_request(domain_name, validation_url, display_name),
        };
        Ok((self, prepare(self, request, Violations::new())?))
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

//! The server API, on a merchant's behalf.

use std::sync::Arc;

use checkout_core::validate::{At, Rule, Violations};
use checkout_transport::{CallOptions, Error, Prepared, PreparedRequest, Reply, Response};
use worldline_connect_client::{WorldlineConnectApi, call};
use worldline_connect_models::{IdempotenceKey, MerchantId, TestConnection};

use super::ApplePayHosts;
use super::generated::requests;
use super::product_sessions::product_session;
use super::reach::Reach;
use crate::CallOf;
use crate::handle::sends;
use crate::operation::Client as Calls;

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

sends!(Server);
#[cfg(feature = "by-id")]
crate::door::door!(Server, super::generated::SERVER, "createSession");

impl Calls for Server {
    const API: &'static str = "Worldline Connect";

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

product_session!(
    Server: CreateProductSession,
    ServerApplePaySessionBuilder,
    server_apple_pay_session_builder,
    /// Names the request for 24 hours, so that it may be sent again after a timeout. Made afresh where none is given.
    idempotence_key: IdempotenceKey
);

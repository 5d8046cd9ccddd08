//! The client API, on behalf of a client session.

use std::sync::Arc;

use checkout_core::validate::Violations;
use checkout_transport::{
    BaseUrl, CallOptions, Error, Prepared, PreparedRequest, Reply, Response, Transport, TransportBuilder,
};
use worldline_connect_client::{WorldlineConnectApi, call};
use worldline_connect_models::CustomerId;

use super::client_signer::ClientSigner;
use super::generated::requests;
use super::product_sessions::product_session;
use super::profile::Profile;
use super::reach::Reach;
use super::{ApplePayHosts, ClientMetaInfo, ClientSession};
use crate::destination::Naming;
use crate::handle::sends;
use crate::operation::Client as Calls;
use crate::settings::settings;

/// The calls of the client API within one client session. Cheap to clone.
///
/// ```no_run
/// # async fn run(session: hosted_checkout::worldline::ClientSession) -> Result<(), Box<dyn std::error::Error>> {
/// let merchant_session = session
///     .connect()?
///     .apple_pay_session()
///     .domain_name("shop.example")
///     .validation_url("https://apple-pay-gateway.apple.com/paymentservices/startSession")
///     .send()
///     .await?;
/// // For completeMerchantValidation, in the page:
/// let json = merchant_session.to_json()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) api: WorldlineConnectApi,
    pub(super) customer_id: CustomerId,
    pub(super) apple_pay_hosts: Arc<ApplePayHosts>,
}

impl ClientSession {
    /// The client API, with default settings. [`Client::builder`] has more, and
    /// `Connect::client` of the server API shares a server's connections.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration): `clientApiUrl` is on a host that is neither
    /// Worldline's nor this machine, nor was named to the connection that made the session; or TLS cannot be set up.
    pub fn connect(&self) -> Result<Client, Error> {
        Client::builder().session(self).build()
    }
}

#[bon::bon]
impl Client {
    /// Sets a client up in detail.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration): `clientApiUrl` is on a host that is neither
    /// Worldline's nor this machine nor named, or TLS, a time limit or the user agent cannot be set up.
    #[builder(state_mod(name = client_builder, vis = "pub", doc { /** Which fields of [`ClientBuilder`] are set. */ }))]
    pub fn new(
        #[builder(field)] naming: Naming,
        #[builder(field = Transport::builder())] transport: TransportBuilder,
        /// On whose behalf.
        session: &ClientSession,
        /// What the device says about itself.
        #[builder(default)]
        device: ClientMetaInfo,
        /// The hosts that an Apple Pay `validationUrl` may name; those that Apple documents by default.
        #[builder(default)]
        apple_pay_hosts: ApplePayHosts,
    ) -> Result<Self, Error> {
        let mut reach = session.reach().clone();
        reach.named = reach.named.and(naming.finish()?);
        let signer = ClientSigner::new(session, &device);
        let transport = transport.authenticator(signer).api(Profile).build()?;
        Self::over(transport, session, &reach, Arc::new(apple_pay_hosts))
    }
}

impl<S: client_builder::State> ClientBuilder<'_, S> {
    settings!();

    /// One more host that `clientApiUrl` may be on, beside Worldline's: a proxy of the caller's. A bare name or address,
    /// without scheme and port.
    pub fn own_host(mut self, host: impl AsRef<str>) -> Self {
        self.naming.own_host(host.as_ref());
        self
    }

    /// One more host that `clientApiUrl` may be on, and that may be spoken to in plain http, beside this machine: a sandbox
    /// in another container. Never a vendor's. A bare name or address, without scheme and port.
    pub fn plain_http_host(mut self, host: impl AsRef<str>) -> Self {
        self.naming.plain_http_host(host.as_ref());
        self
    }
}

impl Client {
    /// A client over a transport whose authenticator is the session's own.
    pub(super) fn over(
        transport: Transport,
        session: &ClientSession,
        reach: &Reach,
        apple_pay_hosts: Arc<ApplePayHosts>,
    ) -> Result<Self, Error> {
        let origin = session.client_api_url().origin();
        reach
            .check_client_api(origin)
            .map_err(|refusal| Error::configuration(format!("clientApiUrl: {refusal}")))?;
        let base_url = BaseUrl::parse_allowing_plain_http(origin)?;
        let api = WorldlineConnectApi::new(transport, &base_url);
        Ok(Self {
            api,
            customer_id: session.customer_id().clone(),
            apple_pay_hosts,
        })
    }

    /// Where its requests go: one that was made for another base URL is not sent.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.api.base_url()
    }

    /// The same with other time limits and repeats.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration) for a time limit of zero.
    pub fn options(mut self, options: CallOptions) -> Result<Self, Error> {
        self.api = self.api.with_options(options)?;
        Ok(self)
    }
}

sends!(Client);
#[cfg(feature = "by-id")]
crate::door::door!(Client, super::generated::CLIENT, "createClientProductSession");

impl Calls for Client {
    const API: &'static str = "Worldline Connect";

    async fn reply(&self, request: &PreparedRequest) -> Result<Reply, Error> {
        self.api.reply(request).await
    }
}

product_session!(
    Client: CreateClientProductSession,
    ClientApplePaySessionBuilder,
    client_apple_pay_session_builder
);

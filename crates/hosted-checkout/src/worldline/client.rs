//! The client API, on behalf of a client session.

use std::sync::Arc;

use checkout_core::validate::Violations;
use checkout_transport::{
    BaseUrl, CallOptions, Clock, Error, Prepared, PreparedRequest, Reply, Response, Transport, Wire,
};
use worldline_connect_client::{WorldlineConnectApi, call};
use worldline_connect_models::CustomerId;

use super::client_signer::ClientSigner;
use super::generated::requests;
use super::reach::Reach;
use super::sessions::{apple_pay_request, product_session};
use super::settings::{ClientBuilderFn, Settings};
use super::{APPLE_PAY, ApplePayHosts, ApplePaySession, ClientMetaInfo, ClientSession};
use crate::destination::Naming;
use crate::door::{Entry, door};
use crate::operation::{Client as Calls, prepare};

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
        /// On whose behalf.
        session: &ClientSession,
        /// What the device says about itself.
        #[builder(default)]
        device: ClientMetaInfo,
        /// What carries requests; a connection pool of its own by default.
        #[builder(with = |wire: impl Wire| Arc::new(wire) as Arc<dyn Wire>)]
        wire: Option<Arc<dyn Wire>>,
        /// Proxy, TLS, DNS and pool settings of the connections. It is called twice: the second client has the same
        /// settings save for proxies, and serves an address on this machine. A `wire` has its own, and goes first.
        #[builder(with = |builder: impl FnMut() -> reqwest::ClientBuilder + Send + 'static| Box::new(builder) as ClientBuilderFn)]
        client_builder: Option<ClientBuilderFn>,
        /// Time limits, repeats, and what else calls have in common.
        #[builder(default = CallOptions::DEFAULT)]
        options: CallOptions,
        /// The `User-Agent`; `hosted-checkout/<version>` by default.
        #[builder(into)]
        user_agent: Option<String>,
        /// The time that calls are made at; the machine's by default. Nothing that a device sends is dated, so far.
        #[builder(with = |clock: impl Clock + 'static| Arc::new(clock) as Arc<dyn Clock>)]
        clock: Option<Arc<dyn Clock>>,
        /// The hosts that an Apple Pay `validationUrl` may name; those that Apple documents by default.
        #[builder(default)]
        apple_pay_hosts: ApplePayHosts,
    ) -> Result<Self, Error> {
        let settings = Settings {
            wire,
            client_builder,
            options,
            user_agent,
            clock,
        };
        let mut reach = session.reach().clone();
        reach.named = reach.named.and(naming.finish()?);
        let transport = settings.transport(ClientSigner::new(session, &device))?;
        Self::over(transport, session, &reach, Arc::new(apple_pay_hosts))
    }

    /// Gets Apple's merchant session for a page that shows an Apple Pay button.
    #[builder(
        on(String, into),
        builder_type(name = ClientApplePaySessionBuilder, vis = "pub"),
        state_mod(name = client_apple_pay_session_builder, vis = "pub", doc { /** Which fields of [`ClientApplePaySessionBuilder`] are set. */ }),
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
    ) -> Result<(&Self, Prepared<call::CreateClientProductSession>), Error> {
        let request = requests::CreateClientProductSession {
            payment_product_id: APPLE_PAY,
            body: apple_pay_request(domain_name, validation_url, display_name),
        };
        Ok((self, prepare(self, request, Violations::new())?))
    }
}

impl<S: client_builder::State> ClientBuilder<'_, S> {
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

impl<S: client_apple_pay_session_builder::IsComplete> ClientApplePaySessionBuilder<'_, S> {
    /// Checks the request and finishes it to the byte, without sending it. [`Client::send`] sends it, and
    /// [`ProductSession::apple_pay`](super::ProductSession::apple_pay) has what it answers.
    ///
    /// # Errors
    /// The domain is not bare, or the URL is none of Apple's.
    pub fn prepare(self) -> Result<Prepared<call::CreateClientProductSession>, Error> {
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
        let api = WorldlineConnectApi::new(transport, &base_url)?;
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

door!(Client, "createClientProductSession");

impl Calls for Client {
    const API: &'static str = "Worldline Connect";

    fn entries() -> &'static [Entry<Self>] {
        super::generated::CLIENT
    }

    async fn reply(&self, request: &PreparedRequest) -> Result<Reply, Error> {
        self.api.reply(request).await
    }
}

product_session!(Client: CreateClientProductSession);

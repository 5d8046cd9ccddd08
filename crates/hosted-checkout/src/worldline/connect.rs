//! The way in: a merchant's connection to the server API.

use std::fmt;
use std::sync::Arc;

use checkout_transport::{CallOptions, Clock, Error, Wire};
use worldline_connect_client::WorldlineConnectApi;

use super::authenticator::{ClientSigner, ServerSigner};
use super::credentials::ENDPOINT;
use super::settings::{ClientBuilderFn, Settings};
use super::{
    ApplePayHosts, Client, ClientMetaInfo, ClientSession, Credentials, Endpoint, EndpointError, Server,
};
use crate::credentials::Variables;

/// A merchant's connection to Worldline Connect. Make one per process: clones share its connections.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use hosted_checkout::worldline::Connect;
///
/// let connect = Connect::from_env()?;
/// connect.server().test_connection().await?;
///
/// // The session goes to the consumer's device, which then calls on its own.
/// let session = connect.server().create_session().send().await?;
/// println!("{}", serde_json::to_string(&session.session().hand_over())?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Connect {
    endpoint: Endpoint,
    credentials: Arc<Credentials>,
    api: WorldlineConnectApi,
    apple_pay_hosts: Arc<ApplePayHosts>,
}

#[bon::bon]
impl Connect {
    /// A connection with default settings.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration): TLS cannot be set up.
    pub fn new(endpoint: Endpoint, credentials: Credentials) -> Result<Self, Error> {
        Self::builder()
            .endpoint(endpoint)
            .credentials(credentials)
            .build()
    }

    /// A connection set up from `WORLDLINE_CONNECT_ENDPOINT` (a base URL) and the variables of
    /// [`Credentials::from_env`].
    ///
    /// # Errors
    /// All variables that are missing or cannot be used, by name.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(Variables::of_process())
    }

    /// As [`from_env`](Self::from_env), from wherever `lookup` finds a variable.
    ///
    /// # Errors
    /// All variables that are missing or cannot be used, by name.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        Self::from_variables(Variables::new(lookup))
    }

    fn from_variables(mut variables: Variables<'_>) -> Result<Self, Error> {
        let endpoint = variables.required_parsed::<_, EndpointError>(
            ENDPOINT,
            "the base URL of the server API, e.g. https://eu.sandbox.api-ingenico.com",
            Endpoint::parse,
        );
        let credentials = Credentials::read(&mut variables);
        let settings = variables.finish().and(credentials);
        match (endpoint, settings) {
            (Some(endpoint), Ok(credentials)) => Self::new(endpoint, credentials),
            (_, Err(error)) => Err(unusable(&error).with_source(error)),
            (None, Ok(_)) => Err(unusable("no endpoint")),
        }
    }

    /// Sets a connection up in detail.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use hosted_checkout::{CallOptions, Timeouts};
    /// use hosted_checkout::worldline::{Connect, Credentials, Endpoint};
    ///
    /// # let credentials = Credentials::builder()
    /// #     .merchant_id("9991").api_key_id("key").secret_api_key("secret").integrator("Example Shop").build()?;
    /// let connect = Connect::builder()
    ///     .endpoint(Endpoint::sandbox())
    ///     .credentials(credentials)
    ///     .options(CallOptions::DEFAULT.timeouts(Timeouts::DEFAULT.with_attempt(Duration::from_secs(10))))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration): TLS, a time limit or the user agent
    /// cannot be set up.
    #[builder(
        builder_type(name = ConnectBuilder, vis = "pub", doc { /** Sets up a [`Connect`]. */ }),
        start_fn(name = builder, vis = "pub"),
        finish_fn(name = build, doc { /** The connection. */ })
    )]
    fn assemble(
        /// Where the API listens.
        endpoint: Endpoint,
        /// Who calls.
        credentials: Credentials,
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
        /// The time that requests are dated by; the machine's by default.
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
        let transport = settings.transport(ServerSigner::new(&credentials))?;
        let api = WorldlineConnectApi::new(transport, &endpoint.base_url()?)?;
        Ok(Self {
            endpoint,
            credentials: Arc::new(credentials),
            api,
            apple_pay_hosts: Arc::new(apple_pay_hosts),
        })
    }
}

impl Connect {
    /// The calls of the server API, on the merchant's behalf.
    #[must_use]
    pub fn server(&self) -> Server {
        self.server_with(self.api.clone())
    }

    /// The same calls, telling the API about the device on whose behalf the server calls.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration): no HTTP client can be made.
    pub fn server_for(&self, device: &ClientMetaInfo) -> Result<Server, Error> {
        let signer = ServerSigner::new(&self.credentials).client_meta_info(device);
        let transport = self.api.transport().with_authenticator(signer);
        Ok(self.server_with(WorldlineConnectApi::new(transport, &self.endpoint.base_url()?)?))
    }

    /// The calls of the client API, on behalf of a client session, over this connection's wire and with its settings.
    ///
    /// For servers that stand in for a device; a device has [`ClientSession::connect`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration): no HTTP client can be made.
    pub fn client(&self, session: &ClientSession, device: &ClientMetaInfo) -> Result<Client, Error> {
        let transport = self
            .api
            .transport()
            .with_authenticator(ClientSigner::new(session, device));
        Client::over(transport, session, Arc::clone(&self.apple_pay_hosts))
    }

    fn server_with(&self, api: WorldlineConnectApi) -> Server {
        Server::new(
            api,
            self.credentials.merchant_id().clone(),
            Arc::clone(&self.apple_pay_hosts),
        )
    }

    /// Where the API listens.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("endpoint", &self.endpoint.as_str())
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// The problems name variables and never a value, so they may stand in the error's own text.
fn unusable(problems: impl fmt::Display) -> Error {
    Error::configuration(format!("Worldline Connect cannot be set up: {problems}"))
}

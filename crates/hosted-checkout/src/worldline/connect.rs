//! A merchant's connection to the server API.

use std::sync::Arc;

use checkout_core::impl_debug;
use checkout_transport::{Error, Transport, TransportBuilder};
use worldline_connect_client::WorldlineConnectApi;

use super::credentials::{ENDPOINT, ENVIRONMENT};
use super::profile::Profile;
use super::reach::Reach;
use super::server_signer::ServerSigner;
use super::{
    ApplePayHosts, ClientMetaInfo, Credentials, Endpoint, EndpointError, Environment, Server,
    UnknownEnvironment,
};
use crate::credentials::{CredentialsError, Spelling, Variables};
use crate::destination::{self, Naming, WORLDLINE_CONNECT};
use crate::settings::settings;

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
    reach: Arc<Reach>,
    api: WorldlineConnectApi,
    apple_pay_hosts: Arc<ApplePayHosts>,
}

#[bon::bon]
impl Connect {
    /// A connection with default settings.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration): the endpoint is none that is published
    /// and not on this machine, or TLS cannot be set up.
    pub fn new(endpoint: Endpoint, credentials: Credentials) -> Result<Self, Error> {
        Self::builder()
            .endpoint(endpoint)
            .credentials(credentials)
            .build()
    }

    /// A connection set up from these variables and those of [`Credentials::from_env`]:
    ///
    /// | variable | holds | needed |
    /// |---|---|---|
    /// | `WORLDLINE_CONNECT_ENDPOINT` | the base URL | always |
    /// | `WORLDLINE_CONNECT_ENVIRONMENT` | `sandbox`, `pre-production`, `production` or `local` | no: where it is set, an endpoint of another is refused |
    /// | `WORLDLINE_CONNECT_OWN_HOST` | hosts of your own, or of Worldline and not published, separated by commas | for such an endpoint |
    /// | `CHECKOUT_PLAIN_HTTP_HOST` | hosts that may be spoken to in plain http, separated by commas | for a server on another machine without TLS |
    ///
    /// # Errors
    /// All variables that are missing, cannot be used or are at odds with another, by name.
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

    /// As [`from_env`](Self::from_env), from wherever the variables come.
    ///
    /// # Errors
    /// All variables that are missing, cannot be used or are at odds with another, by name.
    pub fn from_variables(variables: Variables<'_>) -> Result<Self, Error> {
        let (endpoint, reach, credentials) = Self::read(variables).map_err(unusable)?;
        let mut builder = Self::builder();
        builder.naming = reach.named.into();
        builder
            .endpoint(endpoint)
            .maybe_environment(reach.environment)
            .credentials(credentials)
            .build()
    }

    /// Whether the variables would set a connection up.
    ///
    /// # Errors
    /// All variables that are missing, cannot be used or are at odds with another, by name.
    pub fn check_variables(variables: Variables<'_>) -> Result<(), CredentialsError> {
        Self::read(variables).map(drop)
    }

    fn read(mut variables: Variables<'_>) -> Result<(Endpoint, Reach, Credentials), CredentialsError> {
        let endpoint = variables.required_parsed::<_, EndpointError>(
            ENDPOINT,
            "the base URL of the server API, e.g. https://eu.sandbox.api-ingenico.com",
            Endpoint::parse,
        );
        let environment = variables.parsed::<_, UnknownEnvironment>(ENVIRONMENT, str::parse);
        let named = destination::read(WORLDLINE_CONNECT.own_host_variable, &mut variables);
        let is_named = named.is_some();
        let reach = Reach {
            environment,
            named: named.unwrap_or_default(),
        };
        if let (Some(endpoint), true) = (&endpoint, is_named)
            && let Err(refusal) = reach.check_endpoint(endpoint.as_str(), variables.spelling())
        {
            variables.reject(ENDPOINT, refusal);
        }
        let credentials = Credentials::read(&mut variables);
        variables.finish()?;
        let endpoint = endpoint.ok_or_else(|| CredentialsError::new(ENDPOINT, "is not set"))?;
        Ok((endpoint, reach, credentials?))
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
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration): the endpoint is none of the
    /// environment's, or TLS, a time limit or the user agent cannot be set up.
    #[builder(
        builder_type(name = ConnectBuilder, vis = "pub", doc { /** Sets up a [`Connect`]. */ }),
        state_mod(name = connect_builder, vis = "pub", doc { /** Which fields of [`ConnectBuilder`] are set. */ }),
        start_fn(name = builder, vis = "pub"),
        finish_fn(name = build, doc { /** The connection. */ })
    )]
    fn assemble(
        #[builder(field)] naming: Naming,
        #[builder(field = Transport::builder())] transport: TransportBuilder,
        /// Where the API listens.
        endpoint: Endpoint,
        /// The environment that is meant. Without it the endpoint alone says so, for keys do not: with it, an endpoint of
        /// another environment is refused.
        environment: Option<Environment>,
        /// Who calls.
        credentials: Credentials,
        /// The hosts that an Apple Pay `validationUrl` may name; those that Apple documents by default.
        #[builder(default)]
        apple_pay_hosts: ApplePayHosts,
    ) -> Result<Self, Error> {
        let reach = Reach {
            environment,
            named: naming.finish()?,
        };
        reach
            .check_endpoint(endpoint.as_str(), Spelling::Code)
            .map_err(|refusal| unusable(CredentialsError::new("endpoint", refusal)))?;
        let signer = ServerSigner::new(&credentials);
        let transport = transport.authenticator(signer).api(Profile).build()?;
        let api = WorldlineConnectApi::new(transport, &endpoint.base_url()?);
        Ok(Self {
            endpoint,
            credentials: Arc::new(credentials),
            reach: Arc::new(reach),
            api,
            apple_pay_hosts: Arc::new(apple_pay_hosts),
        })
    }
}

impl<S: connect_builder::State> ConnectBuilder<S> {
    settings!();

    /// One more host that the endpoint, or the `clientApiUrl` of a session, may be on, beside those that Worldline
    /// publishes: the caller's own, such as a proxy, or one of Worldline's that is not published, such as a data centre.
    /// Never one whose name tells of another environment than was named. A bare name or address, without scheme and port.
    pub fn own_host(mut self, host: impl AsRef<str>) -> Self {
        self.naming.own_host(host.as_ref());
        self
    }

    /// One more host that may be spoken to in plain http, beside this machine: a sandbox in another container. Never a
    /// vendor's. Where no environment was named, or `local`, it counts as an [`own_host`](Self::own_host) too. A bare name
    /// or address, without scheme and port.
    ///
    /// ```
    /// # use hosted_checkout::worldline::{Connect, Credentials, Endpoint};
    /// # let credentials = Credentials::builder()
    /// #     .merchant_id("9991").api_key_id("key").secret_api_key("secret").integrator("Example Shop").build()?;
    /// let connect = Connect::builder()
    ///     .endpoint(Endpoint::parse("http://sandbox.local:4020")?)
    ///     .credentials(credentials)
    ///     .plain_http_host("sandbox.local")
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn plain_http_host(mut self, host: impl AsRef<str>) -> Self {
        self.naming.plain_http_host(host.as_ref());
        self
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
        Ok(self.server_with(WorldlineConnectApi::new(transport, &self.endpoint.base_url()?)))
    }

    /// The calls of the client API, on behalf of a client session, over this connection's wire and with its settings.
    ///
    /// For servers that stand in for a device; a device has [`ClientSession::connect`](super::ClientSession::connect).
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration): the session's `clientApiUrl` is on a host
    /// that is neither Worldline's nor named, or no HTTP client can be made.
    #[cfg(feature = "worldline-client")]
    pub fn client(
        &self,
        session: &super::ClientSession,
        device: &ClientMetaInfo,
    ) -> Result<super::Client, Error> {
        let signer = super::ClientSigner::new(session, device);
        let transport = self.api.transport().with_authenticator(signer);
        super::Client::over(transport, session, &self.reach, Arc::clone(&self.apple_pay_hosts))
    }

    fn server_with(&self, api: WorldlineConnectApi) -> Server {
        Server::new(
            api,
            self.credentials.merchant_id().clone(),
            Arc::clone(&self.reach),
            Arc::clone(&self.apple_pay_hosts),
        )
    }

    /// Where the API listens.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl_debug!(Connect: self => {
    endpoint: self.endpoint.as_str(),
    credentials: self.credentials,
    ..
});

/// The problems name variables and never a value, so they may stand in the error's own text.
fn unusable(problems: CredentialsError) -> Error {
    Error::configuration(format!("Worldline Connect cannot be set up: {problems}")).with_source(problems)
}

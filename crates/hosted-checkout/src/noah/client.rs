//! The client.

use std::sync::Arc;
use std::time::Duration;

use checkout_core::impl_debug;
use checkout_core::key::SigningKey;
use checkout_transport::{CallOptions, Error, Transport, TransportBuilder};
use noah_client::NoahApi;

use super::hosted::HostedPages;
use super::profile::NoahProfile;
use super::{Checks, Credentials, Environment, KeyRing, KeyRingError, RequestSigner, SignerError, Webhooks};
use crate::credentials::{CredentialsError, Variables};
use crate::destination::{NamedHosts, Naming};
use crate::settings::settings;

/// NOAH hosted checkout. Cheap to clone; clones share their connections.
///
/// ```no_run
/// use hosted_checkout::key::SigningKey;
/// use hosted_checkout::noah::{CryptoCurrencyCode, FiatCurrencyCode, Noah, PaymentMethodCategory, line_item};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let noah = Noah::sandbox("apikey_sandbox_12345abcdef", SigningKey::from_file("private-key.pem")?)?;
/// let session = noah
///     .checkout()
///     .pay_in_fiat()
///     .customer_id("customer-1")
///     .payment_method_category(PaymentMethodCategory::Card)
///     .fiat_currency(FiatCurrencyCode::Usd)
///     .fiat_amount("10.10")
///     .crypto_currency(CryptoCurrencyCode::UsdcTest)
///     .return_url("https://shop.example/done")
///     .external_id("order-7")
///     .line_items([line_item("Coffee beans", 2, "5.05")])
///     .send()
///     .await?;
/// // Keep both with the order: no call looks a session up later, and webhooks come with the ExternalID.
/// let (external_id, nonce) = (session.external_id(), session.nonce());
/// // Send the customer there, and nobody else: whoever has the link has the session.
/// let redirect_to = session.hosted_url();
/// # let _ = (external_id, nonce, redirect_to);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Noah {
    pub(super) inner: Arc<Inner>,
    pub(super) api: NoahApi,
    pub(super) checks: Checks,
}

pub(super) struct Inner {
    pub(super) environment: Environment,
    pub(super) hosted: HostedPages,
    pub(super) named: NamedHosts,
    ring: Option<KeyRing>,
}

impl Noah {
    /// A client of the sandbox that signs its requests.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration): the API key is malformed or not one
    /// for the sandbox, or TLS cannot be set up.
    pub fn sandbox(api_key: &str, signing_key: SigningKey) -> Result<Self, Error> {
        Self::new(Credentials::sandbox(api_key, signing_key)?)
    }

    /// A client of production.
    ///
    /// # Errors
    /// As for [`sandbox`](Self::sandbox).
    pub fn production(api_key: &str, signing_key: SigningKey) -> Result<Self, Error> {
        Self::new(Credentials::production(api_key, signing_key)?)
    }

    /// A client of a server of one's own on this machine, such as `cargo checkout sandbox`. The base URL ends in `/v1`.
    ///
    /// # Errors
    /// As for [`sandbox`](Self::sandbox), and for a base URL that is malformed or leads elsewhere.
    pub fn local(base_url: &str, api_key: &str, signing_key: SigningKey) -> Result<Self, Error> {
        Self::new(Credentials::local(base_url, api_key, signing_key)?)
    }

    /// A client by environment variables: see [`Credentials::from_variables`].
    ///
    /// # Errors
    /// As for [`sandbox`](Self::sandbox); every variable that is missing or malformed is named.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(Variables::of_process())
    }

    /// As [`from_env`](Self::from_env), from wherever the variables come.
    ///
    /// # Errors
    /// As for [`sandbox`](Self::sandbox); every variable that is missing or malformed is named.
    pub fn from_variables(variables: Variables<'_>) -> Result<Self, Error> {
        Self::new(Credentials::from_variables(variables)?)
    }

    /// A client by these credentials, with defaults for the rest.
    ///
    /// # Errors
    /// As for [`sandbox`](Self::sandbox), and for a base URL that is none of the environment's.
    pub fn new(credentials: Credentials) -> Result<Self, Error> {
        Self::builder(credentials).build()
    }

    /// A client to be set up: wire, limits, clock, checks.
    pub fn builder(credentials: Credentials) -> NoahBuilder {
        NoahBuilder {
            named: credentials.named.clone().into(),
            credentials,
            transport: Transport::builder(),
            signature_lifetime: RequestSigner::DEFAULT_LIFETIME,
            hosted_hosts: None,
            checks: Checks::default(),
        }
    }

    /// The same with other time limits and repeats.
    ///
    /// ```no_run
    /// # use hosted_checkout::noah::Noah;
    /// # use hosted_checkout::{CallOptions, Timeouts};
    /// # fn f(noah: Noah) -> Result<(), hosted_checkout::Error> {
    /// let hasty = Timeouts::DEFAULT.with_total(std::time::Duration::from_secs(5));
    /// let checkout = noah.checkout().options(CallOptions::DEFAULT.timeouts(hasty).attempts(2))?;
    /// # Ok(())
    /// # }
    /// ```
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

    /// The same with other checks of requests and answers.
    #[must_use]
    pub const fn checks(mut self, checks: Checks) -> Self {
        self.checks = checks;
        self
    }

    /// Verifies the webhooks of this client's environment.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration) in the local environment if no
    /// webhook key was given.
    pub fn webhooks(&self) -> Result<Webhooks, Error> {
        let ring = self.inner.ring.clone().ok_or_else(|| {
            Error::configuration(
                "no webhook key is known for the local environment; set NOAH_WEBHOOK_KEY or Credentials::with_webhook_key",
            )
        })?;
        Ok(Webhooks::with_keys(ring))
    }

    /// The environment that this client works in.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.inner.environment
    }

    /// The generated client below. It checks requests against the spec, and holds them to none of the rules that this client
    /// adds.
    #[must_use]
    pub fn api(&self) -> &NoahApi {
        &self.api
    }
}

impl_debug!(Noah: self => {
    environment: self.inner.environment,
    transport: self.api.transport(),
    ..
});

/// Sets up a [`Noah`].
///
/// NOAH does not publish how long it remembers a `Nonce`: [`CallOptions::key_life`] of the options is how long this client
/// trusts it to.
#[must_use]
#[derive(Debug)]
pub struct NoahBuilder {
    credentials: Credentials,
    named: Naming,
    transport: TransportBuilder,
    signature_lifetime: Duration,
    hosted_hosts: Option<Vec<String>>,
    checks: Checks,
}

impl NoahBuilder {
    settings!();

    /// One more host that the base URL may be on, beside those that NOAH is known by in the environment: the caller's own,
    /// such as a proxy, or one of NOAH's that is not in the list, such as a data centre. Never one whose name tells of another
    /// environment, and for the local environment none of NOAH's at all. A bare name or address, without scheme and port.
    ///
    /// ```
    /// use hosted_checkout::BaseUrl;
    /// use hosted_checkout::noah::{Credentials, Noah};
    ///
    /// let credentials = Credentials::sandbox_unsigned("apikey_sandbox_12345abcdef")?
    ///     .with_base_url(BaseUrl::parse("https://proxy.shop.example/noah/v1")?)?;
    /// assert!(Noah::new(credentials.clone()).is_err());
    /// let noah = Noah::builder(credentials).own_host("proxy.shop.example").build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn own_host(mut self, host: impl AsRef<str>) -> Self {
        self.named.own_host(host.as_ref());
        self
    }

    /// One more host that may be spoken to in plain http, beside this machine: a sandbox in another container, and the shop
    /// that a customer returns to there. Never a vendor's. The local environment takes it as an
    /// [`own_host`](Self::own_host) too. A bare name or address, without scheme and port.
    ///
    /// ```
    /// use hosted_checkout::noah::{Credentials, Noah};
    ///
    /// let credentials = Credentials::local_unsigned("http://sandbox.local:4010/v1", "apikey_sandbox_12345abcdef")?;
    /// assert!(Noah::new(credentials.clone()).is_err());
    /// let noah = Noah::builder(credentials).plain_http_host("sandbox.local").build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn plain_http_host(mut self, host: impl AsRef<str>) -> Self {
        self.named.plain_http_host(host.as_ref());
        self
    }

    /// How long a request signature holds, 1 second to 15 minutes; 5 minutes unless set. Shorter ones are worth less
    /// to a thief and ask for a better clock.
    pub const fn signature_lifetime(mut self, lifetime: Duration) -> Self {
        self.signature_lifetime = lifetime;
        self
    }

    /// Hosts that an answer may send a customer to, in place of the environment's own. In the local environment, where
    /// there are none, any page on this machine is accepted unless this is set, and any on a host that was
    /// [named](Self::own_host). Plain http is for this machine, and for [named hosts](Self::plain_http_host). Bare names or addresses, without scheme
    /// and port: others are refused by [`build`](Self::build).
    pub fn hosted_hosts(mut self, hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.hosted_hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// What is checked beyond the spec; [`Checks::EXACT`] unless set. A single call can differ: [`Noah::checks`].
    pub const fn checks(mut self, checks: Checks) -> Self {
        self.checks = checks;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](checkout_transport::ErrorKind::Configuration) for a base URL that is none of the
    /// environment's, a lifetime or time limit out of range, a hosted or named host that is none, a webhook key that is not on P-384, or TLS settings that do not work.
    pub fn build(self) -> Result<Noah, Error> {
        let named = self.named.finish()?;
        self.credentials.check_address(&named)?;
        let Credentials {
            environment,
            base_url,
            api_key,
            signing_key,
            webhook_key,
            ..
        } = self.credentials;
        let signer =
            RequestSigner::new(&api_key, signing_key, &base_url)?.with_lifetime(self.signature_lifetime)?;
        let ring = match (webhook_key, environment) {
            (Some(key), Environment::Local) => Some(KeyRing::new(environment.as_str(), key)?),
            (None, Environment::Local) => None,
            (key, Environment::Sandbox) => Some(KeyRing::sandbox().with_override(key)?),
            (key, Environment::Production) => Some(KeyRing::production().with_override(key)?),
        };
        let transport = self.transport.api(NoahProfile).authenticator(signer).build()?;
        let inner = Inner {
            environment,
            hosted: HostedPages::new(environment, self.hosted_hosts, named.clone())?,
            named,
            ring,
        };
        Ok(Noah {
            api: NoahApi::new(transport, &base_url),
            inner: Arc::new(inner),
            checks: self.checks,
        })
    }
}

/// Their texts name variables and never a value. They go into the message whole: of a source just the beginning shows, and
/// a list of faulty variables is longer.
macro_rules! configuration {
    ($($error:ty => $message:literal),+ $(,)?) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::configuration(format!(concat!($message, ": {}"), error)).with_source(error)
            }
        }
    )+};
}

configuration!(
    CredentialsError => "the credentials cannot be used",
    SignerError => "requests cannot be signed",
    KeyRingError => "webhooks cannot be verified",
);

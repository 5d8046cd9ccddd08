//! What a client of NOAH needs to know about its account.

use checkout_core::key::{SigningKey, VerifyingKey};
use checkout_transport::BaseUrl;
use url::Url;

use super::{ApiKey, Environment, KeyRing, SignerError};
use crate::credentials::{CredentialsError, Spelling, Variables};
use crate::destination::NamedHosts;

/// Environment, keys and address. They are checked to belong together: keys here, the address by all that makes a client
/// of them, where the caller can still [name a host](super::NoahBuilder::own_host).
///
/// ```no_run
/// use hosted_checkout::key::SigningKey;
/// use hosted_checkout::noah::{Credentials, Noah};
///
/// // NOAH_ENVIRONMENT, NOAH_API_KEY, NOAH_SIGNING_KEY (PEM text or path) and friends:
/// let from_variables = Credentials::from_env()?;
///
/// // Values, wherever they come from:
/// let signing_key = SigningKey::from_file("/run/secrets/noah-signing-key.pem")?;
/// let from_values = Credentials::production(&std::fs::read_to_string("/run/secrets/noah-api-key")?, signing_key)?;
///
/// let noah = Noah::new(from_values)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Credentials {
    pub(super) environment: Environment,
    pub(super) base_url: BaseUrl,
    pub(super) named: NamedHosts,
    pub(super) api_key: ApiKey,
    pub(super) signing_key: Option<SigningKey>,
    pub(super) webhook_key: Option<VerifyingKey>,
}

impl Credentials {
    /// For the sandbox, with signed requests.
    ///
    /// # Errors
    /// The text is no API key, or not one for the sandbox.
    pub fn sandbox(api_key: &str, signing_key: SigningKey) -> Result<Self, CredentialsError> {
        Self::of(Environment::Sandbox, None, api_key, Some(signing_key))
    }

    /// For the sandbox and an API key that was made without a public key: NOAH refuses signatures by such keys.
    ///
    /// # Errors
    /// As for [`sandbox`](Self::sandbox).
    pub fn sandbox_unsigned(api_key: &str) -> Result<Self, CredentialsError> {
        Self::of(Environment::Sandbox, None, api_key, None)
    }

    /// For production, where every request is signed.
    ///
    /// # Errors
    /// The text is no API key, or not one for production.
    pub fn production(api_key: &str, signing_key: SigningKey) -> Result<Self, CredentialsError> {
        Self::of(Environment::Production, None, api_key, Some(signing_key))
    }

    /// For a server of one's own, such as `cargo checkout sandbox`, with signed requests. The base URL ends in `/v1`, and is
    /// on this machine unless the client is told of its host: [`own_host`](super::NoahBuilder::own_host), and
    /// [`plain_http_host`](super::NoahBuilder::plain_http_host).
    ///
    /// # Errors
    /// The base URL or the API key is malformed, or the key is one for production.
    pub fn local(base_url: &str, api_key: &str, signing_key: SigningKey) -> Result<Self, CredentialsError> {
        Self::of(Environment::Local, Some(base_url), api_key, Some(signing_key))
    }

    /// As [`local`](Self::local), without signatures.
    ///
    /// # Errors
    /// As for [`local`](Self::local).
    pub fn local_unsigned(base_url: &str, api_key: &str) -> Result<Self, CredentialsError> {
        Self::of(Environment::Local, Some(base_url), api_key, None)
    }

    /// From the environment variables of this process: see [`from_variables`](Self::from_variables).
    ///
    /// # Errors
    /// Every variable that is missing or malformed, by name.
    pub fn from_env() -> Result<Self, CredentialsError> {
        Self::from_variables(Variables::of_process())
    }

    /// From named variables.
    ///
    /// | variable | holds | needed |
    /// |---|---|---|
    /// | `NOAH_ENVIRONMENT` | `sandbox`, `production` or `local` | always: nobody pays real money by a default |
    /// | `NOAH_API_KEY` | `apikey_<sandbox or prod>_<key>`, or the path of a file that holds it | always |
    /// | `NOAH_SIGNING_KEY` | the signing key as PEM text (`\n` may be written out), or the path of its file | in production |
    /// | `NOAH_BASE_URL` | base URL that ends in `/v1` | locally; elsewhere for a proxy |
    /// | `NOAH_OWN_HOST` | hosts of your own, or of NOAH and not known to be of this environment, separated by commas | for such a base URL |
    /// | `CHECKOUT_PLAIN_HTTP_HOST` | hosts that may be spoken to in plain http, separated by commas | for a server on another machine without TLS |
    /// | `NOAH_WEBHOOK_KEY` | one more public key of the webhooks, as PEM text or the path of its file | when NOAH changes its key; locally [`Noah::webhooks`](super::Noah::webhooks) has no other |
    ///
    /// # Errors
    /// Every variable that is missing, malformed or at odds with another, by name and with what to set it to.
    pub fn from_variables(mut variables: Variables<'_>) -> Result<Self, CredentialsError> {
        let environment = variables.required_parsed(
            "NOAH_ENVIRONMENT",
            "sandbox, production or local",
            str::parse::<Environment>,
        );
        let api_key = variables.required_parsed(
            "NOAH_API_KEY",
            "an API key, apikey_sandbox_… or apikey_prod_…, or to the path of a file that holds it",
            ApiKey::from_text_or_path,
        );
        if let (Some(environment), Some(api_key)) = (environment, &api_key)
            && let Err(error) = api_key.check(environment)
        {
            variables.reject("NOAH_API_KEY", error);
        }
        let signing_key = if environment == Some(Environment::Production) {
            variables.required_parsed(
                "NOAH_SIGNING_KEY",
                "the private key whose public half the API key was made with, as PEM text or the path of its file; \
                 production accepts signed requests only",
                SigningKey::from_pem_or_path,
            )
        } else {
            variables.parsed("NOAH_SIGNING_KEY", SigningKey::from_pem_or_path)
        };
        let base_url = match environment.map(Environment::base_url) {
            Some(None) => variables.required_parsed(
                "NOAH_BASE_URL",
                "the base URL of the local server, such as http://127.0.0.1:4010/v1",
                base_url,
            ),
            Some(Some(published)) => match variables.optional("NOAH_BASE_URL") {
                Some(_) => variables.parsed("NOAH_BASE_URL", base_url),
                None => base_url(published).ok(),
            },
            None => variables.parsed("NOAH_BASE_URL", base_url),
        };
        let named = NamedHosts::of_noah(&mut variables);
        if let (Some(environment), Some(base_url), Some(named)) = (environment, &base_url, &named)
            && let Err(refusal) = fits(environment, base_url, named, variables.spelling())
        {
            variables.reject("NOAH_BASE_URL", refusal);
        }
        let webhook_key = variables.parsed("NOAH_WEBHOOK_KEY", webhook_key);
        variables.finish()?;
        match (environment, base_url, named, api_key) {
            (Some(environment), Some(base_url), Some(named), Some(api_key)) => Ok(Self {
                environment,
                base_url,
                named,
                api_key,
                signing_key,
                webhook_key,
            }),
            // `finish` has named whatever is missing.
            _ => Err(CredentialsError::new("NOAH_ENVIRONMENT", "is not complete")),
        }
    }

    /// The same by another base URL that ends in `/v1`: a proxy in front of NOAH, under any prefix, or a local server on a
    /// network of one's own, by [`BaseUrl::parse_allowing_plain_http`]. The client wants to be told of its host:
    /// [`own_host`](super::NoahBuilder::own_host), [`plain_http_host`](super::NoahBuilder::plain_http_host).
    ///
    /// # Errors
    /// The URL does not end in `/v1`.
    pub fn with_base_url(mut self, base_url: BaseUrl) -> Result<Self, CredentialsError> {
        self.base_url = versioned(base_url).map_err(|error| CredentialsError::new("base URL", error))?;
        Ok(self)
    }

    /// The same with one more key that webhooks are verified by. It must be on P-384.
    ///
    /// In the sandbox and in production it stands beside the published key, labelled `override`: while NOAH changes its
    /// key, webhooks under either are genuine. The local environment has no other, and it is labelled `local`. To trust a
    /// published key no longer, use [`Webhooks::with_keys`](super::Webhooks::with_keys).
    #[must_use]
    pub fn with_webhook_key(mut self, key: VerifyingKey) -> Self {
        self.webhook_key = Some(key);
        self
    }

    /// The environment.
    #[must_use]
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// The base URL, with `/v1`.
    #[must_use]
    pub const fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// Whether requests are signed.
    #[must_use]
    pub const fn signs(&self) -> bool {
        self.signing_key.is_some()
    }

    /// Whether the address is one for the environment, where these hosts are named beside those of the variables.
    pub(super) fn check_address(&self, named: &NamedHosts) -> Result<(), CredentialsError> {
        fits(self.environment, &self.base_url, named, Spelling::Code)
            .map_err(|refusal| CredentialsError::new("base URL", refusal))
    }

    fn of(
        environment: Environment,
        url: Option<&str>,
        api_key: &str,
        signing_key: Option<SigningKey>,
    ) -> Result<Self, CredentialsError> {
        let Some(url) = url.or(environment.base_url()) else {
            return Err(CredentialsError::new(
                "base URL",
                "is missing; the local environment has none of its own",
            ));
        };
        let base_url = base_url(url).map_err(|error| CredentialsError::new("base URL", error))?;
        let api_key = ApiKey::parse(api_key.trim())
            .and_then(|key| key.check(environment).map(|()| key))
            .map_err(|error| CredentialsError::new("API key", error))?;
        if environment == Environment::Production && signing_key.is_none() {
            return Err(CredentialsError::new(
                "signing key",
                "is missing; production accepts signed requests only",
            ));
        }
        Ok(Self {
            environment,
            base_url,
            named: NamedHosts::default(),
            api_key,
            signing_key,
            webhook_key: None,
        })
    }
}

/// A key that webhooks can be verified by.
fn webhook_key(text: &str) -> Result<VerifyingKey, String> {
    let key = VerifyingKey::from_pem_or_path(text).map_err(|error| error.to_string())?;
    KeyRing::new("", key.clone()).map_err(|error| error.to_string())?;
    Ok(key)
}

fn fits(
    environment: Environment,
    base_url: &BaseUrl,
    named: &NamedHosts,
    spelling: Spelling,
) -> Result<(), String> {
    let url = Url::parse(base_url.as_str()).map_err(|error| error.to_string())?;
    environment
        .judge(&url, named, spelling)
        .map_err(|refusal| refusal.to_string())
}

/// A base URL that requests can be signed below. Whether it may be plain http depends on what the caller has named.
fn base_url(text: &str) -> Result<BaseUrl, String> {
    BaseUrl::parse_allowing_plain_http(text)
        .map_err(|error| error.to_string())
        .and_then(|url| versioned(url).map_err(|error| error.to_string()))
}

fn versioned(base_url: BaseUrl) -> Result<BaseUrl, SignerError> {
    if base_url.as_str().ends_with("/v1") {
        Ok(base_url)
    } else {
        Err(SignerError::NoVersion)
    }
}

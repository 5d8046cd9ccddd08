//! A client session: what a device needs to call the client API on its own, without the shop's keys.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use checkout_core::impl_debug;
use checkout_core::redact::Secret;
use checkout_transport::{BaseUrl, BaseUrlError, is_loopback};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;
use worldline_connect_models::CustomerId;

use super::endpoint::origin_and_path;
use super::reach::Reach;
use crate::links::link;

/// The base URL of the client API, always ending in `/client/v1`.
///
/// The API hands it out as `https://host/client`; other forms are about. This type knows them all:
///
/// ```
/// use hosted_checkout::worldline::ClientApiUrl;
///
/// for text in ["https://eu.api-ingenico.com", "https://eu.api-ingenico.com/client/", "https://eu.api-ingenico.com/client/v1"] {
///     assert_eq!(ClientApiUrl::parse(text)?.as_str(), "https://eu.api-ingenico.com/client/v1");
/// }
/// assert!(ClientApiUrl::parse("https://eu.api-ingenico.com/client/v2").is_err());
/// # Ok::<(), hosted_checkout::worldline::ClientApiUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientApiUrl(String);

/// Why a text is no [`ClientApiUrl`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientApiUrlError {
    /// Not a base URL.
    #[error("clientApiUrl is not as Create session answers it: {0}")]
    BaseUrl(#[from] BaseUrlError),
    /// A host that is neither Worldline's nor named, or plain http to one that is not named for it. The text says which.
    #[error("clientApiUrl cannot be used: {0}")]
    Host(String),
    /// Another version of the client API, or another API.
    #[error("clientApiUrl has the path `{path}`; only `/client/v1` is spoken here")]
    Path {
        /// The path that was found.
        path: String,
    },
}

/// The path of the client API, in the one version that is spoken here.
const CLIENT_API: &str = "/client/v1";

impl ClientApiUrl {
    /// Reads what Create session answered as `clientApiUrl`. Whether its host may be called is decided where a session is
    /// [made](super::Server::create_session) and where it is [used](ClientSession::connect).
    ///
    /// # Errors
    /// Anything but a URL with no path, `/client` or `/client/v1` (trailing slashes pass).
    pub fn parse(text: &str) -> Result<Self, ClientApiUrlError> {
        let base_url = BaseUrl::parse_allowing_plain_http(text)?;
        match origin_and_path(&base_url) {
            (origin, "" | "/client" | "/client/v1") => Ok(Self(format!("{origin}{CLIENT_API}"))),
            (_, path) => Err(ClientApiUrlError::Path {
                path: path.to_owned(),
            }),
        }
    }

    /// The URL, ending in `/client/v1`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port, without the path.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.strip_suffix(CLIENT_API).unwrap_or(&self.0)
    }
}

impl FromStr for ClientApiUrl {
    type Err = ClientApiUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for ClientApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The four values that a server hands to a device, so that it can call the client API.
///
/// The session id is a credential: whoever holds it acts for the consumer. It prints as `<secret>`.
///
/// ```
/// use hosted_checkout::worldline::ClientSession;
///
/// let session = ClientSession::builder()
///     .client_session_id("f084372052fb47d9a766ec35bfa0e6bd")
///     .customer_id("9991-0b67467b30df4c6d8649c8adc568fd0f")
///     .client_api_url("https://eu.api-ingenico.com/client")
///     .build()?;
/// assert_eq!(session.client_api_url().as_str(), "https://eu.api-ingenico.com/client/v1");
/// assert!(!format!("{session:?}").contains("f084372052fb47d9a766ec35bfa0e6bd"));
/// # Ok::<(), hosted_checkout::worldline::ClientSessionError>(())
/// ```
#[derive(Clone)]
pub struct ClientSession {
    client_session_id: SecretString,
    customer_id: CustomerId,
    client_api_url: ClientApiUrl,
    asset_url: Option<String>,
    /// The hosts that the connection which made the session may call.
    reach: Reach,
}

/// Why no client session can be built from the values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientSessionError {
    /// A value is absent or blank.
    #[error("the session has no {0}; pass on every value that Create session answered")]
    Missing(&'static str),
    /// A value cannot stand in a header or a path.
    #[error(
        "the session's {0} holds characters beyond visible ASCII; pass it on as Create session answered it"
    )]
    Malformed(&'static str),
    /// The base URL of the client API.
    #[error(transparent)]
    ClientApiUrl(#[from] ClientApiUrlError),
    /// `assetUrl` is no link that a device may follow.
    #[error("assetUrl {0}; http is for this machine, and for hosts that are named for it")]
    AssetUrl(&'static str),
}

impl ClientSessionError {
    /// The field of Create session's answer that is at fault.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Missing(field) | Self::Malformed(field) => field,
            Self::ClientApiUrl(_) => "clientApiUrl",
            Self::AssetUrl(_) => "assetUrl",
        }
    }
}

/// The JSON that a device receives: `{"clientSessionId", "customerId", "clientApiUrl", "assetUrl"}`.
///
/// Serialising it writes the session id in clear. Send it to the device of the one consumer over https, and nowhere else.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientSessionHandOver<'a> {
    client_session_id: &'a str,
    customer_id: &'a str,
    client_api_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    asset_url: Option<&'a str>,
}

#[bon::bon]
impl ClientSession {
    /// A session lives at most this long, and cannot be extended. The API does not say when one began.
    pub const MAX_LIFETIME: Duration = Duration::from_secs(2 * 60 * 60);

    /// Puts a session together from the values that a device was handed.
    ///
    /// # Errors
    /// A value is blank or cannot be sent, `clientApiUrl` names no client API of version 1, or `assetUrl` is no https link.
    #[builder(on(String, into))]
    pub fn new(
        /// `clientSessionId`, the credential.
        #[builder(into)]
        client_session_id: SecretString,
        /// `customerId`.
        #[builder(into)]
        customer_id: CustomerId,
        /// `clientApiUrl`, in any of its forms.
        client_api_url: String,
        /// `assetUrl`, which relative URLs of logos count from. Gets its slash at the end if it has none.
        asset_url: Option<String>,
    ) -> Result<Self, ClientSessionError> {
        check_text("clientSessionId", client_session_id.expose_secret())?;
        check_text("customerId", customer_id.as_str())?;
        if client_api_url.trim().is_empty() {
            return Err(ClientSessionError::Missing("clientApiUrl"));
        }
        let client_api_url = ClientApiUrl::parse(&client_api_url)?;
        let asset_url = asset_url.and_then(asset_base).transpose()?;
        Ok(Self {
            client_session_id,
            customer_id,
            client_api_url,
            asset_url,
            reach: Reach::default(),
        })
    }

    /// The same session with the reach of the connection that made it: calls with this session may go where that
    /// connection may go.
    pub(super) fn within(mut self, reach: &Reach) -> Result<Self, ClientSessionError> {
        reach
            .check_client_api(self.client_api_url.origin())
            .map_err(ClientApiUrlError::Host)?;
        let may_be_plain = |url: &Url| {
            is_loopback(url) || url.host_str().is_some_and(|host| reach.named.is_plain_http(host))
        };
        if let Some(url) = &self.asset_url {
            link(url, may_be_plain).map_err(ClientSessionError::AssetUrl)?;
        }
        self.reach = reach.clone();
        Ok(self)
    }

    pub(super) const fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The session's credential.
    #[must_use]
    pub const fn client_session_id(&self) -> &SecretString {
        &self.client_session_id
    }

    /// The id under which the client API knows the consumer.
    #[must_use]
    pub const fn customer_id(&self) -> &CustomerId {
        &self.customer_id
    }

    /// Where the client API listens.
    #[must_use]
    pub const fn client_api_url(&self) -> &ClientApiUrl {
        &self.client_api_url
    }

    /// What relative URLs of logos count from, if the session names it. It ends in a slash, so that joining keeps its
    /// last segment.
    #[must_use]
    pub fn asset_url(&self) -> Option<&str> {
        self.asset_url.as_deref()
    }

    /// The four values as JSON for the device.
    #[must_use]
    pub fn hand_over(&self) -> ClientSessionHandOver<'_> {
        ClientSessionHandOver {
            client_session_id: self.client_session_id.expose_secret(),
            customer_id: self.customer_id.as_str(),
            client_api_url: self.client_api_url.as_str(),
            asset_url: self.asset_url.as_deref(),
        }
    }

    /// The latest moment at which a session made at `created` can still be alive. It may end earlier: the API names no
    /// time of its own, so this is when to stop trying, not a promise.
    #[must_use]
    pub fn expires_hint(created: SystemTime) -> SystemTime {
        created.checked_add(Self::MAX_LIFETIME).unwrap_or(created)
    }
}

/// Reads back what [`ClientSession::hand_over`] wrote.
impl<'de> Deserialize<'de> for ClientSession {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Parts {
            client_session_id: String,
            customer_id: String,
            client_api_url: String,
            asset_url: Option<String>,
        }
        let parts = Parts::deserialize(deserializer)?;
        Self::builder()
            .client_session_id(parts.client_session_id)
            .customer_id(parts.customer_id)
            .client_api_url(parts.client_api_url)
            .maybe_asset_url(parts.asset_url)
            .build()
            .map_err(serde::de::Error::custom)
    }
}

impl_debug!(ClientSession: self => {
    client_session_id: Secret,
    customer_id: Secret,
    client_api_url: self.client_api_url.as_str(),
    asset_url: self.asset_url,
});

impl_debug!(ClientSessionHandOver<'_>: self => { client_session_id: Secret, .. });

/// A blank text cannot be a base URL, so it counts as absent.
fn asset_base(url: String) -> Option<Result<String, ClientSessionError>> {
    if url.trim().is_empty() {
        return None;
    }
    Some(match link(&url, |_| true) {
        Err(problem) => Err(ClientSessionError::AssetUrl(problem)),
        Ok(_) if url.ends_with('/') => Ok(url),
        Ok(_) => Ok(format!("{url}/")),
    })
}

fn check_text(name: &'static str, text: &str) -> Result<(), ClientSessionError> {
    if text.trim().is_empty() {
        return Err(ClientSessionError::Missing(name));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ClientSessionError::Malformed(name));
    }
    Ok(())
}

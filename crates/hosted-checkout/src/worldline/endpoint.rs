//! Where Worldline Connect listens: the environments that Worldline publishes, and any other base URL.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use checkout_transport::{BaseUrl, BaseUrlError, Error};

/// The base URL of the server API: scheme, host and port, nothing else.
///
/// ```
/// use hosted_checkout::worldline::Endpoint;
///
/// assert_eq!(Endpoint::sandbox().as_str(), "https://eu.sandbox.api-ingenico.com");
/// assert_eq!("http://127.0.0.1:8402/".parse::<Endpoint>()?.as_str(), "http://127.0.0.1:8402");
/// assert!("https://api.shop.example/v1".parse::<Endpoint>().is_err(), "requests add their own path");
/// # Ok::<(), hosted_checkout::worldline::EndpointError>(())
/// ```
///
/// A connection is made to those that are published, and to this machine. Any other host is to be
/// [named](super::ConnectBuilder::own_host).
///
/// Both data centres of an environment are live and follow each other with a delay: stay on one host for the whole of
/// a payment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint(Cow<'static, str>);

/// Why a text is no [`Endpoint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not a base URL.
    #[error(transparent)]
    BaseUrl(#[from] BaseUrlError),
    /// Something follows the host and the port.
    #[error(
        "the base URL has a path; write it like https://api.connect.worldline-solutions.com, each request adds its own path"
    )]
    Path,
}

/// Endpoints that Worldline publishes.
macro_rules! published {
    ($($(#[$docs:meta])* $name:ident: $url:literal,)+) => {$(
        $(#[$docs])*
        #[must_use]
        pub const fn $name() -> Self {
            Self(Cow::Borrowed($url))
        }
    )+};
}

impl Endpoint {
    published! {
        /// The sandbox, one for all platforms.
        sandbox: "https://eu.sandbox.api-ingenico.com",
        /// Pre-production of the world cluster (GlobalCollect, WL Online Payment Acceptance).
        pre_production_world: "https://api.preprod.connect.worldline-solutions.com",
        /// Pre-production of the European cluster (Ogone).
        pre_production_europe: "https://eu.preprod.api-ingenico.com",
        /// Pre-production of the Indian cluster (TechProcess).
        pre_production_india: "https://mum-preprod.api-ingenico.com",
        /// Production of the world cluster; data are stored outside Europe too.
        production_world: "https://api.connect.worldline-solutions.com",
        /// Production of the European cluster; data stay in Europe.
        production_europe: "https://eu.api-ingenico.com",
        /// Production of the Indian cluster; data stay in India.
        production_india: "https://mum.api-ingenico.com",
    }

    /// Any base URL: a data centre's own host, or a server of one's own. Whether it is used, and whether in plain http, is
    /// decided where a connection is made.
    ///
    /// # Errors
    /// Anything but `https://host[:port]` or `http://host[:port]`. A trailing slash passes.
    pub fn parse(base_url: &str) -> Result<Self, EndpointError> {
        let base_url = BaseUrl::parse_allowing_plain_http(base_url)?;
        match origin_and_path(&base_url) {
            (origin, "") => Ok(Self(Cow::Owned(origin.to_owned()))),
            _ => Err(EndpointError::Path),
        }
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Endpoint {
    pub(super) fn base_url(&self) -> Result<BaseUrl, Error> {
        Ok(BaseUrl::parse_allowing_plain_http(self.as_str())?)
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(base_url: &str) -> Result<Self, Self::Err> {
        Self::parse(base_url)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A base URL in two: scheme, host and port; and the path, without a slash at its end.
pub(super) fn origin_and_path(base_url: &BaseUrl) -> (&str, &str) {
    let text = base_url.as_str();
    let host = text.find("://").map_or(0, |scheme| scheme + "://".len());
    text.split_at(text[host..].find('/').map_or(text.len(), |path| host + path))
}

#[cfg(test)]
mod tests {
    use super::super::reach::Reach;
    use super::*;
    use crate::credentials::Spelling;

    #[test]
    fn every_published_environment_passes_its_own_check() {
        for endpoint in [
            Endpoint::sandbox(),
            Endpoint::pre_production_world(),
            Endpoint::pre_production_europe(),
            Endpoint::pre_production_india(),
            Endpoint::production_world(),
            Endpoint::production_europe(),
            Endpoint::production_india(),
        ] {
            assert_eq!(Endpoint::parse(endpoint.as_str()).unwrap(), endpoint);
            let fits = Reach::default().check_endpoint(endpoint.as_str(), Spelling::Code);
            assert_eq!(fits, Ok(()), "{endpoint}");
        }
    }

    #[test]
    fn a_base_url_is_a_host_and_nothing_else() {
        for (text, kept) in [
            ("https://pay.example", "https://pay.example"),
            ("https://PAY.example:443/", "https://pay.example"),
            ("https://pay.example:8443", "https://pay.example:8443"),
            ("http://localhost:8402", "http://localhost:8402"),
            ("http://[::1]:8402/", "http://[::1]:8402"),
            ("https://pay.example//", "https://pay.example"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().as_str(), kept, "{text}");
        }
        for (text, error) in [
            ("https://pay.example/v1", EndpointError::Path),
            ("https://pay.example//v1", EndpointError::Path),
            ("http://[::1]:8402/client", EndpointError::Path),
            ("https://user@pay.example", BaseUrlError::UserInfo.into()),
            ("https://:secret@pay.example", BaseUrlError::UserInfo.into()),
            ("https://pay.example?x", BaseUrlError::Query.into()),
            ("https://pay.example#x", BaseUrlError::Fragment.into()),
            ("ftp://pay.example", BaseUrlError::Scheme.into()),
            ("pay.example", BaseUrlError::NotAUrl.into()),
            ("", BaseUrlError::NotAUrl.into()),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap_err(), error, "{text}");
        }
    }
}

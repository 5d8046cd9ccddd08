//! The address of an API, checked once.

use std::fmt;
use std::net::IpAddr;

use checkout_core::escape::is_unsafe;
use reqwest::Url;

/// Where an API lives, e.g. `https://api.example/v1`: http or https, nothing but host, port and path, and no slash at
/// the end, since paths are appended to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl(String);

/// Why a text is no base URL. Holds no part of the text: people paste credentials into URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// Not an absolute http or https URL.
    #[error("the base URL is not an absolute URL; write it as https://host/path")]
    NotAUrl,
    /// Another scheme.
    #[error("the base URL is neither https nor http")]
    Scheme,
    /// `user:password@`.
    #[error("the base URL holds user information; credentials are set apart from it")]
    UserInfo,
    /// `?…`
    #[error("the base URL has a query; leave out everything from the question mark on")]
    Query,
    /// `#…`
    #[error("the base URL has a fragment; leave out everything from the number sign on")]
    Fragment,
    /// Credentials and customers' data in clear over a network.
    #[error(
        "the base URL is plain http to another machine, which would send keys and customers' data in clear; \
         use https, or allow it with BaseUrl::parse_allowing_plain_http"
    )]
    PlainHttp,
}

impl BaseUrl {
    /// A base URL that is https, or http to this machine (`localhost`, `127.0.0.0/8`, `::1`).
    ///
    /// ```
    /// use checkout_transport::{BaseUrl, BaseUrlError};
    ///
    /// assert_eq!(BaseUrl::parse("https://api.example/v1/")?.as_str(), "https://api.example/v1");
    /// assert_eq!(BaseUrl::parse("http://api.example/v1"), Err(BaseUrlError::PlainHttp));
    /// # Ok::<(), BaseUrlError>(())
    /// ```
    ///
    /// # Errors
    /// One of [`BaseUrlError`].
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = check(text)?;
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(BaseUrlError::PlainHttp);
        }
        Ok(Self::from_url(&url))
    }

    /// The same, and http to any machine: for a network that is private or encrypted below HTTP. A client of
    /// hosted-checkout wants to be told which host that is, too: `plain_http_host`.
    ///
    /// # Errors
    /// One of [`BaseUrlError`], save [`BaseUrlError::PlainHttp`].
    pub fn parse_allowing_plain_http(text: &str) -> Result<Self, BaseUrlError> {
        check(text).map(|url| Self::from_url(&url))
    }

    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn from_url(url: &Url) -> Self {
        Self(url.as_str().trim_end_matches('/').to_owned())
    }
}

fn check(text: &str) -> Result<Url, BaseUrlError> {
    // The URL parser drops white space and mends `https:host`: what was meant is then a guess.
    let mended = text
        .chars()
        .any(|c| c.is_whitespace() || is_unsafe(c) || c == '\\');
    let (scheme, rest) = text.split_once("://").ok_or(BaseUrlError::NotAUrl)?;
    if mended || rest.starts_with('/') {
        return Err(BaseUrlError::NotAUrl);
    }
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(BaseUrlError::Scheme);
    }
    let url = Url::parse(text).map_err(|_| BaseUrlError::NotAUrl)?;
    if !url.username().is_empty() || url.password().is_some() || authority(rest).contains('@') {
        return Err(BaseUrlError::UserInfo);
    }
    if url.query().is_some() {
        return Err(BaseUrlError::Query);
    }
    if url.fragment().is_some() {
        return Err(BaseUrlError::Fragment);
    }
    Ok(url)
}

fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// Whether a URL leads to this machine: `localhost` and names below it, `127.0.0.0/8`, `::1`, in whatever way they are
/// written.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    // A name may end in the dot of the root.
    let host = host.strip_suffix('.').unwrap_or(host);
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    address.map_or_else(
        |_| host == "localhost" || host.ends_with(".localhost"),
        |address| address.to_canonical().is_loopback(),
    )
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for BaseUrl {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for BaseUrl {
    type Err = BaseUrlError;
    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_urls_are_kept_without_their_last_slash() {
        for (text, kept) in [
            ("https://api.example", "https://api.example"),
            ("https://api.example/", "https://api.example"),
            ("HTTPS://API.example:443/v1//", "https://api.example/v1"),
            ("https://api.example:8443/a/b", "https://api.example:8443/a/b"),
            ("http://localhost:8080/v1/", "http://localhost:8080/v1"),
            ("http://sandbox.localhost/v1", "http://sandbox.localhost/v1"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://[::1]:1/", "http://[::1]:1"),
            ("http://[::ffff:127.0.0.1]", "http://[::ffff:7f00:1]"),
            ("http://127.1", "http://127.0.0.1"),
            ("http://0x7f.1", "http://127.0.0.1"),
            ("http://2130706433", "http://127.0.0.1"),
            ("http://LOCALHOST.", "http://localhost."),
        ] {
            assert_eq!(
                BaseUrl::parse(text).as_ref().map(BaseUrl::as_str),
                Ok(kept),
                "{text}"
            );
        }
    }

    #[test]
    fn every_other_url_is_refused_for_its_reason() {
        use BaseUrlError::*;
        for (text, reason) in [
            ("", NotAUrl),
            ("api.example/v1", NotAUrl),
            ("https:api.example", NotAUrl),
            ("https:///api.example", NotAUrl),
            ("https://", NotAUrl),
            (" https://api.example", NotAUrl),
            ("https://api.exa\nmple", NotAUrl),
            ("https://api.example\\v1", NotAUrl),
            ("https://api.example:99999", NotAUrl),
            ("ftp://api.example", Scheme),
            ("file://localhost/etc", Scheme),
            ("https://user@api.example", UserInfo),
            ("https://user:pass@api.example", UserInfo),
            ("https://@api.example", UserInfo),
            ("https://api.example?x=1", Query),
            ("https://api.example/v1?", Query),
            ("https://api.example#x", Fragment),
            ("http://api.example", PlainHttp),
            ("http://localhost.example", PlainHttp),
            ("http://127.0.0.1.example", PlainHttp),
            ("http://10.0.0.1", PlainHttp),
        ] {
            assert_eq!(BaseUrl::parse(text), Err(reason), "{text}");
        }
        BaseUrl::parse_allowing_plain_http("http://10.0.0.1").unwrap();
        assert_eq!(
            BaseUrl::parse_allowing_plain_http("http://u@10.0.0.1"),
            Err(UserInfo)
        );
    }
}

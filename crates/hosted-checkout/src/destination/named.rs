//! Hosts that the caller names.

use checkout_transport::Error;
use url::Url;

use super::refusal::PLAIN_HTTP_HOST;
use super::vendor::{NOAH, bare, vendor_of};
use super::{Destination, Refusal};
use crate::credentials::{Spelling, Variables};
use crate::hosts::{HostError, host, not_named};

/// The hosts that a caller names: its own, and those that may be spoken to in plain http.
///
/// ```
/// use hosted_checkout::NamedHosts;
///
/// let named = NamedHosts::default().own_host("proxy.shop.example")?.plain_http_host("sandbox.local")?;
/// assert!(named.clone().plain_http_host("api.noah.com").is_err());
/// # Ok::<(), hosted_checkout::HostError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedHosts {
    own: Vec<String>,
    plain_http: Vec<String>,
}

impl NamedHosts {
    /// With one more host that is the caller's own, such as a proxy in front of the vendor's, or that is the vendor's and
    /// not in the list of its environment, such as a data centre. A bare name or address, without scheme and port.
    ///
    /// # Errors
    /// The text is no host.
    pub fn own_host(mut self, host: &str) -> Result<Self, HostError> {
        self.own.push(entry(host)?);
        Ok(self)
    }

    /// With one more host that may be spoken to in plain http, since the network up to it is private or encrypted below
    /// HTTP: a sandbox in another container. A bare name or address, without scheme and port.
    ///
    /// # Errors
    /// The text is no host, or one of a vendor's: those are spoken to over https alone.
    pub fn plain_http_host(mut self, host: &str) -> Result<Self, HostError> {
        let entry = entry(host)?;
        if vendor_of(&entry).is_some() {
            return Err(HostError::OfVendor(host.to_owned()));
        }
        self.plain_http.push(entry);
        Ok(self)
    }

    /// The hosts that `NOAH_OWN_HOST` and `CHECKOUT_PLAIN_HTTP_HOST` name, in lists with commas between. An entry that is no
    /// host is among the problems of the variables; then there is `None`.
    pub fn of_noah(variables: &mut Variables<'_>) -> Option<Self> {
        read(NOAH.own_host_variable, variables)
    }

    /// Whether requests may go there as far as plain http is concerned, whichever API and environment they are for.
    ///
    /// # Errors
    /// Plain http to another machine that is not named for it, or to a vendor's host; what to write to allow it.
    pub fn check_plain_http(&self, url: &Url) -> Result<(), Refusal> {
        let destination = Destination {
            vendor: &NOAH,
            environment: None,
            url,
            named: self,
            is_of_session: true,
        };
        match destination.judge(Spelling::Variables) {
            Err(refusal) if refusal.is_plain_http() => Err(refusal),
            _ => Ok(()),
        }
    }

    /// All that either names.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.own.extend(other.own);
        self.plain_http.extend(other.plain_http);
        self
    }

    pub(crate) fn is_own(&self, host: &str) -> bool {
        self.own.iter().any(|own| own == bare(host))
    }

    /// Whether the caller named the host as one that may be spoken to in plain http. This machine may be, unnamed.
    #[must_use]
    pub fn is_plain_http(&self, host: &str) -> bool {
        self.plain_http.iter().any(|plain| plain == bare(host))
    }
}

/// Hosts that the caller names, as a builder collects them: the first that is none is told when it is built.
#[derive(Debug)]
pub(crate) struct Naming(Result<NamedHosts, Error>);

impl Default for Naming {
    fn default() -> Self {
        NamedHosts::default().into()
    }
}

impl From<NamedHosts> for Naming {
    fn from(named: NamedHosts) -> Self {
        Self(Ok(named))
    }
}

impl Naming {
    pub(crate) fn own_host(&mut self, host: &str) {
        self.add("own_host", |named| named.own_host(host));
    }

    pub(crate) fn plain_http_host(&mut self, host: &str) {
        self.add("plain_http_host", |named| named.plain_http_host(host));
    }

    pub(crate) fn finish(self) -> Result<NamedHosts, Error> {
        self.0
    }

    fn add(&mut self, method: &str, with: impl FnOnce(NamedHosts) -> Result<NamedHosts, HostError>) {
        if let Ok(named) = &mut self.0 {
            self.0 = with(std::mem::take(named)).map_err(|error| not_named(method, &error));
        }
    }
}

fn entry(text: &str) -> Result<String, HostError> {
    host(text).map(|host| bare(&host.to_string()).to_owned())
}

/// The hosts that variables name, in lists with commas or white space between. `None` if an entry is no host, which is then
/// among the problems of the variables.
pub(crate) fn read(own_host_variable: &str, variables: &mut Variables<'_>) -> Option<NamedHosts> {
    let mut list = |name: &str, with: fn(NamedHosts, &str) -> Result<NamedHosts, HostError>| {
        let Some(text) = variables.optional(name) else {
            return Some(NamedHosts::default());
        };
        let entries = text.split(|c: char| c == ',' || c.is_whitespace());
        let named = entries
            .filter(|entry| !entry.is_empty())
            .try_fold(NamedHosts::default(), with);
        named.inspect_err(|error| variables.reject(name, error)).ok()
    };
    let own = list(own_host_variable, |named, host| named.own_host(host));
    let plain_http = list(PLAIN_HTTP_HOST, |named, host| named.plain_http_host(host));
    Some(own?.and(plain_http?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_hosts_are_compared_as_urls_show_them() {
        let mut variables = Variables::new(|name| match name {
            "OWN" => Some("Proxy.Shop.example, 10.0.0.5\n[::ffff:10.0.0.6] caf\u{e9}.example.".to_owned()),
            PLAIN_HTTP_HOST => Some("sandbox.local".to_owned()),
            _ => None,
        });
        let named = read("OWN", &mut variables).unwrap();
        variables.finish().unwrap();
        for host in [
            "proxy.shop.example",
            "proxy.shop.example.",
            "10.0.0.5",
            "[::ffff:a00:6]",
            "xn--caf-dma.example",
        ] {
            assert!(named.is_own(host), "{host}");
            assert!(!named.is_plain_http(host), "{host}");
        }
        assert!(named.is_plain_http("sandbox.local") && !named.is_own("sandbox.local"));
        assert!(!named.is_own("shop.example") && !named.is_own("a.proxy.shop.example"));
    }

    #[test]
    fn what_is_no_host_is_named_with_its_variable() {
        let wrong = |name: &'static str, value: &'static str| {
            let mut variables = Variables::new(move |asked| (asked == name).then(|| value.to_owned()));
            assert_eq!(read("OWN", &mut variables), None);
            variables.finish().unwrap_err().to_string()
        };
        insta::assert_snapshot!(wrong("OWN", "https://proxy.example"), @r#"OWN: "https://proxy.example" is no host; give the bare name, such as pay.shop.example, without scheme, port, path or wildcard"#);
        insta::assert_snapshot!(wrong(PLAIN_HTTP_HOST, "sandbox.local API.noah.com."), @r#"CHECKOUT_PLAIN_HTTP_HOST: "API.noah.com." is a host of a vendor's, which is spoken to over https alone; take it away"#);
    }
}

//! Entries of the lists of hosts that a URL may name.

use checkout_core::given::quotable_piece;
use checkout_transport::Error;
use url::Host;

/// An entry of a list of hosts that no URL's host can equal: left standing, it would refuse what it was to allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// A URL, a port, a wildcard, or no text at all. Holds what may be told of it, for a secret may have come here.
    #[error(
        "{0} is no host; give the bare name, such as pay.shop.example, without scheme, port, path or wildcard"
    )]
    NotAHost(String),
    /// An IP address where only names are compared.
    #[error("{0:?} is an IP address; give the name of the host, such as pay.shop.example")]
    Address(String),
    /// A vendor's host, where only others may be named.
    #[error("{0:?} is a host of a vendor's, which is spoken to over https alone; take it away")]
    OfVendor(String),
}

impl From<HostError> for Error {
    fn from(error: HostError) -> Self {
        Self::configuration(error.to_string())
    }
}

/// What a builder says of a host that it cannot take.
pub(crate) fn not_named(method: &str, error: &HostError) -> Error {
    Error::configuration(format!("{method} cannot be used: {error}"))
}

/// A host as URLs show it once they are parsed: in lower case, names beyond ASCII as `xn--…`.
pub(crate) fn host(entry: &str) -> Result<Host, HostError> {
    let not_a_host = || HostError::NotAHost(shown(entry));
    match Host::parse(entry).map_err(|_| not_a_host())? {
        // The rules for URLs let more pass than names are made of, a wildcard among it.
        Host::Domain(name) if !name.bytes().all(is_of_a_name) => Err(not_a_host()),
        host => Ok(host),
    }
}

/// As [`host`], for where an address never counts.
pub(crate) fn host_name(entry: &str) -> Result<String, HostError> {
    match host(entry)? {
        Host::Domain(name) => Ok(name),
        Host::Ipv4(_) | Host::Ipv6(_) => Err(HostError::Address(entry.to_owned())),
    }
}

fn shown(entry: &str) -> String {
    // Most come in lists.
    let text = quotable_piece(entry);
    if text == entry { format!("{text:?}") } else { text }
}

const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_read_as_urls_show_them() {
        for (entry, shown) in [
            ("pay.shop.example", "pay.shop.example"),
            ("PAY.Shop.example", "pay.shop.example"),
            ("caf\u{e9}.example", "xn--caf-dma.example"),
            ("pay_1.test", "pay_1.test"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
        ] {
            let host = host(entry).unwrap().to_string();
            assert_eq!(host, shown);
            let url = url::Url::parse(&format!("https://{entry}:8443/pay")).unwrap();
            assert_eq!(url.host_str(), Some(shown));
        }
    }

    #[test]
    fn what_no_host_can_equal_is_refused_by_name() {
        for entry in [
            "https://pay.shop.example",
            "pay.shop.example/",
            "pay.shop.example/pay",
            "pay.shop.example:443",
            "user@pay.shop.example",
            "*.shop.example",
            " pay.shop.example",
            "pay.shop.example,checkout.noah.com",
            "::1",
            "",
        ] {
            let error = host(entry).unwrap_err();
            assert!(matches!(error, HostError::NotAHost(_)), "{entry}");
            assert!(
                error.to_string().contains(" is no host; give the bare name"),
                "{error}"
            );
        }
        assert_eq!(
            host_name("127.0.0.1").unwrap_err().to_string(),
            "\"127.0.0.1\" is an IP address; give the name of the host, such as pay.shop.example"
        );
    }
}

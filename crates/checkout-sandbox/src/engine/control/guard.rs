//! Keeps foreign web pages from driving the sandbox through a developer's browser.
//!
//! The listeners are bound to loopback, but a page on the internet can still make a browser on this machine send
//! requests to it (cross-site forms), or rebind a name of its own to 127.0.0.1. The first shows in `Origin`, the second in
//! `Host`. What forms post to is for the sandbox's own pages alone: their `Origin` is the address that they post to.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::Request;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, uri::Authority};
use url::{Host, Url};

use crate::engine::exchange::{Single, single};

/// Why a request to the control paths is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Foreign {
    #[error("header Host must name a loopback address: localhost, 127.0.0.1 or [::1]")]
    Host,
    #[error(
        "header Origin must be a page served from a loopback address; foreign web pages cannot drive the sandbox"
    )]
    Origin,
    #[error("header Origin must be the sandbox itself: only its own pages can send this form")]
    OtherPage,
    #[error("header Sec-Fetch-Site must be same-origin: only the sandbox's own pages can do this")]
    Site,
}

/// Whether a page runs a request in the background, or a person goes somewhere.
const FETCH_MODE: &str = "sec-fetch-mode";
/// Where a request comes from, as the browser says.
const FETCH_SITE: &str = "sec-fetch-site";

/// The name or address that the sandbox was told it is reached by, beside those of loopback. The gate puts it on each
/// request.
#[derive(Debug, Clone)]
pub(crate) struct ServedAs(pub(crate) Arc<str>);

impl ServedAs {
    fn is(&self, host: &str) -> bool {
        self.0.eq_ignore_ascii_case(host)
    }
}

/// Refuses a request whose `Host` or `Origin` is not on loopback. A request without `Origin` did not come from a page.
pub(crate) fn check(request: &Request) -> Result<(), Foreign> {
    let authority = request.uri().authority().cloned();
    check_parts(authority, request.headers(), request.extensions().get())
}

/// Refuses a form that does not come from a page of this very address; a page on another port of this machine is as
/// foreign as any. A request that says nothing of where it comes from is no browser's.
pub(crate) fn check_form(request: &Request) -> Result<(), Foreign> {
    check(request)?;
    let headers = request.headers();
    match single(headers, FETCH_SITE) {
        Single::Absent | Single::Text("same-origin") => {}
        Single::Text(_) | Single::Unreadable => return Err(Foreign::Site),
    }
    match (single(headers, ORIGIN.as_str()), single(headers, HOST.as_str())) {
        (Single::Absent, _) => Ok(()),
        (Single::Text(origin), Single::Text(host))
            if origin
                .strip_prefix("http://")
                .is_some_and(|page| page.eq_ignore_ascii_case(host)) =>
        {
            Ok(())
        }
        _ => Err(Foreign::OtherPage),
    }
}

fn check_parts(
    authority: Option<Authority>,
    headers: &HeaderMap,
    served_as: Option<&ServedAs>,
) -> Result<(), Foreign> {
    let is_own = |host: &str| served_as.is_some_and(|name| name.is(host));
    let host = authority.or_else(|| match single(headers, HOST.as_str()) {
        Single::Text(host) => host.parse().ok(),
        Single::Absent | Single::Unreadable => None,
    });
    if !host.is_some_and(|host| is_loopback_name(host.host()) || is_own(host.host())) {
        return Err(Foreign::Host);
    }
    match single(headers, ORIGIN.as_str()) {
        Single::Absent if is_read_by_foreign_page(headers) => Err(Foreign::Site),
        Single::Absent => Ok(()),
        Single::Text(origin)
            if is_loopback_origin(origin) || host_of(origin).is_some_and(|host| is_own(&host)) =>
        {
            Ok(())
        }
        Single::Text(_) | Single::Unreadable => Err(Foreign::Origin),
    }
}

/// A page may link here, which is how a shop opens a session. It may not load a script, an image or a frame from here; browsers send no
/// `Origin` for those.
fn is_read_by_foreign_page(headers: &HeaderMap) -> bool {
    matches!(single(headers, FETCH_SITE), Single::Text("cross-site"))
        && !matches!(single(headers, FETCH_MODE), Single::Text("navigate"))
}

fn host_of(origin: &str) -> Option<String> {
    Some(Url::parse(origin).ok()?.host_str()?.to_owned())
}

fn is_loopback_origin(origin: &str) -> bool {
    Url::parse(origin).is_ok_and(|url| is_loopback(&url))
}

/// Whether the URL leads to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_loopback_name(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn is_loopback_name(host: &str) -> bool {
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(host: Option<&str>, origin: Option<&str>) -> Result<(), Foreign> {
        checked_as(None, host, origin)
    }

    fn checked_as(name: Option<&ServedAs>, host: Option<&str>, origin: Option<&str>) -> Result<(), Foreign> {
        let mut headers = HeaderMap::new();
        if let Some(host) = host {
            headers.insert(HOST, host.parse().unwrap());
        }
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        check_parts(None, &headers, name)
    }

    #[test]
    fn loopback_names_pass() {
        for host in [
            "127.0.0.1:4010",
            "localhost:1",
            "LOCALHOST",
            "[::1]:8",
            "127.8.9.1",
        ] {
            assert_eq!(checked(Some(host), None), Ok(()), "{host}");
        }
        for origin in ["http://127.0.0.1:4010", "http://localhost:3000", "https://[::1]"] {
            assert_eq!(checked(Some("localhost"), Some(origin)), Ok(()), "{origin}");
        }
    }

    #[test]
    fn a_name_that_it_was_told_passes_as_its_own() {
        let name = ServedAs("sandbox.test".into());
        let checked = |host, origin| checked_as(Some(&name), Some(host), origin);
        assert_eq!(checked("Sandbox.test:4010", None), Ok(()));
        assert_eq!(
            checked("sandbox.test:4010", Some("http://sandbox.test:4010")),
            Ok(())
        );
        assert_eq!(checked("127.0.0.1", None), Ok(()));
        assert_eq!(checked("evil.sandbox.test", None), Err(Foreign::Host));
        assert_eq!(
            checked("sandbox.test", Some("http://sandbox.test.evil.example")),
            Err(Foreign::Origin)
        );
    }

    #[test]
    fn foreign_hosts_and_origins_do_not() {
        for host in [
            "shop.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "evil@127.0.0.1.nip.io",
            "",
        ] {
            assert_eq!(checked(Some(host), None), Err(Foreign::Host), "{host}");
        }
        assert_eq!(checked(None, None), Err(Foreign::Host));
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost.evil.example",
            "http://127.0.0.1@evil.example",
            "file://",
        ] {
            assert_eq!(
                checked(Some("localhost"), Some(origin)),
                Err(Foreign::Origin),
                "{origin}"
            );
        }
    }
}

//! Apple Pay on the web, payment product 302: checks on what asks for a merchant session, and a view of the session.

use std::borrow::Cow;
use std::fmt;

use checkout_core::redact::Secret;
use checkout_core::validate::{At, Rule, Violations};
use fluent_uri::Uri;
use fluent_uri::component::Host;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::hosts::{HostError, host_name};

/// The payment product id of Apple Pay.
pub const APPLE_PAY: i32 = 302;

/// The hosts that Apple documents for merchant validation: production, China, each with its pods, and both sandboxes.
const DOCUMENTED_HOSTS: [&str; 20] = [
    "apple-pay-gateway.apple.com",
    "cn-apple-pay-gateway.apple.com",
    "apple-pay-gateway-cert.apple.com",
    "cn-apple-pay-gateway-cert.apple.com",
    "apple-pay-gateway-nc-pod1.apple.com",
    "apple-pay-gateway-nc-pod2.apple.com",
    "apple-pay-gateway-nc-pod3.apple.com",
    "apple-pay-gateway-nc-pod4.apple.com",
    "apple-pay-gateway-nc-pod5.apple.com",
    "apple-pay-gateway-pr-pod1.apple.com",
    "apple-pay-gateway-pr-pod2.apple.com",
    "apple-pay-gateway-pr-pod3.apple.com",
    "apple-pay-gateway-pr-pod4.apple.com",
    "apple-pay-gateway-pr-pod5.apple.com",
    "cn-apple-pay-gateway-sh-pod1.apple.com",
    "cn-apple-pay-gateway-sh-pod2.apple.com",
    "cn-apple-pay-gateway-sh-pod3.apple.com",
    "cn-apple-pay-gateway-tj-pod1.apple.com",
    "cn-apple-pay-gateway-tj-pod2.apple.com",
    "cn-apple-pay-gateway-tj-pod3.apple.com",
];

/// The hosts that a `validationUrl` may name, compared as whole names.
///
/// A `validationUrl` comes from the consumer's browser, and a server (Worldline's, in the merchant's name) then calls
/// it: without this list a consumer could send that call anywhere. The default is what Apple documents for setting up a
/// server for Apple Pay on the web.
///
/// ```
/// use hosted_checkout::worldline::ApplePayHosts;
///
/// assert!(ApplePayHosts::default().contains("apple-pay-gateway.apple.com"));
/// assert!(!ApplePayHosts::default().contains("apple-pay-gateway.apple.com.evil.example"));
/// let mocked = ApplePayHosts::only(["apple-pay.test"])?;
/// # Ok::<(), hosted_checkout::HostError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplePayHosts(Vec<Cow<'static, str>>);

impl Default for ApplePayHosts {
    fn default() -> Self {
        Self(DOCUMENTED_HOSTS.map(Cow::Borrowed).to_vec())
    }
}

impl ApplePayHosts {
    /// These hosts, and no others.
    ///
    /// # Errors
    /// An entry is not the bare name of a host.
    pub fn only<H: AsRef<str>>(hosts: impl IntoIterator<Item = H>) -> Result<Self, HostError> {
        Self(Vec::new()).and(hosts)
    }

    /// These hosts as well, for when Apple adds one.
    ///
    /// # Errors
    /// An entry is not the bare name of a host.
    pub fn and<H: AsRef<str>>(mut self, hosts: impl IntoIterator<Item = H>) -> Result<Self, HostError> {
        for host in hosts {
            self.0.push(Cow::Owned(host_name(host.as_ref())?));
        }
        Ok(self)
    }

    /// Whether a host is on the list; letter case does not matter.
    #[must_use]
    pub fn contains(&self, host: &str) -> bool {
        self.0.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// Checks the three texts of an Apple Pay session request; absent ones break a rule too, for the API takes a request
    /// for product 302 only with them (`displayName` may be absent).
    pub fn check(
        &self,
        display_name: Option<&str>,
        domain_name: Option<&str>,
        validation_url: Option<&str>,
        at: &At<'_>,
        found: &mut Violations,
    ) {
        if display_name.is_some_and(|name| name.trim().is_empty()) {
            found.push(
                &at.field("displayName"),
                Rule::Length,
                "is blank; give the name of the shop, or leave it out",
            );
        }
        let domain_at = at.field("domainName");
        match domain_name {
            None => found.push(
                &domain_at,
                Rule::Consistency,
                "is missing; Apple Pay needs the domain of the payment page",
            ),
            Some(name) => {
                if let Err(message) = check_domain_name(name) {
                    found.push(&domain_at, Rule::Format, message);
                }
            }
        }
        let url_at = at.field("validationUrl");
        match validation_url {
            None => found.push(
                &url_at,
                Rule::Consistency,
                "is missing; take it from the event of onvalidatemerchant (event.validationURL)",
            ),
            Some(url) => {
                if let Err(message) = self.check_validation_url(url) {
                    found.push(&url_at, Rule::Format, message);
                }
            }
        }
    }

    /// A strict RFC 3986 parser reads the URL: what browsers forgive (backslashes, blanks, line breaks) another server
    /// may read as another host.
    fn check_validation_url(&self, url: &str) -> Result<(), &'static str> {
        let uri = Uri::parse(url).map_err(|_| "is not an absolute URL; pass on what Apple's event names")?;
        if !uri.scheme().as_str().eq_ignore_ascii_case("https") {
            return Err("is not an https URL; pass on what Apple's event names");
        }
        let authority = uri
            .authority()
            .ok_or("names no host; pass on what Apple's event names")?;
        if authority.has_userinfo() {
            return Err("holds a user name; a URL of Apple's never does");
        }
        if authority.port().is_some_and(|port| port.as_str() != "443") {
            return Err("names a port other than 443; a URL of Apple's never does");
        }
        if !matches!(authority.host_parsed(), Host::RegName(_)) {
            return Err("names an IP address; a URL of Apple's never does");
        }
        if !self.contains(authority.host()) {
            return Err(
                "names a host that is not on the list of Apple's hosts; if Apple has added it, add it to the list",
            );
        }
        Ok(())
    }
}

/// A fully qualified domain name in its ASCII form.
fn check_domain_name(name: &str) -> Result<(), &'static str> {
    if !name.is_ascii() {
        return Err("holds letters beyond ASCII; write the domain in its ASCII form (xn--…)");
    }
    if name.contains("://") {
        return Err("begins with a scheme; give the bare domain, such as shop.example");
    }
    if name.contains(['/', '?', '#', '@', ':']) {
        return Err("holds more than a domain; give it without path, port or user, such as shop.example");
    }
    let labels: Vec<&str> = name.split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() > 253 || labels.len() < 2 || !labels.iter().all(is_label) {
        return Err("is not a fully qualified domain name, such as shop.example");
    }
    if labels
        .last()
        .is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err("is an IP address; give the domain of the payment page");
    }
    Ok(())
}

/// Apple's merchant session, for the page that called: give it to `completeMerchantValidation`.
///
/// It is good for one attempt of one consumer: hand it on, and neither log nor cache it. It prints as `<secret>`.
#[derive(Clone)]
pub struct ApplePaySession(SecretString);

/// Why Apple's merchant session cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApplePaySessionError {
    /// The session is not a JSON object.
    #[error("sessionObject is not a JSON object (line {line}, column {column}); ask for a new session")]
    NotJson {
        /// Line at which reading stopped, from 1.
        line: usize,
        /// Column at which reading stopped.
        column: usize,
    },
}

/// What of a merchant session a server may want to look at; all of it as Apple wrote it, none of it needed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApplePayMerchantSession {
    /// When Apple made it, in milliseconds since 1970.
    pub epoch_timestamp: Option<i64>,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// The domain that it is good for.
    pub domain_name: Option<String>,
    /// The name that Apple Pay shows.
    pub display_name: Option<String>,
}

impl ApplePaySession {
    /// Wraps the `sessionObject` of an answer.
    #[must_use]
    pub fn new(session_object: impl Into<SecretString>) -> Self {
        Self(session_object.into())
    }

    /// The JSON text, byte for byte as Apple made it.
    #[must_use]
    pub fn session_object(&self) -> &str {
        self.0.expose_secret()
    }

    /// The session as JSON, to put it into an answer of one's own.
    ///
    /// # Errors
    /// The text is not a JSON object.
    pub fn to_json(&self) -> Result<serde_json::Value, ApplePaySessionError> {
        self.read::<serde_json::Map<_, _>>()
            .map(serde_json::Value::Object)
    }

    /// A few values of the session.
    ///
    /// # Errors
    /// The text is not a JSON object, or a value in it has another type than Apple's.
    pub fn merchant_session(&self) -> Result<ApplePayMerchantSession, ApplePaySessionError> {
        self.read()
    }

    /// The parser's own message may quote the session: only its place goes into the error.
    fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ApplePaySessionError> {
        serde_json::from_str(self.session_object()).map_err(|error| ApplePaySessionError::NotJson {
            line: error.line(),
            column: error.column(),
        })
    }
}

impl fmt::Debug for ApplePaySession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ApplePaySession").field(&Secret).finish()
    }
}

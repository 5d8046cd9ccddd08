//! NOAH's environments: hosts, keys and currency codes that belong together.

use std::fmt;
use std::str::FromStr;

use checkout_core::validate::{At, Rule, Violations};
use checkout_transport::is_loopback;
use url::Url;

use crate::credentials::Spelling;
use crate::destination::{Destination, NOAH, NamedHosts, Refusal, Stage, Told, bare};

/// Where a client works. Base URL, API key, webhook key, hosted pages and currency codes must all belong to one
/// environment. This is checked: no client is made of values that do not go together. A host that the library does not
/// know is used if the caller names it ([`NoahBuilder::own_host`](super::NoahBuilder::own_host)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Environment {
    /// NOAH's sandbox: test money, test currency codes.
    Sandbox,
    /// Real money.
    Production,
    /// A server of one's own, such as `cargo checkout sandbox`: on this machine, or on a host that the caller names, and
    /// never on one of NOAH's. Takes currency codes of both others, and keys of the sandbox alone.
    Local,
}

/// Published by NOAH for the sandbox; SHA-256 of its DER 6d70b4da…0b863b (NOAH's docs page on webhooks).
const SANDBOX_WEBHOOK_KEY: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEm8yBiD+kmVJ1Xc9sfRkDx0yo9+u8yiAD
PngI20KoEswz0gflp8o/z66Abqz/m9A1CBecixWdeT72pA8NZBJI6L6Osd8RV+yx
QArxeGKEVX/2QNrfPqeAKODHT5LdStGT
-----END PUBLIC KEY-----
";

/// Published by NOAH for production; SHA-256 of its DER e00af50c…b742fa (NOAH's docs page on webhooks).
const PRODUCTION_WEBHOOK_KEY: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAELKJhxcUGJr3XgRrf+laSAVHvp31wFhE2
XdicXvF0DAdKzSPN8bkSdjrsUA6nnVUq3M47Y7RUYugMfkagaYjUExQZVjpMFg0P
DnXWl9y0dXYDq+pzYhAgL+MNpnY0eJ78
-----END PUBLIC KEY-----
";

impl Environment {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sandbox, Self::Production, Self::Local];

    /// `sandbox`, `production` or `local`, as `NOAH_ENVIRONMENT` names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.stage().as_str()
    }

    /// The API's base URL, with `/v1`; none for [`Local`](Self::Local), which brings its own.
    #[must_use]
    pub const fn base_url(self) -> Option<&'static str> {
        match self {
            Self::Sandbox => Some("https://api.sandbox.noah.com/v1"),
            Self::Production => Some("https://api.noah.com/v1"),
            Self::Local => None,
        }
    }

    /// The environment of the URL's host, if it is one of NOAH's or this machine. It is known by a list, or told by
    /// the host's name.
    #[must_use]
    pub fn of_url(url: &Url) -> Option<Self> {
        match NOAH.told(bare(url.host_str()?)) {
            Some(Told::Stage(stage)) => Self::of_stage(stage),
            _ => None,
        }
        .or_else(|| is_loopback(url).then_some(Self::Local))
    }

    /// Whether a client of this environment may send to the URL, if the caller has named these hosts. Every client is
    /// made, or refused, by this decision. The path is not checked.
    ///
    /// ```
    /// use hosted_checkout::NamedHosts;
    /// use hosted_checkout::noah::Environment;
    ///
    /// let live = "https://api.noah.com/v1".parse().unwrap();
    /// assert!(Environment::Production.check_url(&live, &NamedHosts::default()).is_ok());
    /// assert!(Environment::Sandbox.check_url(&live, &NamedHosts::default()).is_err());
    ///
    /// let proxy = "https://proxy.shop.example/noah/v1".parse().unwrap();
    /// let named = NamedHosts::default().own_host("proxy.shop.example")?;
    /// assert!(Environment::Production.check_url(&proxy, &NamedHosts::default()).is_err());
    /// assert!(Environment::Production.check_url(&proxy, &named).is_ok());
    /// # Ok::<(), hosted_checkout::HostError>(())
    /// ```
    ///
    /// # Errors
    /// What disagrees, and what to write to allow it.
    pub fn check_url(self, url: &Url, named: &NamedHosts) -> Result<(), Refusal> {
        self.judge(url, named, Spelling::Variables)
    }

    pub(super) fn judge(self, url: &Url, named: &NamedHosts, spelling: Spelling) -> Result<(), Refusal> {
        Destination {
            vendor: &NOAH,
            environment: Some(self.stage()),
            url,
            named,
            is_of_session: false,
        }
        .judge(spelling)
    }

    pub(super) const fn stage(self) -> Stage {
        match self {
            Self::Sandbox => Stage::Sandbox,
            Self::Production => Stage::Production,
            Self::Local => Stage::Local,
        }
    }

    /// NOAH has nothing between sandbox and production.
    fn of_stage(stage: Stage) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|environment| environment.stage() == stage)
    }

    /// Hosts of the hosted pages that an answer may send a customer to.
    #[must_use]
    pub const fn hosted_hosts(self) -> &'static [&'static str] {
        match self {
            Self::Sandbox => &["checkout.sandbox.noah.com"],
            Self::Production => &["checkout.noah.com"],
            Self::Local => &[],
        }
    }

    /// The public key (PEM) that NOAH publishes for its webhooks; none for [`Local`](Self::Local).
    #[must_use]
    pub const fn webhook_key_pem(self) -> Option<&'static str> {
        match self {
            Self::Sandbox => Some(SANDBOX_WEBHOOK_KEY),
            Self::Production => Some(PRODUCTION_WEBHOOK_KEY),
            Self::Local => None,
        }
    }

    /// Adds a violation if the crypto currency code belongs to the other environment: the sandbox needs test codes
    /// (`USDC_TEST`, `ETH_TEST_SEPOLIA`), production refuses them.
    pub fn check_crypto_currency(self, code: &str, at: &At<'_>, found: &mut Violations) {
        let message = match (self, is_test_code(code)) {
            (Self::Sandbox, false) => {
                "is not a test currency, and the sandbox takes no other; use a code such as USDC_TEST or BTC_TEST"
            }
            (Self::Production, true) => {
                "is a test currency, which production does not take; use a code such as USDC or BTC"
            }
            _ => return,
        };
        found.push(at, Rule::Consistency, message);
    }
}

/// Test codes carry `TEST` as a word of its own: `BTC_TEST`, `ETH_TEST_SEPOLIA`.
fn is_test_code(code: &str) -> bool {
    code.split('_').skip(1).any(|word| word == "TEST")
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no environment; write sandbox, production or local")]
pub struct UnknownEnvironment;

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    /// Reads the names of [`as_str`](Self::as_str), in any case, and `prod`, as NOAH's API keys have it.
    fn from_str(text: &str) -> Result<Self, UnknownEnvironment> {
        let stage = text.parse().ok();
        stage.and_then(Self::of_stage).ok_or(UnknownEnvironment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for environment in Environment::ALL {
            assert_eq!(environment.as_str().parse(), Ok(environment));
            assert_eq!(environment.to_string().to_uppercase().parse(), Ok(environment));
        }
        assert_eq!("prod".parse(), Ok(Environment::Production));
        assert_eq!("staging".parse::<Environment>(), Err(UnknownEnvironment));
    }

    /// Every environment against codes of both kinds, the known ones and ones made up.
    #[test]
    fn currency_codes_belong_to_their_environment() {
        let real = [
            "BTC",
            "USDC",
            "ETH",
            "EURC",
            "TEST",
            "TESTCOIN",
            "ATTEST_COIN",
            "",
        ];
        let test = ["BTC_TEST", "USDC_TEST", "ETH_TEST_SEPOLIA", "NEW_TEST_NET_2"];
        let refused = |environment: Environment, code: &str| {
            let mut found = Violations::new();
            environment.check_crypto_currency(code, &At::BODY.field("CryptoCurrency"), &mut found);
            found
                .iter()
                .next()
                .map(|violation| (violation.pointer.clone(), violation.rule))
        };
        let violation = Some(("/CryptoCurrency".to_owned(), Rule::Consistency));
        for code in real {
            assert_eq!(refused(Environment::Sandbox, code), violation, "{code}");
            assert_eq!(refused(Environment::Production, code), None, "{code}");
            assert_eq!(refused(Environment::Local, code), None, "{code}");
        }
        for code in test {
            assert_eq!(refused(Environment::Sandbox, code), None, "{code}");
            assert_eq!(refused(Environment::Production, code), violation, "{code}");
            assert_eq!(refused(Environment::Local, code), None, "{code}");
        }
    }
}

//! Where an answer may send a customer.

use checkout_core::validate::{At, Rule, Violations};
use checkout_transport::{Error, is_loopback};
use url::Url;

use super::Environment;
use crate::destination::NamedHosts;
use crate::hosts::{self, HostError, not_named};
use crate::links::link;

/// The hosted pages of an environment. An answer that names another host is not followed: whoever could change it
/// would collect payments.
#[derive(Debug, Clone)]
pub(super) struct HostedPages {
    environment: Environment,
    hosts: Vec<String>,
    named: NamedHosts,
}

impl HostedPages {
    /// # Errors
    /// A list that would refuse every answer to a call that may have moved money: an entry that is no host, or, but
    /// locally, no entry at all.
    pub(super) fn new(
        environment: Environment,
        hosts: Option<Vec<String>>,
        named: NamedHosts,
    ) -> Result<Self, Error> {
        let hosts = match hosts {
            None => environment
                .hosted_hosts()
                .iter()
                .map(|host| (*host).to_owned())
                .collect(),
            Some(hosts) if hosts.is_empty() && environment != Environment::Local => {
                return Err(Error::configuration(
                    "hosted_hosts is empty, so no answer could be followed; name a host, or leave it unset",
                ));
            }
            Some(hosts) => hosts
                .iter()
                .map(|entry| Ok(hosts::host(entry)?.to_string()))
                .collect::<Result<_, HostError>>()
                .map_err(|error| not_named("hosted_hosts", &error))?,
        };
        Ok(Self {
            environment,
            hosts,
            named,
        })
    }

    /// Adds a violation unless the URL is https, with one of the hosts and no user information before it. Hosts that are named
    /// for plain http may use http. Locally, where no host is set, this machine and all named hosts are accepted.
    pub(super) fn check(&self, url: &str, at: &At<'_>, found: &mut Violations) {
        match self.judge(url) {
            Ok(()) => {}
            Err((message, None)) => found.push(at, Rule::Consistency, message),
            Err((message, Some(setting))) => found.push_with_setting(at, Rule::Consistency, message, setting),
        }
    }

    /// What is wrong, and the setting that lets it pass.
    fn judge(&self, text: &str) -> Result<(), (String, Option<&'static str>)> {
        let local = self.environment == Environment::Local;
        let may_be_plain = |url: &Url| {
            url.host_str().is_some_and(|host| self.named.is_plain_http(host)) || (local && is_loopback(url))
        };
        let url = link(text, may_be_plain)
            .map_err(|problem| (format!("{problem}; do not send a customer there"), None))?;
        let host = url.host_str().unwrap_or_default();
        let may_be_plain = may_be_plain(&url);
        let known = if local && self.hosts.is_empty() {
            may_be_plain || self.named.is_own(host)
        } else {
            self.hosts.iter().any(|known| known == host) && (local || url.port().is_none())
        };
        if known {
            Ok(())
        } else {
            Err((self.unknown_host(), Some("NoahBuilder::hosted_hosts")))
        }
    }

    fn unknown_host(&self) -> String {
        let expected = if self.hosts.is_empty() {
            "this machine".to_owned()
        } else {
            self.hosts.join(" or ")
        };
        format!("is on another host than {expected}; do not send a customer there unless you know it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(environment: Environment, hosts: Option<&[&str]>, url: &str) -> bool {
        let hosts = hosts.map(|hosts| hosts.iter().map(|host| (*host).to_owned()).collect());
        HostedPages::new(environment, hosts, named())
            .unwrap()
            .judge(url)
            .is_ok()
    }

    fn named() -> NamedHosts {
        let named = NamedHosts::default().own_host("pages.test").unwrap();
        named.plain_http_host("pay.test").unwrap()
    }

    #[test]
    fn published_hosts_are_accepted_in_their_environment_alone() {
        for (url, environment) in [
            ("https://checkout.noah.com/pay?session=1", Environment::Production),
            ("https://CHECKOUT.noah.com:443/pay", Environment::Production),
            ("https://checkout.sandbox.noah.com/pay#x", Environment::Sandbox),
        ] {
            for other in Environment::ALL {
                assert_eq!(
                    accepts(other, None, url),
                    other == environment,
                    "{url} in {other}"
                );
            }
        }
    }

    #[test]
    fn look_alikes_are_refused() {
        for url in [
            "http://checkout.noah.com/pay",
            "https://checkout.noah.com.evil.example/pay",
            "https://evil.checkout.noah.com/pay",
            "https://checkout.noah.com@evil.example/pay",
            "https://evil@checkout.noah.com/pay",
            "https://evil.example/checkout.noah.com",
            "https://checkout.noah.com:8443/pay",
            "https://checkout.noah.com./pay",
            "javascript://checkout.noah.com/%0aalert(1)",
            "//checkout.noah.com/pay",
            "https:checkout.noah.com/pay",
            "https:\\\\checkout.noah.com/pay",
            "https://@checkout.noah.com/pay",
            "https://checkout.noah.com/pay\n",
            "https://checkout.noah.com/\u{1b}[31m",
            "ht\ttps://checkout.noah.com/pay",
            "https://checkout.noah.com/\u{202e}yap",
            "",
        ] {
            assert!(!accepts(Environment::Production, None, url), "{url}");
        }
    }

    #[test]
    fn locally_this_machine_is_accepted_or_what_is_set() {
        for url in [
            "http://127.0.0.1:4010/pay",
            "http://localhost/pay",
            "https://a.localhost/pay",
            "http://[::1]:1/",
            // Named, as a sandbox in another container is.
            "http://pay.test:4010/pay",
            "https://pay.test/pay",
            "https://pages.test/pay",
        ] {
            assert!(accepts(Environment::Local, None, url), "{url}");
            assert!(!accepts(Environment::Local, Some(&["else.test"]), url), "{url}");
            assert!(!accepts(Environment::Production, None, url), "{url}");
        }
        for url in [
            "http://10.0.0.1/pay",
            "https://localhost.example/pay",
            "ftp://localhost/",
            "ftp://pay.test/",
            "http://pages.test/pay",
            "http://a.pay.test/pay",
        ] {
            assert!(!accepts(Environment::Local, None, url), "{url}");
        }
        assert!(!accepts(
            Environment::Local,
            Some(&["else.test"]),
            "http://else.test:8080/pay"
        ));
        assert!(accepts(
            Environment::Local,
            Some(&["pay.test"]),
            "http://pay.test:8080/pay"
        ));
        assert!(accepts(
            Environment::Production,
            Some(&["pay.shop.example"]),
            "https://pay.shop.example/"
        ));
        assert!(!accepts(
            Environment::Production,
            Some(&["pay.shop.example"]),
            "https://checkout.noah.com/"
        ));
        assert!(accepts(
            Environment::Production,
            Some(&["PAY.caf\u{e9}.example"]),
            "https://pay.caf\u{e9}.example/"
        ));
    }

    #[test]
    fn a_list_that_refuses_every_answer_is_refused_itself() {
        let error = |environment, hosts: &[&str]| {
            let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
            HostedPages::new(environment, Some(hosts), named())
                .unwrap_err()
                .to_string()
        };
        for entry in [
            "https://pay.shop.example",
            "pay.shop.example:443",
            "*.shop.example",
            "",
        ] {
            for environment in Environment::ALL {
                let error = error(environment, &["pay.shop.example", entry]);
                assert!(error.contains("hosted_hosts cannot be used: "), "{error}");
                assert!(error.contains(" is no host"), "{error}");
            }
        }
        assert!(error(Environment::Production, &[]).contains("hosted_hosts is empty"));
        assert!(HostedPages::new(Environment::Local, Some(Vec::new()), named()).is_ok());
    }
}

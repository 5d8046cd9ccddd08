//! Hosts that the caller names, by flags beside the variables.

use checkout_core::given::Looks;
use clap::Args;
use hosted_checkout::credentials::Variables;
use url::{Host, Url};

use crate::secrets::Lookup;
use crate::shell::quoted;

/// The variable of each API that names hosts of the caller's.
const OWN_HOST: [&str; 2] = ["NOAH_OWN_HOST", "WORLDLINE_CONNECT_OWN_HOST"];
/// The variable that names the hosts that may be spoken to in plain http.
pub(crate) const PLAIN_HTTP_HOST: &str = "CHECKOUT_PLAIN_HTTP_HOST";

/// Which hosts requests may go to, beside those that are known.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct HostArgs {
    /// A host that requests may go to, beside those known for the environment: your own, such as a proxy, or one of the
    /// vendor's that is not in the list. May be given several times, and adds to NOAH_OWN_HOST or
    /// WORLDLINE_CONNECT_OWN_HOST.
    #[arg(long, value_name = "HOST", global = true, help_heading = "Hosts")]
    own_host: Vec<String>,
    /// A host that may be spoken to in plain http, beside this machine: a sandbox in another container. May be given several
    /// times, and adds to CHECKOUT_PLAIN_HTTP_HOST.
    #[arg(long, value_name = "HOST", global = true, help_heading = "Hosts")]
    plain_http_host: Vec<String>,
}

impl HostArgs {
    /// As they stand on a command line that sends to this base URL, behind a space; empty if none was given.
    pub(crate) fn flags(&self, base_url: &str) -> String {
        let own = self.own_host.iter().map(|host| ("--own-host", host));
        let plain = self
            .plain_http_host
            .iter()
            .map(|host| ("--plain-http-host", host));
        own.chain(plain)
            .map(|(flag, host)| format!(" {flag} {}", quoted(shown(host, base_url))))
            .collect()
    }

    /// The variables, with the flags' hosts added to those that name some.
    pub(crate) fn variables<'a>(&'a self, lookup: &'a Lookup) -> Variables<'a> {
        self.variables_of(|name| lookup.get(name))
    }

    /// As [`variables`](Self::variables), from wherever the variables come.
    pub(crate) fn variables_of<'a>(&'a self, lookup: impl Fn(&str) -> Option<String> + 'a) -> Variables<'a> {
        Variables::new(move |name| self.beside(name, lookup(name))).beside_flags()
    }

    /// The value of the variable, with the flags' hosts added if it names some.
    pub(crate) fn beside(&self, name: &str, value: Option<String>) -> Option<String> {
        let given = match name {
            PLAIN_HTTP_HOST => &self.plain_http_host,
            name if OWN_HOST.contains(&name) => &self.own_host,
            _ => return value,
        };
        listed(value, given.iter().map(String::as_str))
    }
}

/// A key may have come to the flag, and many are names of hosts by their form. So a host shows if the URL shows it already, or
/// if it is made of short words; another one is to be given again.
fn shown<'h>(host: &'h str, base_url: &str) -> &'h str {
    let is_of_url = || {
        let url = Url::parse(base_url).ok()?;
        Some(url.host_str()? == Host::parse(host).ok()?.to_string())
    };
    if Looks::may_be_quoted(host) || is_of_url() == Some(true) {
        host
    } else {
        "HOST"
    }
}

/// A list of hosts with more of them; `None` if there is none at all.
pub(crate) fn listed<'h>(value: Option<String>, more: impl Iterator<Item = &'h str>) -> Option<String> {
    let all: Vec<String> = value.into_iter().chain(more.map(ToOwned::to_owned)).collect();
    (!all.is_empty()).then(|| all.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_host_that_it_needs_and_no_secret() {
        let base_url = "http://a-long-name-of-2026.sandbox.internal:4010/v1";
        let flags = |own: &[&str], plain: &[&str]| {
            let list = |hosts: &[&str]| hosts.iter().map(ToString::to_string).collect();
            let hosts = HostArgs {
                own_host: list(own),
                plain_http_host: list(plain),
            };
            hosts.flags(base_url)
        };
        assert_eq!(flags(&[], &[]), "");
        let needed = "A-long-name-of-2026.sandbox.internal";
        assert_eq!(
            flags(&["proxy.example"], &[needed]),
            format!(" --own-host proxy.example --plain-http-host {needed}")
        );
        for secret in [
            "apikey_prod_12345abcdef",
            "eyJhbGciOiJFUzM4NCJ9.eyJib2R5SGFzaCI6.c2lnbmF0dXJl",
            "f44da71343182cb886f44da71343182cb886",
            "a-long-name-of-2026.sandbox.internal.c2lnbmF0dXJl",
        ] {
            assert_eq!(
                flags(&[secret], &[secret]),
                " --own-host HOST --plain-http-host HOST"
            );
        }
    }
}

//! Which environment is meant, and whether URL and API key are of it.

use checkout_core::given::quotable;
use hosted_checkout::noah::Environment;
use url::Url;

use super::diagnosis::{Findings, quoted};
use super::{Case, Check, Kind, Rule, address, api_key};

/// Where a request goes, as far as it is known.
pub(super) struct Target {
    pub(super) environment: Option<Environment>,
    pub(super) url: Option<Url>,
    /// The rule that says why there is no URL although one was given.
    pub(super) unusable: Option<Rule>,
}

pub(super) fn check(case: &Case, kind: Kind, findings: &mut Findings<'_>) -> Target {
    let (url, unusable) = address::parsed(case, kind, findings);
    let of_host = url.as_ref().and_then(Environment::of_url);
    let (named, unnamed) = named(case, findings, kind, of_host);
    if let Some(url) = &url {
        address::judge(case, kind, url, named, findings);
    }
    let target = Target {
        environment: named.or(of_host),
        url,
        unusable,
    };
    api_key::check(case, kind, target.environment.ok_or(unnamed), findings);
    target
}

/// The environment that was named, and the rule that fails if none was.
fn named(
    case: &Case,
    findings: &mut Findings<'_>,
    kind: Kind,
    of_host: Option<Environment>,
) -> (Option<Environment>, Option<Rule>) {
    let Some(name) = &case.environment else {
        match (of_host, kind) {
            // hosted-checkout wants to be told: nobody pays real money by a default.
            (_, Kind::Setup) => return (None, Some(findings.fails(Rule::EnvironmentMissing))),
            (Some(environment), _) => {
                findings.holds(Check::Environment, format!("{environment}, by the URL's host"));
            }
            (None, _) => findings.unknown(
                Check::Environment,
                "not given, and no URL tells it: --environment",
            ),
        }
        return (None, None);
    };
    match name.trim().parse::<Environment>() {
        Ok(environment) => {
            findings.holds(Check::Environment, environment.as_str());
            (Some(environment), None)
        }
        Err(_) => {
            let found = format!("{} is no environment", quoted(&quotable(name)));
            (None, Some(findings.fails((Rule::EnvironmentUnknown, found))))
        }
    }
}

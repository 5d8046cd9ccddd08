//! The URL of a request, or the base URL of a setup.

use hosted_checkout::Refusal;
use hosted_checkout::noah::Environment;
use url::Url;

use super::diagnosis::{Findings, quoted};
use super::{Case, Check, Kind, Rule};

/// The URL, or the rule that says why there is none although one is needed or was given.
pub(super) fn parsed(case: &Case, kind: Kind, findings: &mut Findings<'_>) -> (Option<Url>, Option<Rule>) {
    let Some(text) = &case.url else {
        match (kind, case.named_environment().map(Environment::base_url)) {
            (Kind::Setup, Some(None)) => return (None, Some(findings.fails(Rule::UrlMissing))),
            (Kind::Setup, Some(Some(base))) => {
                findings.holds(Check::Url, format!("{base}, which is built in"));
            }
            _ => findings.unknown(Check::Url, "no URL was given: --url"),
        }
        return (None, None);
    };
    match Url::parse(text.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => (Some(url), None),
        _ => (None, Some(findings.fails(Rule::UrlInvalid))),
    }
}

/// Whether the URL is plain http to a host that is not named for it, whatever the environment. If so, this adds a finding.
pub(super) fn is_plain(case: &Case, url: &Url, findings: &mut Findings<'_>) -> bool {
    let refused = case.named_hosts.check_plain_http(url);
    refused.is_err_and(|refusal| {
        fails(Rule::UrlPlainHttp, refusal, findings);
        true
    })
}

/// Uses the text of the refusal, which says what would allow the address.
fn fails(rule: Rule, refusal: Refusal, findings: &mut Findings<'_>) {
    let refusal = refusal.beside_flags();
    findings.fails((rule, refusal.what(), refusal.remedy()));
}

/// Why hosted-checkout would not send there, if it would not. A request is not judged if its environment is not known,
/// or if somebody else sends it to a host of their own.
fn refused(
    case: &Case,
    kind: Kind,
    url: &Url,
    named: Option<Environment>,
    findings: &mut Findings<'_>,
) -> bool {
    let Some(environment) = named else {
        return is_plain(case, url, findings);
    };
    let Err(refusal) = environment.check_url(url, &case.named_hosts) else {
        return false;
    };
    let rule = if refusal.is_plain_http() {
        Rule::UrlPlainHttp
    } else if refusal.is_other_environment() {
        Rule::UrlOtherEnvironment
    } else if kind == Kind::Setup || !refusal.can_be_allowed() {
        Rule::UrlOtherHost
    } else {
        return false;
    };
    fails(rule, refusal, findings);
    true
}

/// Judges scheme, host and path.
pub(super) fn judge(
    case: &Case,
    kind: Kind,
    url: &Url,
    named: Option<Environment>,
    findings: &mut Findings<'_>,
) {
    let host = url.host_str().unwrap_or_default();
    if refused(case, kind, url, named, findings) {
        return;
    }
    if kind == Kind::Setup && !url.path().trim_end_matches('/').ends_with("/v1") {
        findings.fails((
            Rule::UrlNoVersion,
            format!(
                "the path {} of the base URL does not end in /v1",
                quoted(url.path())
            ),
            "end it so, as in https://api.noah.com/v1; each request adds its own path",
        ));
    } else if versioned(url).is_none() {
        findings.fails((
            Rule::UrlNoVersion,
            format!("the path {} does not begin with /v1", quoted(url.path())),
            "put /v1 before it; base URLs of NOAH end in /v1",
        ));
    } else if kind == Kind::Setup {
        findings.holds(Check::Url, format!("the base URL is on {host} and ends in /v1"));
    } else {
        findings.holds(Check::Url, format!("{} on {host}", url.path()));
    }
}

/// The path from `/v1` on: what the claim says, also behind a proxy with a prefix.
pub(super) fn versioned(url: &Url) -> Option<&str> {
    let path = url.path();
    let begins = |rest: &str| rest == "/v1" || rest.starts_with("/v1/");
    if begins(path) {
        return Some(path);
    }
    // NOAH's own hosts have no prefix.
    let environment = Environment::of_url(url);
    if matches!(environment, Some(Environment::Sandbox | Environment::Production)) {
        return None;
    }
    path.match_indices("/v1")
        .map(|(place, _)| &path[place..])
        .find(|rest| begins(rest))
}

//! Environment, URL and API key, and whether they are of one kind.

use hosted_checkout::noah::{ApiKey, ApiKeyError, Environment};
use secrecy::ExposeSecret as _;
use url::{Host, Url};

use super::diagnosis::{Findings, quoted};
use super::text::{bare, has_blanks_or_quotes};
use super::{Case, Check, Kind, Rule};

/// Where a request goes, as far as it is known.
pub(super) struct Target {
    pub(super) environment: Option<Environment>,
    pub(super) url: Option<Url>,
    /// The rule that says why there is no URL although one was given.
    pub(super) unusable: Option<Rule>,
}

pub(super) fn check(case: &Case, kind: Kind, findings: &mut Findings<'_>) -> Target {
    let (url, unusable) = parsed_url(case, kind, findings);
    let of_host = url.as_ref().and_then(of_host);
    let (named, unnamed) = named(case, findings, kind, of_host);
    if let Some(url) = &url {
        judge_url(case, kind, url, of_host, named, findings);
    }
    let target = Target {
        environment: named.or(of_host),
        url,
        unusable,
    };
    api_key(case, kind, target.environment.ok_or(unnamed), findings);
    target
}

/// The URL alone.
pub(super) fn parsed_url(
    case: &Case,
    kind: Kind,
    findings: &mut Findings<'_>,
) -> (Option<Url>, Option<Rule>) {
    let Some(text) = &case.url else {
        let is_local = || {
            case.environment
                .as_ref()
                .is_some_and(|name| name.trim().parse() == Ok(Environment::Local))
        };
        if kind == Kind::Setup && is_local() {
            let rule = findings.fails(
                Rule::UrlMissing,
                "the local environment has no base URL of its own",
                "set NOAH_BASE_URL to that of the server, such as http://127.0.0.1:4010/v1",
            );
            return (None, Some(rule));
        }
        let published = case
            .environment
            .as_ref()
            .and_then(|name| name.trim().parse::<Environment>().ok()?.base_url());
        match published {
            Some(base) if kind == Kind::Setup => {
                findings.holds(Check::Url, format!("{base}, which is built in"));
            }
            _ => findings.unknown(Check::Url, "no URL was given: --url"),
        }
        return (None, None);
    };
    match Url::parse(text.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => (Some(url), None),
        _ => {
            let rule = findings.fails(
                Rule::UrlInvalid,
                "not an absolute URL",
                "give it whole, such as https://api.sandbox.noah.com/v1/balances",
            );
            (None, Some(rule))
        }
    }
}

pub(super) fn is_plain(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && !loopback
}

pub(super) fn plain_http(findings: &mut Findings<'_>) {
    findings.fails(
        Rule::UrlPlainHttp,
        "plain http to another machine, which sends keys and payments in clear",
        "use https",
    );
}

/// The environment that a host belongs to: NOAH's hosts are known, and so is this machine.
pub(super) fn of_host(url: &Url) -> Option<Environment> {
    let host = url.host_str()?;
    let published = Environment::ALL.into_iter().find(|environment| {
        environment
            .base_url()
            .and_then(|base| Url::parse(base).ok())
            .is_some_and(|base| base.host_str() == Some(host))
    });
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    published.or(local.then_some(Environment::Local))
}

/// The environment that was named, and the rule that fails if none was.
fn named(
    case: &Case,
    findings: &mut Findings<'_>,
    kind: Kind,
    of_host: Option<Environment>,
) -> (Option<Environment>, Option<Rule>) {
    const MEND: &str = "set NOAH_ENVIRONMENT to sandbox, production or local";
    let Some(name) = &case.environment else {
        match (of_host, kind) {
            // hosted-checkout wants to be told: nobody pays real money by a default.
            (_, Kind::Setup) => {
                let rule = findings.fails(Rule::EnvironmentMissing, "NOAH_ENVIRONMENT is not set", MEND);
                return (None, Some(rule));
            }
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
            let found = format!("{} is no environment", quoted(name));
            (None, Some(findings.fails(Rule::EnvironmentUnknown, found, MEND)))
        }
    }
}

fn judge_url(
    case: &Case,
    kind: Kind,
    url: &Url,
    of_host: Option<Environment>,
    named: Option<Environment>,
    findings: &mut Findings<'_>,
) {
    let host = url.host_str().unwrap_or_default();
    if is_plain(url) {
        plain_http(findings);
    } else if let (Some(named), Some(found)) = (named, of_host)
        && named != found
        && named != Environment::Local
    {
        let mend = named.base_url().map_or_else(
            || "use the base URL of that environment".to_owned(),
            |base| format!("use {base}"),
        );
        findings.fails(
            Rule::UrlOtherEnvironment,
            format!("the host is that of {found}, but the environment is {named}"),
            mend,
        );
    } else if kind == Kind::Setup && !url.path().trim_end_matches('/').ends_with("/v1") {
        findings.fails(
            Rule::UrlNoVersion,
            format!(
                "the path {} of the base URL does not end in /v1",
                quoted(url.path())
            ),
            "end it so, as in https://api.noah.com/v1; each request adds its own path",
        );
    } else if versioned(url).is_none() {
        findings.fails(
            Rule::UrlNoVersion,
            format!("the path {} does not begin with /v1", quoted(url.path())),
            "put /v1 before it; base URLs of NOAH end in /v1",
        );
    } else if kind == Kind::Setup && case.url.is_some() {
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
    if matches!(of_host(url), Some(Environment::Sandbox | Environment::Production)) {
        return None;
    }
    path.match_indices("/v1")
        .map(|(place, _)| &path[place..])
        .find(|rest| begins(rest))
}

/// `environment`, or the rule that says why there is none.
fn api_key(
    case: &Case,
    kind: Kind,
    environment: Result<Environment, Option<Rule>>,
    findings: &mut Findings<'_>,
) {
    let headers = case.headers.as_ref();
    let Some(text) = case.api_key.as_ref().map(|key| key.expose_secret()) else {
        let other = headers.and_then(|headers| headers.name_of(|value| value.starts_with("apikey_")));
        if let Some(name) = other {
            let rule = findings.fails(
                Rule::ApiKeyOtherHeader,
                format!("it is sent in the header {}", quoted(name)),
                "send the API key in the header X-Api-Key, with nothing in front of it",
            );
            findings.explained(Check::ApiKeyEnvironment, rule);
        } else if headers.is_some() || kind == Kind::Setup {
            let rule = findings.fails(
                Rule::ApiKeyMissing,
                "there is none",
                "send it in the header X-Api-Key; NOAH_API_KEY holds it for hosted-checkout",
            );
            findings.explained(Check::ApiKeyEnvironment, rule);
        } else {
            findings.unknown(
                Check::ApiKey,
                "no API key was given: --api-key-file or NOAH_API_KEY",
            );
            findings.unknown(Check::ApiKeyEnvironment, "no API key was given");
        }
        return;
    };
    if let Some(count) = headers
        .map(|headers| headers.count("x-api-key"))
        .filter(|count| *count > 1)
    {
        let rule = findings.fails(
            Rule::ApiKeyRepeated,
            format!("the header X-Api-Key comes {count} times"),
            "send the header once",
        );
        findings.explained(Check::ApiKeyEnvironment, rule);
        return;
    }
    let rule = form(text, kind, findings);
    let Ok(key) = ApiKey::parse(bare(text)) else {
        match rule {
            Some(rule) => findings.explained(Check::ApiKeyEnvironment, rule),
            None => findings.unknown(Check::ApiKeyEnvironment, "the API key does not say"),
        }
        return;
    };
    match environment.map(|environment| (environment, key.check(environment))) {
        Err(Some(rule)) => findings.explained(Check::ApiKeyEnvironment, rule),
        Err(None) => findings.unknown(
            Check::ApiKeyEnvironment,
            format!(
                "it is a key for {}, and the environment is not known: --environment or --url",
                key.environment()
            ),
        ),
        Ok((environment, Ok(()))) => findings.holds(
            Check::ApiKeyEnvironment,
            format!("a key for {}, used for {environment}", key.environment()),
        ),
        Ok((environment, Err(_))) => {
            findings.fails(
                Rule::ApiKeyOtherEnvironment,
                format!(
                    "a key for {}, but the environment is {environment}",
                    key.environment()
                ),
                format!("use a key that was made in the dashboard of {environment}"),
            );
        }
    }
}

/// Judges how the key is written; the rule that fails, if one does.
fn form(text: &str, kind: Kind, findings: &mut Findings<'_>) -> Option<Rule> {
    if looks_like_token(bare(text)) {
        return Some(findings.fails(
            Rule::ApiKeyIsToken,
            "this is a token, three parts joined by dots",
            "X-Api-Key takes the API key (apikey_…); the token goes into Api-Signature",
        ));
    }
    if has_blanks_or_quotes(text) && ApiKey::parse(bare(text)).is_ok() {
        if text.trim() != bare(text) {
            return Some(findings.fails(
                Rule::ApiKeyQuoted,
                "there are quotation marks around it",
                "take the quotation marks around the API key away",
            ));
        }
        let found = "there is white space around it, such as a line break at the end of a file";
        let mend = "take the white space around the API key away";
        if kind == Kind::Setup {
            findings.warns(
                Rule::ApiKeyBlanks,
                format!("{found}, which hosted-checkout does not mind"),
                mend,
            );
            return None;
        }
        return Some(findings.fails(Rule::ApiKeyBlanks, found, mend));
    }
    match ApiKey::parse(text) {
        Ok(_) => {
            findings.holds(Check::ApiKey, "apikey_<environment>_<key>, as it should be");
            None
        }
        Err(error) => {
            let what = match error {
                ApiKeyError::Form => "it does not begin with apikey_",
                ApiKeyError::UnknownEnvironment => "its second part is neither sandbox nor prod",
                ApiKeyError::NoKey => "nothing follows its second part",
                _ => "it holds characters that no API key has",
            };
            Some(findings.fails(
                Rule::ApiKeyMalformed,
                what,
                "copy it alone and whole from the dashboard",
            ))
        }
    }
}

pub(super) fn looks_like_token(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}

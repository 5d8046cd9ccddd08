//! The claims of a token against the request.

mod query;
mod times;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::Url;

use super::address::versioned;
use super::clock::Clock;
use super::diagnosis::{Findings, quoted};
use super::environment::Target;
use super::token::Claims;
use super::{Case, Check, Rule, body_hash};

/// The audience of every token, in the sandbox too.
const AUDIENCE: &str = "https://api.noah.com";
const SANDBOX_HOST: &str = "api.sandbox.noah.com";

/// What is looked at here.
pub(super) fn checks() -> impl Iterator<Item = Check> {
    Check::IssuedAt.up_to(Check::BodyHash)
}

pub(super) fn check(
    case: &Case,
    target: &Target,
    clock: &Clock,
    claims: &Claims,
    findings: &mut Findings<'_>,
) {
    let claims = match claims {
        Ok(claims) => claims,
        Err(Some(rule)) => return findings.all_explained(checks(), *rule),
        Err(None) => return checks().for_each(|check| findings.unknown(check, "no token was given")),
    };
    times::check(claims, clock, findings);
    audience(claims, findings);
    method(case, claims, findings);
    path(target, claims, findings);
    query::check(target, claims, findings);
    body_hash::check(case, claims, findings);
}

fn audience(claims: &Map<String, Value>, findings: &mut Findings<'_>) {
    let text = match claims.get("aud") {
        None => {
            findings.fails(Rule::AudMissing);
            return;
        }
        Some(Value::String(text)) => text.as_str(),
        Some(Value::Array(list)) if list.iter().any(|entry| entry == AUDIENCE) => {
            findings.fails(Rule::AudList);
            return;
        }
        Some(_) => {
            findings.fails((Rule::AudOther, "it is no text"));
            return;
        }
    };
    let rule = match text {
        AUDIENCE => return findings.holds(Check::Audience, AUDIENCE),
        _ if text.trim_end_matches('/') == AUDIENCE => Rule::AudSlash,
        _ if text.trim_end_matches('/').strip_suffix("/v1") == Some(AUDIENCE) => Rule::AudVersion,
        _ if text.contains(SANDBOX_HOST) => Rule::AudSandbox,
        _ => Rule::AudOther,
    };
    findings.fails((rule, quoted(text)));
}

fn method(case: &Case, claims: &Map<String, Value>, findings: &mut Findings<'_>) {
    let request = case
        .method
        .as_deref()
        .map(|method| method.trim().to_ascii_uppercase());
    let (rule, found) = match (claims.get("method"), &request) {
        (None, _) => (Rule::MethodMissing, "the claim is missing".to_owned()),
        (Some(Value::String(claimed)), _)
            if claimed.bytes().any(|byte| byte.is_ascii_lowercase())
                && request
                    .as_ref()
                    .is_none_or(|request| request.eq_ignore_ascii_case(claimed)) =>
        {
            (
                Rule::MethodCase,
                format!("{} is not in upper case", quoted(claimed)),
            )
        }
        (Some(_), None) => {
            return findings.unknown(Check::Method, "the request's method was not given: --method");
        }
        (Some(Value::String(claimed)), Some(request)) if claimed == request => {
            return findings.holds(Check::Method, request.clone());
        }
        (Some(other), Some(request)) => {
            let claimed = other.as_str().map_or_else(|| "no text".to_owned(), quoted);
            (
                Rule::MethodOther,
                format!("{claimed}, but the request is a {request}"),
            )
        }
    };
    let expected = request
        .as_deref()
        .unwrap_or("the request's method, in upper case");
    findings.fails((rule, found, format!("set method to {expected}")));
}

fn path(target: &Target, claims: &Map<String, Value>, findings: &mut Findings<'_>) {
    let expected = target.url.as_ref().map(|url| {
        // A URL without /v1 is a finding of its own.
        versioned(url).map_or_else(|| format!("/v1{}", url.path()), ToOwned::to_owned)
    });
    let remedy = format!(
        "set path to {}, without host and query",
        match &expected {
            Some(expected) => format!("{expected}: from /v1 on"),
            None => "the URL's path from /v1 on".to_owned(),
        }
    );
    let (rule, found) = match claims.get("path") {
        None => (Rule::PathMissing, "the claim is missing".to_owned()),
        Some(Value::String(claimed)) => match wrong_path(target, claimed, expected.as_deref(), findings) {
            Some(wrong) => wrong,
            None => return,
        },
        Some(_) => (Rule::PathOther, "it is no text".to_owned()),
    };
    if rule == Rule::PathEncoding {
        return findings.warns((
            rule,
            found,
            format!("{remedy}; ids of letters, digits and - . _ ~ need no encoding"),
        ));
    }
    findings.fails((rule, found, remedy));
}

/// What is wrong with a path. `None` after a finding says that nothing is, or that it cannot be known.
fn wrong_path(
    target: &Target,
    claimed: &str,
    expected: Option<&str>,
    findings: &mut Findings<'_>,
) -> Option<(Rule, String)> {
    // Values of a query may be personal.
    let before_query = claimed.split('?').next().unwrap_or_default();
    let shown = quoted(before_query);
    let host = target.url.as_ref().and_then(Url::host_str);
    let has_host = host.is_some_and(|host| claimed.trim_start_matches('/').starts_with(host));
    if claimed.contains("://") || has_host {
        return Some((Rule::PathHost, "it names the host".to_owned()));
    }
    if claimed.contains('?') {
        return Some((Rule::PathQuery, format!("{shown} is followed by the query")));
    }
    let begins = claimed == "/v1" || claimed.starts_with("/v1/");
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (rule, what) = match (expected, target.unusable) {
        (None, _) if !begins => (Rule::PathNoVersion, "does not begin with /v1"),
        (None, Some(rule)) => {
            findings.explained(Check::Path, rule);
            return None;
        }
        (None, None) => {
            findings.unknown(Check::Path, format!("{shown}; the URL was not given: --url"));
            return None;
        }
        (Some(expected), _) if claimed == expected => {
            findings.holds(Check::Path, claimed);
            return None;
        }
        (Some(expected), _) if !begins && format!("/v1{claimed}") == expected => {
            (Rule::PathNoVersion, "does not begin with /v1")
        }
        (Some(expected), _) if claimed.trim_end_matches('/') == expected.trim_end_matches('/') => {
            (Rule::PathSlash, "and the URL differ by a slash at the end")
        }
        (Some(expected), _) if decoded(claimed) == decoded(expected) => (
            Rule::PathEncoding,
            "is percent-encoded otherwise than the URL; which form NOAH takes is not published",
        ),
        (Some(_), _) => (Rule::PathOther, "is not the URL's path"),
    };
    Some((rule, format!("{shown} {what}")))
}

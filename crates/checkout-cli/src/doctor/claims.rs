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

/// For whom every token is, in the sandbox too.
const AUDIENCE: &str = "https://api.noah.com";
const SANDBOX_HOST: &str = "api.sandbox.noah.com";

const CHECKS: &[Check] = &[
    Check::IssuedAt,
    Check::Expires,
    Check::NotBefore,
    Check::Audience,
    Check::Method,
    Check::Path,
    Check::Query,
    Check::BodyHash,
];

pub(super) fn check(
    case: &Case,
    target: &Target,
    clock: &Clock,
    claims: &Claims,
    findings: &mut Findings<'_>,
) {
    let claims = match claims {
        Ok(claims) => claims,
        Err(Some(rule)) => return findings.all_explained(CHECKS, *rule),
        Err(None) => {
            for check in CHECKS {
                findings.unknown(*check, "no token was given");
            }
            return;
        }
    };
    times::check(claims, clock, findings);
    audience(claims, findings);
    method(case, claims, findings);
    path(target, claims, findings);
    query::check(target, claims, findings);
    body_hash::check(case, claims, findings);
}

fn audience(claims: &Map<String, Value>, findings: &mut Findings<'_>) {
    let mend = format!("set aud to {AUDIENCE}, in the sandbox too");
    let text = match claims.get("aud") {
        None => {
            findings.fails(Rule::AudMissing, "the claim is missing", mend);
            return;
        }
        Some(Value::String(text)) => text.as_str(),
        Some(Value::Array(list)) if list.iter().any(|entry| entry == AUDIENCE) => {
            findings.fails(Rule::AudList, "it is a list", format!("{mend}, as a text"));
            return;
        }
        Some(_) => {
            findings.fails(Rule::AudOther, "it is no text", mend);
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
    findings.fails(rule, quoted(text), mend);
}

fn method(case: &Case, claims: &Map<String, Value>, findings: &mut Findings<'_>) {
    let request = case
        .method
        .as_deref()
        .map(|method| method.trim().to_ascii_uppercase());
    let expected = request
        .as_deref()
        .unwrap_or("the request's method, in upper case");
    let mend = format!("set method to {expected}");
    match (claims.get("method"), &request) {
        (None, _) => {
            findings.fails(Rule::MethodMissing, "the claim is missing", mend);
        }
        (Some(Value::String(claimed)), _)
            if claimed.bytes().any(|byte| byte.is_ascii_lowercase())
                && request
                    .as_ref()
                    .is_none_or(|request| request.eq_ignore_ascii_case(claimed)) =>
        {
            findings.fails(
                Rule::MethodCase,
                format!("{} is not in upper case", quoted(claimed)),
                mend,
            );
        }
        (Some(_), None) => findings.unknown(Check::Method, "the request's method was not given: --method"),
        (Some(Value::String(claimed)), Some(request)) if claimed == request => {
            findings.holds(Check::Method, request.clone());
        }
        (Some(other), Some(request)) => {
            let claimed = other.as_str().map_or_else(|| "no text".to_owned(), quoted);
            findings.fails(
                Rule::MethodOther,
                format!("{claimed}, but the request is a {request}"),
                mend,
            );
        }
    }
}

fn path(target: &Target, claims: &Map<String, Value>, findings: &mut Findings<'_>) {
    let expected = target.url.as_ref().map(|url| {
        // A URL without /v1 is a finding of its own.
        versioned(url).map_or_else(|| format!("/v1{}", url.path()), ToOwned::to_owned)
    });
    let mend = match &expected {
        Some(expected) => format!("set path to {expected}: from /v1 on, without host and query"),
        None => "set path to the URL's path from /v1 on, without host and query".to_owned(),
    };
    let claimed = match claims.get("path") {
        None => {
            findings.fails(Rule::PathMissing, "the claim is missing", mend);
            return;
        }
        Some(Value::String(claimed)) => claimed.as_str(),
        Some(_) => {
            findings.fails(Rule::PathOther, "it is no text", mend);
            return;
        }
    };
    // Values of a query may be personal.
    let before_query = claimed.split('?').next().unwrap_or_default();
    let shown = quoted(before_query);
    let has_host = target
        .url
        .as_ref()
        .and_then(Url::host_str)
        .is_some_and(|host| claimed.trim_start_matches('/').starts_with(host));
    if claimed.contains("://") || has_host {
        findings.fails(Rule::PathHost, "it names the host", mend);
        return;
    }
    if claimed.contains('?') {
        findings.fails(Rule::PathQuery, format!("{shown} is followed by the query"), mend);
        return;
    }
    let begins = claimed == "/v1" || claimed.starts_with("/v1/");
    let Some(expected) = expected else {
        if begins {
            match target.unusable {
                Some(rule) => findings.explained(Check::Path, rule),
                None => findings.unknown(Check::Path, format!("{shown}; the URL was not given: --url")),
            }
        } else {
            findings.fails(
                Rule::PathNoVersion,
                format!("{shown} does not begin with /v1"),
                mend,
            );
        }
        return;
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    if claimed == expected {
        findings.holds(Check::Path, claimed);
    } else if !begins && format!("/v1{claimed}") == expected {
        findings.fails(
            Rule::PathNoVersion,
            format!("{shown} does not begin with /v1"),
            mend,
        );
    } else if claimed.trim_end_matches('/') == expected.trim_end_matches('/') {
        findings.fails(
            Rule::PathSlash,
            format!("{shown} and the URL differ by a slash at the end"),
            mend,
        );
    } else if decoded(claimed) == decoded(&expected) {
        findings.warns(
            Rule::PathEncoding,
            format!(
                "{shown} is percent-encoded otherwise than the URL; which form NOAH takes is not published"
            ),
            format!("{mend}; ids of letters, digits and - . _ ~ need no encoding"),
        );
    } else {
        findings.fails(Rule::PathOther, format!("{shown} is not the URL's path"), mend);
    }
}

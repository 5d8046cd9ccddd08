//! The claims of a token against the request.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use url::Url;

use super::clock::{Clock, TOLERANCE, shown};
use super::diagnosis::{Findings, quoted};
use super::environment::{Target, versioned};
use super::token::Claims;
use super::{Case, Check, Rule, body_hash};

/// For whom every token is, in the sandbox too.
const AUDIENCE: &str = "https://api.noah.com";
const SANDBOX_HOST: &str = "api.sandbox.noah.com";
/// Longest time from `iat` to `exp`, in seconds.
const LONGEST_LIFE: i64 = 15 * 60;
/// No time in seconds is as large before the year 5138, and every one in milliseconds since 1973 is.
const FIRST_MILLISECOND: i64 = 100_000_000_000;

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
    times(claims, clock, findings);
    audience(claims, findings);
    method(case, claims, findings);
    path(target, claims, findings);
    query(target, claims, findings);
    body_hash::check(case, claims, findings);
}

enum Time {
    Seconds(i64),
    Milliseconds,
    NotANumber,
    Missing,
}

fn time(claims: &Map<String, Value>, claim: &str) -> Time {
    let number = match claims.get(claim) {
        None => return Time::Missing,
        Some(Value::Number(number)) => number,
        Some(_) => return Time::NotANumber,
    };
    // Some libraries write fractions; `as` saturates at the ends.
    let whole = number
        .as_i64()
        .or_else(|| number.as_f64().map(|seconds| seconds.floor() as i64));
    match whole {
        Some(whole) if whole >= FIRST_MILLISECOND => Time::Milliseconds,
        Some(whole) => Time::Seconds(whole),
        None => Time::NotANumber,
    }
}

fn times(claims: &Map<String, Value>, clock: &Clock, findings: &mut Findings<'_>) {
    let issued = issued(claims, clock, findings);
    expires(claims, clock, issued, findings);
    match time(claims, "nbf") {
        Time::Missing => findings.holds(Check::NotBefore, "absent, which is as documented"),
        Time::Seconds(from) if from <= clock.judge().saturating_add(TOLERANCE) => {
            findings.holds(Check::NotBefore, "past; NOAH does not ask for this claim");
        }
        Time::Seconds(_) | Time::Milliseconds => {
            findings.fails(
                Rule::NbfFuture,
                "the token says that it does not hold yet",
                "leave nbf out, which NOAH does not ask for, or set it to iat",
            );
        }
        Time::NotANumber => {
            findings.fails(
                Rule::NbfNotANumber,
                "it is not a number",
                "leave nbf out, which NOAH does not ask for",
            );
        }
    }
}

const SECONDS: &str = "give it in whole seconds since 1970, as a number: `Math.floor(Date.now() / 1000)`";

/// The time of making, or the rule that says why there is none.
fn issued(claims: &Map<String, Value>, clock: &Clock, findings: &mut Findings<'_>) -> Result<i64, Rule> {
    let rule = match time(claims, "iat") {
        Time::Missing => findings.fails(Rule::IatMissing, "the claim is missing", SECONDS),
        Time::NotANumber => findings.fails(Rule::IatNotANumber, "it is not a number", SECONDS),
        Time::Milliseconds => findings.fails(Rule::IatMilliseconds, "it is in milliseconds", SECONDS),
        Time::Seconds(iat) => {
            let ahead = iat.saturating_sub(clock.judge());
            match clock.off {
                _ if ahead <= TOLERANCE => {
                    findings.holds(
                        Check::IssuedAt,
                        format!("{}, {} s ago", shown(iat), (-ahead).max(0)),
                    );
                }
                Some(off) if iat.saturating_sub(clock.now) <= TOLERANCE => {
                    findings.explained(Check::IssuedAt, off)
                }
                _ => {
                    let whose = if clock.server.is_some() {
                        "the API's clock"
                    } else {
                        "the clock judged by"
                    };
                    findings.fails(
                        Rule::IatFuture,
                        format!("{} is {ahead} s ahead of {whose}", shown(iat)),
                        "set the clock of the machine that signs by NTP; --server-date with the API's Date tells by \
                         how much it is off",
                    );
                }
            }
            return Ok(iat);
        }
    };
    Err(rule)
}

fn expires(
    claims: &Map<String, Value>,
    clock: &Clock,
    issued: Result<i64, Rule>,
    findings: &mut Findings<'_>,
) {
    let exp = match time(claims, "exp") {
        Time::Seconds(exp) => exp,
        Time::Missing => {
            findings.fails(Rule::ExpMissing, "the claim is missing", "set it to iat + 300");
            return;
        }
        Time::NotANumber => {
            findings.fails(Rule::ExpNotANumber, "it is not a number", SECONDS);
            return;
        }
        Time::Milliseconds => {
            match issued {
                Err(rule @ Rule::IatMilliseconds) => findings.explained(Check::Expires, rule),
                _ => {
                    findings.fails(Rule::ExpMilliseconds, "it is in milliseconds", SECONDS);
                }
            }
            return;
        }
    };
    if let Ok(iat) = issued {
        let life = exp.saturating_sub(iat);
        if life <= 0 {
            findings.fails(
                Rule::ExpBeforeIat,
                format!("it is {} s before iat, or at it", life.saturating_neg()),
                "set it to iat + 300",
            );
            return;
        }
        if life > LONGEST_LIFE {
            findings.fails(
                Rule::ExpTooFar,
                format!("it is {life} s after iat, and at most {LONGEST_LIFE} s are allowed"),
                "set it to iat + 300, and sign each request anew",
            );
            return;
        }
    }
    let left = exp.saturating_sub(clock.judge());
    match clock.off {
        _ if left > 0 => findings.holds(Check::Expires, format!("{}, in {left} s", shown(exp))),
        Some(off) if exp > clock.now => findings.explained(Check::Expires, off),
        _ => {
            findings.fails(
                Rule::ExpPast,
                format!("{}, {} s ago", shown(exp), left.saturating_neg()),
                "sign each request anew, right before it is sent, and repeats too; to judge an old request by the time \
                 when it was sent, give --at",
            );
        }
    }
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

fn query(target: &Target, claims: &Map<String, Value>, findings: &mut Findings<'_>) {
    const MEND: &str =
        "set queryParams to an object of every name of the query and its decoded value, as texts";
    let claim = claims.get("queryParams");
    let Some(url) = &target.url else {
        match (claim, target.unusable) {
            (_, Some(rule)) => findings.explained(Check::Query, rule),
            (Some(Value::Object(_)) | None, None) => {
                findings.unknown(Check::Query, "the URL was not given: --url");
            }
            (Some(_), None) => {
                findings.fails(Rule::QueryText, "it is not an object", MEND);
            }
        }
        return;
    };
    let has_query = url.query().is_some_and(|query| !query.is_empty());
    let claimed = match claim {
        None if !has_query => return findings.holds(Check::Query, "absent, as the URL has no query"),
        None => {
            findings.fails(
                Rule::QueryMissing,
                "the URL has a query, and the claim is missing",
                MEND,
            );
            return;
        }
        Some(Value::Object(claimed)) => claimed,
        Some(_) => {
            findings.fails(Rule::QueryText, "it is not an object", MEND);
            return;
        }
    };
    if !has_query {
        findings.fails(
            Rule::QueryUnexpected,
            "it is there, and the URL has no query",
            "leave queryParams out of requests without a query",
        );
        return;
    }
    compare(url, claimed, MEND, findings);
}

fn compare(url: &Url, claimed: &Map<String, Value>, mend: &str, findings: &mut Findings<'_>) {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    // The last of a repeated name counts, as in JavaScript.
    let decoded: BTreeMap<&str, &str> = pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let raw: BTreeMap<&str, &str> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let equals = |expected: &BTreeMap<&str, &str>| {
        claimed.len() == expected.len()
            && claimed.iter().all(|(name, value)| {
                expected
                    .get(name.as_str())
                    .is_some_and(|expected| *expected == text(value))
            })
    };
    let names = |names: Vec<&str>| names.into_iter().map(quoted).collect::<Vec<_>>().join(", ");
    if equals(&decoded) {
        let typed: Vec<&str> = claimed
            .iter()
            .filter(|(_, value)| !value.is_string())
            .map(|(name, _)| name.as_str())
            .collect();
        if !typed.is_empty() {
            findings.warns(
                Rule::QueryTypes,
                format!(
                    "{} is no text; some integrations work so, and NOAH's documents do not say",
                    names(typed)
                ),
                "give every value as a text: {\"PageSize\": \"50\"}",
            );
        } else if pairs.len() > decoded.len() {
            findings.warns(
                Rule::QueryRepeated,
                "the URL has a name twice, which the claim cannot say",
                "send each name once",
            );
        } else {
            findings.holds(Check::Query, names(decoded.into_keys().collect()));
        }
    } else if equals(&raw) {
        findings.fails(Rule::QueryEncoded, "names or values are percent-encoded", mend);
    } else {
        let missing: Vec<&str> = decoded
            .keys()
            .copied()
            .filter(|name| !claimed.contains_key(*name))
            .collect();
        let extra: Vec<&str> = claimed
            .keys()
            .map(String::as_str)
            .filter(|name| !decoded.contains_key(name))
            .collect();
        if missing.is_empty() && extra.is_empty() {
            let other = claimed
                .iter()
                .filter(|(name, value)| {
                    decoded
                        .get(name.as_str())
                        .is_some_and(|expected| *expected != text(value))
                })
                .map(|(name, _)| name.as_str())
                .collect();
            findings.fails(
                Rule::QueryValues,
                format!("{} has another value than in the URL", names(other)),
                mend,
            );
        } else {
            let list =
                |what: &str, list: Vec<&str>| (!list.is_empty()).then(|| format!("{what} {}", names(list)));
            let found: Vec<String> = [list("it lacks", missing), list("the URL lacks", extra)]
                .into_iter()
                .flatten()
                .collect();
            findings.fails(Rule::QueryNames, found.join(", and "), mend);
        }
    }
}

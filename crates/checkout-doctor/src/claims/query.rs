//! `queryParams` against the query of the URL.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use crate::diagnosis::{Findings, quoted};
use crate::environment::Target;
use crate::{Check, Rule};

pub(super) fn check(target: &Target, claims: &Map<String, Value>, findings: &mut Findings<'_>) {
    let claim = claims.get("queryParams");
    let Some(url) = &target.url else {
        match (claim, target.unusable) {
            (_, Some(rule)) => findings.explained(Check::Query, rule),
            (Some(Value::Object(_)) | None, None) => {
                findings.unknown(Check::Query, "the URL was not given: --url");
            }
            (Some(_), None) => {
                findings.fails(Rule::QueryText);
            }
        }
        return;
    };
    let has_query = url.query().is_some_and(|query| !query.is_empty());
    let claimed = match claim {
        None if !has_query => return findings.holds(Check::Query, "absent, as the URL has no query"),
        None => {
            findings.fails(Rule::QueryMissing);
            return;
        }
        Some(Value::Object(claimed)) => claimed,
        Some(_) => {
            findings.fails(Rule::QueryText);
            return;
        }
    };
    if !has_query {
        findings.fails(Rule::QueryUnexpected);
        return;
    }
    compare(url, claimed, findings);
}

fn compare(url: &Url, claimed: &Map<String, Value>, findings: &mut Findings<'_>) {
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
            findings.warns((
                Rule::QueryTypes,
                format!(
                    "{} is no text; some integrations work so, and NOAH's documents do not say",
                    names(typed)
                ),
            ));
        } else if pairs.len() > decoded.len() {
            findings.warns(Rule::QueryRepeated);
        } else {
            findings.holds(Check::Query, names(decoded.into_keys().collect()));
        }
    } else if equals(&raw) {
        findings.fails(Rule::QueryEncoded);
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
            findings.fails((
                Rule::QueryValues,
                format!("{} has another value than in the URL", names(other)),
            ));
        } else {
            let list =
                |what: &str, list: Vec<&str>| (!list.is_empty()).then(|| format!("{what} {}", names(list)));
            let found: Vec<String> = [list("it lacks", missing), list("the URL lacks", extra)]
                .into_iter()
                .flatten()
                .collect();
            findings.fails((Rule::QueryNames, found.join(", and ")));
        }
    }
}

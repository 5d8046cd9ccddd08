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
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let texts = claimed.iter().map(|(name, value)| (name.clone(), text(value)));
    let texts: BTreeMap<String, String> = texts.collect();
    // The last of a repeated name counts, as in JavaScript.
    let decoded: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let pairs = url.query().unwrap_or_default().split('&');
    let pairs = pairs.filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let raw: BTreeMap<String, String> = pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let names = |names: Vec<&String>| {
        let quoted: Vec<String> = names.into_iter().map(|name| quoted(name)).collect();
        quoted.join(", ")
    };
    if texts == decoded {
        let typed = claimed.iter().filter(|(_, value)| !value.is_string());
        let typed: Vec<&String> = typed.map(|(name, _)| name).collect();
        if !typed.is_empty() {
            let note = "some integrations work so, and NOAH's documents do not say";
            findings.warns((Rule::QueryTypes, format!("{} is no text; {note}", names(typed))));
        } else if url.query_pairs().count() > decoded.len() {
            findings.warns(Rule::QueryRepeated);
        } else {
            findings.holds(Check::Query, names(decoded.keys().collect()));
        }
        return;
    }
    if texts == raw {
        findings.fails(Rule::QueryEncoded);
        return;
    }
    let missing: Vec<&String> = decoded.keys().filter(|name| !texts.contains_key(*name)).collect();
    let extra: Vec<&String> = claimed
        .keys()
        .filter(|name| !decoded.contains_key(*name))
        .collect();
    if missing.is_empty() && extra.is_empty() {
        let other = claimed
            .keys()
            .filter(|name| texts.get(*name) != decoded.get(*name));
        let found = format!("{} has another value than in the URL", names(other.collect()));
        findings.fails((Rule::QueryValues, found));
        return;
    }
    let list = |what: &str, list: Vec<&String>| (!list.is_empty()).then(|| format!("{what} {}", names(list)));
    let found = [list("it lacks", missing), list("the URL lacks", extra)];
    let found: Vec<String> = found.into_iter().flatten().collect();
    findings.fails((Rule::QueryNames, found.join(", and ")));
}

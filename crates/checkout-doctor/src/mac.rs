//! Requests to Worldline Connect's server API: headers and the signature in `Authorization`.

mod mistakes;
mod signed;

use checkout_core::mac::verify_hmac_sha256;
use secrecy::ExposeSecret as _;
use url::Url;

use mistakes::mistakes;
use signed::{Signed, signed};

use super::address::{self, is_plain};
use super::clock::{self, Clock, http_date, shown};
use super::diagnosis::{Findings, quoted};
use super::text::{bare, signature};
use super::worldline::{MAC_LENGTH, secret};
use super::{Case, Check, Kind, Rule};

/// Worldline publishes no limit; a clock that is kept by NTP is never this far off.
const FAR_OFF: i64 = 5 * 60;

pub(super) fn check(case: &Case, findings: &mut Findings<'_>) {
    let (url, version) = url(case, findings);
    let secret_rule = secret(case, findings);
    let clock = clock::check(case, findings);
    let date = date(case, &clock, findings);
    let content_type = content_type(case, findings);
    let Some((key_id, signature)) = authorization(case, findings) else {
        return;
    };
    let key_id = judge_key_id(case, key_id, findings);
    let signature = match form(signature, findings) {
        Ok(signature) => signature,
        Err(rule) => return findings.explained(Check::Mac, rule),
    };
    let causes = Causes {
        secret: secret_rule,
        content_type,
        any: key_id.or(date).or(content_type).or(version),
    };
    judge(case, url, &signature, &causes, findings);
}

/// Rules that fail elsewhere, and what of the signature each would explain.
struct Causes {
    secret: Option<Rule>,
    content_type: Option<Rule>,
    any: Option<Rule>,
}

/// The URL, or the rule that says why there is none; and the rule that fails on its path.
fn url(case: &Case, findings: &mut Findings<'_>) -> (Result<Url, Option<Rule>>, Option<Rule>) {
    let url = match address::parsed(case, Kind::WorldlineRequest, findings) {
        (Some(url), _) => url,
        (None, rule) => return (Err(rule), None),
    };
    let path = url.path();
    let mut rule = None;
    if is_plain(case, &url, findings) {
        // Told.
    } else if path.starts_with("/v1/") || path.starts_with("/files/v1/") {
        findings.holds(
            Check::Url,
            format!("{path} on {}", url.host_str().unwrap_or_default()),
        );
    } else {
        rule = Some(findings.fails((
            Rule::UrlNoVersion,
            format!("the path {} does not begin with /v1/", quoted(path)),
            "the server API has paths like /v1/{merchantId}/sessions",
        )));
    }
    (Ok(url), rule)
}

/// The one value of a header.
fn single<'c>(case: &'c Case, name: &str) -> Result<Option<&'c str>, usize> {
    match case.values(name).as_slice() {
        [] => Ok(None),
        [value] => Ok(Some(*value)),
        more => Err(more.len()),
    }
}

fn authorization<'c>(case: &'c Case, findings: &mut Findings<'_>) -> Option<(&'c str, &'c str)> {
    let rule = match single(case, "authorization") {
        Ok(Some(value)) => {
            let value = value.trim();
            let parts = value
                .strip_prefix("GCS v1HMAC:")
                .and_then(|rest| rest.split_once(':'))
                .filter(|(id, signature)| !id.is_empty() && !signature.is_empty() && !id.contains(' '));
            if let Some(parts) = parts {
                findings.holds(Check::Authorization, "GCS v1HMAC:<key id>:<signature>");
                return Some(parts);
            }
            let is_client = value.starts_with("GCS v1Client:");
            findings.fails(if is_client {
                Rule::AuthorizationClient
            } else {
                Rule::AuthorizationForm
            })
        }
        Ok(None) => findings.fails(Rule::AuthorizationMissing),
        Err(count) => findings.fails((
            Rule::AuthorizationRepeated,
            format!("the header Authorization comes {count} times"),
        )),
    };
    findings.all_explained([Check::KeyId, Check::MacForm, Check::Mac], rule);
    None
}

fn judge_key_id(case: &Case, found: &str, findings: &mut Findings<'_>) -> Option<Rule> {
    match &case.key_id {
        None => findings.unknown(
            Check::KeyId,
            "the id of the API key at hand was not given: --key-id",
        ),
        Some(known) if known.trim() == found => findings.holds(Check::KeyId, quoted(found)),
        Some(known) => {
            return Some(findings.fails((
                Rule::KeyIdOther,
                format!(
                    "the request names {}, the secret at hand belongs to {}",
                    quoted(found),
                    quoted(known)
                ),
            )));
        }
    }
    None
}

/// The rule that fails, if one does.
fn date(case: &Case, clock: &Clock, findings: &mut Findings<'_>) -> Option<Rule> {
    let value = match single(case, "date") {
        Ok(Some(value)) => value,
        Ok(None) => return Some(findings.fails(Rule::DateMissing)),
        Err(count) => {
            let found = format!("the header Date comes {count} times");
            return Some(findings.fails((Rule::DateRepeated, found)));
        }
    };
    let Some(time) = http_date(value) else {
        return Some(findings.fails((
            Rule::DateForm,
            format!("{} is no HTTP date in GMT", quoted(value)),
        )));
    };
    let off = time.saturating_sub(clock.judge());
    match clock.off {
        _ if off.saturating_abs() <= FAR_OFF => findings.holds(Check::Date, shown(time)),
        Some(rule) if time.saturating_sub(clock.now).saturating_abs() <= FAR_OFF => {
            findings.explained(Check::Date, rule);
        }
        _ => findings.warns((
            Rule::DateOff,
            format!(
                "{} is {} s {}; how much Worldline allows is not published",
                shown(time),
                off.saturating_abs(),
                if off > 0 { "ahead" } else { "ago" }
            ),
        )),
    }
    None
}

/// The rule that fails, if one does.
fn content_type(case: &Case, findings: &mut Findings<'_>) -> Option<Rule> {
    let has_body = case.body.as_ref().map(|body| !body.is_empty());
    let value = single(case, "content-type").ok().flatten();
    let is_json = |value: &str| {
        value
            .split(';')
            .next()
            .is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
    };
    match (value, has_body) {
        (Some(value), _) if is_json(value) => findings.holds(Check::ContentType, quoted(value.trim())),
        (Some(value), Some(true) | None) if !value.trim_start().starts_with("multipart/form-data") => {
            return Some(findings.fails((
                Rule::ContentTypeOther,
                format!("{} is not application/json", quoted(value)),
            )));
        }
        (Some(value), _) => findings.holds(Check::ContentType, quoted(value.trim())),
        (None, Some(true)) => return Some(findings.fails(Rule::ContentTypeMissing)),
        (None, Some(false)) => findings.holds(Check::ContentType, "absent, as there is no body"),
        (None, None) => findings.unknown(Check::ContentType, "the body was not given: --body"),
    }
    None
}

fn form(text: &str, findings: &mut Findings<'_>) -> Result<Vec<u8>, Rule> {
    let is_hash = |bytes: &[u8]| matches!(bytes.len(), 20 | MAC_LENGTH);
    let (bytes, otherwise) = signature(text, is_hash, [Rule::MacHex, Rule::MacNotBase64])
        .ok_or_else(|| findings.fails(Rule::MacNotBase64))?;
    match (bytes.len(), otherwise) {
        (MAC_LENGTH, None) => findings.holds(Check::MacForm, "standard base64 of an HMAC-SHA256"),
        (MAC_LENGTH, Some((rule, found))) => {
            findings.fails((rule, found));
        }
        (20, _) => return Err(findings.fails(Rule::MacSha1)),
        (length, _) => {
            let found = format!("its {length} bytes are no HMAC-SHA256, which has {MAC_LENGTH}");
            return Err(findings.fails((Rule::MacLength, found)));
        }
    }
    Ok(bytes)
}

fn judge(
    case: &Case,
    url: Result<Url, Option<Rule>>,
    signature: &[u8],
    causes: &Causes,
    findings: &mut Findings<'_>,
) {
    let url = match url {
        Ok(url) => url,
        Err(Some(rule)) => return findings.explained(Check::Mac, rule),
        Err(None) => return findings.unknown(Check::Mac, "the URL was not given: --url"),
    };
    let (Some(method), Some(secret)) = (&case.method, &case.secret) else {
        return findings.unknown(
            Check::Mac,
            "needs the method and the secret: --method and --secret",
        );
    };
    let given = secret.expose_secret();
    let secret = bare(given);
    let right = signed(case, method, &url);
    let holds = |key: &[u8], signed: &Signed| verify_hmac_sha256(key, signed.text().as_bytes(), signature);
    if holds(secret.as_bytes(), &right) {
        return findings.holds(
            Check::Mac,
            "it holds over method, Content-Type, Date, X-GCS headers, path and query",
        );
    }
    if let Some(rule) = causes.secret
        && holds(given.as_bytes(), &right)
    {
        return findings.explained(Check::Mac, rule);
    }
    let cause = mistakes(case, &url, secret, &right)
        .into_iter()
        .find(|mistake| holds(&mistake.key, &mistake.signed));
    match (cause, causes.any) {
        (Some(mistake), _) if mistake.rule == Rule::MacContentType && causes.content_type.is_some() => {
            findings.explained(Check::Mac, causes.content_type.unwrap_or(mistake.rule));
        }
        (Some(mistake), _) if mistake.rule == Rule::MacQueryEncoded => findings.warns(mistake.rule),
        (Some(mistake), _) => {
            findings.fails(mistake.rule);
        }
        (None, Some(rule)) => findings.explained(Check::Mac, rule),
        (None, None) => {
            findings.fails(Rule::MacMismatch);
        }
    }
}

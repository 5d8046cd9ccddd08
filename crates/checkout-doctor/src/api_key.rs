//! The API key: its form, and whether it is of the environment.

use hosted_checkout::noah::{ApiKey, ApiKeyError, Environment};
use secrecy::ExposeSecret as _;

use super::diagnosis::{Findings, quoted};
use super::text::{bare, has_blanks_or_quotes};
use super::{Case, Check, Kind, Rule};

/// `environment`, or the rule that says why there is none.
pub(super) fn check(
    case: &Case,
    kind: Kind,
    environment: Result<Environment, Option<Rule>>,
    findings: &mut Findings<'_>,
) {
    let headers = case.headers.as_ref();
    let Some(text) = case.api_key.as_ref().map(|key| key.expose_secret()) else {
        let other = headers.and_then(|headers| headers.name_of(|value| value.starts_with("apikey_")));
        let rule = if let Some(name) = other {
            let found = format!("it is sent in the header {}", quoted(name));
            findings.fails((Rule::ApiKeyOtherHeader, found))
        } else if headers.is_some() || kind == Kind::Setup {
            findings.fails(Rule::ApiKeyMissing)
        } else {
            let none = "no API key was given: --api-key-file or NOAH_API_KEY";
            findings.unknown(Check::ApiKey, none);
            return findings.unknown(Check::ApiKeyEnvironment, "no API key was given");
        };
        return findings.explained(Check::ApiKeyEnvironment, rule);
    };
    let count = headers.map_or(0, |headers| headers.values("x-api-key").count());
    if count > 1 {
        let found = format!("the header X-Api-Key comes {count} times");
        let rule = findings.fails((Rule::ApiKeyRepeated, found));
        return findings.explained(Check::ApiKeyEnvironment, rule);
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
            findings.fails((
                Rule::ApiKeyOtherEnvironment,
                format!(
                    "a key for {}, but the environment is {environment}",
                    key.environment()
                ),
                match environment {
                    Environment::Local => {
                        "use the local server's own, or any that begins with apikey_sandbox_".to_owned()
                    }
                    _ => format!("use a key that was made in the dashboard of {environment}"),
                },
            ));
        }
    }
}

/// Judges how the key is written; the rule that fails, if one does.
fn form(text: &str, kind: Kind, findings: &mut Findings<'_>) -> Option<Rule> {
    if looks_like_token(bare(text)) {
        return Some(findings.fails(Rule::ApiKeyIsToken));
    }
    if has_blanks_or_quotes(text) && ApiKey::parse(bare(text)).is_ok() {
        if text.trim() != bare(text) {
            return Some(findings.fails(Rule::ApiKeyQuoted));
        }
        let found = "there is white space around it, such as a line break at the end of a file";
        let remedy = "take the white space around the API key away";
        if kind == Kind::Setup {
            findings.warns((
                Rule::ApiKeyBlanks,
                format!("{found}, which hosted-checkout does not mind"),
                remedy,
            ));
            return None;
        }
        return Some(findings.fails((Rule::ApiKeyBlanks, found, remedy)));
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
            Some(findings.fails((Rule::ApiKeyMalformed, what)))
        }
    }
}

pub(super) fn looks_like_token(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() == 3
}

//! Says what holds and what fails of a key, a request or a webhook, and how to correct it. It works offline.
//!
//! A [`Case`] goes in, a [`Diagnosis`] comes out. Nothing is read, sent or asked. Each [`Check`] looks at one thing and has one
//! result. Where it fails, a [`Rule`] names the cause. The doctor looks for causes, not symptoms: if the hash fits once a final
//! line break is removed, that line break is the cause. What a cause explains is not judged again.

mod address;
mod api_key;
mod body;
mod body_hash;
mod case;
mod claims;
mod clock;
mod diagnosis;
mod environment;
mod hashes;
mod json;
mod key;
mod key_file;
mod mac;
mod rules;
mod text;
mod token;
mod values;
mod webhook;
mod worldline;

pub use case::{Case, Headers, Kind, PublishedKeys};
pub use diagnosis::{Diagnosis, Finding, State};
pub use rules::{Check, Rule};

use diagnosis::Findings;
use hosted_checkout::noah::Environment;

/// Looks at everything that the case has.
///
/// ```
/// use checkout_doctor::{Case, Check, Rule, State, diagnose};
///
/// let case = Case {
///     api_key: Some("\"apikey_sandbox_12345abcdef\"".into()),
///     environment: Some("sandbox".to_owned()),
///     ..Case::default()
/// };
/// let diagnosis = diagnose(&case);
/// let failure = diagnosis.failures().next().unwrap();
/// assert_eq!((failure.check, failure.rule), (Check::ApiKey, Some(Rule::ApiKeyQuoted)));
/// ```
#[must_use]
pub fn diagnose(case: &Case) -> Diagnosis {
    let case = &case.completed();
    let kind = case.kind();
    let mut findings = Findings::new(case);
    match kind {
        Kind::Setup => setup(case, &mut findings),
        Kind::NoahRequest => noah_request(case, &mut findings),
        Kind::NoahWebhook => webhook::check(case, &mut findings),
        Kind::WorldlineRequest => {
            mac::check(case, &mut findings);
            json::check(case, &mut findings);
        }
        Kind::WorldlineWebhook => worldline::check_webhook(case, &mut findings),
    }
    key_file::check(case, &mut findings);
    findings.into_diagnosis(kind)
}

fn setup(case: &Case, findings: &mut Findings<'_>) {
    if case.has_setup_of_noah() {
        let target = environment::check(case, Kind::Setup, findings);
        key::check(
            case,
            target.environment == Some(Environment::Production),
            findings,
        );
        registration(findings);
        if case.webhook_key.is_some() {
            // The findings say what is wrong with the key.
            let _ = webhook::key(case, findings);
        }
    }
    if case.server_date.is_some() {
        clock::check(case, findings);
    }
    worldline::check_setup(case, findings);
}

fn noah_request(case: &Case, findings: &mut Findings<'_>) {
    let target = environment::check(case, Kind::NoahRequest, findings);
    let keys = key::check(case, false, findings);
    browser(case, findings);
    let claims = token::check(case, target.environment, &keys, findings);
    registration(findings);
    let clock = clock::check(case, findings);
    claims::check(case, &target, &clock, &claims, findings);
    json::check(case, findings);
    values::check(case, findings);
}

fn browser(case: &Case, findings: &mut Findings<'_>) {
    match &case.headers {
        None => findings.unknown(Check::Browser, "the headers were not given: --headers"),
        Some(headers) if headers.has("origin") => {
            findings.fails(Rule::BrowserOrigin);
        }
        Some(_) => findings.holds(Check::Browser, "no header Origin"),
    }
}

fn registration(findings: &mut Findings<'_>) {
    findings.unknown(
        Check::Registration,
        "whether the API key has a registered public key shows in NOAH's dashboard alone; if it has none, NOAH answers \
         signed requests with 401 `public key not found`",
    );
}

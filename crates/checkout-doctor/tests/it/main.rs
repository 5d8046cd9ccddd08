//! The confusion matrix of the doctor: whatever is changed in a good case, one rule names it and no other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod agreement;
mod keys;
mod noah;
mod noah_claims;
mod noah_webhook;
mod setup;
mod worldline;
mod worldline_webhook;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use checkout_doctor::{Case, Check, Diagnosis, Headers, Rule, State, diagnose};
use secrecy::ExposeSecret as _;

/// The time that every case is judged by.
const NOW: i64 = 1_748_948_730;
const NOW_AS_DATE: &str = "Tue, 03 Jun 2025 11:05:30 GMT";

/// One body for all kinds, in a form that no program writes.
const BODY: &str = "{ \"type\":\"payment.paid\",\n  \"id\": \"1\",\"apiVersion\":\"v1\", \"EventType\":\"Transaction\",\
                    \"EventVersion\":1748948730123,\"Occurred\":\"2025-06-03T11:05:30Z\",\
                    \"Data\":{\"b\":\"Zo\u{eb} </canary>\",\"a\":[true,null]} }";
const COMPACT: &str = r#"{"type":"payment.paid","id":"1","apiVersion":"v1","EventType":"Transaction","EventVersion":1748948730123,"Occurred":"2025-06-03T11:05:30Z","Data":{"b":"Zoë </canary>","a":[true,null]}}"#;
const SPACED: &str = r#"{"type": "payment.paid", "id": "1", "apiVersion": "v1", "EventType": "Transaction", "EventVersion": 1748948730123, "Occurred": "2025-06-03T11:05:30Z", "Data": {"b": "Zoë </canary>", "a": [true, null]}}"#;
const SORTED: &str = r#"{"Data":{"a":[true,null],"b":"Zoë </canary>"},"EventType":"Transaction","EventVersion":1748948730123,"Occurred":"2025-06-03T11:05:30Z","apiVersion":"v1","id":"1","type":"payment.paid"}"#;
/// As in none of the others, though not by much: the first field comes third.
const REORDERED: &str = r#"{"id":"1","apiVersion":"v1","type":"payment.paid","EventType":"Transaction","EventVersion":1748948730123,"Occurred":"2025-06-03T11:05:30Z","Data":{"b":"Zoë </canary>","a":[true,null]}}"#;
const PRETTY: &str = r#"{
  "type": "payment.paid",
  "id": "1",
  "apiVersion": "v1",
  "EventType": "Transaction",
  "EventVersion": 1748948730123,
  "Occurred": "2025-06-03T11:05:30Z",
  "Data": {
    "b": "Zoë </canary>",
    "a": [
      true,
      null
    ]
  }
}"#;

fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write as _;

    let mut packing = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packing.write_all(text.as_bytes()).unwrap();
    packing.finish().unwrap()
}

/// Named changes of a good case, each with the one rule that must name it.
macro_rules! mutations {
    ($good:ty; $($name:ident => $rule:ident, $change:expr;)*) => {
        pub(super) const MUTATIONS: &[$crate::Mutation<$good>] = &[$(
            $crate::Mutation {
                name: stringify!($name),
                rule: checkout_doctor::Rule::$rule,
                change: {
                    fn $name(good: &mut $good) {
                        let change: fn(&mut $good) = $change;
                        change(good);
                    }
                    $name
                },
            },
        )*];
    };
}
use mutations;

pub(crate) struct Mutation<G> {
    name: &'static str,
    rule: Rule,
    change: fn(&mut G),
}

/// A good case in parts that can be changed before it is signed.
trait Good: Sized + 'static {
    const KIND: &'static str;
    const MUTATIONS: &'static [Mutation<Self>];
    fn good() -> Self;
    fn case(self) -> Case;
}

/// Changes of headers that nothing but a mistake needs.
trait Change {
    /// Takes every value of a name away.
    fn remove(&mut self, name: &str);
    /// One value in the place of whatever is there.
    fn set(&mut self, name: &str, value: impl Into<String>);
}

impl Change for Headers {
    fn remove(&mut self, name: &str) {
        let others = self.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(name));
        *self = Self::new(
            others
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect::<Vec<_>>(),
        );
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.append(name, value);
    }
}

/// What can be seen only in the dashboard is never known.
const NEVER_KNOWN: Check = Check::Registration;

/// Rules that more than one change of the same kind leads to, as their cause is the same.
const ONE_CAUSE: &[Rule] = &[
    Rule::AlgCurve,
    Rule::SignatureHash,
    Rule::SignatureMismatch,
    Rule::TokenBlanks,
    Rule::BodyHashEscaped,
    Rule::BodyHashName,
    Rule::KeyCurve,
    Rule::KeyOtherKind,
    Rule::WebhookEscaped,
    Rule::WebhookOtherEnvironment,
    Rule::WebhookKeyUnusable,
    Rule::MacHeadersLeftOut,
    Rule::AlgHmac,
    Rule::PathHost,
    Rule::UrlOtherEnvironment,
    Rule::UrlNoVersion,
];

/// The rules that fail or warn.
fn named(diagnosis: &Diagnosis) -> BTreeSet<Rule> {
    diagnosis
        .failures()
        .chain(diagnosis.warnings())
        .filter_map(|finding| finding.rule)
        .collect()
}

fn told<G: Good>(mutation: &Mutation<G>) -> (Case, Diagnosis) {
    let mut good = G::good();
    (mutation.change)(&mut good);
    let case = good.case();
    let diagnosis = diagnose(&case);
    (case, diagnosis)
}

/// Every check has one result in the good case, and it holds.
fn good_holds<G: Good>() {
    let diagnosis = diagnose(&G::good().case());
    for finding in &diagnosis.findings {
        let expected = if finding.check == NEVER_KNOWN {
            State::Unknown
        } else {
            State::Holds
        };
        assert_eq!(finding.state, expected, "{}: {finding:?}", G::KIND);
        assert_eq!(finding.rule, None);
    }
    let checks: Vec<Check> = diagnosis.findings.iter().map(|finding| finding.check).collect();
    assert!(
        checks.is_sorted_by(|one, next| one < next),
        "{}: each check once, in order: {checks:?}",
        G::KIND
    );
}

/// Each mutation is named by its own rule; all else holds, or is left open because of that rule.
fn matrix<G: Good>(table: &mut String) {
    let good: BTreeSet<Check> = diagnose(&G::good().case())
        .findings
        .iter()
        .map(|finding| finding.check)
        .collect();
    writeln!(table, "{}", G::KIND).unwrap();
    let mut count = BTreeMap::<Rule, usize>::new();
    for mutation in G::MUTATIONS {
        let (_, diagnosis) = told(mutation);
        let name = format!("{}: {}", G::KIND, mutation.name);
        assert_eq!(
            named(&diagnosis),
            BTreeSet::from([mutation.rule]),
            "{name}: {:#?}",
            diagnosis.findings
        );
        for finding in &diagnosis.findings {
            let fits = match finding.state {
                State::Holds => finding.because.is_none(),
                State::Unknown => finding.because == Some(mutation.rule) || finding.check == NEVER_KNOWN,
                State::Fails | State::Warns => finding.remedy.is_some(),
            };
            assert!(fits, "{name}: {finding:?}");
        }
        let checks: BTreeSet<Check> = diagnosis.findings.iter().map(|finding| finding.check).collect();
        assert_eq!(checks, good, "{name}");
        assert_eq!(checks.len(), diagnosis.findings.len(), "{name}: each check once");
        let state = if diagnosis.holds() { "warns" } else { "fails" };
        writeln!(table, "  {:<50} {state} {}", mutation.name, mutation.rule).unwrap();
        *count.entry(mutation.rule).or_default() += 1;
    }
    for (rule, count) in count {
        assert!(
            count == 1 || ONE_CAUSE.contains(&rule),
            "{}: {count} changes lead to {rule}",
            G::KIND
        );
    }
}

fn reached<G: Good>() -> impl Iterator<Item = Rule> {
    G::MUTATIONS.iter().map(|mutation| mutation.rule)
}

#[test]
fn good_cases_hold_in_every_check() {
    good_holds::<noah::Request>();
    good_holds::<noah_claims::Claimed>();
    good_holds::<keys::Keyed>();
    good_holds::<setup::Setup>();
    good_holds::<noah_webhook::Webhook>();
    good_holds::<worldline::Request>();
    good_holds::<worldline_webhook::Webhook>();
}

#[test]
fn each_mutation_is_named_by_its_own_rule_and_no_other() {
    let mut table = String::new();
    matrix::<keys::Keyed>(&mut table);
    matrix::<noah::Request>(&mut table);
    matrix::<noah_claims::Claimed>(&mut table);
    matrix::<setup::Setup>(&mut table);
    matrix::<noah_webhook::Webhook>(&mut table);
    matrix::<worldline::Request>(&mut table);
    matrix::<worldline_webhook::Webhook>(&mut table);
    insta::assert_snapshot!("doctor-matrix", table);
}

/// Two changes at once: each check still has one result, something is named, and no third cause is made up. (One change
/// may hide the other, or make another cause of it.)
fn pairs<G: Good>() {
    for one in G::MUTATIONS {
        for other in G::MUTATIONS
            .iter()
            .filter(|other| other.rule.check() > one.rule.check())
        {
            let mut good = G::good();
            (one.change)(&mut good);
            (other.change)(&mut good);
            let diagnosis = diagnose(&good.case());
            let name = format!("{}: {} and {}", G::KIND, one.name, other.name);
            let checks: Vec<Check> = diagnosis.findings.iter().map(|finding| finding.check).collect();
            assert!(checks.is_sorted_by(|one, next| one < next), "{name}: {checks:?}");
            let named = named(&diagnosis);
            assert!((1..=2).contains(&named.len()), "{name}: {named:?}");
        }
    }
}

#[test]
fn two_mutations_at_once_lead_to_one_or_two_rules() {
    pairs::<keys::Keyed>();
    pairs::<noah::Request>();
    pairs::<noah_claims::Claimed>();
    pairs::<setup::Setup>();
    pairs::<noah_webhook::Webhook>();
    pairs::<worldline::Request>();
    pairs::<worldline_webhook::Webhook>();
}

fn texts<G: Good>(texts: &mut BTreeMap<Rule, String>) {
    for mutation in G::MUTATIONS {
        let (_, diagnosis) = told(mutation);
        let mut findings = diagnosis.findings.iter();
        let finding = findings
            .find(|finding| finding.rule == Some(mutation.rule))
            .unwrap();
        let text = format!("{}\n    {}", finding.found, finding.remedy.as_deref().unwrap());
        texts.entry(mutation.rule).or_insert(text);
    }
}

/// What is found and how to correct it, for each rule once: to be read like code.
#[test]
fn every_rule_says_what_is_wrong_and_how_to_mend_it() {
    let mut all = BTreeMap::new();
    texts::<keys::Keyed>(&mut all);
    texts::<noah::Request>(&mut all);
    texts::<noah_claims::Claimed>(&mut all);
    texts::<setup::Setup>(&mut all);
    texts::<noah_webhook::Webhook>(&mut all);
    texts::<worldline::Request>(&mut all);
    texts::<worldline_webhook::Webhook>(&mut all);
    let page: String = all
        .iter()
        .map(|(rule, text)| format!("{rule}\n    {text}\n"))
        .collect();
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"SHA-256 [0-9a-f]{16}", "SHA-256 [fingerprint]");
    settings.add_filter(r"DER \(10\d bytes\)", "DER ([length] bytes)");
    settings.bind(|| insta::assert_snapshot!("doctor-texts", page));
}

#[test]
fn every_rule_is_reached_by_a_mutation() {
    let reached: BTreeSet<Rule> = reached::<noah::Request>()
        .chain(reached::<noah_claims::Claimed>())
        .chain(reached::<keys::Keyed>())
        .chain(reached::<setup::Setup>())
        .chain(reached::<noah_webhook::Webhook>())
        .chain(reached::<worldline::Request>())
        .chain(reached::<worldline_webhook::Webhook>())
        .collect();
    let missing: Vec<Rule> = Rule::ALL
        .iter()
        .copied()
        .filter(|rule| !reached.contains(rule))
        .collect();
    assert_eq!(missing, [], "rules that no mutation leads to");
}

#[test]
fn ids_are_kebab_case_and_tell_everything_apart() {
    let ids: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for id in ids.into_iter().chain(Check::ALL.iter().map(|check| check.id())) {
        assert!(
            id.split('-').all(|word| !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())),
            "{id}"
        );
    }
}

/// Long pieces of everything that nobody may see.
fn secrets(case: &Case) -> Vec<String> {
    /// Shorter pieces stand in other words too.
    const SHORTEST: usize = 12;
    let mut texts = vec!["canary".to_owned(), "CanaryKey".to_owned()];
    for secret in [&case.api_key, &case.token, &case.secret].into_iter().flatten() {
        texts.push(secret.expose_secret().to_owned());
    }
    if let Some(key) = &case.signing_key {
        texts.push(String::from_utf8_lossy(key.expose_secret()).into_owned());
    }
    for name in [
        "x-api-key",
        "api-signature",
        "authorization",
        "webhook-signature",
        "x-gcs-signature",
    ] {
        let values = case.headers.iter().flat_map(|headers| headers.values(name));
        // The id of a key is no secret.
        texts.extend(
            values
                .filter_map(|value| value.rsplit(':').next())
                .map(str::to_owned),
        );
    }
    let pieces = texts.iter().flat_map(|text| {
        text.split(|c: char| c.is_whitespace() || matches!(c, '.' | ':' | '-' | '"' | '\\'))
    });
    let long = pieces.filter(|piece| piece.len() >= SHORTEST).map(str::to_owned);
    long.chain(["canary".to_owned(), "CanaryKey".to_owned()])
        .collect()
}

fn keeps_secrets<G: Good>() {
    let unchanged = Mutation {
        name: "nothing",
        rule: Rule::AudOther,
        change: |_: &mut G| {},
    };
    for mutation in std::iter::once(&unchanged).chain(G::MUTATIONS) {
        let (case, diagnosis) = told(mutation);
        let texts = [
            format!("{diagnosis:?} {case:?}"),
            serde_json::to_string(&diagnosis).unwrap(),
        ];
        for secret in secrets(&case) {
            for text in &texts {
                assert!(
                    !text.contains(&secret),
                    "{}: {} shows {secret}",
                    G::KIND,
                    mutation.name
                );
            }
        }
    }
}

#[test]
fn no_finding_shows_a_secret_or_a_value_of_a_body() {
    keeps_secrets::<noah::Request>();
    keeps_secrets::<noah_claims::Claimed>();
    keeps_secrets::<keys::Keyed>();
    keeps_secrets::<setup::Setup>();
    keeps_secrets::<noah_webhook::Webhook>();
    keeps_secrets::<worldline::Request>();
    keeps_secrets::<worldline_webhook::Webhook>();
}

/// A claim may hold anything, also what it should not.
#[test]
fn a_secret_in_a_claim_is_not_shown() {
    let mut good = noah_claims::Claimed::good();
    good.0.claim("aud", noah::API_KEY);
    let diagnosis = diagnose(&good.case());
    assert_eq!(named(&diagnosis), BTreeSet::from([Rule::AudOther]));
    assert!(!format!("{diagnosis:?}").contains(noah::API_KEY), "{diagnosis:?}");
}

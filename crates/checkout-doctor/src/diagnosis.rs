//! The findings of a case.

use secrecy::ExposeSecret as _;
use serde::Serialize;

use super::{Case, Check, Kind, Rule};

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is correct.
    Holds,
    /// It works here, and may not elsewhere.
    Warns,
    /// The API refuses it, or does not say that it takes it.
    Fails,
    /// Not looked at: what it needs was not given, or another finding explains it.
    Unknown,
}

/// One check and its result. Holds no secret and no value of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How it went.
    pub state: State,
    /// The cause, where it fails or warns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The cause elsewhere that explains why it was not looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<Rule>,
    /// What was found.
    pub found: String,
    /// How to correct it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    const fn new(check: Check, state: State, found: String) -> Self {
        Self {
            check,
            state,
            rule: None,
            because: None,
            found,
            remedy: None,
        }
    }
}

/// Everything that can be said about a [`Case`] without asking anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnosis {
    /// What the case was taken for.
    pub kind: Kind,
    /// In the order of [`Check::ALL`], each check at most once.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// The findings that fail. The one to correct first comes first.
    pub fn failures(&self) -> impl Iterator<Item = &Finding> {
        self.in_state(State::Fails)
    }

    /// The findings that warn.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.in_state(State::Warns)
    }

    /// Whether nothing fails. Checks that were not made do not count.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.failures().next().is_none()
    }

    /// The findings in one state.
    pub fn in_state(&self, state: State) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.state == state)
    }
}

/// What is told of a rule. It takes the place of what the rule's row says.
pub(super) struct Told {
    rule: Rule,
    found: String,
    remedy: String,
}

impl From<Rule> for Told {
    fn from(rule: Rule) -> Self {
        (rule, rule.found()).into()
    }
}

impl<F: Into<String>> From<(Rule, F)> for Told {
    fn from((rule, found): (Rule, F)) -> Self {
        (rule, found, rule.remedy()).into()
    }
}

impl<F: Into<String>, M: Into<String>> From<(Rule, F, M)> for Told {
    fn from((rule, found, remedy): (Rule, F, M)) -> Self {
        Self {
            rule,
            found: found.into(),
            remedy: remedy.into(),
        }
    }
}

/// Collects findings, and keeps secrets out of them.
pub(super) struct Findings<'a> {
    case: &'a Case,
    list: Vec<Finding>,
}

impl<'a> Findings<'a> {
    pub(super) const fn new(case: &'a Case) -> Self {
        Self {
            case,
            list: Vec::new(),
        }
    }

    pub(super) fn holds(&mut self, check: Check, found: impl Into<String>) {
        self.add(Finding::new(check, State::Holds, found.into()));
    }

    /// Returns the rule, so that other findings can refer to it.
    pub(super) fn fails(&mut self, told: impl Into<Told>) -> Rule {
        self.tell(State::Fails, told.into())
    }

    pub(super) fn warns(&mut self, told: impl Into<Told>) {
        self.tell(State::Warns, told.into());
    }

    fn tell(&mut self, state: State, Told { rule, found, remedy }: Told) -> Rule {
        self.add(Finding {
            rule: Some(rule),
            remedy: Some(remedy),
            ..Finding::new(rule.check(), state, found)
        });
        rule
    }

    /// The check was not made because something was not given.
    pub(super) fn unknown(&mut self, check: Check, found: impl Into<String>) {
        self.add(Finding::new(check, State::Unknown, found.into()));
    }

    /// The cause for which a check failed or warned.
    pub(super) fn rule_of(&self, check: Check) -> Option<Rule> {
        self.list.iter().find(|finding| finding.check == check)?.rule
    }

    /// The check was not made because another finding explains it.
    pub(super) fn explained(&mut self, check: Check, by: Rule) {
        self.add(Finding {
            because: Some(by),
            ..Finding::new(check, State::Unknown, format!("not looked at: see {by}"))
        });
    }

    /// Adds several findings.
    pub(super) fn all_explained(&mut self, checks: impl IntoIterator<Item = Check>, by: Rule) {
        checks.into_iter().for_each(|check| self.explained(check, by));
    }

    pub(super) fn into_diagnosis(mut self, kind: Kind) -> Diagnosis {
        self.list.sort_by_key(|finding| finding.check);
        Diagnosis {
            kind,
            findings: self.list,
        }
    }

    fn add(&mut self, finding: Finding) {
        self.list.push(Finding {
            found: self.redacted(finding.found),
            remedy: finding.remedy.map(|text| self.redacted(text)),
            ..finding
        });
    }

    /// Texts quote only claims and paths, but a claim may hold a secret.
    fn redacted(&self, mut text: String) -> String {
        /// Shorter ones would be found in any text.
        const SHORTEST: usize = 6;
        let case = self.case;
        let secrets = [&case.api_key, &case.token, &case.secret];
        for secret in secrets.into_iter().flatten() {
            let secret = secret.expose_secret().trim();
            if secret.len() >= SHORTEST {
                text = text.replace(secret, "<secret>");
            }
        }
        text
    }
}

/// A text that somebody else wrote, short and without control characters, in quotation marks.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut characters = text.chars();
    let short: String = characters.by_ref().take(LONGEST).collect();
    let more = if characters.next().is_some() { "…" } else { "" };
    format!("{:?}", short + more)
}

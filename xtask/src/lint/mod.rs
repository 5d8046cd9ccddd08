//! `cargo xtask lint`: every shape that the generator would panic on or degrade, found before it runs.
//!
//! Each finding names the file, the JSON pointer, what is wrong and the remedy; all of them come in one run.

mod components;
mod cycles;
mod document;
mod facade;
mod operations;
mod paging;
mod parameters;
mod pattern;
pub mod rules;
mod schema;
mod sensitive;
mod settings;
mod telling;
mod unions;
mod values;

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use crate::model::Reader;
use crate::place::{Marks, Place};
use crate::source::visible;
use crate::spec::{Settings, Spec};

pub use pattern::{is_anchored, is_common};
use rules::{Found, RuleText};
pub use rules::{RULES, Rule};
pub use telling::is_telling;

/// Something that must change before code can be generated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// The file, relative to the workspace.
    pub file: String,
    /// Where in it: the key or item that the pointer names, or what is nearest around it.
    pub place: Place,
    /// Where in it, as a JSON pointer.
    pub pointer: String,
    /// The rule, whose name `[[allow]]` refers to.
    pub rule: Rule,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// Collects findings while the rules run.
#[derive(Debug)]
struct Linter<'a> {
    spec: &'a Spec,
    settings: &'a Settings,
    findings: Vec<Finding>,
    /// Pointers of all references to each component, once they are asked for.
    users: OnceCell<HashMap<&'a str, Vec<String>>>,
}

/// All findings of a spec and its settings, in the order of the rules' walk.
pub fn check(spec: &Spec, settings: &Settings) -> Vec<Finding> {
    let mut linter = Linter {
        spec,
        settings,
        findings: Vec::new(),
        users: OnceCell::new(),
    };
    document::check(&mut linter);
    operations::check(&mut linter);
    facade::check(&mut linter);
    components::check(&mut linter);
    cycles::check(&mut linter);
    values::check(&mut linter);
    settings::check(&mut linter);
    let allowed: HashSet<(&str, &str)> = settings
        .allow
        .iter()
        .map(|allow| (allow.rule.as_str(), allow.pointer.as_str()))
        .collect();
    // The parameters of a path are looked at with each of its operations.
    let mut seen = HashSet::new();
    let mut found = linter.findings;
    found.retain(|finding| {
        let is_allowed = !finding.rule.fatal && allowed.contains(&(finding.rule.name, &finding.pointer));
        !is_allowed && seen.insert(finding.clone())
    });
    found
}

/// Findings as text for a person.
pub fn report(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let Place { line, column } = finding.place;
        let _ = writeln!(
            out,
            "{}:{line}:{column}: {}\n    {} [{}]\n    remedy: {}",
            finding.file,
            visible(&finding.pointer),
            visible(&finding.problem),
            finding.rule.name,
            visible(&finding.remedy)
        );
    }
    let count = findings.len();
    let _ = writeln!(out, "{count} finding{}", if count == 1 { "" } else { "s" });
    out
}

impl<'a> Linter<'a> {
    const fn reader(&self) -> Reader<'a> {
        Reader {
            spec: self.spec,
            settings: self.settings,
        }
    }

    fn found(&mut self, pointer: &str, problem: RuleText, found: &[&dyn Found]) {
        let Spec { file, marks, .. } = self.spec;
        self.note(file, marks, pointer, problem, found);
    }

    fn found_in_settings(&mut self, pointer: &str, problem: RuleText, found: &[&dyn Found]) {
        let Settings { file, marks, .. } = self.settings;
        self.note(file, marks, pointer, problem, found);
    }

    fn note(&mut self, file: &str, marks: &Marks, pointer: &str, problem: RuleText, found: &[&dyn Found]) {
        let [told, remedy] = problem.told(found);
        self.findings.push(Finding {
            file: file.to_owned(),
            place: marks.find(pointer),
            pointer: pointer.to_owned(),
            rule: problem.rule,
            problem: told,
            remedy,
        });
    }
}

/// As Rust writes it: a text in quotes.
fn quoted(value: &dyn std::fmt::Debug) -> String {
    format!("{value:?}")
}

//! `cargo xtask lint`: every shape that the generator would panic on or degrade, found before it runs.
//!
//! Each finding names the file, the JSON pointer, what is wrong and the remedy; all of them come in one run.

mod components;
mod cycles;
mod operations;
mod parameters;
pub mod rules;
mod schema;
mod sensitive;
mod settings;
mod telling;
mod unions;

use std::fmt::Write as _;

use serde_json::Value;

use crate::model::Reader;
use crate::spec::{Settings, Spec, text};

pub use rules::RULES;
pub use telling::is_telling;

/// Something that must change before code can be generated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, relative to the workspace.
    pub file: String,
    /// Where in it, as a JSON pointer.
    pub pointer: String,
    /// The rule's name, for `[[allow]]`.
    pub rule: &'static str,
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
}

/// All findings of a spec and its settings, in the order of the rules' walk.
pub fn check(spec: &Spec, settings: &Settings, settings_file: &str) -> Vec<Finding> {
    let mut linter = Linter {
        spec,
        settings,
        findings: Vec::new(),
    };
    document(&mut linter);
    operations::check(&mut linter);
    components::check(&mut linter);
    cycles::check(&mut linter);
    let findings = linter.findings;
    let mut kept: Vec<Finding> = findings
        .iter()
        .filter(|finding| {
            !settings
                .allow
                .iter()
                .any(|allow| allow.rule == finding.rule && allow.pointer == finding.pointer)
        })
        .cloned()
        .collect();
    kept.extend(settings::check(spec, settings, settings_file, &findings));
    kept
}

/// Findings as text for a person.
pub fn report(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let _ = writeln!(
            out,
            "{}: {}\n    {} [{}]\n    remedy: {}",
            finding.file, finding.pointer, finding.problem, finding.rule, finding.remedy
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

    fn found(
        &mut self,
        pointer: &str,
        rule: &'static str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let finding = Finding {
            file: self.spec.file.clone(),
            pointer: pointer.to_owned(),
            rule,
            problem: problem.into(),
            remedy: remedy.into(),
        };
        // The parameters of a path are looked at with each of its operations.
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}

fn document(linter: &mut Linter<'_>) {
    let root = &linter.spec.root;
    let version = text(root, "openapi").unwrap_or_default().to_owned();
    if !version.starts_with("3.0.") {
        linter.found(
            "/openapi",
            rules::OPENAPI_VERSION,
            format!("the document says OpenAPI {version:?}; the generator reads 3.0.x"),
            "write `openapi: 3.0.3`",
        );
    }
    let servers = crate::spec::array(root.get("servers"));
    for (index, server) in servers.iter().enumerate() {
        if text(server, "url").is_some_and(|url| url.ends_with('/')) {
            linter.found(
                &format!("/servers/{index}/url"),
                rules::SERVER_SLASH,
                "the server URL ends with a slash, which would double the one of each path",
                "remove the slash",
            );
        }
    }
}

/// Whether a value is a schema that only refers to a component.
fn refers(schema: &Value) -> bool {
    crate::model::reference(schema).is_some()
}

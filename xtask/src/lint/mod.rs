//! `cargo xtask lint`: every shape that the generator would panic on or degrade, found before it runs.
//!
//! Each finding names the file, the JSON pointer, what is wrong and the remedy; all of them come in one run.

mod components;
mod operations;
mod schema;

use std::fmt::Write as _;

use serde_json::Value;

use crate::spec::{Settings, Spec, text};

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
    kept.extend(unused_settings(spec, settings, settings_file, &findings));
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

impl Linter<'_> {
    fn found(
        &mut self,
        pointer: &str,
        rule: &'static str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.findings.push(Finding {
            file: self.spec.file.clone(),
            pointer: pointer.to_owned(),
            rule,
            problem: problem.into(),
            remedy: remedy.into(),
        });
    }
}

fn document(linter: &mut Linter<'_>) {
    let root = &linter.spec.root;
    let version = text(root, "openapi").unwrap_or_default().to_owned();
    if !version.starts_with("3.0.") {
        linter.found(
            "/openapi",
            "openapi-version",
            format!("the document says OpenAPI {version:?}; the generator reads 3.0.x"),
            "write `openapi: 3.0.3`",
        );
    }
    let servers = crate::spec::array(root.get("servers"));
    for (index, server) in servers.iter().enumerate() {
        if text(server, "url").is_some_and(|url| url.ends_with('/')) {
            linter.found(
                &format!("/servers/{index}/url"),
                "server-slash",
                "the server URL ends with a slash, which would double the one of each path",
                "remove the slash",
            );
        }
    }
}

/// An entry of the settings that matches nothing is a mistake or a leftover.
fn unused_settings(spec: &Spec, settings: &Settings, file: &str, findings: &[Finding]) -> Vec<Finding> {
    let mut unused = Vec::new();
    let mut found = |pointer: String, problem: String, remedy: &str| {
        unused.push(Finding {
            file: file.to_owned(),
            pointer,
            rule: "unused-setting",
            problem,
            remedy: remedy.to_owned(),
        });
    };
    for name in settings.replace.keys() {
        if !spec.schemas().contains_key(name) {
            found(
                format!("/replace/{name}"),
                format!("there is no component schema {name} to replace"),
                "remove the entry, or correct its name",
            );
        }
    }
    for name in settings.receive.keys() {
        if !settings.replace.contains_key(name) {
            found(
                format!("/receive/{name}"),
                format!("{name} is not replaced, so nothing stands in for it"),
                "remove the entry, or correct its name",
            );
        }
    }
    for (index, allow) in settings.allow.iter().enumerate() {
        let hit = findings
            .iter()
            .any(|finding| finding.rule == allow.rule && finding.pointer == allow.pointer);
        if !hit {
            found(
                format!("/allow/{index}"),
                format!("no finding of rule {} at {}", allow.rule, allow.pointer),
                "remove the entry",
            );
        }
        if allow.why.trim().is_empty() {
            found(
                format!("/allow/{index}/why"),
                "an accepted finding has no reason".to_owned(),
                "say why it is accepted",
            );
        }
    }
    let operations = spec.operations();
    for (id, call) in &settings.calls {
        let pointer = format!("/calls/{id}");
        let Some(raw) = operations
            .iter()
            .find(|raw| text(raw.operation, "operationId") == Some(id))
        else {
            found(
                pointer,
                format!("there is no operation {id}"),
                "remove the entry, or correct the operationId",
            );
            continue;
        };
        let body = raw
            .operation
            .pointer("/requestBody/content/application~1json/schema");
        let properties = body
            .map(|body| spec.deref(body))
            .and_then(|body| body.get("properties"));
        for field in call.fresh.iter().chain(call.inputs.keys()) {
            if properties.and_then(|properties| properties.get(field)).is_none() {
                found(
                    format!("{pointer}/{field}"),
                    format!("the body of {id} has no property {field}"),
                    "remove the entry, or correct the property's name",
                );
            }
        }
        for name in &call.known {
            let parameters = crate::spec::array(raw.operation.get("parameters"));
            if !parameters
                .iter()
                .any(|entry| text(spec.deref(entry), "name") == Some(name))
            {
                found(
                    format!("{pointer}/known"),
                    format!("{id} has no parameter {name}"),
                    "remove the entry, or correct the parameter's name",
                );
            }
        }
    }
    unused
}

/// Whether a value is a schema that only refers to a component.
fn refers(schema: &Value) -> bool {
    crate::model::reference(schema).is_some()
}

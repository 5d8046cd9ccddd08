//! Rules for the settings: no entry that matches nothing, and no limit lost with a component that is replaced.

use super::{Finding, rules};
use crate::spec::{Call, RawOperation, Replace, Settings, Spec, object, text};

/// Limits of a schema that are checked before sending.
const LIMITS: [&str; 9] = [
    "format",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "uniqueItems",
];

struct Found<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl Found<'_> {
    fn push(&mut self, pointer: String, rule: &'static str, problem: String, remedy: &str) {
        self.findings.push(Finding {
            file: self.file.to_owned(),
            pointer,
            rule,
            problem,
            remedy: remedy.to_owned(),
        });
    }

    fn unused(&mut self, pointer: String, problem: String, remedy: &str) {
        self.push(pointer, rules::UNUSED_SETTING, problem, remedy);
    }
}

/// Runs the rules; `findings` are those of the spec.
pub(super) fn check(spec: &Spec, settings: &Settings, file: &str, findings: &[Finding]) -> Vec<Finding> {
    let mut found = Found {
        file,
        findings: Vec::new(),
    };
    for (name, replace) in &settings.replace {
        replaced(&mut found, spec, name, replace);
    }
    for name in settings.receive.keys() {
        if !settings.replace.contains_key(name) {
            found.unused(
                format!("/receive/{name}"),
                format!("{name} is not replaced, so nothing stands in for it"),
                "remove the entry, or correct its name",
            );
        }
    }
    allowed(&mut found, settings, findings);
    let operations = spec.operations();
    for (id, call) in &settings.calls {
        let operation = operations
            .iter()
            .find(|raw| text(raw.operation, "operationId") == Some(id));
        match operation {
            Some(raw) => self::call(&mut found, spec, id, call, *raw),
            None => found.unused(
                format!("/calls/{id}"),
                format!("there is no operation {id}"),
                "remove the entry, or correct the operationId",
            ),
        }
    }
    found.findings
}

/// The generated checks leave a replaced component to its type, so the settings say what that type holds.
fn replaced(found: &mut Found<'_>, spec: &Spec, name: &str, replace: &Replace) {
    let pointer = format!("/replace/{name}");
    let Some(schema) = spec.schemas().get(name) else {
        return found.unused(
            pointer,
            format!("there is no component schema {name} to replace"),
            "remove the entry, or correct its name",
        );
    };
    let limits: Vec<&str> = object(Some(schema))
        .keys()
        .map(String::as_str)
        .filter(|key| LIMITS.contains(key))
        .collect();
    let lost: Vec<&&str> = limits
        .iter()
        .filter(|limit| !replace.holds.iter().any(|held| held == *limit))
        .collect();
    if !lost.is_empty() {
        found.push(
            pointer.clone(),
            rules::REPLACED_LIMITS,
            format!(
                "{name} has the limits {lost:?}, and nothing says that {} holds them",
                replace.path
            ),
            "name them under `holds` once the type checks them, or refuses any other value from the start",
        );
    }
    for held in &replace.holds {
        if !limits.contains(&held.as_str()) {
            found.unused(
                format!("{pointer}/holds"),
                format!("{name} has no {held}"),
                "remove it, or correct its name",
            );
        }
    }
}

fn allowed(found: &mut Found<'_>, settings: &Settings, findings: &[Finding]) {
    for (index, allow) in settings.allow.iter().enumerate() {
        let hit = findings
            .iter()
            .any(|finding| finding.rule == allow.rule && finding.pointer == allow.pointer);
        if !hit {
            found.unused(
                format!("/allow/{index}"),
                format!("no finding of rule {} at {}", allow.rule, allow.pointer),
                "remove the entry",
            );
        }
        if allow.why.trim().is_empty() {
            found.unused(
                format!("/allow/{index}/why"),
                "an accepted finding has no reason".to_owned(),
                "say why it is accepted",
            );
        }
    }
}

fn call(found: &mut Found<'_>, spec: &Spec, id: &str, call: &Call, raw: RawOperation<'_>) {
    let properties = raw
        .body()
        .map(|body| spec.deref(body))
        .and_then(|body| body.get("properties"));
    for field in call.fresh.iter().chain(call.inputs.keys()) {
        if properties.and_then(|properties| properties.get(field)).is_none() {
            found.unused(
                format!("/calls/{id}/{field}"),
                format!("the body of {id} has no property {field}"),
                "remove the entry, or correct the property's name",
            );
        }
    }
    for name in &call.known {
        if !raw
            .parameters()
            .any(|entry| text(spec.deref(entry), "name") == Some(name))
        {
            found.unused(
                format!("/calls/{id}/known"),
                format!("{id} has no parameter {name}"),
                "remove the entry, or correct the parameter's name",
            );
        }
    }
}

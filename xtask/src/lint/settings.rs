//! Rules for the settings: no entry that matches nothing, and no limit lost with a component that is replaced.

use std::collections::{HashMap, HashSet};

use super::{Finding, RULES, Rule, rules};
use crate::spec::{Call, RawOperation, Replace, Settings, Spec, join, object, text};

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
    settings: &'a Settings,
    findings: Vec<Finding>,
}

impl Found<'_> {
    fn push(&mut self, pointer: String, rule: Rule, problem: String, remedy: &str) {
        self.findings.push(Finding {
            file: self.settings.file.clone(),
            place: self.settings.marks.find(&pointer),
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
pub(super) fn check(spec: &Spec, settings: &Settings, findings: &[Finding]) -> Vec<Finding> {
    let mut found = Found {
        settings,
        findings: Vec::new(),
    };
    for (name, replace) in &settings.replace {
        replaced(&mut found, spec, name, replace);
    }
    allowed(&mut found, settings, findings);
    let operations: HashMap<&str, RawOperation<'_>> = spec
        .operations()
        .into_iter()
        .filter_map(|raw| Some((text(raw.operation, "operationId")?, raw)))
        .collect();
    features(&mut found, spec, settings);
    for (id, call) in &settings.calls {
        match operations.get(id.as_str()) {
            Some(raw) => self::call(&mut found, spec, id, call, *raw),
            None => found.unused(
                join("/calls", id),
                format!("there is no operation {id}"),
                "remove the entry, or correct the operationId",
            ),
        }
    }
    clients(&mut found, spec, settings);
    found.findings
}

/// The generated checks leave a replaced component to its type, so the settings say what that type holds.
fn replaced(found: &mut Found<'_>, spec: &Spec, name: &str, replace: &Replace) {
    let pointer = join("/replace", name);
    rust_name::<syn::Path>(found, join(&pointer, "path"), &replace.path, "path");
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

/// What becomes a part of Rust code as it stands.
fn rust_name<T: syn::parse::Parse>(found: &mut Found<'_>, pointer: String, name: &str, kind: &str) {
    if syn::parse_str::<T>(name).is_err() {
        found.push(
            pointer,
            rules::SETTING_NAME,
            format!("{name:?} is no Rust {kind}"),
            "correct it",
        );
    }
}

/// Each feature has operations, and each operation one feature, where there are any.
fn features(found: &mut Found<'_>, spec: &Spec, settings: &Settings) {
    let operations = spec.operations();
    for (name, prefix) in &settings.features {
        if !operations.iter().any(|raw| raw.path.starts_with(prefix.as_str())) {
            found.unused(
                join("/features", name),
                format!("no path begins with {prefix}"),
                "remove the entry, or correct the prefix",
            );
        }
    }
    for raw in operations {
        let of = settings
            .features
            .values()
            .filter(|prefix| raw.path.starts_with(prefix.as_str()))
            .count();
        if of != 1 && !settings.features.is_empty() {
            found.push(
                "/features".to_owned(),
                rules::PATH_FEATURE,
                format!("{} belongs to {of} features, and must belong to one", raw.path),
                "name a prefix of its path that no other feature's begins with",
            );
        }
    }
}

fn allowed(found: &mut Found<'_>, settings: &Settings, findings: &[Finding]) {
    let hits: HashSet<(&str, &str)> = findings
        .iter()
        .map(|finding| (finding.rule.name, finding.pointer.as_str()))
        .collect();
    for (index, allow) in settings.allow.iter().enumerate() {
        if RULES.iter().any(|rule| rule.name == allow.rule && rule.fatal) {
            found.push(
                format!("/allow/{index}"),
                rules::REFUSED_ALLOW,
                format!(
                    "what {} finds cannot be accepted: the generator does not survive it, or a request could do what nobody meant",
                    allow.rule
                ),
                "correct what it found, and remove the entry",
            );
        } else if !hits.contains(&(allow.rule.as_str(), allow.pointer.as_str())) {
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
    let at = join("/calls", id);
    for (key, name) in [("on", &call.on), ("name", &call.name), ("returns", &call.returns)] {
        if let Some(name) = name {
            rust_name::<syn::Ident>(found, join(&at, key), name, "name");
        }
    }
    for (field, input) in &call.inputs {
        rust_name::<syn::Ident>(found, join(&join(&at, "inputs"), field), input, "name");
    }
    let properties = raw
        .body()
        .map(|body| spec.deref(body))
        .and_then(|body| body.get("properties"));
    let named = call.fresh.iter().chain(call.inputs.keys());
    for field in named.chain(call.echo.keys()) {
        if properties.and_then(|properties| properties.get(field)).is_none() {
            found.unused(
                join(&at, field),
                format!("the body of {id} has no property {field}"),
                "remove the entry, or correct the property's name",
            );
        }
    }
    for field in &call.at_most {
        if !call.echo.contains_key(field) {
            found.unused(
                join(&at, "at_most"),
                format!("{field} is not listed under `echo`"),
                "remove it, or say there where the answer has it",
            );
        }
    }
}

/// A client that no operation has, or a judged component that stands nowhere, is an entry for nothing.
fn clients(found: &mut Found<'_>, spec: &Spec, settings: &Settings) {
    for (client, known) in &settings.clients {
        rust_name::<syn::Ident>(found, join("/clients", client), client, "name");
        for name in known {
            let mut parameters = spec
                .operations()
                .into_iter()
                .flat_map(|raw| raw.parameters().collect::<Vec<_>>());
            if !parameters.any(|entry| text(spec.deref(entry), "name") == Some(name)) {
                found.unused(
                    join("/clients", client),
                    format!("no operation has a parameter {name}"),
                    "remove it, or correct the parameter's name",
                );
            }
        }
    }
    for component in settings.judged.sent.iter().chain(&settings.judged.answered) {
        if !spec.schemas().contains_key(component) {
            found.unused(
                "/judged".to_owned(),
                format!("there is no component schema {component}"),
                "remove it, or correct its name",
            );
        }
    }
}

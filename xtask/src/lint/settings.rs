//! Rules for the settings: no entry that matches nothing, and no limit lost with a component that is replaced.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use super::{Finding, Problem, RULES, has_word, quoted, rules};
use crate::model::{Kind, Reader, Target};
use crate::spec::{Call, RawOperation, Replace, Settings, Spec, join, object, text};

/// Limits of a schema that are checked before sending.
const LIMITS: &str = "format minLength maxLength pattern minimum maximum minItems maxItems uniqueItems";

struct Found<'a> {
    settings: &'a Settings,
    findings: Vec<Finding>,
}

impl Found<'_> {
    fn push(&mut self, pointer: &str, problem: Problem, found: &[&dyn Display]) {
        let Settings { file, marks, .. } = self.settings;
        let finding = Finding::new(file, marks, pointer, problem, found);
        self.findings.push(finding);
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
            None => found.push(&join("/calls", id), rules::UNUSED_CALL, &[&id]),
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
        return found.push(&pointer, rules::UNUSED_REPLACE, &[&name]);
    };
    let limits: Vec<&str> = object(Some(schema))
        .keys()
        .map(String::as_str)
        .filter(|key| has_word(LIMITS, key))
        .collect();
    let lost: Vec<&&str> = limits
        .iter()
        .filter(|limit| !replace.holds.iter().any(|held| held == *limit))
        .collect();
    if !lost.is_empty() {
        found.push(
            &pointer,
            rules::REPLACED_LIMITS,
            &[&name, &quoted(&lost), &replace.path],
        );
    }
    for held in &replace.holds {
        if !limits.contains(&held.as_str()) {
            found.push(&format!("{pointer}/holds"), rules::UNUSED_HOLDS, &[&name, &held]);
        }
    }
}

/// What becomes a part of Rust code as it stands.
fn rust_name<T: syn::parse::Parse>(found: &mut Found<'_>, pointer: String, name: &str, kind: &str) {
    if syn::parse_str::<T>(name).is_err() {
        found.push(&pointer, rules::SETTING_NAME, &[&quoted(&name), &kind]);
    }
}

/// Each feature has operations, and each operation one feature, where there are any.
fn features(found: &mut Found<'_>, spec: &Spec, settings: &Settings) {
    let operations = spec.operations();
    let begins = |raw: &RawOperation<'_>, prefix: &String| raw.path.starts_with(prefix);
    for (name, prefix) in settings
        .features
        .iter()
        .flat_map(|(name, of)| of.iter().map(move |prefix| (name, prefix)))
    {
        if !operations.iter().any(|raw| begins(raw, prefix)) {
            found.push(&join("/features", name), rules::UNUSED_FEATURE, &[&prefix]);
        }
    }
    for raw in operations {
        let prefixes = settings.features.values().flatten();
        let of = prefixes.filter(|prefix| begins(&raw, prefix)).count();
        if of != 1 && !settings.features.is_empty() {
            found.push("/features", rules::PATH_FEATURE, &[&raw.path, &of]);
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
            found.push(&format!("/allow/{index}"), rules::REFUSED_ALLOW, &[&allow.rule]);
        } else if !hits.contains(&(allow.rule.as_str(), allow.pointer.as_str())) {
            found.push(
                &format!("/allow/{index}"),
                rules::UNUSED_ALLOW,
                &[&allow.rule, &allow.pointer],
            );
        }
        if allow.why.trim().is_empty() {
            found.push(&format!("/allow/{index}/why"), rules::NO_REASON, &[]);
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
            found.push(&join(&at, field), rules::UNUSED_FIELD, &[&id, &field]);
        }
    }
    let reader = Reader {
        spec,
        settings: found.settings,
    };
    for (field, pointer) in &call.echo {
        let place = join(&join(&at, "echo"), field);
        let asked = properties.and_then(|properties| properties.get(field));
        let answer = raw.answer(spec).and_then(|schema| reader.target(schema).ok());
        let answered = answer.and_then(|answer| below(reader, answer, pointer));
        match (asked.and_then(|asked| reader.target(asked).ok()), answered) {
            (_, None) => found.push(&place, rules::NO_ECHO, &[&id, pointer]),
            (Some(asked), Some(answered)) => {
                let [one, other] = [asked, answered].map(|target| comparable(reader, &target));
                if one != other || one == OTHER {
                    found.push(&place, rules::ECHO_TYPES, &[field, &one, pointer, &other]);
                }
            }
            (None, Some(_)) => {}
        }
    }
    for field in &call.at_most {
        if !call.echo.contains_key(field) {
            found.push(&join(&at, "at_most"), rules::UNUSED_AT_MOST, &[&field]);
        }
    }
}

/// What stands below a value.
fn below(reader: Reader<'_>, value: Target, pointer: &str) -> Option<Target> {
    pointer.split('/').skip(1).try_fold(value, |value, step| {
        let Target::Component(name) = value else {
            return None;
        };
        let property = reader.schema(&name)?.pointer(&join("/properties", step))?;
        reader.target(property).ok()
    })
}

const OTHER: &str = "nothing that can be compared";

/// As what two values are compared.
fn comparable(reader: Reader<'_>, target: &Target) -> &'static str {
    match target {
        Target::Text(_) => "a text",
        Target::Integer { .. } => "a number",
        Target::Boolean => "a truth value",
        Target::Component(name) if name == "PositiveDecimal" => "an amount",
        Target::Component(name) => match reader.schema(name).map(|schema| reader.kind(name, schema)) {
            Some(Kind::Text | Kind::Enum) => "a text",
            _ => OTHER,
        },
        _ => OTHER,
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
                found.push(&join("/clients", client), rules::UNUSED_PARAMETER, &[&name]);
            }
        }
    }
    for component in settings.judged.sent.iter().chain(&settings.judged.answered) {
        if !spec.schemas().contains_key(component) {
            found.push("/judged", rules::UNUSED_JUDGED, &[&component]);
        }
    }
}

//! Rules for the settings: no entry that matches nothing, and no limit lost with a component that is replaced.

use std::collections::HashSet;

use super::{Linter, RULES, quoted, rules};
use crate::model::{Kind, Reader, Target};
use crate::spec::{Call, RawOperation, Replace, has_word, join, object, text};

/// Limits of a schema that are checked before sending.
const LIMITS: &str = "format minLength maxLength pattern minimum maximum minItems maxItems uniqueItems";

/// Runs the rules, after those of the spec.
pub(super) fn check(linter: &mut Linter<'_>) {
    let settings = linter.settings;
    for (name, replace) in &settings.replace {
        replaced(linter, name, replace);
    }
    allowed(linter);
    features(linter);
    let operations = linter.spec.operations();
    for (id, call) in &settings.calls {
        let of_id = |raw: &&RawOperation<'_>| text(raw.operation, "operationId") == Some(id);
        match operations.iter().find(of_id) {
            Some(raw) => self::call(linter, id, call, *raw),
            None => linter.found_in_settings(&join("/calls", id), rules::UNUSED_CALL, &[&id]),
        }
    }
    clients(linter);
}

/// The generated checks leave a replaced component to its type, so the settings say what that type holds.
fn replaced(linter: &mut Linter<'_>, name: &str, replace: &Replace) {
    let pointer = join("/replace", name);
    rust_name::<syn::Path>(linter, join(&pointer, "path"), &replace.path, "path");
    let Some(schema) = linter.spec.schemas().get(name) else {
        return linter.found_in_settings(&pointer, rules::UNUSED_REPLACE, &[&name]);
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
        linter.found_in_settings(
            &pointer,
            rules::REPLACED_LIMITS,
            &[&name, &quoted(&lost), &replace.path],
        );
    }
    for held in &replace.holds {
        if !limits.contains(&held.as_str()) {
            linter.found_in_settings(&format!("{pointer}/holds"), rules::UNUSED_HOLDS, &[&name, &held]);
        }
    }
}

/// What becomes a part of Rust code as it stands.
fn rust_name<T: syn::parse::Parse>(linter: &mut Linter<'_>, pointer: String, name: &str, kind: &str) {
    if syn::parse_str::<T>(name).is_err() {
        linter.found_in_settings(&pointer, rules::SETTING_NAME, &[&name, &kind]);
    }
}

/// Each feature has operations, and each operation one feature, where there are any.
fn features(linter: &mut Linter<'_>) {
    let (operations, settings) = (linter.spec.operations(), linter.settings);
    let begins = |raw: &RawOperation<'_>, prefix: &String| raw.path.starts_with(prefix);
    for (name, prefixes) in &settings.features {
        for prefix in prefixes {
            if !operations.iter().any(|raw| begins(raw, prefix)) {
                linter.found_in_settings(&join("/features", name), rules::UNUSED_FEATURE, &[&prefix]);
            }
        }
    }
    for raw in operations {
        let prefixes = settings.features.values().flatten();
        let of = prefixes.filter(|prefix| begins(&raw, prefix)).count();
        if of != 1 && !settings.features.is_empty() {
            linter.found_in_settings("/features", rules::PATH_FEATURE, &[&raw.path, &of]);
        }
    }
}

fn allowed(linter: &mut Linter<'_>) {
    let found = linter.findings.iter();
    let hits: HashSet<(&str, String)> = found
        .map(|finding| (finding.rule.name, finding.pointer.clone()))
        .collect();
    for (index, allow) in linter.settings.allow.iter().enumerate() {
        let at = format!("/allow/{index}");
        if RULES.iter().any(|rule| rule.name == allow.rule && rule.fatal) {
            linter.found_in_settings(&at, rules::REFUSED_ALLOW, &[&allow.rule]);
        } else if !hits.contains(&(allow.rule.as_str(), allow.pointer.clone())) {
            linter.found_in_settings(&at, rules::UNUSED_ALLOW, &[&allow.rule, &allow.pointer]);
        }
        if allow.why.trim().is_empty() {
            linter.found_in_settings(&join(&at, "why"), rules::NO_REASON, &[]);
        }
    }
}

fn call(linter: &mut Linter<'_>, id: &str, call: &Call, raw: RawOperation<'_>) {
    let (at, spec, reader) = (join("/calls", id), linter.spec, linter.reader());
    for (key, name) in [("on", &call.on), ("name", &call.name), ("returns", &call.returns)] {
        if let Some(name) = name {
            rust_name::<syn::Ident>(linter, join(&at, key), name, "name");
        }
    }
    for (field, input) in &call.inputs {
        rust_name::<syn::Ident>(linter, join(&join(&at, "inputs"), field), input, "name");
    }
    let properties = reader.body_fields(raw);
    let named = call.fresh.iter().chain(call.inputs.keys());
    for field in named.chain(call.echo.keys()) {
        if !properties.contains_key(field) {
            linter.found_in_settings(&join(&at, field), rules::UNUSED_FIELD, &[&id, &field]);
        }
    }
    for (field, pointer) in &call.echo {
        let place = join(&join(&at, "echo"), field);
        let asked = properties.get(field);
        let answer = raw.answer(spec).and_then(|schema| reader.target(schema).ok());
        let answered = answer.and_then(|answer| below(reader, answer, pointer));
        match (asked.and_then(|asked| reader.target(asked).ok()), answered) {
            (_, None) => linter.found_in_settings(&place, rules::NO_ECHO, &[&id, pointer]),
            (Some(asked), Some(answered)) => {
                let [one, other] = [asked, answered].map(|target| comparable(reader, &target));
                if one != other || one == OTHER {
                    linter.found_in_settings(&place, rules::ECHO_TYPES, &[field, &one, pointer, &other]);
                }
            }
            (None, Some(_)) => {}
        }
    }
    for field in &call.at_most {
        if !call.echo.contains_key(field) {
            linter.found_in_settings(&join(&at, "at_most"), rules::UNUSED_AT_MOST, &[&field]);
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

/// The type as which two values are compared.
fn comparable(reader: Reader<'_>, target: &Target) -> &'static str {
    match target {
        Target::Text(_) => "a text",
        Target::Integer { .. } => "a number",
        Target::Boolean => "a truth value",
        Target::Component(name) if name == "PositiveDecimal" => "an amount",
        Target::Component(name) => match reader.kind_of(name) {
            Some(Kind::Text | Kind::Enum) => "a text",
            _ => OTHER,
        },
        _ => OTHER,
    }
}

/// An entry for a client without operations, or for a judged component that is never used, is a finding.
fn clients(linter: &mut Linter<'_>) {
    let (spec, settings) = (linter.spec, linter.settings);
    let operations = spec.operations();
    for (client, known) in &settings.clients {
        rust_name::<syn::Ident>(linter, join("/clients", client), client, "name");
        for name in known {
            let mut parameters = operations.iter().flat_map(|raw| raw.parameters(spec));
            if !parameters.any(|entry| text(entry, "name") == Some(name)) {
                linter.found_in_settings(&join("/clients", client), rules::UNUSED_PARAMETER, &[&name]);
            }
        }
    }
    for component in settings.judged.sent.iter().chain(&settings.judged.answered) {
        if !spec.schemas().contains_key(component) {
            linter.found_in_settings("/judged", rules::UNUSED_JUDGED, &[&component]);
        }
    }
}

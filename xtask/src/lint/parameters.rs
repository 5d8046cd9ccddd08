//! Rules for parameters: each is one plain value with a name of its own, and none can change the path.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Linter, rules, schema};
use crate::model::{Kind, Parameter, Target};
use crate::names::{field_name, is_usable};
use crate::spec::{RawOperation, array, is_true, join, text};

/// Runs the rules.
pub(super) fn check(linter: &mut Linter<'_>, at: &str, raw: RawOperation<'_>) {
    let spec = linter.spec;
    path_template(linter, at, raw);
    argument_names(linter, at, raw);
    for (holder, place) in [(raw.item, parent(at)), (raw.operation, at.to_owned())] {
        for (index, entry) in array(holder.get("parameters")).iter().enumerate() {
            let at = join(&join(&place, "parameters"), &index.to_string());
            let parameter = spec.deref(entry);
            let name = text(parameter, "name").unwrap_or_default();
            if parameter.get("$ref").is_some() {
                linter.found(&at, rules::DANGLING_PARAMETER, &[]);
                continue;
            }
            if !is_usable(name) {
                linter.found(&at, rules::PARAMETER_NAME, &[&name]);
            }
            match text(parameter, "in") {
                Some("path") => path_parameter(linter, &at, name, parameter),
                Some("header") => header_parameter(linter, &at, name, parameter),
                Some("query") => query_parameter(linter, &at, parameter),
                other => linter.found(&at, rules::PARAMETER_PLACE, &[&other.unwrap_or("no place")]),
            }
            match parameter.get("schema") {
                None => linter.found(&at, rules::NO_PARAMETER_SCHEMA, &[]),
                Some(schema) => schema::check(linter, &join(&at, "schema"), schema),
            }
        }
    }
}

fn parent(at: &str) -> String {
    at.rsplit_once('/')
        .map_or_else(String::new, |(parent, _)| parent.to_owned())
}

/// What a value may hold is checked when it is known: see `validate::segment` of checkout-core.
fn path_parameter(linter: &mut Linter<'_>, at: &str, name: &str, parameter: &Value) {
    if !is_true(parameter, "required") {
        linter.found(at, rules::OPTIONAL_IN_PATH, &[&name]);
    }
    if !is_plain(linter, parameter.get("schema")) {
        linter.found(at, rules::NO_PLAIN_SEGMENT, &[&name]);
    }
}

fn header_parameter(linter: &mut Linter<'_>, at: &str, name: &str, parameter: &Value) {
    const SIGNING: [&str; 4] = ["authorization", "api-signature", "x-api-key", "date"];
    if SIGNING.contains(&name.to_ascii_lowercase().as_str()) {
        linter.found(at, rules::SIGNING_HEADER, &[&name]);
    }
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    {
        linter.found(at, rules::HEADER_NAME, &[&name]);
    }
    if !is_plain(linter, parameter.get("schema")) {
        linter.found(at, rules::NO_PLAIN_HEADER, &[&name]);
    }
}

fn query_parameter(linter: &mut Linter<'_>, at: &str, parameter: &Value) {
    let reader = linter.reader();
    let schema = parameter.get("schema");
    let list = match schema.map(|schema| reader.target(schema)) {
        Some(Ok(Target::Array { items, .. })) => Some(is_plain_target(linter, &items)),
        _ => None,
    };
    let style = text(parameter, "style").unwrap_or("form");
    // Without `explode`, the values of a list would share one name.
    let explode = parameter.get("explode").and_then(Value::as_bool) != Some(false);
    if !list.unwrap_or_else(|| is_plain(linter, schema)) || style != "form" || !explode {
        linter.found(at, rules::QUERY_STYLE, &[]);
    }
    if list.is_some() && linter.settings.query_names_once {
        linter.found(at, rules::QUERY_ONCE, &[]);
    }
    for keyword in ["allowReserved", "allowEmptyValue"] {
        if parameter.get(keyword).is_some() {
            linter.found(&join(at, keyword), rules::PARAMETER_KEYWORD, &[&keyword]);
        }
    }
}

/// Whether a parameter is one text, number or truth value. One whose schema is missing or wrong is judged elsewhere.
fn is_plain(linter: &Linter<'_>, schema: Option<&Value>) -> bool {
    let target = schema.map(|schema| linter.reader().target(schema));
    let plain = |target: Target| is_plain_target(linter, &target);
    target.is_none_or(|target| target.map_or(true, plain))
}

fn is_plain_target(linter: &Linter<'_>, target: &Target) -> bool {
    match target {
        Target::Component(name) => {
            let kind = linter.reader().kind_of(name);
            matches!(kind, None | Some(Kind::Text | Kind::Enum | Kind::Replaced))
        }
        Target::Array { .. } | Target::Map(_) | Target::Free => false,
        Target::Text(_) | Target::Integer { .. } | Target::Boolean => true,
    }
}

/// The variables of the path and the path parameters are the same.
fn path_template(linter: &mut Linter<'_>, at: &str, raw: RawOperation<'_>) {
    if let Err(problem) = literal(raw.path) {
        linter.found(&parent(at), rules::PATH, &[&problem]);
    }
    let variables: BTreeSet<&str> = raw
        .path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .collect();
    let declared: BTreeSet<&str> = raw
        .parameters(linter.spec)
        .filter(|parameter| text(parameter, "in") == Some("path"))
        .filter_map(|parameter| text(parameter, "name"))
        .collect();
    for name in variables.difference(&declared) {
        linter.found(at, rules::UNDECLARED_IN_PATH, &[&name]);
    }
    for name in declared.difference(&variables) {
        linter.found(at, rules::NOT_IN_PATH, &[&name, &name]);
    }
}

/// What stands in a path beside its parameters is sent as it is, so it must be a plain path to begin with.
fn literal(path: &str) -> Result<(), String> {
    let Some(segments) = path.strip_prefix('/') else {
        return Err("does not begin with a slash".to_owned());
    };
    let last = segments.split('/').count() - 1;
    for (index, segment) in segments.split('/').enumerate() {
        if matches!(segment, "." | "..") || (segment.is_empty() && index < last) {
            return Err(format!("has the segment {segment:?}, which leads elsewhere"));
        }
        let mut rest = segment;
        while let Some(next) = rest.chars().next() {
            if next == '{' {
                let name = rest[1..]
                    .split_once('}')
                    .filter(|(name, _)| !name.is_empty() && !name.contains('{'));
                (_, rest) = name.ok_or("has braces that do not match")?;
            } else if next.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(next) {
                rest = &rest[1..];
            } else if next == '%' {
                let escape: String = rest.chars().take(3).collect();
                return Err(format!(
                    "has the escape {escape}, which some servers read as what it stands for"
                ));
            } else {
                return Err(format!("has the character {next:?}"));
            }
        }
    }
    Ok(())
}

/// Names that the methods of the client use themselves.
const OF_CALLS: &str = "body found header_map items operation prepare range segment texts unique warnings";

/// Names that the call builders use themselves.
const OF_BUILDERS: &str = "finish found is_fresh on prepare request send";

/// Arguments are named after the parameter in progenitor's method, and those of headers after their component in our own;
/// those of a call builder stand next to the body's properties.
fn argument_names(linter: &mut Linter<'_>, at: &str, raw: RawOperation<'_>) {
    let reader = linter.reader();
    let known: BTreeSet<&String> = linter.settings.clients.values().flatten().collect();
    // Properties that clash among themselves are judged with their component.
    let fields = reader.body_fields(raw).keys();
    let fields: BTreeMap<String, &String> = fields.map(|name| (field_name(name), name)).collect();
    let (mut wire, mut own, mut built) = (Vec::new(), Vec::new(), Vec::new());
    for parameter in raw.parameters(linter.spec) {
        let (Some(name), Some(schema)) = (text(parameter, "name"), parameter.get("schema")) else {
            continue;
        };
        let place = text(parameter, "in").unwrap_or_default();
        let argument = reader.target(schema).map_or_else(
            |_| field_name(name),
            |target| Parameter::argument(name, place, &target),
        );
        wire.push((name, field_name(name)));
        own.push((name, argument.clone()));
        if known.iter().any(|known| *known == name) {
            continue;
        }
        // As `Form::argument` has it.
        let is_field = fields.contains_key(&argument);
        let placed = format!("{place}_{argument}");
        built.push((name, if is_field { placed } else { argument }));
    }
    built.extend(fields.into_iter().map(|(field, name)| (name.as_str(), field)));
    let all = [(OF_CALLS, wire), (OF_CALLS, own), (OF_BUILDERS, built)];
    let clashes: BTreeSet<String> = all
        .into_iter()
        .flat_map(|(taken, names)| clashes(taken, names))
        .collect();
    for clash in clashes {
        linter.found(at, rules::ARGUMENT_NAME, &[&clash]);
    }
}

/// The names whose argument is that of one before, or of the generated code.
fn clashes(reserved: &str, arguments: Vec<(&str, String)>) -> Vec<String> {
    let reserved = reserved.split_whitespace();
    let mut taken: BTreeMap<String, &str> = reserved
        .map(|name| (name.to_owned(), "the generated code"))
        .collect();
    let mut clashes = Vec::new();
    for (name, argument) in arguments {
        let problem = format!("{name} makes the argument `{argument}`, and so does ");
        match taken.get(&argument) {
            Some(other) => clashes.push(problem + other),
            None => drop(taken.insert(argument, name)),
        }
    }
    clashes
}

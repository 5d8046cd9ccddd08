//! Rules for the facade: a handle for each tag, and a call of it for each operation.

use std::collections::{BTreeMap, BTreeSet};

use super::{Linter, rules};
use crate::emit::forms::short_name;
use crate::names::type_name;
use crate::spec::{RawOperation, has_word, join, text};

/// Types that it names itself.
const TYPES: &str = "At By CallOf DecimalInput Echo Entry Error Form Items Judged Option Paged Pages Prepared Reader \
    Response Result String Vec Violations";

/// What every handle has, and its client.
const CALLS: &str = "answers arithmetic base_url blocking fractions options send";

/// Runs the rules.
pub(super) fn check(linter: &mut Linter<'_>) {
    let operations = linter.spec.operations();
    let types: Vec<BTreeSet<String>> = operations.iter().map(|raw| arguments(linter, *raw)).collect();
    let taken: BTreeSet<&String> = types.iter().flatten().collect();
    let mut calls = BTreeMap::new();
    let mut handles = BTreeMap::new();
    for (raw, types) in operations.into_iter().zip(&types) {
        let at = join(&join("/paths", raw.path), raw.method);
        let tag = raw.operation.pointer("/tags/0").and_then(|tag| tag.as_str());
        let (Some(id), Some(tag)) = (text(raw.operation, "operationId"), tag) else {
            continue;
        };
        let own = linter.settings.calls.get(id).cloned().unwrap_or_default();
        let on = own.on.clone().unwrap_or_else(|| type_name(tag));
        let name = own.name.unwrap_or_else(|| short_name(id, tag));
        let parameters = raw.parameters(linter.spec);
        let names: Vec<&str> = parameters.filter_map(|entry| text(entry, "name")).collect();
        let client = linter.settings.client_of(|name| names.contains(&name));
        let owner = match own.on {
            None => format!("the tag {tag} of {client:?}"),
            Some(_) => format!("{client:?}"),
        };
        let other = handles.entry(on.clone()).or_insert_with(|| owner.clone());
        if *other != owner {
            linter.found(&join(&at, "tags"), rules::SAME_HANDLE, &[&on, other, &owner]);
        }
        if has_word(TYPES, &on) || taken.contains(&on) {
            linter.found(&join(&at, "tags"), rules::HANDLE_NAME, &[&tag, &on]);
        }
        if has_word(CALLS, &name) {
            linter.found(&join(&at, "operationId"), rules::CALL_NAME, &[&id, &name]);
        }
        if let Some(other) = calls.insert((on.clone(), name.clone()), id) {
            linter.found(
                &join(&at, "operationId"),
                rules::SAME_CALL,
                &[&id, &on, &name, &other],
            );
        }
        for ty in types.iter().filter(|ty| has_word(TYPES, ty)) {
            linter.found(&at, rules::ARGUMENT_TYPE, &[&ty]);
        }
    }
}

/// The types of a call's arguments: its parameters, its body, and what that holds.
fn arguments(linter: &Linter<'_>, raw: RawOperation<'_>) -> BTreeSet<String> {
    let reader = linter.reader();
    let parameters = raw.parameters(linter.spec);
    let parameters = parameters.filter_map(|entry| entry.get("schema"));
    let fields = reader.body_fields(raw).values();
    let schemas = parameters.chain(raw.body()).chain(fields);
    let targets = schemas.filter_map(|schema| reader.target(schema).ok());
    targets
        .filter_map(|target| target.component().map(type_name))
        .collect()
}

//! Rules for `x-paging`: what it names is there, and has the type that paging needs.

use serde_json::Value;

use super::{Linter, rules};
use crate::model::{Kind, PagingBy, Target};
use crate::spec::{RawOperation, array, is_true, join, object, text};

/// Runs the rules.
pub(super) fn check<'a>(linter: &mut Linter<'a>, at: &str, raw: RawOperation<'a>) {
    let Some(paging) = raw.operation.get("x-paging") else {
        return;
    };
    let at = join(at, "x-paging");
    let Some(by) = text(paging, "by").and_then(PagingBy::named) else {
        return linter.found(&join(&at, "by"), rules::PAGING_BY, &[]);
    };
    let place: Fits = if by == PagingBy::Token { is_text } else { is_whole };
    let rows: [(&str, bool, Fits); 4] = [
        ("parameter", true, place),
        ("size", true, is_whole),
        ("items", false, |_, target| matches!(target, Target::Array { .. })),
        (by.end(), false, place),
    ];
    for (key, sent, fits) in rows {
        let name = text(paging, key).unwrap_or_default();
        let schema = if sent {
            parameter(linter, raw, name)
        } else {
            field(linter, raw, name)
        };
        let target = schema.and_then(|schema| linter.reader().target(schema).ok());
        if !target.is_some_and(|target| fits(linter, &target)) {
            let of = if sent {
                "optional query parameter"
            } else {
                "field of the answer"
            };
            linter.found(&join(&at, key), rules::PAGING_FIELD, &[&name, &of, &key]);
        }
    }
    for name in object(Some(paging)).keys() {
        if name != "by" && !name.starts_with("x-") && !rows.iter().any(|(key, ..)| key == name) {
            linter.found(&join(&at, name), rules::PAGING_PART, &[&name]);
        }
    }
}

type Fits = fn(&Linter<'_>, &Target) -> bool;

fn is_text(linter: &Linter<'_>, target: &Target) -> bool {
    match target {
        Target::Text(_) => true,
        Target::Component(name) => linter.reader().kind_of(name) == Some(Kind::Text),
        _ => false,
    }
}

fn is_whole(_: &Linter<'_>, target: &Target) -> bool {
    matches!(target, Target::Integer { .. })
}

/// The schema of an optional query parameter: the first page has no token.
fn parameter<'a>(linter: &Linter<'a>, raw: RawOperation<'a>, name: &str) -> Option<&'a Value> {
    raw.parameters(linter.spec)
        .find(|entry| {
            text(entry, "in") == Some("query")
                && text(entry, "name") == Some(name)
                && !is_true(entry, "required")
        })?
        .get("schema")
}

/// The schema of a field of the answer, which is an object.
fn field<'a>(linter: &Linter<'a>, raw: RawOperation<'a>, name: &str) -> Option<&'a Value> {
    let spec = linter.spec;
    let schema = raw.answer(spec)?;
    let part = array(schema.get("allOf")).first().unwrap_or(schema);
    spec.deref(part).pointer(&join("/properties", name))
}

//! Rules for `x-sensitive`: what reads like a person's data or a credential has a mark, and each mark hides something.

use serde_json::Value;

use super::telling::is_telling;
use super::{Linter, rules};
use crate::model::{Kind, Target};
use crate::spec::join;

/// The mark of any schema.
pub(super) fn mark(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let Some(mark) = schema.get("x-sensitive") else {
        return;
    };
    if !matches!(mark.as_str(), Some("personal" | "secret" | "none")) {
        linter.found(&join(at, "x-sensitive"), rules::UNKNOWN_MARK, &[&mark]);
    }
}

/// A struct, union or list of values prints by itself, wherever it stands: a mark on it would promise too much.
pub(super) fn component(linter: &mut Linter<'_>, at: &str, name: &str, schema: &Value) {
    let kind = linter.reader().kind(name, schema);
    let prints = matches!(kind, Kind::Object | Kind::Union | Kind::Selected | Kind::Enum);
    if prints && schema.get("x-sensitive").is_some() {
        linter.found(&join(at, "x-sensitive"), rules::MARK_ON_TYPE, &[&name]);
    }
}

/// A property that reads like a person's data or a credential.
pub(super) fn property(linter: &mut Linter<'_>, at: &str, name: &str, property: &Value) {
    let reader = linter.reader();
    if is_telling(name) && holds_value(linter, property) && reader.mark(property).is_none() {
        linter.found(at, rules::UNMARKED_SENSITIVE, &[&name]);
    }
}

/// Whether a value is a text or a number, or a list or map of these: a yes or no tells of nobody.
fn holds_value(linter: &Linter<'_>, schema: &Value) -> bool {
    fn value(linter: &Linter<'_>, target: &Target) -> bool {
        match target {
            Target::Text(_) | Target::Integer { .. } => true,
            Target::Component(name) => {
                let kind = linter.reader().kind_of(name);
                matches!(kind, Some(Kind::Text | Kind::Replaced))
            }
            Target::Array { items, .. } | Target::Map(items) => value(linter, items),
            Target::Boolean | Target::Free => false,
        }
    }
    let target = linter.reader().target(schema);
    target.is_ok_and(|target| value(linter, &target))
}

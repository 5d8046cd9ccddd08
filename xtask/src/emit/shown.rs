//! The names of a body's fields that may show in a log.
//!
//! A log hides what `Debug` of the structs hides, for the same two reasons: the field's own `sensitive`, or a type that does
//! not print. But a log knows only a field's name, so a name may be shown only if all fields of that name may be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::{Model, Shape, Tag, Target};
use crate::spec::{Spec, text};

/// What stands under a name, somewhere in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    /// Something that is hidden in `Debug`, or of no fixed shape: a map's keys are data.
    Hidden,
    /// An object, which has names of its own.
    Object,
    /// A text, a number, a yes or no, or a list of these.
    Scalar,
}

/// The two lists of names, for `operations.rs`.
pub fn emit(model: &Model, spec: &Spec) -> String {
    let names = names(model, spec);
    let list = |wanted| {
        let is_open = |uses: &BTreeSet<Use>| !uses.contains(&Use::Hidden) && uses.contains(&wanted);
        let names = names.iter().filter(|(_, uses)| is_open(uses));
        let names: Vec<String> = names.map(|(name, _)| format!("{name:?}")).collect();
        names.join(", ")
    };
    format!(
        "
/// Names of JSON fields whose values may be printed, sorted: wherever the spec has a field of that name, it holds a text,
/// a number, a yes or no, or a list of these, and nothing marks it as personal or secret. If it holds an object elsewhere,
/// the name is in [`OPEN_FIELDS`] too. Whatever else arrives, under a listed name or another, is not to be shown.
pub const SHOWN_FIELDS: &[&str] = &[{}];

/// Names of JSON fields whose objects may be looked into for [`SHOWN_FIELDS`], sorted: nowhere does the spec hide a field
/// of that name as a whole, or leave open what is in it. Any other object, such as a stored token, may hold under a
/// harmless name what must not show.
pub const OPEN_FIELDS: &[&str] = &[{}];
",
        list(Use::Scalar),
        list(Use::Object)
    )
}

fn names<'a>(model: &'a Model, spec: &Spec) -> BTreeMap<&'a str, BTreeSet<Use>> {
    let mut found: BTreeMap<&str, BTreeSet<Use>> = BTreeMap::new();
    for component in model.components.values() {
        match &component.shape {
            Shape::Object(fields) => {
                for field in fields {
                    let open = || of_target(model, spec, &field.target);
                    let how = field.sensitive.map_or_else(open, |_| Use::Hidden);
                    found.entry(&field.name).or_default().insert(how);
                }
            }
            // Its members have no field for it: `Debug` prints it as the variant.
            Shape::Union(union) => {
                if let Tag::Inside(tag) = &union.tag {
                    found.entry(tag).or_default().insert(Use::Scalar);
                }
            }
            _ => {}
        }
    }
    found
}

fn of_target(model: &Model, spec: &Spec, target: &Target) -> Use {
    match target {
        Target::Text(_) | Target::Integer { .. } | Target::Boolean => Use::Scalar,
        Target::Array { items, .. } => of_target(model, spec, items),
        Target::Map(_) | Target::Free => Use::Hidden,
        Target::Component(name) => match model.shape(name) {
            Some(Shape::Text(text)) if text.sensitive.is_some() => Use::Hidden,
            Some(Shape::Text(_) | Shape::Enum(_)) => Use::Scalar,
            Some(Shape::Object(_) | Shape::Union(_)) => Use::Object,
            Some(Shape::Replaced(_)) if holds_scalar(spec.schemas().get(name)) => Use::Scalar,
            Some(Shape::Replaced(_) | Shape::Alias(_)) | None => Use::Hidden,
        },
    }
}

/// A type that is written by hand prints like the text that it replaces. Any other type counts as hidden.
fn holds_scalar(schema: Option<&Value>) -> bool {
    let kind = schema.and_then(|schema| text(schema, "type"));
    matches!(kind, Some("string" | "integer" | "boolean"))
}

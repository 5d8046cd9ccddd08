//! The names of a body's fields that may show in a log.
//!
//! What hides is what `Debug` of the structs hides, by the same two answers: the field's own `sensitive`, and a type that
//! does not print. Only, a log knows a field by nothing but its name, so that a name is as open as its most private use.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::model::{Field, Model, Shape, Tag, Target};
use crate::spec::{Spec, text};

/// What stands under a name, in all of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Uses {
    /// Something that is hidden in `Debug`, or of no fixed shape: a map's keys are data.
    hidden: bool,
    /// An object, which has names of its own.
    object: bool,
    /// A text, a number, a yes or no, or a list of these.
    scalar: bool,
}

const HIDDEN: Uses = Uses {
    hidden: true,
    object: false,
    scalar: false,
};
const OBJECT: Uses = Uses {
    hidden: false,
    object: true,
    scalar: false,
};
const SCALAR: Uses = Uses {
    hidden: false,
    object: false,
    scalar: true,
};

/// The two lists of names, for `operations.rs`.
pub fn emit(model: &Model, spec: &Spec) -> String {
    let names = names(model, spec);
    let list = |wanted: fn(&Uses) -> bool| {
        let names = names.iter().filter(|(_, uses)| !uses.hidden && wanted(uses));
        let names: Vec<String> = names.map(|(name, _)| format!("{name:?}")).collect();
        names.join(", ")
    };
    let mut out = String::new();
    let _ = writeln!(
        out,
        "
/// Names of JSON fields whose values may be printed, sorted: wherever the spec has a field of that name, it holds a text,
/// a number, a yes or no, or a list of these, and nothing marks it as personal or secret. If it holds an object elsewhere,
/// the name is in [`OPEN_FIELDS`] too. Whatever else arrives, under a listed name or another, is not to be shown.
pub const SHOWN_FIELDS: &[&str] = &[{}];

/// Names of JSON fields whose objects may be looked into for [`SHOWN_FIELDS`], sorted: nowhere does the spec hide a field
/// of that name as a whole, or leave open what is in it. Any other object, such as a stored token, may hold under a
/// harmless name what must not show.
pub const OPEN_FIELDS: &[&str] = &[{}];",
        list(|uses| uses.scalar),
        list(|uses| uses.object)
    );
    out
}

fn names<'a>(model: &'a Model, spec: &Spec) -> BTreeMap<&'a str, Uses> {
    let mut found: BTreeMap<&str, Uses> = BTreeMap::new();
    let mut add = |name: &'a str, how: Uses| {
        let uses = found.entry(name).or_default();
        uses.hidden |= how.hidden;
        uses.object |= how.object;
        uses.scalar |= how.scalar;
    };
    for component in model.components.values() {
        match &component.shape {
            Shape::Object(fields) => {
                for field in fields {
                    add(&field.name, of_field(model, spec, field));
                }
            }
            // Its members have no field for it: `Debug` prints it as the variant.
            Shape::Union(union) => {
                if let Tag::Inside(tag) = &union.tag {
                    add(tag, SCALAR);
                }
            }
            _ => {}
        }
    }
    found
}

fn of_field(model: &Model, spec: &Spec, field: &Field) -> Uses {
    if field.sensitive.is_some() {
        HIDDEN
    } else {
        of_target(model, spec, &field.target)
    }
}

fn of_target(model: &Model, spec: &Spec, target: &Target) -> Uses {
    match target {
        Target::Text(_) | Target::Integer { .. } | Target::Boolean => SCALAR,
        Target::Array { items, .. } => of_target(model, spec, items),
        Target::Map(_) | Target::Free => HIDDEN,
        Target::Component(name) => match model.components.get(name).map(|component| &component.shape) {
            Some(Shape::Text(text)) if text.sensitive.is_some() => HIDDEN,
            Some(Shape::Text(_) | Shape::Enum(_)) => SCALAR,
            Some(Shape::Object(_) | Shape::Union(_)) => OBJECT,
            Some(Shape::Replaced(_)) if holds_scalar(spec.schemas().get(name)) => SCALAR,
            Some(Shape::Replaced(_) | Shape::Alias(_)) | None => HIDDEN,
        },
    }
}

/// A type that is written by hand prints like the text that it stands in for; of anything else nobody knows.
fn holds_scalar(schema: Option<&Value>) -> bool {
    let kind = schema.and_then(|schema| text(schema, "type"));
    matches!(kind, Some("string" | "integer" | "boolean"))
}

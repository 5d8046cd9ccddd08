//! The same JSON with its fields in another order.

use itertools::Itertools as _;
use serde_json::ser::PrettyFormatter;
use serde_json::{Map, Value};

use super::json::{Spaced, compact, written};
use super::{Difference, Tries};

/// Tries orders, the likelier first: every field the other way round, one field in another place, then all orders of the
/// outermost fields, as far as the tries last.
pub(super) fn explain(
    value: &Value,
    tries: Tries,
    is_it: &mut dyn FnMut(&[u8]) -> bool,
) -> Option<Difference> {
    let mut left = match tries {
        Tries::Hash => 6_000_u32,
        Tries::Signature => 300,
    };
    let mut is_written = |text: &str| {
        left = left.saturating_sub(1);
        left > 0 && is_it(text.as_bytes())
    };
    let mut forms = |value: &Value| {
        is_written(&compact(value))
            || is_written(&written(value, Spaced))
            || is_written(&written(value, PrettyFormatter::new()))
    };
    let found = forms(&reversed(value))
        || moves(value, &mut forms)
        || permutations(value, &mut |value| is_written(&compact(value)));
    found.then_some(Difference::Reordered)
}

fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .rev()
            .map(|(name, value)| (name.clone(), reversed(value)))
            .collect(),
        Value::Array(items) => items.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

/// One field of one object in another place of it.
fn moves(root: &Value, is_it: &mut dyn FnMut(&Value) -> bool) -> bool {
    let mut index = 0;
    while let Some(fields) = object(&mut root.clone(), &mut index.clone()) {
        let fields = std::mem::take(fields);
        for from in 0..fields.len() {
            for to in (0..fields.len()).filter(|to| *to != from) {
                let mut entries: Vec<_> = fields.clone().into_iter().collect();
                let entry = entries.remove(from);
                entries.insert(to, entry);
                let mut moved = root.clone();
                if let Some(place) = object(&mut moved, &mut index.clone()) {
                    *place = entries.into_iter().collect();
                }
                if is_it(&moved) {
                    return true;
                }
            }
        }
        index += 1;
    }
    false
}

/// The object at an index, counted from the outermost in.
fn object<'v>(value: &'v mut Value, index: &mut usize) -> Option<&'v mut Map<String, Value>> {
    match value {
        Value::Object(_) if *index == 0 => value.as_object_mut(),
        Value::Object(fields) => {
            *index -= 1;
            fields.values_mut().find_map(|value| object(value, index))
        }
        Value::Array(items) => items.iter_mut().find_map(|value| object(value, index)),
        _ => None,
    }
}

/// All orders of the outermost fields.
fn permutations(root: &Value, is_it: &mut dyn FnMut(&Value) -> bool) -> bool {
    /// More fields have too many orders to try.
    const MOST: usize = 7;
    let fields = root.as_object().filter(|fields| fields.len() <= MOST);
    let mut orders = fields
        .into_iter()
        .flat_map(|fields| fields.iter().permutations(fields.len()));
    let owned = |(name, value): (&String, &Value)| (name.clone(), value.clone());
    orders.any(|fields| is_it(&fields.into_iter().map(owned).collect()))
}

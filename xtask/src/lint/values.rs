//! The rule for components of which no value can exist: whoever would make one needs another one first.

use std::collections::HashMap;

use serde_json::Value;

use super::{Linter, rules};
use crate::model::{Kind, Reader};
use crate::spec::{array, component, join, object, text};

/// Runs the rule. What has a value is found from below: a component has one as soon as all that it needs has one.
pub(super) fn check(linter: &mut Linter<'_>) {
    let reader = linter.reader();
    let names: Vec<&str> = linter.spec.schemas().keys().map(String::as_str).collect();
    let numbers: HashMap<&str, usize> = names
        .iter()
        .enumerate()
        .map(|(index, name)| (*name, index))
        .collect();
    let mut known = Known {
        reader,
        proven: vec![false; names.len()],
        numbers,
    };
    let mut waiting: Vec<Vec<usize>> = vec![Vec::new(); names.len()];
    let mut blocked: Vec<Option<usize>> = vec![None; names.len()];
    let mut open: Vec<usize> = (0..names.len()).rev().collect();
    while let Some(index) = open.pop() {
        if known.proven[index] {
            continue;
        }
        let mut missing = Vec::new();
        if known.component_has_value(names[index], &mut missing) {
            known.proven[index] = true;
            open.append(&mut waiting[index]);
        } else {
            blocked[index] = missing.first().copied();
            for needed in missing {
                waiting[needed].push(index);
            }
        }
    }
    for (index, name) in names
        .iter()
        .enumerate()
        .filter(|(index, _)| !known.proven[*index])
    {
        linter.found(
            &join("/components/schemas", name),
            rules::NO_VALUE,
            &[&name, &chain(&names, &blocked, index)],
        );
    }
}

/// Longest way that is told.
const STEPS: usize = 6;

fn chain(names: &[&str], blocked: &[Option<usize>], start: usize) -> String {
    let mut told = vec![start];
    let mut steps = Vec::new();
    while let Some(last) = told.last().copied()
        && let Some(next) = blocked[last]
    {
        steps.push(format!("{} needs {}", names[last], names[next]));
        if told.contains(&next) || steps.len() == STEPS {
            break;
        }
        told.push(next);
    }
    steps.join(", ")
}

struct Known<'a> {
    reader: Reader<'a>,
    proven: Vec<bool>,
    numbers: HashMap<&'a str, usize>,
}

impl Known<'_> {
    fn component_has_value(&self, name: &str, missing: &mut Vec<usize>) -> bool {
        self.reader.schema(name).is_none_or(|schema| {
            self.reader.kind(name, schema) == Kind::Replaced || self.has_value(schema, missing)
        })
    }

    /// Whether a value is known to exist. If not, `missing` gets components that it waits for.
    fn has_value(&self, schema: &Value, missing: &mut Vec<usize>) -> bool {
        if let Some(name) = text(schema, "$ref").and_then(component) {
            // What leads nowhere is judged elsewhere.
            return self.numbers.get(name).is_none_or(|number| {
                let proven = self.proven[*number];
                if !proven {
                    missing.push(*number);
                }
                proven
            });
        }
        if !array(schema.get("allOf"))
            .iter()
            .all(|part| self.has_value(part, missing))
        {
            return false;
        }
        for keyword in ["oneOf", "anyOf"] {
            let members = array(schema.get(keyword));
            if !members.is_empty() && !members.iter().any(|member| self.has_value(member, missing)) {
                return false;
            }
        }
        let least = |limit| schema.get(limit).and_then(Value::as_u64).unwrap_or(0);
        if let Some(items) = schema.get("items").filter(|_| least("minItems") > 0) {
            return self.has_value(items, missing);
        }
        let properties = object(schema.get("properties"));
        array(schema.get("required"))
            .iter()
            .filter_map(|name| properties.get(name.as_str()?))
            .all(|property| self.has_value(property, missing))
    }
}

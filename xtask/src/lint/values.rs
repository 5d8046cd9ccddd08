//! The rule for components of which no value can exist: whoever would make one needs another one first.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Linter, rules};
use crate::model::{Kind, Reader};
use crate::spec::{array, component, join, object, text};

/// Runs the rule. What has a value is found from below: a component has one as soon as all that it needs has one.
pub(super) fn check(linter: &mut Linter<'_>) {
    let names = linter.spec.schemas().keys().map(String::as_str);
    let mut known = Known {
        reader: linter.reader(),
        proven: HashSet::new(),
    };
    let mut waiting: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut blocked: HashMap<&str, &str> = HashMap::new();
    let mut open: Vec<&str> = names.clone().rev().collect();
    while let Some(name) = open.pop() {
        if known.proven.contains(name) {
            continue;
        }
        let mut missing = Vec::new();
        if known.component_has_value(name, &mut missing) {
            known.proven.insert(name);
            open.append(&mut waiting.remove(name).unwrap_or_default());
        } else {
            blocked.extend(missing.first().map(|first| (name, *first)));
            for needed in missing {
                waiting.entry(needed).or_default().push(name);
            }
        }
    }
    for name in names.filter(|name| !known.proven.contains(name)) {
        let at = join("/components/schemas", name);
        linter.found(&at, rules::NO_VALUE, &[&name, &chain(&blocked, name)]);
    }
}

/// Longest way that is told.
const STEPS: usize = 6;

fn chain<'a>(blocked: &HashMap<&'a str, &'a str>, start: &'a str) -> String {
    let mut told = vec![start];
    let mut steps = Vec::new();
    while let Some(last) = told.last().copied()
        && let Some(next) = blocked.get(last)
    {
        steps.push(format!("{last} needs {next}"));
        if told.contains(next) || steps.len() == STEPS {
            break;
        }
        told.push(next);
    }
    steps.join(", ")
}

struct Known<'a> {
    reader: Reader<'a>,
    proven: HashSet<&'a str>,
}

impl<'a> Known<'a> {
    fn component_has_value(&self, name: &str, missing: &mut Vec<&'a str>) -> bool {
        self.reader.schema(name).is_none_or(|schema| {
            self.reader.kind(name, schema) == Kind::Replaced || self.has_value(schema, missing)
        })
    }

    /// Whether a value is known to exist. If not, `missing` gets components that it waits for.
    fn has_value(&self, schema: &'a Value, missing: &mut Vec<&'a str>) -> bool {
        if let Some(name) = text(schema, "$ref").and_then(component) {
            // What leads nowhere is judged elsewhere.
            let is_missing = self.reader.schema(name).is_some() && !self.proven.contains(name);
            missing.extend(is_missing.then_some(name));
            return !is_missing;
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

//! Rules for schemas that hold themselves. An object may, and so may one that holds itself in a list or a map.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{Linter, rules};
use crate::model::{Kind, MOST_ALIASES, Reader, Target, reference};
use crate::spec::{component, join, object, text};

/// Runs the rules.
pub(super) fn check(linter: &mut Linter<'_>) {
    let reader = linter.reader();
    let endless = circles(reader, linter.spec.schemas().keys());
    for (name, schema) in linter.spec.schemas() {
        let at = join("/components/schemas", name);
        match reader.kind(name, schema) {
            Kind::Alias if stands_for_itself(reader, name) => linter.found(&at, rules::ALIAS_CYCLE, &[&name]),
            Kind::Union if endless.contains(name.as_str()) => {
                linter.found(&at, rules::ENDLESS_UNION, &[&name]);
            }
            _ => {}
        }
    }
}

/// Follows references, items and values from one component without a type of its own to the next. A way that is too long
/// for the generator counts as one without end.
fn stands_for_itself(reader: Reader<'_>, name: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = reader.schema(name);
    while let Some(schema) = next {
        next = match reference(schema).and_then(component) {
            Some(name) if !seen.insert(name) || seen.len() > MOST_ALIASES => return true,
            Some(name) => reader
                .schema(name)
                .filter(|schema| reader.kind(name, schema) == Kind::Alias),
            None => schema.get("items").or_else(|| schema.get("additionalProperties")),
        };
    }
    false
}

/// The components that hold themselves directly, by Kosaraju's algorithm: in the reversed graph, what is reached from the
/// last one left leads back to it.
fn circles<'a>(reader: Reader<'a>, names: impl Iterator<Item = &'a String>) -> BTreeSet<&'a str> {
    let names: Vec<&str> = names.map(String::as_str).collect();
    let numbers: HashMap<&str, usize> = names
        .iter()
        .enumerate()
        .map(|(index, name)| (*name, index))
        .collect();
    let mut forth = vec![Vec::new(); names.len()];
    let mut back = vec![Vec::new(); names.len()];
    for (index, name) in names.iter().enumerate() {
        for held in held(reader, name)
            .iter()
            .filter_map(|held| numbers.get(held.as_str()))
        {
            forth[index].push(*held);
            back[*held].push(index);
        }
    }
    let left: Vec<usize> = trees(&forth, 0..names.len()).concat();
    trees(&back, left.into_iter().rev())
        .into_iter()
        .filter(|tree| tree.len() > 1 || forth[tree[0]].contains(&tree[0]))
        .flatten()
        .map(|index| names[index])
        .collect()
}

/// What is reached from each root and from none before it, in the order in which a walk leaves it.
fn trees(graph: &[Vec<usize>], roots: impl Iterator<Item = usize>) -> Vec<Vec<usize>> {
    let mut seen = vec![false; graph.len()];
    let mut trees = Vec::new();
    for root in roots {
        let mut tree = Vec::new();
        let mut open = vec![(root, false)];
        while let Some((node, leaving)) = open.pop() {
            if leaving {
                tree.push(node);
            } else if !std::mem::replace(&mut seen[node], true) {
                open.push((node, true));
                open.extend(graph[node].iter().map(|next| (*next, false)));
            }
        }
        if !tree.is_empty() {
            trees.push(tree);
        }
    }
    trees
}

/// The components that stand directly in a component's type.
fn held(reader: Reader<'_>, name: &str) -> Vec<String> {
    let Some(schema) = reader.schema(name) else {
        return Vec::new();
    };
    let own = |reference: &str| component(reference).unwrap_or(reference).to_owned();
    match reader.kind(name, schema) {
        Kind::Object => object(schema.get("properties"))
            .values()
            .filter_map(|property| match reader.target(property) {
                Ok(Target::Component(name)) => Some(name),
                _ => None,
            })
            .collect(),
        Kind::Union => object(schema.pointer("/discriminator/mapping"))
            .values()
            .filter_map(Value::as_str)
            .chain(text(schema, "x-untagged"))
            .map(own)
            .collect(),
        _ => Vec::new(),
    }
}

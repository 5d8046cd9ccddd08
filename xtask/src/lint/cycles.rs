//! Rules for schemas that hold themselves. An object may, and so may one that holds itself in a list or a map.

use std::collections::{BTreeSet, HashMap};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::Value;

use super::{Linter, rules};
use crate::model::{Kind, MOST_ALIASES, Reader, Target, reference};
use crate::spec::{component, join, object, short, text};

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

/// Follows references, items and values through components without a type of their own. A chain that is too long for
/// the generator counts as endless.
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

/// The components that hold themselves directly.
fn circles<'a>(reader: Reader<'a>, names: impl Iterator<Item = &'a String>) -> BTreeSet<&'a str> {
    let mut graph: DiGraph<&str, ()> = DiGraph::new();
    let nodes: HashMap<&str, NodeIndex> = names
        .map(|name| (name.as_str(), graph.add_node(name.as_str())))
        .collect();
    for (name, node) in &nodes {
        let held = held(reader, name);
        for held in held.iter().filter_map(|held| nodes.get(held.as_str())) {
            graph.add_edge(*node, *held, ());
        }
    }
    let circles = kosaraju_scc(&graph).into_iter();
    circles
        .filter(|circle| circle.len() > 1 || graph.contains_edge(circle[0], circle[0]))
        .flatten()
        .map(|node| graph[node])
        .collect()
}

/// The components that stand directly in a component's type.
fn held(reader: Reader<'_>, name: &str) -> Vec<String> {
    let Some(schema) = reader.schema(name) else {
        return Vec::new();
    };
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
            .map(|reference| short(reference).to_owned())
            .collect(),
        _ => Vec::new(),
    }
}

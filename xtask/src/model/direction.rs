//! Which components are sent and which are received. Those that are both are split.
//!
//! What is sent is strict, and what is received is lenient, so that an object or union that goes both ways becomes two
//! types: `LineItem`, which is sent, and `ReceivedLineItem`. The author of a document says nothing of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Direction, Model, Shape, Target};

/// What the received half of a component is called.
const PREFIX: &str = "Received";

impl Model {
    /// The components that are sent: request bodies and all that they hold.
    pub fn sent(&self) -> BTreeSet<&str> {
        let bodies = self.operations.iter().filter_map(|op| op.body.as_deref());
        self.reached(bodies)
    }

    /// Gives each component its direction, and a second one to what is sent and comes in `answers` too. What nothing
    /// refers to is received: an envelope of webhooks, as a rule.
    pub(super) fn part(&mut self, answers: Vec<String>) -> Result<(), String> {
        let sent: BTreeSet<String> = self.sent().into_iter().map(str::to_owned).collect();
        let others = self.components.keys().filter(|name| !sent.contains(*name));
        let roots = answers.iter().chain(others).map(String::as_str);
        let received = self.reached(roots);
        let has_halves = |name: &&String| {
            let is_split = matches!(self.shape(name), Some(Shape::Object(_) | Shape::Union(_)));
            is_split && received.contains(name.as_str())
        };
        let halves: BTreeMap<String, String> = sent
            .iter()
            .filter(has_halves)
            .map(|name| (name.clone(), format!("{PREFIX}{name}")))
            .collect();
        for (name, half) in &halves {
            if self.components.contains_key(half) {
                return Err(format!(
                    "component {half}: its name is that of the type in which {name} is received; give it another"
                ));
            }
            // Its direction is that of what is received, until what is sent gets its own below.
            let mut component = self.component(name)?.clone();
            // What the document requires is required to send. Nobody says that all of it comes back.
            if let Shape::Object(fields) = &mut component.shape {
                for field in fields {
                    field.required = false;
                }
            }
            self.components.insert(half.clone(), component);
        }
        for (name, component) in &mut self.components {
            if sent.contains(name) {
                component.direction = Direction::Sent;
            } else {
                component.shape.redirect(&halves);
            }
        }
        for success in self.operations.iter_mut().filter_map(|op| op.success.as_mut()) {
            success.redirect(&halves);
        }
        Ok(())
    }

    fn reached<'a>(&'a self, roots: impl Iterator<Item = &'a str>) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = roots.collect();
        while let Some(name) = open.pop() {
            if !found.insert(name) {
                continue;
            }
            open.extend(self.shape(name).into_iter().flat_map(Shape::held));
        }
        found
    }

    /// Whether a value of `target` holds one of `component` with no list or map between.
    pub fn holds(&self, target: &Target, component: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![target];
        while let Some(target) = open.pop() {
            let Target::Component(name) = target else { continue };
            if name == component {
                return true;
            }
            if let Some(Shape::Object(fields)) = self.shape(name)
                && seen.insert(name)
            {
                open.extend(fields.iter().map(|field| &field.target));
            }
        }
        false
    }
}

impl Shape {
    fn redirect(&mut self, halves: &BTreeMap<String, String>) {
        match self {
            Self::Object(fields) => {
                for field in fields {
                    field.target.redirect(halves);
                }
            }
            Self::Union(union) => {
                let members = union.members.iter_mut().map(|(_, member)| member);
                for member in members.chain(&mut union.untagged) {
                    redirect(member, halves);
                }
            }
            _ => {}
        }
    }
}

impl Target {
    fn redirect(&mut self, halves: &BTreeMap<String, String>) {
        match self {
            Self::Component(name) => redirect(name, halves),
            Self::Array { items, .. } | Self::Map(items) => items.redirect(halves),
            _ => {}
        }
    }
}

fn redirect(name: &mut String, halves: &BTreeMap<String, String>) {
    if let Some(half) = halves.get(name) {
        half.clone_into(name);
    }
}

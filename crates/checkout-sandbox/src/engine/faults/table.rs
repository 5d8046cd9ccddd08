//! The rules that are in force.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use checkout_core::{Operation, impl_debug};
use parking_lot::Mutex;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::fault::FaultError;
use super::plan::Plan;
use super::rule;
use super::rule::{FaultRule, Probability};
use crate::engine::control::Feed;
use crate::engine::spec::Api;
use crate::engine::text::{sha256, sparse};

/// The fault rules of a running [`Sandbox`](crate::Sandbox), to look at and to change.
///
/// All rules that fire on a request happen to it; of two faults that clash, that of the older rule does. Each rule counts
/// and draws for itself, so one more rule changes nothing for the others.
pub struct Faults {
    /// Whether there are any rules. Without rules, a request costs no more than this look.
    any: AtomicBool,
    table: Mutex<Table>,
    seed: Option<u64>,
    /// How many requests asked for faults themselves.
    asked: AtomicU64,
    feed: Feed,
}

#[derive(Default)]
struct Table {
    last_id: u64,
    rules: Vec<InForce>,
}

struct InForce {
    shown: ActiveRule,
    /// From the seed and the rule: what its draws are made of.
    key: [u8; 32],
}

/// A rule in force, and how often it did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ActiveRule {
    /// From 1, never used again in one sandbox.
    pub id: u64,
    /// The rule as a text.
    pub text: String,
    /// The rule.
    #[serde(flatten)]
    pub rule: FaultRule,
    /// How many requests it was for.
    pub matched: u64,
    /// How many of them it happened to.
    pub fired: u64,
}

impl Faults {
    /// `seed` is the sandbox's. Rules without one of their own draw from it, or from 0.
    pub(crate) fn new(rules: impl IntoIterator<Item = FaultRule>, seed: Option<u64>, feed: Feed) -> Self {
        let faults = Self {
            any: AtomicBool::new(false),
            table: Mutex::default(),
            seed,
            asked: AtomicU64::new(0),
            feed,
        };
        for rule in rules {
            faults.add(rule);
        }
        faults
    }

    /// Puts a rule in force, after those that are there already. Its id is returned.
    pub fn add(&self, rule: FaultRule) -> u64 {
        let text = rule.to_string();
        let seed = rule.seed.or(self.seed).unwrap_or_default();
        let key = sha256(format!("{seed} {text}").as_bytes());
        let id = {
            let mut table = self.table.lock();
            table.last_id += 1;
            let id = table.last_id;
            table.rules.push(InForce {
                shown: ActiveRule {
                    id,
                    text: text.clone(),
                    rule,
                    matched: 0,
                    fired: 0,
                },
                key,
            });
            self.any.store(true, Ordering::Release);
            id
        };
        self.tell("added", Some(id), Some(&text));
        id
    }

    /// The rules in force, the oldest first. Those that have fired as often as they may are still among them.
    #[must_use]
    pub fn list(&self) -> Vec<ActiveRule> {
        self.table
            .lock()
            .rules
            .iter()
            .map(|rule| rule.shown.clone())
            .collect()
    }

    /// Takes a rule back; false if there is none of that id.
    pub fn remove(&self, id: u64) -> bool {
        let removed = {
            let mut table = self.table.lock();
            let before = table.rules.len();
            table.rules.retain(|rule| rule.shown.id != id);
            self.any.store(!table.rules.is_empty(), Ordering::Release);
            table.rules.len() < before
        };
        if removed {
            self.tell("removed", Some(id), None);
        }
        removed
    }

    /// Takes all rules back.
    pub fn clear(&self) {
        {
            let mut table = self.table.lock();
            table.rules.clear();
            self.any.store(false, Ordering::Release);
        }
        self.tell("cleared", None, None);
    }

    /// What happens to a request for an operation.
    pub(crate) fn decide(&self, api: Api, operation: &Operation) -> Option<Plan> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut plan: Option<Plan> = None;
        for rule in &mut self.table.lock().rules {
            let Some(reference) = rule.fires(api, operation) else {
                continue;
            };
            let faults = rule.shown.rule.faults();
            match &mut plan {
                Some(plan) => plan.add(faults),
                None => plan = Some(Plan::new(faults.to_vec(), reference)),
            }
        }
        plan
    }

    /// What the request itself asks for.
    pub(crate) fn asked(&self, text: &str) -> Result<Plan, FaultError> {
        let faults = rule::faults(text)?;
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let reference = self.seed.map_or_else(Uuid::new_v4, |seed| {
            let hash = sha256(format!("{seed} asked {number}").as_bytes());
            hash.first_chunk::<16>().map_or_else(Uuid::nil, as_reference)
        });
        Ok(Plan::new(faults, reference))
    }

    fn tell(&self, change: &'static str, id: Option<u64>, text: Option<&str>) {
        let told = json!({ "change": change, "id": id, "text": text });
        self.feed.publish("fault", &sparse(told));
    }
}

impl InForce {
    /// Whether it happens to this request; then the reference of an error that it may answer with.
    fn fires(&mut self, api: Api, operation: &Operation) -> Option<Uuid> {
        let Self { shown, key } = self;
        let rule = &shown.rule;
        if !rule.target.is_for(api, operation) {
            return None;
        }
        shown.matched = shown.matched.saturating_add(1);
        let is_spent = rule.count.is_some_and(|count| shown.fired >= count.get());
        if shown.matched <= rule.skip || is_spent {
            return None;
        }
        let draw = sha256(&[&key[..], &shown.matched.to_be_bytes()].concat());
        let (number, reference) = draw.split_first_chunk::<8>()?;
        let hit = u64::from_be_bytes(*number) % u64::from(Probability::ALWAYS.millionths())
            < u64::from(rule.probability.millionths());
        if !hit {
            return None;
        }
        shown.fired += 1;
        reference.first_chunk().map(as_reference)
    }
}

fn as_reference(bytes: &[u8; 16]) -> Uuid {
    uuid::Builder::from_random_bytes(*bytes).into_uuid()
}

impl_debug!(Faults: self => { rules: self.list(), .. });

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;

    fn faults(seed: Option<u64>) -> Faults {
        let rule = "* 503 probability=0.5".parse().unwrap();
        Faults::new([rule], seed, Feed::new(watch::Sender::new(()).subscribe()))
    }

    /// References show by `Debug` of the plans.
    fn plans(seed: Option<u64>) -> String {
        let faults = faults(seed);
        let decided = (0..64).map(|_| faults.decide(Api::Noah, &noah_models::operations::CREATE_SELL));
        let decided: Vec<_> = decided.collect();
        format!("{decided:?} {:?} {:?}", faults.asked("500"), faults.asked("500"))
    }

    #[test]
    fn the_sandboxs_seed_is_that_of_rules_without_one() {
        assert_eq!(plans(Some(1)), plans(Some(1)));
        assert_ne!(plans(Some(1)), plans(Some(2)));
        let faults = faults(Some(1));
        let plan = |text| format!("{:?}", faults.asked(text).unwrap());
        assert_ne!(plan("500"), plan("500"), "each answer has a reference of its own");
    }
}

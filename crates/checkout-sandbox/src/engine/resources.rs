//! What an API keeps of things: each a JSON object with a kind and an id, numbered in the order in which they came to be.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::ground::{Batch, State, StateError, Table, nth};

/// Things by their number.
pub(crate) type ResourceTable = Table<Resource>;

type Id = (String, String);

/// A thing as a state file holds it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Resource {
    kind: String,
    id: String,
    value: Value,
}

/// All things of an API.
pub(crate) struct Resources {
    table: ResourceTable,
    by_id: IndexMap<Id, Value>,
}

/// Changes that are to be kept together.
pub(crate) struct Stage<'a> {
    known: &'a Resources,
    changed: IndexMap<Id, Value>,
}

/// Changes that were put into a batch, to be shown once it is committed.
pub(crate) struct Staged(IndexMap<Id, Value>);

impl Resources {
    /// With those of an earlier sandbox, if there is a state file.
    pub(crate) fn new(state: &State, table: ResourceTable) -> Result<Self, StateError> {
        let rows = state.rows(table)?.into_iter();
        let by_id = rows.map(|(_, Resource { kind, id, value })| ((kind, id), value));
        Ok(Self {
            table,
            by_id: by_id.collect(),
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<&Value> {
        self.by_id.get(&(kind.to_owned(), id.to_owned()))
    }

    /// Those of a kind, each with its number, the oldest first.
    pub(crate) fn of(&self, kind: &str) -> impl DoubleEndedIterator<Item = (u64, &Value)> {
        let all: Vec<_> = (0..).zip(&self.by_id).collect();
        let of_kind = all.into_iter().filter(move |(_, ((of, _), _))| of == kind);
        of_kind.map(|(number, (_, value))| (number, value))
    }

    pub(crate) fn stage(&self) -> Stage<'_> {
        Stage {
            known: self,
            changed: IndexMap::new(),
        }
    }

    /// Shows what was committed.
    pub(crate) fn show(&mut self, Staged(changed): Staged) {
        self.by_id.extend(changed);
    }
}

impl Stage<'_> {
    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<&Value> {
        let key = (kind.to_owned(), id.to_owned());
        self.changed.get(&key).or_else(|| self.known.by_id.get(&key))
    }

    /// The oldest thing of a kind that is not `null`, if there are so many of them.
    pub(crate) fn oldest_of(&self, kind: &str, many: usize) -> Option<String> {
        let all = self
            .known
            .by_id
            .iter()
            .filter(|((of, _), value)| of == kind && !value.is_null());
        let mut ids = all.map(|((_, id), _)| id);
        let oldest = ids.next()?;
        (ids.count() + 1 >= many).then(|| oldest.clone())
    }

    /// In place of what stood there; else it is the newest.
    pub(crate) fn put(&mut self, kind: &str, id: &str, value: Value) {
        self.changed.insert((kind.to_owned(), id.to_owned()), value);
    }

    pub(crate) fn into_batch(self, batch: &mut Batch) -> Staged {
        let mut next = self.known.by_id.len();
        for ((kind, id), value) in &self.changed {
            let number = self
                .known
                .by_id
                .get_index_of(&(kind.clone(), id.clone()))
                .unwrap_or_else(|| {
                    next += 1;
                    next - 1
                });
            let row = Resource {
                kind: kind.clone(),
                id: id.clone(),
                value: value.clone(),
            };
            batch.put(self.known.table, nth(number), &row);
        }
        Staged(self.changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages go by numbers, so a restart must not give others.
    #[test]
    fn a_restart_keeps_every_thing_under_its_number() {
        const TABLE: ResourceTable = Table::new("things");
        let directory = tempfile::tempdir().unwrap();
        let state = State::in_file(&directory.path().join("state")).unwrap();
        let mut things = Resources::new(&state, TABLE).unwrap();
        for (kind, id, value) in [("a", "1", 1), ("b", "1", 2), ("a", "2", 3), ("a", "1", 4)] {
            let mut stage = things.stage();
            stage.put(kind, id, value.into());
            assert_eq!(stage.get(kind, id), Some(&value.into()));
            let mut batch = state.batch();
            let staged = stage.into_batch(&mut batch);
            assert_ne!(
                things.get(kind, id),
                Some(&value.into()),
                "not before it is committed"
            );
            state.commit(batch).unwrap();
            things.show(staged);
        }
        let again = Resources::new(&state, TABLE).unwrap();
        for things in [&things, &again] {
            let of_a: Vec<_> = things
                .of("a")
                .map(|(number, value)| (number, value.clone()))
                .collect();
            assert_eq!(of_a, [(0, 4.into()), (2, 3.into())]);
        }
    }
}

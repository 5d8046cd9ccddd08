//! The things that an API keeps. Each is a JSON object with a kind and an id; their numbers follow the order of creation.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::ground::{Batch, State, StateError, Table, nth};

/// Things by their number.
pub(crate) type ResourceTable = Table<Resource>;

type Id = (String, String);

/// A thing as a state file holds it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Resource<Text = String, Thing = Value> {
    kind: Text,
    id: Text,
    value: Thing,
}

/// All things of an API.
pub(crate) struct Resources {
    table: ResourceTable,
    /// Each with its number, in the order of these.
    by_id: IndexMap<Id, (u64, Arc<Value>)>,
}

/// Changes that are to be kept together.
pub(crate) struct Stage<'a> {
    known: &'a Resources,
    /// `None` for what is removed.
    changed: IndexMap<Id, Option<Arc<Value>>>,
}

/// Changes that were put into a batch, to be shown once it is committed.
pub(crate) struct Staged(IndexMap<Id, Option<(u64, Arc<Value>)>>);

impl Resources {
    /// With those of an earlier sandbox, if there is a state file.
    pub(crate) fn new(state: &State, table: ResourceTable) -> Result<Self, StateError> {
        let rows = state.rows(table)?.into_iter();
        let by_id = rows.map(|(number, Resource { kind, id, value })| {
            ((kind, id), (number.parse().unwrap_or_default(), Arc::new(value)))
        });
        Ok(Self {
            table,
            by_id: by_id.collect(),
        })
    }

    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<&Value> {
        let (_, value) = self.by_id.get(&(kind.to_owned(), id.to_owned()))?;
        Some(value)
    }

    /// Those of a kind, each with its number, the oldest first.
    pub(crate) fn of(&self, kind: &str) -> impl DoubleEndedIterator<Item = (u64, &Value)> {
        let all = self.by_id.iter();
        let of_kind = all.filter(move |((of, _), _)| of == kind);
        of_kind.map(|(_, (number, value))| (*number, &**value))
    }

    pub(crate) fn stage(&self) -> Stage<'_> {
        Stage {
            known: self,
            changed: IndexMap::new(),
        }
    }

    /// Shows what was committed.
    pub(crate) fn show(&mut self, Staged(changed): Staged) {
        for (id, kept) in changed {
            match kept {
                Some(kept) => self.by_id.insert(id, kept),
                None => self.by_id.shift_remove(&id),
            };
        }
    }
}

impl Stage<'_> {
    pub(crate) fn get(&self, kind: &str, id: &str) -> Option<&Value> {
        let changed = self.changed.get(&(kind.to_owned(), id.to_owned()));
        changed.map_or_else(|| self.known.get(kind, id), Option::as_deref)
    }

    /// In place of what stood there; else it is the newest.
    pub(crate) fn put(&mut self, kind: &str, id: &str, value: impl Into<Arc<Value>>) {
        self.changed
            .insert((kind.to_owned(), id.to_owned()), Some(value.into()));
    }

    pub(crate) fn remove(&mut self, kind: &str, id: &str) {
        self.changed.insert((kind.to_owned(), id.to_owned()), None);
    }

    /// Makes room for one more of a kind of which so many are kept at the most: the oldest goes.
    pub(crate) fn make_room(&mut self, kind: &str, at_most: usize) {
        let mut known = self.known.by_id.keys().filter(|(of, _)| of == kind);
        if let Some(oldest) = known.next()
            && known.count() + 1 >= at_most
        {
            self.changed.insert(oldest.clone(), None);
        }
    }

    pub(crate) fn into_batch(self, batch: &mut Batch) -> Staged {
        let Self { known, changed } = self;
        // Lists go by numbers, and what stands in them is never removed. So the number of the newest may be given again.
        let mut next = known.by_id.last().map_or(0, |(_, (last, _))| last + 1);
        let staged = changed.into_iter().map(|(key, value)| {
            let number = known.by_id.get(&key).map(|(number, _)| *number);
            let Some(value) = value else {
                if let Some(number) = number {
                    batch.remove(known.table, nth(number));
                }
                return (key, None);
            };
            let number = number.unwrap_or_else(|| {
                next += 1;
                next - 1
            });
            let row = Resource {
                kind: &key.0,
                id: &key.1,
                value: &*value,
            };
            batch.put(known.table.written_as(), nth(number), &row);
            (key, Some((number, value)))
        });
        Staged(staged.collect())
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
            stage.put(kind, id, Value::from(value));
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
        let of_a = |things: &Resources| -> Vec<_> {
            let numbered = things.of("a");
            numbered.map(|(number, value)| (number, value.clone())).collect()
        };
        let again = Resources::new(&state, TABLE).unwrap();
        for things in [&things, &again] {
            assert_eq!(of_a(things), [(0, 4.into()), (2, 3.into())]);
        }
        let mut stage = things.stage();
        stage.make_room("b", 2);
        stage.make_room("a", 2);
        assert_eq!(
            (stage.get("a", "1"), stage.get("b", "1")),
            (None, Some(&2.into()))
        );
        stage.put("a", "3", Value::from(5));
        let mut batch = state.batch();
        let staged = stage.into_batch(&mut batch);
        state.commit(batch).unwrap();
        things.show(staged);
        let again = Resources::new(&state, TABLE).unwrap();
        for things in [&things, &again] {
            assert_eq!(of_a(things), [(2, 3.into()), (3, 5.into())], "the oldest is gone");
        }
    }
}

//! Where in a file something stands.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

/// A place in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
}

/// The places of a value and of all within it: of an entry its key, of an item the item.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// Its own.
    pub place: Place,
    /// Those within it, by key or index.
    pub inner: BTreeMap<String, Self>,
}

impl Place {
    /// The place of a byte.
    pub fn of(text: &str, byte: usize) -> Self {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }
}

impl Marks {
    /// Of a value at `place`, with nothing within it yet.
    pub const fn new(place: Place) -> Self {
        Self {
            place,
            inner: BTreeMap::new(),
        }
    }

    /// The place of what a JSON pointer names, or of the nearest thing around it.
    pub fn find(&self, pointer: &str) -> Place {
        let mut found = self;
        for step in pointer.split('/').skip(1) {
            match found.inner.get(&step.replace("~1", "/").replace("~0", "~")) {
                Some(inner) => found = inner,
                None => break,
            }
        }
        found.place
    }

    /// How many values these are.
    pub fn count(&self) -> usize {
        1 + self.inner.values().map(Self::count).sum::<usize>()
    }

    /// Of a TOML document. One that cannot be read has none.
    pub fn of_toml(text: &str) -> Self {
        let table = DeTable::parse(text);
        Self {
            place: Place { line: 1, column: 1 },
            inner: table.map_or_else(|_| BTreeMap::new(), |table| of_table(text, table.get_ref())),
        }
    }
}

fn of_table(text: &str, table: &DeTable<'_>) -> BTreeMap<String, Marks> {
    table
        .iter()
        .map(|(key, value)| {
            let marks = of_value(text, key.span().start, value.get_ref());
            (key.get_ref().to_string(), marks)
        })
        .collect()
}

fn of_value(text: &str, start: usize, value: &DeValue<'_>) -> Marks {
    let inner = match value {
        DeValue::Table(table) => of_table(text, table),
        DeValue::Array(items) => {
            let marks = items
                .iter()
                .map(|item| of_value(text, item.span().start, item.get_ref()));
            (0..).map(|index: usize| index.to_string()).zip(marks).collect()
        }
        _ => BTreeMap::new(),
    };
    Marks {
        place: Place::of(text, start),
        inner,
    }
}

/// A JSON pointer one step further.
pub fn join(pointer: &str, step: &str) -> String {
    if step.contains(['~', '/']) {
        return format!("{pointer}/{}", step.replace('~', "~0").replace('/', "~1"));
    }
    [pointer, "/", step].concat()
}

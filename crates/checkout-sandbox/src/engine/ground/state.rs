//! Where a sandbox keeps what it knows: nowhere but in memory, or in a file too.
//!
//! The services work on what they hold in memory. What they change they first put into a [`Batch`] and commit; only then do
//! they change their memory and answer. A file therefore holds every acknowledged change, whenever the process is killed:
//! a commit is a transaction of the database, on disk before it returns.

use std::fmt;
use std::fs;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use checkout_core::impl_debug;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableError};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The form of what this version writes; a file of another form is refused. One that was read in part would not have the keys of
/// all requests, and what was paid would be paid again.
const FORM: u64 = 3;
const FORMS: Table<u64> = Table::new("form");

/// What is kept of one kind of thing, by a key.
pub(crate) struct Table<T> {
    name: &'static str,
    kind: PhantomData<fn() -> T>,
}

/// What is to be kept together.
pub(crate) struct Batch {
    /// `None` where nothing is written to a file.
    writes: Option<Vec<Write>>,
    fault: Option<StateError>,
}

struct Write {
    table: &'static str,
    key: String,
    /// `None` removes it.
    value: Option<Vec<u8>>,
}

/// In memory alone, or in a file.
pub(crate) struct State {
    database: Option<Database>,
}

/// What is wrong with a state file.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// Another sandbox has it open.
    #[error("the state file {} is in use by another sandbox; stop that one, or choose another file", checkout_core::given::shown_path(.0))]
    InUse(PathBuf),
    /// It cannot be opened or made.
    #[error(
        "the state file {} cannot be opened; choose another file, or remove it to begin anew",
        checkout_core::given::shown_path(path)
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// What the database says.
        source: Arc<redb::Error>,
    },
    /// It was written by another version of the sandbox.
    #[error(
        "the state file {} was written by another version of the sandbox (form {found}, not {FORM}); run that version, \
         choose another file, or remove this one to begin anew",
        checkout_core::given::shown_path(path)
    )]
    OtherForm {
        /// The file.
        path: PathBuf,
        /// The form that was found.
        found: u64,
    },
    /// It cannot be read or written.
    #[error("the state file cannot be read or written")]
    Database(#[source] Arc<redb::Error>),
    /// What it holds is not what the sandbox wrote.
    #[error("the state file holds something in {table} that cannot be understood; remove it to begin anew")]
    Undecodable {
        /// The kind of thing.
        table: &'static str,
        /// What is wrong with it.
        source: Arc<serde_json::Error>,
    },
}

impl<T> Clone for Table<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Table<T> {}

impl<T> Table<T> {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            kind: PhantomData,
        }
    }

    /// The same table, for what is written as its rows are read.
    pub(crate) const fn written_as<Row>(self) -> Table<Row> {
        Table::new(self.name)
    }

    const fn definition(self) -> TableDefinition<'static, &'static str, &'static [u8]> {
        TableDefinition::new(self.name)
    }
}

impl Batch {
    /// Keeps a value under its key, in place of what stood there. Without a file, neither is written out.
    pub(crate) fn put<T: Serialize>(&mut self, table: Table<T>, key: impl fmt::Display, value: &T) {
        let Some(writes) = &mut self.writes else { return };
        match serde_json::to_vec(value) {
            Ok(value) => writes.push(Write {
                table: table.name,
                key: key.to_string(),
                value: Some(value),
            }),
            Err(error) => {
                self.fault = Some(StateError::Undecodable {
                    table: table.name,
                    source: Arc::new(error),
                });
            }
        }
    }

    /// Keeps nothing under this key any more.
    pub(crate) fn remove<T>(&mut self, table: Table<T>, key: impl fmt::Display) {
        if let Some(writes) = &mut self.writes {
            writes.push(Write {
                table: table.name,
                key: key.to_string(),
                value: None,
            });
        }
    }
}

impl State {
    /// Forgotten when the sandbox stops.
    pub(crate) const fn in_memory() -> Self {
        Self { database: None }
    }

    /// In a file, made if absent, readable by its owner alone: it holds the sandbox's keys.
    pub(crate) fn in_file(path: &Path) -> Result<Self, StateError> {
        let failed = |source: redb::Error| StateError::Open {
            path: path.to_owned(),
            source: Arc::new(source),
        };
        make_private(path).map_err(|error| failed(error.into()))?;
        let database = match Database::create(path) {
            Ok(database) => database,
            Err(redb::DatabaseError::DatabaseAlreadyOpen) => return Err(StateError::InUse(path.to_owned())),
            Err(error) => return Err(failed(error.into())),
        };
        let state = Self {
            database: Some(database),
        };
        match state.rows(FORMS)?.first() {
            Some((_, FORM)) => {}
            Some((_, found)) => {
                return Err(StateError::OtherForm {
                    path: path.to_owned(),
                    found: *found,
                });
            }
            None => {
                let mut batch = state.batch();
                batch.put(FORMS, "form", &FORM);
                state.commit(batch)?;
            }
        }
        Ok(state)
    }

    pub(crate) fn batch(&self) -> Batch {
        Batch {
            writes: self.database.as_ref().map(|_| Vec::new()),
            fault: None,
        }
    }

    pub(crate) fn commit(&self, batch: Batch) -> Result<(), StateError> {
        let Batch { writes, fault } = batch;
        if let Some(fault) = fault {
            return Err(fault);
        }
        match (&self.database, writes) {
            (Some(database), Some(writes)) if !writes.is_empty() => write(database, &writes).map_err(failed),
            _ => Ok(()),
        }
    }

    /// Everything of a kind, in the order of the keys.
    pub(crate) fn rows<T: DeserializeOwned>(&self, table: Table<T>) -> Result<Vec<(String, T)>, StateError> {
        let Some(database) = &self.database else {
            return Ok(Vec::new());
        };
        let rows = read(database, table.definition()).map_err(failed)?;
        rows.into_iter()
            .map(|(key, value)| match serde_json::from_slice(&value) {
                Ok(value) => Ok((key, value)),
                Err(error) => Err(StateError::Undecodable {
                    table: table.name,
                    source: Arc::new(error),
                }),
            })
            .collect()
    }
}

impl_debug!(State: self => { in_file: self.database.is_some() });

/// The key of the nth thing in a table that keeps an order: the keys of a file go by their letters.
pub(crate) fn nth(number: impl fmt::Display) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "{number:012}"))
}

fn failed(error: redb::Error) -> StateError {
    StateError::Database(Arc::new(error))
}

fn write(database: &Database, writes: &[Write]) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    for Write { table, key, value } in writes {
        let mut table = transaction.open_table(Table::<()>::new(table).definition())?;
        match value {
            Some(value) => table.insert(key.as_str(), value.as_slice())?,
            None => table.remove(key.as_str())?,
        };
    }
    transaction.commit()?;
    Ok(())
}

type Rows = Vec<(String, Vec<u8>)>;

fn read(
    database: &Database,
    table: TableDefinition<'static, &'static str, &'static [u8]>,
) -> Result<Rows, redb::Error> {
    let transaction = database.begin_read()?;
    let table = match transaction.open_table(table) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut rows = Rows::new();
    for row in table.iter()? {
        let (key, value) = row?;
        rows.push((key.value().to_owned(), value.value().to_vec()));
    }
    Ok(rows)
}

/// Makes an absent file, so that the database finds one that others cannot read.
fn make_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match fs::metadata(path)?.is_file() {
            true => Ok(()),
            // A device has no end, and a pipe waits for its writer.
            false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no plain file")),
        },
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Table<String> = Table::new("words");

    fn kept(path: &Path) -> Vec<(String, String)> {
        State::in_file(path).unwrap().rows(WORDS).unwrap()
    }

    #[test]
    fn what_is_committed_is_found_again_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state");
        let state = State::in_file(&path).unwrap();
        let mut batch = state.batch();
        for (number, word) in ["one", "two", "three"].into_iter().enumerate() {
            batch.put(WORDS, nth(number), &word.to_owned());
        }
        state.commit(batch).unwrap();
        let mut batch = state.batch();
        batch.remove(WORDS, nth(1));
        state.commit(batch).unwrap();
        let mut never = state.batch();
        never.put(WORDS, nth(9), &"never".to_owned());
        drop((state, never));
        assert_eq!(
            kept(&path),
            [
                (nth(0).to_string(), "one".to_owned()),
                (nth(2).to_string(), "three".to_owned())
            ]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("state");
        let _state = State::in_file(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        for form in [FORM - 1, FORM + 1] {
            let path = directory.path().join(form.to_string());
            let state = State::in_file(&path).unwrap();
            let mut batch = state.batch();
            batch.put(FORMS, "form", &form);
            state.commit(batch).unwrap();
            drop(state);
            let refused = State::in_file(&path).unwrap_err().to_string();
            let told = format!("(form {form}, not {FORM}); run that version, choose another file, or remove");
            assert!(
                refused.contains(&told) && refused.contains(&path.display().to_string()),
                "{refused}"
            );
        }
    }
}

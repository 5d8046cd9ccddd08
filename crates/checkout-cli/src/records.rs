//! Stores requests from before they are sent until their end is known and shown.
//!
//! One file each in a private directory, and never changed: `ID.json`. Whoever made it, or finishes it, holds a lock on it,
//! which ends with the process. An answer that could not be shown, or that `resume` has shown, stands beside it for a day:
//! `ID.answer.json`. So a record alone is unfinished, and an answer alone is finished.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use checkout_core::read::DOCUMENT;
use checkout_transport::PreparedRequest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Failure;
use crate::account::WayOn;
use crate::answer::Answer;
use crate::api;
use crate::files::{
    Existing, FileArg, FileError, Input, make_private_directory, write_private, write_private_and_hold,
};

const VERSION: u32 = 1;

/// How long an answer is kept after it was shown, so that `resume` can show it again.
pub(crate) const KEPT: Duration = Duration::from_hours(24);

/// The age after which a half-written file is removed. A younger one may still be in use.
const TEMPORARY: &str = ".tmp";
const ABANDONED: Duration = Duration::from_mins(10);

const ANSWER: &str = ".answer.json";
const REQUEST: &str = ".json";

/// Why a record cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("there is no home directory to keep a record in; set XDG_STATE_HOME to a directory of yours")]
    Homeless,
    #[error("{} cannot be used: {source}", checkout_core::given::shown_path(path))]
    Unusable { path: PathBuf, source: io::Error },
    #[error(transparent)]
    File(#[from] FileError),
    #[error(
        "there is no record {:?}; `checkout unfinished` lists those that there are",
        checkout_core::given::quotable(.0)
    )]
    Missing(String),
    #[error("another process is at work with it")]
    Busy,
    #[error("{} cannot be read back: {problem}", checkout_core::given::shown_path(path))]
    Unreadable { path: PathBuf, problem: String },
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        Self::unavailable(error)
    }
}

/// The directory of records.
#[derive(Debug, Clone)]
pub(crate) struct Records {
    directory: PathBuf,
}

/// A record that this process holds.
#[derive(Debug)]
pub(crate) struct Record {
    records: Records,
    id: String,
    lock: File,
}

/// What a record says.
pub(crate) struct Written {
    pub(crate) request: PreparedRequest,
    /// Where `--out` wants a session that is not shown.
    pub(crate) out: Option<Input>,
    /// Flags that name hosts, for the command that finishes it.
    pub(crate) flags: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    request: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    out: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    flags: String,
}

impl Records {
    /// In the state home, by the rules of the XDG base directories; nothing is made yet.
    pub(crate) fn of_process() -> Result<Self, RecordError> {
        let directory = state_home().ok_or(RecordError::Homeless)?;
        Ok(Self {
            directory: directory.join("hosted-checkout").join("calls"),
        })
    }

    /// The id of a record to be.
    pub(crate) fn new_id() -> String {
        format!("{:08x}", fastrand::u32(..))
    }

    /// Writes a request down. It is on the disk, with its name, when this returns.
    pub(crate) fn add(
        &self,
        id: String,
        request: &PreparedRequest,
        out: Option<&Input>,
        flags: &str,
    ) -> Result<Record, RecordError> {
        make_private_directory(&self.directory).map_err(|source| self.unusable(source))?;
        self.tidy();
        let unwritable = |problem: serde_json::Error| self.unusable(problem.into());
        let stored = Stored {
            version: VERSION,
            request: serde_json::to_value(request).map_err(unwritable)?,
            out: out.map(|out| match out {
                Input::Stdin => PathBuf::from("-"),
                Input::File(path) => std::path::absolute(&**path).unwrap_or_else(|_| path.to_path_buf()),
            }),
            flags: flags.to_owned(),
        };
        let stored = serde_json::to_vec(&stored).map_err(unwritable)?;
        let path = self.path(&id);
        match write_private_and_hold(&path, &stored) {
            Ok(lock) => Ok(Record {
                records: self.clone(),
                id,
                lock,
            }),
            Err(error) => {
                // It may have got its name before the disk failed, and was not sent.
                if !matches!(error, FileError::Exists { .. }) {
                    let _ = std::fs::remove_file(path);
                }
                Err(error.into())
            }
        }
    }

    /// The ids of what is unfinished, and of answers that were shown and are kept; each the oldest first.
    pub(crate) fn list(&self) -> Result<(Vec<String>, Vec<String>), RecordError> {
        self.tidy();
        let mut files = self.files().map_err(|source| self.unusable(source))?;
        files.sort_by(|(name, written), (other, later)| (written, name).cmp(&(later, other)));
        let named = |suffix: &str| -> Vec<String> {
            let ids = files.iter().filter_map(|(name, _)| name.strip_suffix(suffix));
            ids.filter(|id| is_id(id)).map(str::to_owned).collect()
        };
        let (unfinished, mut answered) = (named(REQUEST), named(ANSWER));
        answered.retain(|id| !unfinished.contains(id));
        Ok((unfinished, answered))
    }

    /// The plain files in the directory, by name, and when each was written. A pipe of such a name would be read for ever.
    fn files(&self) -> io::Result<Vec<(String, Option<SystemTime>)>> {
        let entries = match std::fs::read_dir(&self.directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            let written = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            let name = entry.file_name().into_string().ok().filter(|_| is_file);
            files.extend(name.map(|name| (name, written)));
        }
        Ok(files)
    }

    /// Where a request is written down; there is none of an odd name.
    pub(crate) fn path(&self, id: &str) -> PathBuf {
        self.directory.join(format!("{id}{REQUEST}"))
    }

    /// Where a request is written down, and what is done with it.
    pub(crate) fn way_on(&self, id: &str, flags: &str) -> WayOn {
        WayOn {
            path: Some(self.path(id)),
            command: Some(format!("checkout resume {id}{flags}")),
            record: Some(id.to_owned()),
        }
    }

    /// Whether there is a record of this name, which is a plain file.
    pub(crate) fn has(&self, id: &str) -> bool {
        is_id(id)
            && self
                .path(id)
                .symlink_metadata()
                .is_ok_and(|metadata| metadata.is_file())
    }

    /// What a record says, whoever holds it, and whether somebody does.
    pub(crate) fn look(&self, id: &str) -> (Result<Written, RecordError>, bool) {
        let busy = self.has(id)
            && File::open(self.path(id))
                .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)));
        (self.read(id), busy)
    }

    /// Takes a record over from a process that has ended.
    pub(crate) fn hold(&self, id: &str) -> Result<Record, RecordError> {
        let missing = || RecordError::Missing(id.to_owned());
        if !self.has(id) {
            return Err(missing());
        }
        let path = self.path(id);
        // To write too, for a network's file system locks no other.
        let lock = match File::options().read(true).write(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
            file => file.map_err(|source| self.unusable(source))?,
        };
        take(&lock).map_err(|source| source.map_or(RecordError::Busy, |source| self.unusable(source)))?;
        // Whoever held it until now may have finished it. No name is used twice.
        if !path.exists() {
            return Err(missing());
        }
        Ok(Record {
            records: self.clone(),
            id: id.to_owned(),
            lock,
        })
    }

    /// The answer that is kept of a request.
    pub(crate) fn answer(&self, id: &str) -> Option<Answer> {
        if !is_id(id) {
            return None;
        }
        let bytes = DOCUMENT.read_file(&self.answer_path(id)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Removes what is kept of a request that has no record.
    pub(crate) fn forget_answer(&self, id: &str) -> io::Result<()> {
        remove(&self.answer_path(id))
    }

    fn answer_path(&self, id: &str) -> PathBuf {
        self.directory.join(format!("{id}{ANSWER}"))
    }

    fn read(&self, id: &str) -> Result<Written, RecordError> {
        let path = self.path(id);
        let unreadable = |problem: String| RecordError::Unreadable {
            path: path.clone(),
            problem,
        };
        let bytes = FileArg::from(path.clone()).read()?;
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        if stored.version != VERSION {
            return Err(unreadable("it is of another version of this command".to_owned()));
        }
        let request = serde_json::to_vec(&stored.request)
            .and_then(|json| PreparedRequest::from_json(&json, api::operations()))
            .map_err(|error| unreadable(error.to_string()))?;
        Ok(Written {
            request,
            out: stored.out.map(|out| Input::from(out.into_os_string())),
            flags: stored.flags,
        })
    }

    /// Removes answers that were kept long enough, and what killed processes left half written. What cannot be removed now
    /// is removed another time.
    fn tidy(&self) {
        let now = SystemTime::now();
        for (name, written) in self.files().unwrap_or_default() {
            // A clock that was set back does not keep anything for longer.
            let age = |written| {
                now.duration_since(written)
                    .unwrap_or_else(|ahead| ahead.duration())
            };
            let older_than = |limit: Duration| written.is_some_and(|written| age(written) >= limit);
            let goes = match name.strip_suffix(ANSWER).filter(|id| is_id(id)) {
                Some(id) => older_than(KEPT) && !self.path(id).exists(),
                None => name.starts_with(TEMPORARY) && older_than(ABANDONED),
            };
            if goes {
                let _ = std::fs::remove_file(self.directory.join(name));
            }
        }
    }

    fn unusable(&self, source: io::Error) -> RecordError {
        RecordError::Unusable {
            path: self.directory.clone(),
            source,
        }
    }
}

impl Record {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.records.path(&self.id)
    }

    pub(crate) fn way_on(&self, flags: &str) -> WayOn {
        self.records.way_on(&self.id, flags)
    }

    pub(crate) fn read(&self) -> Result<Written, RecordError> {
        self.records.read(&self.id)
    }

    /// Keeps the answer, so that it can be shown without asking for it again.
    pub(crate) fn keep(&self, answer: &Answer) -> Result<(), FileError> {
        let path = self.records.answer_path(&self.id);
        let bytes = serde_json::to_vec(answer).map_err(|error| FileError::Unwritable {
            path: path.clone(),
            source: error.into(),
        })?;
        write_private(&path, &bytes, Existing::Replace)
    }

    /// The end is known and shown, and nothing is left of it.
    pub(crate) fn remove(self) -> io::Result<()> {
        remove(&self.records.answer_path(&self.id))?;
        self.finish()
    }

    /// The end is known and shown; an answer that is kept stays for a while.
    pub(crate) fn finish(self) -> io::Result<()> {
        let removed = remove(&self.path());
        // Held until then, so that nobody takes it for unfinished in between.
        drop(self.lock);
        removed
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// A look at a record locks it for a moment. The error is `None` if another process is at work with it.
fn take(file: &File) -> Result<(), Option<io::Error>> {
    for _ in 0..20 {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(10)),
            Err(TryLockError::Error(error)) => return Err(Some(error)),
        }
    }
    Err(None)
}

fn is_id(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A relative path is none, by the rules of XDG.
fn state_home() -> Option<PathBuf> {
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = || std::env::home_dir().filter(|path| path.is_absolute());
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("LOCALAPPDATA").filter(|_| cfg!(windows)))
        .or_else(|| Some(home()?.join(".local").join("state")))
}

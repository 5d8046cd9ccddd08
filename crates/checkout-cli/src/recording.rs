//! A log of webhooks as they came, each line chained to the one before it by its hash.
//!
//! JSON lines, appended alone. A line is on the disk before its webhook is answered, so that what was acknowledged is never
//! lost; what a crash leaves of a line that was not is cut off at the next start. A line that was changed, taken out or put
//! in later breaks the chain. Lines missing at the very end do not: for that, keep the hash of the last one elsewhere.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use checkout_core::digest::sha256_hex;
use checkout_core::encoding::{base64, base64_strict_decode};
use checkout_core::given::shown_path as shown;
use checkout_core::time::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::api::Api;
use crate::files::{directory, sync_directory};

/// What stands for the hash of a line before the first.
const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A webhook has 4 MiB at most, and its base64 a third more.
const LONGEST_LINE: u64 = 8 * 1024 * 1024;

/// The largest log that is read, and so the largest that is written.
const LARGEST_LOG: u64 = 256 * 1024 * 1024;

/// The headers that a signature needs, and the type and the compression of what is signed.
const KEPT: [&str; 5] = [
    "content-encoding",
    "content-type",
    "webhook-signature",
    "x-gcs-signature",
    "x-gcs-keyid",
];

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// From 1, without gaps.
    number: u64,
    received: Timestamp,
    api: Api,
    event_type: String,
    headers: Vec<(String, String)>,
    /// Base64 of the bytes.
    body: String,
    /// SHA-256 of the line before, in lower-case hex.
    previous: String,
}

/// A recorded webhook.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) number: u64,
    pub(crate) event_type: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A log that was read and whose chain holds.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) webhooks: Vec<Recorded>,
    /// SHA-256 of the last line.
    pub(crate) head: String,
    /// Bytes of a last line that a crash cut short.
    pub(crate) torn: usize,
}

/// A log that is being written.
#[derive(Debug)]
pub(crate) struct Recorder {
    file: File,
    length: u64,
    next: u64,
    previous: String,
    /// Half a line stands at its end and could not be cut: nothing may follow it.
    is_spoilt: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ChainError {
    #[error("{} cannot be opened: {source}", shown(path))]
    Unreadable { path: PathBuf, source: io::Error },
    #[error(
        "{} is being written by another process; record to a file of its own",
        shown(path)
    )]
    Busy { path: PathBuf },
    #[error(
        "{}, line {line}: {what}; the log is not what was recorded, and nothing is added to it",
        shown(path)
    )]
    Broken {
        path: PathBuf,
        line: u64,
        what: &'static str,
    },
}

impl From<ChainError> for Failure {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::Broken { .. } => Self::failed(error),
            other => Self::unavailable(other),
        }
    }
}

impl Recorder {
    /// Makes a log, for its owner alone, or goes on with one whose chain holds. Gives the bytes of a torn last line too, which
    /// are cut.
    pub(crate) fn open(path: &Path) -> Result<(Self, usize), ChainError> {
        let unreadable = |source| ChainError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(unreadable)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => ChainError::Busy {
                path: path.to_owned(),
            },
            TryLockError::Error(source) => unreadable(source),
        })?;
        let about = file.metadata().map_err(unreadable)?;
        if !about.is_file() {
            return Err(unreadable(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is no plain file",
            )));
        }
        let chain = read(path, &file)?;
        let length = about.len() - chain.torn as u64;
        file.set_len(length)
            .and_then(|()| file.seek(SeekFrom::Start(length)))
            .and_then(|_| file.sync_all())
            .and_then(|()| sync_directory(directory(path)))
            .map_err(unreadable)?;
        let recorder = Self {
            file,
            length,
            next: chain.webhooks.len() as u64 + 1,
            previous: chain.head,
            is_spoilt: false,
        };
        Ok((recorder, chain.torn))
    }

    /// Writes a webhook down and returns its number once it is on the disk.
    ///
    /// # Errors
    /// It is not, and the log is as before.
    pub(crate) fn append(
        &mut self,
        api: Api,
        event_type: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> io::Result<u64> {
        let line = Line {
            number: self.next,
            received: Timestamp::in_seconds(SystemTime::now()).map_err(io::Error::other)?,
            api,
            event_type: event_type.to_owned(),
            headers: kept(headers),
            body: base64(body),
            previous: self.previous.clone(),
        };
        let mut text = serde_json::to_vec(&line)?;
        let hash = sha256_hex(&text);
        text.push(b'\n');
        if self.length + text.len() as u64 > LARGEST_LOG {
            return Err(io::Error::other(
                "the log would be larger than 256 MiB, the most that is read again; record to another file",
            ));
        }
        if let Err(error) = self.write(&text) {
            self.is_spoilt = self.cut().is_err();
            return Err(error);
        }
        self.length += text.len() as u64;
        self.previous = hash;
        self.next += 1;
        Ok(line.number)
    }

    fn write(&mut self, text: &[u8]) -> io::Result<()> {
        if self.is_spoilt {
            return Err(io::Error::other(
                "an earlier write failed halfway; start again, which mends the log",
            ));
        }
        self.file.write_all(text)?;
        self.file.sync_data()
    }

    /// Takes off what was written of a line that is not whole.
    fn cut(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length)).map(drop)
    }
}

impl Chain {
    /// Reads a log and checks its chain.
    pub(crate) fn open(path: &Path) -> Result<Self, ChainError> {
        let unreadable = |source| ChainError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let about = path.metadata().map_err(unreadable)?;
        if about.is_dir() {
            return Err(unreadable(io::ErrorKind::IsADirectory.into()));
        }
        read(path, &File::open(path).map_err(unreadable)?)
    }
}

/// Line by line, and no line and no log without end: what stands there need not be what was recorded.
fn read(path: &Path, file: &File) -> Result<Chain, ChainError> {
    let mut lines = BufReader::new(file);
    let mut chain = Chain {
        webhooks: Vec::new(),
        head: BEGINNING.to_owned(),
        torn: 0,
    };
    let mut length = 0;
    for number in 1.. {
        let broken = |what| ChainError::Broken {
            path: path.to_owned(),
            line: number,
            what,
        };
        let mut line = Vec::new();
        let read = (&mut lines)
            .take(LONGEST_LINE + 1)
            .read_until(b'\n', &mut line)
            .map_err(|source| ChainError::Unreadable {
                path: path.to_owned(),
                source,
            })?;
        length += read as u64;
        let Some(line) = line.strip_suffix(b"\n") else {
            if read as u64 > LONGEST_LINE {
                return Err(broken("it is longer than 8 MiB, which no entry is"));
            }
            chain.torn = read;
            break;
        };
        if length > LARGEST_LOG {
            return Err(broken(
                "the log is larger than 256 MiB, the most that is read here",
            ));
        }
        chain
            .webhooks
            .push(link(line, number, &chain.head).map_err(broken)?);
        chain.head = sha256_hex(line);
    }
    Ok(chain)
}

fn link(text: &[u8], number: u64, previous: &str) -> Result<Recorded, &'static str> {
    let line: Line = serde_json::from_slice(text).map_err(|_| "it is no entry of such a log")?;
    if line.number != number {
        return Err("its number does not follow the one before it");
    }
    if line.previous != previous {
        return Err("it does not hold the hash of the line before it");
    }
    let headers = line
        .headers
        .iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().map_err(|_| "it holds a malformed header")?;
            let value: HeaderValue = value.parse().map_err(|_| "it holds a malformed header")?;
            Ok((name, value))
        })
        .collect::<Result<_, &'static str>>()?;
    let body = base64_strict_decode(&line.body).map_err(|_| "its body is not base64")?;
    Ok(Recorded {
        number,
        event_type: line.event_type,
        headers,
        body: body.into(),
    })
}

fn kept(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| KEPT.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(recorder: &mut Recorder, body: &str) -> u64 {
        let headers = HeaderMap::from_iter([
            (
                HeaderName::from_static("webhook-signature"),
                HeaderValue::from_static("c2ln"),
            ),
            (
                HeaderName::from_static("cookie"),
                HeaderValue::from_static("canary"),
            ),
        ]);
        recorder
            .append(Api::Noah, "Transaction", &headers, body.as_bytes())
            .unwrap()
    }

    fn broken(path: &Path) -> String {
        let error = Chain::open(path).unwrap_err();
        assert!(matches!(error, ChainError::Broken { .. }), "{error}");
        assert!(
            Recorder::open(path).is_err(),
            "nothing is added to what was changed"
        );
        error.to_string()
    }

    #[test]
    fn a_log_goes_on_where_it_ended() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let (mut recorder, _) = Recorder::open(&path).unwrap();
        assert_eq!(append(&mut recorder, "one"), 1);
        assert!(matches!(Recorder::open(&path), Err(ChainError::Busy { .. })));
        drop(recorder);
        let (mut recorder, torn) = Recorder::open(&path).unwrap();
        assert_eq!((append(&mut recorder, "two"), torn), (2, 0));

        let chain = Chain::open(&path).unwrap();
        let bodies: Vec<_> = chain.webhooks.iter().map(|it| it.body.as_ref()).collect();
        assert_eq!(bodies, [b"one", b"two"]);
        assert_eq!(
            chain.webhooks[0].headers.len(),
            1,
            "only what the signature needs is kept"
        );
        let text = std::fs::read(&path).unwrap();
        assert_eq!(
            chain.head,
            sha256_hex(
                text.trim_ascii_end()
                    .rsplit(|&byte| byte == b'\n')
                    .next()
                    .unwrap()
            )
        );
    }

    /// A crash may stop a write after any byte.
    #[test]
    fn a_torn_last_line_is_cut_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let (mut recorder, _) = Recorder::open(&path).unwrap();
        append(&mut recorder, "one");
        let first = std::fs::read(&path).unwrap();
        append(&mut recorder, "two");
        drop(recorder);
        let both = std::fs::read(&path).unwrap();
        for end in first.len()..both.len() {
            std::fs::write(&path, &both[..end]).unwrap();
            let (mut recorder, torn) = Recorder::open(&path).unwrap();
            assert_eq!(torn, end - first.len());
            assert_eq!(std::fs::read(&path).unwrap(), first);
            assert_eq!(append(&mut recorder, "three"), 2);
            assert_eq!(Chain::open(&path).unwrap().webhooks.len(), 2);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_does_not_end_is_no_log() {
        let zero = Path::new("/dev/zero");
        let error = Chain::open(zero).unwrap_err().to_string();
        assert!(
            error.starts_with("/dev/zero, line 1: it is longer than 8 MiB"),
            "{error}"
        );
        let error = Recorder::open(zero).unwrap_err().to_string();
        assert!(error.contains("it is no plain file"), "{error}");
        assert!(matches!(
            Chain::open(Path::new("/")),
            Err(ChainError::Unreadable { .. })
        ));
    }

    #[test]
    fn a_changed_log_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let (mut recorder, _) = Recorder::open(&path).unwrap();
        for body in ["one", "two", "three"] {
            append(&mut recorder, body);
        }
        drop(recorder);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let write = |lines: &[&str]| std::fs::write(&path, lines.join("\n") + "\n").unwrap();

        let changed = lines[0].replace("Transaction", "FiatDeposit");
        write(&[&changed, lines[1], lines[2]]);
        assert!(broken(&path).contains("line 2: it does not hold the hash"));
        write(&[lines[0], lines[2]]);
        assert!(broken(&path).contains("line 2: its number does not follow"));
        write(&[lines[1], lines[0], lines[2]]);
        assert!(broken(&path).contains("line 1"));
        write(&[lines[0], "", lines[1]]);
        assert!(broken(&path).contains("line 2: it is no entry"));
    }
}

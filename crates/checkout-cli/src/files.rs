//! Files: what is read from one or from stdin, and what is written for its owner alone.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use checkout_core::given::{GivenError, KeyFile, shown_path as shown};
use checkout_core::key::{SigningKey, VerifyingKey};
use checkout_core::read::{DOCUMENT, ReadError};
use checkout_core::utf8::{self, NotUtf8};
use clap::builder::{MapValueParser, PathBufValueParser, TypedValueParser, ValueParserFactory};

use crate::Failure;

/// Where a command reads from: a file, or stdin for `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    Stdin,
    File(FileArg),
}

/// A file of the command line, and the flag that names it. Every message about the file names the flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileArg {
    flag: String,
    path: PathBuf,
}

/// Whether a file that is there already may go.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Existing {
    /// It stays, and nothing is written. The error says what to do, which is this text.
    Keep(&'static str),
    /// It is replaced at once, so that nobody ever sees half of either.
    Replace,
}

/// Why a file was not read or written. A path shows if a file has it, or if it is made of words: somebody may have given a
/// key in its place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("{name} {source}")]
    Unreadable { name: String, source: ReadError },
    #[error("{name} {source}")]
    NotText { name: String, source: NotUtf8 },
    #[error("{} is there already and is left as it is; {advice}", shown(path))]
    Exists { path: PathBuf, advice: &'static str },
    #[error(
        "{} cannot be written: {source}; choose a place that you may write to",
        shown(path)
    )]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("{} is no plain file, and is left as it is; choose another name", shown(path))]
    Special { path: PathBuf },
}

impl Input {
    /// Reads as much as a body, headers or a token may have.
    pub(crate) fn read(&self) -> Result<Vec<u8>, FileError> {
        match self {
            Self::File(file) => file.read(),
            Self::Stdin => DOCUMENT
                .read(io::stdin().lock())
                .map_err(|source| FileError::Unreadable {
                    name: self.to_string(),
                    source,
                }),
        }
    }

    /// As it stands on a command line.
    pub(crate) fn as_given(&self) -> String {
        match self {
            Self::Stdin => "-".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    /// Without a byte order mark.
    pub(crate) fn read_text(&self) -> Result<String, FileError> {
        let bytes = self.read()?;
        let text = utf8::read(&bytes).map_err(|source| FileError::NotText {
            name: match self {
                Self::Stdin => self.to_string(),
                Self::File(file) => file.named(),
            },
            source,
        })?;
        Ok(text.to_owned())
    }
}

impl FileArg {
    /// Reads as much as a body, headers or a stored request may have.
    pub(crate) fn read(&self) -> Result<Vec<u8>, FileError> {
        DOCUMENT
            .read_file(&self.path)
            .map_err(|source| self.unreadable(source))
    }

    /// Why it was not read.
    pub(crate) fn unreadable(&self, source: ReadError) -> FileError {
        FileError::Unreadable {
            name: self.named(),
            source,
        }
    }

    /// The private key in it.
    pub(crate) fn signing_key(&self) -> Result<SigningKey, Failure> {
        SigningKey::from_file(&self.path).map_err(|error| self.unusable(error))
    }

    /// The public key in it.
    pub(crate) fn verifying_key(&self) -> Result<VerifyingKey, Failure> {
        VerifyingKey::from_file(&self.path).map_err(|error| self.unusable(error))
    }

    /// The file as one with a secret, and so with a path that does not show if it is none.
    pub(crate) fn key_file(&self) -> Result<KeyFile, Failure> {
        KeyFile::read(&self.path).map_err(|error| match error {
            GivenError::Neither(it) => {
                self.unusable(format_args!("there is no such file, and its path {it}"))
            }
            other => self.unusable(other),
        })
    }

    /// What is wrong with what it holds.
    pub(crate) fn unusable(&self, problem: impl fmt::Display) -> Failure {
        Failure::unavailable(format!("{}: {problem}", self.flag))
    }

    /// The flag, and the path where it may show.
    fn named(&self) -> String {
        let shown = shown(&self.path);
        if self.flag.is_empty() {
            shown
        } else {
            format!("{}: {shown}", self.flag)
        }
    }
}

/// A file that no flag names, such as a record.
impl From<PathBuf> for FileArg {
    fn from(path: PathBuf) -> Self {
        Self {
            flag: String::new(),
            path,
        }
    }
}

/// As it was given before, and written down.
impl From<OsString> for Input {
    fn from(text: OsString) -> Self {
        if text == "-" {
            Self::Stdin
        } else {
            Self::File(PathBuf::from(text).into())
        }
    }
}

impl std::ops::Deref for FileArg {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl fmt::Display for FileArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.path))
    }
}

/// Reads a path and remembers the flag.
#[derive(Debug, Clone)]
pub(crate) struct FileParser;

impl TypedValueParser for FileParser {
    type Value = FileArg;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<FileArg, clap::Error> {
        let path = PathBufValueParser::new().parse_ref(command, argument, value)?;
        let flag = argument.map_or_else(String::new, |argument| match argument.get_long() {
            Some(long) => format!("--{long}"),
            None => argument.get_id().as_str().to_uppercase(),
        });
        Ok(FileArg { flag, path })
    }
}

impl ValueParserFactory for FileArg {
    type Parser = FileParser;

    fn value_parser() -> FileParser {
        FileParser
    }
}

impl ValueParserFactory for Input {
    type Parser = MapValueParser<FileParser, fn(FileArg) -> Self>;

    fn value_parser() -> Self::Parser {
        FileParser.map(|file| {
            if file.path == Path::new("-") {
                Self::Stdin
            } else {
                Self::File(file)
            }
        })
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("stdin"),
            Self::File(file) => file.fmt(f),
        }
    }
}

/// Stdin can be read only once: a second reader would find it empty and blame the input.
pub(crate) fn once_from_stdin<'a>(inputs: impl IntoIterator<Item = &'a Input>) -> Result<(), Failure> {
    let readers = inputs.into_iter().filter(|input| **input == Input::Stdin).count();
    if readers > 1 {
        return Err(Failure::usage(
            "stdin can be read once only: give - for one of the files",
        ));
    }
    Ok(())
}

/// Whether a new file may take this name: to be asked before what it is for is done. Writing it asks again.
pub(crate) fn vacant(path: &Path, advice: &'static str) -> Result<(), FileError> {
    // A link that leads nowhere is there too.
    if path.symlink_metadata().is_ok() {
        return Err(FileError::Exists {
            path: path.to_owned(),
            advice,
        });
    }
    if !directory(path).is_dir() {
        return Err(FileError::Unwritable {
            path: path.to_owned(),
            source: io::Error::other("its directory is not there"),
        });
    }
    Ok(())
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::unavailable(error)
    }
}

/// Writes a file that its owner alone may read (on Unix, mode 0600), and returns once it is on the disk: a process or a
/// machine that dies afterwards does not lose it.
pub(crate) fn write_private(path: &Path, contents: &[u8], existing: Existing) -> Result<(), FileError> {
    write(path, contents, existing, 0o600, |_| Ok(())).map(drop)
}

/// Writes such a new file and keeps it locked until it is dropped. The lock is held before the name exists, so that
/// other processes learn that this one is at work with it. It ends with the process.
pub(crate) fn write_private_and_hold(path: &Path, contents: &[u8]) -> Result<File, FileError> {
    let keep = Existing::Keep("it is another's");
    write(path, contents, keep, 0o600, |file| Ok(file.try_lock()?))
}

/// The same for what anyone may read, as far as the umask lets them.
pub(crate) fn write_shared(path: &Path, contents: &[u8], existing: Existing) -> Result<(), FileError> {
    write(path, contents, existing, 0o644, |_| Ok(())).map(drop)
}

fn write(
    path: &Path,
    contents: &[u8],
    existing: Existing,
    mode: u32,
    take: impl FnOnce(&File) -> io::Result<()>,
) -> Result<File, FileError> {
    let unwritable = |source: io::Error| FileError::Unwritable {
        path: path.to_owned(),
        source: without_path(source),
    };
    // To replace a device, a pipe or a directory would be to take it away from everybody else.
    if matches!(existing, Existing::Replace) && path.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(FileError::Special {
            path: path.to_owned(),
        });
    }
    let directory = directory(path);
    // In the same directory, so that it can take its name in one step.
    let mut builder = tempfile::Builder::new();
    set_mode(&mut builder, mode);
    let mut file = builder.tempfile_in(directory).map_err(unwritable)?;
    file.write_all(contents)
        .and_then(|()| file.as_file().sync_all())
        .and_then(|()| take(file.as_file()))
        .map_err(unwritable)?;
    let persisted = match existing {
        Existing::Keep(_) => file.persist_noclobber(path),
        Existing::Replace => file.persist(path),
    };
    let file = persisted.map_err(|error| match (error.error.kind(), existing) {
        (io::ErrorKind::AlreadyExists, Existing::Keep(advice)) => FileError::Exists {
            path: path.to_owned(),
            advice,
        },
        _ => unwritable(error.error),
    })?;
    sync_directory(directory).map_err(unwritable)?;
    Ok(file)
}

/// Makes a directory for its owner alone (on Unix, mode 0700), and those above it that are missing; one that is there is
/// closed to others. All of it is on the disk when this returns.
pub(crate) fn make_private_directory(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|above| !above.exists()).collect();
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    close_to_others(path)?;
    missing
        .into_iter()
        .try_for_each(|made| sync_directory(directory(made)))
}

#[cfg(unix)]
fn close_to_others(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = directory.metadata()?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

/// What the system says. `tempfile` wraps it and adds the path, which may not show.
fn without_path(error: io::Error) -> io::Error {
    if error.get_ref().is_some() {
        error.kind().into()
    } else {
        error
    }
}

#[cfg(unix)]
fn set_mode(builder: &mut tempfile::Builder<'_, '_>, mode: u32) {
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
}

#[cfg(not(unix))]
fn set_mode(_: &mut tempfile::Builder<'_, '_>, _: u32) {}

/// The directory that a file stands in.
pub(crate) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// So that the name is there too after a loss of power.
#[cfg(unix)]
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    std::fs::File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
impl From<&str> for FileArg {
    fn from(path: &str) -> Self {
        Self {
            flag: "FILE".to_owned(),
            path: path.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Args {
        #[arg(long)]
        body: Input,
        file: FileArg,
    }

    fn args(body: &str, file: &str) -> Args {
        clap::Parser::try_parse_from(["test", "--body", body, file]).unwrap()
    }

    #[test]
    fn a_dash_is_stdin() {
        assert_eq!(args("-", "x").body, Input::Stdin);
        assert!(matches!(args("./-", "x").body, Input::File(file) if *file == *Path::new("./-")));
    }

    #[test]
    fn errors_name_the_flag_and_no_secret() {
        let secret = "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDD0TacTQxgsuIaBfJYd";
        let Args { body, file } = args("ordr.json", secret);
        let missing = io::Error::from_raw_os_error(2);
        assert_eq!(
            body.read().unwrap_err().to_string(),
            format!("--body: ordr.json cannot be read: {missing}")
        );
        assert_eq!(
            file.read().unwrap_err().to_string(),
            format!(
                "FILE: a path that is not shown, since it may be a secret: 64 characters that look like one line of base64, \
                 cannot be read: {missing}"
            )
        );
        assert!(!file.signing_key().unwrap_err().to_string().contains(&secret[..8]));
        assert!(!shown(&Path::new("/tmp").join(secret)).contains(&secret[..8]));
        assert_eq!(
            shown(Path::new("/tmp/a-name-of-words.json")),
            "/tmp/a-name-of-words.json"
        );
    }

    #[test]
    fn what_is_there_is_kept_unless_asked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write_private(&path, b"first", Existing::Keep("")).unwrap();
        let error = write_private(&path, b"second", Existing::Keep("delete it")).unwrap_err();
        assert!(matches!(error, FileError::Exists { .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        write_private(&path, b"third", Existing::Replace).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"third");
        assert_eq!(
            std::fs::read_dir(directory.path()).unwrap().count(),
            1,
            "nothing else is left behind"
        );
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_never_replaced() {
        use std::os::unix::fs::FileTypeExt as _;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let error = write_private(&path, b"secret", Existing::Replace).unwrap_err();
        assert!(matches!(error, FileError::Special { .. }), "{error}");
        assert!(path.symlink_metadata().unwrap().file_type().is_socket());
    }

    #[cfg(unix)]
    #[test]
    fn its_owner_alone_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, "open to all").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        write_private(&path, b"secret", Existing::Replace).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

//! Files: what is read from one or from stdin, and what is written for its owner alone.

use std::convert::Infallible;
use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use checkout_core::utf8::{self, NotUtf8};

use crate::Failure;

/// Where a command reads from: a file, or stdin for `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    Stdin,
    File(PathBuf),
}

/// Whether a file that is there already may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It stays, and nothing is written.
    Keep,
    /// It is replaced at once, so that nobody ever sees half of either.
    Replace,
}

/// Why a file was not read or written. Names the path, which is no secret here: contents never come by the command line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("{name} cannot be read: {source}")]
    Unreadable { name: String, source: io::Error },
    #[error("{name} {source}")]
    NotText { name: String, source: NotUtf8 },
    #[error("{} is there already and is left as it is; {advice}", path.display())]
    Exists { path: PathBuf, advice: &'static str },
    #[error("{} cannot be written: {source}; choose a place that you may write to", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error("{} is no plain file, and is left as it is; choose another name", path.display())]
    Special { path: PathBuf },
}

impl Input {
    pub(crate) fn read(&self) -> Result<Vec<u8>, FileError> {
        let mut bytes = Vec::new();
        match self {
            Self::Stdin => io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes),
            Self::File(path) => std::fs::read(path),
        }
        .map_err(|source| FileError::Unreadable {
            name: self.to_string(),
            source,
        })
    }

    /// Without a byte order mark.
    pub(crate) fn read_text(&self) -> Result<String, FileError> {
        let bytes = self.read()?;
        let text = utf8::read(&bytes).map_err(|source| FileError::NotText {
            name: self.to_string(),
            source,
        })?;
        Ok(text.to_owned())
    }
}

impl std::str::FromStr for Input {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(OsString::from(text)))
    }
}

impl From<OsString> for Input {
    fn from(text: OsString) -> Self {
        if text == "-" {
            Self::Stdin
        } else {
            Self::File(text.into())
        }
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("stdin"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// Stdin ends once: a second reader would take it for empty, and say something wrong of that.
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
    Ok(())
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::unavailable(error)
    }
}

/// Writes a file that its owner alone may read (on Unix, mode 0600), and returns once it is on the disk: a process or a
/// machine that dies afterwards does not lose it. `advice` says what to do if it must be kept.
pub(crate) fn write_private(
    path: &Path,
    contents: &[u8],
    existing: Existing,
    advice: &'static str,
) -> Result<(), FileError> {
    write(path, contents, existing, advice, 0o600, |_| Ok(())).map(|_| ())
}

/// A new file of that kind, which the process holds from before the name is there until the file is dropped: others that
/// try to lock it learn that somebody is at work with it. The lock ends with the process, however that ends.
pub(crate) fn write_private_and_hold(path: &Path, contents: &[u8]) -> Result<File, FileError> {
    write(path, contents, Existing::Keep, "it is another's", 0o600, |file| {
        file.try_lock().map_err(io::Error::from)
    })
}

/// The same for what anyone may read, as far as the umask lets them.
pub(crate) fn write_shared(
    path: &Path,
    contents: &[u8],
    existing: Existing,
    advice: &'static str,
) -> Result<(), FileError> {
    write(path, contents, existing, advice, 0o644, |_| Ok(())).map(|_| ())
}

fn write(
    path: &Path,
    contents: &[u8],
    existing: Existing,
    advice: &'static str,
    mode: u32,
    take: impl FnOnce(&File) -> io::Result<()>,
) -> Result<File, FileError> {
    let unwritable = |source: io::Error| FileError::Unwritable {
        path: path.to_owned(),
        source,
    };
    // To replace a device, a pipe or a directory would be to take it away from everybody else.
    if existing == Existing::Replace && path.metadata().is_ok_and(|found| !found.is_file()) {
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
        Existing::Keep => file.persist_noclobber(path),
        Existing::Replace => file.persist(path),
    };
    let file = persisted.map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => FileError::Exists {
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

#[cfg(unix)]
fn set_mode(builder: &mut tempfile::Builder<'_, '_>, mode: u32) {
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
}

#[cfg(not(unix))]
fn set_mode(_: &mut tempfile::Builder<'_, '_>, _: u32) {}

/// The directory that a file stands in.
fn directory(path: &Path) -> &Path {
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
mod tests {
    use super::*;

    #[test]
    fn a_dash_is_stdin() {
        assert_eq!("-".parse(), Ok(Input::Stdin));
        assert_eq!("./-".parse(), Ok(Input::File("./-".into())));
    }

    #[test]
    fn what_is_there_is_kept_unless_asked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        write_private(&path, b"first", Existing::Keep, "").unwrap();
        let error = write_private(&path, b"second", Existing::Keep, "delete it").unwrap_err();
        assert!(matches!(error, FileError::Exists { .. }), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        write_private(&path, b"third", Existing::Replace, "").unwrap();
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
        let error = write_private(&path, b"secret", Existing::Replace, "").unwrap_err();
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
        write_private(&path, b"secret", Existing::Replace, "").unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

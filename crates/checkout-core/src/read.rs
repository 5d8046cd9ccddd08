//! Files and streams, read up to a limit: none of them is trusted to end.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

/// The most that is read of a file with a key or a secret: far more than a key and its certificates need.
pub const KEY: Limit = Limit(64 * 1024);
/// The most that is read of anything else that a person gives: a body, headers, rules.
pub const DOCUMENT: Limit = Limit(4 * 1024 * 1024);

/// The most bytes that are read of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Limit(usize);

/// Why something was not read. Says nothing of its name and its contents: whoever asked for it names it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It does not end in time, such as a device.
    #[error("holds more than {0}, the most that is read here; is it the right file?")]
    TooLarge(Limit),
    /// A directory.
    #[error("is a directory, not a file")]
    Directory,
    /// A named pipe without a writer, for which one would wait in vain.
    #[error("is a pipe that nobody writes to")]
    NoWriter,
    /// What the operating system says.
    #[error("cannot be read: {0}")]
    System(#[from] io::Error),
}

impl Limit {
    /// So many bytes.
    #[must_use]
    pub const fn bytes(bytes: usize) -> Self {
        Self(bytes)
    }

    /// In bytes.
    #[must_use]
    pub const fn as_bytes(self) -> usize {
        self.0
    }

    /// Reads a stream to its end.
    ///
    /// ```
    /// use checkout_core::read::{Limit, ReadError};
    ///
    /// let limit = Limit::bytes(1024);
    /// assert_eq!(limit.read(&b"short"[..])?, b"short");
    /// assert!(matches!(limit.read(std::io::repeat(0)), Err(ReadError::TooLarge(_))));
    /// # Ok::<(), ReadError>(())
    /// ```
    ///
    /// # Errors
    /// It holds more, or cannot be read.
    pub fn read(self, stream: impl Read) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        self.read_into(stream, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads a file to its end.
    ///
    /// # Errors
    /// It holds more, is a directory or a named pipe without a writer, or cannot be read.
    pub fn read_file(self, path: &Path) -> Result<Vec<u8>, ReadError> {
        self.read(open(path)?.0)
    }

    /// Appends what a stream holds to `bytes`, which may be of a kind that is wiped. With room for one byte more than the
    /// limit they are never moved.
    pub(crate) fn read_into(self, stream: impl Read, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
        stream
            .take((self.0 as u64).saturating_add(1))
            .read_to_end(bytes)?;
        if bytes.len() > self.0 {
            return Err(ReadError::TooLarge(self));
        }
        Ok(())
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KIB: usize = 1024;
        const MIB: usize = KIB * KIB;
        match self.0 {
            bytes if bytes >= MIB && bytes.is_multiple_of(MIB) => write!(f, "{} MiB", bytes / MIB),
            bytes if bytes >= KIB && bytes.is_multiple_of(KIB) => write!(f, "{} KiB", bytes / KIB),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

/// Opens what can be read without waiting for somebody else.
pub(crate) fn open(path: &Path) -> Result<(Opened, Metadata), ReadError> {
    let about = path.metadata()?;
    if about.is_dir() {
        return Err(ReadError::Directory);
    }
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_fifo(&about.file_type()) {
        return Ok((open_pipe(path)?, about));
    }
    let first = io::Cursor::new(Vec::new());
    Ok((first.chain(Patient(File::open(path)?)), about))
}

/// What was read to see whether there is a writer, and the rest.
pub(crate) type Opened = io::Chain<io::Cursor<Vec<u8>>, Patient>;

/// To open a pipe waits for a writer, and without one for ever. So it is opened without waiting: then one without a writer
/// is at its end, and of one with a writer (`<(…)` of a shell is one) the rest is waited for.
#[cfg(unix)]
fn open_pipe(path: &Path) -> Result<Opened, ReadError> {
    use std::os::unix::fs::OpenOptionsExt as _;

    let mut options = File::options();
    let mut pipe = options.read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let mut first = vec![0; 1];
    match pipe.read(&mut first) {
        Ok(0) => return Err(ReadError::NoWriter),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => first.clear(),
        Err(error) => return Err(error.into()),
    }
    Ok(io::Cursor::new(first).chain(Patient(pipe)))
}

/// A file of which more may come, whether it was opened to wait for that or not.
pub(crate) struct Patient(File);

impl Read for Patient {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(Duration::from_millis(5)),
                read => return read,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_limit_counts_to_the_byte() {
        let limit = Limit::bytes(3);
        assert_eq!(limit.read(&b"abc"[..]).unwrap(), b"abc");
        let error = limit.read(&b"abcd"[..]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "holds more than 3 bytes, the most that is read here; is it the right file?"
        );
        assert_eq!(
            (KEY.to_string(), DOCUMENT.to_string()),
            ("64 KiB".to_owned(), "4 MiB".to_owned())
        );
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_waited_for_that_may_not_come() {
        let directory = tempfile::tempdir().unwrap();
        let began = Instant::now();
        for endless in ["/dev/zero", "/dev/urandom"] {
            let error = DOCUMENT.read_file(endless.as_ref()).unwrap_err();
            assert!(matches!(error, ReadError::TooLarge(_)), "{error}");
        }
        let error = KEY.read_file(directory.path()).unwrap_err();
        assert!(matches!(error, ReadError::Directory), "{error}");

        let pipe = directory.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let error = KEY.read_file(&pipe).unwrap_err();
        assert!(matches!(error, ReadError::NoWriter), "{error}");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[cfg(unix)]
    #[test]
    fn what_a_shell_pipes_in_is_read_whole_however_slowly_it_comes() {
        for (script, expected) in [
            ("sleep 0.3; printf one; sleep 0.3; printf two", "onetwo"),
            ("printf x", "x"),
        ] {
            let mut writer = std::process::Command::new("sh")
                .args(["-c", script])
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap();
            let stdout = writer.stdout.take().unwrap();
            let path = format!("/dev/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&stdout));
            if script.starts_with("printf") {
                writer.wait().unwrap();
            }
            assert_eq!(KEY.read_file(path.as_ref()).unwrap(), expected.as_bytes());
            writer.wait().unwrap();
        }
    }
}

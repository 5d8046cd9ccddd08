//! Keys and secrets as they are given: as a value, or as the path of a file that holds it.
//!
//! People mix the two up, and lose a line of a key on the way. So what is neither a value nor an existing file is never
//! shown, in no form: it may be the key. What is said of it is its length and what it [looks like](Looks).

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::impl_debug;
use crate::read::{self, KEY, ReadError};
use crate::redact::Secret;

mod looks;

pub use looks::Looks;

/// What a variable or a flag holds or names.
pub enum Given {
    /// The value itself.
    Value(Zeroizing<String>),
    /// A file that is there, and was read.
    File(KeyFile),
}

/// A file with a key or a secret, read whole.
pub struct KeyFile {
    path: PathBuf,
    bytes: Zeroizing<Vec<u8>>,
    rights: Option<FileRights>,
}

/// Who may use a file with a key or a secret, on Unix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRights {
    /// Where it is.
    pub path: PathBuf,
    /// Its permissions, such as `0o644`.
    pub mode: u32,
}

/// Why there is neither value nor file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GivenError {
    /// Nothing but white space or quotation marks.
    #[error("is empty")]
    Empty,
    /// It is not a value, and no file has this name. The error does not hold the text.
    #[error("{0}")]
    Neither(NotShown),
    /// The bytes are not text, but a text is expected.
    #[error("holds no text in UTF-8")]
    NotText,
    /// The file is there and cannot be read.
    #[error("{} {source}", crate::escape::escaped(&path.to_string_lossy()))]
    File {
        /// As given: since the file is there, this is its name and no key.
        path: PathBuf,
        /// Why not.
        source: ReadError,
    },
}

/// What may be quoted of a text: all of it if it is made of [short words](Looks::may_be_quoted), and else its length. For
/// messages that refuse what came by a command line, where a secret may have come to the wrong flag.
///
/// ```
/// use checkout_core::given::quotable;
///
/// assert_eq!(quotable("Transacton"), "Transacton");
/// assert_eq!(quotable("f4:4d:a7:13:43:18:2c:b8"), "(23 characters, not shown, since they may be a secret)");
/// ```
#[must_use]
pub fn quotable(text: &str) -> String {
    quoted_if(Looks::may_be_quoted(text), text)
}

/// The same of a text that is a [piece](Looks::may_be_quoted_as_piece) of a longer one, such as an entry of a list.
///
/// ```
/// use checkout_core::given::{quotable, quotable_piece};
///
/// assert_eq!(quotable_piece("reorder"), "reorder");
/// // Nine characters of a key that was broken at blanks.
/// assert_eq!(quotable_piece("8+8hbN86R"), "(9 characters, not shown, since they may be a secret)");
/// ```
#[must_use]
pub fn quotable_piece(text: &str) -> String {
    quoted_if(Looks::may_be_quoted_as_piece(text), text)
}

fn quoted_if(may_be: bool, text: &str) -> String {
    if may_be {
        return text.to_owned();
    }
    let count = text.chars().count();
    format!("({count} characters, not shown, since they may be a secret)")
}

/// A path for a message. It is shown as it is if a file has it, or if it is made of [short words](Looks::may_be_quoted), at
/// least below a directory that exists. Otherwise the message says only what may be told of it, since it may be a secret.
#[must_use]
pub fn shown_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let has_directory = path
        .parent()
        .is_some_and(|parent| parent.file_name().is_some() && parent.is_dir());
    if path.symlink_metadata().is_ok()
        || Looks::may_be_quoted(&text)
        || has_directory && Looks::may_be_quoted(&name)
    {
        crate::escape::escaped(&text).to_string()
    } else {
        format!("a path that {},", NotShown::of(&text))
    }
}

/// What may be told of a text that may be a secret: its length, and what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotShown {
    characters: usize,
    looks: Looks,
    /// What the operating system says, where the text looks like a path.
    reason: Option<io::ErrorKind>,
}

impl Given {
    /// Reads a text that is a value if `is_value` says so, and else the path of a file. White space and quotation marks
    /// around a path are passed over.
    ///
    /// ```
    /// use checkout_core::given::{Given, GivenError};
    ///
    /// let read = |text: &str| Given::read(text, |text| text.contains("-----BEGIN"));
    /// assert!(matches!(read("-----BEGIN PRIVATE KEY-----…"), Ok(Given::Value(_))));
    /// let Err(GivenError::Neither(not_shown)) = read("f4:4d:a7:13:43:18:2c:b8:86:81:7c:96:1d:03:b5:20") else { panic!() };
    /// assert_eq!(
    ///     not_shown.to_string(),
    ///     "is not shown, since it may be a secret: 47 characters that look like hex with colons",
    /// );
    /// ```
    ///
    /// # Errors
    /// It is neither, or the file cannot be read.
    pub fn read(text: &str, is_value: impl FnOnce(&str) -> bool) -> Result<Self, GivenError> {
        if is_value(text) {
            return Ok(Self::Value(Zeroizing::new(text.to_owned())));
        }
        let path = text.trim().trim_matches(['"', '\'']);
        if path.is_empty() {
            return Err(GivenError::Empty);
        }
        KeyFile::read(path.as_ref()).map(Self::File)
    }

    /// The value, or what the file holds.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Value(text) => text.as_bytes(),
            Self::File(file) => &file.bytes,
        }
    }

    /// The value, or what the file holds, as a secret text without the white space around it: editors and `echo` end a file
    /// with a newline. Warns in the log if it comes from a file that others may use.
    ///
    /// # Errors
    /// It is blank, or no text.
    pub fn secret(&self) -> Result<SecretString, GivenError> {
        if let Self::File(file) = self {
            file.warn_if_open();
        }
        let text = std::str::from_utf8(self.bytes()).map_err(|_| GivenError::NotText)?;
        match text.trim_start_matches('\u{feff}').trim() {
            "" => Err(GivenError::Empty),
            secret => Ok(SecretString::from(secret)),
        }
    }

    /// The file, if it was one.
    #[must_use]
    pub const fn file(&self) -> Option<&KeyFile> {
        match self {
            Self::Value(_) => None,
            Self::File(file) => Some(file),
        }
    }
}

impl KeyFile {
    /// Reads a file of at most 64 KiB.
    ///
    /// # Errors
    /// There is no such file, it holds more, is a directory or a named pipe without a writer, or cannot be read. A path that
    /// leads nowhere does not show: a key may have been given in its place.
    pub fn read(path: &Path) -> Result<Self, GivenError> {
        // A link that leads nowhere is there too, and its name is no key.
        if let Err(error) = path.symlink_metadata() {
            return Err(GivenError::Neither(NotShown {
                reason: Some(error.kind()),
                ..NotShown::of(&path.to_string_lossy())
            }));
        }
        let failed = |source| GivenError::File {
            path: path.to_owned(),
            source,
        };
        let (stream, about) = read::open(path).map_err(failed)?;
        // One buffer of the full size, so that growing leaves no copy of a key behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(KEY.as_bytes() + 1));
        KEY.read_into(stream, &mut bytes).map_err(failed)?;
        Ok(Self {
            rights: mode(&about).map(|mode| FileRights {
                path: path.to_owned(),
                mode,
            }),
            path: path.to_owned(),
            bytes,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Who may use it. `None` unless it is a plain file on Unix.
    #[must_use]
    pub const fn rights(&self) -> Option<&FileRights> {
        self.rights.as_ref()
    }

    /// Warns in the log, once for each file in the life of the process, if others than its owner may use it. For whoever
    /// takes a secret out of it.
    pub fn warn_if_open(&self) {
        static WARNED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
        let Some(rights) = self.rights.as_ref().filter(|rights| rights.is_open()) else {
            return;
        };
        let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.insert(rights.path.clone()) {
            tracing::warn!("{}; close it with `{}`", rights.problem(), rights.remedy());
        }
    }
}

#[cfg(unix)]
fn mode(about: &std::fs::Metadata) -> Option<u32> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o777;
    about.is_file().then_some(mode)
}

#[cfg(not(unix))]
fn mode(_: &std::fs::Metadata) -> Option<u32> {
    None
}

impl FileRights {
    /// Whether others than its owner may read or write it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.mode & 0o077 != 0
    }

    /// What is wrong with an open one.
    #[must_use]
    pub fn problem(&self) -> String {
        format!(
            "others than its owner may use the key file {} (mode {:03o})",
            self.shown(),
            self.mode
        )
    }

    /// The command that closes it.
    #[must_use]
    pub fn remedy(&self) -> String {
        format!("chmod 600 {}", self.shown())
    }

    fn shown(&self) -> String {
        crate::escape::escaped(&self.path.to_string_lossy()).to_string()
    }
}

impl NotShown {
    /// What may be told of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self {
            characters: text.chars().count(),
            looks: Looks::of(text),
            reason: None,
        }
    }

    /// What it looks like.
    #[must_use]
    pub const fn looks(&self) -> Looks {
        self.looks
    }
}

impl fmt::Display for NotShown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            characters,
            looks,
            reason,
        } = self;
        let s = if *characters == 1 { "" } else { "s" };
        write!(
            f,
            "is not shown, since it may be a secret: {characters} character{s} that look{} like {looks}",
            if *characters == 1 { "s" } else { "" }
        )?;
        match reason {
            Some(io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) if *looks == Looks::Path => {
                f.write_str(" that leads to no file")
            }
            Some(reason) if *looks == Looks::Path => write!(f, " ({reason})"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(_) => f.debug_tuple("Value").field(&Secret).finish(),
            Self::File(file) => f.debug_tuple("File").field(file).finish(),
        }
    }
}

impl_debug!(KeyFile: self => { path: self.path, bytes: Secret, .. });

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> Result<Given, GivenError> {
        Given::read(text, |text| text.contains("-----BEGIN"))
    }

    #[test]
    fn a_file_is_read_through_quotation_marks_and_blanks() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, "inside").unwrap();
        let trimmed = path.to_str().unwrap();
        for text in [
            trimmed.to_owned(),
            format!(" \"{trimmed}\"\n"),
            format!("'{trimmed}'"),
        ] {
            let given = given(&text).unwrap();
            assert_eq!(given.bytes(), b"inside");
            assert_eq!(
                format!("{given:?}"),
                format!(
                    "File(KeyFile {{ path: {:?}, bytes: <secret>, .. }})",
                    Path::new(trimmed)
                )
            );
        }
        assert!(matches!(given(" ''"), Err(GivenError::Empty)));
    }

    #[cfg(unix)]
    #[test]
    fn who_else_may_use_a_file_is_known() {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, "inside").unwrap();
        for (mode, open) in [
            (0o600, false),
            (0o400, false),
            (0o640, true),
            (0o604, true),
            (0o620, true),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let file = KeyFile::read(&path).unwrap();
            assert_eq!(file.rights().unwrap().is_open(), open, "{mode:o}");
        }
        let rights = FileRights {
            path: "noah.pem".into(),
            mode: 0o640,
        };
        assert_eq!(
            rights.problem(),
            "others than its owner may use the key file noah.pem (mode 640)"
        );
        assert_eq!(rights.remedy(), "chmod 600 noah.pem");
    }

    #[test]
    fn a_path_is_told_from_what_is_none() {
        let error = |text: &str| given(text).unwrap_err().to_string();
        insta::assert_snapshot!(error("no/such/key.pem"), @"is not shown, since it may be a secret: 15 characters that look like a path that leads to no file");
        insta::assert_snapshot!(error("hello"), @"is not shown, since it may be a secret: 5 characters that look like words");
        let long = format!("/{}", "Zm9v".repeat(100));
        insta::assert_snapshot!(error(&long), @"is not shown, since it may be a secret: 401 characters that look like one line of base64");
        let not_a_name = "a\0b";
        insta::assert_snapshot!(error(not_a_name), @"is not shown, since it may be a secret: 3 characters that look like binary data");
    }

    #[cfg(unix)]
    #[test]
    fn why_a_path_cannot_be_read_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let around = directory.path().join("keys");
        std::os::unix::fs::symlink(&around, &around).unwrap();
        let path = around.join("own.pem");
        let error = given(path.to_str().unwrap()).unwrap_err().to_string();
        assert!(
            error.contains("look like a path (") && error.contains("loop"),
            "{error}"
        );
    }

    #[test]
    fn a_secret_has_no_white_space_around_it() {
        use secrecy::ExposeSecret as _;

        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        std::fs::write(&path, "\u{feff} s3cret \n").unwrap();
        let from_file = given(path.to_str().unwrap()).unwrap();
        assert_eq!(from_file.secret().unwrap().expose_secret(), "s3cret");
        let file = from_file.file().unwrap();
        assert_eq!((file.path(), file.bytes()), (&*path, from_file.bytes()));
        let value = given("-----BEGIN").unwrap();
        assert_eq!(format!("{value:?}"), "Value(<secret>)");
        assert_eq!(value.secret().unwrap().expose_secret(), "-----BEGIN");
        assert!(value.file().is_none());
        for (bytes, error) in [(&b" \n"[..], "is empty"), (b"\xff", "holds no text in UTF-8")] {
            std::fs::write(&path, bytes).unwrap();
            let given = given(path.to_str().unwrap()).unwrap();
            assert_eq!(given.secret().unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn a_path_that_may_be_a_secret_is_not_shown() {
        let secret = "qZ3vKx9TmW2pLr8sYd5nBf7h";
        assert_eq!(quotable("Transacton"), "Transacton");
        assert!(!quotable(secret).contains(secret) && quotable(secret).contains("24 characters"));

        let directory = tempfile::tempdir().unwrap();
        let there = directory.path().join(secret);
        std::fs::write(&there, "").unwrap();
        let mistyped = directory.path().join("orders.json");
        for path in [&*there, &mistyped, Path::new("no/such/key")] {
            assert_eq!(shown_path(path), path.to_str().unwrap());
        }
        let absent = directory.path().join(format!("{secret}x"));
        for path in [absent, PathBuf::from(format!("{secret}/orders.json"))] {
            let shown = shown_path(&path);
            assert!(
                shown.starts_with("a path that is not shown") && !shown.contains(secret),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_file_that_is_there_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = given(directory.path().to_str().unwrap()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{} is a directory, not a file", directory.path().display())
        );
    }
}

//! Where credentials come from: values, files, environment variables.
//!
//! Every problem is reported at once, each under the name of the variable, file or value it concerns and with what to
//! do about it. No text here ever holds the value of a credential.

use std::fmt;
use std::path::Path;

use checkout_core::given::{Given, KeyFile};
pub use checkout_core::given::{GivenError, Looks, NotShown};
use checkout_core::impl_debug;
use secrecy::SecretString;

/// One credential that is missing or cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The environment variable, file or value that it concerns.
    pub name: String,
    /// What is wrong and what to do, without the value.
    pub message: String,
}

/// Credentials that are missing or cannot be used: all of them at once. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialsError(Vec<Problem>);

impl CredentialsError {
    /// One problem with the credential of this name.
    pub fn new(name: impl Into<String>, message: impl fmt::Display) -> Self {
        Self(vec![Problem {
            name: name.into(),
            message: message.to_string(),
        }])
    }

    /// The problems, in the order in which the credentials are read. Never empty.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{}: {}", problem.name, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for CredentialsError {}

type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Reads credentials from named variables and remembers every one that is missing or malformed.
///
/// ```
/// use hosted_checkout::credentials::Variables;
///
/// let mut variables = Variables::new(|name| (name == "PORT").then(|| "80x".to_owned()));
/// let host: Option<String> = variables.required("HOST", "the host to bind, e.g. 127.0.0.1");
/// let port: Option<u16> = variables.parsed("PORT", str::parse);
/// assert_eq!((host, port), (None, None));
/// assert_eq!(
///     variables.finish().unwrap_err().to_string(),
///     "HOST: is not set; set it to the host to bind, e.g. 127.0.0.1; PORT: invalid digit found in string",
/// );
/// ```
pub struct Variables<'a> {
    lookup: Box<Lookup<'a>>,
    problems: Vec<Problem>,
    spelling: Spelling,
}

/// How the caller sets a client up, and so how a text writes a setting down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// By the builders.
    Code,
    /// By variables.
    Variables,
    /// By variables, and by flags of a command.
    Flags,
}

impl_debug!(Variables<'_>: self => { problems: self.problems, .. });

impl<'a> Variables<'a> {
    /// Variables as `lookup` gives them: a map in a test, a secret store in a service.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self {
            lookup: Box::new(lookup),
            problems: Vec::new(),
            spelling: Spelling::Variables,
        }
    }

    /// For a command whose flags `--own-host` and `--plain-http-host` stand for the variables of these names: texts that
    /// say what to write name the flags too.
    #[must_use]
    pub fn beside_flags(mut self) -> Self {
        self.spelling = Spelling::Flags;
        self
    }

    pub(crate) const fn spelling(&self) -> Spelling {
        self.spelling
    }

    /// The environment variables of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::new(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// The value without the white space around it. A blank value counts as not set: that is how compose files and
    /// CI systems pass a variable on that nobody set.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        let value = (self.lookup)(name)?;
        let trimmed = value.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// As [`optional`](Self::optional), and remembers the absence. `what` completes "set it to …".
    pub fn required(&mut self, name: &str, what: &str) -> Option<String> {
        let value = self.optional(name);
        if value.is_none() {
            self.reject(name, format!("is not set; set it to {what}"));
        }
        value
    }

    /// The value as `parse` reads it, if it is set; remembers what `parse` refuses. Its error must not quote the
    /// value of a secret.
    pub fn parsed<T, E: fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.optional(name)?;
        self.accept(name, parse(&value))
    }

    /// [`required`](Self::required), then [`parsed`](Self::parsed).
    pub fn required_parsed<T, E: fmt::Display>(
        &mut self,
        name: &str,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.required(name, what)?;
        self.accept(name, parse(&value))
    }

    /// Remembers that the variable of this name cannot be used.
    pub fn reject(&mut self, name: &str, message: impl fmt::Display) {
        self.problems.push(Problem {
            name: name.to_owned(),
            message: message.to_string(),
        });
    }

    /// `Ok` if every variable read so far was there and well formed.
    ///
    /// # Errors
    /// All remembered problems, in the order of reading.
    pub fn finish(self) -> Result<(), CredentialsError> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(CredentialsError(self.problems))
        }
    }

    fn accept<T, E: fmt::Display>(&mut self, name: &str, parsed: Result<T, E>) -> Option<T> {
        parsed.inspect_err(|error| self.reject(name, error)).ok()
    }
}

/// Reads a secret from a file of at most 64 KiB, without the white space around it. If others than its owner may use the
/// file, a warning goes to the log.
///
/// # Errors
/// There is no such file, it cannot be read, is not UTF-8 or is blank. The path of a file that is not there does not show:
/// somebody may have given the secret in its place.
pub fn read_secret(path: &Path) -> Result<SecretString, GivenError> {
    KeyFile::read(path).map(Given::File)?.secret()
}

/// As [`read_secret`], for a variable that names the file: the error says what to set it to.
///
/// # Errors
/// As for [`read_secret`].
pub fn secret_of_file(path: &str) -> Result<SecretString, String> {
    read_secret(path.as_ref()).map_err(|error| match error {
        GivenError::Neither(it) => {
            format!("is no file, and {it}; give the path of a file that holds the secret")
        }
        other => other.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn blank_variables_are_not_set() {
        let variables = Variables::new(|name| (name == "BLANK").then(|| " \n".to_owned()));
        assert_eq!(variables.optional("BLANK"), None);
        assert_eq!(variables.optional("ABSENT"), None);
        assert!(variables.finish().is_ok());
    }

    #[test]
    fn secrets_from_files_lose_their_newline() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        std::fs::write(&path, "s3cret\r\n").unwrap();
        assert_eq!(read_secret(&path).unwrap().expose_secret(), "s3cret");
        std::fs::write(&path, "\n").unwrap();
        assert!(matches!(read_secret(&path), Err(GivenError::Empty)));
    }

    #[test]
    fn a_secret_in_place_of_its_path_is_not_quoted() {
        let long = format!("canary{}", "x".repeat(5000));
        for path in ["canary", "canary\0", "/canary/canary", &long] {
            let error = read_secret(Path::new(path)).unwrap_err();
            assert!(matches!(error, GivenError::Neither(_)), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }
}

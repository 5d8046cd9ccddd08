//! Where results go, and in which form.

use std::fmt::{self, Display};
use std::io::{self, Write};

use anstyle::Style;
use serde::Serialize;

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A person at a terminal.
    Human,
    /// A program: one JSON value on one line; of what goes on for long, one for each thing that happens.
    Json,
}

/// Takes results: lines for a person, one JSON value for a program. What is meant for the other of the two is dropped,
/// so a command says both.
pub struct Output {
    format: Format,
    coloured: bool,
    is_stdout: bool,
    writer: Box<dyn Write + Send>,
}

impl Format {
    pub(crate) const fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Human }
    }
}

impl Output {
    /// Stdout; without colour if it is no terminal or `NO_COLOR` is set.
    #[must_use]
    pub fn stdout(format: Format) -> Self {
        Self {
            format,
            coloured: true,
            is_stdout: true,
            writer: Box::new(anstream::stdout()),
        }
    }

    /// Any writer, without colour.
    pub fn to(writer: impl Write + Send + 'static, format: Format) -> Self {
        Self {
            format,
            coloured: false,
            is_stdout: false,
            writer: Box::new(writer),
        }
    }

    /// Who reads.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// A line for a person.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn line(&mut self, line: impl Display) -> io::Result<()> {
        if self.format == Format::Human {
            writeln!(self.writer, "{line}")?;
            self.writer.flush()?;
        }
        Ok(())
    }

    /// The result for a program, on one line. Once per run, save for commands that tell things as they happen.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        if self.format == Format::Json {
            serde_json::to_writer(&mut self.writer, value)?;
            writeln!(self.writer)?;
            self.writer.flush()?;
        }
        Ok(())
    }

    /// The result where it is the same for both, such as a script: as it stands, without a line break of its own.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write_all(bytes)?;
        self.writer.flush()
    }

    /// Makes sure that what was written has arrived, as far as a writer can know: a file has it on its disk.
    ///
    /// # Errors
    /// It has not, or stdout was closed before the program began.
    pub(crate) fn settle(&mut self) -> io::Result<()> {
        self.writer.flush()?;
        if self.is_stdout { stdout_has_it() } else { Ok(()) }
    }

    /// A text in a style, where there is colour.
    pub fn paint<T: Display>(&self, style: Style, text: T) -> impl Display + use<T> {
        Painted {
            style: if self.coloured { style } else { Style::new() },
            text,
        }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

/// What others wrote, on one line and without what a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_default());
            let plain = escaped.is_none().then_some(c);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// Rust opens `/dev/null` in place of a stdout that is closed, to read and to write; who means it, opens it to write.
#[cfg(unix)]
fn stdout_has_it() -> io::Result<()> {
    use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, fsync, stat};

    let stdout = io::stdout();
    let found = fstat(&stdout)?;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => fsync(&stdout)?,
        FileType::CharacterDevice => {
            let is_null = stat("/dev/null").is_ok_and(|null| null.st_rdev == found.st_rdev);
            if is_null && fcntl_getfl(&stdout)? & OFlags::RWMODE == OFlags::RDWR {
                return Err(io::Error::other("stdout is closed"));
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(not(unix))]
fn stdout_has_it() -> io::Result<()> {
    Ok(())
}

struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { style, text } = self;
        write!(f, "{style}{text}{style:#}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_nothing_by_others() {
        assert_eq!(printable("order-7 é"), "order-7 é");
        assert_eq!(printable("a\u{1b}[31m\nb\u{9b}"), r"a\u{1b}[31m\nb\u{9b}");
    }
}

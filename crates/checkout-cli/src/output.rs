//! Where results go, and in which form.

use std::fmt::{Display, Write as _};
use std::io::{self, Write};

use anstyle::Style;
use checkout_core::escape::escaped;
use checkout_core::impl_debug;
use serde::Serialize;
use serde_json::Value;
use terminal_size::{Height, Width};

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

/// Whether what was written has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrived {
    /// As far as a writer can know.
    Yes,
    /// Stdout was closed before the program began, or nobody wanted to see anything.
    Perhaps,
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

    /// A line for a person. Whatever stands in it stays on one line, and a terminal obeys none of it: what others wrote may
    /// be among it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn line(&mut self, line: impl Display) -> io::Result<()> {
        self.spans(&[(Style::new(), &line)])
    }

    /// A line of which parts are painted, where there is colour.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn spans(&mut self, spans: &[(Style, &dyn Display)]) -> io::Result<()> {
        if self.format == Format::Human {
            let mut line = String::new();
            for (style, text) in spans {
                let style = if self.coloured { *style } else { Style::new() };
                let text = text.to_string();
                let _ = write!(line, "{style}{}{style:#}", escaped(&text));
            }
            writeln!(self.writer, "{line}")?;
            self.writer.flush()?;
        }
        Ok(())
    }

    /// A text of several lines for a person, such as a paragraph or a key. What others wrote does not belong here: it could
    /// begin a line.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn lines(&mut self, text: impl Display) -> io::Result<()> {
        text.to_string().lines().try_for_each(|line| self.line(line))
    }

    /// Rows for a person, whose columns stand below each other.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn table<const N: usize>(&mut self, rows: &[[String; N]]) -> io::Result<()> {
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or_default());
        rows.iter().try_for_each(|row| {
            let cells = row
                .iter()
                .zip(widths)
                .map(|(text, width)| format!("{text:<width$}"));
            self.line(cells.collect::<Vec<_>>().join("  ").trim_end())
        })
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
    /// It has not.
    pub(crate) fn settle(&mut self) -> io::Result<Arrived> {
        self.writer.flush()?;
        if self.is_stdout {
            stdout_has_it()
        } else {
            Ok(Arrived::Yes)
        }
    }
}

/// One object of the fields of several, of which the last of a name counts.
pub(crate) fn joined(objects: impl IntoIterator<Item = Value>) -> Value {
    let fields = objects.into_iter().filter_map(|object| match object {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    fields.flatten().collect()
}

/// The columns of a stream that looks like this; without end where it is no terminal, unless `COLUMNS` says otherwise.
pub(crate) fn columns(seen: Option<(Width, Height)>) -> usize {
    let set = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    set.or(seen.map(|(width, _)| usize::from(width.0)))
        .unwrap_or(usize::MAX)
}

impl_debug!(Output: self => { format: self.format, .. });

/// Rust replaces a closed stdout by `/dev/null`, opened to read and write. Python and Node do the same for a caller
/// that wants no output, so the two cannot be told apart. A shell opens it only to write.
#[cfg(unix)]
fn stdout_has_it() -> io::Result<Arrived> {
    use rustix::fs::{FileType, OFlags, fcntl_getfl, fstat, fsync, stat};

    let stdout = io::stdout();
    let found = fstat(&stdout)?;
    match FileType::from_raw_mode(found.st_mode) {
        FileType::RegularFile => fsync(&stdout)?,
        FileType::CharacterDevice => {
            let is_null = stat("/dev/null").is_ok_and(|null| null.st_rdev == found.st_rdev);
            if is_null && fcntl_getfl(&stdout)? & OFlags::RWMODE == OFlags::RDWR {
                return Ok(Arrived::Perhaps);
            }
        }
        _ => {}
    }
    Ok(Arrived::Yes)
}

#[cfg(not(unix))]
fn stdout_has_it() -> io::Result<Arrived> {
    Ok(Arrived::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Paper(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_obeys_nothing_and_a_line_is_one_line() {
        let paper = Paper::default();
        let mut output = Output::to(paper.clone(), Format::Human);
        output.coloured = true;
        let foreign = "s-1\u{1b}[31m\nNonce fake\u{202e}";
        output.line(format_args!("session {foreign}")).unwrap();
        output
            .spans(&[(Style::new().bold(), &"ok"), (Style::new(), &foreign)])
            .unwrap();
        output.lines("one\ntwo\u{9b}2J").unwrap();
        let text = String::from_utf8(paper.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            text,
            "session s-1\\u{1b}[31m\\nNonce fake\\u{202e}\n\
             \u{1b}[1mok\u{1b}[0ms-1\\u{1b}[31m\\nNonce fake\\u{202e}\n\
             one\ntwo\\u{9b}2J\n"
        );
    }
}

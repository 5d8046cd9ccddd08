//! What is told of a failure, part by part, for a person and for a program.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use checkout_core::escape::escaped;
use hosted_checkout::credentials::CredentialsError;
use serde::Serialize;
use serde_json::{Map, Value, json};
use terminal_size::terminal_size_of;

use super::Exit;
use crate::Format;
use crate::output::{columns, joined};

/// Columns before each text, behind the name of its part.
const INDENT: usize = 7;
/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

/// A failure, with its parts in the order in which a person on call needs them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// What happened.
    pub(crate) what: String,
    /// Why: causes, faulty fields, the API's words.
    pub(crate) why: Vec<String>,
    /// What became of the money, where money was to move.
    pub(crate) money: Option<String>,
    /// What to do, the first thing first.
    pub(crate) next: Vec<Step>,
    /// What support asks for and a repeat needs.
    #[serde(serialize_with = "as_object")]
    pub(crate) ids: Vec<(String, String)>,
    /// What programs are told besides.
    #[serde(flatten)]
    pub(crate) facts: Map<String, Value>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    pub(crate) text: String,
    /// A command that does it, ready to paste: never wrapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<String>,
}

impl Step {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            command: None,
        }
    }
}

impl Report {
    /// A report with what happened. The methods below add the rest.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            ..Self::default()
        }
    }

    /// Any error. One of the library is told by its parts. Another one says what is wrong, and behind the first `; ` what to do.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut told = String::new();
        let mut cause = Some(error);
        while let Some(deeper) = cause {
            if let Some(call) = deeper.downcast_ref::<hosted_checkout::Error>() {
                return Self::of_call(call).under(&told);
            }
            told = deeper.to_string();
            cause = deeper.source();
        }
        if let Some(error) = error.downcast_ref::<CredentialsError>() {
            return Self::new("the credentials cannot be used").because(problems(error));
        }
        let mut report = Self::default();
        let mut told = String::new();
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            // A source that its error quotes already is told.
            if !told.contains(&text) {
                let mut parts = text.split("; ").map(str::to_owned);
                let fault = parts.next().unwrap_or_default();
                if report.what.is_empty() {
                    report.what = fault;
                } else {
                    report.why.push(fault);
                }
                parts.for_each(|step| report.then(step));
                told.push_str(&text);
            }
            next = error.source();
        }
        report
    }

    /// The source of an error, whose text may already quote it.
    fn under(mut self, text: &str) -> Self {
        let head = text
            .split(&self.what)
            .next()
            .unwrap_or_default()
            .trim_end_matches([':', ' ']);
        if !head.is_empty() {
            self.what = format!("{head}: {}", self.what);
        }
        self
    }

    /// An error of the library, in its own words. What only a program can use is left out.
    pub(crate) fn of_call(error: &hosted_checkout::Error) -> Self {
        let parts = error.parts();
        let credentials = error
            .source()
            .and_then(|source| source.downcast_ref::<CredentialsError>());
        let mut report = match credentials {
            Some(credentials) => Self::new("the credentials cannot be used").because(problems(credentials)),
            None => {
                let operation = error.operation().map(|operation| format!("{}: ", operation.id));
                Self::new(operation.unwrap_or_default() + &parts.what).because(parts.why)
            }
        };
        report.money = Some(parts.money);
        let next = parts.next.into_iter().chain(parts.repeat);
        next.for_each(|step| report.then(step));
        let ids = parts.ids.into_iter();
        report.ids = ids.map(|(name, id)| (name.to_owned(), id)).collect();
        report
    }

    /// The same with more reasons.
    pub(crate) fn because(mut self, why: impl IntoIterator<Item = String>) -> Self {
        self.why.extend(why);
        self
    }

    /// The same with what became of the money.
    pub(crate) fn with_money(mut self, money: impl Into<String>) -> Self {
        self.money = Some(money.into());
        self
    }

    /// One more thing to do.
    pub(crate) fn then(&mut self, text: impl Into<String>) {
        self.next.push(Step::new(text));
    }

    /// The same, with the command that does it.
    pub(crate) fn then_run(&mut self, text: impl Into<String>, command: impl Into<String>) {
        let command = Some(command.into());
        self.next.push(Step {
            command,
            ..Step::new(text)
        });
    }

    /// To stderr. If nobody reads there, there is nowhere left to complain to.
    pub(crate) fn write(&self, exit: Exit, format: Format) {
        let _ = match format {
            Format::Json => writeln!(io::stderr(), "{}", self.json(exit)),
            Format::Human => write!(anstream::stderr(), "{}", self.block(width())),
        };
    }

    /// What a program reads: the parts, and all of them in one line.
    fn json(&self, exit: Exit) -> Value {
        joined([
            json!({"error": self.to_string(), "exit": exit.code()}),
            json!(self),
        ])
    }

    /// What a person reads, in so many columns.
    fn block(&self, columns: usize) -> String {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let mut block = String::new();
        part(&mut block, "error", red, &self.what, columns);
        block + &self.rest(columns)
    }

    /// All but what happened, for a list of what is left.
    pub(crate) fn details(&self) -> String {
        anstream::adapter::strip_str(&self.rest(width())).to_string()
    }

    fn rest(&self, columns: usize) -> String {
        let bold = Style::new().bold();
        let mut block = String::new();
        // The name of a part stands before its first text.
        let labels = |name| std::iter::once(name).chain(std::iter::repeat(""));
        for (label, why) in labels("why").zip(&self.why) {
            part(&mut block, label, bold, why, columns);
        }
        if let Some(money) = &self.money {
            part(&mut block, "money", bold, money, columns);
        }
        for (label, step) in labels("next").zip(&self.next) {
            part(&mut block, label, bold, &step.text, columns);
            if let Some(command) = &step.command {
                let _ = writeln!(block, "{:INDENT$}  {}", "", escaped(command));
            }
        }
        let widths = self.ids.iter().map(|(name, _)| name.len());
        let name_width = widths.max().unwrap_or_default();
        for (label, (name, id)) in labels("ids").zip(&self.ids) {
            let text = format!("{name:<name_width$}  {id}");
            // Never wrapped: it is copied.
            part(&mut block, label, bold, &text, usize::MAX);
        }
        block
    }
}

fn problems(error: &CredentialsError) -> impl Iterator<Item = String> {
    let problems = error.problems().iter();
    problems.map(|problem| format!("{}: {}", problem.name, problem.message))
}

/// A text behind the name of its part, wrapped; lines that it has stay lines.
fn part(block: &mut String, label: &str, style: Style, text: &str, columns: usize) {
    let mut label = label;
    for line in text.lines() {
        let line = escaped(line).to_string();
        let wrapped = if columns == usize::MAX {
            vec![line.as_str().into()]
        } else {
            let options = textwrap::Options::new(columns.saturating_sub(INDENT).max(20))
                .break_words(false)
                .word_splitter(textwrap::WordSplitter::NoHyphenation);
            textwrap::wrap(&line, options)
        };
        for line in wrapped {
            if label.is_empty() {
                let _ = writeln!(block, "{:INDENT$}{line}", "");
            } else {
                let gap = INDENT.saturating_sub(label.len() + 1);
                let _ = writeln!(block, "{style}{label}{style:#}:{:gap$}{line}", "");
            }
            label = "";
        }
    }
}

/// The columns of stderr; all in one line where it is no terminal.
fn width() -> usize {
    match columns(terminal_size_of(io::stderr())) {
        usize::MAX => usize::MAX,
        columns => columns.min(WIDEST),
    }
}

fn as_object<S: serde::Serializer>(ids: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(ids.iter().map(|(name, id)| (name, id)))
}

/// One line.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        for (index, why) in self.why.iter().enumerate() {
            write!(f, "{}{why}", if index == 0 { ": " } else { "; " })?;
        }
        if let Some(money) = &self.money {
            write!(f, "; {money}")?;
        }
        for Step { text, command } in &self.next {
            write!(f, "; {text}")?;
            if let Some(command) = command {
                write!(f, ": {command}")?;
            }
        }
        for (name, id) in &self.ids {
            write!(f, "; {name} {id}")?;
        }
        Ok(())
    }
}

/// Something that ends nothing, told before the work goes on.
pub(crate) fn warn(format: Format, warning: &impl fmt::Display) {
    let _ = match format {
        Format::Json => writeln!(io::stderr(), "{}", json!({"warning": warning.to_string()})),
        Format::Human => {
            let yellow = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
            let warning = warning.to_string();
            writeln!(
                anstream::stderr(),
                "{yellow}warning{yellow:#}: {}",
                escaped(&warning)
            )
        }
    };
}

/// An error and its sources in one line. A source that its error quotes already is left out.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn what_is_pasted_is_never_wrapped() {
        let mut report = Report::new("x");
        let command = format!("checkout noah send {}", "long".repeat(40));
        report.then_run("run", command.clone());
        assert!(
            plain(&report.block(40))
                .lines()
                .any(|line| line.trim() == command)
        );
    }

    /// A text from outside neither ends its line nor moves the cursor.
    #[test]
    fn a_terminal_is_told_nothing_by_others() {
        let block = plain(&Report::new("a\u{1b}[2Jb\r").block(80));
        assert_eq!(block, "error: a\\u{1b}[2Jb\\r\n");
    }
}

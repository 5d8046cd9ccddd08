//! How a command fails, and what the shell gets to know about it.

mod report;
mod usage;

use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::Format;
use hosted_checkout::Outcome;

pub(crate) use report::{Report, Step, chain, warn};
pub(crate) use usage::{asks_for_json, misunderstood};

/// The exit codes. They keep their meaning over releases; new ones may be added.
///
/// A call to an API that fails ends with 5, 6 or 7, by its [`Outcome`](hosted_checkout::Outcome): the one thing that a
/// script must know before it does anything else. After 7 it sends the same request again, and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Exit {
    /// 0: done, and everything that was looked at held.
    Done = 0,
    /// 1: a step or a check failed; stderr names it.
    Failed = 1,
    /// 2: the command line cannot be understood. Nothing was done.
    Usage = 2,
    /// 3: this machine does not give what is needed: a port, a file, a directory, a credential. Nothing was done.
    Unavailable = 3,
    /// 4: the result could not be written to stdout. Of a call that may have done something this is 7.
    Output = 4,
    /// 5: the request was not sent: it breaks a rule, or there was no connection. Nothing happened.
    NotSent = 5,
    /// 6: the API refused the request. Nothing happened.
    Refused = 6,
    /// 7: the request may have taken effect, and money may have moved; or it has, and its answer could not be shown. The same
    /// request, sent again, tells: `checkout resume`.
    Unknown = 7,
}

/// Why a command ended early: what happened, why, what became of the money, what to do next, and ids.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    /// Boxed, so that a `Result` stays cheap.
    report: Box<Report>,
    /// Whoever read stdout has gone.
    is_silent: bool,
}

impl Exit {
    /// What the help says about them.
    pub(crate) const HELP: &str = "\
Exit codes: 0 done; 1 a step or a check failed; 2 the command line cannot be understood;
3 a port, a file, a directory or a credential is not available; 4 the result could not be written.
Of a call to an API: 5 not sent; 6 refused; 7 unknown, or not shown: it may have taken effect and
money may have moved, so send the same request again and no other: checkout resume.";

    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Unavailable,
        Self::Output,
        Self::NotSent,
        Self::Refused,
        Self::Unknown,
    ];

    /// The number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::NotSent => Self::NotSent,
            Outcome::Refused => Self::Refused,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Failure {
    /// A failure with the code that it ends the program with. The error's text says what is wrong, and behind the first `; `
    /// what to do about it.
    pub fn new(exit: Exit, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = error.into();
        let is_silent = error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
        Self {
            exit,
            report: Box::new(Report::of(&*error)),
            is_silent,
        }
    }

    /// A failure whose parts are known one by one.
    pub(crate) fn told(exit: Exit, report: Report) -> Self {
        Self {
            exit,
            report: Box::new(report),
            is_silent: false,
        }
    }

    /// A check that does not hold.
    pub(crate) fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Exit::Failed, error)
    }

    /// Something that this machine does not give.
    pub(crate) fn unavailable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Exit::Unavailable, error)
    }

    /// A command line that clap cannot judge by itself.
    pub(crate) fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Exit::Usage, error)
    }

    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        self.exit
    }

    /// Tells stderr, a program in JSON. Silent if whoever read stdout has gone: `checkout demo | head -1` is no mistake.
    pub(crate) fn report(&self, format: Format) {
        if !self.is_silent {
            self.report.write(self.exit, format);
        }
    }
}

impl From<io::Error> for Failure {
    /// What cannot be written; other failures of input and output get their code by [`Failure::new`].
    fn from(error: io::Error) -> Self {
        Self::new(Exit::Output, error)
    }
}

/// One line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.report.fmt(f)
    }
}

impl Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Layer {
        #[error("the port is taken; choose another")]
        Bottom,
        #[error("cannot listen: {0}")]
        Quoting(#[source] Box<Self>),
        #[error("NOAH does not start")]
        Top(#[source] Box<Self>),
    }

    #[test]
    fn every_source_is_told_once() {
        let error = Layer::Top(Box::new(Layer::Quoting(Box::new(Layer::Bottom))));
        let failure = Failure::new(Exit::Unavailable, error);
        assert_eq!(
            failure.to_string(),
            "NOAH does not start: cannot listen: the port is taken; choose another"
        );
    }

    #[test]
    fn the_help_names_every_code() {
        for (index, exit) in Exit::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(exit.code()), index);
            assert!(Exit::HELP.contains(&format!("{} ", exit.code())), "{exit:?}");
        }
    }
}

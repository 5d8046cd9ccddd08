//! The result of a call: shown to a person or a program, and kept where it could not be shown.

use std::path::Path;

use checkout_core::read::DOCUMENT;
use hosted_checkout::Receipt;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::files::{Existing, FileError, Input, write_private};
use crate::output::{Arrived, joined};
use crate::{Failure, Output};

/// An answer of either API.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The operation's id.
    pub(crate) operation: String,
    /// What a person reads, in order.
    pub(crate) lines: Vec<(String, String)>,
    /// What a program reads, beside `ok`, `operation` and `receipt`.
    pub(crate) fields: Map<String, Value>,
    /// A credential, which is written where `--out` says and shown by `--out -` alone.
    pub(crate) session: Option<String>,
    /// What a person must know of it.
    pub(crate) note: Option<String>,
    pub(crate) receipt: Receipt,
}

impl Answer {
    /// Shows all of it, and writes the session where `out` says. Programs are told where it was written down, too.
    pub(crate) fn tell(
        &self,
        out: Option<&Input>,
        record: Option<&Path>,
        output: &mut Output,
    ) -> Result<Arrived, Failure> {
        if let (Some(Input::File(path)), Some(session)) = (out, &self.session) {
            write_once(path, session.as_bytes())?;
        }
        let lines = self.lines.iter();
        let lines = lines.map(|(name, value)| (name.as_str(), value.clone()));
        let mut lines: Vec<(&str, String)> = lines.collect();
        if let Some(session) = &self.session {
            lines.push(match out {
                Some(Input::File(path)) => ("session", format!("in {}", path.display())),
                // On a line of its own, to be taken as it is.
                Some(Input::Stdin) => ("", session.clone()),
                None => {
                    let session = "not shown, for it is a credential; --out FILE writes it";
                    ("session", session.to_owned())
                }
            });
        }
        lines.push(("attempts", attempts(&self.receipt)));
        let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default() + 2;
        for (name, value) in lines {
            let width = if name.is_empty() { 0 } else { width };
            output.line(format_args!("{name:<width$}{value}"))?;
        }
        if let Some(note) = &self.note {
            output.lines(format_args!("\n{note}"))?;
        }
        let session = match (out, &self.session) {
            (Some(Input::Stdin), Some(session)) => {
                json!({"session": serde_json::from_str(session).unwrap_or_else(|_| json!(session))})
            }
            _ => Value::Null,
        };
        output.json(&joined([
            json!({"ok": true, "operation": self.operation}),
            self.fields.clone().into(),
            session,
            json!({"record": record.map(|path| path.display().to_string()), "receipt": self.receipt}),
        ]))?;
        Ok(output.settle()?)
    }
}

/// Writes a session to its new file. A file that already holds it was written by a run that ended before it could say so.
fn write_once(path: &Path, session: &[u8]) -> Result<(), FileError> {
    let written = write_private(path, session, Existing::Keep("choose another name by --out"));
    let same = || {
        path.metadata()
            .is_ok_and(|found| found.is_file() && usize::try_from(found.len()) == Ok(session.len()))
            && DOCUMENT.read_file(path).is_ok_and(|found| found == session)
    };
    match written {
        Err(FileError::Exists { .. }) if same() => Ok(()),
        written => written,
    }
}

/// The attempts of a call in one line for a person.
pub(crate) fn attempts(receipt: &Receipt) -> String {
    let told = receipt.attempts.iter().map(|attempt| {
        let status = attempt.status.map(|status| format!(" {status}"));
        let (result, took) = (attempt.result.as_str(), attempt.took.as_millis());
        format!("{result}{} in {took} ms", status.unwrap_or_default())
    });
    told.collect::<Vec<_>>().join(", then ")
}

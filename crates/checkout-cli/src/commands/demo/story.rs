//! The telling: each step is timed, told as soon as it is over, and kept for `--json`.

use std::error::Error;
use std::fmt::Display;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Exit, Failure, Output};

/// A step that takes longer has hung.
const PATIENCE: Duration = Duration::from_secs(30);
/// Columns that a line may fill; refusals are quoted whole, so longer texts are wrapped.
const WIDTH: usize = 113;
/// Columns before the text: mark, time, name.
const INDENT: usize = 33;

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// What it all comes to.
#[derive(Serialize)]
pub(super) struct Summary {
    pub(super) settled_amount: String,
    pub(super) settled_currency: String,
    /// From the first byte of the pay-in to the verified webhook that says it is settled.
    pub(super) settled_in_microseconds: u64,
    pub(super) webhooks_verified: usize,
    pub(super) forgeries_refused: usize,
}

/// What happened so far.
pub(super) struct Story<'o> {
    output: &'o mut Output,
    steps: Vec<Step>,
    refusals: usize,
}

/// What a step has to say: lines for a person, facts for a program.
#[derive(Debug, Default)]
pub(super) struct Telling {
    lines: Vec<String>,
    facts: Map<String, Value>,
    refused: bool,
}

#[derive(Debug, Serialize)]
struct Step {
    name: &'static str,
    ok: bool,
    microseconds: u64,
    #[serde(flatten)]
    facts: Map<String, Value>,
}

/// A step that failed.
#[derive(Debug, thiserror::Error)]
#[error("step `{step}` failed")]
struct StepError {
    step: &'static str,
    source: BoxError,
}

/// Something that should hold does not.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Broken(String);

/// An error unless it holds; `expectation` says what should.
pub(super) fn ensure(holds: bool, expectation: impl Display) -> Result<(), BoxError> {
    if holds {
        Ok(())
    } else {
        Err(Broken(format!("this does not hold: {expectation}")).into())
    }
}

/// What should be there; `what` names it.
pub(super) fn found<T>(value: Option<T>, what: impl Display) -> Result<T, BoxError> {
    value.ok_or_else(|| Broken(format!("there is no {what}")).into())
}

/// Whole microseconds.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Milliseconds to one decimal, rounded, without a float.
pub(super) fn millis(micros: u64) -> String {
    let tenths = micros.saturating_add(50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

impl Telling {
    /// A line for a person.
    pub(super) fn line(&mut self, line: impl Into<String>) -> &mut Self {
        self.lines.push(line.into());
        self
    }

    /// A fact for a program.
    pub(super) fn fact(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// A forgery was refused, for this reason.
    pub(super) fn refusal(&mut self, reason: impl Into<String>) -> &mut Self {
        self.refused = true;
        let reason = reason.into();
        // What follows is advice.
        let first = reason.split("; ").next().unwrap_or_default();
        self.line(format!("refused: {first}")).fact("refused", reason)
    }
}

impl<'o> Story<'o> {
    pub(super) const fn new(output: &'o mut Output) -> Self {
        Self {
            output,
            steps: Vec::new(),
            refusals: 0,
        }
    }

    /// One step: done, timed, told.
    pub(super) async fn step<T>(
        &mut self,
        name: &'static str,
        work: impl AsyncFnOnce(&mut Telling) -> Result<T, BoxError>,
    ) -> Result<T, Failure> {
        let mut telling = Telling::default();
        let began = Instant::now();
        let outcome = match tokio::time::timeout(PATIENCE, work(&mut telling)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Broken(format!("no end in sight after {} s", PATIENCE.as_secs())).into()),
        };
        let outcome = outcome.map_err(|source| Failure::new(Exit::Failed, StepError { step: name, source }));
        self.tell(name, micros(began.elapsed()), telling, outcome.is_ok())?;
        outcome
    }

    /// How many forgeries were refused so far.
    pub(super) const fn refusals(&self) -> usize {
        self.refusals
    }

    /// The happy end.
    pub(super) fn end(self, summary: &Summary) -> std::io::Result<()> {
        self.output.line("")?;
        self.output.spans(&[(Style::new().bold(), summary)])?;
        self.output
            .json(&serde_json::json!({"ok": true, "steps": self.steps, "summary": summary}))
    }

    /// The other one.
    pub(super) fn end_early(self, failure: &Failure) -> std::io::Result<()> {
        self.output
            .json(&serde_json::json!({"ok": false, "steps": self.steps, "error": failure.to_string()}))
    }

    fn tell(
        &mut self,
        name: &'static str,
        microseconds: u64,
        telling: Telling,
        ok: bool,
    ) -> std::io::Result<()> {
        let Telling {
            lines,
            facts,
            refused,
        } = telling;
        self.refusals += usize::from(refused && ok);
        let (mark, colour) = if ok {
            ("ok", AnsiColor::Green)
        } else {
            ("FAILED", AnsiColor::Red)
        };
        let time = format!("{} ms", millis(microseconds));
        let mut texts = lines.iter().flat_map(|line| textwrap::wrap(line, WIDTH - INDENT));
        let first = texts.next().unwrap_or_default();
        let rest = format!(" {time:>9}  {name:<17}  {first}");
        self.output.spans(&[
            (Style::new().fg_color(Some(colour.into())), &mark),
            (Style::new(), &rest.trim_end()),
        ])?;
        for text in texts {
            self.output.line(format_args!("{:INDENT$}{text}", ""))?;
        }
        self.steps.push(Step {
            name,
            ok,
            microseconds,
            facts,
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded() {
        assert_eq!(
            [0, 49, 50, 949, 950, 214_449].map(millis),
            ["0.0", "0.0", "0.1", "0.9", "1.0", "214.4"]
        );
    }
}

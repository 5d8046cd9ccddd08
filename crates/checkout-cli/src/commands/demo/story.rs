//! The telling: each step is timed, told as soon as it is over, and kept for `--json`.

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{Failure, Output};

/// Columns that a line may fill; refusals are quoted whole, so longer texts are wrapped.
const WIDTH: usize = 113;
/// Columns before the text: mark, time, name.
const INDENT: usize = 33;

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// What happened so far.
pub(super) struct Story<'o> {
    output: &'o mut Output,
    steps: Vec<Step>,
    /// The step that is played now.
    scene: Option<Scene>,
    /// How many forgeries were refused so far.
    pub(super) refusals: usize,
    /// Whether all of it could be written.
    written: io::Result<()>,
}

/// What a step has to say: lines for a person, facts for a program.
struct Scene {
    name: &'static str,
    began: Instant,
    lines: Vec<String>,
    facts: Map<String, Value>,
}

#[derive(Serialize)]
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

/// An error unless it holds; `expectation` says what should.
pub(super) fn ensure(holds: bool, expectation: impl Display) -> Result<(), BoxError> {
    if holds {
        Ok(())
    } else {
        Err(format!("this does not hold: {expectation}").into())
    }
}

/// What should be there; `what` names it.
pub(super) fn found<T>(value: Option<T>, what: impl Display) -> Result<T, BoxError> {
    value.ok_or_else(|| format!("there is no {what}").into())
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

impl<'o> Story<'o> {
    pub(super) const fn new(output: &'o mut Output) -> Self {
        Self {
            output,
            steps: Vec::new(),
            scene: None,
            refusals: 0,
            written: Ok(()),
        }
    }

    /// A step begins; the one before it has ended well.
    pub(super) fn begins(&mut self, name: &'static str) {
        self.ends(true);
        self.scene = Some(Scene {
            name,
            began: Instant::now(),
            lines: Vec::new(),
            facts: Map::new(),
        });
    }

    /// A line for a person.
    pub(super) fn line(&mut self, line: impl Into<String>) -> &mut Self {
        if let Some(scene) = &mut self.scene {
            scene.lines.push(line.into());
        }
        self
    }

    /// A fact for a program.
    pub(super) fn fact(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        if let Some(scene) = &mut self.scene {
            scene.facts.insert(name.to_owned(), value.into());
        }
        self
    }

    /// A forgery was refused, for this reason.
    pub(super) fn refusal(&mut self, reason: impl Into<String>) -> &mut Self {
        self.refusals += 1;
        let reason = reason.into();
        // What follows is advice.
        let first = reason.split("; ").next().unwrap_or_default();
        self.line(format!("refused: {first}")).fact("refused", reason)
    }

    /// Ends the story with a success.
    pub(super) fn end(mut self, summary: &(impl Serialize + Display)) -> io::Result<()> {
        self.ends(true);
        self.written?;
        self.output.line("")?;
        self.output.spans(&[(Style::new().bold(), summary)])?;
        self.output
            .json(&json!({"ok": true, "steps": self.steps, "summary": summary}))
    }

    /// Ends the story with the step that failed.
    pub(super) fn end_early(mut self, source: BoxError) -> io::Result<Failure> {
        let step = self.scene.as_ref().map_or("demo", |scene| scene.name);
        let failure = Failure::failed(StepError { step, source });
        self.ends(false);
        self.written?;
        let told = json!({"ok": false, "steps": self.steps, "error": failure.to_string()});
        self.output.json(&told).map(|()| failure)
    }

    fn ends(&mut self, ok: bool) {
        let Some(scene) = self.scene.take() else {
            return;
        };
        let step = Step {
            name: scene.name,
            ok,
            microseconds: micros(scene.began.elapsed()),
            facts: scene.facts,
        };
        if let Err(error) = self.tell(&step, &scene.lines) {
            self.written = Err(error);
        }
        self.steps.push(step);
    }

    fn tell(&mut self, step: &Step, lines: &[String]) -> io::Result<()> {
        let (mark, colour) = if step.ok {
            ("ok", AnsiColor::Green)
        } else {
            ("FAILED", AnsiColor::Red)
        };
        let time = format!("{} ms", millis(step.microseconds));
        let mut texts = lines.iter().flat_map(|line| textwrap::wrap(line, WIDTH - INDENT));
        let first = texts.next().unwrap_or_default();
        let rest = format!(" {time:>9}  {:<17}  {first}", step.name);
        self.output.spans(&[
            (Style::new().fg_color(Some(colour.into())), &mark),
            (Style::new(), &rest.trim_end()),
        ])?;
        texts.try_for_each(|text| self.output.line(format_args!("{:INDENT$}{text}", "")))
    }
}

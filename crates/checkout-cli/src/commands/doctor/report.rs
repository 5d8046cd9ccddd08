//! What a person and what a program gets to read.

use std::io;

use anstyle::{AnsiColor, Style};
use checkout_core::escape::escaped;
use serde::Serialize;

use crate::Output;
use checkout_doctor::{Diagnosis, Finding, Kind, Rule, State};

/// Columns of the text, as of the help.
const WIDTH: usize = 100;
/// Columns before what was found: mark and check.
const INDENT: usize = 28;

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    /// Whether nothing fails.
    holds: bool,
    /// What to correct first.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<Rule>,
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
}

pub(super) fn write(diagnosis: &Diagnosis, output: &mut Output) -> io::Result<()> {
    output.line(title(diagnosis.kind))?;
    output.line("")?;
    for finding in &diagnosis.findings {
        line(finding, output)?;
    }
    output.line("")?;
    let first = diagnosis.failures().next();
    output.lines(wrapped(&verdict(diagnosis, first), ""))?;
    output.json(&Report {
        holds: diagnosis.holds(),
        first: first.and_then(|finding| finding.rule),
        diagnosis,
    })
}

const fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Setup => "The setup, before any request",
        Kind::NoahRequest => "A request to NOAH",
        Kind::NoahWebhook => "A webhook of NOAH",
        Kind::WorldlineRequest => "A request to Worldline Connect",
        Kind::WorldlineWebhook => "A webhook of Worldline Connect",
    }
}

fn line(finding: &Finding, output: &mut Output) -> io::Result<()> {
    let (mark, colour) = match finding.state {
        State::Holds => ("ok", Some(AnsiColor::Green)),
        State::Fails => ("fail", Some(AnsiColor::Red)),
        State::Warns => ("warn", Some(AnsiColor::Yellow)),
        State::Unknown => ("-", None),
    };
    let style = match colour {
        Some(colour) => Style::new().bold().fg_color(Some(colour.into())),
        None => Style::new().dimmed(),
    };
    let indent = " ".repeat(INDENT);
    // What was found quotes what others wrote, which is escaped before it is wrapped.
    let text = wrapped(&escaped(&finding.found).to_string(), &indent);
    let mut lines = text.trim_start().lines();
    output.spans(&[
        (Style::new(), &"  "),
        (style, &format_args!("{mark:<4}")),
        (
            Style::new(),
            &format_args!("  {:<19} {}", finding.check, lines.next().unwrap_or_default()),
        ),
    ])?;
    lines.try_for_each(|line| output.line(line))?;
    if let (Some(rule), Some(remedy)) = (finding.rule, &finding.remedy) {
        output.lines(wrapped(
            &escaped(&format!("{rule}: {remedy}")).to_string(),
            &indent,
        ))?;
    }
    Ok(())
}

fn wrapped(text: &str, indent: &str) -> String {
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(indent)
        .subsequent_indent(indent)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// One line: how it went, and the first thing to do.
fn verdict(diagnosis: &Diagnosis, first: Option<&Finding>) -> String {
    let count = |state| diagnosis.in_state(state).count();
    let Some((check, remedy)) = first.and_then(|finding| Some((finding.check, finding.remedy.as_deref()?)))
    else {
        let counted = |state, what| {
            let count = count(state);
            if count == 0 {
                String::new()
            } else {
                format!(", {count} {what}")
            }
        };
        return format!(
            "Nothing fails: {} hold{}{}.",
            count(State::Holds),
            counted(State::Warns, "with a warning"),
            counted(State::Unknown, "not looked at"),
        );
    };
    let (fails, all) = (count(State::Fails), diagnosis.findings.len());
    format!("{fails} of {all} checks failed. Begin with {check}: {remedy}.")
}

/// For stderr.
pub(super) fn summary(diagnosis: &Diagnosis) -> String {
    let rules: Vec<&str> = diagnosis
        .failures()
        .filter_map(|finding| finding.rule)
        .map(Rule::id)
        .collect();
    rules.join(", ")
}

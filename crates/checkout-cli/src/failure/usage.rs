//! A command line that clap refuses, told like any other failure.

use std::ffi::OsString;

use super::{Exit, Failure, Report};

/// Whether a program reads, by a command line that may not be understood: `--json` anywhere before `--`.
pub(crate) fn asks_for_json(arguments: &[OsString]) -> bool {
    let options = arguments.iter().take_while(|argument| *argument != "--");
    options.into_iter().any(|argument| argument == "--json")
}

/// What clap says of the line of this command, in parts: the mistake, what belongs to it, tips, and the usage.
pub(crate) fn misunderstood(error: &clap::Error, command: &str) -> Failure {
    let text = error.render().to_string();
    let mut paragraphs = text.trim_end().split("\n\n");
    let mut lines = paragraphs.next().unwrap_or_default().lines();
    let mistake = lines.next().unwrap_or_default();
    let mistake = mistake.strip_prefix("error: ").unwrap_or(mistake);
    let mut report =
        Report::new(mistake.trim_end_matches(':')).because(lines.map(|line| line.trim().to_owned()));
    for line in paragraphs.flat_map(str::lines) {
        let line = line.trim();
        match line.strip_prefix("tip: ") {
            Some(tip) => report.then(tip),
            None if line.starts_with("For more information") => {}
            None => report.then(line),
        }
    }
    report.then_run("the help has examples", format!("{command} --help"));
    Failure::told(Exit::Usage, report)
}

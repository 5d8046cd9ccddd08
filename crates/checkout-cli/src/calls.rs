//! A call to an API as a command makes it: prepared, written down or shown if asked for, sent, and accounted for, whatever
//! ends it.

use std::fmt;
use std::path::PathBuf;

use checkout_transport::PreparedRequest;
use clap::Args;
use hosted_checkout::{Error, ErrorKind, Outcome, Receipt};
use serde::Serialize;
use serde_json::{Value, json};

use crate::account::{self, WayOn, same_again};
use crate::answer::Answer;
use crate::api::{Api, Door, is_written_down};
use crate::ends::{self, Watch};
use crate::failure::{Report, warn};
use crate::files::{Existing, Input, write_private};
use crate::hosts::HostArgs;
use crate::origin::Origin;
use crate::records::{Record, Records};
use crate::shell::quoted;
use crate::validation::Problem;
use crate::{Exit, Failure, Format, Output, progress};

const KEEP: &str = "it may hold a request whose outcome is not known: send that one, or choose another name";

/// How much is told of a failure.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Telling {
    /// Show what the API explains of a refusal too. It may quote what was sent, and so the customer's data.
    #[arg(long)]
    pub(crate) explain: bool,
}

/// How a request is sent.
#[derive(Debug, Args)]
pub(crate) struct Sending {
    #[command(flatten)]
    telling: Telling,
    /// Store the request in this new file before it is sent, in place of a record in the state home. After anything that may
    /// happen, `send` sends it again as the same request: nobody pays twice. It holds the body, and so the customer's data,
    /// for its owner alone, and stays.
    #[arg(long, value_name = "FILE")]
    prepared: Option<PathBuf>,
    /// Send the request without a record of it. What ends this command early then leaves nothing that could be finished.
    #[arg(long, conflicts_with = "prepared")]
    no_state: bool,
    /// Print the request as it would be sent, without credentials, and send nothing.
    #[arg(long, conflicts_with_all = ["prepared", "no_state"])]
    pub(crate) dry_run: bool,
}

/// Where a request is written down while it is under way.
#[derive(Debug)]
pub(crate) enum Place {
    /// Nowhere: it is a read, or the caller wants it so.
    Nowhere,
    /// A file of the caller's, which stays.
    File(PathBuf),
    /// A record, which goes when the end is known and shown.
    Record(Record),
    /// A record that is finished later than it was made: its answer is kept for a while.
    Resumed(Record),
}

/// What is known of a call apart from its request.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) telling: Telling,
    pub(crate) origin: &'a Origin,
    /// Where a session goes that is not shown.
    pub(crate) out: Option<&'a Input>,
    /// Flags that name hosts, for the command that finishes it.
    pub(crate) flags: &'a str,
}

/// What a program gets to know of a call that failed.
#[derive(Serialize)]
struct Failed<'a> {
    ok: bool,
    operation: Option<&'static str>,
    error: String,
    status: Option<u16>,
    reference: Option<&'a str>,
    details: serde_json::Map<String, Value>,
    problems: &'a [Problem],
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a str>,
    receipt: Option<&'a Receipt>,
    #[serde(flatten)]
    report: &'a Report,
}

impl Sending {
    /// Sends what was prepared, and shows what is answered; or shows the request, if a look at it is all that is asked for.
    /// What is probably not meant is told first, and what may do something is written down.
    pub(crate) async fn deliver(
        &self,
        prepared: Result<PreparedRequest, Error>,
        door: &impl Door,
        origin: &Origin,
        out: Option<&Input>,
        hosts: &HostArgs,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let flags = hosts.flags();
        let about = About {
            telling: self.telling,
            origin,
            out,
            flags: &flags,
        };
        let request = prepared.map_err(|error| failure(&error, None, about, output))?;
        for warning in Problem::all(request.warnings()) {
            warn(output.format(), &origin.locate(warning));
        }
        if self.dry_run {
            return show(&request, output);
        }
        // Before it is written down, so that no signal leaves a record of what was not sent without a word.
        Watch::listen().map_err(Failure::unavailable)?;
        ends::begins(&request, &WayOn::default(), output.format());
        let place = self
            .written_down(&request, about, output.format())
            .inspect_err(|_| ends::ended())?;
        if let (Format::Human, Place::Record(record)) = (output.format(), &place) {
            note(format_args!(
                "record {} until the answer is shown; if this ends before: checkout resume {}",
                record.path().display(),
                record.id()
            ));
        }
        complete(&request, place, door, about, output).await
    }

    fn written_down(
        &self,
        request: &PreparedRequest,
        about: About<'_>,
        format: Format,
    ) -> Result<Place, Failure> {
        if let Some(path) = &self.prepared {
            let stored = serde_json::to_vec_pretty(request).map_err(Failure::failed)?;
            write_private(path, &stored, Existing::Keep, KEEP)?;
            return Ok(Place::File(path.clone()));
        }
        if self.no_state || !is_written_down(request.operation()) {
            return Ok(Place::Nowhere);
        }
        let record = Records::of_process().and_then(|records| {
            let id = Records::new_id();
            // Whatever ends it from here on may leave the record, and has to name it.
            ends::begins(request, &records.way_on(&id, about.flags), format);
            records.add(id, request, about.out, about.flags)
        });
        record.map(Place::Record).map_err(|error| {
            let mut report = Report::new("the request cannot be written down before it is sent")
                .because([error.to_string()])
                .with_money("nothing was sent");
            report.then("--prepared FILE writes it elsewhere; --no-state sends it without a record");
            Failure::told(Exit::Unavailable, report)
        })
    }
}

impl Place {
    fn way_on(&self, request: &PreparedRequest, about: About<'_>) -> WayOn {
        match self {
            Self::Nowhere => WayOn::default(),
            Self::File(path) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                let api = Api::of(request.operation()).command();
                let mut command = format!("checkout {api} send {}", quoted(&path.display().to_string()));
                if let Some(out) = about.out {
                    let out = match out {
                        Input::Stdin => "-".to_owned(),
                        Input::File(path) => path.display().to_string(),
                    };
                    command = format!("{command} --out {}", quoted(&out));
                }
                WayOn {
                    path: Some(path),
                    command: Some(command + about.flags),
                    forget: None,
                }
            }
            Self::Record(record) | Self::Resumed(record) => record.way_on(about.flags),
        }
    }

    /// Its end is known, and nothing happened by it.
    fn nothing_happened(self) {
        if let Self::Record(record) = self {
            removed(record.path(), record.remove());
        }
    }

    /// Its end is known and shown.
    fn finished(self, answer: &Answer) {
        match self {
            Self::Nowhere | Self::File(_) => {}
            Self::Record(record) => removed(record.path(), record.remove()),
            // Without its answer it would be forgotten, and not be shown again.
            Self::Resumed(record) => match record.keep(answer) {
                Ok(()) => removed(record.path(), record.finish()),
                Err(error) => note(format_args!("{error}; the record stays")),
            },
        }
    }

    /// Its end is known, and could not be shown. What cannot be kept (then `false`) is asked for again.
    fn keep(&self, answer: &Answer) -> bool {
        match self {
            Self::Record(record) | Self::Resumed(record) => record.keep(answer).is_ok(),
            Self::File(_) | Self::Nowhere => false,
        }
    }
}

/// Sends a request, and does not leave it before its end is known and shown, or told to be neither.
pub(crate) async fn complete(
    request: &PreparedRequest,
    place: Place,
    door: &impl Door,
    about: About<'_>,
    output: &mut Output,
) -> Result<(), Failure> {
    let way_on = place.way_on(request, about);
    let watch = Watch::listen().map_err(Failure::unavailable)?;
    ends::begins(request, &way_on, output.format());
    let sent = progress::during("waiting for the API", door.send(request));
    let ended = match watch.unless_stopped(sent).await {
        Ok(Ok(answer)) => return tell(&answer, request, place, about, output),
        Ok(Err(error)) => failure(&error, Some((request, &way_on)), about, output),
        Err(stopped) => {
            let outcome = request.outcome();
            let report = account::report(stopped, request, outcome, &way_on, None);
            left(request, outcome, report, output)
        }
    };
    if matches!(ended.exit(), Exit::NotSent | Exit::Refused) {
        place.nothing_happened();
    }
    Err(ended)
}

/// Shows an answer; that it was not shown is told.
pub(crate) fn tell(
    answer: &Answer,
    request: &PreparedRequest,
    place: Place,
    about: About<'_>,
    output: &mut Output,
) -> Result<(), Failure> {
    let way_on = place.way_on(request, about);
    ends::begins(request, &way_on, output.format());
    // A record goes once the answer is shown, so the answer does not name it.
    let file = match &place {
        Place::Record(_) => None,
        Place::File(_) | Place::Resumed(_) | Place::Nowhere => way_on.path.as_deref(),
    };
    if let Err(error) = answer.tell(about.out, file, output) {
        let shown = way_on.command.clone().filter(|_| place.keep(answer));
        let next = shown.map(|command| ("the answer is kept; show it", command));
        let what = format!(
            "{} has answered, but its answer could not be shown",
            Api::of(request.operation()).name()
        );
        let mut report = account::report(what, request, Outcome::Unknown, &way_on, next);
        report.why.insert(0, error.to_string());
        return Err(Failure::told(Exit::Unknown, report));
    }
    place.finished(answer);
    ends::ended();
    Ok(())
}

/// A request whose end is not known, for another reason than an error of the library.
pub(crate) fn left(
    request: &PreparedRequest,
    outcome: Outcome,
    report: Report,
    output: &mut Output,
) -> Failure {
    let _ = output.json(&Failed {
        ok: false,
        operation: Some(request.operation().id),
        error: report.to_string(),
        status: None,
        reference: None,
        details: serde_json::Map::new(),
        problems: &[],
        explanation: None,
        receipt: None,
        report: &report,
    });
    Failure::told(Exit::from(outcome), report)
}

/// A failure is told to programs here, and to persons by what is returned.
pub(crate) fn failure(
    error: &Error,
    made: Option<(&PreparedRequest, &WayOn)>,
    about: About<'_>,
    output: &mut Output,
) -> Failure {
    let explanation = error
        .api_error()
        .and_then(|api_error| api_error.detail.as_deref());
    let explanation = explanation.filter(|_| about.telling.explain);
    let problems = error.violations().map(Problem::of).unwrap_or_default();
    let problems: Vec<Problem> = match error.kind() {
        // Those of an answer have no option.
        ErrorKind::Mismatch => problems,
        _ => problems
            .into_iter()
            .map(|problem| about.origin.locate(problem))
            .collect(),
    };
    let mut report = report(error, &problems, explanation, made, about);
    let (request, way_on) = made.unzip();
    let nowhere = WayOn::default();
    account::about(request, error.outcome(), way_on.unwrap_or(&nowhere), &mut report);
    let key = error.idempotency_key();
    report.facts.insert("idempotency_key".to_owned(), key.into());
    let details = error.details().iter();
    // If nobody reads any more, the exit code must still say what became of the money.
    let _ = output.json(&Failed {
        ok: false,
        operation: error.operation().map(|operation| operation.id),
        error: report.to_string(),
        status: error.status().map(|status| status.as_u16()),
        reference: error.reference(),
        details: details
            .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
            .collect(),
        problems: &problems,
        explanation,
        receipt: error.receipt(),
        report: &report,
    });
    Failure::told(Exit::from(error.outcome()), report)
}

/// The library's parts, in the terms of the command line.
fn report(
    error: &Error,
    problems: &[Problem],
    explanation: Option<&str>,
    made: Option<(&PreparedRequest, &WayOn)>,
    about: About<'_>,
) -> Report {
    let parts = error.parts();
    let what = match error.operation() {
        Some(operation) => format!("{}: {}", operation.id, parts.what),
        None => parts.what,
    };
    let why = if problems.is_empty() {
        parts.why
    } else {
        problems.iter().map(ToString::to_string).collect()
    };
    let mut report = Report::new(what).because(why).with_money(parts.money);
    // Escaped: a terminal must not obey what a server writes.
    report
        .why
        .extend(explanation.map(|text| format!("{} explains: {text:?}", api(error))));
    match error.outcome() {
        Outcome::NotSent if problems.is_empty() => {
            parts.next.into_iter().for_each(|step| report.then(step));
            report.then("run it again");
        }
        Outcome::NotSent => report.then("correct that, and run it again"),
        Outcome::Refused => what_to_correct(error, parts.next, about, &mut report),
        Outcome::Unknown => {
            // Refused now, while an earlier attempt may have been taken: as it is, it would be refused for ever.
            if error.status().is_some_and(|status| status.is_client_error()) {
                what_to_correct(error, parts.next, about, &mut report);
            } else {
                parts.next.into_iter().for_each(|step| report.then(step));
            }
            match made {
                Some((request, way_on)) => same_again(request, way_on, &mut report),
                None => report.then("run it again: a repeat of it costs nothing"),
            }
        }
    }
    report.ids = parts
        .ids
        .into_iter()
        .map(|(name, id)| (name.to_owned(), id))
        .collect();
    report
}

/// What the API's documents say to do about a refusal, with options in place of fields; else what the library says.
fn what_to_correct(error: &Error, general: Vec<String>, about: About<'_>, report: &mut Report) {
    let named = |field: &str, _: &str| match about.origin.option_for(field) {
        Some(option) => option.to_owned(),
        None => field.to_owned(),
    };
    match error.hint() {
        Some(hint) => report.then(hint.text(named)),
        None => general.into_iter().for_each(|step| report.then(step)),
    }
    let has_words = error
        .api_error()
        .is_some_and(|api_error| api_error.detail.is_some());
    if has_words && !about.telling.explain {
        report.then(format!("--explain shows what {} says of it", api(error)));
    }
}

/// The name of the API.
fn api(error: &Error) -> &'static str {
    error
        .operation()
        .map_or("the API", |operation| Api::of(operation).name())
}

/// A record that cannot be removed is finished all the same.
fn removed(path: PathBuf, done: std::io::Result<()>) {
    if let Err(error) = done {
        note(format_args!(
            "{} is finished, but cannot be removed: {error}; remove it by hand, for checkout resume would send it again",
            path.display()
        ));
    }
}

/// A line on stderr; where that is not read, it is no result that is lost.
pub(crate) fn note(line: fmt::Arguments<'_>) {
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{line}\n"));
}

/// The request as it would be sent; credentials and signature are added on the way.
fn show(prepared: &PreparedRequest, output: &mut Output) -> Result<(), Failure> {
    let stored = serde_json::to_value(prepared).map_err(Failure::failed)?;
    let url = format!("{}{}", prepared.base_url(), prepared.path());
    let body: Value = serde_json::from_slice(prepared.body()).unwrap_or_default();
    output.line(format_args!("{} {url}", prepared.method()))?;
    for header in stored["headers"].as_array().into_iter().flatten() {
        let text = |index: usize| header[index].as_str().unwrap_or_default();
        output.line(format_args!("{}: {}", text(0), text(1)))?;
    }
    output.line("")?;
    output.lines(serde_json::to_string_pretty(&body).map_err(Failure::failed)?)?;
    output.lines("\nNot sent. Credentials and signature would be added on the way.")?;
    output.json(&json!({
        "ok": true,
        "sent": false,
        "operation": prepared.operation().id,
        "method": prepared.method().as_str(),
        "url": url,
        "headers": stored["headers"],
        "body": body,
        "body_sha256": prepared.body_sha256(),
        "idempotency_key": prepared.idempotency_key(),
    }))?;
    Ok(())
}

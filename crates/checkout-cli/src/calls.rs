//! A command's call to an API. It is prepared, stored (or only shown), sent, and its end is told, whatever ends it.

mod told;

use std::fmt;
use std::path::PathBuf;

use checkout_transport::PreparedRequest;
use clap::Args;
use hosted_checkout::{Error, Outcome};

pub(crate) use self::told::{About, Again, TellArgs, failure, left};
use crate::account::{self, WayOn};
use crate::answer::Answer;
use crate::api::{Api, Client, is_written_down};
use crate::ends::{self, Watch};
use crate::failure::{Report, Step, warn};
use crate::files::{Existing, FileArg, FileError, Input, vacant, write_private};
use crate::hosts::HostArgs;
use crate::operations::{self, Subject};
use crate::origin::Origin;
use crate::output::Arrived;
use crate::records::{Record, Records};
use crate::shell::quoted;
use crate::validation::LocatedViolation;
use crate::{Exit, Failure, Format, Output, dry_run, progress};

const KEEP: &str = "it may hold a request whose outcome is not known: send that one, or choose another name";

/// How a request is sent.
#[derive(Debug, Args)]
pub(crate) struct Sending {
    #[command(flatten)]
    pub(crate) telling: TellArgs,
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

/// How a request is sent that changes nothing.
#[derive(Debug, Args)]
pub(crate) struct Reading {
    #[command(flatten)]
    telling: TellArgs,
    /// Print the request as it would be sent, without credentials, and send nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Which stored request is sent again.
#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// The stored request.
    #[arg(value_name = "FILE")]
    pub(crate) file: FileArg,
}

/// Where an answer goes that holds a credential.
#[derive(Debug, Default, Args)]
pub(crate) struct ResultArgs {
    /// Write what the answer hands over to this new file, for its owner alone; `-` prints it.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) out: Option<Input>,
}

impl ResultArgs {
    /// Before anything is sent: a session that could not be written would be lost.
    pub(crate) fn vacant(&self) -> Result<(), FileError> {
        match &self.out {
            Some(Input::File(path)) => vacant(path, "choose another name by --out"),
            _ => Ok(()),
        }
    }
}

impl From<Reading> for Sending {
    fn from(Reading { telling, dry_run }: Reading) -> Self {
        Self {
            telling,
            prepared: None,
            no_state: true,
            dry_run,
        }
    }
}

/// Where a request is stored while it is under way.
#[derive(Debug)]
pub(crate) enum Place {
    /// It is not stored: it is a read, or the caller asked for that.
    Nowhere,
    /// A file of the caller's, which stays, and the command below the API's that sends it again.
    File(PathBuf, &'static str),
    /// A record, which goes when the end is known and shown.
    Record(Record),
    /// A record of an earlier run. Its answer is kept for a day.
    Resumed(Record),
}

impl Sending {
    /// A client from the variables. A dry run works without them.
    pub(crate) fn client(&self, api: Api, hosts: &HostArgs) -> Result<Client, Failure> {
        if self.dry_run {
            Client::for_dry_run(api, hosts)
        } else {
            Client::of_process(api, hosts)
        }
    }

    /// Sends what was prepared, and shows what is answered; or shows the request, if a look at it is all that is asked for.
    /// What is probably not meant is told first, and what may do something is written down.
    pub(crate) async fn deliver(
        &self,
        prepared: Result<PreparedRequest, Error>,
        client: &Client,
        origin: &Origin,
        out: Option<&Input>,
        hosts: &HostArgs,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let base_url = prepared.as_ref().map(|request| request.base_url());
        let flags = hosts.flags(base_url.unwrap_or_default());
        let about = About {
            telling: self.telling,
            origin,
            out,
            flags: &flags,
        };
        let request = prepared.map_err(|error| failure(&error, None, about, output))?;
        for warning in LocatedViolation::all(request.warnings()) {
            warn(output.format(), &origin.locate(warning));
        }
        if self.dry_run {
            return dry_run::show(&request, output);
        }
        // This comes before the request is stored, so that a signal cannot leave a record of an unsent request without
        // a message.
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
        complete(&request, place, client, about, output).await
    }

    fn written_down(
        &self,
        request: &PreparedRequest,
        about: About<'_>,
        format: Format,
    ) -> Result<Place, Failure> {
        if let Some(path) = &self.prepared {
            let stored = serde_json::to_vec_pretty(request).map_err(Failure::failed)?;
            write_private(path, &stored, Existing::Keep(KEEP))?;
            return Ok(Place::File(path.clone(), "send"));
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
            Self::File(path, by) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                let api = Api::of(request.operation()).command();
                let mut command = format!("checkout {api} {by} {}", quoted(&path.display().to_string()));
                if let Some(out) = about.out {
                    command = format!("{command} --out {}", quoted(&out.as_given()));
                }
                WayOn {
                    path: Some(path),
                    command: Some(command + about.flags),
                    record: None,
                }
            }
            Self::Record(record) | Self::Resumed(record) => record.way_on(about.flags),
        }
    }

    /// The end is known, and nothing happened.
    fn nothing_happened(self) {
        if let Self::Record(record) = self {
            removed(record.path(), record.remove());
        }
    }

    /// The end is known and was shown.
    fn finished(self, answer: &Answer, arrived: Arrived) {
        let (record, is_seen) = match self {
            Self::Nowhere | Self::File(..) => return,
            Self::Record(record) => (record, arrived == Arrived::Yes),
            // Without its answer it would be forgotten, and not be shown again.
            Self::Resumed(record) => (record, false),
        };
        if is_seen {
            return removed(record.path(), record.remove());
        }
        match record.keep(answer) {
            Ok(()) => {
                if arrived == Arrived::Perhaps {
                    note(format_args!(
                        "stdout is closed, or is /dev/null; the answer is kept for a day: checkout resume {}",
                        record.id()
                    ));
                }
                removed(record.path(), record.finish());
            }
            Err(error) => note(format_args!("{error}; the record stays")),
        }
    }

    /// The end is known, but could not be shown. Returns `false` if the answer could not be kept either, so that it
    /// must be asked for again.
    fn keep(&self, answer: &Answer) -> bool {
        match self {
            Self::Record(record) | Self::Resumed(record) => record.keep(answer).is_ok(),
            Self::File(..) | Self::Nowhere => false,
        }
    }
}

/// Sends a request, and returns only after its end is known and shown, or after the person is told that it is not.
pub(crate) async fn complete(
    request: &PreparedRequest,
    place: Place,
    client: &Client,
    about: About<'_>,
    output: &mut Output,
) -> Result<(), Failure> {
    let way_on = place.way_on(request, about);
    let watch = Watch::listen().map_err(Failure::unavailable)?;
    ends::begins(request, &way_on, output.format());
    let sent = progress::during("waiting for the API", answered(client, request));
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

async fn answered(client: &Client, request: &PreparedRequest) -> Result<Answer, Error> {
    // This is checked before sending: to learn it from an unreadable answer would be too late.
    let operation = request.operation();
    let subject = Subject::find(Api::of(operation), operation.id)
        .ok_or_else(|| request.unsendable("this command knows no such operation"))?;
    operations::answer(subject, request, client.send(request).await?)
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
        Place::File(..) | Place::Resumed(_) | Place::Nowhere => way_on.path.as_deref(),
    };
    let told = answer.tell(about.out, file, output);
    let arrived = told.map_err(|error| {
        let kept = way_on.command.clone().filter(|_| place.keep(answer));
        let next = kept.map(|command| Step {
            command: Some(command),
            ..Step::new("the answer is kept; show it")
        });
        let what = format!(
            "{} has answered, but its answer could not be shown",
            Api::of(request.operation()).name()
        );
        let mut report = account::report(what, request, Outcome::Unknown, &way_on, next);
        report.why.insert(0, error.to_string());
        Failure::told(Exit::Unknown, report)
    })?;
    place.finished(answer, arrived);
    ends::ended();
    Ok(())
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

/// Writes a line to stderr. If nobody reads it, no result is lost.
pub(crate) fn note(line: fmt::Arguments<'_>) {
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{line}\n"));
}

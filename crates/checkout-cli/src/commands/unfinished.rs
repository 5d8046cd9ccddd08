//! `checkout unfinished`: the requests whose end is not known, or was not shown.

use clap::Args;
use hosted_checkout::Outcome;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::account;
use crate::api::Api;
use crate::failure::{Report, Step};
use crate::output::joined;
use crate::records::{RecordError, Records, Written};
use crate::{Failure, Output};

/// Arguments of `checkout unfinished`.
#[derive(Debug, Args)]
pub struct UnfinishedArgs {
    /// Remove this record, or the answer that is kept of it. Then nothing here can finish or show it.
    #[arg(long, value_name = "ID")]
    forget: Option<String>,
}

/// Lists, or forgets.
///
/// # Errors
/// The records cannot be read, or another process is at work with the one to be forgotten.
pub fn run(args: UnfinishedArgs, output: &mut Output) -> Result<(), Failure> {
    let records = Records::of_process()?;
    match args.forget {
        Some(id) => forget(&records, &id, output),
        None => list(&records, output),
    }
}

fn list(records: &Records, output: &mut Output) -> Result<(), Failure> {
    let (unfinished, answered) = records.list()?;
    if unfinished.is_empty() {
        output.line("nothing is unfinished")?;
    }
    let mut told = Vec::new();
    for id in &unfinished {
        told.push(tell(records, id, false, output)?);
    }
    for id in &answered {
        output.line(format_args!(
            "{id}  finished; for a day, checkout resume {id} shows it again"
        ))?;
    }
    output.json(&json!({"ok": true, "unfinished": told, "finished": answered}))?;
    Ok(())
}

/// What is known of a record and what to do with it. For a record that is being removed (`ours`), what nothing else will tell.
fn tell(records: &Records, id: &str, ours: bool, output: &mut Output) -> Result<Value, Failure> {
    let mut told = json!({ "id": id });
    let (written, busy) = records.look(id);
    let busy = busy && !ours;
    let report = match written {
        Ok(Written { request, flags, .. }) => {
            let (operation, base_url) = (request.operation(), request.base_url());
            let api = Api::of(operation).name();
            let made = Timestamp::try_from(request.made());
            let made = made.map_or_else(|_| String::new(), |made| made.to_string());
            output.line(format_args!("{id}  {}, made {made} for {base_url}", operation.id))?;
            let known =
                json!({"operation": operation.id, "base_url": base_url, "made": made, "under_way": busy});
            told = joined([told, known]);
            let way_on = records.way_on(id, &flags);
            let next = if ours {
                let ask = format!("its record goes now; ask {api} what became of it, by these ids");
                Some(Step::new(ask))
            } else if busy {
                Some(Step::new("a process is at work with it: wait for its end"))
            } else {
                records.answer(id).map(|_| Step {
                    command: way_on.command.clone(),
                    ..Step::new(format!("{api} has answered; show it"))
                })
            };
            account::report("unfinished", &request, Outcome::Unknown, &way_on, next)
        }
        // It was finished in this moment.
        Err(_) if !records.path(id).exists() => return Ok(told),
        Err(error) => {
            let mut report = unreadable(&error, id);
            output.line(format_args!("{id}  {}", report.what))?;
            let record = records.path(id).display().to_string();
            report.facts.insert("outcome".to_owned(), "unknown".into());
            report.facts.insert("record".to_owned(), record.into());
            report
        }
    };
    output.lines(report.details())?;
    Ok(joined([told, json!(report)]))
}

/// What is said of a record that is not what was written.
pub(super) fn unreadable(error: &RecordError, id: &str) -> Report {
    let mut report = Report::new(error.to_string()).with_money("what became of it is not known");
    report.then("it is not sent again; ask the API what became of it, by what the file says");
    report.then_run("then remove its record", account::forget(id));
    report
}

fn forget(records: &Records, id: &str, output: &mut Output) -> Result<(), Failure> {
    match records.hold(id) {
        Ok(record) => {
            // What goes is shown once more: its ids are nowhere else.
            let told = tell(records, id, true, output)?;
            record.remove().map_err(Failure::unavailable)?;
            output.line(format_args!("{id} is forgotten"))?;
            output.json(&json!({"ok": true, "forgotten": id, "was": told}))?;
        }
        Err(RecordError::Missing(_)) if records.answer(id).is_some() => {
            records.forget_answer(id).map_err(Failure::unavailable)?;
            output.line(format_args!("{id} is forgotten"))?;
            output.json(&json!({"ok": true, "forgotten": id}))?;
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

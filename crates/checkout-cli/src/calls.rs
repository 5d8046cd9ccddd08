//! A call to an API as a command makes it: prepared, stored or shown if asked for, sent, and accounted for.

use std::future::Future;
use std::path::{Path, PathBuf};

use checkout_transport::{Call, Prepared};
use clap::Args;
use hosted_checkout::{Error, ErrorKind, Outcome, PreparedRequest, Receipt};
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::{Report, warn};
use crate::files::{Existing, write_private};
use crate::origin::Origin;
use crate::shell::quoted;
use crate::validation::Problem;
use crate::{Exit, Failure, Output, progress};

const KEEP: &str = "it may hold a request whose outcome is not known: send that one, or choose another name";

/// How much is told of a failure.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Telling {
    /// Show what the API explains of a refusal too. It may quote what was sent, and so the customer's data.
    #[arg(long)]
    explain: bool,
}

/// How a request is sent.
#[derive(Debug, Args)]
pub(crate) struct Sending {
    #[command(flatten)]
    telling: Telling,
    /// Store the request in this new file before it is sent. After anything that may happen, `send` sends it again as the
    /// same request: nobody pays twice. It holds the body, and so the customer's data, for its owner alone.
    #[arg(long, value_name = "FILE")]
    prepared: Option<PathBuf>,
    /// Print the request as it would be sent, without credentials, and send nothing.
    #[arg(long, conflicts_with = "prepared")]
    dry_run: bool,
}

/// What is known of a call apart from its request.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    /// Where the request is stored.
    pub(crate) stored: Option<&'a Path>,
    pub(crate) telling: Telling,
    pub(crate) origin: &'a Origin,
}

/// What a program gets to know of a call that failed.
#[derive(Serialize)]
struct Failed<'a> {
    ok: bool,
    operation: Option<&'static str>,
    outcome: &'static str,
    money_may_have_moved: bool,
    error: String,
    status: Option<u16>,
    reference: Option<&'a str>,
    idempotency_key: Option<&'a str>,
    details: serde_json::Map<String, Value>,
    problems: &'a [Problem],
    prepared: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a str>,
    receipt: Option<&'a Receipt>,
    #[serde(flatten)]
    report: &'a Report,
}

impl Sending {
    /// Sends the request by `send`, unless a look at it is all that is asked for: then `None`. What is probably not meant is told
    /// first.
    pub(crate) async fn deliver<C: Call, T>(
        &self,
        prepared: &Prepared<C>,
        origin: &Origin,
        output: &mut Output,
        send: impl Future<Output = Result<T, Error>>,
    ) -> Result<Option<T>, Failure> {
        for warning in Problem::all(prepared.warnings()) {
            warn(output.format(), &origin.locate(warning));
        }
        if self.dry_run {
            show(prepared, output)?;
            return Ok(None);
        }
        if let Some(path) = &self.prepared {
            let stored = serde_json::to_vec_pretty(prepared).map_err(Failure::failed)?;
            write_private(path, &stored, Existing::Keep, KEEP)?;
        }
        let about = About {
            stored: self.prepared.as_deref(),
            telling: self.telling,
            origin,
        };
        exchange(about, output, send).await.map(Some)
    }

    /// A request that could not even be prepared.
    pub(crate) fn refused_here(&self, error: &Error, origin: &Origin, output: &mut Output) -> Failure {
        let about = About {
            stored: None,
            telling: self.telling,
            origin,
        };
        failure(error, about, output)
    }
}

/// Awaits an answer, with a sign of life; a failure is told to programs here, and to persons by what is returned.
pub(crate) async fn exchange<T>(
    about: About<'_>,
    output: &mut Output,
    send: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failure> {
    match progress::during("waiting for the API", send).await {
        Ok(answer) => Ok(answer),
        Err(error) => Err(failure(&error, about, output)),
    }
}

fn failure(error: &Error, about: About<'_>, output: &mut Output) -> Failure {
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
    let report = report(error, &problems, explanation, about);
    let details = error.details().iter();
    // If nobody reads any more, the exit code must still say what became of the money.
    let _ = output.json(&Failed {
        ok: false,
        operation: error.operation().map(|operation| operation.id),
        outcome: error.outcome().as_str(),
        money_may_have_moved: error.money_may_have_moved(),
        error: report.to_string(),
        status: error.status().map(|status| status.as_u16()),
        reference: error.reference(),
        idempotency_key: error.idempotency_key(),
        details: details
            .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
            .collect(),
        problems: &problems,
        prepared: about.stored,
        explanation,
        receipt: error.receipt(),
        report: &report,
    });
    Failure::told(Exit::from(error.outcome()), report)
}

/// The library's parts, in the terms of the command line.
fn report(error: &Error, problems: &[Problem], explanation: Option<&str>, about: About<'_>) -> Report {
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
        .extend(explanation.map(|text| format!("{} explains: {text:?}", api(error).0)));
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
            same_again(error, about.stored, &mut report);
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
        report.then(format!("--explain shows what {} says of it", api(error).0));
    }
}

/// How the same request is sent again, which is safe; another one may not be.
fn same_again(error: &Error, stored: Option<&Path>, report: &mut Report) {
    let (_, command) = api(error);
    match (stored, error.idempotency_key()) {
        (Some(path), _) => report.then_run(
            "send the same request again, and no other",
            format!("checkout {command} send {}", quoted(&path.display().to_string())),
        ),
        (None, Some(key)) => {
            let flag = if command == "noah" {
                "--nonce"
            } else {
                "--idempotence-key"
            };
            report.then(format!(
                "run the same command again with {flag} {} and change nothing else; if that is refused, this is as unknown \
                 as before",
                quoted(key)
            ));
            report.then("--prepared FILE makes it simpler");
        }
        (None, None) => report.then("run it again: a repeat of it costs nothing"),
    }
}

/// The name of the API, and of its command.
fn api(error: &Error) -> (&'static str, &'static str) {
    match error.operation() {
        Some(operation) if noah_models::operations::ALL.contains(operation) => ("NOAH", "noah"),
        _ => ("Worldline Connect", "worldline"),
    }
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
    output.line(serde_json::to_string_pretty(&body).map_err(Failure::failed)?)?;
    output.line("\nNot sent. Credentials and signature would be added on the way.")?;
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

/// The attempts of a call in one line for a person.
pub(crate) fn attempts(receipt: &Receipt) -> String {
    receipt
        .attempts
        .iter()
        .map(|attempt| {
            let status = attempt
                .status
                .map(|status| format!(" {status}"))
                .unwrap_or_default();
            format!(
                "{}{status} in {} ms",
                attempt.result.as_str(),
                attempt.took.as_millis()
            )
        })
        .collect::<Vec<_>>()
        .join(", then ")
}

//! What is told of a call that failed, to a person and to a program.

use checkout_core::Operation;
use checkout_transport::PreparedRequest;
use clap::Args;
use hosted_checkout::{Error, ErrorKind, Outcome};
use serde_json::{Map, Value, json};

use crate::account::{self, SAME_ACCOUNT, WayOn, same_again};
use crate::api::Api;
use crate::failure::Report;
use crate::files::Input;
use crate::origin::Origin;
use crate::output::joined;
use crate::validation::LocatedViolation;
use crate::{Exit, Failure, Output};

/// How much is told of a failure.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct TellArgs {
    /// Show the API's own message of a refusal too. It may quote what was sent, and so the customer's data.
    #[arg(long)]
    pub(crate) api_message: bool,
}

/// How a request that was written down is sent again.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Again {
    /// Send it with other credentials than it was made with: those were replaced by others of the same account. In another
    /// account it would be a second payment.
    #[arg(long)]
    pub(crate) same_account: bool,
}

impl Again {
    /// The request, with other credentials allowed if the person vouched for them, and the flags of the command that
    /// repeats it.
    pub(crate) fn vouched(self, request: PreparedRequest, flags: String) -> (PreparedRequest, String) {
        if self.same_account {
            (request.of_same_account(), flags + SAME_ACCOUNT)
        } else {
            (request, flags)
        }
    }
}

/// What is known of a call apart from its request.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) telling: TellArgs,
    pub(crate) origin: &'a Origin,
    /// Where a session goes that is not shown.
    pub(crate) out: Option<&'a Input>,
    /// Flags that name hosts, for the command that finishes it.
    pub(crate) flags: &'a str,
}

impl<'a> About<'a> {
    /// For a call that is not stored and whose answer holds no session.
    pub(crate) const fn of(telling: TellArgs, origin: &'a Origin) -> Self {
        Self {
            telling,
            origin,
            out: None,
            flags: "",
        }
    }
}

/// What a program is told of a failed call, beside the report. Values are null where there was no answer.
fn tell(operation: Option<&Operation>, report: &Report, known: Value, output: &mut Output) {
    let operation = operation.map(|operation| operation.id);
    let told = json!({
        "ok": false, "operation": operation, "error": report.to_string(), "status": null, "reference": null, "details": {},
        "problems": [], "receipt": null,
    });
    // If nobody reads any more, the exit code must still say what became of the money.
    let _ = output.json(&joined([told, known, json!(report)]));
}

/// The failure of a request whose end is not known, for another reason than an error of the library.
pub(crate) fn left(
    request: &PreparedRequest,
    outcome: Outcome,
    report: Report,
    output: &mut Output,
) -> Failure {
    tell(Some(request.operation()), &report, Value::Null, output);
    Failure::told(Exit::from(outcome), report)
}

/// Tells programs of a failure. Persons are told by what is returned.
pub(crate) fn failure(
    error: &Error,
    made: Option<(&PreparedRequest, &WayOn)>,
    about: About<'_>,
    output: &mut Output,
) -> Failure {
    let explanation = error.api_error().and_then(|it| it.detail.as_deref());
    let explanation = explanation.filter(|_| about.telling.api_message);
    let problems = error.violations().map(LocatedViolation::all).unwrap_or_default();
    let problems: Vec<LocatedViolation> = match error.kind() {
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
    let mut known = json!({
        "status": error.status().map(|status| status.as_u16()), "reference": error.reference(),
        "details": details.map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<Map<_, _>>(),
        "problems": problems, "receipt": error.receipt(),
    });
    if let Some(explanation) = explanation {
        known["explanation"] = explanation.into();
    }
    tell(error.operation(), &report, known, output);
    Failure::told(Exit::from(error.outcome()), report)
}

/// The parts of the library's error, with options in place of fields.
fn report(
    error: &Error,
    problems: &[LocatedViolation],
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
                Some((request, way_on)) => {
                    same_again(request, way_on, &mut report);
                    if error.kind() == ErrorKind::OtherAccount {
                        vouch(way_on, &mut report);
                    }
                }
                None => report.then("run it again: a repeat of it costs nothing"),
            }
        }
    }
    let ids = parts.ids.into_iter();
    report.ids = ids.map(|(name, id)| (name.to_owned(), id)).collect();
    report
}

/// How a request is sent with other credentials of the same account.
fn vouch(way_on: &WayOn, report: &mut Report) {
    if let Some(command) = &way_on.command {
        report.then_run(
            "if those were replaced by others of the same account",
            format!("{command}{SAME_ACCOUNT}"),
        );
    }
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
    let has_words = error.api_error().is_some_and(|it| it.detail.is_some());
    if has_words && !about.telling.api_message {
        report.then(format!("--api-message shows what {} says of it", api(error)));
    }
}

/// The name of the API.
fn api(error: &Error) -> &'static str {
    error
        .operation()
        .map_or("the API", |operation| Api::of(operation).name())
}

//! What became of the money and what to do, in the same words whatever ended a call.

use std::path::PathBuf;
use std::time::SystemTime;

use checkout_transport::PreparedRequest;
use hosted_checkout::{CallOptions, Outcome};
use serde_json::Value;

use crate::api::Api;
use crate::failure::{Report, Step};
use crate::shell::quoted;

/// The flag by which a person vouches for other credentials, as it stands behind a command.
pub(crate) const SAME_ACCOUNT: &str = " --same-account";

/// Where a request is stored, and how it is sent again from there. Absent for a request that is not stored.
#[derive(Debug, Clone, Default)]
pub(crate) struct WayOn {
    pub(crate) path: Option<PathBuf>,
    /// The line for a shell.
    pub(crate) command: Option<String>,
    /// The id of the command's record. `None` for a file of the caller's, which stays.
    pub(crate) record: Option<String>,
}

/// What is told of a request whose call did not end with an error of the library. `next` says what to do if it is not
/// to send it again.
pub(crate) fn report(
    what: impl std::fmt::Display,
    request: &PreparedRequest,
    outcome: Outcome,
    way_on: &WayOn,
    next: Option<Step>,
) -> Report {
    let mut report = Report::new(format!("{}: {what}", request.operation().id)).with_money(match outcome {
        Outcome::NotSent => "nothing was sent",
        Outcome::Refused => "refused, nothing happened",
        Outcome::Unknown if request.operation().moves_money => "money may have moved",
        Outcome::Unknown => "it may have taken effect; no money moves by it",
    });
    match (outcome, next) {
        (_, Some(step)) => report.next.push(step),
        (Outcome::Unknown, None) => same_again(request, way_on, &mut report),
        (_, None) => report.then("run it again"),
    }
    let key = request
        .operation()
        .idempotency
        .key_name()
        .zip(request.idempotency_key());
    let key = key.map(|(name, key)| (name.to_owned(), key.to_owned()));
    let external_id = external_id(request).map(|id| ("ExternalID".to_owned(), id));
    report.ids = key.into_iter().chain(external_id).collect();
    about(Some(request), outcome, way_on, &mut report);
    report
}

/// Adds where the request is written down, and what programs are told beside the parts.
pub(crate) fn about(
    request: Option<&PreparedRequest>,
    outcome: Outcome,
    way_on: &WayOn,
    report: &mut Report,
) {
    let is_kept = outcome == Outcome::Unknown;
    let moves_money = request.is_some_and(|request| request.operation().moves_money);
    let facts = [
        ("outcome", outcome.as_str().into()),
        ("money_may_have_moved", (moves_money && is_kept).into()),
        (
            "idempotency_key",
            request.and_then(|request| request.idempotency_key()).into(),
        ),
        ("external_id", request.and_then(external_id).into()),
        ("record", Value::Null),
        ("finish", Value::Null),
    ];
    report
        .facts
        .extend(facts.map(|(name, fact)| (name.to_owned(), fact)));
    if is_kept {
        name_record(way_on, report);
    }
}

/// Adds where the request is written down, and what finishes it.
pub(crate) fn name_record(way_on: &WayOn, report: &mut Report) {
    let path = way_on.path.as_ref().map(|path| path.display().to_string());
    report
        .ids
        .extend(path.clone().map(|path| ("record".to_owned(), path)));
    report.facts.insert("record".to_owned(), path.into());
    report
        .facts
        .insert("finish".to_owned(), way_on.command.clone().into());
}

/// Why the request is not sent again by itself: the API might take it for another one.
pub(crate) fn why_not_again(request: &PreparedRequest) -> Option<String> {
    let too_old = CallOptions::DEFAULT.too_old(request, SystemTime::now());
    let has_key = request.idempotency_key().is_some();
    too_old.or_else(|| (!has_key).then(|| "it has no key by which a repeat is known".to_owned()))
}

/// What takes a record away.
pub(crate) fn forget(id: &str) -> String {
    format!("checkout unfinished --forget {id}")
}

/// How to learn the end of a request safely. Another request may not be safe.
pub(crate) fn same_again(request: &PreparedRequest, way_on: &WayOn, report: &mut Report) {
    let api = Api::of(request.operation());
    let ask = format!("it is not sent again; ask {} what became of it", api.name());
    if let Some(why) = why_not_again(request) {
        if !report.why.contains(&why) {
            report.why.push(why);
        }
        let costs_nothing = !request.operation().moves_money && request.idempotency_key().is_none();
        report.then(if costs_nothing {
            "it is not sent again; run it anew: another one costs nothing"
        } else {
            ask.as_str()
        });
        if let Some(id) = &way_on.record {
            report.then_run("then remove its record", forget(id));
        }
        return;
    }
    if let Some(command) = &way_on.command {
        return report.then_run("send the same request again, and no other", command.clone());
    }
    let (flag, key) = (
        api.key_flag(),
        quoted(request.idempotency_key().unwrap_or_default()),
    );
    report.then(format!(
        "run the same command again with {flag} {key} and change nothing else; if that is refused, this is as unknown as before"
    ));
    report.then("without --no-state it is simpler");
}

/// The field by which webhooks name the order.
fn external_id(request: &PreparedRequest) -> Option<String> {
    let body: Value = serde_json::from_slice(request.body()).ok()?;
    body.get("ExternalID")?.as_str().map(str::to_owned)
}

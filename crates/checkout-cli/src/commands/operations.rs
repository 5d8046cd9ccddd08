//! `checkout operations`: what there is to call.

use clap::Args;
use serde_json::json;

use checkout_core::near::suggestion;

use crate::api::{Api, is_written_down};
use crate::operations::{Subject, explain};
use crate::{Failure, Output};

/// Arguments of `checkout operations`.
#[derive(Debug, Args)]
pub struct OperationsArgs {
    /// Say all that is known of this one [default: list all].
    #[arg(value_name = "OPERATION_ID")]
    id: Option<String>,
}

/// Lists the operations of both APIs, or explains one.
///
/// # Errors
/// There is no such operation.
pub fn run(args: &OperationsArgs, output: &mut Output) -> Result<(), Failure> {
    let all = || [Api::Noah, Api::Worldline].into_iter().flat_map(Api::subjects);
    let Some(id) = &args.id else {
        return list(all().collect(), output);
    };
    let Some(subject) = all().find(|subject| subject.is.id.eq_ignore_ascii_case(id)) else {
        let ids: Vec<&str> = all().map(|subject| subject.is.id.as_str()).collect();
        let meant = suggestion(id, ids);
        let meant = meant.unwrap_or_else(|| "; checkout operations lists them".to_owned());
        return Err(Failure::usage(format!(
            "{:?} is no operation{meant}",
            checkout_core::given::quotable(id)
        )));
    };
    Ok(explain(subject, output)?)
}

fn list(all: Vec<Subject>, output: &mut Output) -> Result<(), Failure> {
    let rows = all.iter().map(|subject| {
        let money = if subject.operation.moves_money {
            "money"
        } else {
            ""
        };
        let repeat = match subject.operation.idempotency.key_name() {
            Some(key) => key,
            None if is_written_down(subject.operation) => "acts again",
            None => "read",
        };
        let called = format!("{} {}", subject.is.method, subject.is.path);
        [
            subject.is.id.clone(),
            subject.api.name().to_owned(),
            called,
            money.to_owned(),
            repeat.to_owned(),
            subject.command(),
        ]
    });
    let heads = [
        "operation",
        "API",
        "method and path",
        "moves",
        "a repeat is known by",
        "command",
    ]
    .map(str::to_owned);
    output.table(&std::iter::once(heads).chain(rows).collect::<Vec<_>>())?;
    let told = all.iter().map(|subject| {
        json!({
            "id": subject.is.id, "api": subject.api.command(), "method": subject.is.method, "path": subject.is.path,
            "moves_money": subject.operation.moves_money, "idempotency_key": subject.operation.idempotency.key_name(),
            "changes_nothing": !is_written_down(subject.operation), "deprecated": subject.is.deprecated,
            "command": subject.command(), "summary": subject.is.summary,
        })
    });
    output.json(&told.collect::<Vec<_>>())?;
    Ok(())
}

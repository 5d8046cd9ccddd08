//! A call to an API as a command makes it: prepared, stored or shown if asked for, sent, and accounted for.

use std::future::Future;
use std::path::{Path, PathBuf};

use checkout_transport::{Call, Prepared};
use clap::Args;
use hosted_checkout::{Error, Outcome, PreparedRequest, Receipt};
use serde::Serialize;
use serde_json::{Value, json};

use crate::files::{Existing, write_private};
use crate::shell::quoted;
use crate::validation::Problem;
use crate::{Exit, Failure, Output, progress};

/// The library's name of a setting, which its errors point to.
const INEXACT: &str = "ArithmeticChecks::Off";
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

/// Why a call failed, with the way on. The error's own text tells its cause.
#[derive(Debug, thiserror::Error)]
#[error("{error}\n{advice}")]
struct CallFailure {
    error: Error,
    advice: String,
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
    problems: Vec<Problem>,
    prepared: Option<&'a Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a str>,
    receipt: Option<&'a Receipt>,
    advice: &'a str,
}

impl Sending {
    /// Sends the request by `send`, unless a look at it is all that is asked for: then `None`.
    pub(crate) async fn deliver<C: Call, T>(
        &self,
        prepared: &Prepared<C>,
        output: &mut Output,
        send: impl Future<Output = Result<T, Error>>,
    ) -> Result<Option<T>, Failure> {
        if self.dry_run {
            show(prepared, output)?;
            return Ok(None);
        }
        if let Some(path) = &self.prepared {
            let stored = serde_json::to_vec_pretty(prepared).map_err(Failure::failed)?;
            write_private(path, &stored, Existing::Keep, KEEP)?;
        }
        let stored = self.prepared.as_deref();
        exchange(stored, self.telling, output, send).await.map(Some)
    }

    /// A request that could not even be prepared.
    pub(crate) fn refused_here(&self, error: Error, output: &mut Output) -> Failure {
        failure(error, None, self.telling, output)
    }
}

/// Awaits an answer, with a sign of life; a failure is told to programs here, and to persons by what is returned.
pub(crate) async fn exchange<T>(
    stored: Option<&Path>,
    telling: Telling,
    output: &mut Output,
    send: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failure> {
    match progress::during("waiting for the API", send).await {
        Ok(answer) => Ok(answer),
        Err(error) => Err(failure(error, stored, telling, output)),
    }
}

fn failure(error: Error, stored: Option<&Path>, telling: Telling, output: &mut Output) -> Failure {
    let explanation = error
        .api_error()
        .and_then(|api_error| api_error.detail.as_deref());
    let explanation = explanation.filter(|_| telling.explain);
    let mut advice = advice(&error, stored);
    if let Some(explanation) = explanation {
        // Escaped: a terminal must not obey what a server writes.
        advice = format!("the API explains: {explanation:?}\n{advice}");
    }
    let details = error.details().iter();
    // If nobody reads any more, the exit code must still say what became of the money.
    let _ = output.json(&Failed {
        ok: false,
        operation: error.operation().map(|operation| operation.id),
        outcome: error.outcome().as_str(),
        money_may_have_moved: error.money_may_have_moved(),
        error: error.to_string(),
        status: error.status().map(|status| status.as_u16()),
        reference: error.reference(),
        idempotency_key: error.idempotency_key(),
        details: details
            .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
            .collect(),
        problems: error.violations().map(Problem::of).unwrap_or_default(),
        prepared: stored,
        explanation,
        receipt: error.receipt(),
        advice: &advice,
    });
    Failure::new(Exit::from(error.outcome()), CallFailure { error, advice })
}

/// What the outcome means, and what to do.
fn advice(error: &Error, stored: Option<&Path>) -> String {
    match error.outcome() {
        Outcome::NotSent if error.to_string().contains(INEXACT) => {
            format!("outcome: not sent; mend the cause and run it again ({INEXACT} is --inexact here)")
        }
        Outcome::NotSent => "outcome: not sent; mend the cause and run it again".to_owned(),
        Outcome::Refused if error.api_error().is_some_and(|api_error| api_error.detail.is_some()) => {
            "outcome: refused; the same request is refused again unless something changes; --explain shows the API's own \
             words"
                .to_owned()
        }
        Outcome::Refused => {
            "outcome: refused; the same request is refused again unless something changes".to_owned()
        }
        Outcome::Unknown => {
            let meaning = if error.moves_money() {
                "money may have moved"
            } else {
                "it may have taken effect"
            };
            // Refused now, while an earlier attempt may have been taken: as it is, it would be refused for ever.
            let is_refused = error.status().is_some_and(|status| status.is_client_error());
            let first = if is_refused { "mend what it was refused for, then " } else { "" };
            format!("outcome: unknown, {meaning}; {first}{}", same_again(error, stored))
        }
    }
}

fn same_again(error: &Error, stored: Option<&Path>) -> String {
    let api = match error.operation() {
        Some(operation) if noah_models::operations::ALL.contains(operation) => "noah",
        _ => "worldline",
    };
    match (stored, error.idempotency_key()) {
        (Some(path), _) => format!(
            "send the same request again: checkout {api} send {}",
            quoted(&path.display().to_string())
        ),
        (None, Some(key)) => {
            let flag = if api == "noah" {
                "--nonce"
            } else {
                "--idempotence-key"
            };
            format!(
                "run the same command again with {flag} {} and change nothing else; if that is refused, this is as unknown as \
                 before; --prepared FILE makes it simpler",
                quoted(key)
            )
        }
        (None, None) => "run it again: a repeat of it costs nothing".to_owned(),
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

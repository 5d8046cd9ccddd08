//! Requests: read from files, completed, and told of where they cannot be made.

use checkout_core::{Operation, PositiveDecimal};
use checkout_transport::PreparedRequest;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::{Api, operations};
use crate::failure::Report;
use crate::files::{FileArg, Input};
use crate::origin::Origin;
use crate::validation::{self, LocatedViolation};
use crate::{Exit, Failure, Output};

/// A request that `--prepared` stored.
pub(crate) fn stored(file: &FileArg, api: Api) -> Result<PreparedRequest, Failure> {
    let text = file.read()?;
    let none = || {
        let message = format!(
            "{file} holds no request of {}'s that --prepared stored",
            api.name()
        );
        Failure::unavailable(message)
    };
    let named: Stored = serde_json::from_slice(&text).map_err(|_| none())?;
    let ours = |operation: &&Operation| Api::of(operation) == api;
    if !operations()
        .filter(ours)
        .any(|operation| operation.id == named.operation)
    {
        return Err(none());
    }
    PreparedRequest::from_json(&text, operations().filter(ours))
        .map_err(|error| Failure::failed(format!("{file} cannot be sent: {error}")))
}

/// What stands in a stored request, as far as it says which operation it is.
#[derive(Deserialize)]
struct Stored {
    operation: String,
}

/// A JSON object from a file, and the file's text.
pub(crate) fn object(file: &Input) -> Result<(Map<String, Value>, Vec<u8>), Failure> {
    match json(file)? {
        (Value::Object(fields), text) => Ok((fields, text)),
        (_, text) => Err(unreadable(
            file,
            text,
            vec![LocatedViolation::new("", "is not a JSON object")],
        )),
    }
}

/// A JSON value from a file, and the file's text.
pub(crate) fn json(file: &Input) -> Result<(Value, Vec<u8>), Failure> {
    let text = file.read()?;
    match validation::parse(&text) {
        Ok(value) => Ok((value, text)),
        Err(problems) => Err(unreadable(file, text, problems)),
    }
}

fn unreadable(file: &Input, text: Vec<u8>, problems: Vec<LocatedViolation>) -> Failure {
    let report = match problems.as_slice() {
        [problem] if problem.pointer.is_empty() => {
            let at = match (problem.line, problem.column) {
                (Some(line), Some(column)) => format!(" (line {line}, column {column})"),
                _ => String::new(),
            };
            Report::new(format!("{file} {}{at}", problem.message))
        }
        _ => {
            let origin = Origin::default().with_file(file, text);
            let located = problems.into_iter().map(|problem| origin.locate(problem));
            Report::new(format!("{file} can be read in more than one way"))
                .because(located.map(|problem| problem.to_string()))
        }
    };
    Failure::told(Exit::NotSent, report.with_money("nothing was sent"))
}

/// Tells what keeps a request from being made, if anything does.
pub(crate) fn told(
    problems: Vec<LocatedViolation>,
    origin: &Origin,
    output: &mut Output,
) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    let problems: Vec<LocatedViolation> = problems
        .into_iter()
        .map(|problem| origin.locate(problem))
        .collect();
    let mut report = Report::new("the request is incomplete or malformed")
        .because(problems.iter().map(ToString::to_string))
        .with_money("nothing was sent");
    report.then("give each field by its option, or by its name in the file of --body");
    output.json(&serde_json::json!({"ok": false, "outcome": "not-sent", "problems": problems}))?;
    Err(Failure::told(Exit::NotSent, report))
}

/// Totals of line items that are quantity times price, where none is given.
pub(crate) fn complete_totals(request: &mut Map<String, Value>) {
    let items = request.get_mut("LineItems").and_then(Value::as_array_mut);
    for item in items.into_iter().flatten().filter_map(Value::as_object_mut) {
        if !item.contains_key("TotalAmount")
            && let Some(total) = total(item)
        {
            item.insert("TotalAmount".to_owned(), total.to_string().into());
        }
    }
}

/// `None` if there is none: the checks that follow tell why.
fn total(item: &Map<String, Value>) -> Option<PositiveDecimal> {
    let amount = |name: &str| PositiveDecimal::parse(item.get(name)?.as_str()?).ok();
    amount("UnitAmount")?.checked_mul(amount("Quantity")?).ok()
}

/// A key that no other request has: a random UUID.
pub(crate) fn fresh_key() -> String {
    uuid::Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn totals_are_exact_and_only_where_none_is_given() {
        let Value::Object(mut request) = json!({"LineItems": [
            {"Quantity": "3", "UnitAmount": "0.10"},
            {"Quantity": "3", "UnitAmount": "0.10", "TotalAmount": "0.25"},
            {"Quantity": "x", "UnitAmount": "0.10"},
        ]}) else {
            panic!("an object")
        };
        complete_totals(&mut request);
        let totals: Vec<_> = request["LineItems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item.get("TotalAmount").cloned())
            .collect();
        assert_eq!(totals, [Some("0.30".into()), Some("0.25".into()), None]);
    }
}

//! What was answered, held against what was asked.

use std::borrow::Cow;

use checkout_core::received::{ReadError, ReadFault};
use checkout_core::validate::{At, Rule, Violations};
use checkout_core::{PositiveDecimal, View};

/// A field of an answer that repeats one of the body: JSON pointers of what was asked for and of what was answered, and how the
/// two are compared.
pub(crate) type Echo = (&'static str, &'static str, By);

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// As amounts, by their value.
    Amount,
    /// As an amount that is no more than another.
    AtMost,
    /// As codes of currencies.
    Currency,
    /// As the names of an order.
    Order,
    /// As texts or numbers that are not repeated in messages.
    Text,
}

/// Where the answer is silent there is nothing to compare; what cannot be read is taken for a contradiction, never for silence.
pub(crate) fn compare(
    rows: &[Echo],
    sent: View<'_>,
    answer: View<'_>,
    unread: &[ReadError],
    compares_amounts: bool,
    found: &mut Violations,
) {
    let mut told: Vec<&str> = Vec::new();
    for (asked, answered, by) in rows {
        let is_amount = matches!(by, By::Amount | By::AtMost);
        let Some(asked) = sent.pointer(asked).and_then(text) else {
            continue;
        };
        // An object that cannot be read contradicts whatever was asked, amounts compared or not.
        if let Some((place, error)) = unread
            .iter()
            .find_map(|error| Some((lost(error, answered)?, error)))
            && (place.len() < answered.len() || compares_amounts || !is_amount)
        {
            if !told.contains(&place) {
                told.push(place);
                found.push(
                    &At::parameter(place),
                    Rule::Consistency,
                    not_comparable(error, place),
                );
            }
            continue;
        }
        if is_amount && !compares_amounts {
            continue;
        }
        answer.at(answered, &At::BODY, &mut |given, _| {
            if let Some(given) = text(given)
                && let Some(message) = contradiction(*by, &given, &asked)
            {
                found.push(&At::parameter(answered), Rule::Consistency, message);
            }
        });
    }
}

/// A text, a number or a truth value; all else has nothing to be compared by.
fn text(value: View<'_>) -> Option<Cow<'_, str>> {
    match value {
        View::Text(text) => Some(text.into()),
        View::Number(_) | View::Whole(_) | View::Bool(_) => Some(value.to_value().to_string().into()),
        _ => None,
    }
}

fn contradiction(by: By, answered: &str, asked: &str) -> Option<String> {
    let other = || "is not what was asked for".to_owned();
    let amounts = || {
        Some((
            PositiveDecimal::parse(answered).ok()?,
            PositiveDecimal::parse(asked).ok()?,
        ))
    };
    match by {
        By::Amount => {
            let (answered, asked) = amounts()?;
            (answered != asked).then(|| format!("is {answered}, but {asked} was asked for"))
        }
        By::AtMost => {
            let (answered, allowed) = amounts()?;
            (answered > allowed).then(|| format!("is {answered}, but at most {allowed} was authorized"))
        }
        _ if answered == asked => None,
        // What an answer holds may be anything; only what can be a currency code is repeated.
        By::Currency if is_code(answered) && is_code(asked) => {
            Some(format!("is {answered}, but {asked} was asked for"))
        }
        By::Order => Some("is that of another order; has this Nonce been used before?".to_owned()),
        By::Currency | By::Text => Some(other()),
    }
}

fn is_code(text: &str) -> bool {
    text.len() <= 24
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'))
}

/// The part of `pointer`, from its beginning, that could not be read for this error; `None` if that is none.
pub(crate) fn lost<'p>(error: &ReadError, pointer: &'p str) -> Option<&'p str> {
    let rest = pointer.strip_prefix(error.pointer())?;
    let step = rest
        .strip_prefix('/')
        .map(|rest| rest.split('/').next().unwrap_or(rest));
    let end = match (error.fault(), step) {
        (ReadFault::Repeated { field }, Some(step)) => {
            return (step == field).then(|| &pointer[..error.pointer().len() + 1 + step.len()]);
        }
        (_, None) if !rest.is_empty() => return None,
        _ => error.pointer().len(),
    };
    Some(&pointer[..end])
}

/// Why a field cannot be held against the request.
fn not_comparable(error: &ReadError, place: &str) -> String {
    match error.fault() {
        ReadFault::Type { due } if error.pointer() == place => {
            format!("is not {due}, so it cannot be what was asked for")
        }
        _ => format!("cannot be compared with what was asked for: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use checkout_core::Viewed as _;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_begins_like_another_is_not_lost_with_it() {
        let error = ReadError::of_type(&At::parameter("/Thing/Count"), "a text");
        for (pointer, place) in [
            ("/Thing/Count", Some("/Thing/Count")),
            ("/Thing/Count/Unit", Some("/Thing/Count")),
            ("/Thing/Country", None),
            ("/Thing", None),
        ] {
            assert_eq!(lost(&error, pointer), place, "{pointer}");
        }
    }

    #[test]
    fn numbers_are_compared_as_texts_are() {
        let rows: &[Echo] = &[
            ("/Count", "/Thing/Count", By::Text),
            ("/Name", "/Thing/Name", By::Text),
        ];
        for (answer, places) in [
            (json!({"Thing": {"Count": 7, "Name": "a"}}), vec![]),
            (json!({"Thing": {"Count": 8, "Name": "a"}}), vec!["/Thing/Count"]),
            (json!({"Thing": {"Count": 7, "Name": "b"}}), vec!["/Thing/Name"]),
            // Silence is no contradiction.
            (json!({"Thing": {"Count": null}}), vec![]),
        ] {
            let mut found = Violations::new();
            compare(
                rows,
                json!({"Count": 7, "Name": "a"}).view(),
                answer.view(),
                &[],
                true,
                &mut found,
            );
            let told: Vec<&str> = found.iter().map(|violation| violation.pointer.as_str()).collect();
            assert_eq!(told, places, "{answer}");
        }
    }
}

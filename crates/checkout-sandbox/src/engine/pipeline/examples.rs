//! The documented example as an answer: what an operation says that the sandbox has no behaviour for.

use axum::http::StatusCode;
use checkout_core::described::DescribedAnswer;
use serde_json::{Map, Value};

use super::paging;
use crate::engine::exchange::{Answer, Failure, Parameters};
use crate::engine::spec::Mounted;

/// The first example of the documented success, with the ids of the request where the names agree, in pages where the
/// operation has them.
///
/// `page` is a field and what stands there in place of the example's.
pub(crate) fn answer(
    mounted: &Mounted,
    parameters: &Parameters,
    body: &Value,
    page: Option<(&str, String)>,
) -> Result<Answer, Failure> {
    const NONE: Failure = Failure::Unexpected("the spec has no example of an answer");
    let described = mounted.described().ok_or(NONE)?;
    let success: &DescribedAnswer = described.success().ok_or(NONE)?;
    let status = success
        .status
        .parse()
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok());
    let status = status.unwrap_or(StatusCode::OK);
    if success.schema.is_none() {
        return Ok(Answer::empty(status));
    }
    let mut shown = success.examples.values().next().ok_or(NONE)?.value.clone();
    let mut ids = ids(parameters, body);
    ids.extend(page.map(|(field, address)| (field.to_owned(), address.into())));
    put(&mut shown, &ids);
    if let (Some(paging), Value::Object(members)) = (&mounted.operation.paging, &mut shown) {
        paging::cut(mounted.operation.id, paging, parameters, members)
            .map_err(|fault| Failure::Parameters(vec![fault]))?;
    }
    let body = serde_json::to_vec(&shown).map_err(|_| NONE)?;
    Ok(Answer {
        status,
        body: body.into(),
    })
}

/// What the request names: its parameters, and texts at the top of its body whose name ends as ids do.
fn ids(parameters: &Parameters, body: &Value) -> Map<String, Value> {
    let sent = body.as_object().into_iter().flatten();
    sent.filter(|(name, _)| name.ends_with("ID") || name.ends_with("Id"))
        .chain(parameters.all())
        .filter(|(_, value)| value.is_string())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn put(shown: &mut Value, ids: &Map<String, Value>) {
    match shown {
        Value::Object(members) => {
            for (name, value) in members {
                match ids.get(name) {
                    Some(id) if value.is_string() => value.clone_from(id),
                    _ => put(value, ids),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| put(item, ids)),
        _ => {}
    }
}

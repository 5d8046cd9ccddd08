//! The documented example as an answer: what an operation says that the sandbox has no behaviour for.

use axum::http::StatusCode;
use checkout_core::described::DescribedAnswer;
use serde_json::{Map, Value};

use crate::engine::answer::Answer;
use crate::engine::operations::Mounted;
use crate::engine::pages;
use crate::engine::parameters::Parameters;
use crate::engine::pipeline::Fault;

/// The first example of the documented success, with the ids of the request where the names agree, in pages where the
/// operation has them.
///
/// `page` is a field and what stands there in place of the example's.
pub(crate) fn answer(
    mounted: &Mounted,
    parameters: &Parameters,
    body: &Value,
    page: Option<(&str, String)>,
) -> Result<Answer, Fault> {
    const NONE: Fault = Fault::Unexpected("the spec has no example of an answer");
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
    if let (Some(paging), Value::Object(members)) = (&described.paging, &mut shown) {
        pages::cut(mounted.operation.id, paging, parameters, members)
            .map_err(|fault| Fault::Parameters(vec![fault]))?;
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

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use checkout_core::described::Description;
    use checkout_core::{Idempotency, Operation};
    use serde_json::json;

    use super::*;

    const OPERATIONS: &[Operation] = &[
        Operation::new(
            "getThing",
            "GET",
            "/things/{ThingID}",
            "Things",
            Idempotency::Read,
            false,
        ),
        Operation::new("listThings", "GET", "/things", "Things", Idempotency::Read, false),
        Operation::new(
            "forgetThing",
            "DELETE",
            "/things/{ThingID}",
            "Things",
            Idempotency::None,
            false,
        ),
    ];

    /// A spec that no part of the sandbox knows.
    fn description() -> &'static Description {
        static READ: LazyLock<Description> = LazyLock::new(|| {
            let id = json!({"name": "ThingID", "in": "path", "required": true, "schema": {"type": "string"}});
            let query = |name, schema| json!({"name": name, "in": "query", "schema": schema});
            let success = |value| json!([{"status": "404"}, {"status": "201", "schema": {"type": "object"}, "examples": {"One": {"value": value}}}]);
            let operation = |id, method, path, parameters, responses| json!({"id": id, "call": id, "method": method, "path": path, "tag": "", "summary": "", "parameters": parameters, "responses": responses});
            let mut list = operation(
                "listThings",
                "GET",
                "/things",
                json!([
                    query("Size", json!({"type": "integer"})),
                    query("Token", json!({"type": "string"}))
                ]),
                success(json!({"Items": [1, 2, 3], "Next": "sample"})),
            );
            list["x-paging"] = json!({"by": "token", "parameter": "Token", "size": "Size", "items": "Items", "next": "Next"});
            let thing = json!({"ThingID": "sample", "Part": {"ThingID": "sample"}, "Colour": "red", "PageURL": "https://vendor.example/1"});
            let operations = [
                operation(
                    "getThing",
                    "GET",
                    "/things/{ThingID}",
                    json!([id]),
                    success(thing),
                ),
                list,
                operation(
                    "forgetThing",
                    "DELETE",
                    "/things/{ThingID}",
                    json!([id]),
                    json!([{"status": "204"}]),
                ),
            ];
            Description::parse(&json!({"$defs": {}, "operations": operations}).to_string())
        });
        &READ
    }

    fn asked(id: &str, query: &str) -> Result<Answer, Fault> {
        let mounted = Mounted::all(OPERATIONS, description);
        let mounted = mounted.iter().find(|mounted| mounted.operation.id == id).unwrap();
        let path = vec![("ThingID".to_owned(), "mine".to_owned())];
        let parameters = Parameters::read(mounted, path, Some(query));
        assert!(parameters.faults(mounted).is_empty());
        let page = Some(("PageURL", "http://127.0.0.1/page".to_owned()));
        let body = json!({"ColourID": "x", "Colour": "blue", "PageID": "y"});
        answer(mounted, &parameters, &body, page)
    }

    fn answered(id: &str, query: &str) -> (u16, Value) {
        let answer = asked(id, query).unwrap();
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        (answer.status.as_u16(), body)
    }

    #[test]
    fn an_operation_of_the_spec_alone_answers_its_example_with_the_ids_of_the_request() {
        let thing = json!({"ThingID": "mine", "Part": {"ThingID": "mine"}, "Colour": "red", "PageURL": "http://127.0.0.1/page"});
        assert_eq!(answered("getThing", ""), (201, thing));
        assert_eq!(answered("forgetThing", ""), (204, Value::Null));
    }

    #[test]
    fn pages_of_an_example_come_to_an_end() {
        assert_eq!(answered("listThings", ""), (201, json!({"Items": [1, 2, 3]})));
        let (status, first) = answered("listThings", "Size=2");
        assert_eq!((status, &first["Items"]), (201, &json!([1, 2])));
        let next = first["Next"].as_str().unwrap();
        assert_eq!(
            answered("listThings", &format!("Size=2&Token={next}")),
            (201, json!({"Items": [3]}))
        );
        for forged in ["2", "4", "sample"] {
            let refused = asked("listThings", &format!("Token={forged}"));
            assert!(
                matches!(refused, Err(Fault::Parameters(faults)) if faults[0].pointer == "/Token"),
                "{forged}"
            );
        }
    }
}

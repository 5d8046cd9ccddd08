//! The documented example as an answer: what an operation says that the sandbox has no behaviour for.

use axum::http::StatusCode;
use checkout_core::described::DescribedAnswer;
use serde_json::{Map, Value};

use crate::engine::answer::{Answer, Fault};
use crate::engine::operations::Mounted;
use crate::engine::pages;
use crate::engine::parameters::Parameters;

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
        operation("getThing", "GET", "/things/{ThingID}"),
        operation("listThings", "GET", "/things"),
        operation("forgetThing", "DELETE", "/things/{ThingID}"),
    ];

    const fn operation(id: &'static str, method: &'static str, path: &'static str) -> Operation {
        Operation::new(id, method, path, "Things", Idempotency::None, false)
    }

    /// A spec that no part of the sandbox knows.
    const SPEC: &str = r#"{"$defs": {}, "operations": [
        {"id": "getThing", "call": "getThing", "method": "GET", "path": "/things/{ThingID}", "tag": "", "summary": "",
         "parameters": [{"name": "ThingID", "in": "path", "required": true, "schema": {"type": "string"}}],
         "responses": [{"status": "404"}, {"status": "201", "schema": {"type": "object"}, "examples": {"One": {
            "value": {"ThingID": "sample", "Part": {"ThingID": "sample"}, "Colour": "red",
                      "PageURL": "https://vendor.example/1"}}}}]},
        {"id": "listThings", "call": "listThings", "method": "GET", "path": "/things", "tag": "", "summary": "",
         "parameters": [{"name": "Size", "in": "query", "schema": {"type": "integer"}},
                        {"name": "Token", "in": "query", "schema": {"type": "string"}}],
         "responses": [{"status": "201", "schema": {"type": "object"}, "examples": {"One": {
            "value": {"Items": [1, 2, 3], "Next": "sample"}}}}],
         "x-paging": {"by": "token", "parameter": "Token", "size": "Size", "items": "Items", "next": "Next"}},
        {"id": "forgetThing", "call": "forgetThing", "method": "DELETE", "path": "/things/{ThingID}", "tag": "", "summary": "",
         "parameters": [{"name": "ThingID", "in": "path", "required": true, "schema": {"type": "string"}}],
         "responses": [{"status": "204"}]}
    ]}"#;

    fn description() -> &'static Description {
        static READ: LazyLock<Description> = LazyLock::new(|| Description::parse(SPEC));
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

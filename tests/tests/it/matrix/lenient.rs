//! Each documented success with unknown fields, and with unknown values of lists, is a success all the same.

use checkout_transport::ErrorKind;
use checkout_transport::testing::ScriptedWire;
use serde_json::{Value, json};
use tests::walk::{nodes, with};

use super::{Column, Given, Row, answered, at_once};
use crate::shop::{ONCE, key};

pub(super) static COLUMN: Column = Column::new("lenient", check);

#[test]
fn unknown_fields_and_values_in_every_answer_decode() {
    COLUMN.hold();
}

fn check(row: &Row) -> Result<usize, String> {
    let given = &row.calls()[0];
    let mut count = 0;
    for answer in row.successes() {
        let status = answer.status.parse().unwrap();
        let Some(schema) = &answer.schema else {
            // What nobody expects does no harm either, unless another success has a body: it is read as that.
            let strange = json!({"NoSuchField": [null]});
            let is_alone = row.successes().all(|answer| answer.schema.is_none());
            for body in [None].into_iter().chain(is_alone.then_some(Some(&strange))) {
                receive(row, given, status, body)?;
                count += 1;
            }
            continue;
        };
        for (name, example) in &answer.examples {
            let example = row.agreeing(&example.value, given);
            let mut extended = example.clone();
            for node in nodes(&row.spec.schemas, row.component(schema), &example) {
                let is_list = ["enum", "x-extensible-enum"]
                    .iter()
                    .any(|key| node.schema.get(key).is_some());
                // The tag of a union is no value of a list: a new member comes whole, and has a test of its own.
                if is_list && node.union.is_none() {
                    let document = with(&example, &node.pointer, json!("NoSuchValue"));
                    receive(row, given, status, Some(&document))
                        .map_err(|error| format!("{name}{}: {error}", node.pointer))?;
                    count += 1;
                }
                if node.schema.get("properties").is_some() {
                    let object = extended.pointer_mut(&node.pointer).and_then(Value::as_object_mut);
                    object
                        .unwrap()
                        .insert("NoSuchField".to_owned(), json!({"deep": [1, null, "text"]}));
                }
            }
            receive(row, given, status, Some(&extended)).map_err(|error| format!("{name}: {error}"))?;
            count += 1;
        }
    }
    Ok(count)
}

/// It is read whole. What was asked for in one currency may not be answered in another, known or not.
fn receive(row: &Row, given: &Given, status: u16, body: Option<&Value>) -> Result<(), String> {
    let wire = ScriptedWire::new([answered(status, body)]);
    let client = row.client(&wire, &key(), ONCE);
    let prepared = client
        .prepare(row.id(), given)
        .map_err(|error| error.to_string())?;
    match at_once(client.send(&prepared)) {
        Ok(answer) if answer.unreadable().is_empty() => Ok(()),
        Ok(answer) => Err(format!("{:?}", answer.unreadable())),
        Err(error) if error.kind() == ErrorKind::Mismatch => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

//! Each example of a request and of an answer decodes, and encodes to the same.

use serde_json::Value;
use tests::spec::Role;

use super::{Column, Row};

pub(super) static COLUMN: Column = Column::new("recoded", check);

#[test]
fn every_example_comes_back_as_it_was() {
    COLUMN.hold();
}

fn check(row: &Row) -> Result<usize, String> {
    let mut count = 0;
    let mut recode = |schema, role, name: &str, value: &Value| {
        let model = row.spec.model(row.component(schema), role);
        let again = model
            .recode(&value.to_string())
            .map_err(|error| format!("{name}{}: {}", error.pointer, error.message))?;
        count += 1;
        match serde_json::from_str::<Value>(&again).unwrap() == *value {
            true => Ok(()),
            false => Err(format!("{name}: {again} in place of {value}")),
        }
    };
    if let Some(body) = &row.described.body {
        for (name, example) in &body.examples {
            recode(&body.schema, Role::Request, name, &example.value)?;
        }
    }
    for answer in &row.described.responses {
        for (name, example) in &answer.examples {
            let schema = answer.schema.as_ref().unwrap();
            recode(
                schema,
                Role::Answer,
                &format!("{} {name}", answer.status),
                &example.value,
            )?;
        }
    }
    Ok(count)
}

//! Each documented refusal, as its example has it: what the API says is read, what it means for the money is what README says, and it
//! is sent again only where README says so.

use checkout_transport::testing::ScriptedWire;
use serde_json::Value;

use super::{Column, Row, answered, at_once};
use crate::failures;
use crate::shop::{THRICE, key};

pub(super) static COLUMN: Column = Column::new("refusals", check);

#[test]
fn every_documented_refusal_is_read_and_means_what_the_readme_says() {
    COLUMN.hold();
}

fn check(row: &Row) -> Result<usize, String> {
    let given = &row.calls()[0];
    let mut count = 0;
    for answer in row.refusals() {
        let status = answer
            .status
            .parse()
            .map_err(|_| format!("{} is no status", answer.status))?;
        let said = failures::row_of(status);
        let mut bodies: Vec<(&str, Option<&Value>)> = Vec::new();
        for (name, example) in &answer.examples {
            bodies.push((name, Some(&example.value)));
        }
        match (bodies.is_empty(), &answer.schema) {
            (true, Some(_)) => return Err(format!("{status} has no example")),
            (true, None) => bodies.push(("without a body", None)),
            (false, _) => {}
        }
        for (name, body) in bodies {
            let step = answered(status, body);
            let wire = ScriptedWire::new(std::iter::repeat_n(step, 3));
            let client = row.client(&wire, &key(), THRICE);
            let prepared = client
                .prepare(row.id(), given)
                .map_err(|error| error.to_string())?;
            let error =
                at_once(client.send(&prepared)).map_or_else(Ok, |_| Err(format!("{status} is a success")))?;
            assert_eq!(
                error.status().map(|status| status.as_u16()),
                Some(status),
                "{name}"
            );
            let read = error
                .api_error()
                .is_some_and(|read| read.code.is_some() || !read.fields.is_empty());
            assert_eq!(
                read,
                body.is_some(),
                "{status} {name}: what is read of it: {error}"
            );
            assert_eq!(failures::money(&error), said.money, "{status} {name}");
            let code = error.api_error().and_then(|read| read.code.as_deref());
            let again = said.is_sent_again(code.unwrap_or_default(), prepared.is_recognised());
            let times = if again { 3 } else { 1 };
            assert_eq!(wire.sent().len(), times, "{status} {name}");
            count += 1;
        }
    }
    Ok(count)
}

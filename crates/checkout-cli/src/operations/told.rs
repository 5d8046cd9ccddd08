//! What an operation answered, as a person reads it and as a program does.

use std::io;

use checkout_core::described::Description;
use checkout_core::validate::{At, Rule, Violations};
use checkout_transport::PreparedRequest;
use hosted_checkout::{Error, Response};
use serde_json::{Map, Value};
use terminal_size::terminal_size_of;

use super::Subject;
use super::overlay::{Shown, Source};
use super::schemas::{is_secret, kind, member, properties};
use crate::answer::Answer;
use crate::output;

/// The answer of any operation.
///
/// # Errors
/// The answer holds no session although one was asked for.
pub(crate) fn answer(
    subject: Subject,
    request: &PreparedRequest,
    response: Response<Value>,
) -> Result<Answer, Error> {
    let receipt = response.receipt().clone();
    let session = match subject.hides().then(|| subject.session(&response)) {
        Some(Err(found)) => return Err(response.into_mismatch(found)),
        Some(Ok(session)) => Some(session),
        None => None,
    };
    let status = response.status().as_u16();
    let answer = response.into_inner();
    // Where there is no body, the status is all that the API says.
    let said = answer.is_null().then(|| subject.said_by(status)).flatten();
    let (mut lines, fields) = if subject.extra.shown.is_empty() {
        subject.whole(answer)
    } else {
        let sent = serde_json::from_slice(request.body()).unwrap_or_default();
        chosen(subject.extra.shown, &answer, &sent)
    };
    lines.extend(said.map(|said| (String::new(), said.to_owned())));
    Ok(Answer {
        operation: subject.is.id.clone(),
        lines,
        fields,
        session,
        note: Some(subject.extra.note.to_owned()).filter(|note| !note.is_empty()),
        receipt,
    })
}

/// What the rows choose. A program gets null for what is not there.
fn chosen(rows: &[Shown], answer: &Value, sent: &Value) -> (Vec<(String, String)>, Map<String, Value>) {
    let read = |source: Source| match source {
        Source::Answer(pointer) => answer.pointer(pointer).cloned(),
        Source::Sent(pointer) => sent.pointer(pointer).cloned(),
        Source::Within(text, pointer) => {
            let inner: Value = serde_json::from_str(answer.pointer(text)?.as_str()?).ok()?;
            inner.pointer(pointer).cloned()
        }
    };
    let mut lines = Vec::new();
    let mut fields = Map::new();
    for (name, key, source) in rows {
        let value = read(*source);
        lines.extend(value.as_ref().map(|value| ((*name).to_owned(), cell(value))));
        fields.insert((*key).to_owned(), value.into());
    }
    (lines, fields)
}

impl Subject {
    fn schema(&self) -> Option<&'static Value> {
        self.is.success()?.schema.as_ref()
    }

    /// What a success of this status means.
    fn said_by(&self, status: u16) -> Option<&'static str> {
        let status = status.to_string();
        let mut answers = self.is.responses.iter();
        Some(&answers.find(|answer| answer.status == status)?.description)
    }

    /// What `--out` writes.
    fn session(&self, answer: &Value) -> Result<String, Violations> {
        Ok(match self.extra.out {
            [] => answer.to_string(),
            [pointer] if pointer.starts_with('/') => {
                let text = answer.pointer(pointer).and_then(Value::as_str);
                let text = text.filter(|text| !text.is_empty()).ok_or_else(|| {
                    let mut found = Violations::new();
                    let message = "is missing, empty or no text, so that there is no session";
                    found.push(&At::parameter(pointer), Rule::Consistency, message);
                    found
                })?;
                text.to_owned()
            }
            fields => {
                let some = fields
                    .iter()
                    .filter_map(|name| Some(((*name).to_owned(), answer.get(name)?.clone())));
                Value::Object(some.collect()).to_string()
            }
        })
    }

    /// All of the answer but its secrets.
    fn whole(&self, mut answer: Value) -> (Vec<(String, String)>, Map<String, Value>) {
        if let Some(schema) = self.schema() {
            redact(self.api.described(), schema, self.hides(), &mut answer);
        }
        let mut lines = Vec::new();
        match self.list(&answer) {
            Some((at, ..)) => {
                let rows = self.table(&answer);
                lines.extend(rows.into_iter().map(|row| (String::new(), row)));
                lines.push((String::new(), String::new()));
                let mut rest = answer.clone();
                if let Some(fields) = rest.as_object_mut() {
                    fields.shift_remove(at);
                    if !fields.is_empty() {
                        flatten("", &rest, &mut lines);
                    }
                }
            }
            None => flatten("", &answer, &mut lines),
        }
        let fields = Map::from_iter([("answer".to_owned(), answer)]);
        (lines, fields)
    }

    /// The list that the answer is, or that is the only thing in it: its field, its items and their schema.
    fn list<'a>(&self, answer: &'a Value) -> Option<(&'static str, &'a [Value], &'static Value)> {
        let (described, schema) = (self.api.described(), self.schema()?);
        let items_of = |schema: &'static Value| &described.resolve(schema).1["items"];
        if let Value::Array(items) = answer {
            return Some(("", items, items_of(schema)));
        }
        let lists = properties(described, schema).into_iter().filter(|(_, of, _)| {
            let items = items_of(of);
            kind(described, of) == Some("array") && kind(described, items) == Some("object")
        });
        let lists: Vec<_> = lists.collect();
        let named = self.operation.paging.map(|paging| paging.items);
        let is_all = described.resolve(schema).1["properties"]
            .as_object()
            .is_some_and(|all| all.len() == 1);
        let (name, of, _) = *lists
            .iter()
            .find(|(name, ..)| Some(*name) == named)
            .or(lists.first().filter(|_| is_all))?;
        Some((name, answer.get(name)?.as_array()?, items_of(of)))
    }

    /// The list of an answer of this operation, line by line.
    pub(super) fn table(&self, answer: &Value) -> Vec<String> {
        let Some((_, items, schema)) = self.list(answer).filter(|(_, items, _)| !items.is_empty()) else {
            return vec!["nothing is in this list".to_owned()];
        };
        let columns = columns(self.api.described(), schema, items);
        let rows = items.iter().map(|item| row(&columns, item));
        std::iter::once(heads(&columns)).chain(rows).collect()
    }

    /// The columns of a list of this operation, as the items of its first page need them.
    pub(super) fn columns(&self, answer: &Value) -> Vec<Column> {
        self.list(answer).map_or_else(Vec::new, |(_, items, schema)| {
            columns(self.api.described(), schema, items)
        })
    }

    /// An item of a list, without its secrets.
    pub(super) fn redacted(&self, list: &str, mut item: Value) -> Value {
        let described = self.api.described();
        let of = self.schema().and_then(|schema| member(described, schema, list));
        if let Some(items) = of.map(|of| &described.resolve(of).1["items"]) {
            redact(described, items, self.hides(), &mut item);
        }
        item
    }
}

/// Removes what is marked as secret, and unknown fields where one may be a credential.
fn redact(described: &Description, schema: &Value, known_alone: bool, value: &mut Value) {
    match value {
        Value::Object(fields) => fields.retain(|name, value| match member(described, schema, name) {
            Some(of) if is_secret(described, of) => false,
            Some(of) => {
                redact(described, of, known_alone, value);
                true
            }
            None => !known_alone,
        }),
        Value::Array(items) => {
            let of = &described.resolve(schema).1["items"];
            items
                .iter_mut()
                .for_each(|item| redact(described, of, known_alone, item));
        }
        _ => {}
    }
}

/// A column of a table: the field, and how wide it is.
pub(super) struct Column {
    name: String,
    width: usize,
}

/// The fields of items that are no objects, in the order of the spec, as many as there is room for.
fn columns(described: &Description, schema: &Value, items: &[Value]) -> Vec<Column> {
    let mut columns = Vec::new();
    let (mut used, room) = (0, output::columns(terminal_size_of(io::stdout())));
    let (needed, others): (Vec<_>, Vec<_>) = properties(described, schema)
        .into_iter()
        .partition(|(.., needed)| *needed);
    for (name, ..) in needed.into_iter().chain(others) {
        let cells = items
            .iter()
            .filter_map(|item| item.get(name))
            .filter(|value| !value.is_object() && !value.is_array());
        let widest = cells.map(|value| cell(value).chars().count()).max();
        let Some(width) = widest.map(|widest| widest.max(name.chars().count())) else {
            continue;
        };
        if columns.is_empty() || used + width <= room {
            used += width + 2;
            columns.push(Column {
                name: name.to_owned(),
                width,
            });
        }
    }
    columns
}

pub(super) fn heads(columns: &[Column]) -> String {
    line(columns, |column| column.name.clone())
}

pub(super) fn row(columns: &[Column], item: &Value) -> String {
    if columns.is_empty() {
        return cell(item);
    }
    line(columns, |column| {
        item.get(&column.name).map_or_else(|| "-".to_owned(), cell)
    })
}

fn line(columns: &[Column], text: impl Fn(&Column) -> String) -> String {
    let cells = columns
        .iter()
        .map(|column| format!("{:<width$}", text(column), width = column.width));
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

/// A value in one cell. What would break a line is escaped where it is written.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(cell).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// Each value by the way to it: `Transaction.FiatPayment.Amount`.
fn flatten(path: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields
                .iter()
                .for_each(|(name, value)| flatten(&below(name), value, lines));
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&below(&index.to_string()), item, lines);
            }
        }
        Value::Null => {}
        value => lines.push((path.to_owned(), cell(value))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Api;

    #[test]
    fn an_answer_is_shown_without_its_credentials() {
        let subject = Subject::find(Api::Worldline, "createSession").unwrap();
        let answer = json!({
            "assetUrl": "https://assets.example/", "clientApiUrl": "https://client.example/client", "clientSessionId": "canary",
            "customerId": "canary", "invalidTokens": ["canary"], "region": "EU", "beyondTheDocuments": "canary",
        });
        let (lines, fields) = subject.whole(answer.clone());
        let told = format!("{lines:?} {fields:?}");
        assert!(
            told.contains("https://assets.example/") && told.contains("EU"),
            "{told}"
        );
        assert!(!told.contains("canary"), "{told}");
        assert!(
            subject.session(&answer).unwrap().contains("canary"),
            "--out is for them"
        );
    }

    #[test]
    fn an_answer_without_its_session_is_no_success() {
        let subject = Subject::find(Api::Worldline, "createProductSession").unwrap();
        for output in [
            json!({}),
            json!({"sessionObject": 7}),
            json!({"sessionObject": ""}),
        ] {
            let answer = json!({"paymentProductSession302SpecificOutput": output});
            assert!(subject.session(&answer).is_err(), "{answer}");
        }
    }

    #[test]
    fn nested_values_are_named_by_the_way_to_them() {
        let mut lines = Vec::new();
        let answer =
            json!({"A": {"B": [{"C": 1}, {"C": "x"}], "D": ["y", 2]}, "E": null, "F": {}, "G": true});
        flatten("", &answer, &mut lines);
        let lines: Vec<String> = lines
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(lines, ["A.B.0.C=1", "A.B.1.C=x", "A.D=y, 2", "F={}", "G=true"]);
    }

    #[test]
    fn a_table_has_the_columns_that_items_fill() {
        let described = noah_models::described();
        let items = [
            json!({"Status": "Settled", "ID": "t-1", "Nonsense": 1}),
            json!({"ID": "t-200", "FiatPayment": {}}),
        ];
        let columns = columns(described, &json!({"$ref": "#/$defs/Transaction"}), &items);
        let table: Vec<String> = std::iter::once(heads(&columns))
            .chain(items.iter().map(|item| row(&columns, item)))
            .collect();
        assert_eq!(table, ["ID     Status", "t-1    Settled", "t-200  -"]);
    }
}

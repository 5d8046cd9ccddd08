//! What was sent against what was understood of it.

use serde_json::Value;

use crate::engine::pointer;

/// JSON pointers to the fields that were sent and not understood. What was sent must fit the schema.
pub(crate) fn dropped(sent: &Value, understood: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(sent, understood, &mut String::new(), &mut found);
    found
}

fn compare(sent: &Value, understood: &Value, at: &mut String, found: &mut Vec<String>) {
    let here = at.len();
    match (sent, understood) {
        (Value::Object(sent), Value::Object(understood)) => {
            for (name, sent) in sent {
                pointer::push(at, name);
                match understood.get(name) {
                    Some(understood) => compare(sent, understood, at, found),
                    None => found.push(at.clone()),
                }
                at.truncate(here);
            }
        }
        (Value::Array(sent), Value::Array(understood)) => {
            for (index, (sent, understood)) in sent.iter().zip(understood).enumerate() {
                pointer::push(at, &index.to_string());
                compare(sent, understood, at, found);
                at.truncate(here);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dropped_fields_are_found_at_any_depth() {
        let sent =
            json!({"a": 1, "A": 1, "b": {"c": [{"d": 1}, {"d": 1, "e/~": {"f": 1}}]}, "g": null, "h": null});
        let understood = json!({"a": 1, "b": {"c": [{"d": 1}, {"d": 1}]}, "g": null});
        assert_eq!(dropped(&sent, &understood), ["/A", "/b/c/1/e~1~0", "/h"]);
    }
}

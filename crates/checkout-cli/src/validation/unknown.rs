//! Fields that a type does not know: mistyped names, or fields of a later version.

use serde_json::Value;

use super::escaped;

/// JSON pointers to what was sent and is not in what was understood of it. `null` is as good as absent.
pub(super) fn fields(sent: &Value, understood: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(sent, understood, "", &mut found);
    found
}

fn collect(sent: &Value, understood: &Value, at: &str, found: &mut Vec<String>) {
    match (sent, understood) {
        (Value::Object(sent), Value::Object(understood)) => {
            for (name, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
                let pointer = format!("{at}/{}", escaped(name));
                match understood.get(name) {
                    Some(known) => collect(value, known, &pointer, found),
                    None => found.push(pointer),
                }
            }
        }
        (Value::Array(sent), Value::Array(understood)) => {
            for (index, (value, known)) in sent.iter().zip(understood).enumerate() {
                collect(value, known, &format!("{at}/{index}"), found);
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
    fn what_was_not_understood_is_pointed_at() {
        let sent = json!({"a": 1, "B": null, "c/d": 2, "list": [{"x": 1}, {"x": 1, "y~": 2}]});
        let understood = json!({"a": 1, "list": [{"x": 1}, {"x": 1}]});
        assert_eq!(fields(&sent, &understood), ["/c~1d", "/list/1/y~0"]);
    }
}

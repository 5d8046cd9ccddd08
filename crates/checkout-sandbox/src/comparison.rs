//! What was sent against what was understood of it.

use serde_json::Value;

use crate::pointer;

/// Where the two differ, as JSON pointers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    /// Lists of values in place of an object of fields: serde takes them for one, the APIs do not.
    pub(crate) lists: Vec<String>,
    /// Fields that were dropped. One that is `null` says nothing, so nothing of it is lost.
    pub(crate) dropped: Vec<String>,
}

impl Differences {
    pub(crate) fn between(sent: &Value, understood: &Value) -> Self {
        let mut found = Self::default();
        found.compare(sent, understood, String::new());
        found
    }

    fn compare(&mut self, sent: &Value, understood: &Value, at: String) {
        match (sent, understood) {
            (Value::Object(sent), Value::Object(understood)) => {
                for (name, sent) in sent {
                    let mut at = at.clone();
                    pointer::push(&mut at, name);
                    match understood.get(name) {
                        Some(understood) => self.compare(sent, understood, at),
                        None if sent.is_null() => {}
                        None => self.dropped.push(at),
                    }
                }
            }
            (Value::Array(sent), Value::Array(understood)) => {
                for (index, (sent, understood)) in sent.iter().zip(understood).enumerate() {
                    self.compare(sent, understood, format!("{at}/{index}"));
                }
            }
            (Value::Array(_), Value::Object(_)) => self.lists.push(at),
            _ => {}
        }
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
        let found = Differences::between(&sent, &understood);
        assert_eq!(found.dropped, ["/A", "/b/c/1/e~1~0"]);
        assert!(found.lists.is_empty());
    }

    #[test]
    fn lists_for_objects_are_found() {
        let found = Differences::between(&json!([[1], {"a": [1]}]), &json!([{"b": 1}, {"a": {"b": 1}}]));
        assert_eq!(found.lists, ["/0", "/1/a"]);
    }
}

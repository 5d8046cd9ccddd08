//! Bodies as they may be shown before somebody asks for all of it.
//!
//! A value shows only where the spec says that it is neither secret nor personal, as in a log of the clients. What the spec
//! leaves open the sandbox has made itself, and the API's profile names it.

use serde_json::{Map, Value};

use crate::engine::api::Api;

const HIDDEN: &str = "<hidden>";

/// The body with what may not show hidden, as JSON.
pub(crate) fn masked(api: Api, body: &[u8]) -> Value {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => object(api, members),
        _ => HIDDEN.into(),
    }
}

fn object(api: Api, members: Map<String, Value>) -> Value {
    let member = |(name, value): (String, Value)| {
        let value = match value {
            Value::Object(members) if is_open(api, &name) => object(api, members),
            Value::Array(items) if is_open(api, &name) => {
                items.into_iter().map(|item| element(api, item)).collect()
            }
            Value::Null => Value::Null,
            value @ (Value::String(_) | Value::Number(_) | Value::Bool(_)) if is_shown(api, &name) => value,
            _ => HIDDEN.into(),
        };
        (name, value)
    };
    Value::Object(members.into_iter().map(member).collect())
}

fn element(api: Api, item: Value) -> Value {
    match item {
        Value::Object(members) => object(api, members),
        _ => HIDDEN.into(),
    }
}

fn is_open(api: Api, name: &str) -> bool {
    let profile = api.profile();
    profile.open_fields.contains(&name) || profile.webhooks.open_fields.contains(&name)
}

fn is_shown(api: Api, name: &str) -> bool {
    let profile = api.profile();
    profile.shown_fields.contains(&name) || profile.webhooks.shown_fields.contains(&name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_no_spec_lets_show_is_hidden() {
        let body = json!({
            "EventType": "Customer",
            "Data": {"CustomerID": "c", "FullName": {"FirstName": "Ada"}, "Metadata": {"Status": "x"}, "Refunds": [{"RefundID": "r"}, 7]},
            "UserID": "u",
        });
        assert_eq!(
            masked(Api::Noah, body.to_string().as_bytes()),
            json!({
                "EventType": "Customer",
                "Data": {"CustomerID": "c", "FullName": HIDDEN, "Metadata": HIDDEN, "Refunds": [{"RefundID": "r"}, HIDDEN]},
                "UserID": "u",
            })
        );
        let body = json!({"type": "token.created", "token": {"id": "t"}, "payment": {"id": "p", "hostedFields": {"id": "h"}}});
        assert_eq!(
            masked(Api::Worldline, body.to_string().as_bytes()),
            json!({"type": "token.created", "token": HIDDEN, "payment": {"id": "p", "hostedFields": HIDDEN}})
        );
        assert_eq!(masked(Api::Noah, b"[1]"), HIDDEN);
    }
}

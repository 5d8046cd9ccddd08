//! JSON: as it is sent, and texts in it.

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

/// Most answers and webhooks are no longer than this, in bytes, so they are written without being moved as they grow.
const ROOM: usize = 1024;

/// The value as JSON. Fails only for what has no form in JSON, which no model has.
pub(crate) fn written(value: &impl Serialize) -> serde_json::Result<Bytes> {
    let mut json = Vec::with_capacity(ROOM);
    serde_json::to_writer(&mut json, value)?;
    Ok(json.into())
}

/// The object without its fields that are `null`.
pub(crate) fn sparse(mut object: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    object
}

/// The text of a field, if it has one.
pub(crate) fn field<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}

/// The text of a field; empty if it has none.
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    field(object, name).unwrap_or_default()
}

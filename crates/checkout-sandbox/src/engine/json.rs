//! JSON as it is sent.

use bytes::Bytes;
use serde::Serialize;

/// As long as most answers and webhooks are at the most, in bytes: room for the whole, so that none is moved as it grows.
const ROOM: usize = 1024;

/// The value as JSON. Fails only for what has no form in JSON, which no model has.
pub(crate) fn written(value: &impl Serialize) -> serde_json::Result<Bytes> {
    let mut json = Vec::with_capacity(ROOM);
    serde_json::to_writer(&mut json, value)?;
    Ok(json.into())
}

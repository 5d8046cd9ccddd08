//! The body in a wrapping: compressed, as base64, as a text within JSON.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkout_transport::coding;
use flate2::write::{DeflateEncoder, ZlibEncoder};
use flate2::{Compression, GzBuilder};
use serde_json::Value;

use super::Difference;
use super::json::{compact, escaped};
use crate::text::any_base64;

/// Most bytes that are taken out of a compressed body. A few can hold gigabytes.
const MOST: usize = 16 << 20;

/// Tries both ways: the body unwrapped, and the body wrapped.
pub(super) fn explain(
    body: &[u8],
    value: Option<&Value>,
    is_it: &mut dyn FnMut(&[u8]) -> bool,
) -> Option<Difference> {
    if uncompressed(body).is_some_and(|plain| is_it(&plain)) {
        return Some(Difference::Decompressed);
    }
    let text = std::str::from_utf8(body).ok()?;
    if any_base64(text.trim()).is_some_and(|plain| is_it(&plain)) {
        return Some(Difference::Base64Decoded);
    }
    // The event of a serverless function.
    if let Some(inner) = value.and_then(|event| event.get("body")).and_then(Value::as_str) {
        if any_base64(inner).is_some_and(|plain| is_it(&plain)) {
            return Some(Difference::Base64Decoded);
        }
        if is_it(inner.as_bytes()) {
            return Some(Difference::Unquoted);
        }
    }
    let unquoted = |text: &str| serde_json::from_str::<String>(text).ok();
    if [unquoted(text), unquoted(&format!("\"{text}\""))]
        .into_iter()
        .flatten()
        .any(|inner| is_it(inner.as_bytes()))
    {
        return Some(Difference::Unquoted);
    }
    if is_it(STANDARD.encode(body).as_bytes()) {
        return Some(Difference::Base64Encoded);
    }
    let quoted = compact(&Value::from(text));
    if is_it(quoted.as_bytes()) || is_it(escaped(&quoted, |c| !c.is_ascii()).as_bytes()) {
        return Some(Difference::Quoted);
    }
    compressed(body)
        .any(|packed| is_it(&packed))
        .then_some(Difference::Compressed)
}

/// The content of a body that is compressed by gzip or deflate.
pub(super) fn uncompressed(body: &[u8]) -> Option<Vec<u8>> {
    // Whatever begins like JSON is not compressed: bare deflate has no mark of its own.
    let begins_json = body
        .first()
        .is_none_or(|first| b"{[\" \t\r\n\xef".contains(first));
    if begins_json {
        return None;
    }
    ["gzip", "deflate"]
        .into_iter()
        .filter_map(|name| coding::decode(&coding::names([name]), body, MOST).ok())
        .map(|decoded| decoded.body.into_owned())
        .find(|plain| !plain.is_empty())
}

/// The body as common programs compress it. Programs with another library, or that write the time into it, give other bytes.
fn compressed(body: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    /// Unknown, Unix, DOS, Windows, and macOS, as gzip's header names the system.
    const SYSTEMS: [u8; 5] = [255, 3, 0, 10, 19];
    let levels = [6, 9, 1].map(Compression::new);
    levels.into_iter().flat_map(move |level| {
        let gzip = SYSTEMS.into_iter().map(move |system| {
            let mut packing = GzBuilder::new().operating_system(system).write(Vec::new(), level);
            packing.write_all(body).and_then(|()| packing.finish())
        });
        let zlib = std::iter::once_with(move || {
            let mut packing = ZlibEncoder::new(Vec::new(), level);
            packing.write_all(body).and_then(|()| packing.finish())
        });
        let bare = std::iter::once_with(move || {
            let mut packing = DeflateEncoder::new(Vec::new(), level);
            packing.write_all(body).and_then(|()| packing.finish())
        });
        gzip.chain(zlib).chain(bare).flatten()
    })
}

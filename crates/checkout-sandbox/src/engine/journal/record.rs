//! What the journal keeps of a request.

use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use bytes::Bytes;

use super::tap::Tap;
use crate::engine::exchange::Checks;
use crate::engine::spec::Api;

/// A request and what became of it.
pub(crate) struct Record {
    /// From 1, in the order of arrival.
    pub(super) number: u64,
    pub(super) api: Api,
    /// When it came, by the sandbox's clock.
    pub(super) at: SystemTime,
    pub(super) operation: Option<&'static str>,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Option<String>,
    /// Copies, for the request's own would keep the whole buffer of the connection.
    pub(super) headers: Vec<(HeaderName, Bytes)>,
    pub(super) body: Tap,
    /// `None` if there was no answer: cut on demand, or the client hung up.
    pub(super) status: Option<u16>,
    pub(super) took: Duration,
    pub(super) fault: Option<String>,
    pub(super) checks: Checks,
}

/// The headers, with copies of their values, which lie in one piece.
pub(super) fn copied(headers: &HeaderMap) -> Vec<(HeaderName, Bytes)> {
    let values: Vec<&[u8]> = headers.values().map(HeaderValue::as_bytes).collect();
    let mut values = Bytes::from(values.concat());
    let copied = headers
        .iter()
        .map(|(name, value)| (name.clone(), values.split_to(value.len())));
    copied.collect()
}

//! What the journal keeps of a request.

use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, Method, Uri};

use super::tap::Tap;
use crate::engine::exchange::checks::Checks;
use crate::engine::spec::api::Api;

/// A request and what became of it.
pub(crate) struct Record {
    /// From 1, in the order of arrival.
    pub(super) number: u64,
    pub(super) api: Api,
    /// When it came, by the sandbox's clock.
    pub(super) at: SystemTime,
    pub(super) operation: Option<&'static str>,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Tap,
    /// `None` if there was no answer: cut on demand, or the client hung up.
    pub(super) status: Option<u16>,
    pub(super) took: Duration,
    pub(super) fault: Option<String>,
    pub(super) checks: Checks,
}

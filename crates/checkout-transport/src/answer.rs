//! An answer, good or bad.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// What came back over the wire, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The provider's reference of the request.
    pub(crate) reference: Option<String>,
}

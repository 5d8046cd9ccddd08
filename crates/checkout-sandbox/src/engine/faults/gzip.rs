//! An answer as a proxy or a server compresses it.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// The body in gzip; `None` if there is none, as for `HEAD`, whose answer tells a length of its own.
pub(super) fn compressed(body: &[u8]) -> Option<Bytes> {
    if body.is_empty() {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

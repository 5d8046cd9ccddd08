//! Gzip (RFC 1952), zlib (RFC 1950) and bare deflate (RFC 1951).

use std::io::{ErrorKind, Read};

use checkout_core::utf8::without_mark;
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use serde::de::IgnoredAny;

use super::Fault;

/// Parts in a row that are put together. Programs that append to a file make a few; each costs a decoder of its own.
const MEMBERS: usize = 256;

/// What gzip begins with.
const MAGIC: &[u8] = &[0x1f, 0x8b];

pub(super) fn gunzip(mut body: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    // Of a short body that is something else, the decoder would say that its header is cut.
    if !MAGIC.starts_with(&body[..body.len().min(MAGIC.len())]) {
        return Err(Fault::Corrupt);
    }
    let mut out = Vec::new();
    for _ in 0..MEMBERS {
        let mut member = GzDecoder::new(body);
        drain(&mut member, &mut out, limit)?;
        body = member.into_inner();
        // Anything else at the end, such as padding, is none of the data: each member says by itself that it is whole.
        if !body.starts_with(MAGIC) {
            return Ok(out);
        }
    }
    Err(Fault::Corrupt)
}

pub(super) fn inflate(body: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    match drain(&mut ZlibDecoder::new(body), &mut out, limit) {
        // Without a zlib header, or with two bytes that only look like one.
        Err(Fault::Corrupt) => out.clear(),
        ended => return ended.map(|()| out),
    }
    // A JSON text that was never compressed may look like bare deflate that ends at once: `{`, a line feed and a blank do.
    if serde_json::from_slice::<IgnoredAny>(without_mark(body)).is_ok() {
        return Err(Fault::Corrupt);
    }
    drain(&mut DeflateDecoder::new(body), &mut out, limit)?;
    Ok(out)
}

/// Reads to the end, and a byte beyond the limit at most.
fn drain(decoder: &mut impl Read, out: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
    let room = (limit.saturating_sub(out.len()) as u64).saturating_add(1);
    decoder
        .take(room)
        .read_to_end(out)
        .map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => Fault::Cut,
            _ => Fault::Corrupt,
        })?;
    if out.len() > limit {
        return Err(Fault::TooLarge);
    }
    Ok(())
}

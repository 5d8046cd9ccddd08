//! Brotli (RFC 7932).

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::Fault;

/// Bytes that are decoded at a time.
const STEP: usize = 8192;

pub(super) fn decode(body: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    // Strict: without the windows of up to 1 GiB that go beyond the standard.
    let allocator = StandardAlloc::default;
    let mut state = BrotliState::new_strict(allocator(), allocator(), allocator());
    let (mut left, mut read) = (body.len(), 0);
    let mut out = Vec::new();
    let mut piece = [0; STEP];
    loop {
        let (mut room, mut written, mut total) = (STEP, 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut read,
            body,
            &mut room,
            &mut written,
            &mut piece,
            &mut total,
            &mut state,
        );
        out.extend_from_slice(&piece[..written]);
        if out.len() > limit {
            return Err(Fault::TooLarge);
        }
        match result {
            BrotliResult::ResultSuccess => return Ok(out),
            BrotliResult::NeedsMoreOutput => {}
            BrotliResult::NeedsMoreInput => return Err(Fault::Cut),
            BrotliResult::ResultFailure => return Err(Fault::Corrupt),
        }
    }
}

//! Zstandard (RFC 8878).

use std::io::{self, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::Fault;

/// The largest window of the content coding `zstd` (RFC 9659), in bytes. A decoder takes as much memory.
const WINDOW: u64 = 8 * 1024 * 1024;
/// Parts in a row that are put together.
const FRAMES: usize = 256;

pub(super) fn decode(body: &[u8], limit: usize) -> Result<Vec<u8>, Fault> {
    let mut source = Source {
        rest: body,
        is_over: false,
    };
    let mut out = Vec::new();
    for _ in 0..FRAMES {
        frame(&mut source, &mut out, limit)?;
        // Anything else at the end is none of the data.
        if !begins_frame(source.rest) {
            return Ok(out);
        }
    }
    Err(Fault::Corrupt)
}

/// A frame of data, or one that is to be passed over.
fn begins_frame(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]
    )
}

fn frame(source: &mut Source<'_>, out: &mut Vec<u8>, limit: usize) -> Result<(), Fault> {
    use FrameDecoderError::ReadFrameHeaderError as Header;
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(WINDOW);
    match decoder.init(&mut *source) {
        Ok(()) => {}
        Err(Header(ReadFrameHeaderError::SkipFrame { length, .. })) => {
            source.rest = usize::try_from(length)
                .ok()
                .and_then(|length| source.rest.get(length..))
                .ok_or(Fault::Cut)?;
            return Ok(());
        }
        Err(_) => return Err(source.fault()),
    }
    let mut is_finished = false;
    while !is_finished {
        // A block at a time, 128 KiB at most, so that little is made beyond the limit.
        is_finished = decoder
            .decode_blocks(&mut *source, BlockDecodingStrategy::UptoBlocks(1))
            .map_err(|_| source.fault())?;
        decoder.collect_to_writer(&mut *out).map_err(|_| Fault::Corrupt)?;
        if out.len() > limit {
            return Err(Fault::TooLarge);
        }
    }
    match decoder.get_checksum_from_data() {
        Some(_) if decoder.get_checksum_from_data() != decoder.get_calculated_checksum() => {
            Err(Fault::Corrupt)
        }
        _ => Ok(()),
    }
}

/// Knows whether more was asked for than there is.
struct Source<'a> {
    rest: &'a [u8],
    is_over: bool,
}

impl Source<'_> {
    const fn fault(&self) -> Fault {
        if self.is_over { Fault::Cut } else { Fault::Corrupt }
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.rest.read(buffer)?;
        self.is_over |= read == 0 && !buffer.is_empty();
        Ok(read)
    }
}

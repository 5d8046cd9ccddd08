//! A request's body, of which a copy is kept as it is read.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;

/// Longest copy of a body, in bytes.
const KEPT: usize = 64 * 1024;

/// What was read of a body so far. Clones are one.
#[derive(Clone, Default)]
pub(crate) struct Tap(Arc<Mutex<Copy>>);

#[derive(Default)]
struct Copy {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Tap {
    /// The copy, and whether more was read than it holds.
    pub(crate) fn read(&self) -> (Vec<u8>, bool) {
        let copy = self.0.lock();
        (copy.bytes.clone(), copy.is_cut)
    }

    fn write(&self, data: &[u8]) {
        let mut copy = self.0.lock();
        let room = KEPT - copy.bytes.len();
        // Copied, for a slice would keep the whole buffer of the connection.
        copy.bytes.extend_from_slice(&data[..data.len().min(room)]);
        copy.is_cut |= data.len() > room;
    }
}

/// A body that is copied as it is read.
pub(crate) struct Tapped {
    body: Body,
    tap: Tap,
}

impl Tapped {
    pub(crate) const fn new(body: Body, tap: Tap) -> Self {
        Self { body, tap }
    }
}

impl http_body::Body for Tapped {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.tap.write(data);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_long_body_passes_whole_and_is_kept_in_part() {
        let tap = Tap::default();
        let long = vec![b'x'; KEPT + 1];
        let tapped = Tapped::new(Body::from(long.clone()), tap.clone());
        assert_eq!(tapped.collect().await.unwrap().to_bytes(), long);
        let (kept, is_cut) = tap.read();
        assert_eq!((kept.len(), is_cut), (KEPT, true));
    }
}

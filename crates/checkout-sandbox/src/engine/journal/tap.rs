//! A request's body, of which a copy is kept as it is read.

use std::sync::Arc;

use axum::body::Body;
use http_body_util::BodyExt as _;
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

/// The body, which is copied as it is read.
pub(crate) fn tapped(body: Body, tap: Tap) -> Body {
    Body::new(body.map_frame(move |frame| {
        if let Some(data) = frame.data_ref() {
            tap.write(data);
        }
        frame
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_long_body_passes_whole_and_is_kept_in_part() {
        let tap = Tap::default();
        let long = vec![b'x'; KEPT + 1];
        let tapped = tapped(Body::from(long.clone()), tap.clone());
        assert_eq!(tapped.collect().await.unwrap().to_bytes(), long);
        let (kept, is_cut) = tap.read();
        assert_eq!((kept.len(), is_cut), (KEPT, true));
    }
}

//! The body of an answer in two parts, or half of one.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures::{StreamExt as _, stream};

use crate::engine::exchange::NoAnswer;

/// How long the first half is given to leave before the connection is cut.
const HALF_LEAVES: Duration = Duration::from_millis(20);

/// The second half comes after a pause.
pub(super) fn stalled(mut body: Bytes, pause: Duration) -> Body {
    let second = body.split_off(body.len() / 2);
    in_two(body, pause, Ok(second))
}

/// The second half does not come: the connection is closed.
pub(super) fn truncated(mut body: Bytes) -> Body {
    body.truncate(body.len() / 2);
    in_two(body, HALF_LEAVES, Err(NoAnswer::Closed))
}

fn in_two(first: Bytes, pause: Duration, second: Result<Bytes, NoAnswer>) -> Body {
    let second = async move {
        tokio::time::sleep(pause).await;
        second
    };
    Body::from_stream(stream::iter([Ok(first)]).chain(stream::once(second)))
}

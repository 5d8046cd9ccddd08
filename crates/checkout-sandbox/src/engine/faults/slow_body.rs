//! The body of an answer in two parts, or half of one.

use std::collections::VecDeque;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use tokio::time::Sleep;

use crate::engine::serve::NoAnswer;

/// How long the first half is given to leave before the connection is cut.
const HALF_LEAVES: Duration = Duration::from_millis(20);

/// A body that comes step by step.
pub(super) struct SlowBody {
    steps: VecDeque<Step>,
    pause: Option<Pin<Box<Sleep>>>,
}

enum Step {
    Data(Bytes),
    Wait(Duration),
    Cut,
}

impl SlowBody {
    /// The second half comes after a pause.
    pub(super) fn stalled(body: Bytes, pause: Duration) -> Self {
        let (first, second) = halves(body);
        Self::of([Step::Data(first), Step::Wait(pause), Step::Data(second)])
    }

    /// The second half does not come.
    pub(super) fn truncated(body: Bytes) -> Self {
        let (first, _) = halves(body);
        Self::of([Step::Data(first), Step::Wait(HALF_LEAVES), Step::Cut])
    }

    fn of<const N: usize>(steps: [Step; N]) -> Self {
        Self {
            steps: VecDeque::from(steps),
            pause: None,
        }
    }
}

fn halves(mut body: Bytes) -> (Bytes, Bytes) {
    let second = body.split_off(body.len() / 2);
    (body, second)
}

impl Body for SlowBody {
    type Data = Bytes;
    type Error = NoAnswer;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NoAnswer>>> {
        loop {
            if let Some(pause) = self.pause.as_mut() {
                if pause.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                self.pause = None;
            }
            match self.steps.pop_front() {
                Some(Step::Data(data)) if data.is_empty() => {}
                Some(Step::Data(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Some(Step::Wait(pause)) => self.pause = Some(Box::pin(tokio::time::sleep(pause))),
                Some(Step::Cut) => return Poll::Ready(Some(Err(NoAnswer::Closed))),
                None => return Poll::Ready(None),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty() && self.pause.is_none()
    }
}

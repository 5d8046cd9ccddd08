//! Work that is done to its end, whether or not anybody waits for its answer.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::task::Poll;
use std::time::Duration;

use futures::FutureExt as _;

use crate::engine::exchange::reference;

/// Does the work, in a task of its own if it has to wait. `None` if it panicked.
///
/// hyper drops a handler, and with it everything that the handler has not done yet, as soon as its client hangs up. An
/// API does not: it goes on with what it has accepted, and a client that ran out of patience finds a session there.
pub(crate) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let mut work = Box::pin(AssertUnwindSafe(work).catch_unwind());
    // Most work waits for nothing, and a task for it would cost more than much of the work.
    if let Poll::Ready(done) = futures::poll!(&mut work) {
        return done.ok();
    }
    let ground = reference::current();
    tokio::spawn(reference::handed_on(work, ground)).await.ok()?.ok()
}

/// Waits for as long as the work is said to take.
pub(crate) async fn pretend(latency: Duration) {
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_outlives_whoever_waits_for_it() {
        let (begin, begun) = oneshot::channel();
        let (finish, finished) = oneshot::channel();
        let work = to_its_end(async {
            begun.await.unwrap();
            finish.send("done").unwrap();
        });
        assert!(tokio::time::timeout(Duration::ZERO, work).await.is_err());
        begin.send(()).unwrap();
        assert_eq!(finished.await, Ok("done"));
    }
}

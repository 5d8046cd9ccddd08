//! The reference that each error answer has of its own: `Instance` of NOAH, `errorId` of Worldline Connect.
//!
//! An error becomes an answer in many places, most of which know nothing of the sandbox's ids. So the request's task
//! carries them.

use std::future::Future;
use std::sync::Arc;

use uuid::Uuid;

use crate::engine::ground::Ground;

tokio::task_local! {
    static GROUND: Arc<Ground>;
}

/// A new one, of the sandbox that is at work on a request.
pub(crate) fn new() -> Uuid {
    GROUND
        .try_with(|ground| ground.ids.uuid())
        .unwrap_or_else(|_| Uuid::new_v4())
}

/// Work whose errors get their references from here.
pub(crate) async fn of<T>(ground: Arc<Ground>, work: impl Future<Output = T>) -> T {
    GROUND.scope(ground, work).await
}

/// The same for work that goes on in a task of its own.
pub(crate) async fn handed_on<T>(work: impl Future<Output = T>, ground: Option<Arc<Ground>>) -> T {
    match ground {
        Some(ground) => of(ground, work).await,
        None => work.await,
    }
}

/// What this task has to hand on.
pub(crate) fn current() -> Option<Arc<Ground>> {
    GROUND.try_with(Arc::clone).ok()
}

//! A limit on connecting that a single call can set: reqwest has one for a whole client.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, timeout_at};
use tower_layer::Layer;
use tower_service::Service;

use crate::wire::BoxError;

tokio::task_local! {
    static LIMIT: Instant;
}

/// Runs an exchange whose connection, if it makes one, must stand by `limit`.
pub(crate) fn by<F: Future>(limit: Instant, exchange: F) -> impl Future<Output = F::Output> {
    LIMIT.scope(limit, exchange)
}

/// The layer of the connector that keeps the limit. A connection is begun by the call that first needs it, so that the
/// limit is found there even if the connection is finished for another call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectLimit;

#[derive(Debug, Clone)]
pub(crate) struct Limited<S>(S);

impl<S> Layer<S> for ConnectLimit {
    type Service = Limited<S>;
    fn layer(&self, inner: S) -> Limited<S> {
        Limited(inner)
    }
}

impl<S, R> Service<R> for Limited<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let connecting = self.0.call(target);
        let Ok(limit) = LIMIT.try_with(|limit| *limit) else {
            return Box::pin(connecting);
        };
        Box::pin(async move {
            match timeout_at(limit, connecting).await {
                Ok(connected) => connected,
                // reqwest tells a timeout by this kind.
                Err(_) => Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()),
            }
        })
    }
}

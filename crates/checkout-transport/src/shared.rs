//! What all calls of a transport share.

use std::sync::Arc;
use std::time::Duration;

use checkout_core::clock::Clock;
use http::HeaderValue;

use crate::{ApiProfile, Authenticator, BoxFuture, CallOptions, RetryBudget, Wire};

/// Everything an attempt needs.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) wire: Arc<dyn Wire>,
    pub(crate) authenticator: Arc<dyn Authenticator>,
    pub(crate) api: Arc<dyn ApiProfile>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sleep: Arc<Sleep>,
    pub(crate) random: Arc<Random>,
    pub(crate) budget: RetryBudget,
    pub(crate) options: CallOptions,
    pub(crate) body_limit: usize,
    pub(crate) user_agent: HeaderValue,
}

pub(crate) type Sleep = dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync;
pub(crate) type Random = dyn Fn() -> u64 + Send + Sync;

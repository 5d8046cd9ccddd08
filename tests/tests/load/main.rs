//! Thousands of calls at once, a server that dies under them, and what memory is left: against a server in a process of
//! its own. One test at a time, and alone in this binary, for they count every byte of the heap.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::alloc::System;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use checkout_transport::{Authenticator, CallOptions, ReqwestWire, RetryBudget, Timeouts, Transport};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::runtime::Handle;

mod in_flight;
mod restart;
mod returns;
mod server;

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are allocated and not yet freed.
fn live() -> isize {
    let stats = HEAP.stats();
    stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated) as isize
}

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Raises the limit on open files if it must and can. Says so where it cannot, and fails there with `CI` set.
fn can_open(files: u64) -> bool {
    let limit = rlimit::increase_nofile_limit(files).unwrap_or(0);
    if limit >= files {
        return true;
    }
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("a test");
    let message = format!("{name}: {limit} files may be open, not {files}; raise it: ulimit -n {files}");
    assert!(std::env::var_os("CI").is_none(), "{message}");
    #[expect(
        clippy::print_stderr,
        reason = "whoever runs the tests should know which did not run"
    )]
    {
        eprintln!("skipped {message}");
    }
    false
}

fn transport(
    authenticator: impl Authenticator,
    timeouts: Timeouts,
    options: CallOptions,
    budget: RetryBudget,
) -> Transport {
    let client = || {
        reqwest::Client::builder()
            .no_proxy()
            .pool_idle_timeout(Duration::from_millis(200))
    };
    let wire = ReqwestWire::from_builder(client, timeouts).unwrap();
    Transport::builder()
        .wire(wire)
        .authenticator(authenticator)
        .options(options)
        .budget(budget)
        .build()
        .unwrap()
}

/// Waits until the connections that are kept for later calls are closed. What stays is the task that closes them.
async fn idle() {
    let metrics = Handle::current().metrics();
    let began = Instant::now();
    while metrics.num_alive_tasks() > 1 {
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{} tasks go on",
            metrics.num_alive_tasks()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

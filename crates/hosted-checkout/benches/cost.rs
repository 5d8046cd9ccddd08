//! CPU time beside the time on the clock; Linux only.

#![allow(clippy::float_arithmetic, reason = "times, no money")]
#![allow(dead_code, reason = "each program uses its part")]

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

/// Seconds for each request, or signature.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) cpu: f64,
    pub(crate) wall: f64,
}

/// Runs `work`, which makes so many calls.
pub(crate) fn cost(calls: usize, work: impl FnOnce()) -> Cost {
    let (cpu, wall) = (cpu_seconds(), Instant::now());
    work();
    let wall = wall.elapsed().as_secs_f64();
    let calls = calls as f64;
    Cost {
        cpu: (cpu_seconds() - cpu) / calls,
        wall: wall / calls,
    }
}

/// User and system time of all threads of this process, and of no other.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

//! Compares our code with the bare primitive beneath it and prints one line with the ratio.
//!
//! Absolute times differ between machines and between minutes; the ratio is what we promise. So both sides run in
//! turns of a millisecond, each turn gives one ratio, and the line shows the median of the ratios and the
//! range in which the middle half of them lies:
//!
//! ```text
//! sign_jws 1.03x bare P-384 (60.1 us vs 58.3 us, middle half 1.02x to 1.04x)
//! ```
//!
//! To add lines for another area, write `benches/<area>.rs` with a `pub(crate) fn run(bench: &Bench)` that calls
//! [`Bench::compare`], and name it in `benches/core.rs`.

#![allow(clippy::float_arithmetic, reason = "times and ratios, no money")]
#![allow(clippy::print_stdout, reason = "the report")]

use std::{
    env,
    hint::black_box,
    time::{Duration, Instant},
};

/// One side of a turn takes about this long. Shorter than the time slice of a scheduler, so that on a busy machine
/// most turns are undisturbed, and a median of many shows them.
const SIDE: Duration = Duration::from_millis(1);
/// Odd, so that a median is one of the measurements.
const TURNS: usize = 1001;

/// What runs, and how thoroughly.
pub(crate) struct Bench {
    filter: Option<String>,
    turns: usize,
    side: Duration,
}

impl Bench {
    /// `cargo bench` runs in full; `cargo test --benches` only checks that everything runs.
    pub(crate) fn from_args() -> Self {
        let (flags, words): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|arg| arg.starts_with('-'));
        let full = flags.iter().any(|flag| flag == "--bench");
        Self {
            filter: words.into_iter().next(),
            turns: if full { TURNS } else { 1 },
            side: if full { SIDE } else { Duration::ZERO },
        }
    }

    /// Prints how many times as long `ours` takes as `bare`.
    pub(crate) fn compare<A, B>(
        &self,
        name: &str,
        mut ours: impl FnMut() -> A,
        against: &str,
        mut bare: impl FnMut() -> B,
    ) {
        if self
            .filter
            .as_ref()
            .is_some_and(|word| !name.contains(word.as_str()))
        {
            return;
        }
        let calls_of_ours = calls_within(self.side, &mut ours);
        let calls_of_bare = calls_within(self.side, &mut bare);
        let mut turns: Vec<(f64, f64)> = (0..self.turns)
            .map(|turn| {
                // Whoever goes first may find the processor in another state: change places.
                if turn % 2 == 0 {
                    let ours = seconds_per_call(calls_of_ours, &mut ours);
                    (ours, seconds_per_call(calls_of_bare, &mut bare))
                } else {
                    let bare = seconds_per_call(calls_of_bare, &mut bare);
                    (seconds_per_call(calls_of_ours, &mut ours), bare)
                }
            })
            .collect();
        let ours = quantile(&mut turns, 50, |turn| turn.0);
        let bare = quantile(&mut turns, 50, |turn| turn.1);
        let mut ratio = |percent| quantile(&mut turns, percent, |turn| turn.0 / turn.1);
        let (low, middle, high) = (ratio(25), ratio(50), ratio(75));
        println!(
            "{name} {middle:.2}x {against} ({} vs {}, middle half {low:.2}x to {high:.2}x)",
            human(ours),
            human(bare)
        );
    }
}

/// How often `call` fits into `side`, at least once.
fn calls_within<T>(side: Duration, call: &mut impl FnMut() -> T) -> u32 {
    let mut calls = 1;
    loop {
        let start = Instant::now();
        (0..calls).for_each(|_| drop(black_box(call())));
        if start.elapsed() >= side {
            return calls;
        }
        calls *= 2;
    }
}

fn seconds_per_call<T>(calls: u32, call: &mut impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    (0..calls).for_each(|_| drop(black_box(call())));
    start.elapsed().as_secs_f64() / f64::from(calls)
}

fn quantile(turns: &mut [(f64, f64)], percent: usize, of: impl Fn(&(f64, f64)) -> f64) -> f64 {
    turns.sort_by(|a, b| of(a).total_cmp(&of(b)));
    let index = (turns.len() - 1) * percent / 100;
    of(&turns[index])
}

fn human(seconds: f64) -> String {
    if seconds >= 1e-3 {
        format!("{:.2} ms", seconds * 1e3)
    } else if seconds >= 1e-6 {
        format!("{:.1} us", seconds * 1e6)
    } else {
        format!("{:.1} ns", seconds * 1e9)
    }
}

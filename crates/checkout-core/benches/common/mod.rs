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
//! A figure with an aim has it behind the parenthesis, with whether it was met; what cannot run here says so:
//!
//! ```text
//! overhead 1.04x bare (104.0 us vs 100.0 us, middle half 1.03x to 1.06x): 4.0 us more (middle half 3.1 us to 5.8 us), aim 5.0 us: met
//! request skipped: CPU time is read on Linux only
//! ```
//!
//! `cargo xtask bench` reads these lines (`xtask/src/bench.rs`) and refuses any other: change both together.
//!
//! To add lines for another area, write `benches/<area>.rs` with a `pub(crate) fn run(bench: &Bench)` that calls
//! [`Bench::compare`], and name it in `benches/core.rs`. What is not time per call (a count, bytes, a rate) is measured
//! by the area itself, in turns too, and goes to [`Bench::report`].

#![allow(dead_code, reason = "each program uses its part")]
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
        if !self.wants(name) {
            return;
        }
        let calls_of_ours = calls_within(self.side, &mut ours);
        let calls_of_bare = calls_within(self.side, &mut bare);
        let turns = (0..self.turns)
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
        self.report(Line::times(name, against), turns);
    }

    /// Prints the line of what was measured elsewhere: `turns` holds ours and the baseline of each turn.
    pub(crate) fn report(&self, line: Line<'_>, mut turns: Vec<(f64, f64)>) {
        let Line {
            name,
            against,
            unit,
            aim,
        } = line;
        if !self.wants(name) {
            return;
        }
        let ours = quantile(&mut turns, 50, |turn| turn.0);
        let bare = quantile(&mut turns, 50, |turn| turn.1);
        let mut ratio = |percent| quantile(&mut turns, percent, |turn| turn.0 / turn.1);
        let (low, middle, high) = (ratio(25), ratio(50), ratio(75));
        let remark = aim.map_or_else(String::new, |aim| match aim {
            Aim::AtMostMore(aim) => {
                let mut more = |percent| quantile(&mut turns, percent, |turn| turn.0 - turn.1);
                let (low, middle, high) = (more(25), more(50), more(75));
                format!(
                    ": {} more (middle half {} to {}), aim {}: {}",
                    unit.show(middle),
                    unit.show(low),
                    unit.show(high),
                    unit.show(aim),
                    met(middle <= aim)
                )
            }
            Aim::RatioAtMost(aim) => format!(": aim {aim:.2}x at most: {}", met(middle <= aim)),
            Aim::RatioAtLeast(aim) => format!(": aim {aim:.2}x: {}", met(middle >= aim)),
        });
        println!(
            "{name} {middle:.2}x {against} ({} vs {}, middle half {low:.2}x to {high:.2}x){remark}",
            unit.show(ours),
            unit.show(bare)
        );
    }

    /// Says that an area cannot run here, and why.
    pub(crate) fn skip(&self, name: &str, reason: &str) {
        if self.wants(name) {
            println!("{name} skipped: {reason}");
        }
    }

    /// Whether a line of this name is asked for.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.filter
            .as_ref()
            .is_none_or(|word| name.contains(word.as_str()))
    }

    /// `full`, or 1 where only is checked that everything runs.
    pub(crate) fn at_most(&self, full: usize) -> usize {
        full.min(self.turns)
    }
}

/// What a line compares, and how it shows the figures.
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) against: &'a str,
    pub(crate) unit: Unit,
    pub(crate) aim: Option<Aim>,
}

impl<'a> Line<'a> {
    /// Of times, in seconds, with no aim.
    pub(crate) fn times(name: &'a str, against: &'a str) -> Self {
        Self {
            name,
            against,
            unit: Unit::Seconds,
            aim: None,
        }
    }
}

/// What a figure counts.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// Shown as ms, us or ns.
    Seconds,
    /// Of a second; more is better.
    PerSecond,
    /// Blocks of the heap.
    Blocks,
    /// Bytes.
    Bytes,
}

impl Unit {
    fn show(self, figure: f64) -> String {
        match self {
            Self::Seconds => human(figure),
            Self::PerSecond => format!("{figure:.0} /s"),
            Self::Blocks => format!("{figure:.1} blocks"),
            Self::Bytes => format!("{figure:.0} B"),
        }
    }
}

/// What the median of a line should reach.
#[derive(Clone, Copy)]
pub(crate) enum Aim {
    /// Ours less the baseline, in the line's unit.
    AtMostMore(f64),
    /// Ours as a multiple of the baseline, where less is better.
    RatioAtMost(f64),
    /// Ours as a part of the baseline, where more is better.
    RatioAtLeast(f64),
}

fn met(met: bool) -> &'static str {
    if met { "met" } else { "missed" }
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
    // A difference may be negative.
    let size = seconds.abs();
    if size >= 1e-3 {
        format!("{:.2} ms", seconds * 1e3)
    } else if size >= 1e-6 {
        format!("{:.1} us", seconds * 1e6)
    } else {
        format!("{:.1} ns", seconds * 1e9)
    }
}

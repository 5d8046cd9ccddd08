//! What a pay-in takes of the heap, beside bare reqwest that sends the same signed bytes.
//!
//! A program of its own, because an allocator that counts would slow down what `hosted.rs` times. It counts the blocks
//! and bytes asked for by this thread, which does everything on our side; a block that grows is counted again.

#![allow(clippy::float_arithmetic, reason = "counts for each call, no money")]
#![allow(clippy::unwrap_used, reason = "fixed inputs")]

#[path = "../../checkout-core/benches/common/mod.rs"]
mod common;
mod load;
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use common::{Aim, Bench, Line, Unit};
use load::{Bare, Key};
use server::Server;

/// Calls in one turn; connections are made before the first.
const CALLS: u32 = 64;
/// What is counted hardly differs from turn to turn.
const TURNS: usize = 11;
/// Blocks of a call beyond those of bare reqwest.
const BLOCKS_AIM: f64 = 40.0;
/// Calls that wait for an answer at the same time.
const PARKED: usize = 256;

const BLOCKS: &str = "request, blocks allocated";
const PREPARED: &str = "prepared, blocks allocated";
const BYTES: &str = "request, bytes allocated";
const HELD: &str = "call in flight, bytes held";
const BARE: &str = "bare reqwest";

fn main() {
    Server::serve_if_asked();
    let bench = Bench::from_args();
    if [BLOCKS, PREPARED, BYTES, HELD]
        .iter()
        .any(|name| bench.wants(name))
    {
        let mut server = Server::start();
        let key = Key::generate();
        requests(&bench, &server, &key);
        in_flight(&bench, &mut server, &key);
    }
}

/// One call after the other, all answered.
fn requests(bench: &Bench, server: &Server, key: &Key) {
    let base_url = server.answering();
    let runtime = load::runtime();
    let noah = load::noah(&base_url, key);
    let bare = Bare::new(runtime.block_on(load::capture(&base_url, key)));
    let request = load::prepared(&noah);
    let ours = || runtime.block_on(load::pay_in(&noah));
    let sent = || noah.api().transport().send_prepared(&request);
    let prepared = || drop(runtime.block_on(sent()).unwrap());
    let theirs = || drop(runtime.block_on(bare.send()));
    ours();
    theirs();
    let turns: Vec<_> = (0..bench.at_most(TURNS))
        .map(|_| {
            let of = |call: &dyn Fn()| measure(|| (0..CALLS).for_each(|_| call()));
            [of(&ours), of(&prepared), of(&theirs)]
        })
        .collect();
    let pairs = |side: usize, of: fn(&AllocationInfo) -> u64| {
        let each = |info| of(info) as f64 / f64::from(CALLS);
        turns
            .iter()
            .map(|sides| (each(&sides[side]), each(&sides[2])))
            .collect()
    };
    let blocks: fn(&AllocationInfo) -> u64 = |info| info.count_total;
    let aim = Some(Aim::AtMostMore(BLOCKS_AIM));
    for (name, side, unit, aim, of) in [
        (BLOCKS, 0, Unit::Blocks, aim, blocks),
        (PREPARED, 1, Unit::Blocks, None, blocks),
        (BYTES, 0, Unit::Bytes, None, |info| info.bytes_total),
    ] {
        bench.report(
            Line {
                unit,
                aim,
                ..Line::times(name, BARE)
            },
            pairs(side, of),
        );
    }
}

/// Many calls that wait for an answer: their tasks, buffers and connections.
fn in_flight(bench: &Bench, server: &mut Server, key: &Key) {
    if !bench.wants(HELD) {
        return;
    }
    let base_url = server.parked();
    let sent = load::runtime().block_on(load::capture(&base_url, key));
    let turns = (0..bench.at_most(TURNS))
        .map(|_| {
            let noah = load::noah(&base_url, key);
            let bare = Bare::new(sent.clone());
            let ours = held(server, move || {
                let noah = noah.clone();
                async move { load::pay_in(&noah).await }
            });
            let theirs = held(server, move || {
                let bare = Arc::clone(&bare);
                async move { drop(bare.send().await) }
            });
            (ours, theirs)
        })
        .collect();
    let unit = Unit::Bytes;
    bench.report(
        Line {
            unit,
            ..Line::times(HELD, BARE)
        },
        turns,
    );
}

/// Bytes of the heap for each of [`PARKED`] calls, once the server has read all their requests.
fn held<F>(server: &mut Server, call: impl Fn() -> F) -> f64
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = load::runtime();
    let parked = AtomicBool::new(false);
    let info = thread::scope(|scope| {
        // In a thread, because our own must go on with the calls; what it allocates is not counted.
        scope.spawn(|| {
            server.wait_for_parked(PARKED);
            parked.store(true, Ordering::Release);
        });
        measure(|| {
            runtime.block_on(async {
                for _ in 0..PARKED {
                    tokio::spawn(call());
                }
                while !parked.load(Ordering::Acquire) {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
        })
    });
    info.bytes_current as f64 / PARKED as f64
}

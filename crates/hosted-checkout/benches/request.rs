//! A pay-in from end to end over loopback, against bare reqwest that sends the same signed bytes.
//!
//! The server is another process (`server.rs`), and we are one thread. CPU time is user and system time of this process
//! alone; the kernel counts some of the way to the server's socket as ours, on all sides alike.
//!
//! For one call at a time and for many, these are compared in turns:
//!
//! - *ours*: build, check, sign, send, read, check the answer.
//! - *prepared*: what remains of that once a request is prepared: sign, send, read. The transport alone.
//! - *bare*: send the captured bytes, read the answer.
//! - *bare that signs*: the SHA-256 of the body and one bare P-384 signature over the same input, then as *bare*. As many
//!   requests as it makes in a second are the **signature-bound** throughput: what is possible if all that we do cost nothing
//!   save the signature.
//! - *a signature*: that hash and that signature alone, in a loop.
//!
//! **Beyond the signature** is the CPU time of ours less that of bare and of a signature. A loop keeps the signature's
//! code and tables in the caches of the processor, so that figure counts against us what a signature costs more among
//! requests; the line *bare that signs* shows how much that is.

#![allow(clippy::float_arithmetic, reason = "times and ratios, no money")]
#![allow(clippy::unwrap_used, reason = "a call that fails ends the measurement")]

use std::hint::black_box;
use std::sync::Arc;

use hosted_checkout::noah::Noah;
use tokio::runtime::Runtime;

use crate::common::{Aim, Bench, Line, Unit};
use crate::cost::{Cost, cost};
use crate::load::{self, Bare, Key};
use crate::server::Server;

const REQUEST_AIM: f64 = 1.10;
/// Of a request that is prepared, in seconds of CPU time.
const PREPARED_AIM: f64 = 5e-6;
const THROUGHPUT_AIM: f64 = 0.95;

/// Calls in flight, calls of each task in one turn, turns. A turn is some tens of milliseconds at most.
const LOADS: [(usize, usize, usize); 2] = [(1, 48, 301), (64, 3, 101)];
/// In one turn.
const SIGNATURES: usize = 24;

pub(crate) fn run(bench: &Bench) {
    for (in_flight, calls, turns) in LOADS {
        let cpu = format!("request, CPU, {in_flight} in flight");
        let beyond = format!("request, CPU beyond the signature, {in_flight} in flight");
        let prepared = format!("prepared, CPU beyond the signature, {in_flight} in flight");
        let control = format!("request, CPU of bare that signs, {in_flight} in flight");
        let throughput = format!("request, throughput, {in_flight} in flight");
        if ![&cpu, &beyond, &prepared, &control, &throughput]
            .iter()
            .any(|name| bench.wants(name))
        {
            continue;
        }
        let turns = Sides::new(in_flight, calls).measure(bench.at_most(turns));
        let pairs = |of: fn(&Turn) -> (f64, f64)| turns.iter().map(of).collect();
        bench.report(
            Line::times(&cpu, "bare reqwest"),
            pairs(|turn| (turn.ours.cpu, turn.bare.cpu)),
        );
        bench.report(
            Line {
                aim: Some(Aim::RatioAtMost(REQUEST_AIM)),
                ..Line::times(&beyond, "bare reqwest + bare P-384")
            },
            pairs(|turn| (turn.ours.cpu, turn.bare.cpu + turn.signature.cpu)),
        );
        bench.report(
            Line {
                aim: Some(Aim::AtMostMore(PREPARED_AIM)),
                ..Line::times(&prepared, "bare that signs")
            },
            pairs(|turn| (turn.prepared.cpu, turn.bare_that_signs.cpu)),
        );
        bench.report(
            Line::times(&control, "bare reqwest + bare P-384"),
            pairs(|turn| (turn.bare_that_signs.cpu, turn.bare.cpu + turn.signature.cpu)),
        );
        bench.report(
            Line {
                unit: Unit::PerSecond,
                aim: Some(Aim::RatioAtLeast(THROUGHPUT_AIM)),
                ..Line::times(&throughput, "signature-bound")
            },
            pairs(|turn| (turn.ours.wall.recip(), turn.bare_that_signs.wall.recip())),
        );
    }
}

struct Turn {
    ours: Cost,
    prepared: Cost,
    bare: Cost,
    bare_that_signs: Cost,
    signature: Cost,
}

struct Sides {
    runtime: Runtime,
    in_flight: usize,
    calls: usize,
    key: Arc<Key>,
    ours: Noah,
    bare: Arc<Bare>,
    /// Runs as long as the sides do.
    _server: Server,
}

impl Sides {
    fn new(in_flight: usize, calls: usize) -> Self {
        let server = Server::start();
        let base_url = server.answering();
        let runtime = load::runtime();
        let key = Arc::new(Key::generate());
        let sent = runtime.block_on(load::capture(&base_url, &key));
        Self {
            runtime,
            in_flight,
            calls,
            ours: load::noah(&base_url, &key),
            bare: Bare::new(sent),
            key,
            _server: server,
        }
    }

    fn measure(&self, turns: usize) -> Vec<Turn> {
        self.turn(0); // connects
        (0..turns).map(|turn| self.turn(turn)).collect()
    }

    /// Who goes first may find the processor in another state: change places.
    fn turn(&self, turn: usize) -> Turn {
        let sides: [fn(&Self) -> Cost; 5] = [
            Self::ours,
            Self::prepared,
            Self::bare,
            Self::bare_that_signs,
            Self::signature,
        ];
        let mut costs = [Cost::default(); 5];
        for place in 0..sides.len() {
            let side = (turn + place) % sides.len();
            costs[side] = sides[side](self);
        }
        let [ours, prepared, bare, bare_that_signs, signature] = costs;
        Turn {
            ours,
            prepared,
            bare,
            bare_that_signs,
            signature,
        }
    }

    fn ours(&self) -> Cost {
        let noah = self.ours.clone();
        self.requests(move || {
            let noah = noah.clone();
            async move { load::pay_in(&noah).await }
        })
    }

    fn prepared(&self) -> Cost {
        let noah = self.ours.clone();
        let request = load::prepared(&noah);
        self.requests(move || {
            let (noah, request) = (noah.clone(), request.clone());
            async move { drop(noah.api().transport().send_prepared(&request).await.unwrap()) }
        })
    }

    fn bare(&self) -> Cost {
        let bare = Arc::clone(&self.bare);
        self.requests(move || {
            let bare = Arc::clone(&bare);
            async move { drop(bare.send().await) }
        })
    }

    fn bare_that_signs(&self) -> Cost {
        let (key, bare) = (Arc::clone(&self.key), Arc::clone(&self.bare));
        self.requests(move || {
            let (key, bare) = (Arc::clone(&key), Arc::clone(&bare));
            async move {
                black_box(key.sign(&bare));
                drop(bare.send().await);
            }
        })
    }

    fn signature(&self) -> Cost {
        cost(SIGNATURES, || {
            for _ in 0..SIGNATURES {
                black_box(self.key.sign(black_box(&self.bare)));
            }
        })
    }

    fn requests<F>(&self, call: impl Fn() -> F + Clone + Send + 'static) -> Cost
    where
        F: Future<Output = ()> + Send,
    {
        cost(self.in_flight * self.calls, || {
            self.runtime
                .block_on(load::keep_in_flight(self.in_flight, self.calls, call));
        })
    }
}

//! The CPU time that the sandbox takes for an accepted, signed request: each a pay-in of its own, kept, with its session
//! and its webhook drafted. Against one bare verification of a P-384 signature by the same library.
//!
//! CPU time is user and system time of this process alone; the shop that sends is another one (`load.rs`).

#![allow(
    clippy::unwrap_used,
    reason = "without the server there is nothing to measure"
)]

use std::hint::black_box;
use std::thread;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P384_SHA384_FIXED, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
};
use checkout_sandbox::Sandbox;
use secrecy::ExposeSecret as _;

use crate::common::{Aim, Bench, Line};
use crate::cost::{Cost, cost};
use crate::load::Load;

/// The whole of it, as a multiple of the bare verification.
const AIM: f64 = 1.36;
const NAME: &str = "sandbox, CPU of an accepted request";
/// Requests of a turn, turns.
const REQUESTS: usize = 256;
const TURNS: usize = 51;
const IN_FLIGHT: usize = 8;
/// As long as what a token signs.
const INPUT: usize = 420;

pub(crate) fn run(bench: &Bench) {
    if !bench.wants(NAME) {
        return;
    }
    let verification = Verification::new();
    // One thread for the server, so that nothing is spent on threads that wake each other.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let sandbox = runtime.block_on(Sandbox::builder().start()).unwrap();
    let noah = sandbox.noah();
    let pem = noah.private_key_pem().unwrap();
    let mut load = Some(Load::start(
        &noah.report().base_url,
        &noah.report().api_key,
        pem.expose_secret(),
    ));
    let mut turn = |requests: usize| {
        let mut shop = load.take().unwrap();
        shop.prepare(requests);
        let served = cost(requests, || {
            // It waits in a thread of its own, which costs no CPU time.
            let (told, done) = tokio::sync::oneshot::channel();
            let waiting = thread::spawn(move || {
                shop.send(IN_FLIGHT);
                told.send(()).unwrap();
                shop
            });
            runtime.block_on(done).unwrap();
            load = Some(waiting.join().unwrap());
        });
        let bare = verification.cost(requests);
        (served.cpu, bare.cpu)
    };
    turn(1); // makes the customer known
    turn(REQUESTS); // connects
    let turns = (0..bench.at_most(TURNS)).map(|_| turn(REQUESTS)).collect();
    bench.report(
        Line {
            aim: Some(Aim::RatioAtMost(AIM)),
            ..Line::times(NAME, "bare P-384 verification")
        },
        turns,
    );
}

/// Bare AWS-LC, with a key that was read beforehand.
struct Verification {
    key: ParsedPublicKey,
    input: Vec<u8>,
    signature: Vec<u8>,
}

impl Verification {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        let input = vec![b'x'; INPUT];
        let signature = pair.sign(&SystemRandom::new(), &input).unwrap().as_ref().to_vec();
        let key = ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, pair.public_key().as_ref()).unwrap();
        Self {
            key,
            input,
            signature,
        }
    }

    fn cost(&self, times: usize) -> Cost {
        cost(times, || {
            for _ in 0..times {
                black_box(self.key.verify_sig(black_box(&self.input), &self.signature)).unwrap();
            }
        })
    }
}

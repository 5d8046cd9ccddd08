//! A pay-in from end to end beside noah-sdk, with the server and the calls of `crates/hosted-checkout/benches`.
//!
//! noah-sdk takes a signature and makes none, so it sends one that was made beforehand. It has no check before sending
//! and none of the answer, and neither `/checkout/manage` nor `/checkout/sell`; the pay-in is the operation that both
//! have. Against *noah-sdk + bare P-384*, the CPU time of the body's hash and of one bare signature over the same input is
//! added to it.

#![allow(clippy::float_arithmetic, reason = "times and ratios, no money")]
#![allow(
    clippy::unwrap_used,
    reason = "fixed inputs, and a call that fails ends the measurement"
)]

use std::hint::black_box;
use std::sync::Arc;

use hosted_checkout::noah::Noah;
use noah_sdk::apis::configuration::{ApiKey, Configuration};
use noah_sdk::apis::payin_api::checkout_payin_fiat_post;
use noah_sdk::models::{CheckoutPayinFiatPostRequest, LineItem};
use reqwest_of_noah_sdk as reqwest;
use tokio::runtime::Runtime;

use crate::common::{Aim, Bench, Line, Unit};
use crate::cost::{Cost, cost};
use crate::load::{self, API_KEY, Bare, Key};
use crate::server::Server;

const SDK: &str = "noah-sdk, signed beforehand";
const SDK_AND_SIGNATURE: &str = "noah-sdk + bare P-384";
const SIGNED_AIM: f64 = 1.0;

/// Calls in flight, calls of each task in one turn, turns.
const LOADS: [(usize, usize, usize); 2] = [(1, 48, 301), (64, 3, 101)];
/// In one turn.
const SIGNATURES: usize = 24;

/// CPU time and throughput of both, and the signature.
struct Turn {
    ours: Cost,
    sdk: Cost,
    signature: Cost,
}

pub(crate) fn run(bench: &Bench) {
    for (in_flight, calls, turns) in LOADS {
        let cpu = format!("request, CPU, {in_flight} in flight");
        let throughput = format!("request, throughput, {in_flight} in flight");
        if !bench.wants(&cpu) && !bench.wants(&throughput) {
            continue;
        }
        let turns = measure(in_flight, calls, bench.at_most(turns));
        let pairs = |of: fn(&Turn) -> (f64, f64)| turns.iter().map(of).collect();
        bench.report(
            Line::times(&cpu, SDK),
            pairs(|turn| (turn.ours.cpu, turn.sdk.cpu)),
        );
        bench.report(
            Line {
                aim: Some(Aim::RatioAtMost(SIGNED_AIM)),
                ..Line::times(&cpu, SDK_AND_SIGNATURE)
            },
            pairs(|turn| (turn.ours.cpu, turn.sdk.cpu + turn.signature.cpu)),
        );
        bench.report(
            Line {
                unit: Unit::PerSecond,
                ..Line::times(&throughput, SDK)
            },
            pairs(|turn| (turn.ours.wall.recip(), turn.sdk.wall.recip())),
        );
    }
}

fn measure(in_flight: usize, calls: usize, turns: usize) -> Vec<Turn> {
    let server = Server::start();
    let base_url = server.answering();
    let runtime = load::runtime();
    let key = Key::generate();
    let noah = load::noah(&base_url, &key);
    let captured = Bare::new(runtime.block_on(load::capture(&base_url, &key)));
    let sdk = Arc::new(Sdk::new(&base_url, &captured));
    let turn = |turn: usize| {
        let ours = || ours(&runtime, in_flight, calls, &noah);
        let theirs = || theirs(&runtime, in_flight, calls, &sdk);
        // Who goes first may find the processor in another state: change places.
        let (ours, sdk) = if turn.is_multiple_of(2) {
            let ours = ours();
            (ours, theirs())
        } else {
            let sdk = theirs();
            (ours(), sdk)
        };
        let signature = cost(SIGNATURES, || {
            for _ in 0..SIGNATURES {
                black_box(key.sign(black_box(&captured)));
            }
        });
        Turn { ours, sdk, signature }
    };
    turn(0); // connects
    (0..turns).map(turn).collect()
}

fn ours(runtime: &Runtime, in_flight: usize, calls: usize, noah: &Noah) -> Cost {
    let noah = noah.clone();
    cost(in_flight * calls, || {
        runtime.block_on(load::keep_in_flight(in_flight, calls, move || {
            let noah = noah.clone();
            async move { load::pay_in(&noah).await }
        }));
    })
}

fn theirs(runtime: &Runtime, in_flight: usize, calls: usize, sdk: &Arc<Sdk>) -> Cost {
    let sdk = Arc::clone(sdk);
    cost(in_flight * calls, || {
        runtime.block_on(load::keep_in_flight(in_flight, calls, move || {
            let sdk = Arc::clone(&sdk);
            async move { sdk.pay_in().await }
        }));
    })
}

/// noah-sdk, and what it is to send.
struct Sdk {
    configuration: Configuration,
    nonce: String,
    signature: String,
}

impl Sdk {
    fn new(base_url: &str, captured: &Bare) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        Self {
            configuration: Configuration {
                base_path: base_url.to_owned(),
                user_agent: Some("noah-sdk".to_owned()),
                client,
                basic_auth: None,
                oauth_access_token: None,
                bearer_access_token: None,
                api_key: Some(ApiKey {
                    prefix: None,
                    key: API_KEY.to_owned(),
                }),
            },
            nonce: "3d4c1f0e-6b1a-4c55-9e0e-1d5a0b9f7a21".to_owned(),
            signature: captured.signature().to_owned(),
        }
    }

    /// The pay-in of `load.rs`, from its parts to the decoded answer.
    async fn pay_in(&self) {
        let items = vec![LineItem::new(
            "Coffee beans".to_owned(),
            "2".to_owned(),
            "5.05".to_owned(),
            "10.10".to_owned(),
        )];
        let mut request = CheckoutPayinFiatPostRequest::new(
            "Card".to_owned(),
            "USD".to_owned(),
            "USDC_TEST".to_owned(),
            "10.10".to_owned(),
            "https://shop.example/done".to_owned(),
            "customer-1".to_owned(),
            items,
            self.nonce.clone(),
        );
        request.external_id = Some("order-7".to_owned());
        checkout_payin_fiat_post(&self.configuration, request, Some(&self.signature))
            .await
            .unwrap();
    }
}

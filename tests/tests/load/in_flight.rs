//! Thousands of calls at once.

use std::time::{Duration, Instant};

use checkout_core::key::{Algorithm, SigningKey};
use checkout_transport::{BaseUrl, CallOptions, RetryBudget, Timeouts};
use hosted_checkout::noah::{ApiKey, RequestSigner};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::server::{PAY, Server, payment, request};
use super::{alone, can_open, idle, live, transport};

#[test]
fn five_thousand_calls_in_flight_are_answered_in_time() {
    const CALLS: usize = 5_000;
    let _alone = alone();
    if !can_open(6_000) {
        return;
    }
    let server = Server::start(CALLS, Duration::ZERO);
    let base = server.base();
    let signer = RequestSigner::new(
        &ApiKey::parse("apikey_sandbox_sample1").unwrap(),
        Some(SigningKey::generate(Algorithm::ES384).unwrap()),
        &BaseUrl::parse(&base).unwrap(),
    );
    let limit = Duration::from_secs(30);
    let timeouts = Timeouts::DEFAULT
        .with_connect(limit)
        .with_attempt(limit)
        .with_total(limit);
    let options = CallOptions::DEFAULT.timeouts(timeouts).attempts(1);
    let transport = transport(signer.unwrap(), timeouts, options, RetryBudget::default());
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        for number in CALLS..CALLS + 20 {
            let request = request(&PAY, &base, "ok", payment(number));
            transport.send(&PAY, request).await.unwrap();
        }
        idle().await;
        let before = live();
        let began = Instant::now();
        let mut calls = JoinSet::new();
        for number in 0..CALLS {
            let (transport, base) = (transport.clone(), base.clone());
            calls.spawn(async move {
                let request = request(&PAY, &base, "held", payment(number));
                let reply = transport.send(&PAY, request).await.unwrap();
                assert_eq!(reply.body().as_ref(), br#"{"id":"p-1"}"#);
                reply.elapsed()
            });
        }
        let mut most = 0;
        let mut slowest = Duration::ZERO;
        let mut fastest = limit;
        while !calls.is_empty() {
            match tokio::time::timeout(Duration::from_millis(20), calls.join_next()).await {
                Ok(Some(elapsed)) => {
                    let elapsed = elapsed.unwrap();
                    slowest = slowest.max(elapsed);
                    fastest = fastest.min(elapsed);
                }
                _ => most = most.max(live() - before),
            }
        }
        let took = began.elapsed();
        assert!(slowest < limit, "{slowest:?}");
        idle().await;
        let left = live() - before;
        println!(
            "{CALLS} in flight in {took:?}, the fastest {fastest:?}, the slowest {slowest:?}; \
             {most} bytes at most, {left} bytes left"
        );
        assert!(left < 64 * 1024, "{left} bytes are left");
        let arrived = server.arrived();
        assert_eq!(arrived.len(), CALLS + 20);
        assert!(arrived.values().all(|times| *times == 1));
    });
}

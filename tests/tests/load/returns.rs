//! Memory and budget after many calls.

use std::time::Duration;

use checkout_transport::retry::{Retries, Stop};
use checkout_transport::{
    CallOptions, ErrorKind, Outcome, Phase, RetryBudget, Timeouts, Transport, Unauthenticated,
};
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::server::{PAY, Server, payment, request};
use super::{alone, idle, live, transport};

/// A round of calls that end in every way, and of calls that are given up.
async fn round(transport: &Transport, base: &str, refusing: &str) {
    let mut calls = JoinSet::new();
    for number in 0..200 {
        let how = [
            "ok", "ok", "ok", "ok", "broken", "part", "cut", "stuck", "refused", "given up",
        ][number % 10];
        let transport = transport.clone();
        let request = match how {
            "refused" => request(&PAY, refusing, "ok", payment(number)),
            "given up" => request(&PAY, base, "stuck", payment(number)),
            how => request(&PAY, base, how, payment(number)),
        };
        calls.spawn(async move {
            let call = transport.send(&PAY, request);
            if how == "given up" {
                let limit = Duration::from_millis(number as u64);
                assert!(tokio::time::timeout(limit, call).await.is_err());
                return;
            }
            let result = call.await;
            let expected = match how {
                "ok" => None,
                "broken" => Some((ErrorKind::ServerError, Outcome::Unknown)),
                "stuck" => Some((ErrorKind::Timeout(Phase::Answer), Outcome::Unknown)),
                "refused" => Some((ErrorKind::Connect, Outcome::NotSent)),
                _ => Some((ErrorKind::Interrupted, Outcome::Unknown)),
            };
            let result = result.err().map(|error| (error.kind(), error.outcome()));
            assert_eq!(result, expected, "{how}");
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
}

#[test]
fn memory_returns_to_its_start() {
    const ROUNDS: usize = 6;
    let _alone = alone();
    let server = Server::start(1, Duration::from_millis(2));
    let base = server.base();
    let runtime = Runtime::new().unwrap();
    let left = runtime.block_on(async {
        // Bound and not listening, a port refuses, and nobody else can have it.
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let refusing = format!("http://{}/v1", socket.local_addr().unwrap());
        let ms = Duration::from_millis;
        let timeouts = Timeouts::DEFAULT
            .with_connect(ms(1_000))
            .with_attempt(ms(300))
            .with_total(ms(2_000));
        let retries = Retries::DEFAULT.with_attempts(2).with_waits(ms(5), ms(5), ms(5));
        let options = CallOptions::DEFAULT.timeouts(timeouts).retries(retries);
        let transport = transport(Unauthenticated, timeouts, options, RetryBudget::new(100_000));

        for _ in 0..2 {
            round(&transport, &base, &refusing).await;
        }
        idle().await;
        let before = live();
        let mut left = Vec::new();
        for _ in 0..ROUNDS {
            round(&transport, &base, &refusing).await;
            idle().await;
            left.push(live() - before);
        }
        left
    });
    println!("bytes left after each round: {left:?}");
    assert!(left.iter().all(|left| left.abs() < 64 * 1024), "{left:?}");
}

#[test]
fn the_budget_returns_to_its_start() {
    const BUDGET: u32 = 100;
    let _alone = alone();
    let server = Server::start(1, Duration::ZERO);
    let (base, ms) = (server.base(), Duration::from_millis);
    let retries = Retries::DEFAULT.with_attempts(2).with_waits(ms(5), ms(5), ms(5));
    let options = CallOptions::DEFAULT.retries(retries);
    let budget = RetryBudget::new(BUDGET);
    let transport = transport(Unauthenticated, Timeouts::DEFAULT, options, budget.clone());
    Runtime::new().unwrap().block_on(async {
        let call = async |how| transport.send(&PAY, request(&PAY, &base, how, payment(1))).await;
        for repeats in 1..=7 {
            let error = call("cut").await.unwrap_err();
            assert_eq!(error.stopped_by(), Some(Stop::Attempts));
            assert_eq!(budget.left(), BUDGET - 14 * repeats);
        }
        let error = call("cut").await.unwrap_err();
        assert_eq!((error.stopped_by(), budget.left()), (Some(Stop::Budget), 2));
        for left in 3..=BUDGET {
            call("ok").await.unwrap();
            assert_eq!(budget.left(), left);
        }
        call("ok").await.unwrap();
        assert_eq!(budget.left(), BUDGET, "and no further");
    });
}

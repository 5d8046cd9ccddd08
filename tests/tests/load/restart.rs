//! A server that dies under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use checkout_transport::retry::Retries;
use checkout_transport::{
    CallOptions, Error, ErrorKind, Outcome, Reply, RetryBudget, Timeouts, Unauthenticated,
};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::server::{NOTE, PAY, Server, note, payment, request};
use super::{alone, can_open, transport};

struct Ended {
    keyed: bool,
    body: String,
    result: Result<Reply, Error>,
}

impl Ended {
    fn attempts(&self) -> usize {
        match &self.result {
            Ok(reply) => reply.receipt().attempts.len(),
            Err(error) => error.receipt().unwrap().attempts.len(),
        }
    }

    fn elapsed(&self) -> Duration {
        match &self.result {
            Ok(reply) => reply.elapsed(),
            Err(error) => error.elapsed().unwrap(),
        }
    }
}

#[test]
fn a_server_that_is_restarted_under_load_is_asked_nothing_twice_that_has_no_key() {
    const TASKS: usize = 200;
    let _alone = alone();
    if !can_open(2_000) {
        return;
    }
    // So that a kill meets many that were read and not answered.
    let delay = Duration::from_millis(40);
    let mut server = Server::start(1, delay);
    let limit = Duration::from_secs(5);
    let timeouts = Timeouts::DEFAULT
        .with_connect(Duration::from_secs(1))
        .with_attempt(Duration::from_secs(2))
        .with_total(limit);
    let ms = Duration::from_millis;
    let retries = Retries::DEFAULT
        .with_attempts(6)
        .with_waits(ms(50), ms(50), ms(400));
    let options = CallOptions::DEFAULT.timeouts(timeouts).retries(retries);
    let transport = transport(Unauthenticated, timeouts, options, RetryBudget::new(100_000));
    let runtime = Runtime::new().unwrap();
    let ended = runtime.block_on(async {
        let stop = Instant::now() + ms(3_000);
        let numbers = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let (transport, base, numbers) = (transport.clone(), server.base(), numbers.clone());
            let keyed = task % 2 == 0;
            // Some give up at once, so that not all outlast the time without a server.
            let once = transport.with_options(options.attempts(1)).unwrap();
            let transport = if task % 4 == 1 { once } else { transport };
            tasks.spawn(async move {
                let mut ended = Vec::new();
                while Instant::now() < stop {
                    let number = numbers.fetch_add(1, Ordering::SeqCst);
                    let (operation, body) = if keyed {
                        (&PAY, payment(number))
                    } else {
                        (&NOTE, note(number))
                    };
                    let request = request(operation, &base, "ok", body.clone());
                    let result = transport.send(operation, request).await;
                    if result.is_err() {
                        tokio::time::sleep(ms(20)).await;
                    }
                    ended.push(Ended { keyed, body, result });
                }
                ended
            });
        }
        for _ in 0..2 {
            tokio::time::sleep(ms(700)).await;
            server.kill();
            tokio::time::sleep(ms(200)).await;
            server.restart(delay);
        }
        tasks.join_all().await.into_iter().flatten().collect::<Vec<_>>()
    });

    let mut arrived = server.arrived();
    let (mut answered, mut repeated, mut not_sent, mut unknown) = (0, 0, 0, 0);
    for call in &ended {
        let times = arrived.remove(&call.body).unwrap_or(0);
        assert!(call.elapsed() <= limit, "{:?}", call.elapsed());
        assert!(
            times <= if call.keyed { call.attempts() } else { 1 },
            "{}",
            call.body
        );
        match &call.result {
            Ok(_) => {
                answered += 1;
                repeated += usize::from(call.attempts() > 1);
                assert!(times >= 1, "{}", call.body);
            }
            Err(error) if error.outcome() == Outcome::NotSent => {
                not_sent += 1;
                assert_eq!(times, 0, "{}: {error}", call.body);
            }
            Err(error) => {
                unknown += 1;
                let kind = error.kind();
                assert!(
                    matches!(
                        kind,
                        ErrorKind::Interrupted | ErrorKind::Connect | ErrorKind::Timeout(_)
                    ),
                    "{error}"
                );
            }
        }
    }
    // Every body that arrived is one that was sent: none was changed on its way or between two attempts.
    assert_eq!(arrived.len(), 0, "{:?}", arrived.keys().next());
    let slowest = ended.iter().map(Ended::elapsed).max().unwrap();
    println!(
        "{} calls: {answered} answered, {repeated} of them after repeats, {not_sent} not sent, {unknown} unknown; \
         the slowest {slowest:?}",
        ended.len()
    );
    assert!(answered > 1_000 && repeated > 10 && not_sent > 10 && unknown > 10);
}

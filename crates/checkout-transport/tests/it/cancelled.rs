//! A call over real sockets that is given up at each of its steps.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use checkout_core::Operation;
use checkout_transport::retry::Retries;
use checkout_transport::{
    Call, CallOptions, Error, Outcome, Prepared, Reply, ReqwestWire, RetryBudget, Timeouts, Transport,
};
use tokio::net::TcpSocket;
use tokio::runtime::{Handle, Runtime};

use crate::peer::{Act, Peer, answer};
use crate::support::{self, PAY};

struct Pay;

impl Call for Pay {
    type Answer = serde_json::Value;
    fn operation() -> &'static Operation {
        &PAY
    }
}

fn prepared(base_url: &str) -> Prepared<Pay> {
    support::prepared(
        &support::transport(checkout_transport::testing::ScriptedWire::default()),
        base_url,
    )
}

/// Polls a future until it is enough, which is asked before the first poll and after each, and then drops it. `None` if
/// it had not ended by then.
struct Until<F, E> {
    future: Option<Pin<Box<F>>>,
    enough: E,
}

impl<F: Future, E: FnMut() -> bool + Unpin> Future for Until<F, E> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if !(self.enough)() {
            if let Poll::Ready(output) = self.future.as_mut().unwrap().as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            if !(self.enough)() {
                return Poll::Pending;
            }
        }
        self.future = None;
        Poll::Ready(None)
    }
}

/// How much is kept for repeats in these tests, and what a repeat after "busy" costs, or after a fault.
const BUDGET: u32 = 100;
const BUSY: u32 = 5;
const FAULT: u32 = 14;

/// Which wait of a call is under way, counted from 1.
#[derive(Clone, Default)]
struct Waits(Arc<(AtomicUsize, AtomicBool)>);

impl Waits {
    fn under_way(&self) -> Option<usize> {
        let (count, waiting) = &*self.0;
        waiting
            .load(Ordering::SeqCst)
            .then(|| count.load(Ordering::SeqCst))
    }
}

fn transport(wire: ReqwestWire, waits: &Waits) -> Transport {
    let shortly = Duration::from_millis(5);
    let waits = waits.clone();
    support::builder(wire)
        .options(CallOptions::DEFAULT.retries(Retries::DEFAULT.with_waits(shortly, shortly, shortly)))
        .budget(RetryBudget::new(BUDGET))
        .sleep(move |wait| {
            let waits = waits.clone();
            Box::pin(async move {
                let (count, waiting) = &*waits.0;
                count.fetch_add(1, Ordering::SeqCst);
                waiting.store(true, Ordering::SeqCst);
                tokio::time::sleep(wait).await;
                waiting.store(false, Ordering::SeqCst);
            })
        })
        .random(|| u64::MAX)
        .build()
        .unwrap()
}

/// What is left when a call was dropped.
struct Left {
    /// The call's result, if it ended before it was dropped.
    ended: Option<Result<Reply, Error>>,
    /// It was polled less often than it should be, for nothing more happened.
    stuck: bool,
    waiting: bool,
    outcome: Outcome,
    budget: u32,
}

/// When nothing more happens to a call.
const STUCK: Duration = Duration::from_millis(300);

/// Makes calls and drops them.
struct Dropper {
    runtime: Runtime,
    wire: ReqwestWire,
}

impl Dropper {
    /// Without idle connections, which live in tasks.
    fn new() -> Self {
        let client = || reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0);
        Self {
            runtime: Runtime::new().unwrap(),
            wire: ReqwestWire::from_builder(client, Timeouts::DEFAULT).unwrap(),
        }
    }

    /// Drops a call when it is enough. Nothing may go on running.
    fn call(&self, address: SocketAddr, mut enough: impl FnMut(&Waits) -> bool + Unpin) -> Left {
        let prepared = prepared(&format!("http://{address}/v1"));
        let waits = Waits::default();
        self.runtime.block_on(async {
            let transport = transport(self.wire.clone(), &waits);
            let ended = Until {
                future: Some(Box::pin(transport.send_prepared(&prepared))),
                enough: || enough(&waits),
            };
            let ended = tokio::time::timeout(STUCK, ended).await;
            nothing_runs().await;
            Left {
                stuck: ended.is_err(),
                ended: ended.ok().flatten(),
                waiting: waits.under_way().is_some(),
                outcome: prepared.outcome(),
                budget: transport.budget().left(),
            }
        })
    }

    /// Drops the same call after no poll, after one, and so on, until it ends by itself or is stuck.
    fn sweep(&self, address: impl Fn() -> SocketAddr) -> Vec<Left> {
        let mut all = Vec::new();
        while all
            .last()
            .is_none_or(|left: &Left| left.ended.is_none() && !left.stuck)
        {
            let mut left = all.len() + 1;
            all.push(self.call(address(), move |_| {
                left = left.saturating_sub(1);
                left == 0
            }));
            assert!(all.len() < 2000, "the call does not end");
        }
        all
    }

    /// Drops a call in this wait.
    fn wait(&self, address: SocketAddr, wait: usize) -> Left {
        let left = self.call(address, move |waits| waits.under_way() == Some(wait));
        assert!(left.waiting && left.ended.is_none());
        left
    }
}

/// Connections close in tasks of their own, in a moment.
async fn nothing_runs() {
    let metrics = Handle::current().metrics();
    for _ in 0..1000 {
        if metrics.num_alive_tasks() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{} tasks go on", metrics.num_alive_tasks());
}

/// An answer in many pieces, each of which is a step of the call.
fn dripping() -> Vec<Act> {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"id\":\"p-1\"}";
    vec![Act::Read, Act::Drip(answer.to_owned(), Duration::from_millis(1))]
}

#[test]
fn a_call_that_is_given_up_leaves_nothing_behind() {
    let servers = Runtime::new().unwrap();
    let whole = servers.block_on(Peer::start(vec![dripping()]));
    // Whatever went on after the drop would go on as long as these servers are silent.
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n";
    let half = servers.block_on(Peer::start(vec![vec![
        Act::Read,
        Act::Write(head.to_owned()),
        Act::Drip("x".repeat(9), Duration::from_millis(1)),
        Act::Wait(Duration::from_secs(60)),
    ]]));
    let silent = servers.block_on(Peer::start(vec![vec![
        Act::Read,
        Act::Wait(Duration::from_secs(60)),
    ]]));
    let dropper = Dropper::new();
    for (peer, ends, least) in [(whole, true, 10), (half, false, 5), (silent, false, 2)] {
        let all = dropper.sweep(|| peer.address);
        assert!(all.len() >= least, "{} polls", all.len());
        for (polls, left) in all.iter().enumerate() {
            let outcome = if polls == 0 {
                Outcome::NotSent
            } else {
                Outcome::Unknown
            };
            assert_eq!((left.outcome, left.budget), (outcome, BUDGET), "{polls}");
        }
        let last = all.last().unwrap();
        assert_eq!(
            (last.ended.as_ref().is_some_and(Result::is_ok), last.stuck),
            (ends, !ends)
        );
    }
}

#[test]
fn a_wait_that_is_given_up_costs_nothing() {
    let servers = Runtime::new().unwrap();
    let busy = vec![Act::Read, answer("503 Service Unavailable", "", "")];
    let start = || servers.block_on(Peer::start(vec![busy.clone(), dripping()]));
    let dropper = Dropper::new();

    let peer = start();
    let left = dropper.wait(peer.address, 1);
    assert_eq!((peer.connections(), left.budget), (1, BUDGET));
    assert_eq!(left.outcome, Outcome::Unknown, "503 says so");

    let peers = Mutex::new(Vec::new());
    let all = dropper.sweep(|| {
        let peer = start();
        let address = peer.address;
        peers.lock().unwrap().push(peer);
        address
    });
    let mut again = 0;
    for (polls, (left, peer)) in all.iter().zip(&*peers.lock().unwrap()).enumerate() {
        let connections = peer.connections();
        if left.waiting {
            assert_eq!((connections, left.budget), (1, BUDGET), "{polls}");
        }
        if connections == 2 && left.ended.is_none() {
            again += 1;
            assert_eq!(left.budget, BUDGET - BUSY, "{polls}");
        }
        if connections > 0 {
            assert_eq!(left.outcome, Outcome::Unknown, "{polls}");
        }
    }
    assert!(again > 5, "{again} second attempts");
    let last = all.last().unwrap();
    assert!(last.ended.as_ref().unwrap().is_ok());
    assert_eq!(last.budget, BUDGET, "a success gives back what its repeats took");
}

#[test]
fn what_was_refused_every_time_is_known_not_to_have_left() {
    // Bound and not listening, a port refuses, and nobody else can have it.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    let dropper = Dropper::new();
    for (wait, budget) in [(1, BUDGET), (2, BUDGET - FAULT)] {
        let left = dropper.wait(address, wait);
        assert_eq!((left.outcome, left.budget), (Outcome::NotSent, budget), "{wait}");
    }
    let all = dropper.sweep(|| address);
    for (polls, left) in all.iter().enumerate() {
        // While it connects, nobody can tell.
        let known = left.waiting || polls == 0 || left.ended.is_some();
        let outcome = if known { Outcome::NotSent } else { Outcome::Unknown };
        assert_eq!(left.outcome, outcome, "{polls}");
    }
    let last = all.last().unwrap();
    let error = last.ended.as_ref().unwrap().as_ref().unwrap_err();
    assert_eq!(error.receipt().unwrap().attempts.len(), 3);
    assert_eq!(last.budget, BUDGET - 2 * FAULT);
}

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
use tokio::time::{Instant, Sleep};

use crate::peer::{Act, Peer, Polls, answer};
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

/// Polls a future until it is enough, which is asked before the first poll and after each, or until nothing happened to it
/// for so long, and then drops it.
struct Until<F, E> {
    future: Option<Pin<Box<F>>>,
    enough: E,
    polls: Polls,
    patience: Duration,
    silence: Pin<Box<Sleep>>,
}

/// Why a future is not polled any more.
enum Why<T> {
    Ended(T),
    Enough,
    Stuck,
}

impl<F: Future, E: FnMut() -> bool + Unpin> Future for Until<F, E> {
    type Output = Why<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let why = if (self.enough)() {
            Why::Enough
        } else if self.silence.as_mut().poll(context).is_ready() {
            Why::Stuck
        } else {
            if let Poll::Ready(output) = self.future.as_mut().unwrap().as_mut().poll(context) {
                return Poll::Ready(Why::Ended(output));
            }
            if !(self.enough)() {
                let later = Instant::now() + self.patience;
                self.silence.as_mut().reset(later);
                let _ = self.silence.as_mut().poll(context);
                // Not before: what is sent for this poll is to wake the next one, and not to be read by this.
                self.polls.note();
                return Poll::Pending;
            }
            Why::Enough
        };
        self.future = None;
        Poll::Ready(why)
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

/// When nothing more happens to a call: of one that has an end never, however busy this machine is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    UntilTheEnd,
    UntilSilent,
}

impl Patience {
    const fn time(self) -> Duration {
        match self {
            Self::UntilTheEnd => Duration::from_secs(60),
            Self::UntilSilent => Duration::from_secs(1),
        }
    }
}

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
    fn call(
        &self,
        (address, polls): (SocketAddr, Polls),
        patience: Patience,
        mut enough: impl FnMut(&Waits) -> bool + Unpin,
    ) -> Left {
        let prepared = prepared(&format!("http://{address}/v1"));
        let waits = Waits::default();
        self.runtime.block_on(async {
            let transport = transport(self.wire.clone(), &waits);
            let until = Until {
                future: Some(Box::pin(transport.send_prepared(&prepared))),
                enough: || enough(&waits),
                polls,
                patience: patience.time(),
                silence: Box::pin(tokio::time::sleep(patience.time())),
            };
            let why = until.await;
            nothing_runs().await;
            Left {
                stuck: matches!(why, Why::Stuck),
                ended: match why {
                    Why::Ended(result) => Some(result),
                    Why::Enough | Why::Stuck => None,
                },
                waiting: waits.under_way().is_some(),
                outcome: prepared.outcome(),
                budget: transport.budget().left(),
            }
        })
    }

    /// Drops the same call after no poll, after one, and so on, until it ends by itself or is stuck.
    fn sweep(&self, patience: Patience, server: impl Fn() -> (SocketAddr, Polls)) -> Vec<Left> {
        let mut all = Vec::new();
        while all
            .last()
            .is_none_or(|left: &Left| left.ended.is_none() && !left.stuck)
        {
            let mut left = all.len() + 1;
            all.push(self.call(server(), patience, move |_| {
                left = left.saturating_sub(1);
                left == 0
            }));
            assert!(all.len() < 2000, "the call does not end");
        }
        all
    }

    /// Drops a call in this wait.
    fn wait(&self, address: SocketAddr, wait: usize) -> Left {
        let server = (address, Polls::new());
        let left = self.call(server, Patience::UntilTheEnd, move |waits| {
            waits.under_way() == Some(wait)
        });
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

type Script = fn(&Polls) -> Vec<Act>;

/// An answer in many pieces, each of which is a step of the call.
fn dripping(polls: &Polls) -> Vec<Act> {
    let body = format!("{:<40}", "{\"id\":\"p-1\"}");
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n";
    vec![
        Act::Read,
        Act::Write(head.to_owned()),
        Act::Feed(body, polls.clone()),
    ]
}

/// Half an answer, and nothing more.
fn half(polls: &Polls) -> Vec<Act> {
    let mut acts = dripping(polls);
    acts[1] = Act::Write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n".to_owned());
    acts.push(Act::Wait(Duration::from_secs(60)));
    acts
}

fn silent(_: &Polls) -> Vec<Act> {
    vec![Act::Read, Act::Wait(Duration::from_secs(60))]
}

#[test]
fn a_call_that_is_given_up_leaves_nothing_behind() {
    let servers = Runtime::new().unwrap();
    let dropper = Dropper::new();
    // Whatever went on after the drop would go on as long as the latter two are silent.
    let kinds: [(Script, _, _); 3] = [
        (dripping, Patience::UntilTheEnd, 40),
        (half, Patience::UntilSilent, 40),
        (silent, Patience::UntilSilent, 2),
    ];
    for (script, patience, least) in kinds {
        let all = dropper.sweep(patience, || {
            let polls = Polls::new();
            let peer = servers.block_on(Peer::start(vec![script(&polls)]));
            (peer.address, polls)
        });
        let ends = patience == Patience::UntilTheEnd;
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
    let start = |polls: &Polls| servers.block_on(Peer::start(vec![busy.clone(), dripping(polls)]));
    let dropper = Dropper::new();

    let peer = start(&Polls::new());
    let left = dropper.wait(peer.address, 1);
    assert_eq!((peer.connections(), left.budget), (1, BUDGET));
    assert_eq!(left.outcome, Outcome::Unknown, "503 says so");

    let peers = Mutex::new(Vec::new());
    let all = dropper.sweep(Patience::UntilTheEnd, || {
        let polls = Polls::new();
        let peer = start(&polls);
        let address = peer.address;
        peers.lock().unwrap().push(peer);
        (address, polls)
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
    let all = dropper.sweep(Patience::UntilTheEnd, || (address, Polls::new()));
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

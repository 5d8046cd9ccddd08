//! One order, one payment: whatever the network does to a request, wherever the process dies, and however it goes on.
//!
//! The judge is the sandbox's ledger, after the customer has paid every page that was ever opened for the order.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use axum::body::Bytes;
use checkout_sandbox::Sandbox;
use checkout_transport::{
    BoxFuture, CallOptions, Error, Outcome, ReqwestWire, Timeouts, Wire, WireError, WireErrorKind,
};
use hosted_checkout::noah::{Checkout, Credentials, Noah, PayIn, PreparedPayIn};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, yield_now};

use crate::shop::{manage, prepared_pay_in};

/// What the network does to one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Pass,
    /// The request does not arrive.
    CutBefore,
    /// The answer does not.
    CutAfter,
    NoConnection,
    /// Somebody on the way answers in the API's stead.
    MadeUp(u16),
}

use Fault::{CutAfter, CutBefore, MadeUp, NoConnection, Pass};

const FAULTS: [Fault; 9] = [
    Pass,
    CutBefore,
    CutAfter,
    NoConnection,
    MadeUp(503),
    MadeUp(429),
    MadeUp(401),
    MadeUp(400),
    MadeUp(409),
];

/// Every script of so many faults. Those that differ only after a call has ended are the same, and come once.
fn scripts(length: usize) -> Vec<Vec<Fault>> {
    let mut scripts = vec![Vec::new()];
    for _ in 0..length {
        scripts = scripts
            .into_iter()
            .flat_map(|script: Vec<Fault>| {
                let ended = matches!(script.last(), Some(Pass | MadeUp(400 | 401 | 409)));
                let more: &[Fault] = if ended { &[] } else { &FAULTS };
                let longer = more
                    .iter()
                    .map(|fault| [&script[..], &[*fault]].concat())
                    .collect();
                if ended { vec![script] } else { longer }
            })
            .collect();
    }
    scripts
}

/// The network between the shop and the sandbox. It outlives the shop's process; beyond its script all passes.
#[derive(Clone)]
struct Network {
    wire: ReqwestWire,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    script: VecDeque<Fault>,
    /// Pages that were opened, also those whose answers never came through.
    opened: Vec<String>,
    under_way: Vec<JoinHandle<()>>,
}

impl Network {
    fn plays(&self, script: &[Fault]) {
        self.state.lock().unwrap().script = script.iter().copied().collect();
    }

    /// Carries a request to its end, whether or not anybody still waits for the answer.
    fn forward(&self, request: reqwest::Request, connect: Duration) -> oneshot::Receiver<(u16, Bytes)> {
        let (sender, receiver) = oneshot::channel();
        let network = self.clone();
        let task = tokio::spawn(async move {
            let answer = network.wire.send(request, connect).await.unwrap();
            let (status, body) = (answer.status().as_u16(), answer.bytes().await.unwrap());
            let json: Value = serde_json::from_slice(&body).unwrap();
            if let Some(id) = json.pointer("/CheckoutSession/CheckoutSessionID") {
                network
                    .state
                    .lock()
                    .unwrap()
                    .opened
                    .push(id.as_str().unwrap().to_owned());
            }
            // The process may be gone.
            let _ = sender.send((status, body));
        });
        self.state.lock().unwrap().under_way.push(task);
        receiver
    }
}

impl Wire for Network {
    fn send(
        &self,
        request: reqwest::Request,
        connect: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        let fault = self.state.lock().unwrap().script.pop_front().unwrap_or(Pass);
        let fails = |kind| Err(WireError::new(kind, "scripted failure"));
        Box::pin(async move {
            // Awaits at which the process can die: before a byte has left, while the request is away, with the answer here.
            yield_now().await;
            let (status, body) = match fault {
                MadeUp(status) => (status, Bytes::new()),
                NoConnection => return fails(WireErrorKind::Connect),
                CutBefore => return fails(WireErrorKind::Interrupted),
                Pass | CutAfter => self.forward(request, connect).await.unwrap(),
            };
            yield_now().await;
            if fault == CutAfter {
                return fails(WireErrorKind::Interrupted);
            }
            let answer = http::Response::builder().status(status).body(body).unwrap();
            Ok(answer.into())
        })
    }
}

/// Polls a future so many times at most, then lets go of it.
async fn dying_at<T>(poll: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|context| {
        if polls == poll {
            return Poll::Ready(None);
        }
        polls += 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls == poll => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The last that a shop hears of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Word {
    Success,
    Failure(Outcome),
    /// The process died before a word was said.
    None,
}

impl Word {
    fn of(result: Option<&Result<PayIn, Error>>) -> Self {
        match result {
            None => Self::None,
            Some(Ok(_)) => Self::Success,
            Some(Err(error)) => Self::Failure(error.outcome()),
        }
    }
}

/// The rule.
fn verdict(word: Word, payments: usize) -> Result<(), String> {
    match (word, payments) {
        (_, 2..) => Err(format!("{payments} payments for one order")),
        (Word::Success, 0) => Err("success was reported, and nothing could be paid".to_owned()),
        (Word::Failure(Outcome::NotSent | Outcome::Refused), 1) => {
            Err(format!("{word:?} was reported, and the customer has paid"))
        }
        _ => Ok(()),
    }
}

/// One life of the shop's process: what the network does meanwhile, and at which poll it dies, if it does.
type Life<'a> = (&'a [Fault], Option<usize>);

/// What a shop sends when it goes on with an order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shop {
    /// What it stored.
    Careful,
    /// A request with a new Nonce for each attempt.
    Careless,
}

/// A sandbox, the network before it, and what became of the orders.
struct World {
    sandbox: Sandbox,
    network: Network,
    shop: Shop,
    orders: Vec<(String, Word)>,
    nonces: usize,
}

impl World {
    async fn new(shop: Shop) -> Self {
        let world = Self {
            sandbox: Sandbox::builder().start().await.unwrap(),
            network: Network {
                wire: ReqwestWire::new(Timeouts::DEFAULT).unwrap(),
                state: Arc::default(),
            },
            shop,
            orders: Vec::new(),
            nonces: 0,
        };
        // NOAH must know the customer.
        manage(&world.process(CallOptions::DEFAULT)).await.unwrap();
        world
    }

    /// A new process, which knows nothing but its settings. Its waits are awaits, but take no time.
    fn process(&self, options: CallOptions) -> Checkout {
        let noah = self.sandbox.noah();
        let credentials = Credentials::local_unsigned(&noah.base_url(), noah.unsigned_api_key()).unwrap();
        let noah = Noah::builder(credentials)
            .wire(self.network.clone())
            .options(options)
            .transport(|transport| transport.sleep(|_| Box::pin(yield_now())))
            .build()
            .unwrap();
        noah.checkout()
    }

    fn fresh_nonce(&mut self) -> String {
        self.nonces += 1;
        format!("nonce-{}", self.nonces)
    }

    /// One order over these lives of the process; there is no other life after a final word. Says of each life that
    /// there was whether it lived to its end.
    async fn order(&mut self, lives: &[Life<'_>]) -> Vec<bool> {
        let order = format!("order-{}", self.orders.len());
        let (mut word, mut lived) = (Word::None, Vec::new());
        let mut stored: Option<String> = None;
        for (script, death) in lives {
            self.network.plays(script);
            let checkout = self.process(CallOptions::DEFAULT);
            let sending = async {
                match self.shop {
                    Shop::Careless => self.send_anew(&order).await,
                    Shop::Careful => {
                        let prepared = match &stored {
                            None => prepared_pay_in(&checkout, &order, &self.fresh_nonce()).unwrap(),
                            Some(stored) => serde_json::from_str(stored).unwrap(),
                        };
                        // Before a byte of it leaves.
                        stored = Some(serde_json::to_string(&prepared).unwrap());
                        checkout.send(&prepared).await
                    }
                }
            };
            let result = match death {
                None => Some(sending.await),
                Some(poll) => dying_at(*poll, sending).await,
            };
            word = Word::of(result.as_ref());
            lived.push(result.is_some());
            if !matches!(word, Word::None | Word::Failure(Outcome::Unknown)) {
                break;
            }
        }
        let told = lives
            .iter()
            .map(|life| format!("{life:?}"))
            .collect::<Vec<_>>()
            .join(", then ");
        self.orders.push((told, word));
        lived
    }

    /// As many would write it: three attempts, and a new request for each.
    async fn send_anew(&mut self, order: &str) -> Result<PayIn, Error> {
        let once = self.process(CallOptions::DEFAULT.attempts(1));
        let mut attempts = 0;
        loop {
            let request = prepared_pay_in(&once, order, &self.fresh_nonce()).unwrap();
            let result = once.send(&request).await;
            attempts += 1;
            if attempts == 3 || !result.as_ref().is_err_and(Error::is_retryable) {
                return result;
            }
        }
    }

    /// Has the customer pay every page, and names each order that breaks the rule.
    async fn judge(self) -> Vec<String> {
        let under_way = std::mem::take(&mut self.network.state.lock().unwrap().under_way);
        for task in under_way {
            task.await.unwrap();
        }
        for id in &self.network.state.lock().unwrap().opened {
            self.sandbox.noah().settle(id).unwrap();
        }
        let mut payments = HashMap::<String, usize>::new();
        for entry in self.sandbox.noah().ledger().entries {
            *payments
                .entry(entry.external_id.unwrap().into_string())
                .or_default() += 1;
        }
        let judged = self
            .orders
            .iter()
            .enumerate()
            .filter_map(|(number, (told, word))| {
                let payments = payments
                    .get(&format!("order-{number}"))
                    .copied()
                    .unwrap_or_default();
                verdict(*word, payments)
                    .err()
                    .map(|fault| format!("{fault}: {told}, {word:?}"))
            });
        judged.collect()
    }
}

/// What came of many orders.
#[derive(Default)]
struct Tally {
    orders: usize,
    words: HashMap<Word, usize>,
    broken: Vec<String>,
}

impl Tally {
    fn assert_kept(&self) {
        let some: Vec<_> = self.broken.iter().take(20).map(String::as_str).collect();
        let (broken, orders) = (self.broken.len(), self.orders);
        assert!(broken == 0, "{broken} of {orders} orders:\n{}", some.join("\n"));
    }
}

/// Runs orders on two threads, each with a sandbox of its own.
fn on_two_threads(shop: Shop, orders: impl AsyncFn(&mut World, usize) + Sync) -> Tally {
    let half = |number: usize, tally: &Mutex<Tally>| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut world = World::new(shop).await;
            orders(&mut world, number).await;
            let words: Vec<Word> = world.orders.iter().map(|(_, word)| *word).collect();
            let broken = world.judge().await;
            let mut tally = tally.lock().unwrap();
            tally.orders += words.len();
            for word in words {
                *tally.words.entry(word).or_default() += 1;
            }
            tally.broken.extend(broken);
        });
    };
    let tally = Mutex::default();
    std::thread::scope(|scope| {
        scope.spawn(|| half(1, &tally));
        half(0, &tally);
    });
    tally.into_inner().unwrap()
}

/// Every script of the first life, every death in it, and of the scripts after it every `share`-th, each in its turn.
async fn die_everywhere(
    world: &mut World,
    half: usize,
    first: &[Vec<Fault>],
    after: &[Vec<Fault>],
    share: usize,
) {
    let mut turn = half;
    for script in first.iter().skip(half).step_by(2) {
        for death in 0.. {
            let mut lived = false;
            for resumed in after.iter().skip(turn % share).step_by(share) {
                lived = world.order(&[(script, Some(death)), (resumed, None)]).await[0];
            }
            turn += 1;
            if lived {
                break;
            }
        }
    }
}

#[test]
fn whatever_happens_and_wherever_the_process_dies_nobody_pays_twice() {
    let tally = on_two_threads(Shop::Careful, async |world, half| {
        die_everywhere(world, half, &scripts(3), &scripts(2), 24).await;
    });
    tally.assert_kept();
    // The tally speaks of all that can be said. A process that dies at last is in the tests below.
    for word in [
        Word::Success,
        Word::Failure(Outcome::NotSent),
        Word::Failure(Outcome::Refused),
        Word::Failure(Outcome::Unknown),
    ] {
        assert!(tally.words.contains_key(&word), "{word:?}: {:?}", tally.words);
    }
}

#[test]
fn every_death_in_a_short_life_is_followed_by_everything() {
    let tally = on_two_threads(Shop::Careful, async |world, half| {
        die_everywhere(world, half, &scripts(1), &scripts(2), 1).await;
    });
    tally.assert_kept();
}

/// The third process finds the network mended, and gets an answer.
#[test]
fn a_process_that_dies_twice_still_gets_its_one_payment() {
    let tally = on_two_threads(Shop::Careful, async |world, half| {
        for first in scripts(1).iter().skip(half).step_by(2) {
            for death in 0.. {
                let mut lived = false;
                for second in scripts(1) {
                    for another in 0.. {
                        let lives: [Life<'_>; 3] =
                            [(first, Some(death)), (&second, Some(another)), (&[], None)];
                        let lives = world.order(&lives).await;
                        lived = lives[0];
                        // The second life lived, or there was no need of one.
                        if lives.get(1).is_none_or(|lived| *lived) {
                            break;
                        }
                    }
                }
                if lived {
                    break;
                }
            }
        }
    });
    tally.assert_kept();
    for unfinished in [Word::None, Word::Failure(Outcome::Unknown)] {
        assert!(!tally.words.contains_key(&unfinished), "{:?}", tally.words);
    }
}

#[test]
fn the_last_word_may_be_a_death() {
    let tally = on_two_threads(Shop::Careful, async |world, half| {
        for script in scripts(2).iter().skip(half).step_by(2) {
            for death in 0.. {
                if world.order(&[(script, Some(death))]).await[0] {
                    break;
                }
            }
        }
    });
    tally.assert_kept();
    assert!(tally.words[&Word::None] > 100, "{:?}", tally.words);
}

/// The test of the tests: with a new Nonce for each attempt, customers pay twice, and it is seen.
#[test]
fn a_client_that_makes_a_new_nonce_per_attempt_is_caught() {
    let calls = on_two_threads(Shop::Careless, async |world, half| {
        for script in scripts(2).iter().skip(half).step_by(2) {
            world.order(&[(script, None)]).await;
        }
    });
    let caught = |tally: &Tally, told: &str| {
        let fault = format!("2 payments for one order: {told}, ");
        tally.broken.iter().any(|order| order.starts_with(&fault))
    };
    assert!(caught(&calls, "([CutAfter, Pass], None)"), "{:?}", calls.broken);
    assert!(
        caught(&calls, "([CutAfter, CutBefore], None)"),
        "{:?}",
        calls.broken
    );

    let deaths = on_two_threads(Shop::Careless, async |world, half| {
        die_everywhere(world, half, &[vec![Pass], vec![Pass]], &[vec![Pass]], 1).await;
    });
    assert!(
        caught(&deaths, "([Pass], Some(2)), then ([Pass], None)"),
        "{:?}",
        deaths.broken
    );
}

#[test]
fn the_rule_is_kept_by_what_is_true_alone() {
    use Outcome::{NotSent, Refused, Unknown};
    for (word, allowed) in [
        (Word::Success, &[1][..]),
        (Word::Failure(NotSent), &[0]),
        (Word::Failure(Refused), &[0]),
        (Word::Failure(Unknown), &[0, 1]),
        (Word::None, &[0, 1]),
    ] {
        for payments in 0..4 {
            assert_eq!(
                verdict(word, payments).is_ok(),
                allowed.contains(&payments),
                "{word:?} {payments}"
            );
        }
    }
}

/// A refusal says nothing about what was sent before: only who knows that nothing was may take its word.
#[tokio::test]
async fn a_refusal_after_a_death_proves_nothing() {
    let mut world = World::new(Shop::Careful).await;
    let nonce = world.fresh_nonce();
    let checkout = world.process(CallOptions::DEFAULT);
    let prepared = prepared_pay_in(&checkout, "order-7", &nonce).unwrap();
    let stored = serde_json::to_string(&prepared).unwrap();
    let refused = async |prepared: &PreparedPayIn| {
        world.network.plays(&[MadeUp(400)]);
        let error = world
            .process(CallOptions::DEFAULT)
            .send(prepared)
            .await
            .unwrap_err();
        assert_eq!(error.status().unwrap(), 400);
        error.outcome()
    };
    assert_eq!(refused(&prepared.never_sent()).await, Outcome::Refused);

    // In the same process the future is dropped while the request is away; clones know of it.
    world.network.plays(&[Pass]);
    assert!(dying_at(2, checkout.send(&prepared.clone())).await.is_none());
    assert_eq!(prepared.outcome(), Outcome::Unknown);
    assert_eq!(refused(&prepared).await, Outcome::Unknown);

    // In another, nobody knows; unless its sender does.
    let read: PreparedPayIn = serde_json::from_str(&stored).unwrap();
    assert_eq!(refused(&read).await, Outcome::Unknown);
    assert_eq!(refused(&read.never_sent()).await, Outcome::Refused);
    let fresh: PreparedPayIn = serde_json::from_str(&stored).unwrap();
    assert_eq!(
        world.network.state.lock().unwrap().under_way.len(),
        2,
        "the customer and one pay-in"
    );
    world.network.plays(&[]);
    checkout.send(&fresh).await.unwrap();
}

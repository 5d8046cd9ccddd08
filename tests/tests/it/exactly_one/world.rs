//! Orders, the lives of the shop's process in which they are placed, and the rule that they must keep.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use checkout_sandbox::Sandbox;
use checkout_transport::{CallOptions, Error, Outcome, ReqwestWire, Timeouts};
use hosted_checkout::noah::{Checkout, Credentials, Noah, PayIn};
use tokio::task::yield_now;

use super::network::{Fault, Network};
use crate::shop::{manage, prepared_pay_in};
use crate::two_threads::on_two_threads;

/// Polls a future so many times at most, then lets go of it.
pub(super) async fn dying_at<T>(poll: usize, future: impl Future<Output = T>) -> Option<T> {
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
pub(super) enum Word {
    Success,
    Failure(Outcome),
    /// The process died before a word was said.
    None,
}

impl Word {
    pub(super) fn of(result: Option<&Result<PayIn, Error>>) -> Self {
        match result {
            None => Self::None,
            Some(Ok(_)) => Self::Success,
            Some(Err(error)) => Self::Failure(error.outcome()),
        }
    }
}

/// The rule.
pub(super) fn verdict(word: Word, payments: usize) -> Result<(), String> {
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
pub(super) type Life<'a> = (&'a [Fault], Option<usize>);

/// What a shop sends when it goes on with an order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shop {
    /// What it stored.
    Careful,
    /// A request with a new Nonce for each attempt.
    Careless,
}

/// A sandbox, the network before it, and what became of the orders.
pub(super) struct World {
    sandbox: Sandbox,
    pub(super) network: Network,
    shop: Shop,
    orders: Vec<(String, Word)>,
    nonces: usize,
}

impl World {
    pub(super) async fn new(shop: Shop) -> Self {
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
    pub(super) fn process(&self, options: CallOptions) -> Checkout {
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

    pub(super) fn fresh_nonce(&mut self) -> String {
        self.nonces += 1;
        format!("nonce-{}", self.nonces)
    }

    /// One order over these lives of the process; there is no other life after a final word. Says of each life that
    /// there was whether it lived to its end.
    pub(super) async fn order(&mut self, lives: &[Life<'_>]) -> Vec<bool> {
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
    pub(super) async fn judge(self) -> Vec<String> {
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
pub(super) struct Tally {
    orders: usize,
    pub(super) words: HashMap<Word, usize>,
    pub(super) broken: Vec<String>,
}

impl Tally {
    pub(super) fn assert_kept(&self) {
        let some: Vec<_> = self.broken.iter().take(20).map(String::as_str).collect();
        let (broken, orders) = (self.broken.len(), self.orders);
        assert!(broken == 0, "{broken} of {orders} orders:\n{}", some.join("\n"));
    }
}

/// Places orders on two threads, each with a sandbox of its own.
pub(super) fn play(shop: Shop, orders: impl AsyncFn(&mut World, usize) + Sync) -> Tally {
    let halves = on_two_threads(false, async |half| {
        let mut world = World::new(shop).await;
        orders(&mut world, half).await;
        let words: Vec<Word> = world.orders.iter().map(|(_, word)| *word).collect();
        (words, world.judge().await)
    });
    let mut tally = Tally::default();
    for (words, broken) in halves {
        tally.orders += words.len();
        for word in words {
            *tally.words.entry(word).or_default() += 1;
        }
        tally.broken.extend(broken);
    }
    tally
}

/// Every script of the first life, every death in it, and of the scripts after it every `share`-th, each in its turn.
pub(super) async fn die_everywhere(
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

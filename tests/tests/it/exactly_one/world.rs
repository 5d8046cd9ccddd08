//! Orders, the lives of the shop's process in which they are placed, and the rule that they must keep.

use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use checkout_core::key::SigningKey;
use checkout_sandbox::Sandbox;
use checkout_transport::{Call, CallOptions, Clock, Error, Outcome, Prepared, ReqwestWire, Timeouts};
use hosted_checkout::blocking::Wait as _;
use hosted_checkout::noah::{Checkout, Credentials, Noah, PayIn};
use secrecy::ExposeSecret as _;
use tokio::task::yield_now;

use super::network::{Fault, Network};
use crate::shop::{manage, prepared_pay_in, prepared_sell};
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
    pub(super) fn of<T>(result: Option<&Result<T, Error>>) -> Self {
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

/// What a shop sends, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shop {
    /// Pay-ins, which it stores, and goes on with what it stored. Not signed, which takes the least time.
    Careful,
    /// The same, signed.
    Signed,
    /// Signed and never sent again by the client itself.
    Once,
    /// Signed by a clock that is slow, and that the client mends by the API's.
    Slow,
    /// Sales in place of pay-ins, signed.
    Seller,
    /// A request with a new Nonce for each attempt.
    Careless,
}

impl Shop {
    fn options(self) -> CallOptions {
        match self {
            Self::Once => CallOptions::DEFAULT.attempts(1),
            Self::Slow => CallOptions::DEFAULT.mend_clock(true),
            _ => CallOptions::DEFAULT,
        }
    }
}

/// The time of day, 400 seconds ago: more than the life of a token.
#[derive(Debug)]
struct SlowClock;

impl Clock for SlowClock {
    fn now(&self) -> SystemTime {
        SystemTime::now() - Duration::from_secs(400)
    }
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
        manage(&world.process(shop.options())).await.unwrap();
        world
    }

    /// A new process, which knows nothing but its settings. Its waits are awaits, but take no time.
    pub(super) fn process(&self, options: CallOptions) -> Checkout {
        let sandbox = self.sandbox.noah();
        let url = sandbox.report().base_url.clone();
        let credentials = match self.shop {
            Shop::Careful | Shop::Careless => {
                Credentials::local_unsigned(&url, &sandbox.report().unsigned_api_key).unwrap()
            }
            Shop::Signed | Shop::Once | Shop::Slow | Shop::Seller => {
                let key = SigningKey::from_pem(sandbox.private_key_pem().unwrap().expose_secret()).unwrap();
                Credentials::local(&url, &sandbox.report().api_key, key).unwrap()
            }
        };
        let mut noah = Noah::builder(credentials)
            .wire(self.network.clone())
            .options(options)
            .transport(|transport| transport.sleep(|_| Box::pin(yield_now())));
        if self.shop == Shop::Slow {
            noah = noah.clock(SlowClock);
        }
        noah.build().unwrap().checkout()
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
            let checkout = self.process(self.shop.options());
            let sending = async {
                match self.shop {
                    Shop::Careless => self.send_anew(&order).await.map(drop),
                    Shop::Seller => {
                        let make = |nonce: &str| prepared_sell(&checkout, &order, nonce);
                        let prepared = self.prepared(&mut stored, make);
                        checkout.send(&prepared).await.map(drop)
                    }
                    _ => {
                        let make = |nonce: &str| prepared_pay_in(&checkout, &order, nonce);
                        let prepared = self.prepared(&mut stored, make);
                        checkout.send(&prepared).await.map(drop)
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
        self.ends(lives, word);
        lived
    }

    /// The same of a program without a runtime, whose process does not die: it calls again until the word is final.
    pub(super) fn order_without_runtime(&mut self, scripts: &[&[Fault]]) {
        let order = format!("order-{}", self.orders.len());
        let (mut word, mut stored, mut lives) = (Word::None, None, Vec::new());
        for script in scripts {
            self.network.plays(script);
            lives.push((*script, None));
            let checkout = self.process(self.shop.options());
            let prepared = self.prepared(&mut stored, |nonce| prepared_pay_in(&checkout, &order, nonce));
            word = Word::of(Some(&checkout.send(&prepared).wait()));
            if word != Word::Failure(Outcome::Unknown) {
                break;
            }
        }
        self.ends(&lives, word);
    }

    /// The request as stored, or a new one, which is stored before a byte of it leaves.
    fn prepared<C: Call>(
        &mut self,
        stored: &mut Option<String>,
        make: impl FnOnce(&str) -> Result<Prepared<C>, Error>,
    ) -> Prepared<C> {
        let prepared = match stored {
            None => make(&self.fresh_nonce()).unwrap(),
            Some(stored) => serde_json::from_str(stored).unwrap(),
        };
        *stored = Some(serde_json::to_string(&prepared).unwrap());
        prepared
    }

    fn ends(&mut self, lives: &[Life<'_>], word: Word) {
        let lives: Vec<String> = lives.iter().map(|life| format!("{life:?}")).collect();
        self.orders.push((lives.join(", then "), word));
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
pub(super) struct Tally {
    orders: usize,
    pub(super) words: HashMap<Word, usize>,
    pub(super) broken: Vec<String>,
}

impl Tally {
    pub(super) async fn of(world: World) -> Self {
        let mut words = HashMap::new();
        for (_, word) in &world.orders {
            *words.entry(*word).or_default() += 1;
        }
        Self {
            orders: world.orders.len(),
            words,
            broken: world.judge().await,
        }
    }

    pub(super) fn assert_kept(&self) {
        let some: Vec<_> = self.broken.iter().take(20).map(String::as_str).collect();
        let (broken, orders) = (self.broken.len(), self.orders);
        assert!(broken == 0, "{broken} of {orders} orders:\n{}", some.join("\n"));
    }
}

/// Places orders on two threads, each with a sandbox of its own.
pub(super) fn play(shop: Shop, orders: impl AsyncFn(&mut World, usize) + Sync) -> Tally {
    let [mut tally, other] = on_two_threads(false, async |half| {
        let mut world = World::new(shop).await;
        orders(&mut world, half).await;
        Tally::of(world).await
    });
    tally.orders += other.orders;
    for (word, count) in other.words {
        *tally.words.entry(word).or_default() += count;
    }
    tally.broken.extend(other.broken);
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

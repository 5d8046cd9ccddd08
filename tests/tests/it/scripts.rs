//! Every script of five answers to a payment, on virtual time, held against a second account of what must happen.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use checkout_transport::retry::Stop;
use checkout_transport::{
    AttemptResult, BoxFuture, CallOptions, Clock, Error, Outcome, RetryBudget, Wire, WireError, WireErrorKind,
};
use hosted_checkout::noah::{Checkout, Credentials, Noah, PayIn, PreparedPayIn};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use tests::spec;
use tokio::time::Instant;

use crate::shop::{API_KEY, NOW, claims, example, key, prepared_pay_in, sha256_hex};

/// What becomes of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Answer {
    Success,
    BadRequest,
    Unauthorized,
    Conflict,
    TooMany,
    Unavailable,
    CutBefore,
    CutAfter,
}

const ANSWERS: [Answer; 8] = [
    Answer::Success,
    Answer::BadRequest,
    Answer::Unauthorized,
    Answer::Conflict,
    Answer::TooMany,
    Answer::Unavailable,
    Answer::CutBefore,
    Answer::CutAfter,
];

const ATTEMPTS: usize = 5;
const SCRIPTS: u32 = 8_u32.pow(5);
/// The time that each attempt takes.
const LATENCY: Duration = Duration::from_millis(30);
/// The time of a call, all in all.
const DEADLINE: Duration = Duration::from_secs(40);
/// The runtime's timer counts whole milliseconds and wakes no one early.
const TICK: Duration = Duration::from_millis(1);

/// What is documented, written down a second time.
impl Answer {
    const fn status(self) -> Option<u16> {
        match self {
            Self::Success => Some(200),
            Self::BadRequest => Some(400),
            Self::Unauthorized => Some(401),
            Self::Conflict => Some(409),
            Self::TooMany => Some(429),
            Self::Unavailable => Some(503),
            Self::CutBefore | Self::CutAfter => None,
        }
    }

    /// Whether the server takes the payment.
    const fn acts(self) -> bool {
        matches!(self, Self::Success | Self::CutAfter)
    }

    const fn result(self) -> AttemptResult {
        match self {
            Self::Success => AttemptResult::Answered,
            Self::BadRequest | Self::Unauthorized | Self::TooMany => AttemptResult::Refused,
            Self::Conflict | Self::Unavailable | Self::CutBefore | Self::CutAfter => AttemptResult::Unknown,
        }
    }

    /// The longest waits after the first to the fourth attempt, in milliseconds, and what each costs of the budget. `None`
    /// if no other attempt is made.
    const fn again(self) -> Option<([u64; 4], u32)> {
        match self {
            Self::Success | Self::BadRequest | Self::Unauthorized | Self::Conflict => None,
            Self::TooMany | Self::Unavailable => Some(([1_000, 2_000, 4_000, 8_000], 5)),
            Self::CutBefore | Self::CutAfter => Some(([50, 100, 200, 400], 14)),
        }
    }
}

/// The `number`-th script: its digits in base 8.
fn script(number: u32) -> [Answer; ATTEMPTS] {
    let mut rest = number as usize;
    [(); ATTEMPTS].map(|()| {
        let answer = ANSWERS[rest % 8];
        rest /= 8;
        answer
    })
}

/// Chance that anyone can repeat: in a quarter of the runs the shortest waits, in a quarter the longest, else some between.
fn random(script: u32, failure: usize) -> u64 {
    match mixed(u64::from(script)) % 4 {
        0 => 0,
        1 => u64::MAX,
        _ => mixed(u64::from(script) << 8 | failure as u64),
    }
}

/// SplitMix64.
const fn mixed(seed: u64) -> u64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The time of day, going by the runtime's clock.
#[derive(Debug, Clone, Copy)]
struct VirtualClock(Instant);

impl VirtualClock {
    fn at(self, moment: Instant) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW.into()) + (moment - self.0)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> SystemTime {
        self.at(Instant::now())
    }
}

struct Seen {
    at: Instant,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// A server with a script, and a ledger that takes a Nonce once.
#[derive(Clone)]
struct Server(Arc<Mutex<State>>);

struct State {
    script: [Answer; ATTEMPTS],
    hint: Duration,
    /// As the spec has it, with `session-4` for what was opened.
    answer: String,
    seen: Vec<Seen>,
    /// Nonces with what was opened for them.
    ledger: Vec<(String, String)>,
}

impl State {
    /// What was opened for this Nonce, now or before.
    fn act(&mut self, nonce: &str) -> String {
        if let Some((_, session)) = self.ledger.iter().find(|(known, _)| known == nonce) {
            return session.clone();
        }
        let session = format!("opened-{}", self.ledger.len());
        self.ledger.push((nonce.to_owned(), session.clone()));
        session
    }
}

impl Wire for Server {
    fn send(
        &self,
        request: reqwest::Request,
        _: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        let mut state = self.0.lock().unwrap();
        let answer = state.script[state.seen.len()];
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap().to_vec();
        let mut response = http::Response::builder();
        let mut content = String::new();
        if answer.acts() {
            let body: Value = serde_json::from_slice(&body).unwrap();
            let session = state.act(body["Nonce"].as_str().unwrap());
            content = state.answer.replace("session-4", &session);
        }
        if answer == Answer::TooMany {
            response = response.header("retry-after", state.hint.as_secs());
        }
        state.seen.push(Seen {
            at: Instant::now(),
            method: request.method().clone(),
            path: request.url().path().to_owned(),
            headers: request.headers().clone(),
            body,
        });
        Box::pin(async move {
            tokio::time::sleep(LATENCY).await;
            match answer.status() {
                Some(status) => Ok(response.status(status).body(content).unwrap().into()),
                None => Err(WireError::new(WireErrorKind::Interrupted, "scripted cut")),
            }
        })
    }
}

/// A client and its server, over all scripts of a thread.
struct Pass {
    checkout: Checkout,
    prepared: PreparedPayIn,
    body_sha256: String,
    server: Server,
    clock: VirtualClock,
    chance: Arc<Mutex<(u32, usize)>>,
    public_key: String,
    budget: RetryBudget,
    capacity: u32,
    /// What must be left in the bucket, by the second account.
    left: u32,
    /// Attempts whose tokens were verified: a script that is used up no further makes no others.
    verified: HashSet<Vec<Answer>>,
    attempts: usize,
    stops: HashMap<Stop, usize>,
}

/// What was played, for whoever reads that it failed.
struct Case<'a> {
    number: u32,
    hint: Duration,
    consumed: &'a [Answer],
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            number,
            hint,
            consumed,
        } = self;
        write!(f, "script {number} with hint {hint:?}: {consumed:?}")
    }
}

/// How a call must have gone.
#[derive(Debug)]
struct Course {
    /// The wait before each attempt.
    waits: Vec<Duration>,
    stop: Option<Stop>,
    /// The wait that was longer than the time left.
    refused_wait: Option<Duration>,
    elapsed: Duration,
    left: u32,
}

impl Pass {
    fn new(hint: Duration, capacity: u32) -> Self {
        let server = Server(Arc::new(Mutex::new(State {
            script: [Answer::Success; ATTEMPTS],
            hint,
            answer: example(spec::noah(), "CheckoutSessionResponse", "Pending").to_string(),
            seen: Vec::new(),
            ledger: Vec::new(),
        })));
        let (key, budget, clock) = (key(), RetryBudget::new(capacity), VirtualClock(Instant::now()));
        // Which script is played, and how many failures it has had.
        let chance = Arc::new(Mutex::new((0, 0)));
        let asked = Arc::clone(&chance);
        let noah = Noah::builder(Credentials::sandbox(API_KEY, key.clone()).unwrap())
            .wire(server.clone())
            .options(CallOptions::DEFAULT.attempts(5))
            .retry_budget(budget.clone())
            .clock(clock)
            .transport(|transport| {
                transport.random(move || {
                    let (number, failures) = &mut *asked.lock().unwrap();
                    *failures += 1;
                    random(*number, *failures - 1)
                })
            })
            .build()
            .unwrap();
        let checkout = noah.checkout();
        let prepared = prepared_pay_in(&checkout, "order-7", "nonce-7").unwrap();
        Self {
            body_sha256: sha256_hex(prepared.body()),
            prepared,
            checkout,
            server,
            clock,
            chance,
            public_key: key.public_key_pem(),
            budget,
            capacity,
            left: capacity,
            verified: HashSet::new(),
            attempts: 0,
            stops: HashMap::new(),
        }
    }

    /// The second account: from the documents, not from the code.
    fn course(&self, number: u32, script: &[Answer], hint: Duration) -> Course {
        let mut course = Course {
            waits: vec![Duration::ZERO],
            stop: None,
            refused_wait: None,
            elapsed: Duration::ZERO,
            left: self.left,
        };
        let mut spent = 1;
        for (index, answer) in script.iter().enumerate() {
            course.elapsed += LATENCY;
            let Some((ceilings, cost)) = answer.again() else {
                if *answer == Answer::Success {
                    course.left = (course.left + spent).min(self.capacity);
                } else {
                    course.stop = Some(Stop::Pointless);
                }
                return course;
            };
            if index == ATTEMPTS - 1 {
                course.stop = Some(Stop::Attempts);
                return course;
            }
            let ceiling = u128::from(ceilings[index]) * 1_000_000;
            let drawn = ceiling * u128::from(random(number, index)) / u128::from(u64::MAX);
            let drawn = Duration::from_nanos(u64::try_from(drawn).unwrap());
            let wait = match answer {
                Answer::TooMany => drawn.max(hint),
                _ => drawn,
            };
            if course.elapsed + wait >= DEADLINE {
                course.stop = Some(Stop::Time);
                course.refused_wait = Some(wait);
                return course;
            }
            if course.left < cost {
                course.stop = Some(Stop::Budget);
                return course;
            }
            course.left -= cost;
            spent = cost;
            course.waits.push(wait);
            course.elapsed += wait;
        }
        course
    }

    async fn run(&mut self, number: u32) {
        let script = script(number);
        *self.chance.lock().unwrap() = (number, 0);
        let hint = {
            let mut state = self.server.0.lock().unwrap();
            state.script = script;
            state.seen.clear();
            state.ledger.clear();
            state.hint
        };
        let prepared = self.prepared.never_sent();
        let started = Instant::now();
        let result = self.checkout.send(&prepared).await;
        let elapsed = started.elapsed();

        let course = self.course(number, &script, hint);
        let server = self.server.clone();
        let state = server.0.lock().unwrap();
        let consumed = &script[..course.waits.len()];
        let case = Case {
            number,
            hint,
            consumed,
        };
        assert_eq!(state.seen.len(), consumed.len(), "attempts: {case}");
        self.attempts += consumed.len();
        self.left = course.left;
        assert_eq!(self.budget.left(), self.left, "budget: {case}");
        assert!(elapsed <= DEADLINE, "{elapsed:?}: {case}");
        let rounded = course.elapsed + TICK * 4;
        assert!(
            elapsed >= course.elapsed && elapsed <= rounded,
            "{elapsed:?}: {case}"
        );
        if let Some(stop) = course.stop {
            *self.stops.entry(stop).or_default() += 1;
        }
        check_waits(&state.seen, consumed, &course, hint, &case);
        self.check_requests(&state.seen, consumed, &case);
        check_result(&result, &state, consumed, &course, &case);
        self.check_receipt(&result, &state, consumed, &course, &case);
        assert_eq!(prepared.body(), state.seen[0].body, "{case}");
    }

    /// One request, over and over: the same bytes and Nonce, and a token of its own each time.
    fn check_requests(&mut self, seen: &[Seen], consumed: &[Answer], case: &Case<'_>) {
        let first = &seen[0];
        let body: Value = serde_json::from_slice(&first.body).unwrap();
        assert_eq!(body["Nonce"], "nonce-7", "{case}");
        let mut tokens = HashSet::new();
        for attempt in seen {
            assert_eq!(attempt.body, first.body, "{case}");
            assert_eq!(
                (&attempt.method, &attempt.path),
                (&first.method, &first.path),
                "{case}"
            );
            assert_eq!(attempt.headers["x-api-key"], API_KEY, "{case}");
            assert!(
                tokens.insert(&attempt.headers["api-signature"]),
                "a token twice: {case}"
            );
        }
        if !self.verified.insert(consumed.to_vec()) {
            return;
        }
        for attempt in seen {
            let signed = self
                .clock
                .at(attempt.at)
                .duration_since(UNIX_EPOCH)
                .unwrap()
                .as_secs();
            let claims = claims(&attempt.headers, &self.public_key);
            let expected = json!({
                "aud": "https://api.noah.com", "iat": signed, "exp": signed + 300,
                "method": "POST", "path": "/v1/checkout/payin/fiat", "bodyHash": self.body_sha256,
            });
            assert_eq!(claims, expected, "{case}");
        }
    }

    /// The receipt says of each attempt what the wire saw.
    fn check_receipt(
        &self,
        result: &Result<PayIn, Error>,
        state: &State,
        consumed: &[Answer],
        course: &Course,
        case: &Case<'_>,
    ) {
        let seen = &state.seen;
        let receipt = match result {
            Ok(session) => session.receipt(),
            Err(error) => error.receipt().unwrap(),
        };
        assert_eq!(receipt.operation, "createFiatPayin", "{case}");
        assert_eq!(receipt.idempotency_key.as_deref(), Some("nonce-7"), "{case}");
        assert_eq!(receipt.body_sha256, self.body_sha256, "{case}");
        assert_eq!(receipt.attempts.len(), seen.len(), "{case}");
        for (index, attempt) in receipt.attempts.iter().enumerate() {
            let answer = consumed[index];
            assert_eq!(attempt.started, self.clock.at(seen[index].at), "{case}");
            assert_eq!(attempt.waited, course.waits[index], "{case}");
            assert_eq!(attempt.took, LATENCY, "{case}");
            assert_eq!(
                (attempt.result, attempt.status),
                (answer.result(), answer.status()),
                "{case}"
            );
            let asked = (answer == Answer::TooMany).then_some(state.hint);
            assert_eq!(attempt.retry_after, asked, "{case}");
            assert_eq!(attempt.mended, 0, "{case}");
        }
    }
}

/// `[hint, max(hint, ceiling)]` between an attempt's end and the next.
fn check_waits(seen: &[Seen], consumed: &[Answer], course: &Course, hint: Duration, case: &Case<'_>) {
    for (index, pair) in seen.windows(2).enumerate() {
        let wait = pair[1].at - pair[0].at - LATENCY;
        let (ceilings, _) = consumed[index].again().unwrap();
        let shortest = match consumed[index] {
            Answer::TooMany => hint,
            _ => Duration::ZERO,
        };
        let longest = shortest.max(Duration::from_millis(ceilings[index]));
        assert!(
            wait >= shortest && wait <= longest + TICK,
            "{wait:?} after {index}: {case}"
        );
        let drawn = course.waits[index + 1];
        assert!(
            wait >= drawn && wait <= drawn + TICK,
            "{wait:?} for {drawn:?}: {case}"
        );
    }
}

/// What was reported is true of the ledger.
fn check_result(
    result: &Result<PayIn, Error>,
    state: &State,
    consumed: &[Answer],
    course: &Course,
    case: &Case<'_>,
) {
    let acted = consumed.iter().any(|answer| answer.acts());
    assert_eq!(state.ledger.len(), usize::from(acted), "payments: {case}");
    let error = match result {
        Ok(session) => {
            assert_eq!(course.stop, None, "{case}");
            let session = session.checkout_session.checkout_session_id.as_str();
            assert_eq!(session, state.ledger[0].1, "{case}");
            return;
        }
        Err(error) => error,
    };
    assert!(
        course.stop.is_some() && error.stopped_by() == course.stop,
        "{error:?}: {case}"
    );
    let unknown = consumed
        .iter()
        .any(|answer| answer.result() == AttemptResult::Unknown);
    let expected = if unknown {
        Outcome::Unknown
    } else {
        Outcome::Refused
    };
    assert_eq!(error.outcome(), expected, "{case}");
    assert!(!acted || error.money_may_have_moved(), "{case}");
    assert_eq!(
        error.status().map(|status| status.as_u16()),
        consumed.last().unwrap().status(),
        "{case}"
    );
    assert_eq!(error.idempotency_key(), Some("nonce-7"), "{case}");
    assert_eq!(error.prepared().unwrap().outcome(), expected, "{case}");
    let retryable = matches!(course.stop, Some(Stop::Attempts | Stop::Time | Stop::Budget));
    assert_eq!(error.is_retryable(), retryable, "{case}");
    if let (Some(wait), Some(Answer::TooMany)) = (course.refused_wait, consumed.last()) {
        assert_eq!(error.retry_after(), Some(case.hint), "{case}");
        assert!(case.hint <= wait, "{case}");
    }
}

/// Runs the scripts on two threads, and says how many attempts there were and how often each stop.
fn play(scripts: u32, hint: Duration, capacity: u32) -> (usize, HashMap<Stop, usize>) {
    let half = |parity: u32| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut pass = Pass::new(hint, capacity);
            for number in (0..scripts).filter(|number| number / 8 % 2 == parity) {
                pass.run(number).await;
            }
            (pass.attempts, pass.stops)
        })
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        let ((mut attempts, mut stops), others) = (half(0), other.join().unwrap());
        attempts += others.0;
        for (stop, count) in others.1 {
            *stops.entry(stop).or_default() += count;
        }
        (attempts, stops)
    })
}

/// Enough tokens for a thread to never run out of them.
const PLENTY: u32 = 10_000_000;

#[test]
fn every_script_of_five_answers_is_played_as_documented() {
    let (attempts, stops) = play(SCRIPTS, Duration::from_secs(3), PLENTY);
    // Half of the answers end the call: 1 + 1/2 + 1/4 + 1/8 + 1/16 attempts to a script.
    assert_eq!(attempts, 32_768 * 31 / 16);
    // Three in eight are refused or in conflict; nothing but a fifth failure in a row ends by the number of attempts.
    assert_eq!(stops[&Stop::Pointless], 32_768 * 3 / 8 * 31 / 16);
    assert_eq!(stops[&Stop::Attempts], 4_usize.pow(5));
    assert_eq!(stops.len(), 2, "{stops:?}");
}

/// Three waits of 12 seconds fit into the call, a fourth does not.
#[test]
fn long_waits_end_at_the_deadline() {
    let (_, stops) = play(8_u32.pow(4), Duration::from_secs(12), PLENTY);
    assert!(stops[&Stop::Time] > 0, "{stops:?}");
}

/// A wait that is longer than the call is handed back at once.
#[test]
fn a_wait_beyond_the_deadline_is_returned_at_once() {
    let (_, stops) = play(8_u32.pow(3), Duration::from_secs(41), PLENTY);
    // One 429 in any of the three places, after failures of the other three kinds. Scripts of fewer answers go on with 200s.
    assert_eq!(stops[&Stop::Time], 64 + 3 * 8 + 9);
}

/// All calls of a thread share a bucket that is too small for them.
#[test]
fn a_shared_bucket_is_never_overdrawn() {
    let (_, stops) = play(8_u32.pow(4), Duration::from_secs(3), 60);
    assert!(stops[&Stop::Budget] > 500, "{stops:?}");
}

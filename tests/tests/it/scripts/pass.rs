//! A client that plays scripts, and what is checked of each.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use checkout_transport::retry::Stop;
use checkout_transport::{AttemptResult, CallOptions, Error, Outcome, RetryBudget};
use hosted_checkout::noah::{Checkout, Credentials, Noah, PayIn, PreparedPayIn};
use serde_json::{Value, json};
use tests::spec;
use tokio::time::Instant;

use super::answers::{ATTEMPTS, Answer, DEADLINE, LATENCY, TICK, random, script};
use super::server::{Seen, Server, State, VirtualClock};
use crate::shop::{API_KEY, claims, example, key, prepared_pay_in, sha256_hex};

/// A client and its server, over all scripts of a thread.
pub(super) struct Pass {
    checkout: Checkout,
    stored: String,
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
    pub(super) attempts: usize,
    pub(super) stops: HashMap<Stop, usize>,
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
    pub(super) fn new(hint: Duration, capacity: u32) -> Self {
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
            stored: serde_json::to_string(&prepared).unwrap(),
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

    pub(super) async fn run(&mut self, number: u32) {
        let script = script(number);
        *self.chance.lock().unwrap() = (number, 0);
        let hint = {
            let mut state = self.server.0.lock().unwrap();
            state.script = script;
            state.seen.clear();
            state.ledger.clear();
            state.hint
        };
        // What became of the one before is nothing to this one.
        let prepared: PreparedPayIn = serde_json::from_str(&self.stored).unwrap();
        let prepared = prepared.never_sent();
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
            let session = session.checkout_session().checkout_session_id.text().unwrap();
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

//! Thousands of calls at once, a server that dies under them, and what memory is left: against a server in a process of
//! its own. One test at a time, and alone in this binary, for they count every byte of the heap.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::alloc::System;
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use checkout_core::key::{Algorithm, SigningKey};
use checkout_core::{Idempotency, Operation};
use checkout_transport::retry::{Retries, Stop};
use checkout_transport::{
    Authenticator, BaseUrl, CallOptions, Error, ErrorKind, Outcome, Phase, Reply, ReqwestWire, RetryBudget,
    Timeouts, Transport, Unauthenticated,
};
use hosted_checkout::noah::{ApiKey, RequestSigner};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tempfile::TempDir;
use tokio::net::TcpSocket;
use tokio::runtime::{Handle, Runtime};
use tokio::task::JoinSet;

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are allocated and not yet freed.
fn live() -> isize {
    let stats = HEAP.stats();
    stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated) as isize
}

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

static PAY: Operation = Operation::new(
    "pay",
    "POST",
    "/pay/{how}",
    "test",
    Idempotency::BodyField("Nonce"),
    true,
);
static NOTE: Operation = Operation::new("note", "POST", "/note/{how}", "test", Idempotency::None, false);

fn request(operation: &Operation, base: &str, how: &str, body: String) -> reqwest::Request {
    let url = format!("{base}{}", operation.path.replace("{how}", how));
    let mut request = reqwest::Request::new(http::Method::POST, url.parse().unwrap());
    *request.body_mut() = Some(body.into());
    request
}

fn payment(number: usize) -> String {
    format!(
        r#"{{"Nonce":"n-{number}","Amount":"{number}.{:02}"}}"#,
        number % 100
    )
}

fn note(number: usize) -> String {
    format!(r#"{{"Note":"{number}"}}"#)
}

/// The server's process, which may be replaced by another on the same port.
struct Server {
    child: Child,
    port: u16,
    log: PathBuf,
    _directory: TempDir,
}

impl Server {
    fn start(held: usize, delay: Duration) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        // Outside of the ports that connections take for themselves: a client that connects to a port where nobody
        // listens can be given that very port, and then talks to itself.
        let (child, port) = (20_000..30_000)
            .step_by(7)
            .map(|port| port + (std::process::id() % 7) as u16)
            .find_map(|port| Some((spawn(port, &log, held, delay)?, port)))
            .expect("a free port");
        Self {
            child,
            port,
            log,
            _directory: directory,
        }
    }

    fn base(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn restart(&mut self, delay: Duration) {
        self.child = spawn(self.port, &self.log, 1, delay).expect("the port is free again");
    }

    /// How often each body arrived whole.
    fn arrived(&self) -> HashMap<String, usize> {
        let mut arrived = HashMap::new();
        for line in std::fs::read_to_string(&self.log).unwrap().lines() {
            *arrived.entry(line.to_owned()).or_default() += 1;
        }
        arrived
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `None` if it cannot have the port.
fn spawn(port: u16, log: &Path, held: usize, delay: Duration) -> Option<Child> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_load_server"))
        .arg(port.to_string())
        .arg(log)
        .arg(held.to_string())
        .arg(delay.as_millis().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    if line.starts_with("listening ") {
        return Some(child);
    }
    child.wait().unwrap();
    None
}

/// Raises the limit on open files if it must and can. Says so where it cannot, and fails there with `CI` set.
fn can_open(files: u64) -> bool {
    let limit = rlimit::increase_nofile_limit(files).unwrap_or(0);
    if limit >= files {
        return true;
    }
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("a test");
    let message = format!("{name}: {limit} files may be open, not {files}; raise it: ulimit -n {files}");
    assert!(std::env::var_os("CI").is_none(), "{message}");
    #[expect(
        clippy::print_stderr,
        reason = "whoever runs the tests should know which did not run"
    )]
    {
        eprintln!("skipped {message}");
    }
    false
}

fn transport(
    authenticator: impl Authenticator,
    timeouts: Timeouts,
    options: CallOptions,
    budget: RetryBudget,
) -> Transport {
    let client = || {
        reqwest::Client::builder()
            .no_proxy()
            .pool_idle_timeout(Duration::from_millis(200))
    };
    let wire = ReqwestWire::from_builder(client, timeouts).unwrap();
    Transport::builder()
        .wire(wire)
        .authenticator(authenticator)
        .options(options)
        .budget(budget)
        .build()
        .unwrap()
}

/// Waits until the connections that are kept for later calls are closed. What stays is the task that closes them.
async fn idle() {
    let metrics = Handle::current().metrics();
    let began = Instant::now();
    while metrics.num_alive_tasks() > 1 {
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{} tasks go on",
            metrics.num_alive_tasks()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

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

//! The program, killed at every point: before a request is written down it does not pay, and from then on it pays once.
#![cfg(unix)]

use std::future::Future;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::noah::{Shop, pay_in};

/// At which wait the program is killed.
const KILLED_AT: &str = "CHECKOUT_TEST_KILLED_AT";
const ORDER: &str = "CHECKOUT_TEST_ORDER";

/// Kills this process, as when memory runs out, when its work has waited so often.
struct Dies<F> {
    work: Pin<Box<F>>,
    waits: u32,
}

impl<F: Future> Future for Dies<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if self.waits == 0 {
            let _ = Command::new("kill")
                .args(["-KILL", &std::process::id().to_string()])
                .status();
            std::thread::sleep(Duration::from_secs(10));
        }
        self.waits -= 1;
        self.work.as_mut().poll(context)
    }
}

/// Not a test by itself: the program of the next one.
#[test]
fn a_program_that_dies() {
    let Some(waits) = std::env::var(KILLED_AT).ok().and_then(|waits| waits.parse().ok()) else {
        return;
    };
    let order = std::env::var(ORDER).unwrap();
    let words = [
        &["checkout"][..],
        &pay_in(&["--external-id", &order, "--nonce", &order]),
    ]
    .concat();
    let cli = <checkout_cli::Cli as clap::Parser>::parse_from(words);
    let mut output = checkout_cli::Output::stdout(checkout_cli::Format::Human);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let work = Box::pin(
        cli.command
            .run(<checkout_cli::Cli as clap::CommandFactory>::command, &mut output),
    );
    runtime.block_on(Dies { work, waits }).unwrap();
}

/// What holds of an order whose command has ended somehow, once `resume` has run: one payment if the request was written
/// down or the answer was shown, and none else.
fn is_paid_at_most_once(shop: &Shop, order: &str, done: bool) -> bool {
    let recorded = !shop.unfinished().is_empty();
    let resumed = shop.say(&["resume", "--json"]);
    assert_eq!(resumed.code, Some(0), "{order}: {}", resumed.stderr);
    if recorded {
        let told = resumed.json();
        assert_eq!(told["external_id"], order, "{told}");
        let sessions = shop.sessions(order);
        assert!(sessions.contains(told["session_id"].as_str().unwrap()), "{told}");
        let again = shop.say(&[
            "resume",
            told["record"]
                .as_str()
                .unwrap()
                .rsplit_once('/')
                .unwrap()
                .1
                .trim_end_matches(".json"),
            "--json",
        ]);
        assert_eq!(again.json()["hosted_url"], told["hosted_url"], "it says so again");
    }
    let expected = usize::from(recorded || done);
    assert_eq!(
        (shop.sessions(order).len(), shop.payments(order)),
        (expected, expected),
        "{order}"
    );
    assert!(shop.unfinished().is_empty());
    // Else the next would be shown these answers too.
    let finished = shop.say(&["unfinished", "--json"]).json()["finished"].clone();
    for id in finished.as_array().unwrap() {
        shop.say(&["unfinished", "--forget", id.as_str().unwrap()]);
    }
    recorded
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_each_wait_it_pays_once_or_not_at_all() {
    let shop = Shop::busy().await;
    let mut recorded = 0;
    for waits in 0..200 {
        let order = format!("wait-{waits}");
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "killed::a_program_that_dies",
                "--nocapture",
                "--test-threads=1",
            ])
            .envs(shop.variables())
            .env(KILLED_AT, waits.to_string())
            .env(ORDER, &order)
            .output()
            .unwrap();
        let done = output.status.success();
        recorded += u32::from(is_paid_at_most_once(&shop, &order, done));
        if done {
            assert!(waits > 3 && recorded > 2, "{waits} waits, {recorded} records");
            return;
        }
        assert_eq!(
            output.status.code(),
            None,
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    panic!("it never ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_instant_it_pays_once_or_not_at_all() {
    let shop = Shop::busy().await;
    // How long one takes that nobody kills.
    let began = Instant::now();
    let whole = shop.start(&pay_in(&[]), Stdio::null()).wait().unwrap();
    assert!(whole.success());
    let whole = began.elapsed();
    let mut random = fastrand::Rng::with_seed(7);
    let (began, mut runs, mut recorded, mut killed) = (Instant::now(), 0, 0, 0);
    while runs < 10 || (began.elapsed() < Duration::from_secs(8) && runs < 150) {
        let order = format!("run-{runs}");
        let mut child = shop.start(
            &pay_in(&["--external-id", &order, "--nonce", &order]),
            Stdio::piped(),
        );
        let longest = u64::try_from(whole.as_micros()).unwrap() * 11 / 10;
        std::thread::sleep(Duration::from_micros(random.u64(..longest)));
        child.kill().unwrap();
        let ended = child.wait_with_output().unwrap();
        killed += u32::from(!ended.status.success());
        // It may be killed when the record is gone already, for the answer was shown.
        let done = String::from_utf8_lossy(&ended.stdout).contains("hosted URL");
        recorded += u32::from(is_paid_at_most_once(&shop, &order, done));
        runs += 1;
    }
    assert!(
        killed > 0,
        "{runs} runs, {killed} killed, {recorded} with a record"
    );
}

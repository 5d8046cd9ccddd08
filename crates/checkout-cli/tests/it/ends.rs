//! All ends of a command whose request has left: the person is told what became of the money, and `resume` finishes it.
#![cfg(unix)]

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::noah::{Shop, hang_up_server, pay_in};
use crate::support::{Said, checkout, installed, redacted, run_with};

const SIGNALS: [&str; 4] = ["INT", "TERM", "HUP", "QUIT"];

impl Shop {
    /// Open, and with a customer.
    pub(crate) async fn busy() -> Self {
        let shop = Self::open().await;
        assert_eq!(shop.know_customer().code, Some(0));
        shop
    }

    pub(crate) fn fault(&self, rule: &str) {
        self.sandbox.faults().add(rule.parse().unwrap());
    }

    /// The ids of the sessions that were opened for an order.
    pub(crate) fn sessions(&self, external_id: &str) -> HashSet<String> {
        let deliveries = self.sandbox.noah().deliveries();
        let events = deliveries
            .iter()
            .map(|delivery| serde_json::from_slice::<Value>(&delivery.body).unwrap());
        events
            .filter(|event| event["Data"]["ExternalID"] == external_id)
            .filter_map(|event| Some(event["Data"]["CheckoutSessionID"].as_str()?.to_owned()))
            .collect()
    }

    /// Lets the customer pay every page of an order, and counts what the ledger holds of it.
    pub(crate) fn payments(&self, external_id: &str) -> usize {
        for session in self.sessions(external_id) {
            let _ = self.sandbox.noah().settle(&session);
        }
        let ledger = self.sandbox.noah().ledger();
        let of_it = |entry: &&checkout_sandbox::Entry| {
            entry
                .external_id
                .as_ref()
                .is_some_and(|id| id.as_str() == external_id)
        };
        ledger.entries.iter().filter(of_it).count()
    }

    pub(crate) fn start(&self, args: &[&str], stdout: impl Into<Stdio>) -> Child {
        heeding_signals(&checkout(args))
            .envs(self.variables())
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// What was said, without what differs between runs.
    pub(crate) fn same_in_all_runs(&self, text: &str) -> String {
        text.replace(self.directory.path().to_str().unwrap(), "[dir]")
            .lines()
            .filter(|line| !line.contains(" WARN "))
            .map(|line| match line.split_once(", made ") {
                Some((before, after)) => {
                    let rest = after.split_once(' ').map_or("", |(_, rest)| rest);
                    format!("{before}, made [time] {rest}\n")
                }
                None => format!("{line}\n"),
            })
            .collect()
    }

    pub(crate) fn wait_for_session(&self, external_id: &str) {
        wait_until(|| !self.sessions(external_id).is_empty());
    }

    fn listed(&self) -> Value {
        let said = self.say(&["unfinished", "--json"]);
        assert_eq!(said.code, Some(0), "{}", said.stderr);
        said.json()
    }

    /// The ids of what is unfinished.
    pub(crate) fn unfinished(&self) -> Vec<Value> {
        self.listed()["unfinished"].as_array().unwrap().clone()
    }
}

pub(crate) fn wait_until(done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(20), "it never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The same program, to which signals mean what they mean to one that a person starts. Who runs the tests may ignore some,
/// as a shell does for what it starts in the background, and a program inherits that.
fn heeding_signals(command: &Command) -> Command {
    let mut heeding = if cfg!(target_os = "linux") {
        let mut env = Command::new("env");
        env.arg("--default-signal=HUP,INT,QUIT,TERM")
            .arg(command.get_program());
        env
    } else {
        Command::new(command.get_program())
    };
    heeding.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => heeding.env(name, value),
            None => heeding.env_remove(name),
        };
    }
    heeding
}

pub(crate) fn signal(child: &Child, name: &str) {
    let done = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(done.unwrap().success());
}

pub(crate) fn ended(mut child: Child) -> Said {
    let mut said = [Vec::new(), Vec::new()];
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_end(&mut said[0]).unwrap();
    }
    child.stderr.as_mut().unwrap().read_to_end(&mut said[1]).unwrap();
    let [stdout, stderr] = said.map(|bytes| String::from_utf8(bytes).unwrap());
    Said {
        code: child.wait().unwrap().code(),
        stdout,
        stderr,
    }
}

fn order(id: &str) -> Vec<&str> {
    pay_in(&["--external-id", id, "--nonce", id])
}

/// One session, which `resume` shows, and shows again.
fn is_finished_once(shop: &Shop, order: &str) {
    let sessions = shop.sessions(order);
    let first = shop.say(&["resume", "--json"]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let (first, again) = (first.json(), shop.say(&["resume", "--json"]).json());
    for told in [&first, &again] {
        assert_eq!(told["external_id"], order);
        assert!(told["hosted_url"].as_str().unwrap().starts_with("http"), "{told}");
        assert!(sessions.is_empty() || sessions.contains(told["session_id"].as_str().unwrap()));
    }
    assert_eq!(first["session_id"], again["session_id"]);
    assert_eq!((shop.sessions(order).len(), shop.payments(order)), (1, 1));
    assert!(shop.unfinished().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_written_is_shown_by_resume() {
    let shop = Shop::busy().await;
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let said = ended(shop.start(&order("full"), full));
    assert_eq!(said.code, Some(7));
    redacted().bind(|| insta::assert_snapshot!("full", shop.same_in_all_runs(&said.stderr)));
    let listed = shop.say(&["unfinished"]);
    redacted().bind(|| insta::assert_snapshot!("full_listed", shop.same_in_all_runs(&listed.stdout)));
    // What finishes it may end so, too.
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(ended(shop.start(&["resume"], full)).code, Some(7));
    is_finished_once(&shop, "full");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    assert_eq!(
        ended(shop.start(&["resume"], full)).code,
        Some(7),
        "and what says it again"
    );

    // The same for a program, which has it all on stderr.
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let args = [&order("full-json")[..], &["--json"]].concat();
    let said = ended(shop.start(&args, full));
    assert_eq!(said.code, Some(7));
    let told: Value = serde_json::from_str(&said.stderr).unwrap();
    assert_eq!(
        (&told["exit"], &told["outcome"], &told["money_may_have_moved"]),
        (&7.into(), &"unknown".into(), &true.into())
    );
    assert_eq!(
        (&told["idempotency_key"], &told["external_id"]),
        (&"full-json".into(), &"full-json".into())
    );
    let words = told["finish"].as_str().unwrap();
    let resumed = shop.say(&[&words.split(' ').skip(1).collect::<Vec<_>>()[..], &["--json"]].concat());
    assert_eq!(
        resumed.json()["session_id"].as_str(),
        shop.sessions("full-json").iter().next().map(String::as_str)
    );
}

/// Nor does a log that cannot be written end anything.
/// Nothing would be sent again to learn it: the answer is there.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_what_has_no_key_is_kept_too() {
    let shop = Shop::busy().await;
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let said = ended(shop.start(&["noah", "manage", "--customer-id", "customer-1"], full));
    assert_eq!(said.code, Some(7));
    assert!(
        said.stderr.contains("the answer is kept; show it"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("--forget"), "{}", said.stderr);
    assert!(shop.say(&["resume"]).stdout.contains("hosted URL"));
}

/// A terminal that is held takes no word, so the request is written down and not sent, and a signal ends that. A script must
/// not hear that nothing happened: `resume` would send what is written down.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_down_and_not_sent_is_finished_by_resume_alone() {
    let shop = Shop::busy().await;
    let mut shell = Command::new("sh");
    shell
        // As much as a pipe holds.
        .args([
            "-c",
            "head -c 65536 /dev/zero >&2; exec \"$@\"",
            "sh",
            env!("CARGO_BIN_EXE_checkout"),
        ])
        .args(order("held-stderr"))
        .envs(shop.variables());
    let mut child = heeding_signals(&shell)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until(|| !shop.unfinished().is_empty());
    signal(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert!(shop.sessions("held-stderr").is_empty(), "it was not sent");
    is_finished_once(&shop, "held-stderr");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stderr_does_not_take_changes_nothing() {
    let shop = Shop::busy().await;
    let run = |args: &[&str], variables: Vec<(&'static str, String)>| {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = checkout(args).envs(variables).stderr(full).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let loud = [&order("loud")[..], &["-vv"]].concat();
    let (code, stdout) = run(&loud, shop.variables());
    assert_eq!(code, Some(0));
    assert!(stdout.contains("hosted URL"), "{stdout}");
    let cut = shop.variables_with("NOAH_BASE_URL", &hang_up_server());
    let (code, stdout) = run(&[&order("cut")[..], &["--json"]].concat(), cut);
    assert_eq!(code, Some(7));
    assert!(stdout.contains("\"outcome\":\"unknown\""), "{stdout}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_leaves_finds_the_answer_later() {
    let shop = Shop::busy().await;
    shop.fault("createFiatPayin delay=300ms count=1");
    let mut child = shop.start(&order("gone"), Stdio::piped());
    drop(child.stdout.take());
    let said = ended(child);
    assert_eq!(said.code, Some(7));
    assert!(said.stderr.contains("why:   Broken pipe"), "{}", said.stderr);
    is_finished_once(&shop, "gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_streams_are_no_place_for_an_answer() {
    let shop = Shop::busy().await;
    for (closed, order_id) in [(">&-", "closed"), (">&- 2>&-", "all-closed")] {
        let mut shell = Command::new("sh");
        shell
            .args([
                "-c",
                &format!("exec \"$@\" {closed}"),
                "sh",
                env!("CARGO_BIN_EXE_checkout"),
            ])
            .args(order(order_id))
            .envs(shop.variables())
            .stderr(Stdio::piped());
        kept_though_perhaps_not_seen(&shop, order_id, &ended(shell.spawn().unwrap()));
    }
    // Python and Node open it so for who wants no output, and a program cannot tell that from a stdout that is closed.
    let null = |read| {
        OpenOptions::new()
            .read(read)
            .write(true)
            .open("/dev/null")
            .unwrap()
    };
    kept_though_perhaps_not_seen(&shop, "null", &ended(shop.start(&order("null"), null(true))));
    // To write alone, it is meant.
    let said = ended(shop.start(&order("nobody"), null(false)));
    assert_eq!(said.code, Some(0));
    assert!(!said.stderr.contains("is kept"), "{}", said.stderr);
    assert!(shop.listed()["finished"].as_array().unwrap().is_empty());
}

/// It ended well, and what it said is shown again.
fn kept_though_perhaps_not_seen(shop: &Shop, order: &str, said: &Said) {
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let id = id_of_answer(shop);
    // A closed stderr says nothing.
    assert!(
        said.stderr.is_empty()
            || said
                .stderr
                .contains(&format!("the answer is kept for a day: checkout resume {id}")),
        "{}",
        said.stderr
    );
    is_finished_once(shop, order);
    shop.say(&["unfinished", "--forget", &id]);
}

fn id_of_answer(shop: &Shop) -> String {
    shop.listed()["finished"][0].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_does_not_end_it_without_a_word() {
    let shop = Shop::busy().await;
    for name in SIGNALS {
        shop.fault("createFiatPayin delay=30s count=1");
        let child = shop.start(&order(name), Stdio::piped());
        shop.wait_for_session(name);
        let began = Instant::now();
        signal(&child, name);
        let said = ended(child);
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "it does not wait for the answer"
        );
        assert_eq!((said.code, said.stdout.as_str()), (Some(7), ""));
        if name == "INT" {
            redacted().bind(|| insta::assert_snapshot!("interrupted", shop.same_in_all_runs(&said.stderr)));
        }
        assert!(said.stderr.contains(&format!("SIG{name}")), "{}", said.stderr);
        is_finished_once(&shop, name);
        shop.say(&["unfinished", "--forget", &id_of_answer(&shop)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_told_of_a_signal_too() {
    let shop = Shop::busy().await;
    shop.fault("createFiatPayin delay=30s count=1");
    let child = shop.start(&[&order("json")[..], &["--json"]].concat(), Stdio::piped());
    shop.wait_for_session("json");
    signal(&child, "TERM");
    let said = ended(child);
    assert_eq!(said.code, Some(7));
    let told = said.json();
    assert_eq!(
        (&told["ok"], &told["outcome"], &told["external_id"]),
        (&false.into(), &"unknown".into(), &"json".into())
    );
    assert!(told["finish"].as_str().unwrap().starts_with("checkout resume "));
}

/// Nobody takes what it writes, and it would hang.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let shop = Shop::busy().await;
    let mut shell = Command::new("sh");
    shell
        // As much as a pipe holds.
        .args([
            "-c",
            "head -c 65536 /dev/zero; exec \"$@\"",
            "sh",
            env!("CARGO_BIN_EXE_checkout"),
        ])
        .args(order("held"))
        .envs(shop.variables());
    let mut child = heeding_signals(&shell)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = child.stdout.take();
    shop.wait_for_session("held");
    // Until it has its answer, and writes.
    std::thread::sleep(Duration::from_secs(1));
    assert!(child.try_wait().unwrap().is_none(), "it waits for its reader");
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(200));
    let began = Instant::now();
    signal(&child, "INT");
    let said = ended(child);
    assert!(
        began.elapsed() < Duration::from_millis(1500),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(said.code, Some(7), "{}", said.stderr);
    assert!(
        said.stderr.contains(
            "SIGINT ended the command
money: money may have moved"
        ),
        "{}",
        said.stderr
    );
    drop(stdout);
    is_finished_once(&shop, "held");
}

/// As `nohup` starts it: the terminal may go.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_to_ignore_a_signal_goes_on() {
    let shop = Shop::busy().await;
    shop.fault("createFiatPayin delay=500ms count=1");
    let mut shell = Command::new("sh");
    shell
        .args([
            "-c",
            "trap '' HUP; exec \"$@\"",
            "sh",
            env!("CARGO_BIN_EXE_checkout"),
        ])
        .args(order("nohup"))
        .envs(shop.variables())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = shell.spawn().unwrap();
    shop.wait_for_session("nohup");
    signal(&child, "HUP");
    let said = ended(child);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stdout.contains("hosted URL"));
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_that_closes_loses_nothing() {
    if !installed("script") {
        return;
    }
    let shop = Shop::busy().await;
    shop.fault("createFiatPayin delay=30s count=1");
    let words: Vec<String> = [env!("CARGO_BIN_EXE_checkout")]
        .into_iter()
        .chain(order("terminal"))
        .map(|word| format!("'{word}'"))
        .collect();
    let mut terminal = Command::new("script")
        .args(["-qefc", &words.join(" "), "/dev/null"])
        .envs(shop.variables())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    shop.wait_for_session("terminal");
    terminal.kill().unwrap();
    terminal.wait().unwrap();
    // Whoever was on it has gone.
    wait_until(|| {
        shop.unfinished()
            .iter()
            .all(|record| record["under_way"] == false)
    });
    is_finished_once(&shop, "terminal");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_down_is_not_sent() {
    let shop = Shop::busy().await;
    let taken = shop.path("taken");
    std::fs::write(&taken, "").unwrap();
    for home in [taken.as_str(), "/dev/null", "/proc"] {
        let variables = shop.variables_with("XDG_STATE_HOME", home);
        let said = run_with(&order("nowhere"), &variables, b"");
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (Some(3), ""),
            "{}",
            said.stderr
        );
        for flag in ["--prepared", "--no-state", "nothing was sent"] {
            assert!(said.stderr.contains(flag), "{}", said.stderr);
        }
        if home == taken {
            let told = said
                .stderr
                .replace(shop.directory.path().to_str().unwrap(), "[dir]");
            redacted().bind(|| insta::assert_snapshot!("unwritable", told));
        }
        // A look needs no record, and a read neither.
        let args = [&order("nowhere")[..], &["--dry-run"]].concat();
        assert_eq!(run_with(&args, &variables, b"").code, Some(0));
        assert!(shop.sessions("nowhere").is_empty());
        let args = [&order(home)[..], &["--no-state"]].concat();
        assert_eq!(run_with(&args, &variables, b"").code, Some(0));
        assert_eq!(shop.sessions(home).len(), 1);
    }
    // By the rules of XDG a relative path is none.
    let variables = shop.variables_with("XDG_STATE_HOME", "relative");
    let mut child = checkout(&order("home"));
    let said = child
        .envs(variables)
        .env("HOME", shop.path("home"))
        .output()
        .unwrap();
    assert_eq!(said.status.code(), Some(0));
    let made = shop
        .directory
        .path()
        .join("home/.local/state/hosted-checkout/calls");
    assert_eq!(
        std::fs::read_dir(made).unwrap().count(),
        0,
        "there, and empty again"
    );
}

/// A shell line that leaves no room for a file, and goes on as the command.
const FULL: [(&str, &[&str]); 3] = [
    // No file may have a byte.
    ("sh", &["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"]),
    // The disk of the records has room for a directory and its names, and for no byte more.
    (
        "unshare",
        &[
            "-rm",
            "sh",
            "-c",
            "mount -t tmpfs -o size=4k none \"$XDG_STATE_HOME\" || exit 99
             cat /dev/zero > \"$XDG_STATE_HOME/full\" 2> /dev/null; exec \"$@\"",
            "sh",
        ],
    ),
    // Nor for a name.
    (
        "unshare",
        &[
            "-rm",
            "sh",
            "-c",
            "mount -t tmpfs -o nr_inodes=1 none \"$XDG_STATE_HOME\" || exit 99; exec \"$@\"",
            "sh",
        ],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_while_the_disk_is_full() {
    let shop = Shop::busy().await;
    let home = shop.path("full");
    std::fs::create_dir(&home).unwrap();
    for (index, (program, line)) in FULL.into_iter().enumerate() {
        if !installed(program) {
            continue;
        }
        let order_id = format!("full-{index}");
        let mut command = Command::new(program);
        command
            .args(line)
            .arg(env!("CARGO_BIN_EXE_checkout"))
            .args(order(&order_id))
            .envs(shop.variables_with("XDG_STATE_HOME", &home))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let said = ended(command.spawn().unwrap());
        if program == "unshare" && matches!(said.code, Some(1 | 99)) {
            eprintln!("skipped: no file system may be mounted here: {}", said.stderr);
            continue;
        }
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (Some(3), ""),
            "{}",
            said.stderr
        );
        for word in ["--prepared", "--no-state", "nothing was sent"] {
            assert!(said.stderr.contains(word), "{}", said.stderr);
        }
        assert!(shop.sessions(&order_id).is_empty());
    }
    // Nothing is left that could be sent.
    let left: Vec<_> = std::fs::read_dir(PathBuf::from(&home).join("hosted-checkout/calls"))
        .unwrap()
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_record_the_way_on_is_told() {
    let shop = Shop::busy().await;
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let args = [&order("no-state")[..], &["--no-state"]].concat();
    let said = ended(shop.start(&args, full()));
    assert_eq!(said.code, Some(7));
    redacted().bind(|| insta::assert_snapshot!("no_state", shop.same_in_all_runs(&said.stderr)));
    let stored = shop.path("an order's.json");
    let args = [&order("stored")[..], &["--prepared", &stored]].concat();
    let said = ended(shop.start(&args, full()));
    assert_eq!(said.code, Some(7));
    let told = said
        .stderr
        .replace(shop.directory.path().to_str().unwrap(), "[dir]");
    redacted().bind(|| insta::assert_snapshot!("stored", told));
    assert!(shop.unfinished().is_empty(), "neither has a record");
    // What sends it again may end so, too.
    let said = ended(shop.start(&["noah", "send", &stored], full()));
    assert_eq!(said.code, Some(7), "{}", said.stderr);
    assert_eq!(shop.say(&["noah", "send", &stored]).code, Some(0));
    assert_eq!(shop.sessions("stored").len(), 1);
}

/// Ends of which all is known leave nothing, and an unknown one is named.
#[tokio::test(flavor = "multi_thread")]
async fn each_outcome_leaves_a_record_or_none() {
    let shop = Shop::open().await;
    let said = shop.say(&order("refused"));
    assert_eq!(said.code, Some(6), "{}", said.stderr);
    let nobody = shop.variables_with("NOAH_BASE_URL", "http://127.0.0.1:9/v1");
    assert_eq!(run_with(&order("nobody"), &nobody, b"").code, Some(5));
    assert!(shop.unfinished().is_empty());
    let cut = shop.variables_with("NOAH_BASE_URL", &hang_up_server());
    let said = run_with(&order("cut"), &cut, b"");
    assert_eq!(said.code, Some(7));
    let unfinished = shop.unfinished();
    assert_eq!(
        (unfinished.len(), &unfinished[0]["external_id"]),
        (1, &"cut".into())
    );
    redacted().bind(|| insta::assert_snapshot!("cut", shop.same_in_all_runs(&said.stderr)));
    assert_eq!(
        unfinished[0]["finish"],
        format!("checkout resume {}", unfinished[0]["id"].as_str().unwrap())
    );
    let args = [&order("hosts")[..], &["--own-host", "proxy.example"]].concat();
    assert!(
        run_with(&args, &cut, b"")
            .stderr
            .contains(" --own-host proxy.example\n")
    );
    let last = shop.unfinished().pop().unwrap();
    assert!(
        last["finish"]
            .as_str()
            .unwrap()
            .ends_with(" --own-host proxy.example"),
        "{last}"
    );
    let id = last["id"].as_str().unwrap();
    assert_eq!(shop.say(&["unfinished", "--forget", id]).code, Some(0));
    // Money that may have moved matters more than where it is asked for now.
    let said = shop.say(&["resume"]);
    assert_eq!(said.code, Some(7));
    redacted().bind(|| insta::assert_snapshot!("elsewhere", shop.same_in_all_runs(&said.stderr)));
    let keyless = shop.variables_with("NOAH_API_KEY", "");
    let said = run_with(&["resume"], &keyless, b"");
    assert_eq!(said.code, Some(7));
    assert!(
        said.stderr.contains("NOAH_API_KEY: is not set"),
        "{}",
        said.stderr
    );
}

const PANICS: &str = "CHECKOUT_TEST_PANICS";
const LINGERS: &str = "CHECKOUT_TEST_LINGERS";

struct Panicking;

impl std::io::Write for Panicking {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        panic!("a mistake")
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn ordering(id: &str) -> checkout_cli::Cli {
    let words = [&["checkout"][..], &order(id)].concat();
    <checkout_cli::Cli as clap::Parser>::parse_from(words)
}

/// One of these tests, as a program of its own.
fn as_program(shop: &Shop, test: &str, variable: &str) -> Command {
    let mut program = Command::new(std::env::current_exe().unwrap());
    program
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .envs(shop.variables())
        .env(variable, "1")
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    program
}

/// Not a test by itself: the program of the next one, which panics as soon as it shows anything.
#[test]
fn a_program_that_panics() {
    if std::env::var_os(PANICS).is_none() {
        return;
    }
    let cli = ordering("panic");
    // In a thread that is called as the program's own is: the test harness has none of it.
    let code = checkout_cli::run(
        cli,
        checkout_cli::Output::to(Panicking, checkout_cli::Format::Human),
    );
    panic!("it should have ended: {code:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_tells_what_became_of_the_money() {
    let shop = Shop::busy().await;
    let mut program = as_program(&shop, "ends::a_program_that_panics", PANICS);
    let said = ended(program.spawn().unwrap());
    assert_eq!(said.code, Some(7), "{}{}", said.stdout, said.stderr);
    for told in [
        "a mistake\n",
        "(a panic, see above)",
        "money: money may have moved",
        "send the same request again, and no other",
        "checkout resume ",
        "ExternalID  panic",
    ] {
        assert!(said.stderr.contains(told), "{told}: {}", said.stderr);
    }
    is_finished_once(&shop, "panic");
}

/// Not a test by itself: the program of the next one, which has shown its answer and takes its time to end.
#[test]
fn a_program_that_lingers() {
    if std::env::var_os(LINGERS).is_none() {
        return;
    }
    let output = checkout_cli::Output::stdout(checkout_cli::Format::Human);
    let _ = checkout_cli::run(ordering("shown"), output);
    println!("shown");
    std::thread::sleep(Duration::from_secs(30));
}

/// Who is told of money then looks for a record that is gone, or pays again.
#[tokio::test(flavor = "multi_thread")]
async fn a_signal_after_the_answer_is_shown_tells_of_no_money() {
    let shop = Shop::busy().await;
    let program = as_program(&shop, "ends::a_program_that_lingers", LINGERS);
    let mut child = heeding_signals(&program)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stdout.take().unwrap());
    let shown: Vec<String> = said
        .lines()
        .map(Result::unwrap)
        .take_while(|line| line != "shown")
        .collect();
    assert!(shown.iter().any(|line| line.contains("hosted URL")), "{shown:?}");
    signal(&child, "TERM");
    let said = ended(child);
    assert_eq!(said.code, Some(128 + 15), "{}", said.stderr);
    assert!(!said.stderr.contains("money"), "{}", said.stderr);
}

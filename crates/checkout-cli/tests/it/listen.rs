//! `checkout listen` and `checkout replay`.

use std::path::Path;

use serde_json::Value;

use crate::support::{Running, run, run_with};

struct Keys {
    directory: tempfile::TempDir,
}

impl Keys {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let keys = Self { directory };
        assert_eq!(run(&["keygen", "--out", &keys.path("key.pem")]).0, Some(0));
        keys
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    /// A listener that knows the key, and where it listens.
    fn listen(&self, more: &[&str]) -> (Running, String) {
        let public = self.path("key.pub.pem");
        let args = [&["listen", "--json", "--key", &public], more].concat();
        let mut running = Running::start(&args, &worldline_key());
        let url = running.json()["url"].as_str().unwrap().to_owned();
        (running, url)
    }

    fn trigger(&self, event: &str, to: &str, more: &[&str]) -> Option<i32> {
        let key = self.path("key.pem");
        let args = [&["trigger", event, "--to", to, "--key", &key], more].concat();
        run_with(&args, &worldline_key(), b"").code
    }
}

fn worldline_key() -> [(&'static str, String); 2] {
    [
        ("WORLDLINE_CONNECT_WEBHOOK_KEY_ID", "key-1".to_owned()),
        ("WORLDLINE_CONNECT_WEBHOOK_SECRET", "canary".to_owned()),
    ]
}

async fn get(url: &str, verification: Option<&str>) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.get(url);
    if let Some(text) = verification {
        request = request.header("X-GCS-Webhooks-Endpoint-Verification", text);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[test]
fn genuine_webhooks_of_both_apis_are_told_from_forged_ones() {
    let keys = Keys::new();
    let (mut listener, url) = keys.listen(&["--count", "4"]);
    assert_eq!(
        keys.trigger(
            "Transaction",
            &url,
            &["--status", "Failed", "--external-id", "order-9"]
        ),
        Some(0)
    );
    assert_eq!(keys.trigger("payment.paid", &url, &[]), Some(0));
    // By a key that the listener does not know.
    let (code, _, stderr) = run(&["trigger", "Customer", "--to", &url]);
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("it answered 401") && stderr.contains("--key"),
        "{stderr}"
    );
    assert_eq!(keys.trigger("FiatDeposit", &url, &[]), Some(0));

    let seen: Vec<Value> = (0..4).map(|_| listener.json()).collect();
    assert_eq!(listener.ended(), (Some(0), String::new()), "it ends after four");
    let facts: Vec<_> = seen
        .iter()
        .map(|seen| {
            (
                seen["answered"].as_u64().unwrap(),
                seen["event_type"].as_str(),
                seen["status"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        facts,
        [
            (204, Some("Transaction"), Some("Failed")),
            (204, Some("payment.paid"), None),
            (401, None, None),
            (204, Some("FiatDeposit"), Some("Settled")),
        ]
    );
    assert_eq!(seen[0]["external_id"], "order-9");
}

#[tokio::test]
async fn worldlines_check_of_the_endpoint_is_answered() {
    let keys = Keys::new();
    let (_listener, url) = keys.listen(&[]);
    assert_eq!(get(&url, Some("echo-7")).await, (200, "echo-7".to_owned()));
    assert_eq!(get(&url, None).await, (405, String::new()));
}

#[test]
fn webhooks_are_handed_on_byte_for_byte() {
    let keys = Keys::new();
    // The second verifies too, so that a changed byte or a lost header would show.
    let (mut second, target) = keys.listen(&[]);
    let (mut first, url) = keys.listen(&["--forward", &target]);
    assert_eq!(keys.trigger("CheckoutSession", &url, &[]), Some(0));
    let (at_first, at_second) = (first.json(), second.json());
    assert_eq!(at_first["identity"], at_second["identity"]);
    assert_eq!(at_first["answered"], 204);
    // What the target answers is answered.
    second.kill();
    assert_eq!(keys.trigger("CheckoutSession", &url, &[]), Some(1));
    assert_eq!(first.json()["answered"], 502);
}

#[test]
fn a_recorded_webhook_is_replayed_as_it_came() {
    let keys = Keys::new();
    let log = keys.path("log");
    let (mut recording, url) = keys.listen(&["--record", &log, "--count", "3"]);
    for event in ["Transaction", "payment.paid", "FiatDeposit"] {
        assert_eq!(keys.trigger(event, &url, &[]), Some(0));
    }
    let recorded: Vec<Value> = (0..3).map(|_| recording.json()).collect();
    assert_eq!(recorded[2]["number"], 3);
    assert_eq!(recording.ended().0, Some(0));
    let (code, stdout, _) = run(&["replay", &log, "--check"]);
    assert_eq!(code, Some(0));
    assert!(stdout.starts_with("3 webhooks; the chain holds\n"), "{stdout}");

    let (mut receiver, url) = keys.listen(&[]);
    let (code, stdout, stderr) = run(&["replay", &log, "--to", &url]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(
        stdout.ends_with("3 sent, 0 not answered with a success\n"),
        "{stdout}"
    );
    for recorded in &recorded {
        assert_eq!(receiver.json()["identity"], recorded["identity"]);
    }

    let numbers = |args: &[&str]| -> Vec<u64> {
        let args = [&["replay", &log, "--to", &url, "--json"], args].concat();
        let (_, stdout, _) = run(&args);
        let lines = stdout
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter_map(|line| line["number"].as_u64()).collect()
    };
    assert_eq!(numbers(&["--only", "Transaction,FiatDeposit"]), [1, 3]);
    assert_eq!(
        numbers(&["--from", "2", "--through", "2", "--duplicates", "1"]),
        [2, 2]
    );
    let shuffled = ["--shuffle", "--duplicates", "4", "--seed", "7"];
    assert_eq!(numbers(&shuffled), numbers(&shuffled));
    assert_ne!(
        numbers(&shuffled),
        numbers(&["--shuffle", "--duplicates", "4", "--seed", "8"])
    );
    assert_eq!(
        run(&["replay", &log, "--to", &url, "--only", "Nothing"]).0,
        Some(1)
    );
}

#[test]
fn an_acknowledged_webhook_survives_a_kill_and_the_log_goes_on() {
    let keys = Keys::new();
    let log = keys.path("log");
    let (listener, url) = keys.listen(&["--record", &log]);
    assert_eq!(keys.trigger("Transaction", &url, &[]), Some(0));
    listener.kill();
    // What a crash in the middle of a write leaves behind.
    let whole = std::fs::read(&log).unwrap();
    append(Path::new(&log), b"{\"number\":2,\"rece");
    let (mut listener, url) = keys.listen(&["--record", &log, "--count", "1"]);
    assert_eq!(keys.trigger("FiatDeposit", &url, &[]), Some(0));
    assert_eq!(listener.json()["number"], 2);
    drop(listener);
    assert!(std::fs::read(&log).unwrap().starts_with(&whole));
    let checked = run_with(&["replay", &log, "--check", "--json"], &[], b"").json();
    assert_eq!(
        (&checked["webhooks"], &checked["torn_bytes"]),
        (&2.into(), &0.into())
    );

    // A log that was changed is neither gone on with nor replayed.
    let text = std::fs::read_to_string(&log)
        .unwrap()
        .replacen("Transaction", "Trunsaction", 1);
    std::fs::write(&log, text).unwrap();
    for args in [
        &["replay", &log, "--check"][..],
        &["listen", "--environment", "sandbox", "--record", &log],
    ] {
        let (code, _, stderr) = run(args);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(
            stderr.contains("line 2: it does not hold the hash of the line before it"),
            "{stderr}"
        );
    }
}

#[test]
fn a_program_is_told_that_the_chain_is_broken() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    std::fs::write(&log, "{}\n").unwrap();
    let said = run_with(&["replay", log.to_str().unwrap(), "--check", "--json"], &[], b"");
    assert_eq!(said.code, Some(1));
    let json = said.json();
    assert_eq!(json["ok"], false);
    assert!(json["problems"][0].as_str().unwrap().contains("line 1"), "{json}");
}

fn append(path: &Path, bytes: &[u8]) {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn without_a_key_nothing_is_listened_for() {
    let (code, stdout, stderr) = run(&["listen"]);
    assert_eq!((code, stdout.as_str()), (Some(3), ""));
    assert!(stderr.contains("NOAH_ENVIRONMENT"), "{stderr}");
}

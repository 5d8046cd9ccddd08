//! `checkout sandbox`.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Child;

use checkout_core::key::{SigningKey, VerifyingKey};
use hosted_checkout::worldline::{Connect, WebhookKey};
use serde_json::Value;

use crate::support::{checkout, run};

/// A running sandbox; killed if a test ends before it does.
pub(crate) struct Running {
    pub(crate) child: Child,
    stdout: BufReader<std::process::ChildStdout>,
}

impl Running {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = checkout(args).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line
    }

    /// Asks it to end, as a supervisor does; gives the exit code and what else it said on stdout and stderr.
    fn terminate(mut self) -> (Option<i32>, String, String) {
        let id = self.child.id().to_string();
        assert!(
            std::process::Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        (self.child.wait().unwrap().code(), stdout, stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn one_line_says_it_all_until_sigterm() {
    use std::os::unix::fs::PermissionsExt;

    let mut running = Running::start(&["sandbox", "--json"]);
    let ready: Value = serde_json::from_str(&running.line()).unwrap();
    let variable = |name: &str| ready["environment"][name].as_str().map(str::to_owned);

    for url in [&ready["noah"]["base_url"], &ready["worldline"]["endpoint"]] {
        assert!(!url.as_str().unwrap().ends_with('/'), "{url}");
    }
    assert_ne!(ready["noah"]["api_key"], ready["noah"]["unsigned_api_key"]);
    let pem = ready["noah"]["webhook_public_key"].as_str().unwrap();
    let same = VerifyingKey::from_pem(&variable("NOAH_WEBHOOK_KEY").unwrap()).unwrap();
    assert_eq!(VerifyingKey::from_pem(pem).unwrap(), same);

    let key = PathBuf::from(ready["noah"]["signing_key_path"].as_str().unwrap());
    SigningKey::from_file(&key).unwrap();
    assert!(key.starts_with(std::env::temp_dir()));
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&key), mode(key.parent().unwrap())), (0o600, 0o700));

    let connect = Connect::from_lookup(variable).unwrap();
    connect.server().test_connection().await.unwrap();

    let (code, stdout, stderr) = running.terminate();
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "", ""));
    assert!(!key.parent().unwrap().exists(), "the key ends with the sandbox");
}

#[cfg(unix)]
#[tokio::test]
async fn a_person_gets_lines_to_paste() {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("it's here");
    let mut running = Running::start(&["sandbox", "--keys", keys.to_str().unwrap()]);
    let mut text = String::new();
    while !text.contains("Ctrl-C") {
        let line = running.line();
        assert_ne!(line, "", "ended early: {text}");
        text.push_str(&line);
    }
    // A shell, not a parser of ours, reads what is to be pasted.
    let exports: String = text
        .lines()
        .filter(|line| line.starts_with("export "))
        .map(|line| format!("{line}\n"))
        .collect();
    let shell = std::process::Command::new("sh")
        .arg("-c")
        .arg(format!("{exports} cat \"$NOAH_SIGNING_KEY\""))
        .output()
        .unwrap();
    let pem = String::from_utf8(shell.stdout).unwrap();
    SigningKey::from_pem(&pem).unwrap();
    assert!(!text.contains("PRIVATE KEY"));

    assert_eq!(running.terminate().0, Some(0));
    assert!(
        keys.join("noah-signing-key.pem").exists(),
        "what was asked for by --keys stays"
    );
}

#[test]
fn ports_are_those_asked_for() {
    let free = || {
        TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
            .to_string()
    };
    let (noah, worldline) = (free(), free());
    let mut running = Running::start(&["--json", "sandbox", "--noah", &noah, "--worldline", &worldline]);
    let ready: Value = serde_json::from_str(&running.line()).unwrap();
    assert_eq!(ready["noah"]["base_url"], format!("http://127.0.0.1:{noah}/v1"));
    assert_eq!(
        ready["worldline"]["endpoint"],
        format!("http://127.0.0.1:{worldline}")
    );
}

#[test]
fn events_are_those_asked_for() {
    let args = [
        "sandbox",
        "--json",
        "--noah-webhook",
        "http://127.0.0.1:9/hooks",
        "--events",
        "Transaction,FiatDeposit",
    ];
    let mut running = Running::start(&args);
    let ready: Value = serde_json::from_str(&running.line()).unwrap();
    assert_eq!(ready["noah"]["webhook_url"], "http://127.0.0.1:9/hooks");
    let mut events: Vec<&str> = ready["noah"]["event_types"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    events.sort_unstable();
    assert_eq!(events, ["FiatDeposit", "Transaction"]);
}

#[test]
fn webhooks_are_sent_as_asked_for() {
    let args = [
        "sandbox",
        "--json",
        "--worldline-webhook",
        "http://127.0.0.1:9/hooks",
        "--webhook-retries",
        "2s,1m",
        "--webhook-switches",
        "duplicates=2,reorder",
    ];
    let mut running = Running::start(&args);
    let ready: Value = serde_json::from_str(&running.line()).unwrap();
    let worldline = &ready["worldline"];
    assert_eq!(worldline["webhook_url"], "http://127.0.0.1:9/hooks");
    WebhookKey::new(
        worldline["webhook_key_id"].as_str().unwrap(),
        worldline["webhook_secret"].as_str().unwrap(),
    )
    .unwrap();
    assert_eq!(ready["webhooks"]["schedule"], "2s, 1m");
    assert_eq!(ready["webhooks"]["switches"]["duplicates"], 2);
    assert_eq!(ready["webhooks"]["switches"]["reorder"], true);

    let mut running = Running::start(&["sandbox", "--json"]);
    let ready: Value = serde_json::from_str(&running.line()).unwrap();
    assert_eq!(ready["webhooks"]["schedule"], "1s, 5s, 30s, 2m");
}

#[test]
fn a_switch_or_a_wait_that_is_none_ends_with_2() {
    for args in [
        ["sandbox", "--webhook-switches", "reorder,shuffle"],
        ["sandbox", "--webhook-retries", "1s,2 weeks"],
    ] {
        let (code, stdout, stderr) = run(&args);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{stderr}");
        insta::assert_snapshot!(args[1], stderr);
    }
}

#[test]
fn a_taken_port_ends_with_3() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, stdout, stderr) = run(&["sandbox", "--noah", &port]);
    assert_eq!((code, stdout.as_str()), (Some(3), ""));
    assert!(
        stderr.starts_with(&format!(
            "error: NOAH cannot listen on 127.0.0.1:{port}\nwhy:   Address"
        )) && stderr.contains("next:  choose another port, or 0 for any free one"),
        "{stderr}"
    );
}

#[test]
fn a_directory_that_cannot_be_written_ends_with_3() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let inside = file.path().join("keys");
    let (code, stdout, stderr) = run(&["sandbox", "--keys", inside.to_str().unwrap()]);
    assert_eq!((code, stdout.as_str()), (Some(3), ""));
    assert!(
        stderr.contains("choose a directory that you may write to"),
        "{stderr}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_shell_reads_the_variables_from_a_file_of_its_owner() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shop.env");
    let args = [
        "sandbox",
        "--json",
        "--env",
        file.to_str().unwrap(),
        "--fault",
        "testConnection 503 count=1",
    ];
    let mut running = Running::start(&args);
    let ready: Value = serde_json::from_str(&running.line()).unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let script = format!(
        ". {} && echo \"$NOAH_API_KEY $WORLDLINE_CONNECT_INTEGRATOR\"",
        file.display()
    );
    let shell = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(shell.stdout).unwrap(),
        format!("{} Sandbox shop\n", ready["noah"]["api_key"].as_str().unwrap())
    );

    // The rule of the command line is in force, once; our client tries again.
    let variable = |name: &str| ready["environment"][name].as_str().map(str::to_owned);
    let connect = Connect::from_lookup(variable).unwrap();
    let tested = connect.server().test_connection().await.unwrap();
    assert_eq!(tested.receipt().attempts.len(), 2);
}

#[test]
fn rules_that_are_none_end_with_2_and_a_file_that_is_not_there_with_3() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("faults.toml");
    std::fs::write(&file, "rules = [\"everything breaks\"]").unwrap();
    for (expected, args) in [
        (2, ["sandbox", "--fault", "everything breaks"]),
        (2, ["sandbox", "--faults-file", file.to_str().unwrap()]),
        (3, ["sandbox", "--faults-file", "/nowhere/faults.toml"]),
    ] {
        let (code, stdout, stderr) = run(&args);
        assert_eq!(
            (code, stdout.as_str()),
            (Some(expected), ""),
            "{args:?}: {stderr}"
        );
    }
}

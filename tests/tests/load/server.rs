//! The server's process, what it is asked, and who asks.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use checkout_core::{Idempotency, Operation};
use tempfile::TempDir;

pub(super) static PAY: Operation = Operation::new(
    "pay",
    "POST",
    "/pay/{how}",
    "test",
    Idempotency::BodyField("Nonce"),
    true,
);
pub(super) static NOTE: Operation =
    Operation::new("note", "POST", "/note/{how}", "test", Idempotency::None, false);

pub(super) fn request(operation: &Operation, base: &str, how: &str, body: String) -> reqwest::Request {
    let url = format!("{base}{}", operation.path.replace("{how}", how));
    let mut request = reqwest::Request::new(http::Method::POST, url.parse().unwrap());
    *request.body_mut() = Some(body.into());
    request
}

pub(super) fn payment(number: usize) -> String {
    format!(
        r#"{{"Nonce":"n-{number}","Amount":"{number}.{:02}"}}"#,
        number % 100
    )
}

pub(super) fn note(number: usize) -> String {
    format!(r#"{{"Note":"{number}"}}"#)
}

/// The server's process, which may be replaced by another on the same port.
pub(super) struct Server {
    child: Child,
    port: u16,
    log: PathBuf,
    _directory: TempDir,
}

impl Server {
    pub(super) fn start(held: usize, delay: Duration) -> Self {
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

    pub(super) fn base(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(super) fn restart(&mut self, delay: Duration) {
        self.child = spawn(self.port, &self.log, 1, delay).expect("the port is free again");
    }

    /// How often each body arrived whole.
    pub(super) fn arrived(&self) -> HashMap<String, usize> {
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

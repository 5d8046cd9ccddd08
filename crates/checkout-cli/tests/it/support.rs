//! Running the commands and reading what they say.

use std::io::{self, Write};
use std::process::{Command, Output as Finished, Stdio};
use std::sync::{Arc, Mutex};

/// A writer whose text can be read while and after it is written.
#[derive(Clone, Default)]
pub(crate) struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a program that is not ours is there to compare with. Where it must be, as in CI, its absence is a failure.
pub(crate) fn installed(tool: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|directory| directory.join(tool).is_file()));
    assert!(
        found || std::env::var("CI").as_deref() != Ok("1"),
        "{tool} is not installed"
    );
    if !found {
        eprintln!("skipped: {tool} is not installed");
    }
    found
}

/// What a run said and how it ended.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// The one JSON value of a run with `--json`.
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.stdout.lines().count(), 1, "{}{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// A block as one line: where a terminal breaks it is not the point of most tests.
pub(crate) fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A run with variables, and what it reads on stdin.
pub(crate) fn run_with(args: &[&str], variables: &[(&str, String)], stdin: &[u8]) -> Said {
    let mut child = checkout(args)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read it may have ended already.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let finished = child.wait_with_output().unwrap();
    Said {
        code: finished.status.code(),
        stdout: String::from_utf8(finished.stdout).unwrap(),
        stderr: String::from_utf8(finished.stderr).unwrap(),
    }
}

/// A running program; killed if a test ends before it does.
pub(crate) struct Running {
    child: std::process::Child,
    stdout: io::BufReader<std::process::ChildStdout>,
}

impl Running {
    pub(crate) fn start(args: &[&str], variables: &[(&str, String)]) -> Self {
        let mut child = checkout(args)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .spawn()
            .unwrap();
        let stdout = io::BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// The next line that it says, as JSON.
    pub(crate) fn json(&mut self) -> serde_json::Value {
        let mut line = String::new();
        io::BufRead::read_line(&mut self.stdout, &mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"))
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end, and gives the exit code and what it said on stderr.
    pub(crate) fn ended(mut self) -> (Option<i32>, String) {
        let mut stderr = String::new();
        io::Read::read_to_string(self.child.stderr.as_mut().unwrap(), &mut stderr).unwrap();
        (self.child.wait().unwrap().code(), stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where requests are written down, unless a test says otherwise.
pub(crate) const STATE_HOME: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/state");

/// The program, with the environment of a machine whose HTTP goes through a proxy that is not there.
pub(crate) fn checkout(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_checkout"));
    command
        .args(args)
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("NO_COLOR")
        .env_remove("NOAH_ENVIRONMENT")
        .env_remove("NOAH_API_KEY")
        .env_remove("NOAH_SIGNING_KEY")
        .env_remove("NOAH_WEBHOOK_KEY")
        .env_remove("NOAH_BASE_URL")
        .env_remove("NOAH_OWN_HOST")
        .env_remove("CHECKOUT_PLAIN_HTTP_HOST")
        .env_remove("WORLDLINE_CONNECT_ENDPOINT")
        .env_remove("WORLDLINE_CONNECT_ENVIRONMENT")
        .env_remove("WORLDLINE_CONNECT_OWN_HOST")
        // No test writes to the home of whoever runs it.
        .env("XDG_STATE_HOME", STATE_HOME)
        .env("COLUMNS", "100")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let Finished {
        status,
        stdout,
        stderr,
    } = checkout(args).output().unwrap();
    (
        status.code(),
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    )
}

/// Where and when a story was told is left out; ids, ports and times are not its point.
pub(crate) fn redacted() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[uuid]",
    );
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:[port]");
    settings.add_filter(r" +\d+\.\d ms", " [time]");
    settings.add_filter(r"in \d+ ms", "in [time]");
    settings.add_filter(r"\b[0-9a-f]{64}\b", "[sha256]");
    settings.add_filter(r"SHA-256 [0-9a-f]{16}", "SHA-256 [hash]");
    settings.add_filter(r"\b\d{13}\b", "[version]");
    settings.add_filter(r"calls/[0-9a-f]{8}\.json", "calls/[id].json");
    settings.add_filter(r"(resume|--forget) [0-9a-f]{8}\b", "$1 [id]");
    settings.add_filter(r"(?m)^[0-9a-f]{8}  ", "[id]  ");
    settings
}

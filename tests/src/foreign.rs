//! Programs that are not ours, to compare with.
//!
//! Where one is missing its tests are skipped by name; with `CI` set in the environment they fail instead.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A program that tests compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// The browser `chromium`, driven by `chromedriver`.
    Chromium,
    /// The command-line program `openssl`.
    Openssl,
    /// Node.js with `foreign/crypto.mjs`.
    Node,
    /// Node.js with the packages of `foreign/package.json`; the environment variable `CHECKOUT_NODE_MODULES` names the
    /// directory that holds them.
    NodePackages,
    /// Python with PyJWT and `foreign/tokens.py`; the environment variable `CHECKOUT_PYTHON` names the interpreter.
    Python,
    /// The same Python with Worldline Connect's server SDK.
    PythonConnect,
    /// The same Python with Schemathesis.
    Schemathesis,
}

const PIP: &str = "python3 -m venv target/python && target/python/bin/pip install -r tests/foreign/requirements.txt \
                   && export CHECKOUT_PYTHON=$PWD/target/python/bin/python";

impl Tool {
    /// Whether it is here. Says so if it is not.
    ///
    /// # Panics
    /// When it is missing and `CI` is set, with the command that installs it.
    pub fn is_here(self) -> bool {
        let probe: &[&str] = match self {
            Self::Chromium => &["--version"],
            Self::Openssl => &["version"],
            Self::Node => &["--version"],
            Self::NodePackages => &["-e", "require('jsonwebtoken'); require('connect-sdk-nodejs')"],
            Self::Python => &["-c", "import jwt, cryptography"],
            Self::PythonConnect => &["-c", "import worldline.connect.sdk"],
            Self::Schemathesis => &["-c", "import schemathesis"],
        };
        if self
            .command()
            .args(probe)
            .output()
            .is_ok_and(|output| output.status.success())
        {
            return true;
        }
        let (name, remedy) = match self {
            Self::Chromium => ("chromedriver", "apt-get install chromium chromium-driver"),
            Self::Openssl => ("openssl", "apt-get install openssl"),
            Self::Node => ("node", "apt-get install nodejs"),
            Self::NodePackages => (
                "a package of tests/foreign/package.json",
                "mkdir -p target/node && cp tests/foreign/package*.json target/node && npm ci --prefix target/node",
            ),
            Self::Python => ("PyJWT", PIP),
            Self::PythonConnect => ("connect-sdk-python3", PIP),
            Self::Schemathesis => ("Schemathesis", PIP),
        };
        assert!(
            std::env::var_os("CI").is_none(),
            "{name} is missing; install it: {remedy}"
        );
        #[expect(
            clippy::print_stderr,
            reason = "whoever runs the tests should know which did not run"
        )]
        {
            let thread = std::thread::current();
            eprintln!(
                "skipped {}: {name} is missing; install it: {remedy}",
                thread.name().unwrap_or("a test")
            );
        }
        false
    }

    /// The program, found as the tests find it.
    pub fn command(self) -> Command {
        match self {
            Self::Chromium => Command::new("chromedriver"),
            Self::Openssl => Command::new("openssl"),
            Self::Node => Command::new("node"),
            Self::NodePackages => {
                let mut node = Command::new("node");
                node.env("NODE_PATH", node_modules());
                node
            }
            Self::Python | Self::PythonConnect | Self::Schemathesis => {
                let mut python =
                    Command::new(std::env::var_os("CHECKOUT_PYTHON").unwrap_or_else(|| "python3".into()));
                // The work tree stays as it is.
                python.env("PYTHONDONTWRITEBYTECODE", "1");
                python
            }
        }
    }
}

/// Where the foreign programs lie.
pub fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("foreign")
}

fn node_modules() -> OsString {
    std::env::var_os("CHECKOUT_NODE_MODULES").unwrap_or_else(|| {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../target/node/node_modules")
            .into()
    })
}

/// Runs openssl in a directory.
///
/// # Panics
/// When it cannot be run.
pub fn openssl(directory: &Path, arguments: &[&str]) -> Output {
    Tool::Openssl
        .command()
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("openssl runs")
}

/// Asks Node or Python one question about cryptography.
///
/// # Panics
/// When the script fails, with what it says.
pub fn ask(tool: Tool, question: &Value) -> Value {
    let script = match tool {
        Tool::Node => "crypto.mjs",
        Tool::Python => "tokens.py",
        _ => panic!("{tool:?} has no script of its own"),
    };
    ask_script(tool, script, question)
}

/// Asks a script of `foreign/` one question, as JSON on its stdin; its answer is JSON on its stdout.
///
/// # Panics
/// When the script fails, with what it says.
pub fn ask_script(tool: Tool, script: &str, question: &Value) -> Value {
    let mut child = tool
        .command()
        .arg(programs().join(script))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(question.to_string().as_bytes())
        .expect("the program reads");
    let output = child.wait_with_output().expect("the program ends");
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("the program answers in JSON")
}

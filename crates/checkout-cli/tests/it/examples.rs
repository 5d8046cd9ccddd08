//! The example in every command's help and the shell blocks of README.md, run as they are pasted: by bash, against a fresh
//! sandbox.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use checkout_sandbox::Sandbox;
use clap::CommandFactory as _;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::support::{checkout, installed, run_with};

/// A secret of no key.
const SECRET: &str = "a secret that opens nothing";
/// What listens or serves until it is told to stop.
const SERVERS: [&str; 2] = ["checkout sandbox", "checkout listen"];

/// A directory with what a user has at hand before reading an example: keys, a request, a webhook as it came, a log.
struct Desk {
    sandbox: Sandbox,
    directory: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Desk {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::builder()
            .key_directory(directory.path().join("sandbox-keys"))
            .start()
            .await
            .unwrap();
        let (noah, worldline) = (sandbox.noah(), sandbox.worldline());
        let key = noah.report().signing_key_path.as_deref().unwrap();
        let variables = vec![
            ("NOAH_ENVIRONMENT", "local".to_owned()),
            ("NOAH_BASE_URL", noah.report().base_url.clone()),
            ("NOAH_API_KEY", noah.report().api_key.clone()),
            ("NOAH_SIGNING_KEY", key.display().to_string()),
            ("WORLDLINE_CONNECT_ENDPOINT", worldline.report().endpoint.clone()),
            (
                "WORLDLINE_CONNECT_MERCHANT_ID",
                worldline.report().merchant_id.clone(),
            ),
            (
                "WORLDLINE_CONNECT_API_KEY_ID",
                worldline.report().api_key_id.clone(),
            ),
            (
                "WORLDLINE_CONNECT_SECRET_API_KEY",
                worldline.report().secret_api_key.clone(),
            ),
            ("WORLDLINE_CONNECT_INTEGRATOR", "A reader".to_owned()),
        ];
        let desk = Self {
            sandbox,
            directory,
            variables,
        };
        desk.lay_out();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), contents).unwrap();
    }

    /// What a command prints, with the secret of Worldline's webhooks beside the variables.
    fn printed(&self, args: &[&str]) -> String {
        let mut variables = self.variables.clone();
        variables.extend([
            ("WORLDLINE_CONNECT_WEBHOOK_KEY_ID", "webhook-1".to_owned()),
            ("WORLDLINE_CONNECT_WEBHOOK_SECRET", SECRET.to_owned()),
        ]);
        let said = run_with(args, &variables, b"");
        assert_eq!(said.code, Some(0), "{args:?}: {}", said.stderr);
        said.stdout
    }

    fn lay_out(&self) {
        let exports = self
            .variables
            .iter()
            .map(|(name, value)| format!("export {name}='{value}'\n"));
        self.write("shop.env", exports.collect::<String>());
        self.write("secret.txt", SECRET);
        let key = self
            .sandbox
            .noah()
            .private_key_pem()
            .unwrap()
            .expose_secret()
            .to_owned();
        let key = hosted_checkout::key::SigningKey::from_pem(&key).unwrap();
        self.write("public-key.pem", key.public_key_pem());

        let item = json!({"Description": "Tea", "Quantity": "1", "UnitAmount": "5", "TotalAmount": "5"});
        let body = json!({"CustomerID": "customer-1", "PaymentMethodCategory": "Card", "FiatCurrency": "USD", "FiatAmount": "5",
            "CryptoCurrency": "USDC_TEST", "ReturnURL": "https://shop.example/done", "Nonce": "nonce-1", "LineItems": [item]});
        let payee = json!({"BankDetails": {"AccountNumber": "DE75512108001245126199", "BankCode": "SOGEDEFFXXX"},
            "AccountHolderName": "Mock-Doe"});
        self.write("payee.json", payee.to_string());
        self.write("passport.jpg", b"\xff\xd8\xff\xe0");
        for name in ["body.json", "sale.json", "request.json"] {
            self.write(name, body.to_string());
        }
        let path = |name: &str| self.path(name).display().to_string();
        let url = "https://api.noah.com/v1/checkout/sell";
        let token = self.printed(&[
            "sign",
            "token",
            "--method",
            "POST",
            "--url",
            url,
            "--body",
            &path("body.json"),
        ]);
        self.write("token.txt", &token);
        let request = format!(
            "> POST /v1/checkout/sell HTTP/1.1\n> Host: api.noah.com\n> Content-Type: application/json\n> X-Api-Key: apikey_prod_1\n> Api-Signature: {token}"
        );
        self.write("request.txt", request);

        self.printed(&["keygen", "--out", &path("webhook-key.pem")]);
        let key = path("webhook-key.pem");
        self.webhook(
            &["trigger", "Transaction", "--key", &key],
            "headers.txt",
            "event.json",
        );
        self.webhook(
            &["trigger", "payment.paid"],
            "worldline-headers.txt",
            "worldline-event.json",
        );
        let headers = std::fs::read_to_string(self.path("headers.txt")).unwrap();
        let signature = headers
            .lines()
            .find_map(|line| line.strip_prefix("webhook-signature: "));
        self.write("signature.txt", signature.unwrap());
        self.record(&key);
    }

    /// A webhook as it came: headers in one file, the body in another.
    fn webhook(&self, args: &[&str], headers: &str, body: &str) {
        let shown: serde_json::Value =
            serde_json::from_str(&self.printed(&[args, &["--dry-run", "--json"]].concat())).unwrap();
        let lines = shown["headers"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let lines = lines.map(|header| format!("{}: {}\n", text(&header[0]), text(&header[1])));
        self.write(headers, lines.collect::<String>());
        self.write(body, shown["body"].as_str().unwrap());
    }

    /// A log with one webhook in it.
    fn record(&self, key: &str) {
        let (log, public) = (self.path("webhooks.log"), key.replace(".pem", ".pub.pem"));
        let (log, port) = (log.display().to_string(), free_port().to_string());
        let args = ["listen", "--port", &port, "--key", &public, "--record", &log];
        let mut listener = checkout(&args).spawn().unwrap();
        wait_for(&port);
        let to = format!("http://127.0.0.1:{port}/");
        self.printed(&["trigger", "Transaction", "--key", key, "--to", &to]);
        let id = listener.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        assert!(listener.wait().unwrap().success());
    }

    /// Runs a script as it is pasted, and gives what it said if it fails.
    fn run(&self, script: &str) -> Result<(), String> {
        let binary = Path::new(env!("CARGO_BIN_EXE_checkout"));
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", binary.parent().unwrap().display());
        let finished = checkout(&[])
            .get_envs()
            .fold(&mut Command::new("bash"), |command, (name, value)| match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            })
            .args(["-euo", "pipefail", "-c", &prepared(script)])
            .current_dir(self.directory.path())
            .env("PATH", path)
            .env("HOME", self.directory.path())
            .env("XDG_STATE_HOME", self.path("state"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        if finished.status.success() {
            return Ok(());
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Err(format!(
            "{script}\n{}{}{}",
            finished.status,
            text(&finished.stdout),
            text(&finished.stderr)
        ))
    }
}

/// The script with ports that are free here, and with each server stopped once it serves.
fn prepared(script: &str) -> String {
    let receiver = receiver();
    let mut ports = BTreeMap::from([("3000", receiver), ("8080", receiver)]);
    let mut prepared = String::from("cargo() { shift; checkout \"$@\"; }\n");
    for line in script.replace("\\\n", " ").lines() {
        let mut line = line.to_owned();
        for port in ["4010", "4020", "4030", "3000", "8080"] {
            if line.contains(port) {
                let free = *ports.entry(port).or_insert_with(free_port);
                line = line.replace(port, &free.to_string());
            }
        }
        let called = line.trim_start().replace("cargo checkout", "checkout");
        if !SERVERS.iter().any(|server| called.starts_with(server)) {
            prepared.push_str(&format!("{line}\n"));
            continue;
        }
        let (_, after) = line
            .split_once(" --port ")
            .or(line.split_once(" --noah "))
            .unwrap();
        let port = after.split_whitespace().next().unwrap();
        prepared.push_str(&format!(
            "{called} & server=$!\n\
             until (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null; do kill -0 $server; sleep 0.05; done\n\
             kill -TERM $server; wait $server\n"
        ));
        ports.retain(|port, _| matches!(*port, "3000" | "8080"));
    }
    prepared
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn wait_for(port: &str) {
    let address = format!("127.0.0.1:{port}");
    while TcpStream::connect(&address).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// A shop that takes every webhook.
fn receiver() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = Vec::new();
            let mut byte = [0; 4096];
            while !is_whole(&request) {
                match stream.read(&mut byte) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend(&byte[..read]),
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        }
    });
    port
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.trim().parse().unwrap())
}

/// The commands of an example; lines that end with a colon say what they are for.
fn example(command: &clap::Command) -> Option<String> {
    let text = command.get_after_long_help()?.to_string();
    let lines = text.strip_prefix("Example:\n")?.lines().map(str::trim_start);
    Some(
        lines
            .filter(|line| !line.ends_with(':'))
            .collect::<Vec<_>>()
            .join("\n"),
    )
}

/// The examples of a command and of those below it, in the order in which the help lists them.
fn examples(command: &clap::Command, path: &str, all: &mut Vec<(String, String)>) {
    let path = format!("{path} {}", command.get_name());
    all.extend(example(command).map(|example| (path.clone(), example)));
    for subcommand in command.get_subcommands().filter(|it| it.get_name() != "help") {
        examples(subcommand, &path, all);
    }
}

/// Commands below a tag that are no operations.
const FLOWS: [&str; 4] = ["upload-document", "reconcile", "begin-sale", "continue-sale"];

/// Each command at a desk of its own; what belongs to it, such as `noah manage` and `noah send`, follows at the same one.
#[tokio::test(flavor = "multi_thread")]
async fn the_example_of_every_command_succeeds() {
    if !installed("bash") {
        return;
    }
    let mut failed = Vec::new();
    let mut count = 0;
    let mut root = checkout_cli::Cli::command();
    root.build();
    for command in root.get_subcommands().filter(|it| it.get_name() != "help") {
        let mut all = Vec::new();
        examples(command, "checkout", &mut all);
        let desk = Desk::new().await;
        for (path, script) in all {
            // The matrix makes the requests of these, and what the sandbox knows of the objects that a spec names is another matter.
            let is_operation = path.starts_with("checkout noah ") || path.starts_with("checkout worldline ");
            let is_flow = FLOWS.iter().any(|name| path.ends_with(name));
            if is_operation && !is_flow && path.split(' ').count() == 4 {
                continue;
            }
            // Its order is one that has been paid.
            if path.ends_with("reconcile") {
                let order = ["noah", "payin-fiat", "--external-id", "order-7", "--body"];
                let body = desk.path("request.json").display().to_string();
                let paid = desk.printed(&[&order[..], &[&body, "--nonce", "n-7", "--json"]].concat());
                let paid: serde_json::Value = serde_json::from_str(&paid).unwrap();
                desk.sandbox
                    .noah()
                    .settle(paid["session_id"].as_str().unwrap())
                    .unwrap();
            }
            count += 1;
            failed.extend(desk.run(&script).err().map(|said| format!("{path}:\n{said}")));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(count > 25, "{count}");
}

/// A block that cannot be run says why, in a comment above it.
#[tokio::test(flavor = "multi_thread")]
async fn the_shell_blocks_of_the_readme_succeed() {
    if !installed("bash") {
        return;
    }
    let readme = include_str!("../../../../README.md");
    let desk = Desk::new().await;
    std::fs::create_dir(desk.path("target")).unwrap();
    let (mut before, mut count) = ("", 0);
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "```sh" {
            let script: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "```").collect();
            if !before.trim_start().starts_with("<!-- not run: ") {
                count += 1;
                if let Err(said) = desk.run(&script.join("\n")) {
                    panic!("{said}");
                }
            }
        }
        before = line;
    }
    assert!(count >= 2, "{count}");
}

/// What curl is in the examples of the reference: it fails where the server does not know who calls, or what.
const CURL: &str = r#"curl() {
  status=$(command curl --noproxy '*' -sS -o answer.json -w '%{http_code}' "$@")
  case $status in 401|405|415|5??) echo "$status: $(cat answer.json)" >&2; return 1 ;; esac
}
"#;

/// Each command makes a request of its example, and each request of curl reaches an operation of the sandbox. What the sandbox
/// knows of the objects that it names is another matter.
#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_the_reference_are_understood() {
    if !installed("bash") || !installed("curl") {
        return;
    }
    let desk = Desk::new().await;
    let mut failed = Vec::new();
    let mut count = 0;
    for (page, server, variable) in [
        (
            include_str!("../../../../docs/reference/noah.md"),
            "https://api.sandbox.noah.com/v1",
            "NOAH_BASE_URL",
        ),
        (
            include_str!("../../../../docs/reference/worldline-connect.md"),
            "https://eu.sandbox.api-ingenico.com",
            "WORLDLINE_CONNECT_ENDPOINT",
        ),
    ] {
        for section in page
            .split("\n### ")
            .filter(|section| section.contains("\n```sh\n"))
        {
            let operation = section.lines().next().unwrap();
            for (language, code) in section
                .split("```")
                .skip(1)
                .step_by(2)
                .filter_map(|block| block.split_once('\n'))
            {
                let script = match language {
                    "json" => {
                        desk.write("request.json", code);
                        continue;
                    }
                    "sh" if code.starts_with("checkout ") => format!("{} --dry-run", code.trim_end()),
                    // No session of a device is at hand.
                    "sh" if !code.contains("$CLIENT_SESSION_ID") => {
                        let there = code.replace(&format!("url='{server}"), &format!("url=\"${variable}\"'"));
                        assert!(there != code, "{operation}: {code}");
                        format!("{CURL}{there}")
                    }
                    _ => continue,
                };
                count += 1;
                failed.extend(
                    desk.run(&script)
                        .err()
                        .map(|said| format!("{operation}:\n{said}")),
                );
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    assert!(count > 60, "{count}");
}

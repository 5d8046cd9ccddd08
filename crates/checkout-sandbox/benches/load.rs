//! A shop in a process of its own: it signs its requests beforehand, so that to send them is all it does in a turn.
//!
//! The process is the same program again, with [`ROLE`] set. It reads from its standard input what to send where, then
//! a number for each turn, and answers with a line when every request of the turn was accepted. It ends with its input.

#![allow(clippy::unwrap_used, reason = "without the shop there is nothing to measure")]
#![allow(clippy::print_stdout, reason = "how the two processes talk")]

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, process};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use checkout_core::key::SigningKey;
use serde_json::json;
use sha2::{Digest as _, Sha256};

const ROLE: &str = "CHECKOUT_SANDBOX_BENCH_LOAD";
const PATH: &str = "/checkout/payin/fiat";

/// The other process; it ends with this value.
pub(crate) struct Load {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Load {
    pub(crate) fn start(base_url: &str, api_key: &str, private_key: &str) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .env(ROLE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut load = Self { child, stdin, stdout };
        let key = BASE64_STANDARD.encode(private_key);
        writeln!(load.stdin, "{base_url} {api_key} {key}").unwrap();
        load
    }

    /// Has so many requests signed. They cost us nothing yet.
    pub(crate) fn prepare(&mut self, requests: usize) {
        writeln!(self.stdin, "{requests}").unwrap();
        self.line();
    }

    /// Has them sent, so many at a time, and waits until all are accepted.
    pub(crate) fn send(&mut self, in_flight: usize) {
        writeln!(self.stdin, "{in_flight}").unwrap();
        self.line();
    }

    fn line(&mut self) {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "done\n");
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // Gone already, or going: both are well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// To be called first in `main`: sends, and never returns, if this process is to be the shop.
pub(crate) fn send_if_asked() {
    if env::var_os(ROLE).is_some() {
        shop();
        process::exit(0);
    }
}

struct Signed {
    token: String,
    body: String,
}

fn shop() {
    let mut lines = io::stdin().lines().map(Result::unwrap);
    let setup = lines.next().unwrap();
    let mut words = setup.split(' ').map(str::to_owned);
    let (base_url, api_key) = (words.next().unwrap(), words.next().unwrap());
    let pem = BASE64_STANDARD.decode(words.next().unwrap()).unwrap();
    let key = SigningKey::from_pem(std::str::from_utf8(&pem).unwrap()).unwrap();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut next = 0_usize;
    while let Some(requests) = lines.next() {
        let requests: usize = requests.parse().unwrap();
        let mut signed: Vec<Signed> = (next..next + requests).map(|number| sign(&key, number)).collect();
        next += requests;
        println!("done");
        let in_flight: usize = lines.next().unwrap().parse().unwrap();
        runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            let each = signed.len().div_ceil(in_flight);
            while !signed.is_empty() {
                let mine = signed.split_off(signed.len().saturating_sub(each));
                let (http, api_key) = (http.clone(), api_key.clone());
                let url = format!("{base_url}{PATH}");
                tasks.spawn(async move {
                    for Signed { token, body } in mine {
                        let request = http
                            .post(&url)
                            .header("X-Api-Key", &api_key)
                            .header("Api-Signature", token)
                            .header("Content-Type", "application/json")
                            .body(body);
                        let answer = request.send().await.unwrap();
                        assert_eq!(answer.status(), 200);
                        answer.bytes().await.unwrap();
                    }
                });
            }
            while let Some(task) = tasks.join_next().await {
                task.unwrap();
            }
        });
        println!("done");
    }
}

/// A pay-in as README's has it, of a known customer after the first.
fn sign(key: &SigningKey, number: usize) -> Signed {
    let mut body = json!({
        "PaymentMethodCategory": "Card",
        "FiatCurrency": "USD",
        "CryptoCurrency": "USDC_TEST",
        "FiatAmount": "10.10",
        "ReturnURL": "https://shop.example/done",
        "ExternalID": format!("order-{number}"),
        "CustomerID": "customer-1",
        "LineItems": [{"Description": "Coffee beans", "Quantity": "2", "UnitAmount": "5.05", "TotalAmount": "10.10"}],
        "Nonce": format!("nonce-{number}"),
    });
    if number == 0 {
        body["Customer"] = json!({
            "Type": "Individual",
            "FullName": {"FirstName": "Ada", "LastName": "Example"},
            "DateOfBirth": "1990-12-10",
            "Identities": [{"IssuingCountry": "US", "IDNumber": "X0000001", "IDType": "Passport"}],
            "PrimaryResidence": {
                "Street": "1 Sample Street", "City": "Springfield", "PostCode": "62701", "State": "IL", "Country": "US",
            },
        });
    }
    let body = body.to_string();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let hash: String = Sha256::digest(&body)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let claims = json!({
        "aud": "https://api.noah.com",
        "iat": now,
        "exp": now + 300,
        "method": "POST",
        "path": format!("/v1{PATH}"),
        "bodyHash": hash,
    });
    Signed {
        token: key.sign_jws(&claims).unwrap(),
        body,
    }
}

//! `checkout noah`, against a sandbox of this process.

use std::net::TcpListener;

use checkout_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{Said, checkout, flat, installed, redacted, run_with};

/// A sandbox, and the variables of its environment.
pub(crate) struct Shop {
    pub(crate) sandbox: Sandbox,
    pub(crate) directory: tempfile::TempDir,
}

pub(crate) const ORDER: [&str; 14] = [
    "--customer-id",
    "customer-1",
    "--payment-method-category",
    "Bank",
    "--fiat-currency",
    "USD",
    "--fiat-amount",
    "10.10",
    "--crypto-currency",
    "USDC_TEST",
    "--return-url",
    "https://shop.example/done",
    "--item",
    "2x5.05 Coffee beans",
];

impl Shop {
    pub(crate) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::builder()
            .key_directory(directory.path())
            .start()
            .await
            .unwrap();
        Self { sandbox, directory }
    }

    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let noah = self.sandbox.noah();
        vec![
            ("XDG_STATE_HOME", self.path("state")),
            ("NOAH_ENVIRONMENT", "local".to_owned()),
            ("NOAH_BASE_URL", noah.report().base_url.clone()),
            ("NOAH_API_KEY", noah.report().api_key.clone()),
            (
                "NOAH_SIGNING_KEY",
                noah.report()
                    .signing_key_path
                    .as_deref()
                    .unwrap()
                    .display()
                    .to_string(),
            ),
        ]
    }

    /// The variables with one of them changed.
    pub(crate) fn variables_with(&self, name: &'static str, value: &str) -> Vec<(&'static str, String)> {
        let mut variables = self.variables();
        variables.push((name, value.to_owned()));
        variables
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    pub(crate) fn say(&self, args: &[&str]) -> Said {
        run_with(args, &self.variables(), b"")
    }

    /// Makes the customer known, by a request on stdin.
    pub(crate) fn know_customer(&self) -> Said {
        let args = ["noah", "manage", "--request", "-", "--customer-id", "customer-1"];
        run_with(&args, &self.variables(), customer().to_string().as_bytes())
    }
}

pub(crate) fn customer() -> Value {
    json!({"CustomerID": "a flag goes over it", "Customer": {
        "Type": "Individual",
        "FullName": {"FirstName": "Canary", "LastName": "Canaryson"},
        "DateOfBirth": "1990-01-01",
        "Identities": [{"IDType": "Passport", "IDNumber": "canary-7", "IssuingCountry": "US"}],
        "PrimaryResidence": {
            "Street": "1 Canary Street", "City": "Canaryton", "PostCode": "00001", "State": "NY", "Country": "US"},
    }})
}

pub(crate) fn pay_in<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["noah", "payin-fiat"], &ORDER[..], more].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_opened_from_flags_and_from_files() {
    let shop = Shop::open().await;
    let managed = shop.know_customer();
    assert_eq!(managed.code, Some(0), "{}", managed.stderr);
    let paid = shop.say(&pay_in(&["--external-id", "order-7"]));
    assert_eq!(paid.code, Some(0), "{}", paid.stderr);
    redacted().bind(|| insta::assert_snapshot!(format!("{}\n{}", managed.stdout, paid.stdout)));

    let sale = shop.path("sale.json");
    let request = json!({
        "CustomerID": "customer-1", "FiatCurrency": "USD", "FiatAmount": "25", "CryptoCurrency": "USDC_TEST",
        "CryptoAuthorizedAmount": "25.50", "ReturnURL": "https://shop.example/done", "Nonce": "nonce-1",
        "LineItems": [{"Description": "Payout", "Quantity": "1", "UnitAmount": "25"}],
    });
    std::fs::write(&sale, request.to_string()).unwrap();
    let sold = shop.say(&["noah", "sell", "--request", &sale, "--json"]).json();
    assert_eq!(
        (&sold["ok"], &sold["nonce"], &sold["status"]),
        (&true.into(), &"nonce-1".into(), &"Pending".into())
    );
    assert_eq!(sold["receipt"]["attempts"][0]["status"], 200);
    // The id is the one by which the sandbox knows the sale.
    shop.sandbox
        .noah()
        .settle(sold["session_id"].as_str().unwrap())
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_request_is_sent_again_as_the_same() {
    let shop = Shop::open().await;
    shop.know_customer();
    let stored = shop.path("order.json");
    let first = shop.say(&pay_in(&["--prepared", &stored, "--json"])).json();
    let again = shop.say(&["noah", "send", &stored, "--json"]).json();
    for same in ["session_id", "nonce", "external_id"] {
        assert_eq!(first[same], again[same]);
    }
    assert_eq!(first["receipt"]["body_sha256"], again["receipt"]["body_sha256"]);

    // A name that is taken may hold a request whose outcome nobody knows.
    let refused = shop.say(&pay_in(&["--prepared", &stored]));
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(3), ""));
    assert!(refused.stderr.contains("is left as it is"), "{}", refused.stderr);

    let changed = std::fs::read_to_string(&stored)
        .unwrap()
        .replace("10.10", "99.10");
    std::fs::write(&stored, changed).unwrap();
    let refused = shop.say(&["noah", "send", &stored]);
    assert_eq!(refused.code, Some(1));
    assert!(
        flat(&refused.stderr).contains("its SHA-256 differs"),
        "{}",
        refused.stderr
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_stored_request_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let shop = Shop::open().await;
    let stored = shop.path("order.json");
    shop.say(&pay_in(&["--prepared", &stored]));
    let mode = std::fs::metadata(&stored).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&stored).unwrap();
    for secret in [
        shop.sandbox.noah().report().api_key.as_str(),
        "PRIVATE KEY",
        "eyJ",
    ] {
        assert!(!text.contains(secret), "no credential is stored");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_the_request_and_sends_nothing() {
    let shop = Shop::open().await;
    // Nobody listens there: a request that was sent would fail.
    let variables = shop.variables_with("NOAH_BASE_URL", "http://127.0.0.1:9/v1");
    let shown = run_with(&pay_in(&["--nonce", "nonce-1", "--dry-run"]), &variables, b"");
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    redacted().bind(|| insta::assert_snapshot!(shown.stdout));
    let json = run_with(
        &pay_in(&["--nonce", "nonce-1", "--dry-run", "--json"]),
        &variables,
        b"",
    )
    .json();
    assert_eq!(
        (&json["sent"], &json["body"]["Nonce"]),
        (&false.into(), &"nonce-1".into())
    );
}

/// The exit code and the way on are what a script has of a failure.
#[tokio::test(flavor = "multi_thread")]
async fn each_outcome_has_its_code_and_its_advice() {
    let shop = Shop::open().await;
    let mut told = String::new();
    let mut tell = |what: &str, said: &Said, code: i32| {
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (Some(code), ""),
            "{}",
            said.stderr
        );
        told.push_str(&format!("{what} ({code})\n{}\n", said.stderr));
    };
    tell(
        "incomplete",
        &shop.say(&["noah", "payin-fiat", "--fiat-amount", "1O"]),
        5,
    );
    let more: Vec<&str> = pay_in(&[])
        .into_iter()
        .map(|word| if word == "10.10" { "10.11" } else { word })
        .collect();
    tell("sums differ", &shop.say(&more), 5);
    let nobody = shop.variables_with("NOAH_BASE_URL", "http://127.0.0.1:9/v1");
    tell(
        "nobody there",
        &run_with(&pay_in(&["--nonce", "nonce-1"]), &nobody, b""),
        5,
    );
    tell("unknown customer", &shop.say(&pay_in(&["--nonce", "nonce-1"])), 6);
    let keyless = shop.variables_with("NOAH_API_KEY", "");
    tell("no key", &run_with(&pay_in(&[]), &keyless, b""), 3);
    let hang_up = hang_up_server();
    let cut = shop.variables_with("NOAH_BASE_URL", &hang_up);
    let stored = shop.path("order.json");
    let args = pay_in(&["--nonce", "nonce-1", "--prepared", &stored]);
    tell("cut", &run_with(&args, &cut, b""), 7);
    tell(
        "cut, not stored",
        &run_with(&pay_in(&["--nonce", "nonce-1"]), &cut, b""),
        7,
    );
    let told = told.replace(shop.directory.path().to_str().unwrap(), "[dir]");
    let mut settings = redacted();
    settings.add_filter(r"(?m)^\d{4}-\d\d-\d\dT\S+ +WARN .*\n", "");
    settings.bind(|| insta::assert_snapshot!(told));
}

/// Who reads it from a file cannot know what became of it before.
#[tokio::test(flavor = "multi_thread")]
async fn a_stored_request_that_is_refused_stays_unknown() {
    let shop = Shop::open().await;
    let stored = shop.path("order.json");
    assert_eq!(
        shop.say(&pay_in(&["--prepared", &stored])).code,
        Some(6),
        "nobody knows the customer"
    );
    let said = shop.say(&["noah", "send", &stored]);
    assert_eq!(said.code, Some(7), "{}", said.stderr);
    assert!(
        flat(&said.stderr).contains(
            "next: NOAH does not know this customer; say who it is by Customer, or correct CustomerID"
        ) && said.stderr.contains("send the same request again, and no other"),
        "{}",
        said.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_get_the_outcome_too() {
    let shop = Shop::open().await;
    let cut = shop.variables_with("NOAH_BASE_URL", &hang_up_server());
    let said = run_with(&pay_in(&["--nonce", "nonce-1", "--json"]), &cut, b"");
    assert_eq!(said.code, Some(7));
    let json = said.json();
    assert_eq!(
        (
            &json["ok"],
            &json["outcome"],
            &json["money_may_have_moved"],
            &json["idempotency_key"]
        ),
        (&false.into(), &"unknown".into(), &true.into(), &"nonce-1".into())
    );
    // Nobody looks for money that did not move, and nobody moves it again as something that costs nothing.
    let manage = "noah manage --customer-id customer-1 --json";
    let deposit =
        "noah sandbox simulate-fiat-deposit --payment-method-id a --fiat-currency EUR --fiat-amount 1 --json";
    let words = |line: &'static str| line.split(' ').collect::<Vec<_>>();
    for (said, outcome, may_have_moved, next) in [
        (shop.say(&pay_in(&["--json"])), "refused", false, ""),
        (
            run_with(&words(manage), &cut, b""),
            "unknown",
            false,
            "costs nothing",
        ),
        (
            run_with(&words(deposit), &cut, b""),
            "unknown",
            true,
            "ask NOAH what became of it",
        ),
    ] {
        let json = said.json();
        assert_eq!(
            (&json["outcome"], &json["money_may_have_moved"]),
            (&outcome.into(), &may_have_moved.into())
        );
        assert!(json["next"].to_string().contains(next), "{json}");
    }
    let said = shop.say(&["noah", "sell", "--json"]);
    assert_eq!(said.code, Some(5));
    let json = said.json();
    let problems = json["problems"].as_array().unwrap();
    assert!(
        problems
            .iter()
            .any(|problem| problem["pointer"] == "/CryptoAuthorizedAmount"),
        "{json}"
    );
}

/// What became of the money matters more than that nobody reads it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_leaves_does_not_hide_the_outcome() {
    let shop = Shop::open().await;
    let cut = shop.variables_with("NOAH_BASE_URL", &hang_up_server());
    let mut child = crate::support::checkout(&pay_in(&["--json"]))
        .envs(cut)
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let finished = child.wait_with_output().unwrap();
    assert_eq!(finished.status.code(), Some(7));
    assert!(
        String::from_utf8(finished.stderr)
            .unwrap()
            .contains("money may have moved")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_nobody_knows_is_refused() {
    let shop = Shop::open().await;
    let args = pay_in(&["--request", "-"]);
    let said = run_with(&args, &shop.variables(), br#"{"ExternalId": "canary"}"#);
    assert_eq!(said.code, Some(5));
    assert!(
        flat(&said.stderr)
            .contains("/ExternalId in stdin, line 1, column 16: is not known to the API; correct its name"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_run_says_a_secret_or_who_the_customer_is() {
    let shop = Shop::open().await;
    let key = shop.sandbox.noah().report().api_key.clone();
    for more in [&["-vv"][..], &["-vv", "--json"]] {
        let args = [&["noah", "manage", "--request", "-"], more].concat();
        let mut wrong = customer();
        wrong["Customer"]["DateOfBirth"] = "canary".into();
        for body in [customer(), wrong, json!([{"canary": "canary"}])] {
            let said = run_with(&args, &shop.variables(), body.to_string().as_bytes());
            let text = format!("{}{}", said.stdout, said.stderr);
            for secret in [key.as_str(), "PRIVATE KEY", "eyJ", "anary", "\u{1b}"] {
                assert!(!text.contains(secret), "{args:?} says {secret}: {text}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_api_explains_is_shown_where_that_is_asked_for() {
    let shop = Shop::open().await;
    let said = |more: &[&str]| shop.say(&pay_in(more)).stderr;
    assert!(said(&[]).contains("--api-message shows what NOAH says of it"));
    assert!(!said(&[]).contains("NOAH explains"));
    let explained = said(&["--api-message"]);
    assert!(
        explained.contains("NOAH explains: \"customer not found"),
        "{explained}"
    );
    let json = shop.say(&pay_in(&["--api-message", "--json"])).json();
    assert!(!json["explanation"].as_str().unwrap().is_empty());
}

/// On a terminal of its own, which `script` makes.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_set_is_asked_for_and_not_echoed() {
    use std::io::{Read as _, Write as _};
    use std::process::{Command, Stdio};

    if !installed("script") {
        return;
    }
    let shop = Shop::open().await;
    let program = env!("CARGO_BIN_EXE_checkout");
    let mut terminal = Command::new("script")
        .args([
            "-qefc",
            &format!("'{program}' noah manage --customer-id nobody"),
            "/dev/null",
        ])
        .envs(shop.variables())
        .env("NOAH_API_KEY", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = terminal.stdout.take().unwrap();
    let mut screen = Vec::new();
    while !screen.ends_with(b"(hidden): ") {
        let mut byte = [0];
        assert_eq!(
            stdout.read(&mut byte).unwrap(),
            1,
            "{}",
            String::from_utf8_lossy(&screen)
        );
        screen.extend(byte);
    }
    // The prompt is written a moment before the terminal is told to be still.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let key = shop.sandbox.noah().report().api_key.clone();
    let mut stdin = terminal.stdin.take().unwrap();
    stdin.write_all(format!("{key}\n").as_bytes()).unwrap();
    stdout.read_to_end(&mut screen).unwrap();
    let screen = String::from_utf8(screen).unwrap();
    assert!(
        screen.contains("NOAH answered 404"),
        "the key was taken: {screen}"
    );
    assert!(!screen.contains(&key));
    assert_eq!(terminal.wait().unwrap().code(), Some(6));
}

/// The most memory in kB that the command takes to list all of so many transactions.
#[cfg(target_os = "linux")]
async fn peak_of_a_list(transactions: usize) -> u64 {
    use std::io::Read as _;

    let shop = Shop::open().await;
    shop.know_customer();
    let url = shop.sandbox.noah().report().base_url.clone();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |path: &str, body: Value| -> Value {
        let request = http.post(format!("{url}{path}")).json(&body);
        let request = request.header("X-Api-Key", &shop.sandbox.noah().report().unsigned_api_key);
        request.send().await.unwrap().json().await.unwrap()
    };
    // A workflow makes two transactions of each deposit, of which one tells this name.
    let workflow = json!({
        "CustomerID": "customer-1", "FiatCurrency": "EUR", "CryptoCurrency": "USDC_TEST", "Network": "n".repeat(100_000),
        "DestinationAddress": {"Address": "0x42"},
    });
    let details = ask("/workflows/bank-deposit-to-onchain-address", workflow).await;
    let deposit = json!({
        "PaymentMethodID": details["PaymentMethodID"], "FiatAmount": "1", "FiatCurrency": "EUR",
    });
    for _ in 0..transactions / 2 {
        ask("/sandbox/fiat-deposit/simulate", deposit.clone()).await;
    }
    let variables = shop.variables();
    let list = move || {
        let mut child = checkout(&[
            "noah",
            "transactions",
            "list",
            "--page-size",
            "10",
            "--all",
            "--json",
        ])
        .envs(variables)
        .spawn()
        .unwrap();
        let status = format!("/proc/{}/status", child.id());
        let (mut stdout, mut part, mut lines, mut peak) = (child.stdout.take().unwrap(), [0; 65_536], 0, 0);
        loop {
            let read = stdout.read(&mut part).unwrap();
            if read == 0 {
                break;
            }
            lines += part[..read].iter().filter(|&&byte| byte == b'\n').count();
            // At its end there is nothing more to measure.
            let said = std::fs::read_to_string(&status).unwrap_or_default();
            let most = said.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let most = most.and_then(|most| most.trim().strip_suffix(" kB")?.parse().ok());
            peak = most.unwrap_or(peak).max(peak);
        }
        assert!(child.wait().unwrap().success());
        assert_eq!(lines, transactions);
        peak
    };
    tokio::task::spawn_blocking(list).await.unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_a_thousand_takes_no_more_memory_than_one_of_a_hundred() {
    let (few, many) = (peak_of_a_list(100).await, peak_of_a_list(1_000).await);
    assert!(few > 1_000, "{few} kB");
    // All of the many are 50 MB.
    assert!(many < few * 3 / 2, "{few} kB, then {many} kB");
}

/// A server that takes a request and hangs up: whether it acted, nobody knows.
pub(crate) fn hang_up_server() -> String {
    use std::io::Read as _;

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
        }
    });
    url
}

//! `checkout unfinished` and `checkout resume`.
#![cfg(unix)]

use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use hosted_checkout::clock::FixedClock;
use hosted_checkout::noah::{CryptoCurrencyCode, FiatCurrencyCode, Noah, PaymentMethodCategory, line_item};
use serde_json::{Value, json};

use crate::ends::{ended, signal};
use crate::noah::{Shop, hang_up_server, pay_in};
use crate::support::{checkout, installed, redacted, run_with};

impl Shop {
    fn records(&self) -> PathBuf {
        self.directory.path().join("state/hosted-checkout/calls")
    }

    fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.records())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// An order whose answer went nowhere.
    fn unseen(&self, order: &str) {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let said = ended(self.start(&pay_in(&["--external-id", order, "--nonce", order]), full));
        assert_eq!(said.code, Some(7), "{}", said.stderr);
    }

    /// An order of which nobody heard, by a process that is gone.
    fn cut(&self, order: &str) -> String {
        self.fault("createFiatPayin delay=30s count=1");
        let args = pay_in(&["--external-id", order, "--nonce", order]);
        let mut child = self.start(&args, Stdio::null());
        self.wait_for_session(order);
        child.kill().unwrap();
        child.wait().unwrap();
        let unfinished = self.unfinished();
        let of_it = unfinished.iter().find(|record| record["external_id"] == order);
        of_it.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// A record of a request that was made so long ago, as the command writes it.
    fn made(&self, id: &str, ago: i64) {
        let noah = self.sandbox.noah();
        let credentials = hosted_checkout::noah::Credentials::local(
            &noah.report().base_url,
            noah.report().api_key.as_str(),
            hosted_checkout::key::SigningKey::from_file(noah.report().signing_key_path.as_deref().unwrap())
                .unwrap(),
        );
        let now = SystemTime::now();
        let made = match u64::try_from(ago) {
            Ok(ago) => now - Duration::from_secs(ago),
            Err(_) => now + Duration::from_secs(ago.unsigned_abs()),
        };
        let noah = Noah::builder(credentials.unwrap())
            .clock(FixedClock::new(made))
            .build()
            .unwrap();
        let prepared = noah
            .checkout()
            .pay_in_fiat()
            .customer_id("customer-1")
            .payment_method_category(PaymentMethodCategory::Card)
            .fiat_currency(FiatCurrencyCode::Usd)
            .fiat_amount("10.10")
            .crypto_currency(CryptoCurrencyCode::UsdcTest)
            .return_url("https://shop.example/done")
            .external_id(id)
            .nonce(id)
            .line_items([line_item("Coffee beans", 2, "5.05")])
            .prepare()
            .unwrap();
        self.write(id, &json!({"version": 1, "request": prepared}).to_string());
    }

    fn write(&self, id: &str, text: &str) {
        std::fs::create_dir_all(self.records()).unwrap();
        std::fs::write(self.records().join(format!("{id}.json")), text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_for_its_owner_alone_and_holds_no_credential() {
    let shop = Shop::busy().await;
    assert!(shop.files().is_empty(), "nothing is left of what was shown");
    std::fs::set_permissions(shop.records(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let id = shop.cut("order-1");
    assert_eq!(shop.files(), [format!("{id}.json")]);
    let record = shop.records().join(format!("{id}.json"));
    for (path, mode) in [(&record, 0o600), (&shop.records(), 0o700)] {
        assert_eq!(
            path.metadata().unwrap().permissions().mode() & 0o777,
            mode,
            "{path:?}"
        );
    }
    let text = std::fs::read_to_string(&record).unwrap();
    for secret in [
        shop.sandbox.noah().report().api_key.as_str(),
        "PRIVATE KEY",
        "eyJ",
    ] {
        assert!(!text.contains(secret), "no credential is stored");
    }
    assert_eq!(shop.say(&["resume"]).code, Some(0));
    assert_eq!(shop.files(), [format!("{id}.answer.json")]);
    let answer = shop.records().join(format!("{id}.answer.json"));
    assert_eq!(answer.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    // It holds a link, and goes after a day; so does what a killed process left half written.
    let old = SystemTime::now() - Duration::from_secs(24 * 3600 + 1);
    std::fs::write(shop.records().join(".tmpAbCdEf"), "half").unwrap();
    std::fs::write(shop.records().join(".tmpAtWork"), "half").unwrap();
    for name in [format!("{id}.answer.json"), ".tmpAbCdEf".to_owned()] {
        let file = OpenOptions::new()
            .write(true)
            .open(shop.records().join(name))
            .unwrap();
        file.set_modified(old).unwrap();
    }
    let said = shop.say(&["resume"]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (Some(0), "nothing is unfinished\n")
    );
    assert_eq!(shop.files(), [".tmpAtWork"], "its process may be writing it");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_unfinished_is_finished_in_order() {
    let shop = Shop::busy().await;
    for order in ["order-1", "order-2"] {
        shop.unseen(order);
    }
    let cut = shop.cut("order-3");
    let listed = shop.say(&["unfinished"]);
    assert_eq!(listed.code, Some(0));
    let said = shop.say(&["resume", "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let told: Vec<Value> = said
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let orders: Vec<_> = told
        .iter()
        .map(|told| told["external_id"].as_str().unwrap())
        .collect();
    assert_eq!(orders, ["order-1", "order-2", "order-3"]);
    for (told, order) in told.iter().zip(orders) {
        assert_eq!((shop.sessions(order).len(), shop.payments(order)), (1, 1));
        assert!(
            shop.sessions(order)
                .contains(told["session_id"].as_str().unwrap())
        );
    }
    // By its name, and for a person.
    let said = shop.say(&["resume", &cut]);
    redacted().bind(|| insta::assert_snapshot!("again", said.stdout));
    let said = shop.say(&["unfinished", "--forget", &cut]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    for id in [cut.as_str(), "00000000", "../../x", ""] {
        for args in [&["resume", id][..], &["unfinished", "--forget", id]] {
            let said = shop.say(args);
            assert_eq!(said.code, Some(3), "{args:?}");
            assert!(said.stderr.contains("there is no record"), "{}", said.stderr);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_works_on_is_left_alone() {
    let shop = Shop::busy().await;
    shop.fault("createFiatPayin delay=1500ms count=1");
    let child = shop.start(&pay_in(&["--external-id", "order-1"]), Stdio::piped());
    shop.wait_for_session("order-1");
    let unfinished = shop.unfinished();
    assert_eq!((unfinished.len(), &unfinished[0]["under_way"]), (1, &true.into()));
    let id = unfinished[0]["id"].as_str().unwrap();
    for args in [&["resume"][..], &["resume", id]] {
        let said = shop.say(args);
        assert_eq!(said.code, Some(7), "{args:?}: {}", said.stderr);
        assert!(
            said.stderr.contains("another process is at work with it"),
            "{}",
            said.stderr
        );
    }
    assert_eq!(shop.say(&["unfinished", "--forget", id]).code, Some(3));
    let said = ended(child);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(shop.files().is_empty());
    assert_eq!(shop.sessions("order-1").len(), 1);

    // Two at once, of what a third has left.
    shop.cut("order-2");
    let both = [(); 2].map(|()| shop.start(&["resume"], Stdio::piped()));
    let codes = both.map(|child| ended(child).code);
    assert!(codes.contains(&Some(0)), "{codes:?}");
    assert_eq!((shop.sessions("order-2").len(), shop.payments("order-2")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_be_sent_again_is_listed_and_stays() {
    const HOUR: i64 = 3600;
    let shop = Shop::busy().await;
    shop.made("0000000a", 23 * HOUR);
    shop.made("0000000b", 24 * HOUR);
    shop.made("0000000c", -HOUR);
    shop.write("0000000d", r#"{"version":1,"request":{"version":1,"opera"#);
    shop.made("0000000e", 0);
    let path = shop.records().join("0000000e.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("10.10", "99.10")).unwrap();
    shop.write("0000000f", r#"{"version":0,"request":{}}"#);
    // Without a key: whether it took effect, nobody knows.
    let cut = shop.variables_with("NOAH_BASE_URL", &hang_up_server());
    let manage = ["noah", "manage", "--customer-id", "customer-1"];
    assert_eq!(run_with(&manage, &cut, b"").code, Some(7));
    // None of ours, and nothing that is read.
    std::fs::write(shop.records().join("my-notes.json"), "{}").unwrap();
    let pipe = shop.records().join("00000010.json");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(shop.say(&["resume", "00000010"]).code, Some(3));
    std::fs::remove_file(pipe).unwrap();
    assert_eq!(shop.say(&["resume", "my-notes"]).code, Some(3));

    let listed = shop.say(&["unfinished"]);
    assert_eq!(listed.code, Some(0));
    let told = shop.same_in_all_runs(&listed.stdout);
    let keyless = shop.files();
    let keyless = keyless
        .iter()
        .find(|name| !name.starts_with("0000000") && *name != "my-notes.json")
        .unwrap();
    let told = told.replace(keyless.trim_end_matches(".json"), "[keyless]");
    insta::with_settings!({filters => vec![(r"127\.0\.0\.1:\d+", "127.0.0.1:[port]")]}, {
        insta::assert_snapshot!("listed", told);
    });

    shop.made("0000001a", 0);
    let said = shop.say(&["resume", "--json"]);
    assert_eq!(said.code, Some(7), "{}", said.stderr);
    assert_eq!(shop.sessions("0000000a").len(), 1, "young enough");
    assert_eq!(shop.sessions("0000001a").len(), 1, "gone on with after a failure");
    for id in ["0000000b", "0000000c", "0000000e"] {
        assert!(shop.sessions(id).is_empty(), "{id}");
        assert_eq!(shop.say(&["resume", id]).code, Some(7), "{id}");
        assert!(shop.sessions(id).is_empty(), "{id}");
        let forgotten = shop.say(&["unfinished", "--forget", id]);
        assert_eq!(forgotten.code, Some(0), "{}", forgotten.stderr);
    }
    let id = keyless.trim_end_matches(".json");
    let said = shop.say(&["resume", id]);
    assert_eq!(said.code, Some(7));
    assert!(said.stderr.contains("it has no key"), "{}", said.stderr);
    assert_eq!(shop.files(), {
        let mut left = vec![
            "0000000a.answer.json".to_owned(),
            "0000000d.json".to_owned(),
            "0000000f.json".to_owned(),
            "0000001a.answer.json".to_owned(),
            keyless.clone(),
            "my-notes.json".to_owned(),
        ];
        left.sort();
        left
    });
}

/// That nothing is unfinished is said where it is known.
#[test]
fn records_that_cannot_be_listed_are_not_taken_for_none() {
    let directory = tempfile::tempdir().unwrap();
    let variables = [("XDG_STATE_HOME", directory.path().display().to_string())];
    for command in ["unfinished", "resume"] {
        let said = run_with(&[command], &variables, b"");
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (Some(0), "nothing is unfinished\n")
        );
    }
    std::fs::create_dir(directory.path().join("hosted-checkout")).unwrap();
    std::fs::write(directory.path().join("hosted-checkout/calls"), "").unwrap();
    for command in ["unfinished", "resume"] {
        let said = run_with(&[command], &variables, b"");
        assert_eq!((said.code, said.stdout.as_str()), (Some(3), ""));
        assert!(
            said.stderr.contains("hosted-checkout/calls cannot be used"),
            "{}",
            said.stderr
        );
    }
}

/// Who heard that there is none would pay again.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_opened_is_not_taken_for_none() {
    if !installed("unshare") {
        return;
    }
    let shop = Shop::busy().await;
    shop.cut("order-1");
    let mut command = Command::new("unshare");
    command
        .args(["-rm", "sh", "-c"])
        .arg("mount --bind -o ro \"$XDG_STATE_HOME\" \"$XDG_STATE_HOME\" || exit 99; exec \"$@\"")
        .args(["sh", env!("CARGO_BIN_EXE_checkout"), "resume"])
        .envs(shop.variables())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let said = ended(command.spawn().unwrap());
    if matches!(said.code, Some(1 | 99)) {
        eprintln!("skipped: no file system may be mounted here: {}", said.stderr);
        return;
    }
    assert_eq!(said.code, Some(7), "{}", said.stderr);
    for told in [
        "hosted-checkout/calls cannot be used",
        "what became of it is not known yet",
    ] {
        assert!(said.stderr.contains(told), "{}", said.stderr);
    }
}

/// Its answer is shown, and `resume` would send it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_cannot_be_removed_is_named() {
    let shop = Shop::busy().await;
    shop.fault("createFiatPayin delay=1500ms count=1");
    let child = shop.start(&pay_in(&["--external-id", "order-1"]), Stdio::piped());
    shop.wait_for_session("order-1");
    let record = shop.records().join(&shop.files()[0]);
    std::fs::remove_file(&record).unwrap();
    std::fs::create_dir(&record).unwrap();
    let said = ended(child);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stdout.contains("hosted URL"), "{}", said.stdout);
    let told = format!("{} is finished, but cannot be removed", record.display());
    assert!(said.stderr.contains(&told), "{}", said.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_resume_too() {
    let shop = Shop::busy().await;
    let ids = [shop.cut("order-1"), shop.cut("order-2")];
    shop.fault("createFiatPayin delay=30s count=1");
    let mut child = shop.start(&["resume"], Stdio::piped());
    // It says which it is at, and then sends it.
    let mut said = vec![0; 8];
    child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
    assert!(ids.iter().any(|id| id.as_bytes() == said));
    std::thread::sleep(Duration::from_millis(200));
    signal(&child, "TERM");
    let said = ended(child);
    assert_eq!(said.code, Some(7), "{}", said.stderr);
    assert_eq!(said.stderr.matches("SIGTERM").count(), 1, "{}", said.stderr);
    assert_eq!(shop.unfinished().len(), ids.len());
    assert_eq!(shop.say(&["resume"]).code, Some(0));
    for order in ["order-1", "order-2"] {
        assert_eq!((shop.sessions(order).len(), shop.payments(order)), (1, 1));
    }
}

/// Another account does not know the Nonce, and would be paid from a second time.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_account_has_begun_no_other_finishes() {
    let shop = Shop::busy().await;
    let id = shop.cut("order-1");
    let stored = shop.path("stored.json");
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let args = pay_in(&["--external-id", "order-2", "--prepared", &stored]);
    assert_eq!(ended(shop.start(&args, full)).code, Some(7));
    let record = std::fs::read_to_string(shop.records().join(format!("{id}.json"))).unwrap();
    let stored_text = std::fs::read_to_string(&stored).unwrap();
    let key = shop.sandbox.noah().report().api_key.as_str();
    let (_, tail) = key.rsplit_once('_').unwrap();
    for text in [record, stored_text] {
        assert!(text.contains("\"account\":") && !text.contains(tail), "{text}");
    }

    let other = shop.variables_with("NOAH_API_KEY", "apikey_sandbox_another");
    for args in [&["resume", &id][..], &["noah", "send", &stored]] {
        let said = run_with(args, &other, b"");
        assert_eq!((said.code, said.stdout.contains("http")), (Some(7), false));
        if args[0] == "resume" {
            let told = shop.same_in_all_runs(&said.stderr).replace(&id, "[id]");
            redacted().bind(|| insta::assert_snapshot!("other_account", told));
        }
        let advised = format!("checkout {} --same-account", args.join(" "));
        assert!(said.stderr.contains(&advised), "{}", said.stderr);
        let told = run_with(&[args, &["--json"]].concat(), &other, b"").json();
        assert_eq!(told["receipt"]["attempts"], json!([]), "nothing is sent");
        assert_eq!(told["outcome"], "unknown");
    }

    // Who says so sends it, here to an API that does not know the key; what that says is not the whole story.
    let said = run_with(&["resume", &id, "--same-account"], &other, b"");
    assert_eq!(said.code, Some(7), "{}", said.stderr);
    assert!(said.stderr.contains("401"), "{}", said.stderr);
    let again = format!("checkout resume {id} --same-account");
    assert!(said.stderr.contains(&again), "{}", said.stderr);
    assert_eq!(
        run_with(&["resume", "--same-account"], &other, b"").code,
        Some(2),
        "of one record alone"
    );

    for args in [&["resume", &id][..], &["noah", "send", &stored, "--same-account"]] {
        assert_eq!(shop.say(args).code, Some(0));
    }
    for order in ["order-1", "order-2"] {
        assert_eq!((shop.sessions(order).len(), shop.payments(order)), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_another_key_or_merchant_of_worldline_connect() {
    let (sandbox, mut variables) = crate::worldline::sandbox().await;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    variables.push(("XDG_STATE_HOME", path("state")));
    sandbox
        .faults()
        .add("createSession cut-after count=3".parse().unwrap());
    let out = path("session.json");
    let said = run_with(&["worldline", "create-session", "--out", &out], &variables, b"");
    assert_eq!(said.code, Some(7), "{}", said.stderr);
    for name in ["WORLDLINE_CONNECT_API_KEY_ID", "WORLDLINE_CONNECT_MERCHANT_ID"] {
        let mut other = variables.clone();
        other.push((name, "9998".to_owned()));
        let said = run_with(&["resume"], &other, b"");
        assert_eq!(said.code, Some(7), "{}", said.stderr);
        assert!(said.stderr.contains("--same-account"), "{}", said.stderr);
    }
    let said = run_with(&["resume"], &variables, b"");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
}

/// The session of a device goes where the command that was ended wanted it.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_worldline_connect_is_finished_too() {
    let (sandbox, mut variables) = crate::worldline::sandbox().await;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    variables.push(("XDG_STATE_HOME", path("state")));
    let out = path("session.json");
    let create = ["worldline", "create-session", "--out", &out];
    let say = |args: &[&str]| run_with(args, &variables, b"");
    sandbox
        .faults()
        .add("createSession cut-after count=3".parse().unwrap());
    let said = say(&create);
    assert_eq!(said.code, Some(7), "{}", said.stderr);
    assert!(said.stderr.contains("X-GCS-Idempotence-Key  "), "{}", said.stderr);
    let said = say(&["resume"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let session: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let id = session["clientSessionId"].as_str().unwrap();
    assert!(
        said.stdout.contains(&out) && !said.stdout.contains(id),
        "{}",
        said.stdout
    );

    // The file is there, and its name could not be said: it is the same session.
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let second = path("second.json");
    let child = checkout(&["worldline", "create-session", "--out", &second])
        .envs(variables.clone())
        .stdout(full)
        .spawn()
        .unwrap();
    assert_eq!(ended(child).code, Some(7));
    let written = std::fs::read(&second).unwrap();
    let said = say(&["resume"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(std::fs::read(&second).unwrap(), written);

    // Another one has taken its place: neither is lost.
    sandbox
        .faults()
        .add("createSession cut-after count=3".parse().unwrap());
    let third = path("third.json");
    let said = say(&["worldline", "create-session", "--out", &third]);
    assert_eq!(said.code, Some(7));
    std::fs::write(&third, "kept").unwrap();
    let said = say(&["resume"]);
    assert_eq!(said.code, Some(7), "{}", said.stderr);
    assert!(said.stderr.contains("is there already"), "{}", said.stderr);
    let id = say(&["unfinished", "--json"]).json()["unfinished"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let said = say(&["resume", &id, "--out", "-", "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.json()["session"]["clientSessionId"].is_string());
    assert_eq!(std::fs::read_to_string(&third).unwrap(), "kept");
}

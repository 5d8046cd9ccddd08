//! Commands that make several calls, against a sandbox of this process.

use std::process::Stdio;

use serde_json::Value;

use crate::ends::wait_until;
use crate::noah::{ORDER, Shop};
use crate::support::{Said, flat, run_with};

/// What a picture begins with.
const JPEG: &[u8] = b"\xff\xd8\xff\xe0";

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_uploaded_and_no_address_is_shown() {
    let shop = Shop::open().await;
    // Its type is what it holds, whatever its name says.
    let file = shop.path("passport.pdf");
    std::fs::write(&file, [JPEG, &[7; 69_996]].concat()).unwrap();
    let args = |file: &str| -> Vec<String> {
        let words = "noah onboarding upload-document --customer-id customer-1 --type Passport --country-code US --file";
        words.split(' ').chain([file]).map(str::to_owned).collect()
    };
    let say = |file: &str, more: &[&str]| {
        let args = args(file);
        let args: Vec<&str> = args
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        shop.say(&args)
    };
    let said = say(&file, &[]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(
        said.stdout.starts_with("uploaded: 70000 bytes, image/jpeg\n"),
        "{}",
        said.stdout
    );
    assert_eq!(say(&file, &["--json"]).json()["content_type"], "image/jpeg");
    let typed = say(&file, &["--json", "--content-type", "image/jpg"]).json();
    assert_eq!(typed["content_type"], "image/jpg");
    let dry = say(&file, &["--dry-run"]);
    assert!(
        dry.stdout.contains("/documents/upload-url?") && dry.stdout.contains("Not sent."),
        "{}",
        dry.stdout
    );

    // What cannot be sent is told before NOAH is asked.
    let nameless = shop.path("passport");
    std::fs::write(&nameless, "x").unwrap();
    for (file, more, code, text) in [
        (&*nameless, &[][..], 3, "name its type by --content-type"),
        ("/dev/zero", &[], 3, "--file: /dev/zero is no plain file"),
        (
            "/dev/zero",
            &["--content-type", "image/png"],
            3,
            "is no plain file",
        ),
        ("/", &[], 3, "is no plain file"),
        (&*shop.path("gone.pdf"), &[], 3, "cannot be read"),
        (&*nameless, &["--content-type", "jpeg"], 3, "is no media type"),
        (&*file, &["--side", "Left"], 5, "use one of Front, Back"),
    ] {
        let said = say(file, more);
        assert_eq!(said.code, Some(code), "{}", said.stderr);
        assert!(flat(&said.stderr).contains(text), "{text}: {}", said.stderr);
        let told: Value = serde_json::from_str(&say(file, &[more, &["--json"]].concat()).stderr).unwrap();
        assert_eq!(told["exit"], code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_found_by_its_external_id() {
    let shop = Shop::open().await;
    shop.know_customer();
    let said = shop.say(
        &[
            &["--json", "noah", "payin-fiat", "--external-id", "order-7"][..],
            &ORDER,
        ]
        .concat(),
    );
    let session = said.json()["session_id"].as_str().unwrap().to_owned();
    let since = jiff::Timestamp::now().to_string();
    let reconcile = |id: &str, more: &[&str]| {
        shop.say(
            &[
                &["noah", "transactions", "reconcile", id, "--since", &since][..],
                more,
            ]
            .concat(),
        )
    };

    let said = reconcile("order-7", &[]);
    assert_eq!(said.code, Some(1));
    assert!(
        flat(&said.stderr).contains("which is not to say unpaid"),
        "{}",
        said.stderr
    );
    let told = reconcile("order-7", &["--json"]).json();
    assert_eq!(
        (&told["ok"], &told["result"]),
        (&false.into(), &"not-seen".into())
    );

    shop.sandbox.noah().settle(&session).unwrap();
    let said = reconcile("order-7", &[]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stdout.contains("Settled"), "{}", said.stdout);
    let told = reconcile("order-7", &["--json"]).json();
    assert_eq!(told["transactions"][0]["ExternalID"], "order-7");
    assert_eq!(told["result"], "found");

    let said = reconcile("order-8", &["--pages", "0"]);
    assert_eq!(said.code, Some(1));
    assert!(flat(&said.stderr).contains("allow more"), "{}", said.stderr);

    let since = |time: &str| {
        let words = [
            "--json",
            "noah",
            "transactions",
            "reconcile",
            "order-7",
            "--since",
            time,
        ];
        shop.say(&words)
    };
    let said = since("2999-01-01T00:00:00Z");
    assert_eq!((said.code, &said.json()["ok"]), (Some(5), &false.into()));
    assert!(
        said.stderr.contains("--since: is in the future"),
        "{}",
        said.stderr
    );
    for long_ago in ["0001-01-01T00:00:00Z", "-009999-01-02T01:59:59Z"] {
        assert_eq!(since(long_ago).json()["result"], "found");
    }
    let said = shop.say(&[
        "noah",
        "transactions",
        "reconcile",
        "",
        "--since",
        "2026-01-01T00:00:00Z",
    ]);
    assert_eq!(said.code, Some(5));
    assert!(said.stderr.contains("EXTERNAL_ID: "), "{}", said.stderr);
}

/// A shop with money to sell, and the file of a sale.
struct Sale {
    shop: Shop,
    form: String,
    state: String,
}

impl Sale {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let (form, state) = (shop.path("form.json"), shop.path("sale.json"));
        let sale = Self { shop, form, state };
        let deposit = "noah sandbox simulate-fiat-deposit --payment-method-id Bank/BankSepa/EUR/A/1 --fiat-currency EUR \
                       --fiat-amount 100";
        assert_eq!(sale.say(deposit, &[]).code, Some(0));
        sale.fill(r#"{"BankDetails": {"AccountNumber": "DE75512108001245126199", "BankCode": "SOGEDEFFXXX"}, "AccountHolderName": "Mock-Doe"}"#);
        sale
    }

    fn say(&self, text: &str, more: &[&str]) -> Said {
        let words: Vec<&str> = text.split_whitespace().chain(more.iter().copied()).collect();
        self.shop.say(&words)
    }

    fn fill(&self, form: &str) {
        std::fs::write(&self.form, form).unwrap();
    }

    fn begin(&self, more: &[&str]) -> Said {
        let text = "noah transactions begin-sale --external-id payout-7 --crypto-currency USDC_TEST --fiat-amount 50 \
                    --channel-id c4a1e0de-0000-4000-8000-000000000001";
        self.say(
            text,
            &[&["--form", &self.form, "--state", &self.state][..], more].concat(),
        )
    }

    fn go_on(&self, more: &[&str]) -> Said {
        self.say(
            "noah transactions continue-sale",
            &[&[&*self.state][..], more].concat(),
        )
    }

    fn kept(&self) -> Value {
        serde_json::from_slice(&std::fs::read(&self.state).unwrap()).unwrap()
    }

    /// How many transactions bear the id.
    fn sold(&self, external_id: &str) -> usize {
        let words = ["--json", external_id, "--since", "2020-01-01T00:00:00Z"];
        let found = self.say("noah transactions reconcile", &words).json();
        found["transactions"].as_array().unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_goes_on_from_its_file_and_sells_once() {
    let sale = Sale::open().await;
    let whole = std::fs::read_to_string(&sale.form).unwrap();
    sale.fill(r#"{"BankDetails": {"AccountNumber": "DE75512108001245126199"}}"#);
    let said = sale.begin(&[]);
    assert_eq!(said.code, Some(5), "{}", said.stderr);
    // With its place in the file.
    let told = flat(&said.stderr);
    assert!(
        told.contains("--form: /BankDetails/BankCode in ") && told.contains(": is required"),
        "{told}"
    );
    // NOAH refuses it then.
    assert_eq!(sale.begin(&["--unchecked-form"]).code, Some(6));

    sale.fill(&whole);
    assert!(sale.begin(&["--dry-run"]).stdout.contains("Not sent."));
    let told = sale.begin(&["--json"]).json();
    assert_eq!(
        (&told["state"], &told["step"], &told["kind"]),
        (&"step".into(), &"Cob".into(), &"Ack".into())
    );
    assert!(
        told["schema"]["title"].as_str().unwrap().contains("Mock-Doe"),
        "{told}"
    );
    let said = sale.begin(&[]);
    assert_eq!(said.code, Some(3), "the file is there already: {}", said.stderr);

    // A look at it changes nothing.
    let before = sale.kept();
    let dry = sale.go_on(&["--dry-run"]);
    assert!(
        dry.stdout.contains("/transactions/sell/prepare\n") && dry.stdout.contains("Not sent."),
        "{}",
        dry.stdout
    );
    assert_eq!(sale.kept(), before);
    let told = sale.go_on(&["--json"]).json();
    assert_eq!(
        (&told["state"], &told["crypto_authorized_amount"]),
        (&"ready".into(), &"50".into())
    );
    let before = sale.kept();
    assert!(sale.go_on(&["--dry-run"]).stdout.contains("payout-7"));
    assert_eq!((sale.kept(), sale.sold("payout-7")), (before, 0));
    let said = sale.go_on(&["--form", &sale.form]);
    assert_eq!(said.code, Some(2), "{}", said.stderr);

    let sell = || sale.go_on(&["--json"]).json();
    let (first, again) = (sell(), sell());
    let id = "/answer/Transaction/ID";
    assert!(first.pointer(id).is_some(), "{first}");
    assert_eq!(first.pointer(id), again.pointer(id));
    assert_eq!(sale.sold("payout-7"), 1);
}

/// Whatever ends the command, the file holds the request, and the same one is sent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_sale_whose_answer_is_lost_is_made_once() {
    let sale = Sale::open().await;
    assert_eq!(sale.begin(&[]).code, Some(0));
    assert_eq!(sale.go_on(&[]).code, Some(0));

    sale.shop.fault("sellTransaction delay=30s count=1");
    let words = ["noah", "transactions", "continue-sale", &sale.state];
    let mut killed = sale.shop.start(&words, Stdio::null());
    wait_until(|| sale.sold("payout-7") == 1);
    killed.kill().unwrap();
    killed.wait().unwrap();

    sale.shop.fault("sellTransaction cut-after count=9");
    let said = sale.go_on(&["--json"]);
    sale.shop.sandbox.faults().clear();
    let told = said.json();
    let finish = format!("checkout noah transactions continue-sale {}", sale.state);
    assert_eq!(said.code, Some(7), "{}", said.stderr);
    assert_eq!(
        (&told["outcome"], &told["finish"], &told["record"]),
        (&"unknown".into(), &finish.into(), &sale.state.clone().into())
    );
    // The file is its record.
    assert!(sale.shop.unfinished().is_empty());

    // What could not be shown is shown another time.
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let unshown = sale.shop.start(&words, full).wait_with_output().unwrap();
    assert_eq!(unshown.status.code(), Some(7));
    let told = flat(&String::from_utf8(unshown.stderr).unwrap());
    assert!(
        told.contains("checkout noah transactions continue-sale "),
        "{told}"
    );

    let variables = sale.shop.variables_with(
        "NOAH_API_KEY",
        sale.shop.sandbox.noah().report().unsigned_api_key.as_str(),
    );
    let other = run_with(&words, &variables, b"");
    assert_eq!(other.code, Some(7), "{}", other.stderr);
    let told = flat(&other.stderr);
    assert!(
        told.contains("made for another account") && told.contains(" --same-account"),
        "{told}"
    );

    let said = sale.go_on(&[]);
    assert_eq!(
        (said.code, sale.sold("payout-7")),
        (Some(0), 1),
        "{}",
        said.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sale_is_named() {
    let sale = Sale::open().await;
    for (contents, text) in [
        ("{}", "is no sale that begin-sale has kept"),
        ("", "is no sale that begin-sale has kept"),
    ] {
        std::fs::write(&sale.state, contents).unwrap();
        let said = sale.go_on(&[]);
        assert_eq!(said.code, Some(3));
        assert!(flat(&said.stderr).contains(text), "{}", said.stderr);
    }
    std::fs::remove_file(&sale.state).unwrap();
    assert_eq!(sale.go_on(&[]).code, Some(3));
    let nowhere = sale.shop.path("nowhere/sale.json");
    let begin = "noah transactions begin-sale --external-id payout-7 --crypto-currency USDC_TEST --fiat-amount 50 \
                 --channel-id c4a1e0de-0000-4000-8000-000000000001 --state";
    let said = sale.say(begin, &[&nowhere]);
    assert_eq!(said.code, Some(3), "{}", said.stderr);
    assert!(
        said.stderr.contains("its directory is not there"),
        "{}",
        said.stderr
    );

    // What nobody could be told of is kept all the same.
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let words: Vec<&str> = begin.split_whitespace().chain([&*sale.state]).collect();
    let form = ["--form", &sale.form];
    let unshown = sale.shop.start(&[&words[..], &form].concat(), full());
    let unshown = unshown.wait_with_output().unwrap();
    assert_eq!(unshown.status.code(), Some(4));
    let told = flat(&String::from_utf8(unshown.stderr).unwrap());
    assert!(
        told.contains("the sale is kept in ") && told.contains("could not be shown"),
        "{told}"
    );
    assert_eq!(sale.kept()["Step"]["external_id"], "payout-7");
}

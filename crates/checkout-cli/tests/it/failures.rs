//! What is told of a failure: which words, in which order, in the terms of the command line.

use serde_json::{Value, json};

use crate::noah::{Shop, customer, hang_up_server, pay_in};
use crate::support::{Said, flat, redacted, run, run_with};

/// The one JSON object that stderr holds.
fn told(said: &Said) -> Value {
    serde_json::from_str(&said.stderr).unwrap_or_else(|_| panic!("no JSON: {}", said.stderr))
}

fn replaced<'a>(args: &[&'a str], from: &str, to: &'a str) -> Vec<&'a str> {
    args.iter()
        .map(|word| if *word == from { to } else { word })
        .collect()
}

#[test]
fn a_line_that_cannot_be_understood_is_told_in_json_too() {
    for (args, hint) in [
        (&["--json", "dmo"][..], "demo"),
        (
            &["noah", "payin-fiat", "--fiat-amonut", "5", "--json"],
            "--fiat-amount",
        ),
        (&["noah", "--json", "send"], "<FILE>"),
        (
            &["noah", "payin-fiat", "--json", "--fiat-amount"],
            "--fiat-amount",
        ),
        (&["sandbox", "--noah", "80x", "--json"], "--noah"),
        (&["--json"], "checkout --help"),
        (&["noah", "--json"], "checkout"),
        (
            &["trigger", "Transacton", "--to", "http://127.0.0.1:9", "--json"],
            "was Transaction meant?",
        ),
    ] {
        let said = run_with(args, &[], b"");
        assert_eq!((said.code, said.stdout.as_str()), (Some(2), ""), "{args:?}");
        let told = told(&said);
        assert_eq!(told["exit"], 2, "{args:?}");
        assert!(told.to_string().contains(hint), "{args:?}: {told}");
        for part in ["error", "what", "why", "money", "next", "ids"] {
            assert!(told.get(part).is_some(), "{args:?}: {part} is missing in {told}");
        }
    }
    let (code, stdout, stderr) = run(&["--json", "noah", "--help"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert!(stdout.contains("Usage: checkout noah"), "{stdout}");
    let (code, stdout, _) = run(&["--version", "--json"]);
    assert_eq!(code, Some(0));
    assert!(stdout.starts_with("checkout "), "{stdout}");
    // Behind `--` it is a value.
    let (_, _, stderr) = run(&["noah", "send", "--", "--json", "more"]);
    assert!(stderr.starts_with("error: "), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_negative_amount_is_one() {
    let shop = Shop::open().await;
    for amount in ["-5", "-0.01", "-5,50", "-.5"] {
        let said = shop.say(&replaced(&pay_in(&[]), "10.10", amount));
        assert_eq!(said.code, Some(5), "{}", said.stderr);
        let own = "--fiat-amount: has a minus sign at byte 0; amounts are never negative";
        assert!(said.stderr.contains(own), "{}", said.stderr);
        let incomplete = shop.say(&["noah", "sell", "--fiat-amount", amount]);
        assert!(incomplete.stderr.contains(own), "{}", incomplete.stderr);
    }
    let said = shop.say(&replaced(
        &pay_in(&[]),
        "2x5.05 Coffee beans",
        "-2x5.05 Coffee beans",
    ));
    assert_eq!(said.code, Some(5), "{}", said.stderr);
    assert!(said.stderr.contains("--item 1 (Quantity): "), "{}", said.stderr);
    // A value that was forgotten swallows nothing.
    let (code, _, stderr) = run(&["noah", "payin-fiat", "--fiat-amount", "--fiat-currency", "USD"]);
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("a value is required for '--fiat-amount"),
        "{stderr}"
    );
}

/// Every fault of a request is told of the option or of the line that it came by, and none in terms of Rust.
#[tokio::test(flavor = "multi_thread")]
async fn faults_are_told_where_they_can_be_corrected() {
    let shop = Shop::open().await;
    let order = shop.path("order.json");
    let text = "{\n  \"FiatCurrency\": \"usd\",\n  \"LineItems\": [{\"Quantity\": \"1\"}],\n  \"ExternalId\": \"order-7\"\n}";
    std::fs::write(&order, text).unwrap();
    let person = shop.path("customer.json");
    let mut wrong = customer()["Customer"].clone();
    wrong["Type"] = "individual".into();
    std::fs::write(&person, format!("{wrong:#}")).unwrap();
    let finer = replaced(
        &replaced(&pay_in(&[]), "10.10", "10.101"),
        "2x5.05 Coffee beans",
        "1x10.101 Tea",
    );
    let mut all = String::new();
    for args in [
        vec![
            "noah",
            "payin-fiat",
            "--request",
            &order,
            "--fiat-amount",
            "5 USD",
        ],
        pay_in(&["--customer", &person]),
        replaced(&pay_in(&[]), "USD", "USDC"),
        replaced(&pay_in(&[]), "USDC_TEST", "USD"),
        finer,
        replaced(&pay_in(&[]), "https://shop.example/done", "shop.example"),
        pay_in(&["--nonce", "a-nonce-that-is-longer-than-36-characters"]),
        vec!["noah", "sell", "--request", &person],
    ] {
        let said = shop.say(&args);
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (Some(5), ""),
            "{args:?}: {}",
            said.stderr
        );
        all.push_str(&said.stderr);
        all.push('\n');
    }
    let all = all.replace(shop.path("").as_str(), "[dir]/");
    assert!(!all.contains("::") && !all.contains("()"), "{all}");
    redacted().bind(|| insta::assert_snapshot!(all));
}

/// Of a Nonce that the command made no other request can exist.
#[tokio::test(flavor = "multi_thread")]
async fn another_request_is_spoken_of_only_where_there_can_be_one() {
    let shop = Shop::open().await;
    let other = "another one with the same Nonce may have taken effect";
    let made = shop.say(&pay_in(&[]));
    assert_eq!(made.code, Some(6));
    assert!(!flat(&made.stderr).contains(other), "{}", made.stderr);
    assert!(
        made.stderr.contains("money: refused, nothing happened\n"),
        "{}",
        made.stderr
    );
    let brought = shop.say(&pay_in(&["--nonce", "nonce-1"]));
    assert_eq!(brought.code, Some(6));
    assert!(flat(&brought.stderr).contains(other), "{}", brought.stderr);
    let in_file = run_with(
        &pay_in(&["--request", "-"]),
        &shop.variables(),
        br#"{"Nonce": "nonce-2"}"#,
    );
    assert!(flat(&in_file.stderr).contains(other), "{}", in_file.stderr);
}

/// And what it says to do works.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_customer_is_made_known_by_the_option_that_is_named() {
    let shop = Shop::open().await;
    let hint = "NOAH does not know this customer; say who it is by --customer, or correct --customer-id";
    let sale = [
        &replaced(
            &pay_in(&["--crypto-authorized-amount", "11"]),
            "payin-fiat",
            "sell",
        )[..4],
        &pay_in(&["--crypto-authorized-amount", "11"])[6..],
    ]
    .concat();
    for args in [
        pay_in(&[]),
        sale.clone(),
        vec!["noah", "manage", "--customer-id", "customer-2"],
    ] {
        let said = shop.say(&args);
        assert_eq!(said.code, Some(6), "{}", said.stderr);
        assert!(flat(&said.stderr).contains(hint), "{}", said.stderr);
    }
    let person = shop.path("customer.json");
    std::fs::write(&person, customer()["Customer"].to_string()).unwrap();
    let paid = shop.say(&pay_in(&["--customer", &person]));
    assert_eq!(paid.code, Some(0), "{}", paid.stderr);
    assert_eq!(shop.say(&sale).code, Some(0), "it is known from here on");
}

/// Worldline's, by the file that they came by.
#[test]
fn a_near_miss_in_a_file_is_told_with_its_line() {
    let body = "{\"paymentProductFilters\": {\"exclude\":\n  {\"groups\": [\"card\", \"vouchers\"]}}}";
    let said = run_with(
        &["validate", "-", "--operation", "createSession"],
        &[],
        body.as_bytes(),
    );
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(
        said.stdout.starts_with(
            "warning: /paymentProductFilters/exclude/groups/0 in stdin, line 2, column 15: is not a value that the API's \
             documents list; was cards meant?"
        ),
        "{}",
        said.stdout
    );
    let customer = r#"{"CustomerID": "c", "Customer": {"Type": "Individual", "FullName": {"FirstName": "A", "LastName": "B"},
        "DateOfBirth": "1990-01-31", "Identities": [{"IDType": "Passport", "IDNumber": "7", "IssuingCountry": "UK"}],
        "PrimaryResidence": {"Street": "1 Main Street", "City": "Albany", "PostCode": "12207", "State": "NY", "Country": "us"}}}"#;
    let said = run_with(
        &["validate", "-", "--operation", "createManagedSession"],
        &[],
        customer.as_bytes(),
    );
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    assert!(
        flat(&said.stderr).contains("does not match ^[A-Z]{2}$; written in capitals it does"),
        "{}",
        said.stderr
    );
    let said = run_with(
        &["validate", "-", "--operation", "createManagedSession"],
        &[],
        customer.replace("\"us\"", "\"US\"").as_bytes(),
    );
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(said.stdout.contains("was GB meant?"), "{}", said.stdout);
}

/// A value that is near a known one is told of before it is sent, with its option, and sent all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_near_miss_is_told_before_sending() {
    let shop = Shop::open().await;
    let misspelt = replaced(&pay_in(&["--dry-run"]), "Bank", "bank");
    let said = shop.say(&misspelt);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert_eq!(
        said.stderr,
        "warning: --payment-method-category: is not a value that the API's documents list; was Bank meant?\n"
    );
    let said = shop.say(&[&misspelt[..], &["--json"]].concat());
    let warning = told(&said)["warning"].as_str().unwrap().to_owned();
    assert!(warning.contains("was Bank meant?"), "{warning}");
    // What is merely unknown may be new.
    let new = shop.say(&replaced(&pay_in(&["--dry-run"]), "Bank", "Wallet"));
    assert_eq!((new.code, new.stderr.as_str()), (Some(0), ""));
    // To send it is the API's to judge.
    let sent = shop.say(&replaced(&pay_in(&[]), "Bank", "bank"));
    assert!(sent.stderr.starts_with("warning: "), "{}", sent.stderr);
    assert!(matches!(sent.code, Some(6)), "{}", sent.stderr);

    let mut body = json!({"CustomerID": "c", "PaymentMethodCategory": "card", "FiatCurrency": "USD", "FiatAmount": "1",
        "CryptoCurrency": "usdc", "ReturnURL": "https://shop.example/", "Nonce": "n",
        "LineItems": [{"Description": "a", "Quantity": "1", "UnitAmount": "1", "TotalAmount": "1"}]});
    let validate = |body: &Value| {
        let args = ["validate", "-", "--operation", "createFiatPayin", "--json"];
        run_with(&args, &[], body.to_string().as_bytes())
    };
    let said = validate(&body);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let warnings = said.json()["warnings"].to_string();
    assert!(
        warnings.contains("was Card meant?") && warnings.contains("was USDC meant?"),
        "{warnings}"
    );
    body["FiatCurrency"] = "usd".into();
    let said = validate(&body);
    assert_eq!(said.code, Some(1));
    assert!(said.json()["problems"].to_string().contains("was USD meant?"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_is_not_known_ends_with_its_ids() {
    let shop = Shop::open().await;
    let cut = shop.variables_with("NOAH_BASE_URL", &hang_up_server());
    let said = run_with(
        &pay_in(&["--external-id", "order-7", "--nonce", "nonce-1"]),
        &cut,
        b"",
    );
    assert_eq!(said.code, Some(7));
    let lines: Vec<&str> = said
        .stderr
        .lines()
        .filter(|line| !line.contains("WARN"))
        .collect();
    assert!(lines[0].starts_with("record "), "{}", lines[0]);
    assert_eq!(lines[1], "error: createFiatPayin: the exchange with NOAH was cut");
    assert_eq!(lines[lines.len() - 3], "ids:   Nonce       nonce-1");
    assert_eq!(lines[lines.len() - 2], "       ExternalID  order-7");
    assert!(lines[lines.len() - 1].starts_with("       record      /"));
}

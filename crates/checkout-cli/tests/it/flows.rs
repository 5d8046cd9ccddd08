//! Commands that make several calls, against a sandbox of this process.

use crate::noah::{ORDER, Shop};
use crate::support::flat;

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_uploaded_and_no_address_is_shown() {
    let shop = Shop::open().await;
    let file = shop.path("passport.JPG");
    std::fs::write(&file, [7; 70_000]).unwrap();
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

    // What cannot be sent is told before NOAH is asked.
    let nameless = shop.path("passport");
    std::fs::write(&nameless, "x").unwrap();
    for (file, more, code, text) in [
        (&*nameless, &[][..], 3, "name it by --content-type"),
        (&*shop.path("gone.pdf"), &[], 3, "cannot be read"),
        (&*nameless, &["--content-type", "jpeg"], 3, "is no media type"),
        (&*file, &["--side", "Left"], 5, "use one of Front, Back"),
    ] {
        let said = say(file, more);
        assert_eq!(said.code, Some(code), "{}", said.stderr);
        assert!(flat(&said.stderr).contains(text), "{text}: {}", said.stderr);
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
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_goes_on_from_its_file_and_sells_once() {
    let shop = Shop::open().await;
    let words = |text: &str, more: &[&str]| {
        let words: Vec<&str> = text.split(' ').chain(more.iter().copied()).collect();
        shop.say(&words)
    };
    let deposit = "noah sandbox simulate-fiat-deposit --payment-method-id Bank/BankSepa/EUR/A/1 --fiat-currency EUR --fiat-amount 100";
    assert_eq!(words(deposit, &[]).code, Some(0));
    let (form, state) = (shop.path("form.json"), shop.path("sale.json"));
    let begin = |more: &[&str]| {
        let text = "noah transactions begin-sale --crypto-currency USDC_TEST --fiat-amount 50 --channel-id \
                    c4a1e0de-0000-4000-8000-000000000001";
        words(
            text,
            &[
                &["--external-id", "payout-7", "--form", &form, "--state", &state][..],
                more,
            ]
            .concat(),
        )
    };

    std::fs::write(
        &form,
        r#"{"BankDetails": {"AccountNumber": "DE75512108001245126199"}}"#,
    )
    .unwrap();
    let said = begin(&[]);
    assert_eq!(said.code, Some(5), "{}", said.stderr);
    // With its place in the file.
    let told = flat(&said.stderr);
    assert!(
        told.contains("--form: /BankDetails/BankCode in ") && told.contains(": is required"),
        "{told}"
    );
    // NOAH refuses it then.
    assert_eq!(begin(&["--unchecked-form"]).code, Some(6));

    let whole = r#"{"BankDetails": {"AccountNumber": "DE75512108001245126199", "BankCode": "SOGEDEFFXXX"}, "AccountHolderName": "Mock-Doe"}"#;
    std::fs::write(&form, whole).unwrap();
    let told = begin(&["--json"]).json();
    assert_eq!(
        (&told["state"], &told["step"], &told["kind"]),
        (&"step".into(), &"Cob".into(), &"Ack".into())
    );
    assert!(
        told["schema"]["title"].as_str().unwrap().contains("Mock-Doe"),
        "{told}"
    );
    let told = words("--json noah transactions continue-sale", &[&state]).json();
    assert_eq!(
        (&told["state"], &told["crypto_authorized_amount"]),
        (&"ready".into(), &"50".into())
    );
    let said = begin(&[]);
    assert_eq!(said.code, Some(3), "the file is there already: {}", said.stderr);

    let sell = || words("--json noah transactions continue-sale", &[&state]).json();
    let (first, again) = (sell(), sell());
    let id = "/answer/Transaction/ID";
    assert!(first.pointer(id).is_some(), "{first}");
    assert_eq!(first.pointer(id), again.pointer(id));
    let found = words(
        "--json noah transactions reconcile payout-7 --since 2020-01-01T00:00:00Z",
        &[],
    )
    .json();
    assert_eq!(found["transactions"].as_array().map(Vec::len), Some(1), "{found}");
}

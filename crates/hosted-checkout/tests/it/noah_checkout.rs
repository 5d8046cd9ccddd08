//! Sessions: what is refused before sending, what is sent, and which answers are believed.

use std::fmt::Write as _;

use checkout_core::clock::FixedClock;
use checkout_core::key::{Algorithm, SigningKey};
use checkout_core::{PositiveDecimal, Violations};
use checkout_transport::client::prepare;
use checkout_transport::forming::Forming;
use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{CallOptions, Error, ErrorKind, Outcome, Timeouts};
use hosted_checkout::noah::{
    Checkout, Checks, Credentials, CryptoCurrencyCode, FiatCurrencyCode, LineItemInput, Noah, PayIn,
    PaymentMethodCategory, PreparedPayIn, Sell, call::CreateFiatPayin, line_item,
};
use serde_json::{Value, json};

const DISCOUNTS: Checks = Checks {
    arithmetic: false,
    ..Checks::EXACT
};
const FRACTIONS: Checks = Checks {
    fractions: false,
    ..Checks::EXACT
};
const PROVISIONAL: Checks = Checks {
    answers: false,
    ..Checks::EXACT
};
const API_KEY: &str = "apikey_sandbox_CANARY1";

fn sandbox(wire: &ScriptedWire) -> Noah {
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    let credentials = Credentials::sandbox(API_KEY, key).unwrap();
    Noah::builder(credentials)
        .wire(wire.clone())
        // Once, so that each failure stands alone.
        .options(CallOptions::DEFAULT.attempts(1))
        .clock(FixedClock::at_unix(1_700_000_000))
        .build()
        .unwrap()
}

fn answers(answer: &Value) -> ScriptedWire {
    ScriptedWire::new([Step::respond(200).body(answer.to_string())])
}

fn session() -> Value {
    json!({
        "HostedURL": "https://checkout.sandbox.noah.com/pay?session=CANARY2",
        "CheckoutSession": {
            "CheckoutSessionID": "session-1",
            "SourceCurrency": "USD",
            "DestinationCurrency": "USDC_TEST",
            "SourceAmount": "10.1",
            "Status": "Pending",
            "ExternalID": "order-7",
            "CustomerID": "customer-1",
            "ReturnURL": "https://shop.example/done",
            "LineItems": [],
            "Type": "PayinFiat",
            "Created": "2025-02-03T10:20:55.000Z",
        },
    })
}

fn sale() -> Value {
    json!({
        "HostedURL": "https://checkout.sandbox.noah.com/sell?session=1",
        "Transaction": {
            "ID": "3b1c7f5e-2a0e-4f6e-8a87-5d2f6b0c1001",
            "Network": "OffNetwork",
            "Created": "2025-02-03T10:20:55.000Z",
            "Status": "Pending",
            "Direction": "Out",
            "CustomerID": "customer-1",
            "ExternalID": "order-7",
            "Amount": "51.5",
            "CryptoCurrency": "USDC_TEST",
            "FiatPayment": {"Amount": "50.0", "FeeAmount": "1.1", "Rate": "1", "FiatCurrency": "USD"},
        },
    })
}

async fn pay(checkout: &Checkout) -> Result<PayIn, Error> {
    pay_for(checkout, "10.10", [line_item("Coffee beans", 2, "5.05")]).await
}

async fn pay_for(
    checkout: &Checkout,
    amount: &str,
    items: impl IntoIterator<Item = LineItemInput>,
) -> Result<PayIn, Error> {
    checkout
        .pay_in_fiat()
        .customer_id("customer-1")
        .payment_method_category(PaymentMethodCategory::Card)
        .fiat_currency(FiatCurrencyCode::Usd)
        .fiat_amount(amount)
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .return_url("https://shop.example/done?basket=7#thanks")
        .external_id("order-7")
        .line_items(items)
        .send()
        .await
}

async fn sell(noah: &Noah) -> Result<Sell, Error> {
    noah.checkout()
        .sell()
        .customer_id("customer-1")
        .fiat_currency(FiatCurrencyCode::Usd)
        .fiat_amount(50)
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .crypto_authorized_amount("51.5")
        .return_url("https://shop.example/sold")
        .external_id("order-7")
        .line_items([line_item("Game credits", 1, 50)])
        .send()
        .await
}

fn lines(violations: &Violations) -> String {
    violations.iter().fold(String::new(), |mut text, violation| {
        writeln!(text, "{violation}").unwrap();
        text
    })
}

#[tokio::test]
async fn a_pay_in_is_sent_whole_and_hands_back_its_ids() {
    let wire = answers(&session());
    let paid = pay(&sandbox(&wire).checkout()).await.unwrap();
    let [sent] = &wire.sent()[..] else {
        panic!("one request")
    };
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(
        sent.url.as_str(),
        "https://api.sandbox.noah.com/v1/checkout/payin/fiat"
    );
    assert_eq!(sent.headers["x-api-key"], API_KEY);
    assert_eq!(
        sent.headers["api-signature"].to_str().unwrap().split('.').count(),
        3
    );
    assert_eq!(body["FiatAmount"], "10.10");
    let item =
        json!({"Description": "Coffee beans", "Quantity": "2", "TotalAmount": "10.10", "UnitAmount": "5.05"});
    assert_eq!(body["LineItems"], json!([item]));
    assert_eq!(body["ReturnURL"], "https://shop.example/done?basket=7#thanks");

    assert_eq!(paid.nonce().as_str(), body["Nonce"]);
    assert_eq!(
        uuid::Uuid::parse_str(paid.nonce().as_str())
            .unwrap()
            .get_version_num(),
        4
    );
    assert_eq!(paid.external_id(), &"order-7");
    assert_eq!(
        paid.hosted_url(),
        "https://checkout.sandbox.noah.com/pay?session=CANARY2"
    );
    assert_eq!(
        paid.checkout_session().checkout_session_id.text(),
        Some("session-1")
    );
    assert_eq!(paid.status(), 200);
    assert!(!format!("{paid:?}").contains("CANARY"));
}

/// What a caller does after a time-out: the same call with the same `Nonce` must be the same request.
#[tokio::test]
async fn the_same_call_with_the_same_nonce_is_the_same_to_the_byte() {
    let mut answer = session();
    answer["CheckoutSession"]
        .as_object_mut()
        .unwrap()
        .remove("ExternalID");
    let answer = || Step::respond(200).body(answer.to_string());
    let wire = ScriptedWire::new([answer(), answer(), answer()]);
    let checkout = sandbox(&wire).checkout();
    let call = |nonce: Option<&'static str>| {
        checkout
            .pay_in_fiat()
            .customer_id("customer-1")
            .payment_method_category(PaymentMethodCategory::Card)
            .fiat_currency(FiatCurrencyCode::Usd)
            .fiat_amount("10.10")
            .crypto_currency(CryptoCurrencyCode::UsdcTest)
            .return_url("https://shop.example/done")
            .line_items([line_item("Coffee beans", 2, "5.05")])
            .maybe_nonce(nonce)
            .send()
    };
    for nonce in [Some("basket-7-attempt-1"), Some("basket-7-attempt-1"), None] {
        let paid = call(nonce).await.unwrap();
        assert_eq!(paid.external_id().as_str(), paid.nonce().as_str());
        assert!(nonce.is_none_or(|nonce| paid.nonce() == nonce));
    }
    let sent = wire.sent();
    assert_eq!(sent[0].body, sent[1].body);
    let fresh: Value = serde_json::from_slice(&sent[2].body).unwrap();
    assert_eq!(fresh["Nonce"].as_str().unwrap().len(), 36);
    assert_eq!(fresh["Nonce"], fresh["ExternalID"]);
}

#[tokio::test]
async fn a_sale_and_a_managed_session_hand_back_their_answers() {
    let wire = answers(&sale());
    let sold = sell(&sandbox(&wire)).await.unwrap();
    assert_eq!(wire.sent()[0].url.path(), "/v1/checkout/sell");
    assert_eq!(sold.transaction().amount.value().unwrap().as_str(), "51.5");
    assert_eq!(
        (sold.external_id().as_str(), sold.nonce().as_str().len()),
        ("order-7", 36)
    );

    let wire = answers(&json!({"HostedURL": "https://checkout.sandbox.noah.com/manage"}));
    let managed = sandbox(&wire)
        .checkout()
        .manage()
        .customer_id("customer-1")
        .send()
        .await
        .unwrap();
    assert_eq!(wire.sent()[0].body, r#"{"CustomerID":"customer-1"}"#);
    assert_eq!(managed.hosted_url(), "https://checkout.sandbox.noah.com/manage");
}

/// Everything that is wrong at once, and nothing sent.
#[tokio::test]
async fn a_wrong_request_is_refused_with_all_its_faults() {
    let wire = ScriptedWire::new([]);
    let error = sandbox(&wire)
        .checkout()
        .sell()
        .customer_id("")
        .fiat_currency(FiatCurrencyCode::Usd)
        .fiat_amount("50.005")
        .crypto_currency(CryptoCurrencyCode::Btc)
        .crypto_authorized_amount("0.123456789")
        .return_url("https://shop.example/sold?Status=new")
        .line_items([
            line_item("Wrong total", 2, "5.05").total("10.11"),
            line_item("No quantity", 0, "5.05"),
            line_item("Half a cent", "0.5", "5.05"),
            line_item("", "1,5", "-1"),
            line_item("Too exact", "0.00000000000000000001", "0.00000000000000000001"),
        ])
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::InvalidRequest, Outcome::NotSent)
    );
    assert!(wire.sent().is_empty());
    insta::assert_snapshot!("noah_refused_sale", lines(error.violations().unwrap()));
}

/// A page that is none, and a code whose misspelling would switch off the check of its decimals.
#[tokio::test]
async fn return_urls_are_pages_and_currencies_are_codes() {
    for (url, currency, wrong) in [
        ("https://shop.example/done", "USD", &[][..]),
        ("http://localhost:3000/done", "KES", &[]),
        ("http://shop.example/done", "USD", &["/ReturnURL"]),
        ("javascript:alert(1)", "USD", &["/ReturnURL"]),
        ("https://shop.example/done", "usd", &["/FiatCurrency"]),
        ("https://shop.example/done", "", &["/FiatCurrency"]),
    ] {
        let wire = answers(&session());
        let result = sandbox(&wire)
            .checkout()
            .pay_in_fiat()
            .customer_id("customer-1")
            .payment_method_category(PaymentMethodCategory::Card)
            .fiat_currency(currency)
            .fiat_amount(10)
            .crypto_currency(CryptoCurrencyCode::UsdcTest)
            .return_url(url)
            .line_items([line_item("Coffee beans", 1, 10)])
            .send()
            .await;
        let pointers: Vec<String> = match &result {
            Err(error) if error.kind() == ErrorKind::InvalidRequest => error
                .violations()
                .unwrap()
                .iter()
                .map(|v| v.pointer.clone())
                .collect(),
            _ => Vec::new(),
        };
        assert_eq!(pointers, wrong, "{url} {currency}");
        assert_eq!(wire.sent().len(), usize::from(wrong.is_empty()));
    }
}

/// Newer documents know the tagged person alone, so the untagged one is sent with its tag, and the tagged one as it is.
#[tokio::test]
async fn a_person_to_manage_is_sent_with_the_tag() {
    let person = json!({
        "FullName": {"FirstName": "Ada", "LastName": "Example"},
        "DateOfBirth": "1990-01-02",
        "Identities": [{"IssuingCountry": "US", "IDNumber": "X1", "IDType": "Passport"}],
        "PrimaryResidence": {
            "Street": "1 Main Street", "City": "Springfield", "PostCode": "12345", "State": "IL", "Country": "US",
        },
    });
    let mut tagged = person.clone();
    tagged["Type"] = json!("Individual");
    for given in [&person, &tagged] {
        let wire = answers(&json!({"HostedURL": "https://checkout.sandbox.noah.com/manage"}));
        let customer: noah_models::ManagedCustomerInput = serde_json::from_value(given.clone()).unwrap();
        sandbox(&wire)
            .checkout()
            .manage()
            .customer_id("customer-1")
            .customer(customer)
            .send()
            .await
            .unwrap();
        let sent: Value = serde_json::from_slice(&wire.sent()[0].body).unwrap();
        assert_eq!(sent["Customer"], tagged, "{given}");
    }
}

#[tokio::test]
async fn amounts_that_cannot_be_read_are_reported_once() {
    let wire = ScriptedWire::new([]);
    let error = pay_for(
        &sandbox(&wire).checkout(),
        "ten",
        [line_item("Coffee beans", 2, "5.05")],
    )
    .await
    .unwrap_err();
    assert_eq!(
        error
            .violations()
            .unwrap()
            .iter()
            .map(|v| v.pointer.as_str())
            .collect::<Vec<_>>(),
        ["/FiatAmount"]
    );
    let error = pay_for(
        &sandbox(&wire).checkout(),
        "10.10",
        [line_item("Coffee beans", "two", "5.05")],
    )
    .await;
    let error = error.unwrap_err();
    let pointers: Vec<_> = error
        .violations()
        .unwrap()
        .iter()
        .map(|v| v.pointer.as_str())
        .collect();
    assert_eq!(pointers, ["/LineItems/0/Quantity"]);
}

/// Of no items there is no sum that could be wrong.
#[tokio::test]
async fn a_basket_without_items_is_one_fault() {
    let wire = ScriptedWire::new([]);
    let error = pay_for(&sandbox(&wire).checkout(), "10.10", [])
        .await
        .unwrap_err();
    let found = lines(error.violations().unwrap());
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(found.starts_with("/LineItems: "), "{found}");
    assert!(wire.sent().is_empty());
}

#[tokio::test]
async fn checks_can_be_switched_off_for_a_client_or_a_call() {
    let discounted = || [line_item("Coffee beans", 2, "5.05"), line_item("Tea", 1, 3)];
    let finer = || [line_item("Fuel", "10.1", "1.0009").total("10.10909")];
    let wire = ScriptedWire::new([]);
    let checkout = sandbox(&wire).checkout();
    assert!(
        pay_for(&checkout, "10.10", discounted())
            .await
            .unwrap_err()
            .violations()
            .is_some()
    );
    assert!(
        pay_for(&checkout, "10.10909", finer())
            .await
            .unwrap_err()
            .violations()
            .is_some()
    );

    let wire = answers(&session());
    let checkout = sandbox(&wire).checkout().checks(DISCOUNTS);
    pay_for(&checkout, "10.10", discounted()).await.unwrap();
    let mut answer = session();
    answer["CheckoutSession"]["SourceAmount"] = json!("10.10909");
    let checkout = sandbox(&answers(&answer)).checkout().checks(FRACTIONS);
    pay_for(&checkout, "10.10909", finer()).await.unwrap();

    let credentials = Credentials::sandbox_unsigned(API_KEY).unwrap();
    let noah = Noah::builder(credentials)
        .wire(answers(&session()))
        .checks(DISCOUNTS)
        .build()
        .unwrap();
    pay_for(&noah.checkout(), "10.10", discounted()).await.unwrap();
}

#[tokio::test]
async fn currencies_without_decimals_have_none() {
    let wire = ScriptedWire::new([]);
    let checkout = sandbox(&wire).checkout();
    for (currency, amount, refused) in [
        ("JPY", "1000.5", true),
        ("KWD", "10.125", false),
        ("KWD", "10.1255", true),
        ("XYZ", "1.23456", false),
    ] {
        let error = checkout
            .pay_in_fiat()
            .customer_id("customer-1")
            .payment_method_category(PaymentMethodCategory::Card)
            .fiat_currency(currency)
            .fiat_amount(amount)
            .crypto_currency(CryptoCurrencyCode::UsdcTest)
            .return_url("https://shop.example/done")
            .line_items([line_item("Coffee beans", 1, amount)])
            .send()
            .await
            .unwrap_err();
        assert_eq!(
            error.kind() == ErrorKind::InvalidRequest,
            refused,
            "{currency} {amount}: {error}"
        );
    }
}

/// Each contradiction alone is found, at its place; the error holds the whole answer and says that money may move.
#[tokio::test]
async fn answers_that_contradict_the_request_are_not_believed() {
    let pay_ins = [
        ("/CheckoutSession/SourceCurrency", json!("EUR")),
        ("/CheckoutSession/SourceCurrency", json!("surprise <b>")),
        ("/CheckoutSession/DestinationCurrency", json!("BTC_TEST")),
        ("/CheckoutSession/SourceAmount", json!("10.11")),
        ("/CheckoutSession/SourceAmount", json!("-10.10")),
        ("/CheckoutSession/CustomerID", json!("customer-2")),
        ("/CheckoutSession/ExternalID", json!("order-8")),
        (
            "/HostedURL",
            json!("https://checkout.sandbox.noah.com.evil.example/pay"),
        ),
        ("/HostedURL", json!("http://checkout.sandbox.noah.com/pay")),
        ("/HostedURL", json!("https://checkout.noah.com/pay")),
    ];
    let sales = [
        ("/Transaction/CryptoCurrency", json!("BTC_TEST")),
        ("/Transaction/CustomerID", json!("customer-2")),
        ("/Transaction/ExternalID", json!("order-8")),
        ("/Transaction/Amount", json!("51.51")),
        ("/Transaction/Amount", json!("5e9")),
        ("/Transaction/FiatPayment/Amount", json!("49.99")),
        ("/Transaction/FiatPayment/FiatCurrency", json!("EUR")),
        ("/HostedURL", json!("https://evil.example/")),
    ];
    let mut texts = String::new();
    let mut note = |pointer: &str, answer: &Value, error: Error| {
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Mismatch, Outcome::Unknown),
            "{pointer}"
        );
        assert!(error.money_may_have_moved());
        assert_eq!(error.body().unwrap(), answer.to_string().as_bytes());
        let pointers: Vec<_> = error
            .violations()
            .unwrap()
            .iter()
            .map(|v| v.pointer.as_str())
            .collect();
        assert_eq!(pointers, [pointer]);
        texts.push_str(&lines(error.violations().unwrap()));
    };
    for (pointer, value) in pay_ins {
        let mut answer = session();
        *answer.pointer_mut(pointer).unwrap() = value;
        note(
            pointer,
            &answer,
            pay(&sandbox(&answers(&answer)).checkout()).await.unwrap_err(),
        );
    }
    for (pointer, value) in sales {
        let mut answer = sale();
        *answer.pointer_mut(pointer).unwrap() = value;
        note(
            pointer,
            &answer,
            sell(&sandbox(&answers(&answer))).await.unwrap_err(),
        );
    }
    insta::assert_snapshot!("noah_mismatches", texts);
}

/// It says nothing of that field, and what it says of others holds.
#[tokio::test]
async fn a_field_that_stands_twice_is_no_answer_to_what_was_asked() {
    for (field, places) in [
        ("ExternalID", &["/CheckoutSession/ExternalID"][..]),
        ("SourceAmount", &["/CheckoutSession/SourceAmount"]),
        ("Created", &[]),
    ] {
        let answer = session().to_string();
        let twice = answer.replace(
            &format!("\"{field}\":"),
            &format!("\"{field}\":null,\"{field}\":"),
        );
        let wire = ScriptedWire::new([Step::respond(200).body(twice)]);
        let found = match pay(&sandbox(&wire).checkout()).await {
            Ok(_) => Vec::new(),
            Err(error) => error.violations().unwrap().iter().cloned().collect(),
        };
        let found: Vec<_> = found.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!(found, places, "{field}");
    }
}

/// Amounts of an answer may be provisional. What they are in, and whose they are, never is.
#[tokio::test]
async fn amounts_are_not_compared_where_currencies_alone_count() {
    let mut pay_in = session();
    pay_in["CheckoutSession"]["SourceAmount"] = json!("10.11");
    let mut sold = sale();
    sold["Transaction"]["Amount"] = json!("51.51");
    sold["Transaction"]["FiatPayment"]["Amount"] = json!("0");
    let lenient = |answer: &Value| {
        let key = SigningKey::generate(Algorithm::ES384).unwrap();
        Noah::builder(Credentials::sandbox(API_KEY, key).unwrap())
            .wire(answers(answer))
            .checks(PROVISIONAL)
            .build()
            .unwrap()
    };
    pay(&lenient(&pay_in).checkout()).await.unwrap();
    sell(&lenient(&sold)).await.unwrap();
    let checkout = sandbox(&answers(&pay_in)).checkout();
    pay(&checkout.checks(PROVISIONAL)).await.unwrap();
    let strict = lenient(&pay_in).checkout().checks(Checks::EXACT);
    assert_eq!(pay(&strict).await.unwrap_err().kind(), ErrorKind::Mismatch);

    for pointer in [
        "/Transaction/CryptoCurrency",
        "/Transaction/CustomerID",
        "/Transaction/ExternalID",
        "/Transaction/FiatPayment/FiatCurrency",
        "/HostedURL",
    ] {
        let mut answer = sold.clone();
        *answer.pointer_mut(pointer).unwrap() = json!("OTHER");
        let error = sell(&lenient(&answer)).await.unwrap_err();
        let pointers: Vec<_> = error
            .violations()
            .unwrap()
            .iter()
            .map(|v| v.pointer.as_str())
            .collect();
        assert_eq!(pointers, [pointer]);
    }
}

/// The Nonce was made inside `send`: were it not in the error, nobody could ask again without paying again.
#[tokio::test]
async fn a_cut_pay_in_can_be_repeated_with_the_nonce_that_was_made_for_it() {
    let mut answer = session();
    answer["CheckoutSession"]
        .as_object_mut()
        .unwrap()
        .remove("ExternalID");
    let wire = ScriptedWire::new([Step::cut(), Step::respond(200).body(answer.to_string())]);
    let checkout = sandbox(&wire).checkout();
    let call = || {
        checkout
            .pay_in_fiat()
            .customer_id("customer-1")
            .payment_method_category(PaymentMethodCategory::Card)
            .fiat_currency(FiatCurrencyCode::Usd)
            .fiat_amount("10.10")
            .crypto_currency(CryptoCurrencyCode::UsdcTest)
            .return_url("https://shop.example/done")
            .line_items([line_item("Coffee beans", 2, "5.05")])
    };
    let error = call().send().await.unwrap_err();
    assert!(error.money_may_have_moved());
    let nonce = error.idempotency_key().unwrap();
    // The Nonce names the order too, where no ExternalID was given.
    assert_eq!(error.details(), [("ExternalID", nonce.to_owned())]);

    let paid = call().nonce(nonce).send().await.unwrap();
    assert_eq!(paid.nonce(), nonce);
    let [first, second] = &wire.sent()[..] else {
        panic!("two requests")
    };
    assert_eq!(first.body, second.body);
}

#[tokio::test]
async fn every_error_of_a_sent_order_names_both_its_ids() {
    let mut other_session = session();
    other_session["CheckoutSession"]["ExternalID"] = json!("order-8");
    let mut other_sale = sale();
    other_sale["Transaction"]["ExternalID"] = json!("order-8");
    let mismatch = |answer: &Value| Step::respond(200).body(answer.to_string());
    let steps = || {
        [
            Step::refuse_connection(),
            Step::cut(),
            Step::respond(400),
            Step::respond(503),
            Step::respond(200).body("<html>"),
        ]
    };
    let mut kinds = Vec::new();
    for step in steps().into_iter().chain([mismatch(&other_session)]) {
        let wire = ScriptedWire::new([step]);
        let error = pay(&sandbox(&wire).checkout()).await.unwrap_err();
        assert_names_both(&error, &wire);
        kinds.push(error.kind());
    }
    for step in steps().into_iter().chain([mismatch(&other_sale)]) {
        let wire = ScriptedWire::new([step]);
        let error = sell(&sandbox(&wire)).await.unwrap_err();
        assert_names_both(&error, &wire);
        kinds.push(error.kind());
    }
    assert_eq!(kinds[..6], kinds[6..]);
    assert_eq!(kinds[5], ErrorKind::Mismatch);
}

fn assert_names_both(error: &Error, wire: &ScriptedWire) {
    let body: Value = serde_json::from_slice(&wire.sent()[0].body).unwrap();
    let nonce = body["Nonce"].as_str().unwrap();
    assert_eq!(error.idempotency_key(), Some(nonce), "{error}");
    assert_eq!(error.details(), [("ExternalID", "order-7".to_owned())], "{error}");
    let text = error.to_string();
    assert!(
        text.ends_with(&format!("; Nonce {nonce}; ExternalID order-7")),
        "{text}"
    );
}

#[tokio::test]
async fn where_an_answer_is_silent_nothing_is_compared() {
    let mut answer = session();
    let object = answer["CheckoutSession"].as_object_mut().unwrap();
    object.remove("SourceAmount");
    object.remove("ExternalID");
    pay(&sandbox(&answers(&answer)).checkout()).await.unwrap();
    let mut answer = sale();
    let object = answer["Transaction"].as_object_mut().unwrap();
    for name in ["FiatPayment", "Amount", "CustomerID", "ExternalID"] {
        object.remove(name);
    }
    sell(&sandbox(&answers(&answer))).await.unwrap();
}

#[tokio::test]
async fn locally_hosted_pages_are_on_this_machine() {
    let mut answer = session();
    answer["HostedURL"] = json!("http://127.0.0.1:4010/hosted/session-1");
    let local = |wire: ScriptedWire| {
        let credentials = Credentials::local_unsigned("http://127.0.0.1:4010/v1", API_KEY).unwrap();
        Noah::builder(credentials).wire(wire)
    };
    let noah = local(answers(&answer)).build().unwrap();
    pay(&noah.checkout()).await.unwrap();
    let noah = local(answers(&answer))
        .hosted_hosts(["pay.test"])
        .build()
        .unwrap();
    assert_eq!(
        pay(&noah.checkout()).await.unwrap_err().kind(),
        ErrorKind::Mismatch
    );
}

#[tokio::test]
async fn noahs_own_words_are_in_the_error() {
    let refusal = json!({
        "Type": "Forbidden",
        "Instance": "error-sample-6",
        "Detail": "channel policy denied action `Use` (ImplicitDeny)",
        "DenyExtension": [{"Reason": "VerificationRequired", "Description": "d", "Principal": {"ID": "customer-1", "Type": "Customer"}}],
    });
    let wire = ScriptedWire::new([Step::respond(403).body(refusal.to_string())]);
    let error = pay(&sandbox(&wire).checkout()).await.unwrap_err();
    assert_eq!(
        (error.outcome(), error.reference()),
        (Outcome::Refused, Some("error-sample-6"))
    );
    let text = error
        .to_string()
        .replace(error.idempotency_key().unwrap(), "[nonce]");
    insta::assert_snapshot!("noah_forbidden", text);
    let typed: noah_models::Error = error.decode_api_error().unwrap();
    let denied = &typed.deny_extension.value().unwrap()[0];
    assert_eq!(denied.principal.value().unwrap().id.text(), Some("customer-1"));
}

/// An amount of so many units of 10^-scale, as text.
fn text(units: u64, scale: usize) -> String {
    let digits = format!("{units:0>width$}", width = scale + 1);
    let (integer, fraction) = digits.split_at(digits.len() - scale);
    if fraction.is_empty() {
        integer.to_owned()
    } else {
        format!("{integer}.{fraction}")
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]

    /// Totals and sums as integers say them, whatever the scales; off by one unit, they are refused.
    #[test]
    fn line_items_add_up_as_integers_do(
        items in proptest::collection::vec((1..100_000_u64, 0..4_usize, 0..100_000_u64, 0..4_usize), 1..6),
        off in 0..6_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let scaled = |(quantity, a, unit, b): (u64, usize, u64, usize)| quantity * unit * 10_u64.pow(6 - (a + b) as u32);
        let totals: Vec<u64> = items.iter().copied().map(scaled).collect();
        let sum: u64 = totals.iter().sum();
        proptest::prop_assume!(sum > 0);
        let input = |(quantity, a, unit, b): (u64, usize, u64, usize)| line_item("x", text(quantity, a), text(unit, b));
        let amount = text(sum, 6);
        let mut answer = session();
        answer["CheckoutSession"]["SourceAmount"] = json!(amount);

        let wire = answers(&answer);
        let checkout = sandbox(&wire).checkout().checks(FRACTIONS);
        runtime.block_on(pay_for(&checkout, &amount, items.iter().copied().map(input))).unwrap();
        let body: Value = serde_json::from_slice(&wire.sent()[0].body).unwrap();
        for (index, total) in totals.iter().enumerate() {
            let sent: PositiveDecimal = body["LineItems"][index]["TotalAmount"].as_str().unwrap().parse().unwrap();
            proptest::prop_assert_eq!(sent, text(*total, 6).parse::<PositiveDecimal>().unwrap());
        }

        // One item off by a millionth, and the amount with it: the item is to blame. The amount alone: the sum is.
        let off = off % items.len();
        let inputs = items.iter().copied().enumerate().map(|(index, item)| {
            let total = totals[index] + u64::from(index == off);
            input(item).total(text(total, 6))
        });
        let error = runtime.block_on(pay_for(&checkout, &text(sum + 1, 6), inputs)).unwrap_err();
        let pointers: Vec<_> = error.violations().unwrap().iter().map(|v| v.pointer.clone()).collect();
        proptest::prop_assert_eq!(pointers, [format!("/LineItems/{off}/TotalAmount")]);
        let inputs = items.iter().copied().map(input);
        let error = runtime.block_on(pay_for(&checkout, &text(sum + 1, 6), inputs)).unwrap_err();
        let pointers: Vec<_> = error.violations().unwrap().iter().map(|v| v.pointer.clone()).collect();
        proptest::prop_assert_eq!(pointers, ["/LineItems"]);
    }
}

fn prepared(checkout: &Checkout) -> PreparedPayIn {
    checkout
        .pay_in_fiat()
        .customer_id("customer-1")
        .payment_method_category(PaymentMethodCategory::Card)
        .fiat_currency(FiatCurrencyCode::Usd)
        .fiat_amount("10.10")
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .return_url("https://shop.example/done")
        .external_id("order-7")
        .line_items([line_item("Coffee beans", 2, "5.05")])
        .prepare()
        .unwrap()
}

/// The answer is held against the request that was stored, for there is no other.
#[tokio::test]
async fn a_stored_pay_in_is_sent_and_its_answer_checked_as_if_just_made() {
    let mut other = session();
    other["CheckoutSession"]["SourceAmount"] = json!("99.10");
    let wire = ScriptedWire::new([
        Step::respond(200).body(session().to_string()),
        Step::respond(200).body(other.to_string()),
        Step::cut(),
    ]);
    let checkout = sandbox(&wire).checkout();
    let made = prepared(&checkout);
    assert_eq!(checkout.base_url(), made.base_url());
    let stored: PreparedPayIn = serde_json::from_str(&serde_json::to_string(&made).unwrap()).unwrap();
    let restarted = sandbox(&wire).checkout();

    let session = restarted.send(&stored).await.unwrap();
    assert_eq!(session.nonce().as_str(), made.idempotency_key().unwrap());
    assert_eq!(session.external_id(), "order-7");
    assert_eq!(wire.sent()[0].body, made.body());

    let error = restarted.send(&stored).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    let error = restarted.send(&stored).await.unwrap_err();
    assert_eq!(error.details(), [("ExternalID", "order-7".to_owned())]);
    assert!(error.prepared().unwrap().typed::<CreateFiatPayin>().is_some());
}

#[tokio::test]
async fn a_pay_in_of_the_sandbox_is_not_sent_to_production() {
    let wire = ScriptedWire::new([]);
    let stored = prepared(&sandbox(&wire).checkout());
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    let production = Noah::builder(Credentials::production("apikey_prod_CANARY1", key).unwrap())
        .wire(wire.clone())
        .build()
        .unwrap();
    let error = production.checkout().send(&stored).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Configuration, Outcome::NotSent)
    );
    assert!(wire.sent().is_empty());
    let nonce = stored.idempotency_key().unwrap();
    insta::assert_snapshot!(error.to_string().replace(nonce, "[nonce]"));
}

#[tokio::test(start_paused = true)]
async fn options_of_one_call_are_its_own() {
    let wire = ScriptedWire::new(std::iter::repeat_n(Step::cut(), 5));
    let noah = sandbox(&wire);
    let patient = noah.checkout().options(CallOptions::DEFAULT.attempts(4)).unwrap();
    pay(&patient).await.unwrap_err();
    assert_eq!(wire.sent().len(), 4);
    pay(&noah.checkout()).await.unwrap_err();
    assert_eq!(wire.sent().len(), 5);
    let zero = CallOptions::DEFAULT.timeouts(Timeouts::DEFAULT.with_total(std::time::Duration::ZERO));
    assert!(noah.checkout().options(zero).is_err());
}

/// As after an update by which a field became required: what the process before may have sent is not "not sent" for that.
#[tokio::test]
async fn a_stored_request_that_cannot_be_read_is_of_unknown_outcome() {
    let wire = ScriptedWire::new([]);
    let checkout = sandbox(&wire).checkout();
    let base_url = "https://api.sandbox.noah.com/v1";
    let request = Forming
        .post(format!("{base_url}/checkout/payin/fiat"))
        .json(&serde_json::json!({"Nonce": "n-1", "FiatAmount": "10.10"}))
        .build();
    let noah = sandbox(&wire);
    let transport = noah.api().transport();
    let old: PreparedPayIn = prepare(transport, base_url, request).unwrap();
    let stored: PreparedPayIn = serde_json::from_str(&serde_json::to_string(&old).unwrap()).unwrap();
    let error = checkout.send(&stored).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Configuration, Outcome::Unknown)
    );
    assert_eq!(error.idempotency_key(), stored.idempotency_key());
    assert!(error.prepared().is_some() && error.money_may_have_moved());
    assert!(wire.sent().is_empty());
}

/// What the API may take and is probably not meant goes out, and is told: to the caller, and once to the log.
#[tokio::test]
async fn a_near_miss_is_a_warning_of_the_prepared_request() {
    let wire = answers(&session());
    let checkout = sandbox(&wire).checkout();
    let request = |category: &'static str| {
        checkout
            .pay_in_fiat()
            .customer_id("customer-1")
            .payment_method_category(category)
            .fiat_currency("USD")
            .fiat_amount("10.10")
            .crypto_currency("USDC_TEST")
            .return_url("https://shop.example/done")
            .external_id("order-7")
            .line_items([line_item("Coffee beans", 2, "5.05")])
            .prepare()
            .unwrap()
    };
    let told = |category| {
        let prepared = request(category);
        prepared
            .warnings()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let meant = "/PaymentMethodCategory: is not a value that the API's documents list; was Card meant?";
    for category in ["card", "CARD", "Crad", "Cards"] {
        assert_eq!(told(category), [meant], "{category}");
    }
    for category in ["Card", "Wallet", "Crypto", ""] {
        assert!(told(category).is_empty(), "{category}");
    }
    checkout.send(&request("card")).await.unwrap();
    assert_eq!(wire.sent().len(), 1);
}

/// A code of the other kind is wrong in every environment, and is told once.
#[tokio::test]
async fn a_currency_of_the_other_kind_is_refused() {
    let wire = ScriptedWire::new([]);
    let found = |fiat: &str, crypto: &str| {
        let error = sandbox(&wire)
            .checkout()
            .pay_in_fiat()
            .customer_id("customer-1")
            .payment_method_category("Card")
            .fiat_currency(fiat)
            .fiat_amount("10.10")
            .crypto_currency(crypto)
            .return_url("https://shop.example/done")
            .line_items([line_item("Coffee beans", 2, "5.05")])
            .prepare()
            .unwrap_err();
        lines(error.violations().unwrap())
    };
    insta::assert_snapshot!(found("USDC", "USD"), @r"
    /FiatCurrency: is the code of a crypto currency; write that of the fiat money, such as USD
    /CryptoCurrency: is the code of fiat money; write that of the crypto currency, such as USDC, USDC_TEST, USDT, USDT_TEST
    ");
    insta::assert_snapshot!(found("usd", "eur"), @r"
    /FiatCurrency: is no currency code; was USD meant? Write three capital letters such as USD (ISO 4217)
    /CryptoCurrency: is the code of fiat money; write that of the crypto currency, such as EURC
    ");
}

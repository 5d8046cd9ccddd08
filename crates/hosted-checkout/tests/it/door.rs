//! Operations by their id: the same requests, rules and checks as by name.

use std::fmt::Write as _;

use checkout_core::key::{Algorithm, SigningKey};
use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{CallOptions, Error, ErrorKind, Outcome};
use hosted_checkout::noah::models::FiatOption;
use hosted_checkout::noah::{self, Noah, line_item};
use hosted_checkout::worldline::{self, ClientMetaInfo, ClientSession, Connect, Credentials, Endpoint};
use hosted_checkout::{Arguments, PreparedRequest};
use serde_json::{Value, json};

const CANARY: &str = "CANARY-Jane-Doe";

fn noah(wire: &ScriptedWire) -> Noah {
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    Noah::builder(noah::Credentials::sandbox("apikey_sandbox_1", key).unwrap())
        .wire(wire.clone())
        .options(CallOptions::DEFAULT.attempts(1))
        .build()
        .unwrap()
}

fn connect(wire: &ScriptedWire) -> Connect {
    let credentials = Credentials::builder()
        .merchant_id("9991")
        .api_key_id("key-1")
        .secret_api_key("secret-1")
        .integrator("Example Shop")
        .build()
        .unwrap();
    Connect::builder()
        .endpoint(Endpoint::sandbox())
        .credentials(credentials)
        .wire(wire.clone())
        .options(CallOptions::DEFAULT.attempts(1))
        .build()
        .unwrap()
}

fn answering(answer: &Value) -> ScriptedWire {
    ScriptedWire::new([Step::respond(200).body(answer.to_string())])
}

fn pay_in() -> Value {
    json!({
        "PaymentMethodCategory": "Card", "FiatCurrency": "USD", "CryptoCurrency": "USDC_TEST", "FiatAmount": "10.10",
        "ReturnURL": "https://shop.example/done", "ExternalID": "order-7", "CustomerID": "customer-1", "Nonce": "nonce-1",
        "LineItems": [{"Description": "Coffee beans", "Quantity": "2", "UnitAmount": "5.05", "TotalAmount": "10.10"}],
    })
}

fn without(mut body: Value, names: &[&str]) -> Value {
    let fields = body.as_object_mut().unwrap();
    names.iter().for_each(|name| drop(fields.remove(*name)));
    body
}

fn by_id(noah: &Noah, body: Value) -> Result<PreparedRequest, Error> {
    noah.prepare_by_id("createFiatPayin", Arguments::new().body(body))
}

fn told(error: &Error) -> String {
    let mut text = format!("{error}\n");
    for violation in error.violations().into_iter().flatten() {
        writeln!(text, "{violation}").unwrap();
    }
    text
}

#[test]
fn a_request_by_id_is_that_of_the_call_builder_to_the_byte() {
    let wire = ScriptedWire::new([]);
    let noah = noah(&wire);
    let request = by_id(&noah, pay_in()).unwrap();
    // A builder outlives the handle that it came of.
    let builder = noah.checkout().pay_in_fiat();
    let built = builder
        .customer_id("customer-1")
        .payment_method_category("Card")
        .fiat_currency("USD")
        .fiat_amount("10.10")
        .crypto_currency("USDC_TEST")
        .return_url("https://shop.example/done")
        .external_id("order-7")
        .nonce("nonce-1")
        .line_items([line_item("Coffee beans", 2, "5.05")])
        .prepare()
        .unwrap();
    assert_eq!(request.body(), built.body());
    assert_eq!(request.path(), built.path());
    assert_eq!(request.idempotency_key(), Some("nonce-1"));
    assert!(!request.has_fresh_key());

    let connect = connect(&wire);
    let arguments = Arguments::new()
        .parameter("merchantId", "9991")
        .parameter("X-GCS-Idempotence-Key", "key-7")
        .body(json!({"tokens": ["t-1"]}));
    let request = connect
        .server()
        .prepare_by_id("createSession", arguments)
        .unwrap();
    let builder = connect.server().create_session();
    let tokens = vec!["t-1".into()];
    let built = builder.idempotence_key("key-7").tokens(tokens).prepare().unwrap();
    assert_eq!(request.body(), built.body());
    assert_eq!(request.path(), "/v1/9991/sessions");
    assert_eq!(request.idempotency_key(), Some("key-7"));
}

#[test]
fn what_may_be_left_out_is_made_as_the_call_builders_make_it() {
    let noah = noah(&ScriptedWire::new([]));
    let request = by_id(&noah, without(pay_in(), &["Nonce", "ExternalID"])).unwrap();
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(body["Nonce"].as_str(), request.idempotency_key());
    assert_eq!(body["ExternalID"], body["Nonce"]);
    assert!(request.has_fresh_key());
    let other = by_id(&noah, without(pay_in(), &["Nonce"])).unwrap();
    assert_ne!(other.idempotency_key(), request.idempotency_key());
    let named = by_id(&noah, without(pay_in(), &["ExternalID"])).unwrap();
    let body: Value = serde_json::from_slice(named.body()).unwrap();
    assert_eq!(
        (body["ExternalID"].as_str(), named.has_fresh_key()),
        (Some("nonce-1"), false)
    );
}

/// Of the arguments, of the spec, of the client and of the operation.
#[test]
fn all_that_is_wrong_is_in_one_error_and_no_value_is() {
    let noah = noah(&ScriptedWire::new([]));
    let mut wrong = pay_in();
    wrong["CustomerID"] = CANARY.repeat(4).into();
    wrong["CryptoCurrency"] = "USDC".into();
    wrong["ReturnURL"] = format!("http://shop.example/{CANARY}").into();
    wrong["FiatAmount"] = "11.115".into();
    wrong["LineItems"][0]["Colour"] = CANARY.into();
    wrong["FiatAmout"] = CANARY.into();
    let arguments = Arguments::new().parameter("PageSize", CANARY).body(wrong);
    let error = noah.prepare_by_id("createFiatPayin", arguments).unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::InvalidRequest, Outcome::NotSent)
    );
    let told = told(&error);
    assert!(
        !told.contains(CANARY) && !format!("{error:?}").contains(CANARY),
        "{told}"
    );
    insta::assert_snapshot!(told);
}

#[test]
fn what_makes_no_request_is_told_with_its_place() {
    let noah = noah(&ScriptedWire::new([]));
    let server = connect(&ScriptedWire::new([])).server();
    let of_noah = |body: Value| told(&by_id(&noah, body).unwrap_err());
    let of_server = |id: &str, arguments: Arguments| told(&server.prepare_by_id(id, arguments).unwrap_err());
    let mut typed = pay_in();
    typed["LineItems"][0]["Quantity"] = json!({"of": CANARY});
    let product = json!({"paymentProductSession302SpecificInput": {"domainName": "shop.example",
        "validationUrl": "https://apple-pay-gateway.apple.com/paymentservices/startSession"}});
    let cases = [
        told(
            &noah
                .prepare_by_id("createFiatPayin", Arguments::new())
                .unwrap_err(),
        ),
        of_noah(without(pay_in(), &["CustomerID"])),
        of_noah(typed),
        of_noah(json!([CANARY])),
        told(
            &noah
                .prepare_by_id("createFiatPayIn", Arguments::new())
                .unwrap_err(),
        ),
        told(
            &noah
                .prepare_by_id(&format!("{CANARY}\n"), Arguments::new())
                .unwrap_err(),
        ),
        of_server("createClientProductSession", Arguments::new()),
        of_server("createProductSession", Arguments::new().body(product.clone())),
        of_server(
            "createProductSession",
            Arguments::new()
                .parameter("paymentProductID", "302")
                .body(product.clone()),
        ),
        of_server(
            "createProductSession",
            Arguments::new()
                .parameter("paymentProductId", CANARY)
                .parameter("merchantId", CANARY)
                .parameter("X-GCS-Idempotence-Key", "one")
                .parameter("X-GCS-Idempotence-Key", "two")
                .body(product),
        ),
        of_server(
            "createProductSession",
            Arguments::new()
                .parameter("paymentProductId", "302")
                .body(json!({})),
        ),
        of_server("testConnection", Arguments::new().body(json!({}))),
    ];
    let told = cases.join("\n");
    assert!(!told.contains(CANARY), "{told}");
    insta::assert_snapshot!(told);
}

fn session() -> Value {
    json!({
        "HostedURL": "https://checkout.sandbox.noah.com/pay?session=1",
        "CheckoutSession": {
            "CheckoutSessionID": "session-1", "SourceCurrency": "USD", "DestinationCurrency": "USDC_TEST",
            "SourceAmount": "10.1", "Status": "Pending", "ExternalID": "order-7", "CustomerID": "customer-1",
            "ReturnURL": "https://shop.example/done", "LineItems": [], "Type": "PayinFiat",
            "Created": "2025-02-03T10:20:55.000Z", "New": {"Kept": 1},
        },
    })
}

#[tokio::test]
async fn an_answer_is_given_whole_once_it_has_passed_the_typed_checks() {
    let mut odd = session();
    odd["CheckoutSession"]["Status"] = json!(7);
    let wire = answering(&odd);
    let noah = noah(&wire);
    let request = by_id(&noah, pay_in()).unwrap();
    let answer = noah.send_by_id(&request).await.unwrap();
    assert_eq!(*answer, odd);
    assert_eq!(answer.unreadable()[0].pointer(), "/CheckoutSession/Status");
    assert_eq!(answer.receipt().idempotency_key.as_deref(), Some("nonce-1"));
    assert_eq!(wire.sent().len(), 1);
}

#[tokio::test]
async fn an_answer_that_contradicts_its_request_is_told_as_by_name() {
    for (pointer, value) in [
        ("/CheckoutSession/SourceAmount", json!("99")),
        ("/CheckoutSession/SourceAmount", json!(10.1)),
        ("/CheckoutSession/SourceCurrency", json!("EUR")),
        ("/CheckoutSession/ExternalID", json!("order-8")),
        ("/CheckoutSession", json!([])),
        ("/CheckoutSession", json!(null)),
        ("/HostedURL", json!("https://evil.example/pay")),
        ("/HostedURL", json!(7)),
        ("/HostedURL", json!(null)),
    ] {
        let mut wrong = session();
        *wrong.pointer_mut(pointer).unwrap() = value.clone();
        let noah = noah(&ScriptedWire::new([
            Step::respond(200).body(wrong.to_string()),
            Step::respond(200).body(wrong.to_string()),
        ]));
        let request = by_id(&noah, pay_in()).unwrap();
        let by_id = noah.send_by_id(&request).await.unwrap_err();
        let by_name = noah
            .send(&request.typed::<noah::call::CreateFiatPayin>().unwrap())
            .await
            .unwrap_err();
        assert_eq!(by_id.kind(), ErrorKind::Mismatch, "{pointer} {value}");
        assert_eq!(by_id.outcome(), Outcome::Unknown);
        assert_eq!(told(&by_id), told(&by_name));
        assert_eq!(by_id.details(), [("ExternalID", "order-7".to_owned())]);
    }
}

/// A stored request is one of its API, whichever operation it is of.
#[tokio::test]
async fn a_stored_request_is_sent_by_the_client_that_has_its_operation() {
    let noah = noah(&answering(&session()));
    let stored = serde_json::to_vec(&by_id(&noah, pay_in()).unwrap()).unwrap();
    let request = PreparedRequest::from_json(&stored, noah::models::operations::ALL).unwrap();
    assert_eq!(*noah.send_by_id(&request).await.unwrap(), session());

    let wire = ScriptedWire::new([]);
    let error = connect(&wire).server().send_by_id(&request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(
        error
            .to_string()
            .contains("none of this client of Worldline Connect"),
        "{error}"
    );
    assert!(wire.sent().is_empty());
}

fn client_session() -> ClientSession {
    ClientSession::builder()
        .client_session_id("f084372052fb47d9a766ec35bfa0e6bd")
        .customer_id("9991-0b67467b30df4c6d8649c8adc568fd0f")
        .client_api_url("https://eu.sandbox.api-ingenico.com/client")
        .build()
        .unwrap()
}

fn apple_pay() -> Arguments {
    Arguments::new().parameter("paymentProductId", "302").body(json!({
        "paymentProductSession302SpecificInput": {"domainName": "shop.example",
            "validationUrl": "https://apple-pay-gateway.apple.com/paymentservices/startSession"},
    }))
}

#[tokio::test]
async fn operations_without_a_body_and_of_the_client_api_have_a_door_too() {
    let wire = ScriptedWire::new([
        Step::respond(200).body(r#"{"result":"OK"}"#),
        Step::respond(200).body(r#"{"result":"NO"}"#),
        Step::respond(200).body(r#"{"paymentProductSession302SpecificOutput":{"sessionObject":"{}"}}"#),
    ]);
    let connect = connect(&wire);
    let server = connect.server();
    let request = server.prepare_by_id("testConnection", Arguments::new()).unwrap();
    assert_eq!(request.body(), server.prepare_test_connection().unwrap().body());
    assert_eq!(
        *server.send_by_id(&request).await.unwrap(),
        json!({"result": "OK"})
    );
    let error = server.send_by_id(&request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);

    let client = connect
        .client(&client_session(), &ClientMetaInfo::default())
        .unwrap();
    let request = client
        .prepare_by_id("createClientProductSession", apple_pay())
        .unwrap();
    assert!(client.send_by_id(&request).await.is_ok());
    assert!(server.send_by_id(&request).await.is_err());
}

/// An empty one would be taken for a session until a customer stands before the button.
#[tokio::test]
async fn an_answer_without_apples_session_is_an_error_by_id_and_by_name() {
    for answer in [
        json!({}),
        json!({"paymentProductSession302SpecificOutput": 7}),
        json!({"paymentProductSession302SpecificOutput": {}}),
        json!({"paymentProductSession302SpecificOutput": {"sessionObject": 7}}),
        json!({"paymentProductSession302SpecificOutput": {"sessionObject": null}}),
        json!({"paymentProductSession302SpecificOutput": {"sessionObject": ""}}),
    ] {
        let wire = ScriptedWire::new([0; 4].map(|_| Step::respond(200).body(answer.to_string())));
        let connect = connect(&wire);
        let (server, client) = (
            connect.server(),
            connect.client(&client_session(), &ClientMetaInfo::default()),
        );
        let client = client.unwrap();
        let arguments = apple_pay();
        let request = server
            .prepare_by_id("createProductSession", arguments.clone())
            .unwrap();
        let typed = request.typed::<worldline::call::CreateProductSession>().unwrap();
        let of_server = [
            server.send_by_id(&request).await.map(drop),
            server.send(&typed).await.map(drop),
        ];
        let request = client
            .prepare_by_id("createClientProductSession", arguments)
            .unwrap();
        let typed = request
            .typed::<worldline::call::CreateClientProductSession>()
            .unwrap();
        let of_client = [
            client.send_by_id(&request).await.map(drop),
            client.send(&typed).await.map(drop),
        ];
        for result in of_server.into_iter().chain(of_client) {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Mismatch, "{answer}");
            assert!(
                told(&error).contains("/sessionObject: is missing"),
                "{}",
                told(&error)
            );
        }
    }
}

/// A name may be a person's, or hold lines for a log.
#[test]
fn names_of_fields_that_the_api_does_not_have_are_not_quoted_at_will() {
    let noah = noah(&ScriptedWire::new([]));
    let mut body = pay_in();
    body[format!("{CANARY}\n2026-01-01 ERROR paid")] = json!(1);
    body["LineItems"][0][format!("{CANARY} of Example Street")] = json!(1);
    for index in 0..1000 {
        body[format!("x{index}")] = json!(1);
    }
    let text = told(&by_id(&noah, body).unwrap_err());
    assert!(!text.contains(CANARY) && !text.contains("paid"), "{text}");
    assert!(text.lines().count() < 250, "{text}");
}

/// A stored Nonce that was lost on the way is no wish for a new one: with that, a repeat would pay twice.
#[test]
fn a_nonce_that_is_null_is_refused() {
    let noah = noah(&ScriptedWire::new([]));
    for name in ["Nonce", "ExternalID"] {
        let mut body = pay_in();
        body[name] = Value::Null;
        let error = by_id(&noah, body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{name}");
        let places = error.violations().unwrap().iter();
        assert_eq!(
            places.filter(|found| found.pointer == format!("/{name}")).count(),
            1,
            "{}",
            told(&error)
        );
    }
    // One in an object of the body is the caller's to give.
    let id = "createOnchainDepositToPaymentMethod";
    let operation = noah::models::described().operation(id).unwrap();
    let mut body = operation
        .body
        .as_ref()
        .unwrap()
        .examples
        .values()
        .next()
        .unwrap()
        .value
        .clone();
    assert!(
        noah.prepare_by_id(id, Arguments::new().body(body.clone()))
            .is_ok()
    );
    body["Trigger"]["Nonce"] = Value::Null;
    let error = noah.prepare_by_id(id, Arguments::new().body(body)).unwrap_err();
    assert!(told(&error).contains("/Trigger"), "{}", told(&error));
}

/// Each operation of NOAH's whose body has a field of this name, with the first example of that body.
fn with_field(field: &str) -> Vec<(&'static str, Value)> {
    let described = noah::models::described();
    let with = described.operations.iter().filter_map(|operation| {
        let examples = &operation.body.as_ref()?.examples;
        let example = examples.values().next()?.value.clone();
        example.get(field)?;
        Some((operation.id.as_str(), example))
    });
    with.collect()
}

#[test]
fn line_items_add_up_in_every_operation_that_has_them() {
    let wire = ScriptedWire::new([]);
    let noah = noah(&wire);
    let operations = with_field("LineItems");
    assert_eq!(operations.len(), 5);
    for (id, example) in operations {
        let prepare = |body: &Value| noah.prepare_by_id(id, Arguments::new().body(body.clone()));
        prepare(&example).unwrap_or_else(|error| panic!("{id}: {}", told(&error)));
        let amount = if example.get("FiatAmount").is_some() {
            "FiatAmount"
        } else {
            "CryptoAmount"
        };
        let mut wrong = example.clone();
        wrong[amount] = "7777".into();
        let error = prepare(&wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{id}");
        let text = told(&error);
        assert!(
            text.contains("/LineItems") && text.contains(amount),
            "{id}: {text}"
        );
        wrong[amount] = "0".into();
        assert!(told(&prepare(&wrong).unwrap_err()).contains("is zero"), "{id}");
        // By the code as by the call: sandbox codes alone, and none that nobody knows.
        let mut wrong = example.clone();
        wrong["CryptoCurrency"] = "USDC".into();
        prepare(&wrong).unwrap_err();
    }
}

#[tokio::test]
async fn a_payout_of_another_amount_or_currency_is_a_mismatch() {
    let body = with_field("CryptoAuthorizedAmount")
        .into_iter()
        .find_map(|(id, body)| (id == "createFiatPayout").then_some(body))
        .unwrap();
    let session = json!({
        "CheckoutSessionID": "session-1", "Status": "Pending", "CustomerID": body["CustomerID"],
        "SourceCurrency": body["CryptoCurrency"], "DestinationCurrency": body["FiatCurrency"],
        "DestinationAmount": body["FiatAmount"], "AuthorizedAmount": body["CryptoAuthorizedAmount"],
        "ReturnURL": body["ReturnURL"], "LineItems": body["LineItems"], "Type": "PayoutFiat",
    });
    let answer = json!({"HostedURL": "https://checkout.sandbox.noah.com/payout?session=1", "CheckoutSession": session});
    let send = async |answer: Value| {
        let noah = noah(&answering(&answer));
        let request = noah.prepare_by_id("createFiatPayout", Arguments::new().body(body.clone()));
        noah.send_by_id(&request.unwrap()).await
    };
    send(answer.clone()).await.unwrap();
    for (field, other) in [
        ("DestinationAmount", "51"),
        ("DestinationCurrency", "GBP"),
        ("SourceCurrency", "SOL_TEST"),
        ("AuthorizedAmount", "9999"),
        ("CustomerID", "customer-other"),
    ] {
        let mut odd = answer.clone();
        odd["CheckoutSession"][field] = other.into();
        let error = send(odd).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Mismatch, Outcome::Unknown),
            "{field}"
        );
        assert!(told(&error).contains(field), "{field}: {}", told(&error));
    }
}

#[test]
fn currencies_in_parameters_are_judged_as_in_bodies() {
    let noah = noah(&ScriptedWire::new([]));
    for (source, destination, place) in [
        ("usd", "USDC_TEST", "query:SourceCurrency"),
        ("USD", "USDC", "query:DestinationCurrency"),
    ] {
        let arguments = Arguments::new()
            .parameter("SourceCurrency", source)
            .parameter("DestinationCurrency", destination);
        let by_id = noah.prepare_by_id("listPrices", arguments).unwrap_err();
        let prices = noah.prices();
        let prices = prices.list().source_currency(source);
        let by_name = prices.destination_currency(destination).prepare().unwrap_err();
        assert_eq!(told(&by_id), told(&by_name));
        assert!(told(&by_id).contains(place), "{by_id}");
    }
}

#[test]
fn an_amount_in_a_parameter_is_given_as_any_other() {
    let noah = noah(&ScriptedWire::new([]));
    let prices = |amount: &str| {
        let prices = noah.prices().list().source_currency("USD");
        let prices = prices.destination_currency("USDC_TEST");
        prices.source_amount(amount).prepare()
    };
    let path = prices("10.10").unwrap().path().to_owned();
    assert!(path.contains("SourceAmount=10.10"), "{path}");
    let error = told(&prices("1e3").unwrap_err());
    assert!(error.contains("query:SourceAmount"), "{error}");
}

/// What `Pages` does is tested beside it; here, that it is what an id leads to.
#[tokio::test]
async fn a_list_comes_page_by_page_by_its_id_too() {
    let page = |token: Value| json!({"Items": [], "PageToken": token}).to_string();
    let item = json!({"ID": "t-1", "Status": "Settled", "Direction": "In", "CryptoCurrency": "USDC_TEST"});
    let item = json!({"Items": [item], "PageToken": "b"}).to_string();
    for (second, ends_well) in [(page(json!(null)), true), (page(json!(7)), false)] {
        let wire = ScriptedWire::new([
            Step::respond(200).body(item.clone()),
            Step::respond(200).body(second),
        ]);
        let arguments = Arguments::new().parameter("PageSize", "1");
        let mut pages = noah(&wire).pages_by_id("listTransactions", arguments).unwrap();
        let first = pages.next().await.unwrap().unwrap();
        assert_eq!(first["Items"][0]["ID"], "t-1");
        assert_eq!(pages.next().await.unwrap().is_ok(), ends_well);
        assert!(pages.next().await.is_none());
        let asked: Vec<String> = wire
            .sent()
            .iter()
            .map(|sent| sent.url.query().unwrap().to_owned())
            .collect();
        assert_eq!(asked, ["PageSize=1", "PageSize=1&PageToken=b"]);
    }
    let noah = noah(&ScriptedWire::new([]));
    let refused = |id: &str, arguments| told(&noah.pages_by_id(id, arguments).unwrap_err());
    let told = refused("listTransactions", Arguments::new().parameter("PageSise", "1"));
    assert!(told.contains("was PageSize meant?"), "{told}");
    let told = refused("listPaymentMethod", Arguments::new());
    assert!(told.contains("was listPaymentMethods meant?"), "{told}");
    let told = refused("createFiatPayin", Arguments::new());
    assert!(told.contains("is no list"), "{told}");
}

/// 200 has a link, and 201 says that there is none: an empty 200 is no such word.
#[tokio::test]
async fn a_status_says_whether_there_is_an_answer() {
    let link = json!({"HostedURL": "https://checkout.sandbox.noah.com/kyc"}).to_string();
    for (status, body, expected) in [
        (200, link.as_str(), Some(true)),
        (200, "", None),
        (201, "", Some(false)),
        (201, "<html>", Some(false)),
    ] {
        let wire = ScriptedWire::new([Step::respond(status).body(body.to_owned())]);
        let onboarding = noah(&wire).onboarding();
        let opened = onboarding
            .create_session()
            .customer_id("customer-1")
            .return_url("https://shop.example")
            .fiat_options([FiatOption::builder().fiat_currency_code("USD").build()])
            .send()
            .await;
        let opened = opened.map(|opened| opened.is_some());
        assert_eq!(opened.as_ref().ok(), expected.as_ref(), "{status} {body}");
        if let Err(error) = opened {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Undecodable, Outcome::Unknown)
            );
        }
    }
}

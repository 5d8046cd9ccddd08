//! `checkout validate`.

use serde_json::{Value, json};

use crate::support::{Said, run, run_with};

fn validate(operation: &str, body: &str, more: &[&str]) -> Said {
    let args = [&["validate", "-", "--operation", operation], more].concat();
    run_with(&args, &[], body.as_bytes())
}

fn pay_in() -> Value {
    json!({
        "PaymentMethodCategory": "Card", "FiatCurrency": "USD", "CryptoCurrency": "USDC_TEST", "FiatAmount": "10.10",
        "ReturnURL": "https://shop.example/done", "CustomerID": "customer-1", "Nonce": "nonce-1",
        "LineItems": [{"Description": "Coffee beans", "Quantity": "2", "UnitAmount": "5.05", "TotalAmount": "10.10"}],
    })
}

#[test]
fn a_good_body_holds() {
    let said = validate(
        "createFiatPayin",
        &pay_in().to_string(),
        &["--environment", "sandbox"],
    );
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    assert_eq!(said.stdout, "stdin holds as the body of createFiatPayin\n");
    for (operation, body) in [
        ("createManagedSession", r#"{"CustomerID":"customer-1"}"#),
        ("createSession", "{}"),
        (
            "createClientProductSession",
            r#"{"paymentProductSession302SpecificInput":{"domainName":"shop.example","validationUrl":"https://apple-pay-gateway.apple.com/x"}}"#,
        ),
        (
            "worldlineWebhook",
            r#"{"apiVersion":"v1","id":"e-1","type":"payment.paid"}"#,
        ),
    ] {
        let said = validate(operation, body, &[]);
        assert_eq!(said.code, Some(0), "{operation}: {}", said.stderr);
    }
}

/// All of them in one run, each with its place, and no value among them.
#[test]
fn everything_that_is_wrong_is_listed() {
    let mut types = pay_in();
    types["FiatAmount"] = json!(10.1);
    types["LineItems"] = json!([{"Description": ["canary"], "Quantity": "canary"}, "canary"]);
    types["Customer"] = json!({"Type": "Individual", "FullName": {"FirstName": "canary"}, "DateOfBirth": 7});
    types.as_object_mut().unwrap().remove("Nonce");
    let mut rules = pay_in();
    rules["CustomerID"] = "canary".repeat(20).into();
    rules["ReturnURL"] = "http://canary".into();
    rules["FiatCurrency"] = "usd".into();
    rules["LineItems"][0]["TotalAmount"] = "10.20".into();
    let mut told = String::new();
    for (operation, body) in [
        ("createFiatPayin", types.to_string()),
        ("createFiatPayin", rules.to_string()),
        ("createFiatPayin", r#"{"Nonce": "canary", "#.to_owned()),
        (
            "createManagedSession",
            r#"{"CustomerID":"canary","CustomerID":"canary"}"#.to_owned(),
        ),
        ("createManagedSession", r#"["canary"]"#.to_owned()),
        (
            "createSession",
            r#"{"paymentProductFilters":{"restrictTo":{"products":["canary"]}}}"#.to_owned(),
        ),
        ("createProductSession", "{}".to_owned()),
        (
            "noahWebhook",
            r#"{"EventType":"Transaction","EventVersion":"canary","Data":{"ID":7}}"#.to_owned(),
        ),
    ] {
        let said = validate(operation, &body, &[]);
        assert_eq!(
            (said.code, said.stdout.as_str()),
            (Some(1), ""),
            "{operation}: {}",
            said.stderr
        );
        assert!(!said.stderr.contains("canary"), "{}", said.stderr);
        told.push_str(&said.stderr);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_currency_belongs_to_its_environment() {
    let body = pay_in().to_string();
    for (environment, code) in [("local", 0), ("sandbox", 0), ("production", 1)] {
        let said = validate("createFiatPayin", &body, &["--environment", environment]);
        assert_eq!(said.code, Some(code), "{}", said.stderr);
    }
}

#[test]
fn unknown_fields_are_warned_of() {
    let mut body = pay_in();
    body["ExternalId"] = "canary".into();
    body["LineItems"][0]["Sku"] = "canary".into();
    let said = validate("createFiatPayin", &body.to_string(), &["--json"]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    let json = said.json();
    let pointers: Vec<_> = json["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["pointer"])
        .collect();
    assert_eq!(pointers, ["/LineItems/0/Sku", "/ExternalId"]);
    assert!(!said.stdout.contains("canary"));
}

#[test]
fn every_operation_with_a_body_is_listed_and_can_be_asked_for() {
    let (code, stdout, _) = run(&["validate", "--list"]);
    assert_eq!(code, Some(0));
    for line in [
        "createFiatPayin             NOAH       POST /checkout/payin/fiat",
        "noahWebhook                 NOAH       POST (webhook)",
        "createSession               Worldline  POST /v1/{merchantId}/sessions",
    ] {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert!(
            stdout.lines().any(|it| words(it) == words(line)),
            "{line}: {stdout}"
        );
    }
    for line in stdout.lines() {
        let operation = line.split(' ').next().unwrap();
        assert_eq!(validate(operation, "7", &[]).code, Some(1), "{operation}");
    }
    let said = validate("testConnection", "{}", &[]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.stderr.contains("choose from createManagedSession"),
        "{}",
        said.stderr
    );
}

//! What NOAH says to bodies, paths and methods that are not as documented.

use checkout_sandbox::Sandbox;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::signer::{Signer, payin, sale, shown, with, without};

#[tokio::test]
async fn every_fault_of_a_body_is_named() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let payin = || payin("nonce-1");
    let pay = "/checkout/payin/fiat";
    let cases: Vec<(&str, &str, String)> = vec![
        ("empty", pay, String::new()),
        ("not JSON", pay, "{\"CustomerID\":".into()),
        ("two documents", pay, "{} {}".into()),
        ("a list", pay, "[]".into()),
        (
            "a list for an object",
            pay,
            with(payin(), "/LineItems/0", json!(["Coffee", "2", "5.05", "10.10"])).to_string(),
        ),
        ("field missing", pay, without(payin(), "/Nonce").to_string()),
        (
            "nested field missing",
            pay,
            without(payin(), "/LineItems/0/UnitAmount").to_string(),
        ),
        (
            "amount a number",
            pay,
            with(payin(), "/FiatAmount", json!(10.1)).to_string(),
        ),
        (
            "amount negative",
            pay,
            with(payin(), "/FiatAmount", json!("-1")).to_string(),
        ),
        (
            "amount with an exponent",
            pay,
            with(payin(), "/FiatAmount", json!("1e3")).to_string(),
        ),
        ("several at once", pay, {
            let long = with(payin(), "/Nonce", json!("n".repeat(37)));
            let url = with(long, "/ReturnURL", json!("shop.example/done"));
            with(url, "/LineItems", json!([])).to_string()
        }),
        (
            "customer of an unknown type",
            pay,
            with(payin(), "/Customer/Type", json!("Charity")).to_string(),
        ),
        (
            "phone number",
            pay,
            with(payin(), "/Customer/PhoneNumber", json!("0123")).to_string(),
        ),
        (
            "currency of production",
            pay,
            with(payin(), "/CryptoCurrency", json!("BTC")).to_string(),
        ),
        (
            "currency of nobody",
            pay,
            with(payin(), "/CryptoCurrency", json!("DOGE_TEST")).to_string(),
        ),
        (
            "currency in small letters",
            pay,
            with(payin(), "/FiatCurrency", json!("usd")).to_string(),
        ),
        ("payment method category of nobody", pay, {
            let cash = with(payin(), "/PaymentMethodCategory", json!("Cash"));
            with(cash, "/FiatCurrency", json!("EURO")).to_string()
        }),
        (
            "sale in currencies of nobody",
            "/checkout/sell",
            with(
                with(sale("nonce-3"), "/FiatCurrency", json!("€€€")),
                "/CryptoCurrency",
                json!("usdc_test"),
            )
            .to_string(),
        ),
        (
            "quantity zero",
            pay,
            with(payin(), "/LineItems/0/Quantity", json!("0.0")).to_string(),
        ),
        ("customer unknown", pay, without(payin(), "/Customer").to_string()),
        (
            "authorised too little",
            "/checkout/sell",
            with(sale("nonce-2"), "/CryptoAuthorizedAmount", json!("49.99")).to_string(),
        ),
        (
            "managed customer unknown",
            "/checkout/manage",
            json!({"CustomerID": "nobody"}).to_string(),
        ),
        (
            "customer id too long",
            "/checkout/manage",
            json!({"CustomerID": "c".repeat(43)}).to_string(),
        ),
    ];
    let mut answers = Map::new();
    for (case, path, body) in cases {
        let answer = shown(signer.send(path, &body).await).await;
        assert_ne!(answer["status"], 200, "{case}");
        // What a customer typed does not come back.
        assert!(!answer.to_string().contains("Ada"), "{case}");
        answers.insert(case.to_owned(), answer);
    }
    insta::assert_json_snapshot!(answers);
    assert!(
        sandbox.noah().deliveries().is_empty(),
        "a refused request must do nothing"
    );
}

#[tokio::test]
async fn fields_that_nobody_reads_are_listed() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let ignored = async |path: &str, body: Value| {
        let answer = signer.send(path, &body.to_string()).await;
        let ignored = answer
            .headers()
            .get("x-sandbox-ignored-fields")
            .map(|list| list.to_str().unwrap().to_owned());
        (answer.status().as_u16(), ignored)
    };
    let pay = "/checkout/payin/fiat";
    assert_eq!(ignored(pay, payin("a")).await, (200, None));
    assert_eq!(ignored("/checkout/sell", sale("a")).await, (200, None));

    let misspelt = with(payin("b"), "/ExternalId", json!("order-8"));
    let misspelt = with(misspelt, "/LineItems/0/SKU", json!(7));
    let misspelt = with(misspelt, "/Customer/FullName/Given Name", json!("Ada"));
    let listed = "/Customer/FullName/Given%20Name, /LineItems/0/SKU, /ExternalId";
    assert_eq!(ignored(pay, misspelt).await, (200, Some(listed.to_owned())));
    // Refused for another reason, it is told all the same.
    let refused = with(payin("c"), "/CryptoCurrency", json!("BTC"));
    let refused = with(refused, "/ExternalId", json!("order-8"));
    assert_eq!(ignored(pay, refused).await, (400, Some("/ExternalId".to_owned())));
}

#[tokio::test]
async fn a_body_needs_its_content_type() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("nonce-1").to_string();
    let token = signer.token(&signer.claims("/checkout/payin/fiat", &body));
    let mut answers = Map::new();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let url = format!("{}/checkout/payin/fiat", signer.base_url);
        let request = signer
            .http
            .post(url)
            .header("X-Api-Key", &signer.api_key)
            .header("Api-Signature", &token);
        let answer = request
            .header("Content-Type", content_type)
            .body(body.clone())
            .send()
            .await
            .unwrap();
        answers.insert(content_type.to_owned(), shown(answer).await);
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn an_oversized_body_gets_its_answer_and_not_a_broken_connection() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = format!("{{\"CustomerID\":\"{}\"}}", "x".repeat(3 * 1024 * 1024));
    let answer = shown(signer.send("/checkout/manage", &body).await).await;
    insta::assert_json_snapshot!(answer);
}

#[tokio::test]
async fn a_chunked_body_is_read_like_any_other() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("nonce-1").to_string();
    let claims = signer.claims("/checkout/payin/fiat", &body);
    let (start, end) = body.split_at(body.len() / 2);
    let chunks: Vec<Result<String, std::io::Error>> = vec![Ok(start.to_owned()), Ok(end.to_owned())];
    let stream = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    let answer = signer
        .request("/checkout/payin/fiat", &body, &claims)
        .body(stream)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn paths_and_methods_are_answered_in_json() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let mut answers = Map::new();
    for (method, path) in [
        (Method::GET, "/checkout/sell"),
        (Method::PUT, "/checkout/manage"),
        (Method::DELETE, "/checkout/payin/fiat"),
        (Method::POST, "/checkout/payin/fiat/"),
        (Method::POST, "/checkout/payout/gold"),
        (Method::GET, "/"),
        (Method::POST, "/checkout/%FF"),
    ] {
        let answer = signer
            .http
            .request(method.clone(), format!("{}{path}", signer.base_url))
            .send()
            .await
            .unwrap();
        answers.insert(format!("{method} {path}"), shown(answer).await);
    }
    insta::assert_json_snapshot!(answers);
    let head = signer
        .http
        .head(format!("{}/checkout/sell", signer.base_url))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (head.status().as_u16(), head.headers()["allow"].to_str().unwrap()),
        (405, "POST")
    );
    assert_eq!(head.text().await.unwrap(), "");
}

#[tokio::test]
async fn rubbish_never_breaks_the_sandbox() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    for body in [
        deep.as_str(),
        "\u{0}",
        "\"\\ud800\"",
        "1e999999",
        "{\"CustomerID\":null}",
        "nul",
    ] {
        for path in ["/checkout/manage", "/checkout/sell", "/checkout/payin/fiat"] {
            let answer = signer.send(path, body).await;
            assert_eq!(answer.status(), 400, "{path}");
            assert!(answer.json::<Value>().await.unwrap()["Detail"].is_string());
        }
    }
}

//! Worldline Connect, good and bad.

use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use checkout_core::clock::FixedClock;
use checkout_sandbox::Sandbox;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::signer::{shown, with, without};
use crate::worldline_signer::{META_INFO, Merchant, Unsigned};

fn apple_pay() -> Value {
    json!({"paymentProductSession302SpecificInput": {
        "displayName": "Café Müller",
        "domainName": "shop.example",
        "validationUrl": "https://apple-pay-gateway.apple.com/paymentservices/startSession",
    }})
}

async fn client_session(merchant: &Merchant) -> Value {
    let answer = merchant.send(&merchant.post("/sessions", "{}")).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_connection_is_tested() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let plain = merchant.get("/services/testconnection");
    assert_eq!(
        shown(merchant.send(&plain).await).await,
        json!({"status": 200, "body": {"result": "OK"}})
    );
    // Node's SDK sends and signs a Content-Type on GET.
    let node = Unsigned {
        content_type: Some("application/json".into()),
        ..plain.clone()
    };
    assert_eq!(merchant.send(&node).await.status(), 200);
    // Python's indents the meta information, and other base64 is fine too.
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(META_INFO).unwrap()).unwrap();
    for info in [
        BASE64_STANDARD.encode(pretty),
        BASE64_URL_SAFE_NO_PAD.encode(META_INFO),
    ] {
        let request = Unsigned {
            gcs: vec![("X-Gcs-Servermetainfo".into(), info)],
            ..plain.clone()
        };
        assert_eq!(merchant.send(&request).await.status(), 200);
    }
    // A query may be signed as sent, decoded, and decoded with plus as a space.
    let target = format!("{}?a=x%20y%2Bz+w", plain.target);
    for form in ["?a=x%20y%2Bz+w", "?a=x y+z+w", "?a=x y+z w"] {
        let signed_target = Some(format!("{}{form}", plain.target));
        let request = Unsigned {
            target: target.clone(),
            signed_target,
            ..plain.clone()
        };
        assert_eq!(merchant.send(&request).await.status(), 200, "{form}");
    }
    let head = Unsigned {
        method: Method::HEAD,
        ..plain
    };
    let head = merchant.send(&head).await;
    assert_eq!(
        (head.status().as_u16(), head.text().await.unwrap().as_str()),
        (200, "")
    );
}

#[tokio::test]
async fn every_refusal_of_a_server_request() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let good = merchant.get("/services/testconnection");
    let session = merchant.post("/sessions", "{}");
    let apple = |body: Value| merchant.signed(&merchant.post("/products/302/sessions", &body.to_string()));
    let authorised = |text: &str| merchant.bare(&good).header("Authorization", text);
    let stranger = Merchant {
        secret: "wrong".into(),
        ..Merchant::of(&sandbox)
    };
    let unknown = Merchant {
        api_key_id: "unknown".into(),
        ..Merchant::of(&sandbox)
    };
    let other = Unsigned {
        target: "/v1/1234/services/testconnection".into(),
        ..good.clone()
    };
    let meta = |value: &str| {
        merchant.signed(&Unsigned {
            gcs: vec![("X-GCS-ServerMetaInfo".into(), value.into())],
            ..good.clone()
        })
    };
    let input = "/paymentProductSession302SpecificInput";
    let cases = [
        ("no authorization", merchant.bare(&good)),
        ("basic authorization", authorised("Basic abc")),
        ("authorization without signature", authorised("GCS v1HMAC:abc")),
        ("authorization of a client", authorised("GCS v1Client:abc")),
        (
            "signature that is no base64",
            authorised(&format!("GCS v1HMAC:{}:???", merchant.api_key_id)),
        ),
        ("unknown key", unknown.signed(&good)),
        ("wrong secret", stranger.signed(&good)),
        (
            "no date",
            merchant.signed(&Unsigned {
                date: None,
                ..good.clone()
            }),
        ),
        (
            "date in another form",
            merchant.signed(&Unsigned {
                date: Some("2025-06-03T11:05:30Z".into()),
                ..good.clone()
            }),
        ),
        (
            "two dates",
            merchant
                .signed(&good)
                .header("Date", "Tue, 3 Jun 2025 11:05:31 GMT"),
        ),
        ("another date than signed", {
            let later = Unsigned {
                date: Some("Tue, 3 Jun 2025 11:05:31 GMT".into()),
                ..good.clone()
            };
            let authorization = format!("GCS v1HMAC:{}:{}", merchant.api_key_id, merchant.signature(&good));
            merchant.bare(&later).header("Authorization", authorization)
        }),
        (
            "another path than signed",
            merchant.signed(&Unsigned {
                signed_target: Some("/v1".into()),
                ..good.clone()
            }),
        ),
        (
            "another header than signed",
            merchant.signed(&good).header("X-GCS-ClientMetaInfo", "e30="),
        ),
        ("other merchant", merchant.signed(&other)),
        (
            "no meta information",
            merchant.signed(&Unsigned {
                gcs: Vec::new(),
                ..good.clone()
            }),
        ),
        ("meta information that is no base64", meta("{}")),
        ("meta information without integrator", meta("e30=")),
        (
            "wrong content type",
            merchant.signed(&Unsigned {
                content_type: Some("text/plain".into()),
                ..session.clone()
            }),
        ),
        (
            "no body",
            merchant.signed(&Unsigned {
                body: None,
                ..session.clone()
            }),
        ),
        (
            "body that is no JSON",
            merchant.signed(&merchant.post("/sessions", "{")),
        ),
        (
            "body of another shape",
            merchant.signed(&merchant.post("/sessions", r#"{"tokens":"one"}"#)),
        ),
        (
            "oversized",
            merchant.signed(&merchant.post("/sessions", &" ".repeat(2 * 1024 * 1024))),
        ),
        ("idempotence key too long", {
            let mut request = session.clone();
            request.gcs.push(("X-GCS-Idempotence-Key".into(), "k".repeat(41)));
            merchant.signed(&request)
        }),
        ("idempotence key with a space", {
            let mut request = session.clone();
            request
                .gcs
                .push(("X-GCS-Idempotence-Key".into(), "order 7".into()));
            merchant.signed(&request)
        }),
        (
            "product without sessions",
            merchant.signed(&merchant.post("/products/1/sessions", "{}")),
        ),
        (
            "product zero",
            merchant.signed(&merchant.post("/products/0/sessions", "{}")),
        ),
        (
            "product with a sign",
            merchant.signed(&merchant.post("/products/+302/sessions", "{}")),
        ),
        (
            "product that is no number",
            merchant.signed(&merchant.post("/products/apple/sessions", "{}")),
        ),
        ("no input", apple(json!({}))),
        (
            "no domain name",
            apple(without(apple_pay(), &format!("{input}/domainName"))),
        ),
        (
            "no validation address",
            apple(without(apple_pay(), &format!("{input}/validationUrl"))),
        ),
        (
            "domain name with scheme",
            apple(with(
                apple_pay(),
                &format!("{input}/domainName"),
                json!("https://shop.example"),
            )),
        ),
        (
            "validation address over http",
            apple(with(
                apple_pay(),
                &format!("{input}/validationUrl"),
                json!("http://apple.com"),
            )),
        ),
        ("unknown path", merchant.signed(&merchant.get("/nothing"))),
        ("wrong method", merchant.signed(&merchant.get("/sessions"))),
    ];
    let mut answers = Map::new();
    for (case, request) in cases {
        let answer = shown(request.send().await.unwrap()).await;
        assert!(answer["status"].as_u64().unwrap() >= 400, "{case}");
        answers.insert(case.to_owned(), answer);
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn a_session_is_opened_and_tokens_of_nobody_are_invalid() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let body = json!({"tokens": ["t-1"], "paymentProductFilters": {"restrictTo": {"products": [302]}}});
    let answer: Value = merchant
        .send(&merchant.post("/sessions", &body.to_string()))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(answer["invalidTokens"], json!(["t-1"]));
    assert_eq!(answer["clientApiUrl"], format!("{}/client", merchant.endpoint));
    assert!(
        answer["customerId"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{}-", merchant.merchant_id))
    );
    assert!(client_session(&merchant).await.get("invalidTokens").is_none());
}

#[tokio::test]
async fn apple_pay_sessions_come_from_both_sides() {
    let clock = FixedClock::at_unix(1_700_000_000);
    let sandbox = Sandbox::builder().clock(clock).start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let server = merchant
        .send(&merchant.post("/products/302/sessions", &apple_pay().to_string()))
        .await;
    let session = client_session(&merchant).await;
    let client = merchant
        .http
        .post(format!(
            "{}/v1/{}/products/302/sessions",
            session["clientApiUrl"].as_str().unwrap(),
            session["customerId"].as_str().unwrap()
        ))
        .header(
            "Authorization",
            format!("GCS v1Client:{}", session["clientSessionId"].as_str().unwrap()),
        )
        .json(&apple_pay());
    for answer in [server, client.send().await.unwrap()] {
        assert_eq!(answer.status(), 200);
        let answer: Value = answer.json().await.unwrap();
        let text = answer["paymentProductSession302SpecificOutput"]["sessionObject"]
            .as_str()
            .unwrap();
        let session: Value = serde_json::from_str(text).unwrap();
        assert_eq!(session["displayName"], "Café Müller");
        assert_eq!(session["domainName"], "shop.example");
        assert_eq!(session["expiresAt"], 1_700_003_600_000_i64);
    }
}

#[tokio::test]
async fn a_client_session_is_bound_to_its_customer_and_its_two_hours() {
    let clock = FixedClock::at_unix(1_700_000_000);
    let sandbox = Sandbox::builder().clock(clock.clone()).start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let session = client_session(&merchant).await;
    let (id, customer) = (
        session["clientSessionId"].as_str().unwrap(),
        session["customerId"].as_str().unwrap(),
    );
    let ask = |authorization: Option<String>, customer: &str, product: &str| {
        let url = format!(
            "{}/client/v1/{customer}/products/{product}/sessions",
            merchant.endpoint
        );
        let request = merchant.http.post(url).json(&apple_pay());
        match authorization {
            Some(authorization) => request.header("Authorization", authorization),
            None => request,
        }
    };
    let valid = || Some(format!("GCS v1Client:{id}"));
    let mut answers = Map::new();
    for (case, request) in [
        ("no authorization", ask(None, customer, "302")),
        (
            "authorization of a server",
            ask(Some("GCS v1HMAC:a:b".into()), customer, "302"),
        ),
        (
            "authorization without session",
            ask(Some("GCS v1Client:".into()), customer, "302"),
        ),
        (
            "unknown session",
            ask(Some("GCS v1Client:0123".into()), customer, "302"),
        ),
        ("other customer", ask(valid(), "9991-0000", "302")),
        ("other product", ask(valid(), customer, "320")),
    ] {
        answers.insert(case.to_owned(), shown(request.send().await.unwrap()).await);
    }
    clock.advance(Duration::from_secs(7_199));
    assert_eq!(ask(valid(), customer, "302").send().await.unwrap().status(), 200);
    clock.advance(Duration::from_secs(1));
    answers.insert(
        "expired".to_owned(),
        shown(ask(valid(), customer, "302").send().await.unwrap()).await,
    );
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn an_idempotence_key_gets_the_first_answer() {
    let clock = FixedClock::at_unix(1_700_000_000);
    let sandbox = Sandbox::builder().clock(clock.clone()).start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let keyed = |body: &str| {
        let mut request = merchant.post("/sessions", body);
        request
            .gcs
            .push(("X-GCS-Idempotence-Key".into(), "order-7".into()));
        request
    };
    let first = merchant.send(&keyed("{}")).await;
    assert!(
        first
            .headers()
            .get("x-gcs-idempotence-request-timestamp")
            .is_none()
    );
    let first = first.bytes().await.unwrap();
    clock.advance(Duration::from_secs(60));
    let again = merchant.send(&keyed("{}")).await;
    assert_eq!(
        again.headers()["x-gcs-idempotence-request-timestamp"],
        "1700000000000"
    );
    assert_eq!(again.bytes().await.unwrap(), first);
    let reused = merchant.send(&keyed(r#"{"tokens":[]}"#)).await;
    assert_eq!(
        reused.headers()["x-gcs-idempotence-request-timestamp"],
        "1700000000000"
    );
    insta::assert_json_snapshot!(shown(reused).await);
    clock.advance(Duration::from_secs(24 * 60 * 60));
    assert_ne!(
        merchant.send(&keyed("{}")).await.bytes().await.unwrap(),
        first,
        "a key is kept for a day"
    );
}

#[tokio::test]
async fn a_key_in_flight_is_refused() {
    let sandbox = Sandbox::builder()
        .latency(Duration::from_millis(300))
        .start()
        .await
        .unwrap();
    let merchant = Merchant::of(&sandbox);
    let mut request = merchant.post("/sessions", "{}");
    request
        .gcs
        .push(("X-GCS-Idempotence-Key".into(), "order-7".into()));
    let answers = futures::future::join_all((0..4).map(|_| merchant.send(&request))).await;
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status() == 200);
    assert_eq!((done.len(), refused.len()), (1, 3));
    let mut shown_answers = Vec::new();
    for answer in refused {
        assert!(
            answer
                .headers()
                .contains_key("x-gcs-idempotence-request-timestamp")
        );
        shown_answers.push(shown(answer).await);
    }
    assert!(shown_answers.iter().all(|answer| *answer == shown_answers[0]));
    insta::assert_json_snapshot!(shown_answers[0]);
}

#[tokio::test]
async fn a_request_whose_client_gave_up_keeps_its_key() {
    const TIMESTAMP: &str = "x-gcs-idempotence-request-timestamp";
    let sandbox = Sandbox::builder()
        .latency(Duration::from_millis(600))
        .start()
        .await
        .unwrap();
    let merchant = Merchant::of(&sandbox);
    let mut request = merchant.post("/sessions", "{}");
    request
        .gcs
        .push(("X-GCS-Idempotence-Key".into(), "order-8".into()));
    let impatient = merchant.signed(&request).timeout(Duration::from_millis(300));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    // Whoever repeats at once meets the first request at work, as if its client still waited.
    let early = merchant.send(&request).await;
    assert_eq!(early.status(), 409);
    let began = early.headers()[TIMESTAMP].clone();
    let refused: Value = early.json().await.unwrap();
    assert_eq!(refused["errors"][0]["code"], "1409");

    let settled = async {
        loop {
            let answer = merchant.send(&request).await;
            if answer.status() != 409 {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let late = tokio::time::timeout(Duration::from_secs(5), settled)
        .await
        .unwrap();
    assert_eq!(late.status(), 200);
    assert_eq!(late.headers()[TIMESTAMP], began, "the first answer");
    let late = late.bytes().await.unwrap();
    assert_eq!(merchant.send(&request).await.bytes().await.unwrap(), late);
}

#[tokio::test]
async fn fields_that_nobody_reads_are_listed() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let mut keyed = merchant.post("/sessions", r#"{"token":["t-1"],"paymentProductFilter":null}"#);
    keyed.gcs.push(("X-GCS-Idempotence-Key".into(), "order-9".into()));
    let typo = with(
        apple_pay(),
        "/paymentProductSession302SpecificInput/domain",
        json!("x"),
    );
    for (request, listed) in [
        (&keyed, Some("/token, /paymentProductFilter")),
        (&keyed, Some("/token, /paymentProductFilter")),
        (
            &merchant.post("/products/302/sessions", &typo.to_string()),
            Some("/paymentProductSession302SpecificInput/domain"),
        ),
        (
            &merchant.post("/products/302/sessions", &apple_pay().to_string()),
            None,
        ),
    ] {
        let answer = merchant.send(request).await;
        assert_eq!(answer.status(), 200);
        let told = answer.headers().get("x-sandbox-ignored-fields");
        assert_eq!(told.map(|list| list.to_str().unwrap()), listed);
    }
}

#[tokio::test]
async fn pages_of_any_origin_may_call_the_client_api() {
    const ORIGIN: &str = "https://shop.example";
    let sandbox = Sandbox::builder().start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let session = client_session(&merchant).await;
    let customer = session["customerId"].as_str().unwrap();
    let url = format!("{}/client/v1/{customer}/products/302/sessions", merchant.endpoint);
    let preflight = |url: &str| {
        merchant
            .http
            .request(Method::OPTIONS, url)
            .header("Origin", ORIGIN)
            .header("Access-Control-Request-Method", "POST")
            .header(
                "Access-Control-Request-Headers",
                "authorization,content-type,x-gcs-clientmetainfo",
            )
            .send()
    };
    let allowed = preflight(&url).await.unwrap();
    assert_eq!(allowed.status(), 200);
    let header = |name: &str| allowed.headers()[name].to_str().unwrap();
    assert_eq!(header("access-control-allow-origin"), "*");
    assert!(header("access-control-allow-methods").contains("POST"));
    for name in ["authorization", "content-type", "x-gcs-clientmetainfo"] {
        assert!(header("access-control-allow-headers").contains(name), "{name}");
    }
    assert!(!allowed.headers().contains_key("access-control-allow-credentials"));

    let call = |url: &str, session: &str| {
        merchant
            .http
            .post(url)
            .header("Origin", ORIGIN)
            .header("Authorization", format!("GCS v1Client:{session}"))
            .header("X-GCS-ClientMetaInfo", "e30=")
            .json(&apple_pay())
    };
    let id = session["clientSessionId"].as_str().unwrap();
    let elsewhere = format!("{}/client/v1/{customer}/nothing", merchant.endpoint);
    for (request, status) in [
        (call(&url, id), 200),
        // A page must be able to read what is wrong.
        (call(&url, "0123"), 401),
        (call(&elsewhere, id), 404),
        (merchant.http.put(&url).header("Origin", ORIGIN), 405),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{status}");
        assert_eq!(
            answer.headers()["access-control-expose-headers"],
            "x-sandbox-detail,x-sandbox-ignored-fields,x-sandbox-fault-applied"
        );
    }

    // No page has business with the secret of a merchant, or with the sandbox's controls.
    let server = preflight(&format!("{}/v1/9991/sessions", merchant.endpoint)).await;
    let controls = sandbox
        .noah()
        .report()
        .base_url
        .replace("/v1", "/_sandbox/ledger");
    for answer in [server.unwrap(), preflight(&controls).await.unwrap()] {
        assert!(answer.status().is_client_error());
        assert!(!answer.headers().contains_key("access-control-allow-origin"));
    }
}

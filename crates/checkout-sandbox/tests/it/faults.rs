//! Each fault as a client meets it, asked for by the header of one request.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use checkout_sandbox::Sandbox;
use reqwest::{RequestBuilder, Response};
use serde_json::{Map, Value, json};
use tokio::io::AsyncReadExt;

use crate::signer::{Signer, payin, sale, shown};
use crate::wire;
use crate::worldline_signer::Merchant;

const PAYIN: &str = "/checkout/payin/fiat";

fn faulty(signer: &Signer, fault: &str, body: &str) -> RequestBuilder {
    signer
        .request(PAYIN, body, &signer.claims(PAYIN, body))
        .header("X-Sandbox-Fault", fault)
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer
        .headers()
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_status_is_the_apis_own_error_and_nothing_is_done() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let (signer, merchant) = (Signer::of(&sandbox), Merchant::of(&sandbox));
    let body = payin("n").to_string();
    let mut answers = Map::new();
    for fault in ["503", "401", "404", "429", "400:InsufficientBalance"] {
        let answer = faulty(&signer, fault, &body).send().await.unwrap();
        assert_eq!(header(&answer, "x-sandbox-fault-applied"), fault);
        answers.insert(format!("noah {fault}"), shown(answer).await);
        let request = merchant.signed(&merchant.post("/sessions", "{}"));
        let answer = request.header("X-Sandbox-Fault", fault).send().await.unwrap();
        assert_eq!(header(&answer, "x-sandbox-fault-applied"), fault);
        answers.insert(format!("worldline {fault}"), shown(answer).await);
    }
    insta::assert_json_snapshot!(answers);
    assert!(sandbox.noah().deliveries().is_empty());
}

#[tokio::test]
async fn an_answer_says_when_to_come_again() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("n").to_string();
    for (fault, status) in [("429;retry-after=2m", 429), ("retry-after=1m, delay=0s", 200)] {
        let answer = faulty(&signer, fault, &body).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(
            header(&answer, "retry-after"),
            if status == 429 { "120" } else { "60" }
        );
    }
}

#[tokio::test]
async fn a_cut_before_the_work_leaves_nothing_behind() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let mut stream = wire::connect(&sandbox).await;
    wire::send(&mut stream, &sandbox, "cut-before", &payin("n").to_string()).await;
    let mut answer = Vec::new();
    assert_eq!(
        stream.read_to_end(&mut answer).await.unwrap(),
        0,
        "closed in order"
    );
    assert!(sandbox.noah().deliveries().is_empty());

    let signer = Signer::of(&sandbox);
    let body = payin("n").to_string();
    assert!(
        faulty(&signer, "cut-before", &body)
            .send()
            .await
            .unwrap_err()
            .is_request()
    );
    assert!(sandbox.noah().deliveries().is_empty());
    assert_eq!(signer.send(PAYIN, &body).await.status(), 200);
    assert_eq!(sandbox.noah().deliveries().len(), 1);
}

#[tokio::test]
async fn a_cut_after_the_work_leaves_a_session_that_the_same_nonce_finds() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("n").to_string();
    assert!(
        faulty(&signer, "cut-after", &body)
            .send()
            .await
            .unwrap_err()
            .is_request()
    );
    let deliveries = sandbox.noah().deliveries();
    assert_eq!(deliveries.len(), 1, "the work is done");
    let told: Value = serde_json::from_slice(&deliveries[0].body).unwrap();

    let again: Value = signer.send(PAYIN, &body).await.json().await.unwrap();
    assert_eq!(
        again["CheckoutSession"]["CheckoutSessionID"],
        told["Data"]["CheckoutSessionID"]
    );
    assert_eq!(sandbox.noah().deliveries().len(), 1, "and not done again");
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let mut stream = wire::connect(&sandbox).await;
    wire::send(&mut stream, &sandbox, "reset", &payin("n").to_string()).await;
    let error = stream.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(sandbox.noah().deliveries().is_empty());
}

#[tokio::test]
async fn a_truncated_body_is_half_of_what_was_promised() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let body = payin("n").to_string();
    for fault in ["truncate", "503,truncate"] {
        let mut stream = wire::connect(&sandbox).await;
        wire::send(&mut stream, &sandbox, fault, &body).await;
        let (head, length, mut half) = wire::head(&mut stream).await;
        assert!(
            head.contains(&format!("x-sandbox-fault-applied: {fault}\r\n")),
            "{head}"
        );
        stream.read_to_end(&mut half).await.unwrap();
        assert!(length > 10);
        assert_eq!(half.len(), length / 2);
    }
    // What a client makes of it, whose work was done all the same.
    let signer = Signer::of(&sandbox);
    let answer = faulty(&signer, "truncate", &body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err());
    assert_eq!(sandbox.noah().deliveries().len(), 2, "one for each API key");
}

#[tokio::test]
async fn a_stalled_body_comes_in_two_parts() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let mut stream = wire::connect(&sandbox).await;
    let began = Instant::now();
    wire::send(&mut stream, &sandbox, "stall=1s", &payin("n").to_string()).await;
    let (_, length, mut body) = wire::head(&mut stream).await;
    while body.len() < length / 2 {
        stream.read_buf(&mut body).await.unwrap();
    }
    assert_eq!(body.len(), length / 2);
    let half = began.elapsed();
    while body.len() < length {
        assert_ne!(stream.read_buf(&mut body).await.unwrap(), 0);
    }
    assert!(began.elapsed() - half >= Duration::from_millis(500), "{half:?}");
    assert!(serde_json::from_slice::<Value>(&body).is_ok(), "whole in the end");
}

#[tokio::test]
async fn a_client_that_does_not_wait_for_a_delayed_answer_finds_the_work_done() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("n").to_string();
    let began = Instant::now();
    let answer = faulty(&signer, "503,delay=120ms", &body).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(began.elapsed() >= Duration::from_millis(120));

    let impatient = faulty(&signer, "delay=1h", &body).timeout(Duration::from_millis(300));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    let done = async {
        while sandbox.noah().deliveries().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), done).await.unwrap();
    assert_eq!(signer.send(PAYIN, &body).await.status(), 200);
    assert_eq!(sandbox.noah().deliveries().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_never_due_does_not_hold_up_the_end() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("n").to_string();
    let (answer, took) = tokio::join!(faulty(&signer, "delay=24h", &body).send(), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        sandbox.shutdown().await;
        began.elapsed()
    });
    assert!(answer.unwrap_err().is_request(), "its connection is cut");
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn a_proxy_answers_with_a_page() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("n").to_string();
    for (fault, status) in [("html", 502), ("html=503", 503), ("html=200", 200)] {
        let answer = faulty(&signer, fault, &body).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
        assert!(answer.text().await.unwrap().starts_with("<!doctype html>"));
    }
    assert!(sandbox.noah().deliveries().is_empty());
}

#[tokio::test]
async fn a_redirect_leads_elsewhere() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("n").to_string();
    for (fault, location) in [
        ("redirect", "/v1/checkout/payin/fiat/redirected"),
        ("redirect=/v1/checkout/sell", "/v1/checkout/sell"),
        (
            "redirect=https://elsewhere.example/a?b=c",
            "https://elsewhere.example/a?b=c",
        ),
    ] {
        let answer = faulty(&signer, fault, &body).send().await.unwrap();
        assert_eq!(answer.status(), 307);
        assert_eq!(header(&answer, "location"), location);
    }
    assert!(sandbox.noah().deliveries().is_empty());
}

#[tokio::test]
async fn a_clock_that_is_off_judges_and_dates() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let (signer, merchant) = (Signer::of(&sandbox), Merchant::of(&sandbox));
    let body = payin("n").to_string();
    let mut details = Vec::new();
    for (fault, seconds) in [("skew=+10m", 600), ("skew=-1h", -3_600), ("skew=+1m", 60)] {
        let answer = faulty(&signer, fault, &body).send().await.unwrap();
        let date = jiff::fmt::rfc2822::parse(header(&answer, "date")).unwrap();
        let off = date.timestamp().as_second() - crate::signer::unix_now();
        assert!((off - seconds).abs() <= 2, "{off}");
        let status = answer.status().as_u16();
        let answer: Value = answer.json().await.unwrap();
        let detail = answer["Detail"].as_str().unwrap_or_default();
        details.push((
            status,
            detail
                .split(|byte: char| byte.is_ascii_digit())
                .next()
                .map(str::to_owned),
        ));
    }
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        details,
        [
            (401, text("token expired: ")),
            (401, text("token claim iat in the future: it is ")),
            (200, text("")),
        ]
    );

    // A client session lives for two hours.
    let session: Value = merchant
        .send(&merchant.post("/sessions", "{}"))
        .await
        .json()
        .await
        .unwrap();
    let call = |fault: &str| {
        let customer = session["customerId"].as_str().unwrap();
        let id = session["clientSessionId"].as_str().unwrap();
        merchant
            .http
            .post(format!(
                "{}/client/v1/{customer}/products/302/sessions",
                merchant.endpoint
            ))
            .header("Authorization", format!("GCS v1Client:{id}"))
            .header("X-Sandbox-Fault", fault)
            .json(&json!({}))
    };
    let expired = call("skew=+3h").send().await.unwrap();
    assert_eq!(expired.status(), 401);
    assert!(header(&expired, "x-sandbox-detail").contains("expired"));
    assert_ne!(call("skew=+1h").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn an_unknown_value_stands_in_an_answer_that_is_real_otherwise() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let (signer, merchant) = (Signer::of(&sandbox), Merchant::of(&sandbox));
    let body = payin("n").to_string();
    let odd = faulty(&signer, "unknown-enum", &body).send().await.unwrap();
    assert_eq!(header(&odd, "x-sandbox-fault-applied"), "unknown-enum");
    let mut odd: Value = odd.json().await.unwrap();
    let real: Value = signer.send(PAYIN, &body).await.json().await.unwrap();
    assert_eq!(odd["CheckoutSession"]["Status"], "SandboxUnknownValue");
    odd["CheckoutSession"]["Status"] = real["CheckoutSession"]["Status"].clone();
    assert_eq!(odd, real);

    let none = faulty(&signer, "unknown-enum=NoSuchField", &body)
        .send()
        .await
        .unwrap();
    assert_eq!(
        header(&none, "x-sandbox-fault-applied"),
        "",
        "nothing was changed"
    );

    let request = merchant.signed(&merchant.post("/sessions", "{}"));
    let session = request.header("X-Sandbox-Fault", "unknown-enum").send().await;
    let session: Value = session.unwrap().json().await.unwrap();
    assert_eq!(session["region"], "SandboxUnknownValue");
}

#[tokio::test]
async fn a_connection_outlives_the_faults_that_answer() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let mut stream = wire::connect(&sandbox).await;
    for (fault, status) in [("503", "503"), ("html", "502"), ("delay=0s", "200")] {
        wire::send(&mut stream, &sandbox, fault, &payin("n").to_string()).await;
        let (head, length, mut body) = wire::head(&mut stream).await;
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{head}");
        while body.len() < length {
            assert_ne!(stream.read_buf(&mut body).await.unwrap(), 0);
        }
        assert_eq!(body.len(), length);
    }
}

#[tokio::test]
async fn a_fault_that_nobody_understands_is_told_and_the_request_not_done() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let (signer, merchant) = (Signer::of(&sandbox), Merchant::of(&sandbox));
    let body = sale("n").to_string();
    let mut answers = Map::new();
    for fault in [
        "explode",
        "",
        "503,html",
        "cut-after,truncate",
        "503,cut-before",
        "stall",
    ] {
        let claims = signer.claims("/checkout/sell", &body);
        let request = signer.request("/checkout/sell", &body, &claims);
        let answer = request.header("X-Sandbox-Fault", fault).send().await.unwrap();
        answers.insert(format!("noah {fault}"), shown(answer).await);
    }
    let request = merchant.signed(&merchant.get("/services/testconnection"));
    let answer = request.header("X-Sandbox-Fault", "delay").send().await.unwrap();
    answers.insert("worldline delay".to_owned(), shown(answer).await);
    insta::assert_json_snapshot!(answers);
    assert!(sandbox.noah().deliveries().is_empty());
}

#[tokio::test]
async fn a_page_may_ask_for_faults_and_read_them() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let merchant = Merchant::of(&sandbox);
    let url = format!("{}/client/v1/c/products/302/sessions", merchant.endpoint);
    let origin = "https://shop.example";
    let preflight = merchant
        .http
        .request(reqwest::Method::OPTIONS, &url)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "x-sandbox-fault")
        .send()
        .await
        .unwrap();
    assert!(header(&preflight, "access-control-allow-headers").contains("x-sandbox-fault"));
    let answer = merchant
        .http
        .post(&url)
        .header("Origin", origin)
        .header("X-Sandbox-Fault", "503")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(header(&answer, "access-control-allow-origin"), "*");
}

#[tokio::test]
async fn an_answer_is_compressed_though_nobody_asked() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let (signer, merchant) = (Signer::of(&sandbox), Merchant::of(&sandbox));
    let body = payin("n").to_string();
    let plain = signer.send(PAYIN, &body).await.bytes().await.unwrap();
    // The same order again, and in an error of either API, whole or cut.
    let repeated = faulty(&signer, "gzip", &body).send().await.unwrap();
    assert_eq!(gunzipped(repeated, 200, "gzip").await.unwrap(), plain);
    let refused = faulty(&signer, "gzip, 503", &body).send().await.unwrap();
    let refusal: Value = serde_json::from_slice(&gunzipped(refused, 503, "gzip,503").await.unwrap()).unwrap();
    assert_eq!(refusal["Type"], "Unexpected");
    let request = merchant.signed(&merchant.post("/sessions", "{}"));
    let session = request.header("X-Sandbox-Fault", "gzip").send().await.unwrap();
    let session: Value = serde_json::from_slice(&gunzipped(session, 200, "gzip").await.unwrap()).unwrap();
    assert!(session["clientSessionId"].is_string());
    let cut = faulty(&signer, "gzip, truncate", &body).send().await.unwrap();
    assert!(gunzipped(cut, 200, "gzip,truncate").await.is_none());
}

/// What is in an answer that says that it is compressed; `None` if it does not come whole.
async fn gunzipped(answer: Response, status: u16, applied: &str) -> Option<Vec<u8>> {
    use std::io::Read as _;
    assert_eq!(answer.status(), status);
    assert_eq!(header(&answer, "content-encoding"), "gzip");
    assert_eq!(
        header(&answer, "x-sandbox-fault-applied").replace(' ', ""),
        applied
    );
    let body = answer.bytes().await.ok()?;
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(&*body)
        .read_to_end(&mut plain)
        .unwrap();
    Some(plain)
}

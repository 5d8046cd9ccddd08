//! The journal of requests, what it shows, and the events.

use std::time::Duration;

use checkout_sandbox::Sandbox;
use futures::StreamExt;
use serde_json::{Value, json};

use crate::signer::{Signer, payin, sale};
use crate::worldline_signer::Merchant;

const PAYIN: &str = "/checkout/payin/fiat";

async fn get(signer: &Signer, below: &str) -> Value {
    let url = signer.base_url.replace("/v1", "/_sandbox/requests");
    let answer = signer.http.get(format!("{url}{below}")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn each_request_is_a_row_with_what_became_of_it() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let (signer, merchant) = (Signer::of(&sandbox), Merchant::of(&sandbox));
    let body = payin("n").to_string();
    let send = |fault: &str| {
        signer
            .request(PAYIN, &body, &signer.claims(PAYIN, &body))
            .header("X-Sandbox-Fault", fault)
            .send()
    };
    assert_eq!(signer.send(PAYIN, &body).await.status(), 200);
    assert_eq!(send("503").await.unwrap().status(), 503);
    assert!(send("cut-after").await.is_err());
    assert_eq!(send("unknown-enum=Nothing,delay=0s").await.unwrap().status(), 200);
    assert_eq!(send("boom").await.unwrap().status(), 400);
    for request in [
        merchant.get("/services/testconnection"),
        merchant.get("/nothing?email=ada@shop.example&token=0123456789&ada@shop.example&x="),
    ] {
        merchant.send(&request).await;
    }
    for path in ["products/302/sessions", "elsewhere"] {
        let url = format!("{}/client/v1/customer-secret/{path}", merchant.endpoint);
        merchant.http.post(url).send().await.unwrap();
    }
    // Neither pages nor controls are among them.
    get(&signer, "").await;

    let mut rows = get(&signer, "").await;
    for row in rows.as_array_mut().unwrap() {
        assert!(row["took_us"].as_u64().unwrap() > 0);
        assert!(row["time"].as_str().unwrap().ends_with('Z'));
        row["took_us"] = "<microseconds>".into();
        row["time"] = "<time>".into();
    }
    insta::assert_json_snapshot!(rows);
    let revealed = get(&signer, "/9?reveal=1").await;
    assert_eq!(revealed["path"], "/client/v1/<secret>/elsewhere");
}

#[tokio::test]
async fn the_journal_is_masked_and_reveals_persons_but_no_secret() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let (signer, merchant) = (Signer::of(&sandbox), Merchant::of(&sandbox));
    let mut body = payin("nonce-1");
    // A secret where it has no business, and a person where the spec knows no field.
    body["ReturnURL"] = format!("https://shop.example/?key={}", signer.api_key).into();
    body["Wish"] = json!({"Note": "CANARY wish", "Password": "CANARY-password"});
    let body = body.to_string();
    let token = signer.token(&signer.claims(PAYIN, &body));
    let request = signer
        .unsigned(PAYIN, &body)
        .header("Api-Signature", &token)
        .header("Cookie", "CANARY-cookie")
        .header("X-Shop-User", "CANARY-user");
    assert_eq!(request.send().await.unwrap().status(), 200);
    merchant
        .send(&merchant.post("/sessions", r#"{"tokens":["CANARY-token"]}"#))
        .await;
    let signature = merchant.signature(&merchant.post("/sessions", r#"{"tokens":["CANARY-token"]}"#));
    signer.unsigned(PAYIN, "name=CANARY&x").send().await.unwrap();

    let list = get(&signer, "").await.to_string();
    let masked = get(&signer, "/1").await;
    let revealed = get(&signer, "/1?reveal=1").await;
    let mut masked_all = list;
    let mut revealed_all = String::new();
    for number in 1..=3 {
        masked_all += &get(&signer, &format!("/{number}")).await.to_string();
        masked_all += &get(&signer, &format!("/{number}?reveal=0")).await.to_string();
        revealed_all += &get(&signer, &format!("/{number}?reveal=1")).await.to_string();
    }
    for secret in [
        signer.api_key.as_str(),
        &token,
        token.rsplit('.').next().unwrap(),
        &signature,
        &merchant.secret,
        "CANARY-cookie",
        "CANARY-password",
        "CANARY-token",
    ] {
        assert!(!masked_all.contains(secret), "{secret}");
        assert!(!revealed_all.contains(secret), "{secret}");
    }
    for person in [
        "Ada",
        "1990-12-10",
        "ada@",
        "Coffee",
        "CANARY wish",
        "CANARY-user",
        "name=CANARY",
    ] {
        assert!(!masked_all.contains(person), "{person}");
    }
    for person in ["Ada", "1990-12-10", "CANARY wish", "CANARY-user", "name=CANARY"] {
        assert!(revealed_all.contains(person), "{person}");
    }
    // What a program needs shows without asking.
    assert_eq!(masked["body"]["Nonce"], "nonce-1");
    insta::assert_json_snapshot!([&masked["body"], &revealed["body"], &headers(&masked)]);
}

/// By name, without what differs from run to run.
fn headers(detail: &Value) -> Value {
    let headers = detail["headers"].as_array().unwrap().iter().map(|header| {
        let name = header["name"].as_str().unwrap().to_owned();
        let value = match name.as_str() {
            "host" | "content-length" => Value::from("<differs>"),
            _ => header["value"].clone(),
        };
        (name, value)
    });
    headers.collect::<serde_json::Map<_, _>>().into()
}

#[tokio::test]
async fn a_client_that_hangs_up_is_a_request_without_an_answer() {
    let sandbox = Sandbox::builder()
        .latency(Duration::from_secs(60))
        .start()
        .await
        .unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("n").to_string();
    let request = signer.request(PAYIN, &body, &signer.claims(PAYIN, &body));
    assert!(request.timeout(Duration::from_millis(500)).send().await.is_err());
    let rows = async {
        loop {
            let rows = get(&signer, "").await;
            if !rows.as_array().unwrap().is_empty() {
                return rows;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let rows = tokio::time::timeout(Duration::from_secs(5), rows).await.unwrap();
    assert_eq!(rows[0]["status"], Value::Null);
    assert_eq!(rows[0]["operation"], "createFiatPayin");
}

#[tokio::test]
async fn the_last_thousand_are_kept() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    for _ in 0..1_003 {
        signer.http.get(&signer.base_url).send().await.unwrap();
    }
    let rows = get(&signer, "").await;
    let numbers: Vec<u64> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["number"].as_u64().unwrap())
        .collect();
    assert!(numbers.iter().copied().eq(4..=1_003));
    let url = signer.base_url.replace("/v1", "/_sandbox/requests");
    for gone in ["3", "1004", "x"] {
        let answer = signer.http.get(format!("{url}/{gone}")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{gone}");
    }
}

#[tokio::test]
async fn events_tell_of_requests_and_rules_and_end_with_the_sandbox() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let url = signer.base_url.replace("/v1", "/_sandbox/events");
    let answer = signer.http.get(url).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut stream = answer.bytes_stream();
    let mut read = String::new();

    sandbox.faults().add("createSell 503 count=1".parse().unwrap());
    let body = sale("n").to_string();
    assert_eq!(signer.send("/checkout/sell", &body).await.status(), 503);
    let mut events = Vec::new();
    while events.len() < 2 {
        let part = tokio::time::timeout(Duration::from_secs(5), stream.next())
            .await
            .unwrap();
        read.push_str(std::str::from_utf8(&part.unwrap().unwrap()).unwrap());
        events = read.matches("\n\n").collect();
    }
    let mut events = read.split("\n\n");
    assert_eq!(
        events.next().unwrap(),
        "event: fault\ndata: {\"change\":\"added\",\"id\":1,\"text\":\"createSell 503 count=1\"}"
    );
    let row = events
        .next()
        .unwrap()
        .strip_prefix("event: request\ndata: ")
        .unwrap();
    let row: Value = serde_json::from_str(row).unwrap();
    assert_eq!(
        (&row["operation"], &row["fault"], &row["status"]),
        (&json!("createSell"), &json!("503"), &json!(503))
    );
    assert!(!read.contains("Ada") && !read.contains(&signer.api_key));

    // An open stream does not hold it up.
    let began = std::time::Instant::now();
    sandbox.shutdown().await;
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let rest = tokio::time::timeout(Duration::from_secs(5), stream.next()).await;
    assert!(rest.unwrap().is_none());
}

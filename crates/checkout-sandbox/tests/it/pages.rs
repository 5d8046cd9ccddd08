//! The control paths, and who may use them and the pages.

use checkout_sandbox::Sandbox;
use serde_json::{Map, Value, json};

use crate::signer::{Signer, payin, shown};

async fn open(signer: &Signer, body: &Value) -> (String, String) {
    let answer: Value = signer
        .send("/checkout/payin/fiat", &body.to_string())
        .await
        .json()
        .await
        .unwrap();
    let id = answer["CheckoutSession"]["CheckoutSessionID"]
        .as_str()
        .unwrap()
        .to_owned();
    (id, answer["HostedURL"].as_str().unwrap().to_owned())
}

pub fn origin(signer: &Signer) -> &str {
    signer.base_url.strip_suffix("/v1").unwrap()
}

#[tokio::test]
async fn sessions_end_over_http() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let (id, _) = open(&signer, &payin("a")).await;
    let end = |id: &str, how: &str| {
        signer
            .http
            .post(format!("{}/_sandbox/sessions/{id}/{how}", origin(&signer)))
            .send()
    };
    let mut answers = Map::new();
    for (case, id, how) in [
        ("settle", id.as_str(), "settle"),
        ("settle again", &id, "settle"),
        ("fail what is settled", &id, "fail"),
        ("settle nobody", "nobody", "settle"),
        ("id that is no text", "%FF", "settle"),
        ("end otherwise", &id, "forget"),
    ] {
        let mut answer = shown(end(id, how).await.unwrap()).await;
        if answer["body"].get("SessionID").is_some() {
            answer["body"]["SessionID"] = "<id>".into();
        }
        answers.insert(case.to_owned(), answer);
    }
    insta::assert_json_snapshot!(answers);

    let ledger: Value = signer
        .http
        .get(format!("{}/_sandbox/ledger", origin(&signer)))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        ledger["Totals"],
        json!([{"Direction": "In", "FiatCurrency": "EUR", "FiatAmount": "10.10"}])
    );
    let deliveries = signer
        .http
        .get(format!("{}/_sandbox/deliveries", origin(&signer)))
        .send()
        .await
        .unwrap();
    let deliveries: Value = deliveries.json().await.unwrap();
    assert_eq!(deliveries.as_array().unwrap().len(), 6);
    assert_eq!(deliveries[0]["State"], "NoAddress");
}

#[tokio::test]
async fn foreign_pages_cannot_drive_it() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let (id, page) = open(&signer, &payin("a")).await;
    let settle = format!("{}/_sandbox/sessions/{id}/settle", origin(&signer));
    let mut answers = Map::new();
    for (case, request) in [
        (
            "foreign origin",
            signer.http.post(&settle).header("Origin", "https://evil.example"),
        ),
        ("null origin", signer.http.post(&settle).header("Origin", "null")),
        (
            "form of a foreign page",
            signer
                .http
                .post(format!("{page}/settle"))
                .header("Origin", "https://evil.example"),
        ),
        (
            "form of another page of this machine",
            signer
                .http
                .post(format!("{page}/settle"))
                .header("Origin", "http://localhost:3000")
                .header("Sec-Fetch-Site", "cross-site"),
        ),
        (
            "form of another port",
            signer
                .http
                .post(format!("{page}/payment-methods"))
                .header("Origin", "http://127.0.0.1:1"),
        ),
        (
            "form without a site",
            signer
                .http
                .post(format!("{page}/expire"))
                .header("Origin", "null")
                .header("Sec-Fetch-Site", "cross-site"),
        ),
        (
            "foreign page that reads by a script element",
            signer
                .http
                .get(format!("{}/_sandbox/ledger", origin(&signer)))
                .header("Sec-Fetch-Site", "cross-site")
                .header("Sec-Fetch-Mode", "no-cors"),
        ),
        (
            "rebound host with its own origin",
            signer
                .http
                .post(format!("{page}/settle"))
                .header("Host", "evil.example")
                .header("Origin", "http://evil.example")
                .header("Sec-Fetch-Site", "same-origin"),
        ),
        (
            "rebound host",
            signer.http.post(&settle).header("Host", "evil.example"),
        ),
        (
            "rebound host on the page",
            signer.http.get(&page).header("Host", "evil.example"),
        ),
        (
            "rebound host on the ledger",
            signer
                .http
                .get(format!("{}/_sandbox/ledger", origin(&signer)))
                .header("Host", "evil.example"),
        ),
    ] {
        answers.insert(case.to_owned(), shown(request.send().await.unwrap()).await);
    }
    insta::assert_json_snapshot!(answers);
    assert!(sandbox.noah().ledger().entries.is_empty());
    // A shop links to the page, and the page's own forms work.
    let linked = signer
        .http
        .get(&page)
        .header("Sec-Fetch-Site", "cross-site")
        .header("Sec-Fetch-Mode", "navigate");
    assert_eq!(linked.send().await.unwrap().status(), 200);
    for (target, status) in [(settle, 200), (format!("{page}/settle"), 303)] {
        let own = signer
            .http
            .post(target)
            .header("Origin", origin(&signer))
            .header("Sec-Fetch-Site", "same-origin");
        assert_eq!(own.send().await.unwrap().status(), status);
    }
}

//! The control paths and the hosted page.

use checkout_sandbox::Sandbox;
use serde_json::{Map, Value, json};

use crate::signer::{Signer, payin, shown, with};

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

fn origin(signer: &Signer) -> &str {
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
    let own = signer
        .http
        .post(&settle)
        .header("Origin", origin(&signer))
        .send()
        .await
        .unwrap();
    assert_eq!(own.status(), 200);
}

#[tokio::test]
async fn the_page_shows_the_session_and_escapes_it() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let hostile = with(
        payin("a"),
        "/LineItems/0/Description",
        json!("<script>alert('\"&')</script>"),
    );
    let (id, url) = open(&signer, &with(hostile, "/ExternalID", json!("<b>7</b>"))).await;
    let answer = signer.http.get(&url).send().await.unwrap();
    assert!(
        answer.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .starts_with("default-src 'none'")
    );
    let html = answer.text().await.unwrap();
    insta::assert_snapshot!(html.replace(&id, "ID"));

    let paid = signer
        .http
        .post(format!("{}/_sandbox/sessions/{id}/settle", origin(&signer)))
        .header("Accept", "text/html,*/*");
    let paid = paid.send().await.unwrap();
    assert_eq!(paid.status(), 303);
    assert_eq!(
        paid.headers()["location"].to_str().unwrap().replace(&id, "ID"),
        "https://shop.example/done?basket=8&CheckoutSessionID=ID&ExternalID=%3Cb%3E7%3C%2Fb%3E&Status=Settled#thanks"
    );
    let html = signer.http.get(&url).send().await.unwrap().text().await.unwrap();
    assert!(html.contains("Settled") && !html.contains("<button>"), "{html}");

    let unknown = signer
        .http
        .get(format!("{}/hosted/nobody", origin(&signer)))
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 404);
    assert!(unknown.text().await.unwrap().contains("no session"));
}

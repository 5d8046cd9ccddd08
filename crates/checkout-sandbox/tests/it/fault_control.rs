//! `/_sandbox/faults`.

use checkout_sandbox::Sandbox;
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};

use crate::signer::{Signer, payin, shown};

struct Control {
    url: String,
    signer: Signer,
}

impl Control {
    fn of(sandbox: &Sandbox) -> Self {
        Self {
            url: sandbox
                .noah()
                .report()
                .base_url
                .replace("/v1", "/_sandbox/faults"),
            signer: Signer::of(sandbox),
        }
    }

    fn call(&self, method: Method, below: &str) -> RequestBuilder {
        self.signer.http.request(method, format!("{}{below}", self.url))
    }

    async fn add(&self, rule: &Value) -> Value {
        shown(
            self.call(Method::POST, "")
                .body(rule.to_string())
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    async fn list(&self) -> Value {
        self.call(Method::GET, "")
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn rules_are_added_listed_and_taken_back_over_http() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let control = Control::of(&sandbox);
    let mut answers = Map::new();
    for (case, rule) in [
        ("a text", json!("createFiatPayin 503 count=1")),
        (
            "an object",
            json!({"operation": "noah:*", "fault": "delay=0s", "skip": 1, "probability": 0.5, "seed": 3}),
        ),
        ("a list", json!(["createSell 500", "createSell truncate"])),
        ("another operation", json!("createPayin 503")),
        ("a fault that is none", json!({"operation": "*", "fault": "boom"})),
        ("a list with one that is none", json!(["* 503", "* boom"])),
        ("no rule", json!(7)),
    ] {
        answers.insert(case.to_owned(), control.add(&rule).await);
    }
    let no_json = control.call(Method::POST, "").body("createFiatPayin 503");
    answers.insert("no json".to_owned(), shown(no_json.send().await.unwrap()).await);
    insta::assert_json_snapshot!(answers);

    let send = async || {
        let body = payin("n").to_string();
        let answer = control.signer.send("/checkout/payin/fiat", &body).await;
        answer.status().as_u16()
    };
    assert_eq!((send().await, send().await), (503, 200));
    let list = control.list().await;
    assert_eq!(list.as_array().unwrap().len(), 4);
    assert_eq!(
        list[0],
        json!({
            "id": 1, "text": "createFiatPayin 503 count=1", "operation": "createFiatPayin", "fault": "503", "count": 1,
            "matched": 2, "fired": 1,
        })
    );

    for (below, status) in [("/2", 204), ("/2", 404), ("/x", 404), ("", 204), ("", 204)] {
        let answer = control.call(Method::DELETE, below).send().await.unwrap();
        assert_eq!(answer.status(), status, "{below}");
        assert_eq!(
            control.list().await.as_array().unwrap().len(),
            if below.is_empty() { 0 } else { 3 }
        );
    }
}

#[tokio::test]
async fn foreign_pages_and_hosts_drive_nothing() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let control = Control::of(&sandbox);
    let rule = json!("* 503").to_string();
    for (name, value) in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Host", "evil.example"),
    ] {
        for (method, below) in [
            (Method::GET, ""),
            (Method::POST, ""),
            (Method::DELETE, ""),
            (Method::GET, "/../requests"),
            (Method::GET, "/../requests/1"),
            (Method::GET, "/../events"),
        ] {
            let request = control.call(method, below).body(rule.clone()).header(name, value);
            let answer = shown(request.send().await.unwrap()).await;
            assert_eq!(answer["status"], 403, "{name} {value} {below}");
            assert_eq!(answer["body"]["Type"], "Forbidden");
        }
    }
    assert!(sandbox.faults().list().is_empty());
    let wrong = control.call(Method::PUT, "").send().await.unwrap();
    let wrong = shown(wrong).await;
    assert_eq!(wrong["status"], 405);
    assert_eq!(wrong["body"]["Type"], "InvalidMessage");
}

//! The console without its script: what it shows, and what its forms do.

use std::time::Duration;

use checkout_sandbox::Sandbox;
use reqwest::Response;
use serde_json::{Map, Value, json};

use crate::html::{assert_inert, attributes, outline, texts};
use crate::pages::origin;
use crate::pages_hosted::{HOSTILE, open, page};
use crate::signer::{Signer, payin, sale, shown, with};
use crate::worldline_signer::Merchant;

fn console(signer: &Signer) -> String {
    format!("{}/_sandbox", origin(signer))
}

async fn post(signer: &Signer, path: &str, form: &str) -> Response {
    signer
        .http
        .post(format!("{}{path}", console(signer)))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form.to_owned())
        .send()
        .await
        .unwrap()
}

/// How the console writes moments, with zeros for digits.
const TIME: &str = "0000-00-00 00:00:00.000";

fn begins_with_time(text: &str) -> bool {
    let digits = |byte: u8| if byte.is_ascii_digit() { b'0' } else { byte };
    text.bytes().take(TIME.len()).map(digits).eq(TIME.bytes())
}

/// Times, durations and the port differ each time.
fn settled(html: &str, signer: &Signer, ids: &[(&str, &str)]) -> String {
    let mut text = outline(html);
    for (id, name) in ids {
        text = text.replace(id, name);
    }
    text = text.replace(origin(signer).strip_prefix("http://").unwrap(), "ADDRESS");
    let lines = text.lines().map(|line| {
        let mut line = line.to_owned();
        if let Some(at) = (0..line.len()).find(|at| line.get(*at..).is_some_and(begins_with_time)) {
            line.replace_range(at..at + TIME.len(), "TIME");
        }
        if let Some(at) = line.find(" ms\"") {
            let start = line[..at].rfind([' ', '"']).unwrap() + 1;
            line.replace_range(start..at, "0.0");
        }
        line
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn an_empty_console_says_so() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let html = page(&signer, &console(&signer)).await;
    assert_inert(&html);
    insta::assert_snapshot!(settled(&html, &signer, &[]));
    for same in ["/", "?reveal=0", "?reveal=yes"] {
        let other = page(&signer, &format!("{}{same}", console(&signer))).await;
        assert_eq!(other.len(), html.len(), "{same}");
    }
    let answer = signer.http.get(console(&signer)).send().await.unwrap();
    assert_eq!(
        answer.headers()["content-security-policy"],
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let paths = [("link[rel=stylesheet]", "href"), ("script", "src")]
        .into_iter()
        .flat_map(|(selector, attribute)| attributes(&html, selector, attribute));
    for path in paths {
        let file = signer
            .http
            .get(format!("{}{path}", origin(&signer)))
            .send()
            .await
            .unwrap();
        assert_eq!(file.status(), 200, "{path}");
        assert_eq!(file.headers()["x-content-type-options"], "nosniff", "{path}");
    }
}

#[tokio::test]
async fn both_apis_requests_show_check_by_check() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let (signer, merchant) = (Signer::of(&sandbox), Merchant::of(&sandbox));
    let body = payin("a").to_string();
    let mut claims = signer.claims("/checkout/payin/fiat", &body);
    claims["method"] = "GET".into();
    let refused = signer
        .request("/checkout/payin/fiat", &body, &claims)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 401);
    let unknown = merchant.http.get(format!("{}/v1/nothing", merchant.endpoint));
    assert_eq!(unknown.send().await.unwrap().status(), 404);
    let html = page(&signer, &console(&signer)).await;
    assert_inert(&html);
    assert_eq!(
        texts(&html, ".row .title"),
        ["GET /v1/<hidden>", "createFiatPayin"]
    );
    assert_eq!(
        texts(&html, "#request-1 summary .badge"),
        ["✗ 401", "✗ method fails"]
    );
    let checks: Vec<_> = texts(&html, "#request-1 .checks tbody tr")
        .into_iter()
        .filter(|row| row.starts_with("method") || row.starts_with("path"))
        .collect();
    assert_eq!(
        checks,
        [
            "methodPOSTGET✗ fails",
            "path/v1/checkout/payin/fiat/v1/checkout/payin/fiat✓ holds"
        ]
    );
    let headers = texts(&html, "#request-1 dd");
    assert!(headers.contains(&"<secret>".to_owned()));
    assert!(!html.contains(&signer.api_key));
}

#[tokio::test]
async fn sessions_ledger_and_deliveries_show() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let (first, _) = open(&signer, "/checkout/payin/fiat", &payin("a")).await;
    let (second, _) = open(&signer, "/checkout/sell", &sale("a")).await;
    let (third, _) = open(&signer, "/checkout/manage", &json!({"CustomerID": "customer-1"})).await;
    let end = |id: &str, how: &str| format!("/console/sessions/{id}/{how}");
    let settled_now = post(&signer, &end(&first, "settle"), "").await;
    assert_eq!(settled_now.status(), 303);
    assert_eq!(settled_now.headers()["location"], "/_sandbox#sessions");
    let html = page(&signer, &console(&signer)).await;
    assert_inert(&html);
    let parts = ["sessions", "ledger", "deliveries"].map(|part| {
        let whole = settled(
            &html,
            &signer,
            &[(&first, "FIRST"), (&second, "SECOND"), (&third, "THIRD")],
        );
        let start = whole
            .find(&format!("div class=\"part\" id=\"{part}-part\""))
            .unwrap();
        let end = whole[start..]
            .find("\n          section")
            .map_or(whole.len(), |end| start + end);
        whole[start..end].to_owned()
    });
    // Of the deliveries, the last one and its frame; the others look alike.
    insta::assert_snapshot!(parts[..2].join("\n"));
    assert_eq!(texts(&html, "#deliveries-part .title").len(), 7);
    assert!(parts[2].contains("It was not sent: "));
    assert!(
        texts(&html, "#deliveries-part button").is_empty(),
        "nowhere to send it to"
    );
    // What is over is over.
    let mut refusals = Map::new();
    for (case, path) in [
        ("ended otherwise", end(&first, "fail")),
        ("nothing to pay", end(&third, "settle")),
        ("unknown", end("nobody", "settle")),
        ("no such end", end(&second, "forget")),
        ("nothing to send again", "/console/deliveries/1/resend".to_owned()),
        ("no such delivery", "/console/deliveries/x/resend".to_owned()),
    ] {
        let refused = post(&signer, &path, "").await;
        assert_eq!(refused.status(), 422, "{case}");
        let alert = texts(&refused.text().await.unwrap(), "[role=alert]").concat();
        refusals.insert(case.to_owned(), alert.into());
    }
    insta::assert_json_snapshot!("refusals", refusals);
}

#[tokio::test]
async fn a_webhook_that_fails_shows_its_attempts_and_its_schedule() {
    let sandbox = Sandbox::builder()
        // Nothing listens there.
        .noah_webhook("http://127.0.0.1:9/hooks")
        .webhook_schedule([Duration::from_secs(3_600)])
        .start()
        .await
        .unwrap();
    let signer = Signer::of(&sandbox);
    open(&signer, "/checkout/payin/fiat", &payin("a")).await;
    let tried = async || {
        while sandbox.deliveries()[0].attempts.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), tried())
        .await
        .unwrap();
    assert_eq!(
        post(&signer, "/console/deliveries/1/resend", "").await.status(),
        303
    );
    let html = page(&signer, &console(&signer)).await;
    assert_inert(&html);
    assert_eq!(texts(&html, "#delivery-1 summary .badge"), ["waiting"]);
    let lines: Vec<_> = texts(&html, "#delivery-1 .attempts li")
        .into_iter()
        .map(|line| {
            line.split(" at ").next().unwrap().to_owned() + if line.ends_with("by hand") { "!" } else { "" }
        })
        .collect();
    assert_eq!(lines, ["✗ no connection", "✗ no connection!", "next attempt"]);
    assert!(texts(&html, "#webhooks ~ p").contains(&"Waits between attempts: 1h.".to_owned()));
    let body = texts(&html, "#delivery-1 pre").concat();
    assert!(
        body.contains("CheckoutSession") && !body.contains("Coffee"),
        "{body}"
    );
    let html = page(&signer, &format!("{}?reveal=1", console(&signer))).await;
    assert!(texts(&html, "#delivery-1 pre").concat().contains("Coffee beans"));
}

#[tokio::test]
async fn rules_switches_and_the_clock_are_set_by_forms() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let added = post(
        &signer,
        "/console/faults?reveal=1",
        "Rule=+createSell+503+count%3D1+",
    )
    .await;
    assert_eq!(added.headers()["location"], "/_sandbox?reveal=1#faults");
    assert_eq!(sandbox.faults().list()[0].text, "createSell 503 count=1");
    let set = "reorder=on&extra-fields=on&Duplicates=2&Delay=3s";
    assert_eq!(post(&signer, "/console/webhooks", set).await.status(), 303);
    let html = page(&signer, &console(&signer)).await;
    assert_eq!(texts(&html, "#faults-part code"), ["createSell 503 count=1"]);
    assert_eq!(
        attributes(&html, "input[checked]", "name"),
        ["reorder", "extra-fields"]
    );
    assert_eq!(attributes(&html, "#Duplicates, #Delay", "value"), ["2", "3s"]);
    assert_eq!(
        post(&signer, "/console/webhooks", "Duplicates=0&Delay=")
            .await
            .status(),
        303
    );
    let html = page(&signer, &console(&signer)).await;
    assert!(
        attributes(&html, "input[checked]", "name").is_empty(),
        "what is left out is off"
    );
    assert_eq!(post(&signer, "/console/clock", "Seconds=900").await.status(), 303);
    for _ in 0..2 {
        assert_eq!(post(&signer, "/console/faults/1/remove", "").await.status(), 303);
        assert!(sandbox.faults().list().is_empty());
    }

    let mut shown = Map::new();
    for (case, path, form, given) in [
        ("no rule", "/console/faults", "Rule=", ""),
        ("odd rule", "/console/faults", "Rule=<script>+503", "<script> 503"),
        ("odd switch", "/console/webhooks", "Delay=soon", ""),
        ("odd clock", "/console/clock", "Seconds=1.5", "1.5"),
        (
            "too far",
            "/console/clock",
            "Seconds=999999999999",
            "999999999999",
        ),
    ] {
        let refused = post(&signer, path, form).await;
        assert_eq!(refused.status(), 422, "{case}");
        let html = refused.text().await.unwrap();
        assert_inert(&html);
        let invalid = attributes(&html, "[aria-invalid]", "value");
        assert!(
            invalid.is_empty() == given.is_empty() || invalid == [given],
            "{case}: {invalid:?}"
        );
        shown.insert(case.to_owned(), texts(&html, "[role=alert]").concat().into());
    }
    insta::assert_json_snapshot!(shown);
}

#[tokio::test]
async fn a_part_is_the_same_by_itself() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    open(&signer, "/checkout/payin/fiat", &payin("a")).await;
    let added = post(&signer, "/console/faults", "Rule=createSell+503").await;
    assert_eq!(added.status(), 303);
    for query in ["", "?reveal=1"] {
        let whole = page(&signer, &format!("{}{query}", console(&signer))).await;
        assert_eq!(whole.contains("Springfield"), !query.is_empty());
        for part in ["requests", "sessions", "deliveries", "faults"] {
            let answer = signer
                .http
                .get(format!("{}/console/{part}{query}", console(&signer)));
            let answer = answer.send().await.unwrap();
            assert!(answer.headers().contains_key("content-security-policy"));
            let part = answer.text().await.unwrap();
            // Several parts of one answer need not stand side by side on the page.
            for piece in part.split_inclusive("</div><div class=\"part\"") {
                let piece = piece.trim_end_matches("<div class=\"part\"");
                assert!(whole.contains(piece), "{piece}");
            }
        }
    }
}

#[tokio::test]
async fn hostile_texts_stay_texts_in_the_console_too() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    for (number, (given, shown)) in HOSTILE.into_iter().enumerate() {
        let short: String = given.chars().take(36).collect();
        let shown: String = shown.chars().take(36).collect();
        let body = with(payin(&format!("n{number}")), "/ExternalID", json!(short));
        let (id, _) = open(&signer, "/checkout/payin/fiat", &body).await;
        sandbox.noah().settle(&id).unwrap();
        let html = page(&signer, &format!("{}?reveal=1", console(&signer))).await;
        assert_inert(&html);
        assert_eq!(texts(&html, "#sessions-part p bdi")[0], shown, "{given:?}");
        assert_eq!(
            texts(&html, "#ledger-part td:first-child bdi")[0],
            shown,
            "{given:?}"
        );
    }
    // A body that is no JSON, with all that can be in a request.
    let odd = signer
        .unsigned("/checkout/sell", "</pre><script>alert(1)</script>")
        .header("X-Odd", "<script>alert(2)</script>\"'");
    odd.send().await.unwrap();
    let html = page(&signer, &format!("{}?reveal=1", console(&signer))).await;
    assert_inert(&html);
    assert!(texts(&html, "pre bdi").contains(&"</pre><script>alert(1)</script>".to_owned()));
    assert!(texts(&html, "dd bdi").contains(&"<script>alert(2)</script>\"'".to_owned()));
}

#[tokio::test]
async fn foreign_pages_cannot_drive_the_console() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let (id, _) = open(&signer, "/checkout/payin/fiat", &payin("a")).await;
    let own = origin(&signer).to_owned();
    let mut answers = Map::new();
    for path in [
        format!("/console/sessions/{id}/settle"),
        "/console/deliveries/1/resend".to_owned(),
        "/console/faults".to_owned(),
        "/console/faults/1/remove".to_owned(),
        "/console/webhooks".to_owned(),
        "/console/clock".to_owned(),
    ] {
        for (case, headers) in [
            (
                "foreign page",
                vec![
                    ("Origin", "https://evil.example"),
                    ("Sec-Fetch-Site", "cross-site"),
                ],
            ),
            ("page of another port", vec![("Origin", "http://localhost:3000")]),
            (
                "page of the same site",
                vec![("Origin", &*own), ("Sec-Fetch-Site", "same-site")],
            ),
            ("page without an origin", vec![("Origin", "null")]),
            (
                "rebound name",
                vec![("Host", "evil.example"), ("Origin", "http://evil.example")],
            ),
        ] {
            let mut request = signer
                .http
                .post(format!("{}{path}", console(&signer)))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body("Rule=createSell+503&Seconds=9");
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let answer = shown(request.send().await.unwrap()).await;
            assert_eq!(answer["status"], 403, "{path}: {case}");
            answers.insert(case.to_owned(), answer["body"]["Detail"].clone());
        }
    }
    for path in ["", "/console/requests", "/events", "/console.js"] {
        let rebound = signer
            .http
            .get(format!("{}{path}", console(&signer)))
            .header("Host", "evil.example");
        assert_eq!(rebound.send().await.unwrap().status(), 403, "{path}");
        let read = signer
            .http
            .get(format!("{}{path}", console(&signer)))
            .header("Sec-Fetch-Site", "cross-site")
            .header("Sec-Fetch-Mode", "no-cors");
        assert_eq!(read.send().await.unwrap().status(), 403, "{path}");
    }
    insta::assert_json_snapshot!(Value::Object(answers));
    assert!(sandbox.noah().ledger().entries.is_empty());
    assert!(sandbox.faults().list().is_empty());
}

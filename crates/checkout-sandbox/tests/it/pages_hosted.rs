//! The hosted page of pay-ins and sales.

use checkout_sandbox::{Ending, Sandbox};
use serde_json::{Value, json};

use crate::html::{assert_inert, attributes, outline, texts};
use crate::signer::{Signer, payin, sale, with};

/// A session's id and the address of its page.
pub async fn open(signer: &Signer, path: &str, body: &Value) -> (String, String) {
    let answer = signer.send(path, &body.to_string()).await;
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    let url = answer["HostedURL"].as_str().unwrap().to_owned();
    let id = url.rsplit('/').next().unwrap().to_owned();
    (id, url)
}

pub async fn page(signer: &Signer, url: &str) -> String {
    let answer = signer.http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

#[tokio::test]
async fn the_page_shows_what_is_paid_and_how_it_ended() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    for (name, path, body) in [
        ("pay_in", "/checkout/payin/fiat", payin("a")),
        ("sale", "/checkout/sell", sale("a")),
    ] {
        let (id, url) = open(&signer, path, &body).await;
        let html = page(&signer, &url).await;
        assert_inert(&html);
        insta::assert_snapshot!(format!("{name}_pending"), outline(&html).replace(&id, "ID"));
        sandbox.noah().settle(&id).unwrap();
        let html = page(&signer, &url).await;
        assert_inert(&html);
        insta::assert_snapshot!(format!("{name}_settled"), outline(&html).replace(&id, "ID"));
    }
    let mut endings = Vec::new();
    for (nonce, outcome) in [("b", Ending::Failed), ("c", Ending::Expired)] {
        let (id, url) = open(&signer, "/checkout/payin/fiat", &payin(nonce)).await;
        match outcome {
            Ending::Failed => sandbox.noah().fail(&id).unwrap(),
            _ => sandbox.noah().expire(&id).unwrap(),
        };
        let html = page(&signer, &url).await;
        assert_eq!(texts(&html, "form"), Vec::<String>::new());
        endings.extend(texts(&html, ".ending"));
    }
    assert_eq!(
        endings,
        [
            "DeclinedThe payment failed; nothing was moved for good. This session has ended, which is final.Back to the shop",
            "ExpiredNobody paid in time. This session has ended, which is final.Back to the shop",
        ]
    );
}

#[tokio::test]
async fn its_forms_end_the_session_and_lead_back_to_the_shop() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    for (how, status) in [("settle", "Settled"), ("fail", "Failed"), ("expire", "Failed")] {
        let body = with(payin(how), "/ExternalID", json!("<b>7</b>"));
        let (id, url) = open(&signer, "/checkout/payin/fiat", &body).await;
        let html = page(&signer, &url).await;
        assert!(attributes(&html, "form", "action").contains(&format!("/hosted/{id}/{how}")));
        let post = || {
            signer
                .http
                .post(format!("{url}/{how}"))
                .header("Accept", "text/html")
        };
        let back = post().send().await.unwrap();
        assert_eq!(back.status(), 303);
        assert_eq!(back.headers()["cache-control"], "no-store");
        let location = back.headers()["location"].to_str().unwrap().replace(&id, "ID");
        assert_eq!(
            location,
            format!(
                "https://shop.example/done?basket=8&CheckoutSessionID=ID&ExternalID=%3Cb%3E7%3C%2Fb%3E&Status={status}#thanks"
            )
        );
        // Sent again, as by a second click, it leads to the same place.
        let again = post().send().await.unwrap();
        assert_eq!(
            again.headers()["location"].to_str().unwrap().replace(&id, "ID"),
            location
        );
        let html = page(&signer, &url).await;
        assert_eq!(
            attributes(&html, ".ending a", "href"),
            [location.replace("ID=ID", &format!("ID={id}"))]
        );
        // What comes too late changes nothing, and leads to the page.
        let other = if how == "settle" { "fail" } else { "settle" };
        let late = signer.http.post(format!("{url}/{other}")).send().await.unwrap();
        assert_eq!(late.headers()["location"], format!("/hosted/{id}"));
    }
    assert_eq!(sandbox.noah().ledger().entries.len(), 1);
}

#[tokio::test]
async fn the_page_may_load_nothing_and_stand_in_no_frame() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let (_, url) = open(&signer, "/checkout/payin/fiat", &payin("a")).await;
    let answer = signer.http.get(&url).send().await.unwrap();
    let headers: Vec<String> = [
        "content-type",
        "content-security-policy",
        "cache-control",
        "referrer-policy",
        "x-content-type-options",
    ]
    .map(|name| format!("{name}: {}", answer.headers()[name].to_str().unwrap()))
    .into();
    insta::assert_snapshot!(headers.join("\n"));
    let html = answer.text().await.unwrap();
    for (selector, attribute, kind) in [
        ("link[rel=stylesheet]", "href", "text/css; charset=utf-8"),
        ("link[rel=icon]", "href", "image/svg+xml"),
    ] {
        let [path] = attributes(&html, selector, attribute).try_into().unwrap();
        let file = signer
            .http
            .get(format!("{}{path}", crate::pages::origin(&signer)));
        let file = file.send().await.unwrap();
        assert_eq!(file.headers()["content-type"], kind);
    }
    let unknown = signer
        .http
        .get(format!("{}/hosted/nobody", crate::pages::origin(&signer)))
        .send()
        .await
        .unwrap();
    assert_eq!(unknown.status(), 404);
    assert!(unknown.text().await.unwrap().contains("no session"));
}

/// What someone may put where a shop's texts go, and what the page shows of it.
pub const HOSTILE: [(&str, &str); 9] = [
    ("<script>alert('\"&')</script>", "<script>alert('\"&')</script>"),
    ("\"onmouseover=alert(1) x=\"", "\"onmouseover=alert(1) x=\""),
    ("'><img src=x onerror=alert(1)>", "'><img src=x onerror=alert(1)>"),
    (
        "</td></table></main><h1>Paid</h1>",
        "</td></table></main><h1>Paid</h1>",
    ),
    ("&lt;b&gt; &amp;amp; &#0;", "&lt;b&gt; &amp;amp; &#0;"),
    ("<!-- ]]> {{7*7}} ${7}", "<!-- ]]> {{7*7}} ${7}"),
    ("\u{202e}dlog 00.01\u{2066}", "\u{202e}dlog 00.01\u{2066}"),
    (
        "nul\0bell\u{7}delete\u{7f}next\u{85}",
        "nul\u{2400}bell\u{2407}delete\u{2421}next\u{fffd}",
    ),
    (
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
    ),
];

#[tokio::test]
async fn hostile_texts_stay_texts() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    for (number, (given, shown)) in HOSTILE.into_iter().enumerate() {
        let short: String = given.chars().take(36).collect();
        let shown_short: String = shown.chars().take(36).collect();
        let body = with(
            payin(&format!("n{number}")),
            "/LineItems/0/Description",
            json!(given),
        );
        let body = with(body, "/ExternalID", json!(short));
        let body = with(body, "/CustomerID", json!(short));
        let (id, url) = open(&signer, "/checkout/payin/fiat", &body).await;
        for ended in [false, true] {
            if ended {
                sandbox.noah().settle(&id).unwrap();
            }
            let html = page(&signer, &url).await;
            assert_inert(&html);
            assert_eq!(texts(&html, "tbody td:first-child bdi"), [shown], "{given:?}");
            assert_eq!(
                texts(&html, "dl dd:first-of-type bdi"),
                [shown_short.as_str()],
                "{given:?}"
            );
            assert_eq!(texts(&html, "h1").len(), 1);
        }
        let body = json!({"CustomerID": short});
        let (_, url) = open(&signer, "/checkout/manage", &body).await;
        let html = page(&signer, &url).await;
        assert_inert(&html);
        assert_eq!(texts(&html, "main > p.soft bdi"), [shown_short], "{given:?}");
    }
}

#[tokio::test]
async fn a_return_address_that_is_no_web_address_is_shown_and_not_followed() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    for (number, address) in [
        "javascript:alert(document.domain)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "vbscript:msgbox(1)",
    ]
    .into_iter()
    .enumerate()
    {
        let body = with(payin(&number.to_string()), "/ReturnURL", json!(address));
        let answer = signer.send("/checkout/payin/fiat", &body.to_string()).await;
        // What is no URI at all is refused by the schema already.
        if answer.status() == 400 {
            assert!(address.contains('<'), "{address}");
            continue;
        }
        let answer: Value = answer.json().await.unwrap();
        let url = answer["HostedURL"].as_str().unwrap();
        let ended = signer.http.post(format!("{url}/settle")).send().await.unwrap();
        assert_eq!(ended.status(), 303);
        assert!(url.ends_with(ended.headers()["location"].to_str().unwrap()));
        let html = page(&signer, url).await;
        assert_inert(&html);
        assert_eq!(texts(&html, ".ending code bdi"), [address]);
        assert_eq!(attributes(&html, "a", "href"), Vec::<String>::new());
    }
}

//! The console: what happens shows by itself, and what it offers works.

use checkout_sandbox::Sandbox;
use serde_json::json;
use thirtyfour::Key;

use super::driver::in_browser;
use super::shop::{Hooks, Shop};

#[tokio::test]
async fn a_request_appears_by_itself_with_its_checks() {
    in_browser(|browser| async move {
        let shop = Shop::open().await;
        browser.open(&shop.console()).await;
        browser
            .until("live", async |browser| {
                browser.texts("[data-live]").await == ["Live."]
            })
            .await;
        assert!(browser.texts("#requests-part .title").await.is_empty());
        // The first thing that the keyboard reaches leads past the head of the page.
        browser.tab_to(".skip").await;
        browser.press(Key::Enter).await;
        assert_eq!(browser.ask("return document.activeElement.id").await, "main");
        // Focus and what is open survive that the part is replaced.
        shop.call("/checkout/payin/fiat", &shop.payin("1")).await;
        browser.click("#request-1 summary").await;
        assert_eq!(browser.texts("#request-1 .title").await, ["createFiatPayin"]);
        assert!(
            browser
                .texts("#request-1 .checks tbody th")
                .await
                .contains(&"X-Api-Key".to_owned())
        );
        shop.call("/checkout/sell", &shop.sale("1")).await;
        browser.one("#request-2").await;
        browser.one("#request-1[open]").await;
        let focused = browser
            .ask("return document.activeElement.parentElement.id")
            .await;
        assert_eq!(focused, "request-1");
        assert_eq!(
            browser.texts("#sessions-part h3 a").await,
            ["Sale of 50 USD", "Pay-in of 34.70 EUR"]
        );
    })
    .await;
}

#[tokio::test]
async fn personal_data_shows_when_it_is_asked_for() {
    in_browser(|browser| async move {
        let shop = Shop::open().await;
        shop.call("/checkout/payin/fiat", &shop.payin("1")).await;
        browser.open(&shop.console()).await;
        let body = async || {
            browser.click("#request-1:not([open]) summary").await;
            browser.texts("#request-1 pre").await.concat()
        };
        let masked = body().await;
        assert!(
            masked.contains("34.70") && !masked.contains("Springfield"),
            "{masked}"
        );
        browser.click("[name=reveal]").await;
        browser.arrive_at(&format!("{}?reveal=1", shop.console())).await;
        assert!(body().await.contains("Springfield"));
        // Nor does what is fetched again hide it.
        shop.call("/checkout/payin/fiat", &shop.payin("2")).await;
        browser.click("#request-2 summary").await;
        assert!(
            browser
                .texts("#request-2 pre")
                .await
                .concat()
                .contains("Springfield")
        );
        for secret in [
            shop.sandbox.noah().report().unsigned_api_key.as_str(),
            shop.sandbox.noah().report().api_key.as_str(),
        ] {
            assert!(!browser.source().await.unwrap().contains(secret));
        }
    })
    .await;
}

#[tokio::test]
async fn sessions_are_ended_and_a_webhook_is_sent_again() {
    in_browser(|browser| async move {
        let hooks = Hooks::open().await;
        let sandbox = Sandbox::builder()
            .noah_webhook(hooks.address.clone())
            .start()
            .await
            .unwrap();
        let shop = Shop::with(sandbox).await;
        shop.call("/checkout/payin/fiat", &shop.payin("1")).await;
        browser.open(&shop.console()).await;
        browser.click("[id^=settle]").await;
        browser.arrive_at(&format!("{}#sessions", shop.console())).await;
        browser
            .until("settled", async |browser| {
                browser.texts("#sessions-part .badge").await == ["✓ settled"]
            })
            .await;
        assert_eq!(browser.texts("#ledger-part .totals").await, ["In: 34.70 EUR"]);
        shop.sandbox.drain().await;
        let before = hooks.received();
        browser
            .until("delivered", async |browser| {
                browser
                    .texts("#delivery-1 .badge")
                    .await
                    .first()
                    .is_some_and(|state| state == "✓ delivered")
            })
            .await;
        browser.click("#delivery-1 summary").await;
        browser.tab_to("#resend-1").await;
        browser.press(Key::Enter).await;
        browser
            .until("sent again", async |_| hooks.received() == before + 1)
            .await;
        browser.arrive_at(&format!("{}#deliveries", shop.console())).await;
        browser.click("#delivery-1 summary").await;
        assert!(browser.texts("#delivery-1 .attempts li").await[1].ends_with("sent by hand"));
    })
    .await;
}

#[tokio::test]
async fn rules_switches_and_the_clock_are_set() {
    in_browser(|browser| async move {
        let shop = Shop::open().await;
        browser.open(&shop.console()).await;
        browser.tab_to("#Rule").await;
        browser.keys("createFiatPayin 200").await;
        browser.press(Key::Enter).await;
        browser.one("#Rule-fault").await;
        assert_eq!(
            browser.one("#Rule").await.prop("value").await.unwrap().as_deref(),
            Some("createFiatPayin 200")
        );
        browser.choose_all().await;
        browser.keys("createFiatPayin 503 count=1").await;
        browser.press(Key::Enter).await;
        browser.one("#rule-1").await;
        assert_eq!(browser.texts("#rule-1").await, ["createFiatPayin 503 count=1"]);
        let refused = shop.send("/checkout/payin/fiat", &shop.payin("1")).await;
        assert_eq!(refused.status(), 503);
        browser
            .until("counted", async |browser| {
                browser.texts("#faults-part .soft").await == ["happened to 1 of 1 requests"]
            })
            .await;
        browser.click("#remove-1").await;
        browser
            .until("removed", async |browser| {
                browser.texts("#rule-1").await.is_empty()
            })
            .await;

        browser.click("[name=reorder]").await;
        browser.click("form[action*=webhooks] button").await;
        browser.arrive_at(&format!("{}#webhooks", shop.console())).await;
        browser.one("[name=reorder][checked]").await;

        let before = browser.texts("time").await;
        browser.one("#Seconds").await.send_keys("86400").await.unwrap();
        browser.click("form[action*=clock] button").await;
        browser
            .until("tomorrow", async |browser| browser.texts("time").await != before)
            .await;
    })
    .await;
}

#[tokio::test]
async fn a_foreign_page_cannot_drive_the_console() {
    in_browser(|browser| async move {
        let shop = Shop::open().await;
        let page = shop.call("/checkout/payin/fiat", &shop.payin("1")).await;
        let id = page.rsplit('/').next().unwrap();
        browser.open(&format!("{}/", shop.thanks)).await;
        let console = shop.console();
        for (path, body) in [
            (format!("/console/sessions/{id}/settle"), ""),
            ("/console/faults".to_owned(), "Rule=createSell+503"),
            ("/console/clock".to_owned(), "Seconds=9"),
        ] {
            let script = "const done = arguments[2]; fetch(arguments[0], {method: 'POST', mode: 'no-cors', \
                          headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body: arguments[1]})\
                          .then(done, done)";
            let arguments = vec![json!(format!("{console}{path}")), json!(body)];
            browser.execute_async(script, arguments).await.unwrap();
        }
        // Nor does it read from it: not by fetch, not in a frame.
        let read = "const done = arguments[1]; fetch(arguments[0]).then(() => done('read'), () => done('refused'))";
        let answer = browser.execute_async(read, vec![json!(console)]).await.unwrap();
        assert_eq!(answer.json(), "refused");
        assert!(shop.sandbox.noah().ledger().entries.is_empty());
        assert!(shop.sandbox.faults().list().is_empty());
    })
    .await;
}

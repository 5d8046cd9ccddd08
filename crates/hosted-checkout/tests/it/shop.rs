//! The example `shop`, as a customer and a bad day see it: against the sandbox, without a browser.

#[allow(dead_code, reason = "the example's own `main` is not used here")]
#[path = "../../examples/shop.rs"]
mod example;

use std::time::Duration;

use checkout_sandbox::Sandbox;
use hosted_checkout::key::{SigningKey, VerifyingKey};
use hosted_checkout::noah::{Credentials, Noah};
use reqwest::{Client, Response};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;

struct Street {
    sandbox: Sandbox,
    shop: String,
    browser: Client,
}

impl Street {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop = format!("http://{}", listener.local_addr().unwrap());
        let sandbox = Sandbox::builder()
            .noah_webhook(format!("{shop}/webhooks"))
            .start()
            .await
            .unwrap();
        let api = sandbox.noah();
        let key = SigningKey::from_pem(api.private_key_pem().unwrap().expose_secret()).unwrap();
        let credentials = Credentials::local(&api.report().base_url, &api.report().api_key, key)
            .unwrap()
            .with_webhook_key(VerifyingKey::from_pem(&api.report().webhook_public_key).unwrap());
        let router = example::router(Noah::new(credentials).unwrap(), shop.clone()).unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let browser = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            sandbox,
            shop,
            browser,
        }
    }

    /// As the button does; gives where it leads.
    async fn press(&self, url: &str) -> String {
        let answer = self
            .browser
            .post(url)
            .header("Accept", "text/html")
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_redirection(), "{url}: {}", answer.status());
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    async fn get(&self, url: &str) -> Response {
        self.browser.get(url).send().await.unwrap()
    }

    async fn front(&self) -> String {
        self.get(&self.shop).await.text().await.unwrap()
    }

    /// Until all webhooks have arrived.
    async fn front_after_the_news(&self) -> String {
        tokio::time::timeout(Duration::from_secs(10), self.sandbox.drain())
            .await
            .unwrap();
        self.front().await
    }

    /// Where the button of a hosted page leads.
    fn button(page: &str, action: &str) -> String {
        format!("{page}/{action}")
    }
}

#[tokio::test]
async fn a_customer_pays_and_comes_back_to_a_paid_order() {
    let street = Street::open().await;
    let page = street.press(&format!("{}/orders", street.shop)).await;
    assert_eq!(street.get(&page).await.status(), 200);
    assert!(
        street
            .front_after_the_news()
            .await
            .contains("order-1: <b>not paid</b>")
    );

    let back = street.press(&Street::button(&page, "settle")).await;
    assert!(
        back.starts_with(&format!("{}/?CheckoutSessionID=", street.shop)),
        "{back}"
    );
    // Not the number of the order, which another run of the shop gives again.
    assert!(
        back.contains("&ExternalID=") && !back.contains("order-1"),
        "{back}"
    );
    assert!(back.ends_with("&Status=Settled"), "{back}");
    assert!(
        street
            .front_after_the_news()
            .await
            .contains("order-1: <b>paid</b>")
    );
}

#[tokio::test]
async fn a_customer_declines() {
    let street = Street::open().await;
    let page = street.press(&format!("{}/orders", street.shop)).await;
    street.press(&Street::button(&page, "fail")).await;
    assert!(
        street
            .front_after_the_news()
            .await
            .contains("order-1: <b>failed</b>")
    );
}

#[tokio::test]
async fn paying_twice_leads_to_the_same_page_and_one_payment() {
    let street = Street::open().await;
    let page = street.press(&format!("{}/orders", street.shop)).await;
    let again = street.press(&format!("{}/orders/0/pay", street.shop)).await;
    assert_eq!(again, page);
    street.press(&Street::button(&page, "settle")).await;
    street.press(&Street::button(&again, "settle")).await;
    assert_eq!(street.sandbox.noah().ledger().entries.len(), 1);
}

/// As README tells it: the work is done, and nobody hears of it.
#[tokio::test]
async fn answers_that_are_lost_pay_once() {
    let street = Street::open().await;
    let rule = "createFiatPayin cut-after count=3".parse().unwrap();
    street.sandbox.faults().add(rule);
    let lost = street
        .browser
        .post(format!("{}/orders", street.shop))
        .send()
        .await
        .unwrap();
    assert_eq!(lost.status(), 502);
    assert!(lost.text().await.unwrap().starts_with("It is not known"));
    let page = street.press(&format!("{}/orders/0/pay", street.shop)).await;
    street.press(&Street::button(&page, "settle")).await;
    assert!(
        street
            .front_after_the_news()
            .await
            .contains("order-1: <b>paid</b>")
    );
    assert_eq!(street.sandbox.noah().ledger().entries.len(), 1);
    assert_eq!(street.sandbox.faults().list()[0].fired, 3);
}

#[tokio::test]
async fn a_forged_webhook_pays_nothing() {
    let street = Street::open().await;
    street.press(&format!("{}/orders", street.shop)).await;
    let real = street.front_after_the_news().await;
    let delivery = street.sandbox.noah().deliveries().remove(0);
    let forged = String::from_utf8(delivery.body.to_vec())
        .unwrap()
        .replace("Pending", "Settled");
    let answer = street
        .browser
        .post(format!("{}/webhooks", street.shop))
        .header("Webhook-Signature", delivery.signature.unwrap())
        .body(forged)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(street.front().await, real);
}

//! A NOAH business from end to end, by our client against the sandbox: a customer is onboarded, money comes, some of it is paid
//! out, and lists, ledger and verified webhooks say the same of it.

use checkout_sandbox::Sandbox;
use checkout_transport::Outcome;
use hosted_checkout::Arguments;
use hosted_checkout::noah::{EventData, Noah, WebhookData};
use serde_json::{Value, json};

use crate::end_to_end::{Inbox, noah};

struct Business {
    sandbox: Sandbox,
    noah: Noah,
}

impl Business {
    async fn call(&self, id: &str, arguments: Arguments) -> Value {
        let prepared = self.noah.prepare_by_id(id, arguments).unwrap();
        let answer = self.noah.send_by_id(&prepared).await.unwrap();
        assert!(answer.unreadable().is_empty(), "{id}: {:?}", answer.unreadable());
        serde_json::from_slice(answer.raw()).unwrap()
    }

    async fn control(&self, path: &str) {
        let origin = self.sandbox.noah().report().base_url.replace("/v1", "");
        let asked = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = asked.post(format!("{origin}/_sandbox/{path}")).send().await;
        assert_eq!(answer.unwrap().status(), 200, "{path}");
    }

    /// `Available` and `Total`.
    async fn balance(&self) -> [String; 2] {
        let balances = self.call("listBalances", Arguments::new()).await;
        ["Available", "Total"].map(|name| balances["Items"][0][name].as_str().unwrap().to_owned())
    }
}

fn payout(amount: &str) -> Value {
    json!({
        "CryptoCurrency": "USDC_TEST", "FiatCurrency": "EUR", "FiatAmount": amount, "CryptoAuthorizedAmount": amount,
        "ReturnURL": "https://shop.example/paid", "CustomerID": "customer-9", "ExternalID": "prize-1",
        "LineItems": [{"Description": "Prize", "Quantity": "1", "UnitAmount": amount, "TotalAmount": amount}],
    })
}

#[tokio::test]
async fn a_business_gets_money_and_pays_it_out() {
    let (inbox, url) = Inbox::open().await;
    let sandbox = Sandbox::builder().noah_webhook(url).start().await.unwrap();
    inbox.trust(&sandbox.noah().report().webhook_public_key);
    let noah = noah(&sandbox);
    let business = Business { sandbox, noah };

    let onboarding = Arguments::new()
        .parameter("CustomerID", "customer-9")
        .body(json!({"ReturnURL": "https://shop.example/", "FiatOptions": [{"FiatCurrencyCode": "EUR"}]}));
    let opened = business.call("createOnboardingSession", onboarding).await;
    assert!(opened["HostedURL"].as_str().unwrap().contains("/onboarding/"));
    business.control("customers/customer-9/approve").await;
    let customer = Arguments::new().parameter("CustomerID", "customer-9");
    let customer = business.call("getCustomer", customer).await;
    assert_eq!(customer["Verification"]["Status"], "Approved");

    let deposit = json!({
        "PaymentMethodID": "Bank/BankSepa/EUR/SANDBOX/0000000042", "FiatAmount": "100", "FiatCurrency": "EUR",
    });
    let deposit = Arguments::new().body(deposit);
    let deposit = business.call("simulateFiatDeposit", deposit).await;
    assert_eq!(business.balance().await, ["100", "100"]);

    let too_much = Arguments::new().body(payout("100.01"));
    let too_much = business.noah.prepare_by_id("createFiatPayout", too_much).unwrap();
    let refused = business.noah.send_by_id(&too_much).await.unwrap_err();
    assert_eq!(refused.outcome(), Outcome::Refused, "{refused}");
    let said: Value = serde_json::from_slice(refused.body().unwrap()).unwrap();
    assert_eq!(said["Type"], "InsufficientBalance");

    let paid = business
        .call("createFiatPayout", Arguments::new().body(payout("40")))
        .await;
    assert_eq!(business.balance().await, ["60", "100"]);
    let session = paid["CheckoutSession"]["CheckoutSessionID"].as_str().unwrap();
    business.sandbox.noah().settle(session).unwrap();
    assert_eq!(business.balance().await, ["60", "60"]);

    let mut listed = Vec::new();
    let mut pages = business.noah.transactions().list().page_size(1).items();
    while let Some(transaction) = pages.next().await {
        let transaction = transaction.unwrap();
        listed.push(format!(
            "{} {}",
            transaction.direction,
            transaction.amount.text().unwrap()
        ));
    }
    assert_eq!(listed, ["Out 40", "In 100"]);
    let entries = business.sandbox.noah().ledger().entries;
    let entries = entries
        .iter()
        .map(|entry| (entry.session_id.as_str(), entry.fiat_amount.as_str()));
    let made = deposit["FiatDepositID"].as_str().unwrap();
    assert_eq!(entries.collect::<Vec<_>>(), [(made, "100"), (session, "40")]);

    business.sandbox.drain().await;
    let told = inbox.events().into_iter().map(|event| match event.data() {
        EventData::Known(WebhookData::CheckoutSession(session)) => format!("session {}", session.status),
        EventData::Known(WebhookData::Transaction(moved)) => format!("{} {}", moved.direction, moved.status),
        EventData::Known(WebhookData::FiatDeposit(deposit)) => format!("deposit {}", deposit.status),
        EventData::Known(WebhookData::Customer(_)) => "customer".to_owned(),
        other => panic!("{other:?}"),
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "customer",
            "customer",
            "deposit Pending",
            "deposit Settled",
            "In Pending",
            "In Settled",
            "session Pending",
            "Out Pending",
            "Out Settled",
            "session Settled",
        ]
    );
}

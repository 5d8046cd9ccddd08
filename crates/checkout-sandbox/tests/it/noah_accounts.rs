//! Customers, balances and transactions of NOAH's: what one call changes, the others show.

use checkout_sandbox::{NoahSandbox, Sandbox};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::signer::{http, payin, person, without};

pub struct Caller<'a> {
    noah: &'a NoahSandbox,
    http: reqwest::Client,
}

impl<'a> Caller<'a> {
    pub fn of(sandbox: &'a Sandbox) -> Self {
        Self {
            noah: sandbox.noah(),
            http: http(),
        }
    }

    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = format!("{}{path}", self.noah.report().base_url);
        let request = self
            .http
            .request(method, url)
            .header("X-Api-Key", &self.noah.report().unsigned_api_key);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.ask(Method::GET, path, None).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.ask(Method::POST, path, Some(body)).await;
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn put(&self, id: &str) -> u16 {
        let answer = self
            .ask(Method::PUT, &format!("/customers/{id}"), Some(person()))
            .await;
        let status = answer.status().as_u16();
        assert_eq!(answer.text().await.unwrap(), "");
        status
    }

    pub async fn deposit(&self, amount: &str) {
        self.deposit_to(&json!("Bank/BankSepa/EUR/SANDBOX/0000000042"), amount)
            .await;
    }

    pub async fn deposit_to(&self, payment_method: &Value, amount: &str) {
        let body = json!({
            "PaymentMethodID": payment_method, "FiatAmount": amount, "FiatCurrency": "EUR",
            "Reference": "invoice 9",
        });
        let (status, answer) = self.post("/sandbox/fiat-deposit/simulate", body).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// `Available` and `Total` of USDC.
    pub async fn balance(&self) -> (String, String) {
        let balances = self.get("/balances").await;
        let found = &balances["Items"][0];
        assert_eq!(found["CryptoCurrency"], "USDC_TEST", "{balances}");
        let text = |name: &str| found[name].as_str().unwrap().to_owned();
        (text("Available"), text("Total"))
    }

    pub async fn control(&self, path: &str) -> u16 {
        self.control_with(path, Value::Null).await.0
    }

    pub async fn control_with(&self, path: &str, body: Value) -> (u16, Value) {
        let origin = self.noah.report().base_url.replace("/v1", "");
        let request = self.http.post(format!("{origin}/_sandbox{path}")).json(&body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn page(&self, link: &Value) -> String {
        let answer = self.http.get(link.as_str().unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    }

    pub fn events(&self) -> Vec<(String, String)> {
        let deliveries = self.noah.deliveries().into_iter();
        let told = deliveries.map(|delivery| {
            let body: Value = serde_json::from_slice(&delivery.body).unwrap();
            let data = &body["Data"];
            let status = data["Status"]
                .as_str()
                .or(data["Verification"]["Status"].as_str());
            (delivery.event_type, status.unwrap().to_owned())
        });
        told.collect()
    }
}

pub fn is(available: &str, total: &str) -> (String, String) {
    (available.to_owned(), total.to_owned())
}

pub fn told(events: &[(&str, &str)]) -> Vec<(String, String)> {
    events.iter().map(|(of, status)| is(of, status)).collect()
}

fn ids(page: &Value, name: &str) -> Vec<String> {
    let items = page["Items"].as_array().unwrap().iter();
    items
        .map(|item| item[name].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_deposit_becomes_a_balance_and_a_sale_spends_it_once() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    assert_eq!(caller.get("/balances").await, json!({"Items": []}));
    caller.deposit("50").await;
    assert_eq!(
        caller.events(),
        told(&[
            ("FiatDeposit", "Pending"),
            ("FiatDeposit", "Settled"),
            ("Transaction", "Pending"),
            ("Transaction", "Settled"),
        ])
    );
    assert_eq!(caller.balance().await, is("50", "50"));

    let channels = caller
        .get("/channels/sell?CryptoCurrency=USDC_TEST&Country=US&FiatCurrency=USD")
        .await;
    assert_eq!(ids(&channels, "PaymentMethodType"), ["BankAch", "BankFedwire"]);
    let channel = &channels["Items"][0]["ID"];
    let prepare = json!({
        "ChannelID": channel, "CryptoCurrency": "USDC_TEST", "FiatAmount": "30",
        "Form": {"BankDetails": {"AccountNumber": "1", "BankCode": "2"}},
    });
    let (status, prepared) = caller.post("/transactions/sell/prepare", prepare).await;
    assert_eq!((status, &prepared["CryptoAuthorizedAmount"]), (200, &json!("30")));
    let sell = |nonce: &str, amount: &str| {
        json!({
            "CryptoCurrency": "USDC_TEST", "FiatAmount": amount, "CryptoAuthorizedAmount": "30",
            "FormSessionID": prepared["FormSessionID"], "Nonce": nonce, "ExternalID": "order-1",
        })
    };
    let (status, _) = caller.post("/transactions/sell", sell("n-1", "31")).await;
    assert_eq!(status, 400, "another amount than was prepared");
    let (status, sold) = caller.post("/transactions/sell", sell("n-1", "30")).await;
    assert_eq!((status, &sold["Transaction"]["Status"]), (202, &json!("Pending")));
    assert_eq!(caller.balance().await, is("20", "50"));
    let again = caller.post("/transactions/sell", sell("n-1", "30")).await;
    assert_eq!(again, (202, sold.clone()), "the same Nonce sells once");
    assert_eq!(caller.balance().await, is("20", "50"));
    caller.deposit("100").await;
    let (status, _) = caller.post("/transactions/sell", sell("n-2", "30")).await;
    assert_eq!(status, 404, "what was prepared is sold once, by whatever Nonce");
    assert_eq!(caller.balance().await, is("120", "150"));

    let id = sold["Transaction"]["ID"].as_str().unwrap();
    let shown = caller.get(&format!("/transactions/{id}")).await;
    assert_eq!(shown, sold["Transaction"]);
    let all = caller.get("/transactions").await;
    assert_eq!(all["Items"][1], shown);
    assert_eq!(all["Items"].as_array().unwrap().len(), 3);
    assert_eq!(caller.control(&format!("/sessions/{id}/settle")).await, 200);
    assert_eq!(caller.balance().await, is("120", "120"));
    assert_eq!(
        caller.get(&format!("/transactions/{id}")).await["Status"],
        "Settled"
    );
}

fn payout(nonce: &str) -> Value {
    json!({
        "CryptoCurrency": "USDC_TEST", "FiatCurrency": "EUR", "FiatAmount": "50", "CryptoAuthorizedAmount": "51.5",
        "ReturnURL": "https://shop.example/paid", "CustomerID": "customer-1", "Customer": person(), "Nonce": nonce,
        "LineItems": [{"Description": "Prize", "Quantity": "1", "UnitAmount": "50", "TotalAmount": "50"}],
    })
}

#[tokio::test]
async fn a_sale_is_prepared_of_what_is_known_alone() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    let channels = caller
        .get("/channels/sell?CryptoCurrency=USDC_TEST&Country=DE")
        .await;
    let right = json!({
        "ChannelID": channels["Items"][0]["ID"], "CryptoCurrency": "USDC_TEST", "FiatAmount": "30",
        "Form": {"BankDetails": {"AccountNumber": "1", "BankCode": "2"}},
    });
    let prepare = async |name: &str, value: Value| {
        let mut body = right.clone();
        body[name] = value;
        caller.post("/transactions/sell/prepare", body).await
    };
    for (name, value) in [
        ("CustomerID", "nobody"),
        ("PaymentMethodID", "Bank/BankSepa/EUR/SANDBOX/1"),
        ("FormSessionID", "6c2a9e70-9d53-4b7e-8f0c-7a1e5d3b0001"),
        ("ChannelID", "c4a1e0de-0000-4000-8000-00000000000f"),
    ] {
        assert_eq!(prepare(name, value.into()).await.0, 404, "{name}");
    }
    for (name, value, place) in [
        ("FiatAmount", json!("0.99"), "/FiatAmount"),
        ("FiatAmount", json!("50000.01"), "/FiatAmount"),
        ("CryptoCurrency", json!("USDC"), "/CryptoCurrency"),
        (
            "Form",
            json!({"BankDetails": {"AccountNumber": "1"}}),
            "/Form/BankDetails/BankCode",
        ),
        ("Form", json!({}), "/Form/BankDetails"),
    ] {
        let (status, refused) = prepare(name, value).await;
        assert_eq!(status, 400, "{name}: {refused}");
        assert_eq!(
            refused["RequestExtension"]["Body"][0]["Field"], place,
            "{refused}"
        );
    }
    let bare = without(right.clone(), "/Form");
    assert_eq!(caller.post("/transactions/sell/prepare", bare).await.0, 400);
    assert_eq!(prepare("FiatAmount", json!("50000")).await.0, 200);
}

#[tokio::test]
async fn nothing_is_paid_out_whose_cost_is_unknown() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    caller.deposit("50").await;
    let mut unpriced = payout("n-1");
    unpriced["CryptoCurrency"] = "SOL_TEST".into();
    unpriced["CryptoAuthorizedAmount"] = "0".into();
    let mut long = payout("n-2");
    long["CryptoCurrency"] = "BTC_TEST".into();
    long["FiatAmount"] = format!("1.{}", "1".repeat(36)).into();
    long["CryptoAuthorizedAmount"] = "0".into();
    for (body, place) in [(unpriced, "/CryptoCurrency"), (long, "/FiatAmount")] {
        let (status, refused) = caller.post("/checkout/payout/fiat", body).await;
        assert_eq!(status, 400, "{refused}");
        assert_eq!(
            refused["RequestExtension"]["Body"][0]["Field"], place,
            "{refused}"
        );
    }
    assert_eq!(caller.balance().await, is("50", "50"));
}

#[tokio::test]
async fn a_payout_that_fails_gives_its_amount_back() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    let (status, refused) = caller.post("/checkout/payout/fiat", payout("n-1")).await;
    assert_eq!((status, &refused["Type"]), (400, &json!("InsufficientBalance")));
    caller.deposit("50.00").await;
    // What was refused did not take effect, so its Nonce may be used again.
    let (status, opened) = caller.post("/checkout/payout/fiat", payout("n-1")).await;
    assert_eq!(
        (status, &opened["CheckoutSession"]["Type"]),
        (200, &json!("PayoutFiat"))
    );
    assert_eq!(caller.balance().await, is("0.00", "50.00"));
    let page = caller
        .http
        .get(opened["HostedURL"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    let id = opened["CheckoutSession"]["CheckoutSessionID"].as_str().unwrap();
    assert_eq!(caller.control(&format!("/sessions/{id}/fail")).await, 200);
    assert_eq!(caller.balance().await, is("50.00", "50.00"));
    let events = caller.events();
    let last = events[events.len() - 4..].to_vec();
    assert_eq!(
        last,
        told(&[
            ("CheckoutSession", "Pending"),
            ("Transaction", "Pending"),
            ("Transaction", "Failed"),
            ("CheckoutSession", "Failed"),
        ])
    );
}

#[tokio::test]
async fn a_settled_pay_in_is_listed_and_counts() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    let mut asked = payin("n-1");
    asked["CryptoCurrency"] = "USDC_TEST".into();
    let (_, opened) = caller.post("/checkout/payin/fiat", asked).await;
    assert_eq!(
        caller.get("/customers/customer-1").await["FullName"]["FirstName"],
        "Ada"
    );
    assert_eq!(caller.get("/transactions").await, json!({"Items": []}));
    let id = opened["CheckoutSession"]["CheckoutSessionID"].as_str().unwrap();
    sandbox.noah().settle(id).unwrap();
    sandbox.noah().settle(id).unwrap();
    let listed = caller.get("/transactions").await;
    assert_eq!(listed["Items"][0]["ExternalID"], "order-7");
    assert_eq!(caller.balance().await, is("10.10", "10.10"));
}

#[tokio::test]
async fn customers_are_put_once_and_listed_in_pages_that_stay() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    for number in 0..45 {
        assert_eq!(caller.put(&format!("c-{number}")).await, 201);
    }
    assert_eq!(caller.put("c-7").await, 204);
    let missing = caller.ask(Method::GET, "/customers/nobody", None).await;
    assert_eq!(missing.status(), 404);
    let mut path = "/customers?PageSize=20".to_owned();
    let mut found = Vec::new();
    loop {
        let page = caller.get(&path).await;
        found.extend(ids(&page, "CustomerID"));
        // Whoever comes meanwhile is on a page that was read already.
        assert_eq!(caller.put(&format!("late-{}", found.len())).await, 201);
        match page["PageToken"].as_str() {
            Some(token) => path = format!("/customers?PageSize=20&PageToken={token}"),
            None => break,
        }
    }
    let newest_first: Vec<String> = (0..45).rev().map(|number| format!("c-{number}")).collect();
    assert_eq!(found, newest_first);
    let oldest = caller.get("/customers?PageSize=2&SortDirection=ASC").await;
    assert_eq!(ids(&oldest, "CustomerID"), ["c-0", "c-1"]);
    let foreign = caller
        .get("/channels/sell?CryptoCurrency=USDC_TEST&PageSize=1")
        .await;
    let foreign = format!("PageToken={}", foreign["PageToken"].as_str().unwrap());
    for (query, place) in [
        (foreign.as_str(), "/PageToken"),
        ("PageToken=7", "/PageToken"),
        ("PageSize=0", "/PageSize"),
        ("PageSize=101", "/PageSize"),
        ("PageSize=x", "/PageSize"),
    ] {
        let refused = caller
            .ask(Method::GET, &format!("/customers?{query}"), None)
            .await;
        assert_eq!(refused.status(), 400, "{query}");
        let refused: Value = refused.json().await.unwrap();
        assert_eq!(
            refused["RequestExtension"]["Body"][0]["Field"], place,
            "{refused}"
        );
    }
}

#[tokio::test]
async fn onboarding_ends_as_it_is_told_to() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    let onboard = || {
        caller.post(
            "/onboarding/customer-9",
            json!({"ReturnURL": "https://shop.example/", "FiatOptions": [{"FiatCurrencyCode": "USD"}, {"FiatCurrencyCode": "EUR"}]}),
        )
    };
    let (status, opened) = onboard().await;
    assert_eq!(status, 200, "{opened}");
    let link = opened["HostedURL"].as_str().unwrap();
    let page = caller.http.get(link).send().await.unwrap().text().await.unwrap();
    assert!(
        page.contains("Pending") && page.contains("/onboarding/customer%2D9/approve"),
        "{page}"
    );
    let status = async || caller.get("/customers/customer-9").await["Verification"]["Status"].clone();
    assert_eq!(status().await, "Pending");
    assert_eq!(caller.control("/customers/customer-9/ask").await, 200);
    assert_eq!(status().await, "Pending");
    let asked = caller.get("/customers/customer-9").await;
    let rejection = &asked["Verifications"]["EntityVerifications"][0]["RejectionData"];
    assert_eq!(rejection["RejectType"], "Retry");
    assert_eq!(caller.control("/customers/customer-9/decline").await, 200);
    assert_eq!(status().await, "Declined");
    assert_eq!(onboard().await.0, 200);
    let approved = caller.http.post(format!("{link}/approve")).send().await.unwrap();
    assert_eq!(approved.headers()["location"], "https://shop.example/");
    let foreign = caller
        .http
        .post(format!("{link}/decline"))
        .header("Origin", "https://evil.example");
    assert_eq!(
        foreign.send().await.unwrap().status(),
        403,
        "another page decides nothing"
    );
    assert_eq!(status().await, "Approved");
    assert_eq!(onboard().await.0, 400, "nothing is left to check");
    assert_eq!(caller.control("/customers/nobody/approve").await, 404);
    let mut paying = without(payin("n-1"), "/Customer");
    paying["CustomerID"] = "customer-9".into();
    let (status, opened) = caller.post("/checkout/payin/fiat", paying).await;
    assert_eq!(status, 200, "whom onboarding brought may pay: {opened}");
    let manage = json!({"CustomerID": "customer-9"});
    let (_, opened) = caller.post("/checkout/manage", manage).await;
    let page = opened["HostedURL"].as_str().unwrap();
    let added = caller
        .http
        .post(format!("{page}/payment-methods"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body("Kind=Card&Scheme=Visa&Last4=4242")
        .send()
        .await
        .unwrap();
    assert_eq!(added.status(), 303);
    let stored = caller.get("/payment-methods?CustomerID=customer-9").await;
    assert_eq!(ids(&stored, "PaymentMethodType"), ["TokenizedCard"]);
    // One for each currency.
    let told = ["Pending", "Pending", "Declined", "Pending", "Approved"];
    let expected = told.map(|status| [is("Customer", status), is("Customer", status)]);
    assert_eq!(caller.events()[..10], expected.concat());
}

#[tokio::test]
async fn a_field_that_a_customer_does_not_have_diverts_no_verdict() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    let mut customer = person();
    customer["ID"] = "customer-2".into();
    customer["Colour"] = "red".into();
    let put = caller
        .ask(Method::PUT, "/customers/customer-1", Some(customer))
        .await;
    assert_eq!(put.headers()["x-sandbox-ignored-fields"], "/ID, /Colour");
    assert_eq!(caller.put("customer-2").await, 201);
    assert_eq!(caller.control("/customers/customer-1/decline").await, 200);
    for (id, status) in [("customer-1", "Declined"), ("customer-2", "Approved")] {
        let shown = caller.get(&format!("/customers/{id}")).await;
        assert_eq!(shown["Verification"]["Status"], status, "{id}");
        assert_eq!((shown.get("ID"), shown.get("Colour")), (None, None));
    }
}

#[tokio::test]
async fn prices_are_exact_both_ways_and_take_one_amount() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    let price = async |query: &str| caller.get(&format!("/prices?{query}")).await["Items"][0].clone();
    let given = price("SourceCurrency=EUR&DestinationCurrency=BTC_TEST&SourceAmount=10.10").await;
    assert_eq!(
        (&given["Rate"], &given["DestinationAmount"]),
        (&json!("0.00001"), &json!("0.000101"))
    );
    let wanted = price("SourceCurrency=BTC_TEST&DestinationCurrency=USD&DestinationAmount=50").await;
    assert_eq!(
        (&wanted["Rate"], &wanted["SourceAmount"]),
        (&json!("100000"), &json!("0.00050"))
    );
    let bank = caller
        .get("/prices?SourceCurrency=EUR&DestinationCurrency=USDC_TEST&PaymentMethodCategory=Card")
        .await;
    assert_eq!(ids(&bank, "PaymentMethodCategory"), ["Card"]);
    for query in [
        "SourceCurrency=EUR",
        "SourceCurrency=BTC&DestinationCurrency=USD",
        "SourceCurrency=EUR&DestinationCurrency=GOLD_TEST",
        "SourceCurrency=EUR&DestinationCurrency=USDC_TEST&SourceAmount=1&DestinationAmount=1",
        "SourceCurrency=EUR&DestinationCurrency=USDC_TEST&SourceAmount=-1",
    ] {
        let refused = caller.ask(Method::GET, &format!("/prices?{query}"), None).await;
        assert_eq!(refused.status(), 400, "{query}");
    }
}

#[tokio::test]
async fn a_restart_keeps_balances_and_the_order_of_lists() {
    let directory = tempfile::tempdir().unwrap();
    let start = || Sandbox::builder().state(directory.path().join("state")).start();
    let sandbox = start().await.unwrap();
    let caller = Caller::of(&sandbox);
    caller.deposit("50").await;
    for id in ["a", "b", "c"] {
        caller.put(id).await;
    }
    let first = caller.get("/customers?PageSize=1").await;
    sandbox.shutdown().await;
    let sandbox = start().await.unwrap();
    let caller = Caller::of(&sandbox);
    assert_eq!(caller.balance().await, is("50", "50"));
    caller.put("d").await;
    let token = first["PageToken"].as_str().unwrap();
    let second = caller.get(&format!("/customers?PageToken={token}")).await;
    assert_eq!(ids(&second, "CustomerID"), ["b", "a"]);
}

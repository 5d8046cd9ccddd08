//! What arrives at NOAH by itself or by crypto, and what it sets off.

use checkout_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::noah_accounts::{Caller, is, told};
use crate::signer::{payin, person, without};

fn crypto_payin(nonce: &str) -> Value {
    json!({
        "CryptoCurrency": "USDC_TEST", "CryptoAmount": "10.1", "ReturnURL": "https://shop.example/done",
        "CustomerID": "customer-1", "Customer": person(), "ExternalID": "order-7", "Nonce": nonce,
        "LineItems": [{"Description": "Beans", "Quantity": "1", "UnitAmount": "10.1", "TotalAmount": "10.1"}],
    })
}

#[tokio::test]
async fn crypto_is_paid_in_as_it_is() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    let first = caller.post("/checkout/payin/crypto", crypto_payin("n-1")).await;
    let again = caller.post("/checkout/payin/crypto", crypto_payin("n-1")).await;
    assert_eq!(again, first, "the same Nonce opens one session");
    let (status, opened) = first;
    let session = &opened["CheckoutSession"];
    assert_eq!(status, 200, "{opened}");
    assert_eq!(session["Type"], "PayinCrypto");
    assert_eq!(session["SourceAmount"], session["DestinationAmount"]);
    assert_eq!(session["PaymentMethodCategory"], Value::Null);
    let page = caller.page(&opened["HostedURL"]).await;
    assert!(page.contains("10.1") && page.contains("USDC_TEST"), "{page}");
    sandbox
        .noah()
        .settle(session["CheckoutSessionID"].as_str().unwrap())
        .unwrap();
    assert_eq!(
        caller.events(),
        told(&[
            ("CheckoutSession", "Pending"),
            ("Transaction", "Pending"),
            ("Transaction", "Settled"),
            ("CheckoutSession", "Settled"),
        ])
    );
    let listed = &caller.get("/transactions").await["Items"][0];
    assert_eq!(
        (&listed["Network"], &listed["Amount"], &listed["ExternalID"]),
        (&json!("PolygonTestAmoy"), &json!("10.1"), &json!("order-7"))
    );
    assert_eq!(listed["FiatPayment"], Value::Null);
    assert!(listed["PublicID"].as_str().unwrap().starts_with("0x"));
    assert_eq!(caller.balance().await, is("10.1", "10.1"));
    let [entry] = &sandbox.noah().ledger().entries[..] else {
        panic!("one payment")
    };
    assert_eq!(
        (entry.fiat_amount.as_str(), entry.fiat_currency.as_str()),
        ("10.1", "USDC_TEST")
    );
}

#[tokio::test]
async fn a_purchase_shows_its_transaction_from_the_beginning() {
    for (category, end, events) in [
        (
            "Bank",
            "settle",
            &[
                ("FiatDeposit", "Pending"),
                ("FiatDeposit", "Settled"),
                ("Transaction", "Settled"),
            ][..],
        ),
        ("Card", "fail", &[("Transaction", "Failed")]),
        ("Bank", "expire", &[("Transaction", "Failed")]),
    ] {
        let sandbox = Sandbox::builder().start().await.unwrap();
        let caller = Caller::of(&sandbox);
        let mut asked = payin("n-1");
        asked["PaymentMethodCategory"] = category.into();
        asked["CryptoCurrency"] = "USDC_TEST".into();
        let (status, opened) = caller.post("/checkout/buy", asked).await;
        let transaction = &opened["Transaction"];
        assert_eq!(
            (status, &transaction["Status"]),
            (200, &json!("Pending")),
            "{opened}"
        );
        let id = transaction["ID"].as_str().unwrap();
        assert_eq!(caller.get(&format!("/transactions/{id}")).await, *transaction);
        assert_eq!(caller.control(&format!("/sessions/{id}/{end}")).await, 200);
        let mut expected = told(&[("Transaction", "Pending")]);
        expected.extend(told(events));
        assert_eq!(caller.events(), expected);
        let paid = usize::from(end == "settle");
        assert_eq!(sandbox.noah().ledger().entries.len(), paid);
        assert_eq!(
            caller.get("/balances").await["Items"].as_array().unwrap().len(),
            paid
        );
    }
}

#[tokio::test]
async fn a_bank_deposit_to_a_workflow_goes_on_to_its_address() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    let order = json!({
        "CustomerID": "customer-1", "FiatCurrency": "EUR", "CryptoCurrency": "USDC_TEST", "Network": "BaseTestSepolia",
        "DestinationAddress": {"Address": "0x42"},
    });
    let path = "/workflows/bank-deposit-to-onchain-address";
    assert_eq!(caller.post(path, order.clone()).await.0, 404, "nobody yet");
    assert_eq!(caller.put("customer-1").await, 201);
    let (status, details) = caller.post(path, order.clone()).await;
    assert_eq!(status, 200, "{details}");
    assert_eq!(caller.post(path, order.clone()).await.1, details, "asked again");
    let mut elsewhere = order.clone();
    elsewhere["DestinationAddress"]["Address"] = "0x43".into();
    let (_, other) = caller.post(path, elsewhere).await;
    assert_ne!(other["PaymentMethodID"], details["PaymentMethodID"]);

    caller.deposit_to(&details["PaymentMethodID"], "50").await;
    assert_eq!(
        caller.events(),
        told(&[
            ("FiatDeposit", "Pending"),
            ("FiatDeposit", "Settled"),
            ("Transaction", "Pending"),
            ("Transaction", "Settled"),
            ("Transaction", "Pending"),
            ("Transaction", "Settled"),
        ])
    );
    let listed = caller.get("/transactions").await;
    let (out, into) = (&listed["Items"][0], &listed["Items"][1]);
    for transaction in [out, into] {
        assert_eq!(
            (&transaction["CustomerID"], &transaction["Amount"]),
            (&json!("customer-1"), &json!("50"))
        );
    }
    assert_eq!(out["Orchestration"], into["Orchestration"]);
    assert!(out["Orchestration"]["RuleExecutionID"].is_string());
    assert_eq!(
        (&out["Direction"], &out["Network"], &out["FiatPayment"]),
        (&json!("Out"), &json!("BaseTestSepolia"), &Value::Null)
    );
    assert_eq!(caller.balance().await, is("0", "0"), "it only passes through");
    assert_eq!(sandbox.noah().ledger().entries.len(), 1);

    let hosted = json!({
        "CustomerID": "customer-1", "ReturnURL": "https://shop.example/done", "DestinationAddress": {"Address": "0x42"},
        "FiatOptions": [{"FiatCurrencyCode": "USD"}, {"FiatCurrencyCode": "EUR"}],
        "CryptoOptions": [{"CryptoCurrency": "USDC_TEST", "Network": "BaseTestSepolia"}],
    });
    let (status, opened) = caller
        .post("/hosted-workflows/bank-deposit-to-onchain-address", hosted)
        .await;
    assert_eq!(status, 200, "{opened}");
    let page = caller.page(&opened["HostedURL"]).await;
    let account = details["AccountNumber"].as_str().unwrap();
    assert!(
        page.contains(account) && page.contains("BankFedwire/USD"),
        "{page}"
    );
    let accounts = caller.get("/virtual-accounts?CustomerID=customer-1").await;
    assert_eq!(accounts["Items"].as_array().unwrap().len(), 3, "{accounts}");
    assert_eq!(
        caller.get("/virtual-accounts?CustomerID=other").await,
        json!({"Items": []})
    );
}

/// A prepared sale of 50 dollars for `customer-1`.
async fn prepared(caller: &Caller<'_>) -> Value {
    let channels = caller
        .get("/channels/sell?CryptoCurrency=USDC_TEST&Country=US")
        .await;
    let prepare = json!({
        "ChannelID": channels["Items"][0]["ID"], "CryptoCurrency": "USDC_TEST", "FiatAmount": "50",
        "CustomerID": "customer-1", "Form": {"BankDetails": {"AccountNumber": "1", "BankCode": "2"}},
    });
    let (status, prepared) = caller.post("/transactions/sell/prepare", prepare).await;
    assert_eq!(status, 200, "{prepared}");
    prepared["FormSessionID"].clone()
}

fn waiting(form_session: &Value, nonce: &str) -> Value {
    json!({
        "Trigger": {
            "Type": "SingleOnchainDepositSourceTriggerInput", "SourceAddress": "0x43", "Expiry": "2100-01-01T00:00:00Z",
            "Nonce": nonce, "Conditions": [{"Network": "PolygonTestAmoy", "AmountConditions": [
                {"ComparisonOperator": "GTEQ", "Value": "51"}, {"ComparisonOperator": "LTEQ", "Value": "52"},
            ]}],
        },
        "CustomerID": "customer-1", "CryptoCurrency": "USDC_TEST", "FiatAmount": "50", "FormSessionID": form_session,
        "ExternalID": "order-17",
    })
}

#[tokio::test]
async fn crypto_that_comes_to_a_workflow_pays_its_sale_once() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    assert_eq!(caller.put("customer-1").await, 201);
    let path = "/workflows/onchain-deposit-to-payment-method";
    let form_session = prepared(&caller).await;
    let first = caller.post(path, waiting(&form_session, "n-1")).await;
    assert_eq!(caller.post(path, waiting(&form_session, "n-1")).await, first);
    let (status, begun) = first;
    assert_eq!(status, 200, "{begun}");
    let address = &begun["DestinationAddress"]["Address"];
    assert_eq!(begun["Conditions"][0]["DestinationAddress"]["Address"], *address);
    let mut other = waiting(&form_session, "n-2");
    other["FiatAmount"] = "49".into();
    assert_eq!(caller.post(path, other).await.0, 400, "not what was prepared");

    let arrive = async |address: &Value, amount: &str| {
        let body = json!({"Address": address, "CryptoAmount": amount});
        caller.control_with("/onchain-deposits", body).await
    };
    assert_eq!(arrive(&json!("0x1"), "51").await.0, 404);
    for amount in ["50.99", "52.01"] {
        assert_eq!(arrive(address, amount).await.0, 409, "{amount}");
    }
    assert_eq!(caller.get("/transactions").await, json!({"Items": []}));
    let (status, paid) = arrive(address, "51.5").await;
    assert_eq!(status, 200, "{paid}");
    assert_eq!(arrive(address, "51.5").await.0, 404, "it waited for one deposit");
    assert_eq!(caller.balance().await, is("1.5", "51.5"));
    let listed = caller.get("/transactions").await;
    let (out, into) = (&listed["Items"][0], &listed["Items"][1]);
    assert_eq!(*out, paid["Transaction"]);
    assert_eq!(
        (&out["FiatPayment"]["Amount"], &out["ExternalID"]),
        (&json!("50"), &json!("order-17"))
    );
    assert_eq!(
        (&into["Amount"], &into["Status"]),
        (&json!("51.5"), &json!("Settled"))
    );
    assert_eq!(out["Orchestration"], into["Orchestration"]);
    let id = out["ID"].as_str().unwrap();
    assert_eq!(caller.control(&format!("/sessions/{id}/settle")).await, 200);
    assert_eq!(caller.balance().await, is("1.5", "1.5"));
    assert_eq!(
        caller.get(&format!("/transactions/{id}")).await["Orchestration"],
        into["Orchestration"]
    );
    let sell = json!({
        "CryptoCurrency": "USDC_TEST", "FiatAmount": "50", "CryptoAuthorizedAmount": "50", "FormSessionID": form_session,
        "Nonce": "n-3",
    });
    assert_eq!(
        caller.post("/transactions/sell", sell).await.0,
        404,
        "sold already"
    );

    let mut permanent = waiting(&prepared(&caller).await, "n-4");
    permanent["Trigger"]["Type"] = "PermanentOnchainDepositSourceTriggerInput".into();
    permanent["Trigger"]["Conditions"] = json!([{"Network": "BaseTestSepolia", "AmountConditions": []}]);
    let mut late = waiting(&prepared(&caller).await, "n-5");
    late["Trigger"]["Expiry"] = "2026-01-01T00:00:00Z".into();
    let (status, begun) = caller.post(path, without(permanent, "/FiatAmount")).await;
    assert_eq!(status, 200, "{begun}");
    for amount in ["7", "8"] {
        let (status, paid) = arrive(&begun["DestinationAddress"]["Address"], amount).await;
        assert_eq!(
            (status, &paid["Transaction"]["FiatPayment"]["Amount"]),
            (200, &json!(amount))
        );
    }
    assert_eq!(
        caller.balance().await,
        is("1.5", "16.5"),
        "all that arrived is sold"
    );
    let (_, begun) = caller.post(path, late).await;
    assert_eq!(arrive(&begun["DestinationAddress"]["Address"], "51").await.0, 409);
}

#[tokio::test]
async fn no_money_moves_for_a_customer_who_was_declined() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let caller = Caller::of(&sandbox);
    assert_eq!(caller.put("customer-1").await, 201);
    let form_session = prepared(&caller).await;
    assert_eq!(caller.control("/customers/customer-1/decline").await, 200);
    for (path, body) in [
        ("/checkout/payin/fiat", payin("n-1")),
        ("/checkout/payin/crypto", crypto_payin("n-1")),
        (
            "/workflows/onchain-deposit-to-payment-method",
            waiting(&form_session, "n-1"),
        ),
    ] {
        let (status, refused) = caller.post(path, body).await;
        assert_eq!(
            (status, &refused["Type"]),
            (403, &json!("Forbidden")),
            "{path}: {refused}"
        );
    }
    assert_eq!(caller.control("/customers/customer-1/approve").await, 200);
    assert_eq!(caller.post("/checkout/payin/fiat", payin("n-1")).await.0, 200);
}

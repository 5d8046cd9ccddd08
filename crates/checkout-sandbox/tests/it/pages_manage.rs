//! The manage page, and what its payment methods are good for.

use checkout_sandbox::Sandbox;
use reqwest::Response;
use serde_json::{Map, Value, json};

use crate::html::{assert_inert, attributes, outline, texts};
use crate::pages_hosted::{open, page};
use crate::signer::{Signer, payin, person, with};

const ACCOUNT: [(&str, &str); 5] = [
    ("Kind", "Bank"),
    ("Rail", "BankSepa"),
    ("Currency", "eur"),
    ("BankCode", "SAND DEFF"),
    ("AccountNumber", "DE00 1234 5678 9000"),
];
const CARD: [(&str, &str); 3] = [("Kind", "Card"), ("Scheme", "Visa"), ("Last4", "4242")];
const KEY: [(&str, &str); 3] = [
    ("Kind", "Identifier"),
    ("IdentifierType", "Email"),
    ("Identifier", "ada@shop.example"),
];

async fn managed(signer: &Signer) -> String {
    let body = json!({"CustomerID": "customer-1", "Customer": person()});
    open(signer, "/checkout/manage", &body).await.1
}

async fn add(signer: &Signer, url: &str, fields: &[(&str, &str)]) -> Response {
    let form = fields.iter().fold(
        url::form_urlencoded::Serializer::new(String::new()),
        |mut form, (name, value)| {
            form.append_pair(name, value);
            form
        },
    );
    let mut form = form;
    signer
        .http
        .post(format!("{url}/payment-methods"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form.finish())
        .send()
        .await
        .unwrap()
}

async fn added(signer: &Signer, url: &str, fields: &[(&str, &str)]) {
    let answer = add(signer, url, fields).await;
    assert_eq!(answer.status(), 303, "{fields:?}");
    assert!(format!("{url}?done=added").ends_with(answer.headers()["location"].to_str().unwrap()));
}

#[tokio::test]
async fn payment_methods_are_added_seen_and_removed() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let url = managed(&signer).await;
    let id = url.rsplit('/').next().unwrap();
    let html = page(&signer, &url).await;
    assert_inert(&html);
    insta::assert_snapshot!("manage_empty", outline(&html).replace(id, "ID"));
    for form in [&ACCOUNT[..], &CARD, &KEY] {
        added(&signer, &url, form).await;
    }
    let html = page(&signer, &format!("{url}?done=added")).await;
    assert_inert(&html);
    assert_eq!(texts(&html, "[role=status]"), ["The payment method is stored."]);
    assert_eq!(
        texts(&html, ".methods li > span"),
        [
            "EUR account at SANDDEFF ending in 9000 (SEPA)",
            "Visa ending in 4242",
            "E-mail address ada@shop.example",
        ]
    );
    assert!(
        !html.contains("DE00"),
        "an account number is shown by its end alone"
    );
    let removes = attributes(&html, ".methods form", "action");
    assert!(
        removes
            .iter()
            .all(|action| !action.contains("4242") && !action.contains("ada"))
    );
    let origin = crate::pages::origin(&signer);
    for _ in 0..2 {
        let answer = signer
            .http
            .post(format!("{origin}{}", removes[1]))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 303);
    }
    // Another session of the same customer, and an update of the customer, find the same methods.
    let html = page(&signer, &managed(&signer).await).await;
    assert_eq!(texts(&html, ".methods li > span").len(), 2);
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let url = managed(&signer).await;
    added(&signer, &url, &CARD).await;
    let long = "7".repeat(150);
    let with = |form: &[(&'static str, &str)], field: &str, value: &str| -> Vec<(&'static str, String)> {
        form.iter()
            .map(|(name, old)| (*name, if *name == field { value } else { old }.to_owned()))
            .collect()
    };
    let mut shown = Map::new();
    for (case, form) in [
        ("nothing", vec![("Kind", "Bank".to_owned())]),
        ("no card", vec![("Kind", "Card".to_owned())]),
        ("no kind", Vec::new()),
        ("stored already", with(&CARD, "", "")),
        ("whole card number", with(&CARD, "Last4", "4242424242424242")),
        ("letters for digits", with(&CARD, "Last4", "\u{664}242")),
        ("unknown scheme", with(&CARD, "Scheme", "Sandcard")),
        ("dollars by SEPA", with(&ACCOUNT, "Currency", "USD")),
        ("no such currency", with(&ACCOUNT, "Currency", "EURO")),
        ("euros by Fedwire", with(&ACCOUNT, "Rail", "BankFedwire")),
        ("slash in an account", with(&ACCOUNT, "AccountNumber", "1/2")),
        ("markup for a bank", with(&ACCOUNT, "BankCode", "<b>\"'&")),
        ("far too long", with(&ACCOUNT, "AccountNumber", &long)),
        (
            "no e-mail address",
            with(&KEY, "Identifier", "ada at shop.example"),
        ),
        (
            "no phone number",
            with(
                &with(&KEY, "IdentifierType", "PhoneNumber")
                    .iter()
                    .map(|(name, value)| (*name, value.as_str()))
                    .collect::<Vec<_>>(),
                "Identifier",
                "+12",
            ),
        ),
        (
            "no tax number",
            with(
                &with(&KEY, "IdentifierType", "TaxID")
                    .iter()
                    .map(|(name, value)| (*name, value.as_str()))
                    .collect::<Vec<_>>(),
                "Identifier",
                "..",
            ),
        ),
    ] {
        let fields: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = add(&signer, &url, &fields).await;
        assert_eq!(answer.status(), 422, "{case}");
        let html = answer.text().await.unwrap();
        assert_inert(&html);
        let faults: Map<String, Value> = attributes(&html, ".fault", "id")
            .into_iter()
            .zip(texts(&html, ".fault").into_iter().map(Value::from))
            .collect();
        for (id, _) in &faults {
            let field = id.strip_suffix("-fault").unwrap();
            let described = attributes(&html, &format!("#{field}[aria-invalid]"), "aria-describedby");
            assert!(
                described[0].split(' ').any(|part| part == id),
                "{case}: {described:?}"
            );
        }
        // What was typed is there again, unless it may be a card's whole number.
        for (name, value) in fields {
            let again = attributes(&html, &format!("input#{name}"), "value");
            if let [again] = &again[..] {
                assert_eq!(
                    again,
                    if name == "Last4" && value.len() > 5 {
                        ""
                    } else {
                        value
                    },
                    "{case}"
                );
            }
        }
        assert!(!html.contains("4242424242424242"));
        assert_eq!(attributes(&html, "[autofocus]", "id").len(), 1, "{case}");
        shown.insert(case.to_owned(), faults.into());
    }
    insta::assert_json_snapshot!(shown);
    let unreadable = signer
        .http
        .post(format!("{url}/payment-methods"))
        .body("Kind=Bank");
    assert_eq!(
        unreadable.send().await.unwrap().status(),
        400,
        "no form's content type"
    );
}

#[tokio::test]
async fn a_pay_in_is_paid_with_a_stored_method() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let manage = managed(&signer).await;
    for form in [&ACCOUNT[..], &CARD, &KEY] {
        added(&signer, &manage, form).await;
    }
    let (id, url) = open(&signer, "/checkout/payin/fiat", &payin("a")).await;
    let html = page(&signer, &url).await;
    let offered = attributes(&html, "[name=PaymentMethodID]", "value");
    assert_eq!(offered, ["Bank/BankSepa/EUR/SANDDEFF/DE00123456789000", ""]);
    let pay = |method: &str| {
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("PaymentMethodID", method)
            .finish();
        signer
            .http
            .post(format!("{url}/settle"))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
    };
    // Of another category, so not on offer.
    let refused = pay("Card/TokenizedCard/Visa/4242").await.unwrap();
    assert_eq!(refused.status(), 422);
    assert_eq!(
        texts(&refused.text().await.unwrap(), "[role=alert]"),
        [
            "payment method not found: it must be one of the customer's, of the session's category and currency."
        ]
    );
    assert!(sandbox.noah().ledger().entries.is_empty());
    assert_eq!(pay(&offered[0]).await.unwrap().status(), 303);
    let deposits: Vec<Value> = sandbox
        .noah()
        .deliveries()
        .iter()
        .filter(|delivery| delivery.event_type.as_str() == "FiatDeposit")
        .map(|delivery| serde_json::from_slice(&delivery.body).unwrap())
        .collect();
    assert_eq!(deposits.len(), 2);
    for deposit in deposits {
        assert_eq!(deposit["Data"]["PaymentMethodID"], offered[0]);
        assert_eq!(deposit["Data"]["PaymentMethodType"], "BankSepa");
        assert_eq!(
            deposit["Data"]["Sender"]["Details"],
            json!({
                "Type": "FiatPaymentMethodBankDisplay",
                "AccountNumber": "DE00123456789000",
                "BankCode": "SANDDEFF",
            })
        );
    }
    let html = page(&signer, &url).await;
    assert!(texts(&html, "dd").contains(&"EUR account at SANDDEFF ending in 9000 (SEPA)".to_owned()));
    // Paid is paid, whatever it is said to be paid with.
    assert_eq!(pay("nonsense").await.unwrap().status(), 303);
    assert_eq!(sandbox.noah().ledger().entries[0].session_id, id);

    let dollars = with(payin("b"), "/FiatCurrency", json!("USD"));
    let (_, url) = open(&signer, "/checkout/payin/fiat", &dollars).await;
    let html = page(&signer, &url).await;
    assert!(
        attributes(&html, "[name=PaymentMethodID]", "value").is_empty(),
        "a euro account pays no dollars"
    );
}

#[tokio::test]
async fn a_state_file_keeps_payment_methods() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state");
    let start = || Sandbox::builder().state(&file).start();
    let sandbox = start().await.unwrap();
    let signer = Signer::of(&sandbox);
    added(&signer, &managed(&signer).await, &CARD).await;
    sandbox.shutdown().await;
    let sandbox = start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let html = page(&signer, &managed(&signer).await).await;
    assert_eq!(texts(&html, ".methods li > span"), ["Visa ending in 4242"]);
}

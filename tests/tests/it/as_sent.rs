//! Every operation as it reaches the wire, byte for byte: read these snapshots as code.

use std::collections::BTreeSet;

use hosted_checkout::noah::{PayIn, line_item};
use serde_json::Value;
use tests::spec;

use crate::shop::{
    answering, as_sent, claims, client_session, connect, device, example, key, manage, noah, only, pay_in,
    sell, sha256_hex, signed_pay_in,
};

const APPLE: &str = "https://apple-pay-gateway-cert.apple.com/paymentservices/startSession";

#[tokio::test]
async fn noah_create_managed_session() {
    let wire = answering(200, &example(spec::noah(), "HostedSessionResponse", "Opened"));
    manage(&noah(&wire, Some(key())).checkout()).await.unwrap();
    insta::assert_snapshot!(as_sent(&only(&wire)));
}

#[tokio::test]
async fn noah_create_sell() {
    let wire = answering(200, &example(spec::noah(), "CheckoutSellResponse", "Pending"));
    sell(&noah(&wire, Some(key())).checkout()).await.unwrap();
    insta::assert_snapshot!(as_sent(&only(&wire)));
}

#[tokio::test]
async fn noah_create_fiat_payin() {
    insta::assert_snapshot!(as_sent(&signed_pay_in(key()).await));
}

#[tokio::test]
async fn noah_create_fiat_payin_unsigned() {
    let wire = answering(200, &example(spec::noah(), "CheckoutSessionResponse", "Pending"));
    pay_in(&noah(&wire, None).checkout()).await.unwrap();
    insta::assert_snapshot!(as_sent(&only(&wire)));
}

/// The generated client below the builders sends the same bytes as they do.
#[tokio::test]
async fn noah_through_the_generated_client() {
    let wire = answering(200, &example(spec::noah(), "CheckoutSessionResponse", "Pending"));
    let request = serde_json::from_slice(&signed_pay_in(key()).await.body).unwrap();
    noah(&wire, Some(key()))
        .api()
        .create_fiat_payin(&request)
        .await
        .unwrap();
    let (direct, built) = (only(&wire), signed_pay_in(key()).await);
    assert_eq!(as_sent(&direct), as_sent(&built));
}

/// What the token says of the body is true of the bytes that were sent, by `jsonwebtoken` and a hash of another maker.
#[tokio::test]
async fn noah_tokens_cover_the_bytes_that_were_sent() {
    let key = key();
    let sent = signed_pay_in(key.clone()).await;
    let claims = claims(&sent.headers, &key.public_key_pem());
    assert_eq!(claims["bodyHash"], sha256_hex(&sent.body));
    assert_eq!(claims["method"], sent.method.as_str());
    assert_eq!(claims["path"], sent.url.path());
}

/// Made afresh where none is given, handed back as sent, and never the same twice.
#[tokio::test]
async fn noah_makes_a_fresh_nonce_and_names_the_order_by_it() {
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let (body, session) = unnamed_pay_in(None).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["Nonce"], session.nonce().as_str());
        assert_eq!(body["ExternalID"], session.external_id().as_str());
        assert_eq!(body["ExternalID"], body["Nonce"]);
        assert_eq!(session.nonce().as_str().len(), 36);
        assert!(seen.insert(session.nonce().as_str().to_owned()));
    }
}

/// A repeat is the same request only if it is the same to the byte.
#[tokio::test]
async fn noah_repeats_a_nonce_with_the_same_bytes() {
    let (_, session) = unnamed_pay_in(None).await;
    let nonce = session.nonce().as_str();
    let (first, again) = (
        unnamed_pay_in(Some(nonce)).await,
        unnamed_pay_in(Some(nonce)).await,
    );
    assert_eq!(first.0, again.0);
    assert_eq!(session.nonce(), first.1.nonce());
}

/// A pay-in whose caller gives no ExternalID, and perhaps no Nonce: the body as sent, and the session.
async fn unnamed_pay_in(nonce: Option<&str>) -> (Vec<u8>, PayIn) {
    let mut answer = example(spec::noah(), "CheckoutSessionResponse", "Pending");
    answer["CheckoutSession"]
        .as_object_mut()
        .unwrap()
        .remove("ExternalID");
    let wire = answering(200, &answer);
    let checkout = noah(&wire, Some(key())).checkout();
    let session = checkout
        .pay_in_fiat()
        .payment_method_category("Card")
        .fiat_currency("USD")
        .crypto_currency("USDC_TEST")
        .fiat_amount("10.10")
        .return_url("https://shop.example/done")
        .customer_id("customer-4711")
        .maybe_nonce(nonce)
        .line_items([line_item("Coffee beans", 2, "5.05")])
        .send()
        .await
        .unwrap();
    (only(&wire).body.to_vec(), session)
}

#[tokio::test]
async fn worldline_test_connection() {
    let wire = answering(
        200,
        &example(spec::worldline_connect(), "TestConnection", "Works"),
    );
    connect(&wire).server().test_connection().await.unwrap();
    insta::assert_snapshot!(as_sent(&only(&wire)));
}

#[tokio::test]
async fn worldline_create_session() {
    use worldline_connect_models::{PaymentProductFilter, PaymentProductFiltersClientSession};

    let filters = PaymentProductFiltersClientSession::builder()
        .exclude(PaymentProductFilter::builder().products(vec![2]).build())
        .restrict_to(
            PaymentProductFilter::builder()
                .groups(vec!["cards".into()])
                .products(vec![1, 302])
                .build(),
        )
        .build();
    let wire = answering(
        200,
        &example(spec::worldline_connect(), "SessionResponse", "Full"),
    );
    connect(&wire)
        .server()
        .create_session()
        .payment_product_filters(filters)
        .tokens(vec!["token-sample-1".into()])
        .idempotence_key("4b8a4f0e-0b53-4b6e-9d0f-0f6f1c9b2c11")
        .send()
        .await
        .unwrap();
    insta::assert_snapshot!(as_sent(&only(&wire)));
}

/// Both fields are optional; the body is not.
#[tokio::test]
async fn worldline_create_session_with_no_wishes() {
    let wire = answering(
        200,
        &example(spec::worldline_connect(), "SessionResponse", "Minimal"),
    );
    connect(&wire).server().create_session().send().await.unwrap();
    assert_eq!(only(&wire).body, "{}");
}

#[tokio::test]
async fn worldline_create_product_session() {
    let wire = answering(
        200,
        &example(
            spec::worldline_connect(),
            "CreatePaymentProductSessionResponse",
            "ApplePay",
        ),
    );
    connect(&wire)
        .server_for(&device())
        .unwrap()
        .apple_pay_session()
        .domain_name("pay.shop.example")
        .validation_url(APPLE)
        .display_name("Sample Coffee")
        .idempotence_key("4b8a4f0e-0b53-4b6e-9d0f-0f6f1c9b2c12")
        .send()
        .await
        .unwrap();
    insta::assert_snapshot!(as_sent(&only(&wire)));
}

#[tokio::test]
async fn worldline_create_client_product_session() {
    let wire = answering(
        200,
        &example(
            spec::worldline_connect(),
            "CreatePaymentProductSessionResponse",
            "ApplePay",
        ),
    );
    connect(&wire)
        .client(&client_session(), &device())
        .unwrap()
        .apple_pay_session()
        .domain_name("pay.shop.example")
        .validation_url(APPLE)
        .send()
        .await
        .unwrap();
    insta::assert_snapshot!(as_sent(&only(&wire)));
}

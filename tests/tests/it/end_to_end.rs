//! The real clients against the local sandbox, over HTTP, with webhooks on a listener of the shop's own.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use checkout_core::key::{SigningKey, VerifyingKey};
use checkout_sandbox::Sandbox;
use checkout_transport::{CallOptions, Error, ErrorKind, Outcome, ReqwestWire, Timeouts, Wire, WireError};
use hosted_checkout::noah::{
    Credentials, Event, EventData, Noah, Recency, TransactionStatus, WebhookData, WebhookError, Webhooks,
};
use hosted_checkout::worldline::{self, Connect, Endpoint};
use noah_models::CheckoutSessionStatus;
use secrecy::ExposeSecret as _;

use crate::shop::{key, manage, pay_in, sell};

const APPLE: &str = "https://apple-pay-gateway-cert.apple.com/paymentservices/startSession";

/// The shop's endpoint: it verifies each webhook before it believes a word of it.
#[derive(Clone)]
pub(crate) struct Inbox {
    webhooks: Arc<Mutex<Option<Webhooks>>>,
    events: Arc<Mutex<Vec<Event>>>,
    last: Arc<Mutex<Option<(HeaderMap, Bytes)>>>,
}

impl Inbox {
    pub(crate) async fn open() -> (Self, String) {
        let inbox = Self {
            webhooks: Arc::default(),
            events: Arc::default(),
            last: Arc::default(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/webhooks", post(receive))
            .with_state(inbox.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (inbox, url)
    }

    pub(crate) fn trust(&self, public_key: &str) {
        let key = VerifyingKey::from_pem(public_key).unwrap();
        *self.webhooks.lock().unwrap() = Some(Webhooks::local(key).unwrap());
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }
}

async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> StatusCode {
    *inbox.last.lock().unwrap() = Some((headers.clone(), body.clone()));
    match inbox
        .webhooks
        .lock()
        .unwrap()
        .as_ref()
        .unwrap()
        .verify(&headers, &body)
    {
        Ok(event) => {
            inbox.events.lock().unwrap().push(event);
            StatusCode::OK
        }
        Err(_) => StatusCode::BAD_REQUEST,
    }
}

fn signing_key(sandbox: &Sandbox) -> SigningKey {
    SigningKey::from_pem(sandbox.noah().private_key_pem().unwrap().expose_secret()).unwrap()
}

pub(crate) fn noah(sandbox: &Sandbox) -> Noah {
    Noah::local(
        &sandbox.noah().report().base_url,
        sandbox.noah().report().api_key.as_str(),
        signing_key(sandbox),
    )
    .unwrap()
}

fn connect(sandbox: &Sandbox) -> Connect {
    let account = sandbox.worldline();
    let credentials = worldline::Credentials::builder()
        .merchant_id(account.report().merchant_id.as_str())
        .api_key_id(account.report().api_key_id.as_str())
        .secret_api_key(account.report().secret_api_key.as_str())
        .integrator("Sample Coffee")
        .build()
        .unwrap();
    Connect::new(Endpoint::parse(&account.report().endpoint).unwrap(), credentials).unwrap()
}

/// NOAH must know a customer before a call leaves out who that is.
async fn introduce(sandbox: &Sandbox) {
    manage(&noah(sandbox).checkout()).await.unwrap();
}

/// What an event says in two words.
fn word(event: &Event) -> String {
    match event.data() {
        EventData::Known(WebhookData::CheckoutSession(session)) => format!("session {}", session.status),
        EventData::Known(WebhookData::Transaction(transaction)) => {
            format!("transaction {}", transaction.status)
        }
        EventData::Known(WebhookData::FiatDeposit(deposit)) => format!("deposit {}", deposit.status),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_pay_in_is_opened_paid_and_told_of() {
    let (inbox, url) = Inbox::open().await;
    let sandbox = Sandbox::builder().noah_webhook(url).start().await.unwrap();
    introduce(&sandbox).await;
    inbox.trust(&sandbox.noah().report().webhook_public_key);

    let session = pay_in(&noah(&sandbox).checkout()).await.unwrap();
    assert_eq!(session.checkout_session().status, CheckoutSessionStatus::Pending);
    assert!(session.hosted_url().starts_with("http://127.0.0.1:"));

    sandbox
        .noah()
        .settle(session.checkout_session().checkout_session_id.text().unwrap())
        .unwrap();
    sandbox.drain().await;

    let events = inbox.events();
    let words: Vec<String> = events.iter().map(word).collect();
    assert_eq!(
        words,
        [
            "session Pending",
            "transaction Pending",
            "transaction Settled",
            "session Settled"
        ]
    );

    // The order is found by its ExternalID, and the newest state wins whatever came first.
    let (first, last) = (&events[0], &events[3]);
    assert_eq!(last.supersedes(first), Recency::Newer);
    assert_eq!(first.supersedes(last), Recency::Older);
    assert!(last.is_duplicate_of(&last.clone()) && !last.is_duplicate_of(first));
    let EventData::Known(WebhookData::Transaction(transaction)) = events[2].data() else {
        panic!("a transaction")
    };
    assert_eq!(transaction.external_id.value(), Some(session.external_id()));
    assert_eq!(transaction.status, TransactionStatus::Settled);
    assert_eq!(sandbox.noah().ledger().entries.len(), 1);
}

#[tokio::test]
async fn a_changed_webhook_is_refused() {
    let (inbox, url) = Inbox::open().await;
    let sandbox = Sandbox::builder().noah_webhook(url).start().await.unwrap();
    introduce(&sandbox).await;
    inbox.trust(&sandbox.noah().report().webhook_public_key);
    let session = pay_in(&noah(&sandbox).checkout()).await.unwrap();
    sandbox
        .noah()
        .fail(session.checkout_session().checkout_session_id.text().unwrap())
        .unwrap();
    sandbox.drain().await;

    let (headers, body) = inbox.last.lock().unwrap().clone().unwrap();
    let webhooks = inbox.webhooks.lock().unwrap().clone().unwrap();
    assert!(webhooks.verify(&headers, &body).is_ok());
    let forged = String::from_utf8(body.to_vec())
        .unwrap()
        .replace("Failed", "Settled");
    assert_ne!(forged.as_bytes(), &body[..]);
    let error = webhooks.verify(&headers, forged.as_bytes()).unwrap_err();
    assert!(matches!(error, WebhookError::NoMatchingKey { .. }), "{error}");
    let published = Webhooks::sandbox().verify(&headers, &body).unwrap_err();
    assert!(
        matches!(published, WebhookError::NoMatchingKey { .. }),
        "{published}"
    );
}

#[tokio::test]
async fn a_managed_session_and_a_sale_are_opened() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let checkout = noah(&sandbox).checkout();
    let managed = manage(&checkout).await.unwrap();
    assert!(managed.hosted_url().starts_with("http://127.0.0.1:"));

    let sale = sell(&checkout).await.unwrap();
    assert_eq!(sale.transaction().status, TransactionStatus::Pending);
    assert_eq!(sale.transaction().external_id.value(), Some(sale.external_id()));
    sandbox
        .noah()
        .settle(sale.transaction().id.text().unwrap())
        .unwrap();
    assert_eq!(sandbox.noah().ledger().entries.len(), 1);
}

#[tokio::test]
async fn a_repeated_nonce_opens_one_session() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    introduce(&sandbox).await;
    let checkout = noah(&sandbox).checkout();
    let first = pay_in(&checkout).await.unwrap();
    let again = pay_in(&checkout).await.unwrap();
    assert_eq!(first.raw(), again.raw());

    // Another client of the same account, another signature, the same order.
    let elsewhere = pay_in(&noah(&sandbox).checkout()).await.unwrap();
    assert_eq!(first.raw(), elsewhere.raw());
    let id = first.checkout_session().checkout_session_id.text().unwrap();
    sandbox.noah().settle(id).unwrap();
    sandbox.noah().settle(id).unwrap();
    assert_eq!(sandbox.noah().ledger().entries.len(), 1);
}

fn assert_refused(error: &Error) {
    assert_eq!(error.status().map(|status| status.as_u16()), Some(401), "{error}");
    assert_eq!(error.outcome(), Outcome::Refused);
}

#[tokio::test]
async fn wrong_keys_are_refused() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    introduce(&sandbox).await;
    let url = sandbox.noah().report().base_url.clone();
    let (signed, unsigned) = (
        sandbox.noah().report().api_key.as_str(),
        sandbox.noah().report().unsigned_api_key.as_str(),
    );

    let stranger = Noah::local(&url, signed, key()).unwrap();
    assert_refused(&pay_in(&stranger.checkout()).await.unwrap_err());

    let silent = Noah::new(Credentials::local_unsigned(&url, signed).unwrap()).unwrap();
    assert_refused(&pay_in(&silent.checkout()).await.unwrap_err());

    // A key that was made without a public key must not sign.
    let talkative = Noah::local(&url, unsigned, signing_key(&sandbox)).unwrap();
    assert_refused(&pay_in(&talkative.checkout()).await.unwrap_err());

    let plain = Noah::new(Credentials::local_unsigned(&url, unsigned).unwrap()).unwrap();
    pay_in(&plain.checkout()).await.unwrap();
}

/// Somebody between us and the API who changes one digit of the body.
struct Tamperer(ReqwestWire);

impl Wire for Tamperer {
    fn send(
        &self,
        mut request: reqwest::Request,
        connect: Duration,
    ) -> checkout_transport::BoxFuture<'_, Result<reqwest::Response, WireError>> {
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap();
        let changed = String::from_utf8(body.to_vec())
            .unwrap()
            .replace("\"10.10\"", "\"10.11\"");
        *request.body_mut() = Some(changed.into());
        self.0.send(request, connect)
    }
}

#[tokio::test]
async fn a_request_changed_on_its_way_is_refused() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    introduce(&sandbox).await;
    let url = sandbox.noah().report().base_url.clone();
    let credentials =
        Credentials::local(&url, &sandbox.noah().report().api_key, signing_key(&sandbox)).unwrap();
    let wire = ReqwestWire::new(Timeouts::DEFAULT).unwrap();
    let client = Noah::builder(credentials).wire(Tamperer(wire)).build().unwrap();
    let error = pay_in(&client.checkout()).await.unwrap_err();
    assert_refused(&error);
    assert!(error.to_string().contains("bodyHash"), "{error}");
    assert!(sandbox.noah().ledger().entries.is_empty());
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_of_unknown_outcome_and_the_repeat_is_safe() {
    let sandbox = Sandbox::builder()
        .latency(Duration::from_millis(300))
        .start()
        .await
        .unwrap();
    introduce(&sandbox).await;
    let url = sandbox.noah().report().base_url.clone();
    let credentials =
        Credentials::local(&url, &sandbox.noah().report().api_key, signing_key(&sandbox)).unwrap();
    let hasty = Timeouts::DEFAULT.with_attempt(Duration::from_millis(50));
    let options = CallOptions::DEFAULT.timeouts(hasty).attempts(1);
    let client = Noah::builder(credentials).options(options).build().unwrap();
    let error = pay_in(&client.checkout()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout(_)), "{error}");
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(error.moves_money());

    // The same Nonce again, twice and with patience: one session.
    let patient = noah(&sandbox).checkout();
    let (first, again) = tokio::join!(pay_in(&patient), pay_in(&patient));
    assert_eq!(first.unwrap().raw(), again.unwrap().raw());
}

#[tokio::test]
async fn an_apple_pay_session_comes_through_a_client_session() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let connect = connect(&sandbox);
    connect.server().test_connection().await.unwrap();
    let created = connect.server().create_session().send().await.unwrap();

    // What the device is given is all it needs.
    let handed = serde_json::to_string(&created.session().hand_over()).unwrap();
    let session: worldline::ClientSession = serde_json::from_str(&handed).unwrap();
    let apple_pay = session
        .connect()
        .unwrap()
        .apple_pay_session()
        .domain_name("pay.shop.example")
        .validation_url(APPLE)
        .display_name("Sample Coffee")
        .send()
        .await
        .unwrap();
    let json = apple_pay.to_json().unwrap();
    assert_eq!(json["domainName"], "pay.shop.example");
    assert_eq!(json["displayName"], "Sample Coffee");

    let server = connect.server();
    let asked = server
        .apple_pay_session()
        .domain_name("pay.shop.example")
        .validation_url(APPLE);
    asked.send().await.unwrap().to_json().unwrap();
}

#[tokio::test]
async fn a_strange_client_session_is_refused() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let created = connect(&sandbox).server().create_session().send().await.unwrap();
    let forged = worldline::ClientSession::builder()
        .client_session_id("00000000000000000000000000000001")
        .customer_id(created.session().customer_id().as_str())
        .client_api_url(created.session().client_api_url().as_str())
        .build()
        .unwrap();
    let request = forged.connect().unwrap();
    let error = request
        .apple_pay_session()
        .domain_name("pay.shop.example")
        .validation_url(APPLE)
        .send()
        .await
        .unwrap_err();
    assert!(
        matches!(error.status().map(|status| status.as_u16()), Some(401 | 403)),
        "{error}"
    );
    assert_eq!(error.outcome(), Outcome::Refused);
}

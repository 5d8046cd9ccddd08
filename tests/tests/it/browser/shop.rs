//! A shop that sends its customers to the sandbox, and to which they come back.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use checkout_sandbox::Sandbox;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Client;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

/// Two addresses of one shop: customers come back to the one and are led on to the other.
pub(super) struct Shop {
    pub(super) sandbox: Sandbox,
    http: Client,
    /// Where the shop shows its thanks.
    pub(super) thanks: String,
    /// Redirects to `thanks`, which is another origin.
    pub(super) door: String,
    /// The queries with which customers came to the door.
    pub(super) came: Arc<Mutex<Vec<String>>>,
}

impl Shop {
    pub(super) async fn open() -> Self {
        let sandbox = Sandbox::builder().start().await.unwrap();
        Self::with(sandbox).await
    }

    pub(super) async fn with(sandbox: Sandbox) -> Self {
        let thanks =
            serve(|_| Html("<!doctype html><title>Thanks</title><h1>Thank you</h1>").into_response()).await;
        let came = Arc::new(Mutex::new(Vec::new()));
        let (seen, target) = (Arc::clone(&came), thanks.clone());
        let door = serve(move |request| {
            if request.uri().path() != "/done" {
                return StatusCode::NOT_FOUND.into_response();
            }
            seen.lock()
                .unwrap()
                .push(request.uri().query().unwrap_or_default().to_owned());
            (
                StatusCode::FOUND,
                [(header::LOCATION, format!("{target}/thanks"))],
            )
                .into_response()
        })
        .await;
        let http = Client::builder().no_proxy().build().unwrap();
        Self {
            sandbox,
            http,
            thanks,
            door,
            came,
        }
    }

    /// Calls an operation with the key that needs no signature.
    pub(super) async fn send(&self, path: &str, body: &Value) -> reqwest::Response {
        let noah = self.sandbox.noah();
        self.http
            .post(format!("{}{path}", noah.report().base_url))
            .header("X-Api-Key", &noah.report().unsigned_api_key)
            .json(body)
            .send()
            .await
            .unwrap()
    }

    /// A call whose token has expired, and whose body is another one than the token's.
    pub(super) async fn send_signed_late(&self) {
        let noah = self.sandbox.noah();
        let pem = noah.private_key_pem().unwrap();
        let key = EncodingKey::from_ec_pem(pem.expose_secret().as_bytes()).unwrap();
        let claims = json!({
            "aud": "https://api.noah.com",
            "iat": 1_700_000_000,
            "exp": 1_700_000_300,
            "method": "POST",
            "path": "/v1/checkout/sell",
            "bodyHash": "0".repeat(64),
        });
        let token = jsonwebtoken::encode(&Header::new(Algorithm::ES384), &claims, &key).unwrap();
        let answer = self
            .http
            .post(format!("{}/checkout/sell", noah.report().base_url))
            .header("X-Api-Key", &noah.report().api_key)
            .header("Api-Signature", token)
            .json(&self.sale("late"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401);
    }

    /// The address of the sandbox's console.
    pub(super) fn console(&self) -> String {
        let base_url = self.sandbox.noah().report().base_url.clone();
        format!("{}/_sandbox", base_url.strip_suffix("/v1").unwrap())
    }

    /// Calls an operation, and gives the session's page.
    pub(super) async fn call(&self, path: &str, body: &Value) -> String {
        let answer = self.send(path, body).await;
        let status = answer.status();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(status, 200, "{answer}");
        answer["HostedURL"].as_str().unwrap().to_owned()
    }

    pub(super) fn payin(&self, nonce: &str) -> Value {
        json!({
            "PaymentMethodCategory": "Bank",
            "FiatCurrency": "EUR",
            "CryptoCurrency": "BTC_TEST",
            "FiatAmount": "34.70",
            "ReturnURL": format!("{}/done?basket=8", self.door),
            "ExternalID": format!("order-{nonce}"),
            "CustomerID": "customer-1",
            "Customer": person(),
            "LineItems": [
                {"Description": "Coffee beans, Yirgacheffe, 250 g", "Quantity": "2", "UnitAmount": "12.40", "TotalAmount": "24.80"},
                {"Description": "Paper filters", "Quantity": "1", "UnitAmount": "4.95", "TotalAmount": "4.95"},
                {"Description": "Post and packing", "Quantity": "1", "UnitAmount": "4.95", "TotalAmount": "4.95"},
            ],
            "Nonce": nonce,
        })
    }

    pub(super) fn sale(&self, nonce: &str) -> Value {
        let mut customer = person();
        customer.as_object_mut().unwrap().remove("Type");
        json!({
            "CryptoCurrency": "USDC_TEST",
            "FiatCurrency": "USD",
            "FiatAmount": "50",
            "CryptoAuthorizedAmount": "51.5",
            "ReturnURL": format!("{}/done", self.door),
            "CustomerID": "customer-1",
            "Customer": customer,
            "LineItems": [{"Description": "Game credits", "Quantity": "1", "UnitAmount": "50", "TotalAmount": "50"}],
            "Nonce": nonce,
        })
    }

    /// The page on which customer 1 manages payment methods.
    pub(super) async fn manage(&self) -> String {
        let body = json!({"CustomerID": "customer-1", "Customer": person()});
        self.call("/checkout/manage", &body).await
    }
}

/// Takes webhooks.
pub(super) struct Hooks {
    pub(super) address: String,
    received: Arc<Mutex<usize>>,
}

impl Hooks {
    pub(super) async fn open() -> Self {
        let received = Arc::new(Mutex::new(0));
        let count = Arc::clone(&received);
        let address = serve(move |_| {
            *count.lock().unwrap() += 1;
            StatusCode::OK.into_response()
        })
        .await;
        Self { address, received }
    }

    /// How many came.
    pub(super) fn received(&self) -> usize {
        *self.received.lock().unwrap()
    }
}

fn person() -> Value {
    json!({
        "Type": "Individual",
        "FullName": {"FirstName": "Ada", "LastName": "Example"},
        "DateOfBirth": "1990-12-10",
        "Identities": [{"IssuingCountry": "US", "IDNumber": "X0000001", "IDType": "Passport"}],
        "PrimaryResidence": {
            "Street": "1 Sample Street", "City": "Springfield", "PostCode": "62701", "State": "IL", "Country": "US",
        },
    })
}

/// A server on a port of its own, for as long as the test runs.
async fn serve(answer: impl Fn(&Request) -> Response + Clone + Send + Sync + 'static) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(async move |request: Request| answer(&request));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    origin
}

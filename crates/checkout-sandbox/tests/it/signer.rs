//! A NOAH client made of `jsonwebtoken`'s encoder and `sha2`: nothing of it is ours.

use std::time::{SystemTime, UNIX_EPOCH};

use checkout_sandbox::Sandbox;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::{Client, Method, RequestBuilder, Response};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub struct Signer {
    pub base_url: String,
    pub api_key: String,
    pub key: EncodingKey,
    pub algorithm: Algorithm,
    pub http: Client,
}

/// An answer in the form that snapshots hold: volatile parts are replaced.
pub async fn shown(answer: Response) -> Value {
    let status = answer.status().as_u16();
    let allow = answer
        .headers()
        .get("allow")
        .map(|allow| allow.to_str().unwrap().to_owned());
    let detail = answer
        .headers()
        .get("x-sandbox-detail")
        .map(|detail| detail.to_str().unwrap().to_owned());
    let ignored = answer
        .headers()
        .get("x-sandbox-ignored-fields")
        .map(|ignored| ignored.to_str().unwrap().to_owned());
    let text = answer.text().await.unwrap();
    let mut body: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    for volatile in ["Instance", "errorId"] {
        if let Some(value) = body.get_mut(volatile) {
            assert!(
                value
                    .as_str()
                    .is_some_and(|text| uuid::Uuid::parse_str(text).is_ok()),
                "{value}"
            );
            *value = Value::from("<uuid>");
        }
    }
    let mut shown = Map::new();
    shown.insert("status".into(), status.into());
    if let Some(allow) = allow {
        shown.insert("Allow".into(), allow.into());
    }
    if let Some(detail) = detail {
        shown.insert("X-Sandbox-Detail".into(), detail.into());
    }
    if let Some(ignored) = ignored {
        shown.insert("X-Sandbox-Ignored-Fields".into(), ignored.into());
    }
    shown.insert("body".into(), body);
    Value::Object(shown)
}

pub fn http() -> Client {
    Client::builder()
        .no_proxy()
        // All is plain http, here too on a machine without CA certificates.
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

pub fn unix_now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

impl Signer {
    pub fn of(sandbox: &Sandbox) -> Self {
        let pem = sandbox.noah().private_key_pem().unwrap();
        Self {
            base_url: sandbox.noah().report().base_url.clone(),
            api_key: sandbox.noah().report().api_key.clone(),
            key: EncodingKey::from_ec_pem(pem.expose_secret().as_bytes()).unwrap(),
            algorithm: Algorithm::ES384,
            http: http(),
        }
    }

    pub fn claims(&self, path: &str, body: &str) -> Value {
        let now = unix_now();
        json!({
            "aud": "https://api.noah.com",
            "iat": now,
            "exp": now + 300,
            "method": "POST",
            "path": format!("/v1{path}"),
            "bodyHash": format!("{:x}", Hex(Sha256::digest(body).as_slice())),
        })
    }

    pub fn token(&self, claims: &Value) -> String {
        encode(&Header::new(self.algorithm), claims, &self.key).unwrap()
    }

    /// A request with any claims and body.
    pub fn request(&self, path: &str, body: &str, claims: &Value) -> RequestBuilder {
        self.unsigned(path, body)
            .header("Api-Signature", self.token(claims))
    }

    pub fn unsigned(&self, path: &str, body: &str) -> RequestBuilder {
        self.http
            .request(Method::POST, format!("{}{path}", self.base_url))
            .header("X-Api-Key", &self.api_key)
            .header("Content-Type", "application/json")
            .body(body.to_owned())
    }

    /// A correctly signed request.
    pub async fn send(&self, path: &str, body: &str) -> Response {
        self.request(path, body, &self.claims(path, body))
            .send()
            .await
            .unwrap()
    }
}

struct Hex<'a>(&'a [u8]);

impl std::fmt::LowerHex for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

pub fn person() -> Value {
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

pub fn payin(nonce: &str) -> Value {
    json!({
        "PaymentMethodCategory": "Bank",
        "FiatCurrency": "EUR",
        "CryptoCurrency": "BTC_TEST",
        "FiatAmount": "10.10",
        "ReturnURL": "https://shop.example/done?basket=8#thanks",
        "ExternalID": "order-7",
        "CustomerID": "customer-1",
        "Customer": person(),
        "LineItems": [{"Description": "Coffee beans", "Quantity": "2", "UnitAmount": "5.05", "TotalAmount": "10.10"}],
        "Nonce": nonce,
    })
}

pub fn sale(nonce: &str) -> Value {
    let mut customer = person();
    customer.as_object_mut().unwrap().remove("Type");
    json!({
        "CryptoCurrency": "USDC_TEST",
        "FiatCurrency": "USD",
        "FiatAmount": "50",
        "CryptoAuthorizedAmount": "51.5",
        "ReturnURL": "https://shop.example/sold",
        "CustomerID": "customer-2",
        "Customer": customer,
        "LineItems": [{"Description": "Game credits", "Quantity": "1", "UnitAmount": "50", "TotalAmount": "50"}],
        "Nonce": nonce,
    })
}

pub fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = new,
        object => object[name] = new,
    }
    value
}

pub fn without(mut value: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    value
        .pointer_mut(parent)
        .unwrap()
        .as_object_mut()
        .unwrap()
        .shift_remove(name)
        .unwrap();
    value
}

//! A shop that calls both APIs: its keys, its orders, and what it sends, recorded.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use checkout_core::clock::FixedClock;
use checkout_core::key::{Algorithm, SigningKey};
use checkout_transport::testing::{ScriptedWire, Sent, Step};
use checkout_transport::{CallOptions, Error};
use hosted_checkout::noah::{
    Checkout, Credentials, CryptoCurrencyCode, FiatCurrencyCode, Managed, Noah, PayIn, PaymentMethodCategory,
    PreparedPayIn, PreparedSell, Sell, line_item,
};
use hosted_checkout::worldline::{self, ClientMetaInfo, ClientSession, Connect, Endpoint};
use http::HeaderMap;
use jsonwebtoken::{DecodingKey, Validation};
use noah_models::{CustomerIdentity, FullName, IdType, IndividualCustomerInput, PersonInput, StreetAddress};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tests::spec::{self, Role, Spec};

pub(crate) const API_KEY: &str = "apikey_sandbox_sample1";
pub(crate) const MERCHANT_ID: &str = "9991";
pub(crate) const API_KEY_ID: &str = "5e45c937b9db33ae";
/// The secret of the vendor's published signatures; it opens nothing.
pub(crate) const SECRET_API_KEY: &str = "I42Zf4pVnRdroHfuHnRiJjJ2B6+22h0yQt/R3nZR8Xg=";

/// 2025-02-03T10:20:55Z.
pub(crate) const NOW: u32 = 1_738_578_055;

pub(crate) fn key() -> SigningKey {
    SigningKey::generate(Algorithm::ES384).unwrap()
}

/// An example answer of the spec, such as `/paths/~1checkout~1sell/post/responses/200/…`.
pub(crate) fn example(spec: &Spec, component: &str, name: &str) -> Value {
    let end = format!("/examples/{name}/value");
    let found = spec.examples().into_iter().find(|example| {
        example.role == Role::Answer && example.component == component && example.pointer.ends_with(&end)
    });
    found
        .unwrap_or_else(|| panic!("no example {name} of {component}"))
        .value
}

pub(crate) fn answering(status: u16, body: &Value) -> ScriptedWire {
    ScriptedWire::new([Step::respond(status)
        .header("content-type", "application/json")
        .body(body.to_string())])
}

pub(crate) fn only(wire: &ScriptedWire) -> Sent {
    let sent = wire.sent();
    let [sent] = &sent[..] else {
        panic!("{} requests were sent, not one", sent.len())
    };
    sent.clone()
}

/// Sends once, so that each failure stands alone.
pub(crate) const ONCE: CallOptions = CallOptions::DEFAULT.attempts(1);
/// Sends again what may be sent again.
pub(crate) const THRICE: CallOptions = CallOptions::DEFAULT.attempts(3);

/// A check that panics, as an error.
pub(crate) fn caught(check: impl FnOnce()) -> Result<(), String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| Some((*panic.downcast_ref::<&str>()?).to_owned()))
            .unwrap_or_default()
    })
}

// NOAH.

pub(crate) fn noah(wire: &ScriptedWire, key: Option<SigningKey>) -> Noah {
    noah_with(wire, key, ONCE)
}

pub(crate) fn noah_with(wire: &ScriptedWire, key: Option<SigningKey>, options: CallOptions) -> Noah {
    let credentials = match key {
        Some(key) => Credentials::sandbox(API_KEY, key),
        None => Credentials::sandbox_unsigned(API_KEY),
    };
    Noah::builder(credentials.unwrap())
        .wire(wire.clone())
        .options(options)
        .clock(FixedClock::at_unix(NOW))
        .build()
        .unwrap()
}

fn identity() -> CustomerIdentity {
    CustomerIdentity::builder()
        .issuing_country("DE")
        .id_number("C00000000")
        .id_type(IdType::NationalIdCard)
        .expiry_date("2030-05-03")
        .build()
}

fn residence() -> StreetAddress {
    StreetAddress::builder()
        .street("Musterweg 3")
        .city("Köln")
        .post_code("50667")
        .state("NRW")
        .country("DE")
        .build()
}

fn full_name() -> FullName {
    FullName::builder().first_name("Bo").last_name("Sample").build()
}

pub(crate) async fn manage(checkout: &Checkout) -> Result<Managed, Error> {
    let customer = IndividualCustomerInput::builder()
        .full_name(full_name())
        .date_of_birth("1985-01-31")
        .email("bo@example.com")
        .identities(vec![identity()])
        .primary_residence(residence())
        .build();
    checkout
        .manage()
        .customer_id("customer-4711")
        .customer(customer)
        .send()
        .await
}

pub(crate) async fn sell(checkout: &Checkout) -> Result<Sell, Error> {
    let nonce = "1f0c9a52-7a55-4a3e-9c55-0d1f5ab7a001";
    checkout.send(&prepared_sell(checkout, "order-7", nonce)?).await
}

pub(crate) fn prepared_sell(
    checkout: &Checkout,
    external_id: &str,
    nonce: &str,
) -> Result<PreparedSell, Error> {
    let customer = PersonInput::builder()
        .full_name(full_name())
        .date_of_birth("1985-01-31")
        .identities(vec![identity()])
        .primary_residence(residence())
        .build();
    checkout
        .sell()
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .fiat_currency(FiatCurrencyCode::Usd)
        .fiat_amount("50")
        .crypto_authorized_amount("51.5")
        .return_url("https://shop.example/sold?basket=7#done")
        .customer_id("customer-4711")
        .customer(customer)
        .external_id(external_id)
        .nonce(nonce)
        .line_items([line_item("Game credits", 1, 50)])
        .prepare()
}

pub(crate) async fn pay_in(checkout: &Checkout) -> Result<PayIn, Error> {
    let nonce = "dc879b38-494b-4de7-98a9-0687031443a1";
    checkout.send(&prepared_pay_in(checkout, "order-7", nonce)?).await
}

pub(crate) fn prepared_pay_in(
    checkout: &Checkout,
    external_id: &str,
    nonce: &str,
) -> Result<PreparedPayIn, Error> {
    checkout
        .pay_in_fiat()
        .payment_method_category(PaymentMethodCategory::Card)
        .fiat_currency(FiatCurrencyCode::Usd)
        .crypto_currency(CryptoCurrencyCode::UsdcTest)
        .fiat_amount("10.10")
        .return_url("https://shop.example/done")
        .customer_id("customer-4711")
        .external_id(external_id)
        .nonce(nonce)
        .line_items([line_item("Coffee beans", 2, "5.05")])
        .prepare()
}

/// A signed pay-in, as it left.
pub(crate) async fn signed_pay_in(key: SigningKey) -> Sent {
    let wire = answering(200, &example(spec::noah(), "CheckoutSessionResponse", "Pending"));
    pay_in(&noah(&wire, Some(key)).checkout()).await.unwrap();
    only(&wire)
}

/// What the token of a request says, once its signature holds by `jsonwebtoken`. Virtual time is not the token's own.
pub(crate) fn claims(headers: &HeaderMap, public_key: &str) -> Value {
    let token = headers["api-signature"].to_str().unwrap();
    let mut validation = Validation::new(jsonwebtoken::Algorithm::ES384);
    validation.set_audience(&["https://api.noah.com"]);
    validation.validate_exp = false;
    let key = DecodingKey::from_ec_pem(public_key.as_bytes()).unwrap();
    jsonwebtoken::decode(token, &key, &validation).unwrap().claims
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

// Worldline Connect.

pub(crate) fn connect(wire: &ScriptedWire) -> Connect {
    connect_with(wire, ONCE)
}

pub(crate) fn connect_with(wire: &ScriptedWire, options: CallOptions) -> Connect {
    let credentials = worldline::Credentials::builder()
        .merchant_id(MERCHANT_ID)
        .api_key_id(API_KEY_ID)
        .secret_api_key(SECRET_API_KEY)
        .integrator("Sample Coffee")
        .build()
        .unwrap();
    Connect::builder()
        .endpoint(Endpoint::sandbox())
        .credentials(credentials)
        .wire(wire.clone())
        .options(options)
        .clock(FixedClock::at_unix(NOW))
        .build()
        .unwrap()
}

pub(crate) fn client_session() -> ClientSession {
    ClientSession::builder()
        .client_session_id("00000000000000000000000000000001")
        .customer_id("9991-00000000000000000000000000000002")
        .client_api_url("https://eu.sandbox.api-ingenico.com/client")
        .build()
        .unwrap()
}

pub(crate) fn device() -> ClientMetaInfo {
    ClientMetaInfo::from_json(r#"{"platformIdentifier":"sample device"}"#).unwrap()
}

// As sent.

/// A request as it left: names of headers sorted, credentials and what differs from build to build taken out, tokens and
/// meta-info read.
pub(crate) fn as_sent(sent: &Sent) -> String {
    let mut text = format!("{} {}\n", sent.method, sent.url);
    let mut read = String::new();
    let mut headers: Vec<_> = sent
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    headers.sort_by_key(|(name, _)| *name);
    for (name, value) in headers {
        let value = value.to_str().unwrap();
        let shown = match name {
            "x-api-key" => value.replace(API_KEY, "<API key>"),
            "api-signature" => {
                let parts: Vec<&str> = value.split('.').collect();
                let [header, claims, _] = parts[..] else {
                    panic!("{value} is no compact JWS")
                };
                write!(read, "\n\n{name}:\n{}\n{}", json_of(header), json_of(claims)).unwrap();
                "<token>".to_owned()
            }
            "authorization" => match value.rsplit_once(':') {
                Some((before, _)) if before.contains("v1HMAC") => format!("{before}:<signature>"),
                Some((scheme, _)) => format!("{scheme}:<client session id>"),
                None => panic!("{name} has no colon"),
            },
            "x-gcs-servermetainfo" | "x-gcs-clientmetainfo" => {
                let json = String::from_utf8(BASE64_STANDARD.decode(value).unwrap()).unwrap();
                let platform = format!("{}/{} Rust", std::env::consts::OS, std::env::consts::ARCH);
                let json = json
                    .replace(&platform, "<platform>")
                    .replace(env!("CARGO_PKG_VERSION"), "<version>");
                write!(read, "\n\n{name}:\n{json}").unwrap();
                "<base64>".to_owned()
            }
            "user-agent" => value.replace(env!("CARGO_PKG_VERSION"), "<version>"),
            _ => value.to_owned(),
        };
        // A header that could be printed by a log must be marked before it gets there.
        let sensitive = sent.headers[name].is_sensitive();
        let credential = matches!(name, "x-api-key" | "api-signature" | "authorization");
        assert!(sensitive || !credential, "{name} is not marked sensitive");
        writeln!(text, "{name}: {shown}").unwrap();
    }
    let body = std::str::from_utf8(&sent.body).unwrap();
    format!(
        "{text}\n{}{read}",
        if body.is_empty() { "(no body)" } else { body }
    )
}

fn json_of(part: &str) -> String {
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

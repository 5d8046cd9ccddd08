//! An API, its operations, and a transport to it.

use std::time::{Duration, SystemTime};

use checkout_core::clock::FixedClock;
use checkout_core::{Idempotency, Operation};
use checkout_transport::client::prepare;
use checkout_transport::forming::Formed;
use checkout_transport::{
    ApiError, ApiProfile, AuthenticationError, Authenticator, Call, CallOptions, Error, FieldError, Outgoing,
    Prepared, Reply, Timeouts, Transport, TransportBuilder, Wire,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Deserialize;

pub(crate) static PAY: Operation = Operation::new(
    "pay",
    "POST",
    "/pay/{id}",
    "test",
    Idempotency::BodyField("Nonce"),
    true,
);
pub(crate) static PAY_BY_HEADER: Operation = Operation::new(
    "payByHeader",
    "POST",
    "/pay/{id}",
    "test",
    Idempotency::Header("X-GCS-Idempotence-Key"),
    true,
);
pub(crate) static PAY_ONCE: Operation =
    Operation::new("payOnce", "POST", "/pay/{id}", "test", Idempotency::None, true);
pub(crate) static NOTE: Operation =
    Operation::new("note", "POST", "/notes", "test", Idempotency::None, false);
pub(crate) static NOTE_BY_HEADER: Operation = Operation::new(
    "noteByHeader",
    "POST",
    "/notes",
    "test",
    Idempotency::Header("X-GCS-Idempotence-Key"),
    false,
);
pub(crate) static READ: Operation = Operation::new("read", "GET", "/notes", "test", Idempotency::Read, false);

/// What this build asks for.
pub(crate) const ACCEPT_ENCODING: &str = match (cfg!(feature = "br"), cfg!(feature = "zstd")) {
    (false, false) => "gzip",
    (true, false) => "gzip, br",
    (false, true) => "gzip, zstd",
    (true, true) => "gzip, br, zstd",
};

pub(crate) const BODY: &str = r#"{"Nonce":"n-1","Amount":"10.10"}"#;

/// Words its errors as NOAH does.
pub(crate) struct TestApi;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TestError {
    #[serde(rename = "Type")]
    pub(crate) code: Option<String>,
    detail: Option<String>,
    instance: Option<String>,
    #[serde(default)]
    fields: Vec<TestField>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TestField {
    field: String,
    reason: Option<String>,
    description: Option<String>,
}

impl ApiProfile for TestApi {
    fn name(&self) -> &'static str {
        "TestApi"
    }

    fn error(&self, _status: StatusCode, _headers: &HeaderMap, body: &[u8]) -> Option<ApiError> {
        let found: TestError = serde_json::from_slice(body).ok()?;
        let mut error = ApiError::default();
        error.code = found.code;
        error.detail = found.detail;
        error.reference = found.instance;
        error.fields = found
            .fields
            .into_iter()
            .map(|field| FieldError::new(field.field, field.reason, field.description))
            .collect();
        Some(error)
    }
}

/// Signs with a fixed text; its headers show what it saw.
pub(crate) struct TestSigner;

pub(crate) const SIGNATURE: &str = "Bearer SECRET-TOKEN-0123456789";

impl Authenticator for TestSigner {
    fn authenticate(&self, request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        let seen = format!(
            "{} {} {} {} {}",
            request.method(),
            request.url(),
            request.body().len(),
            request.headers().get("user-agent").unwrap().to_str().unwrap(),
            request
                .now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs(),
        );
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static(SIGNATURE));
        headers.insert("x-seen", HeaderValue::from_str(&seen).unwrap());
        Ok(headers)
    }
}

/// Sends once, so that each failure stands alone.
pub(crate) fn builder(wire: impl Wire) -> TransportBuilder {
    Transport::builder()
        .options(CallOptions::DEFAULT.attempts(1))
        .wire(wire)
        .authenticator(TestSigner)
        .api(TestApi)
        .clock(FixedClock::at_unix(1_700_000_000))
        .user_agent("test/1")
}

pub(crate) fn transport(wire: impl Wire) -> Transport {
    builder(wire).build().unwrap()
}

/// As generated clients form it.
pub(crate) fn request(operation: &Operation, base: &str) -> reqwest::Request {
    let url = format!("{base}{}", operation.path.replace("{id}", "7"));
    let method: Method = operation.method.parse().unwrap();
    let mut request = reqwest::Request::new(method, url.parse().unwrap());
    let headers = request.headers_mut();
    headers.insert("accept", HeaderValue::from_static("application/json"));
    if operation.method == "POST" {
        headers.insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        *request.body_mut() = Some(BODY.into());
    }
    request
}

pub(crate) async fn send(transport: &Transport, operation: &'static Operation) -> Result<Reply, Error> {
    transport
        .send(operation, request(operation, "http://localhost/v1"))
        .await
}

pub(crate) fn quick() -> Timeouts {
    Timeouts::DEFAULT
        .with_connect(Duration::from_millis(1000))
        .with_attempt(Duration::from_millis(1500))
        .with_total(Duration::from_secs(4))
}

pub(crate) fn header(name: &str, value: &str) -> (HeaderName, HeaderValue) {
    (name.parse().unwrap(), value.parse().unwrap())
}

/// A request of this operation below a base URL, as a generated client prepares it.
pub(crate) fn prepared<C: Call>(transport: &Transport, base: &str) -> Prepared<C> {
    held(transport, request(C::operation(), base), base).unwrap()
}

pub(crate) fn held<C: Call>(
    transport: &Transport,
    request: reqwest::Request,
    base: &str,
) -> Result<Prepared<C>, Error> {
    prepare(transport, base, Formed::try_from(&request))
}

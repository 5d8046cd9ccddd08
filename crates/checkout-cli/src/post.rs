//! Hands webhooks to an address, byte for byte.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use checkout_core::read::{DOCUMENT, Limit};
use checkout_transport::is_loopback;
use http::header::{
    CONNECTION, CONTENT_LENGTH, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, StatusCode};
use url::Url;

use crate::Failure;
use crate::failure::chain;

const PATIENCE: Duration = Duration::from_secs(30);
/// A receiver answers with little or nothing.
const LARGEST_ANSWER: Limit = DOCUMENT;

/// Headers of one connection, which say nothing about the next.
const OF_THE_CONNECTION: [HeaderName; 10] = [
    CONNECTION,
    CONTENT_LENGTH,
    HOST,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Where webhooks go.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    client: reqwest::Client,
    url: Url,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) took: Duration,
}

impl Target {
    /// # Errors
    /// The text is no absolute http or https URL, or TLS cannot be set up.
    pub(crate) fn new(url: &str) -> Result<Self, Failure> {
        let url = Url::parse(url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| Failure::usage("the address is not an absolute http:// or https:// URL"))?;
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE);
        if url.scheme() == "http" {
            // Without this, a machine without CA certificates could not even speak plain http.
            builder = builder.tls_certs_only([]);
        }
        if is_loopback(&url) {
            // A proxy has another loopback.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(Failure::unavailable)?;
        Ok(Self { client, url })
    }

    /// Without what may be a credential in it.
    pub(crate) fn shown(&self) -> String {
        format!("{}{}", self.url.origin().ascii_serialization(), self.url.path())
    }

    /// Posts once. The error says why nothing was answered.
    pub(crate) async fn post(&self, headers: HeaderMap, body: Bytes) -> Result<Answer, String> {
        let failed = |error: reqwest::Error| chain(&error.without_url());
        let began = Instant::now();
        let mut response = self
            .client
            .post(self.url.clone())
            .headers(headers)
            .body(body)
            .send()
            .await
            .map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > LARGEST_ANSWER.as_bytes() {
                return Err(format!("it answered {status} with more than {LARGEST_ANSWER}"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status,
            headers,
            body: body.freeze(),
            took: began.elapsed(),
        })
    }
}

/// The headers that go on.
pub(crate) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    headers
        .iter()
        .filter(|(name, _)| !OF_THE_CONNECTION.contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

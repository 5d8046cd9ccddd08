//! One POST to a webhook address.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use url::Url;

use crate::engine::control::guard;

/// How long one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);

/// An address, and how it is reached.
pub(super) struct Wire {
    pub(super) address: Url,
    /// Made at the first attempt and not at the start: loading the TLS roots takes longer than all else together.
    client: OnceLock<Result<reqwest::Client, String>>,
}

impl Wire {
    pub(super) const fn new(address: Url) -> Self {
        Self {
            address,
            client: OnceLock::new(),
        }
    }

    /// The receiver's status, or why there was none.
    pub(super) async fn post(&self, headers: Vec<(&'static str, &str)>, body: Bytes) -> Result<u16, String> {
        let client = self.client.get_or_init(|| client(&self.address));
        let client = client.as_ref().map_err(String::clone)?;
        let request = client
            .post(self.address.clone())
            .header(CONTENT_TYPE, "application/json");
        let request = headers
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value));
        let answer = request.body(body).send().await;
        answer
            .map(|answer| answer.status().as_u16())
            .map_err(|error| describe(&error))
    }
}

fn client(address: &Url) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ATTEMPT_TIMEOUT);
    if address.scheme() == "http" {
        // Without this, a machine without CA certificates (a slim container) could not even speak plain http.
        builder = builder.tls_certs_only([]);
    }
    if guard::is_loopback(address) {
        // A proxy has another loopback.
        builder = builder.no_proxy();
    }
    builder
        .build()
        .map_err(|_| "no TLS: this machine has no CA certificates to check an https:// address by".to_owned())
}

/// The kind of failure, without the address: it may hold a credential.
fn describe(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "connection failed"
    };
    kind.to_owned()
}

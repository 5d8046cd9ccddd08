//! How a server proves who calls: by a signature.

use std::time::SystemTime;

use checkout_core::impl_debug;
use checkout_core::redact::Secret;
use checkout_core::time::Timestamp;
use checkout_transport::{Account, AuthenticationError, Authenticator, Outgoing};
use http::header::{AUTHORIZATION, DATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use secrecy::SecretString;
use url::Url;

use super::Credentials;
use super::meta_info::{CLIENT_META_INFO, ClientMetaInfo, server_meta_info};
use super::signing::{SigningError, authorization, canonical_headers, string_to_hash};

const SERVER_META_INFO: HeaderName = HeaderName::from_static("x-gcs-servermetainfo");

/// Signs requests to the server API: `GCS v1HMAC`.
///
/// Each attempt gets its own `Date`, and a signature over method, `Content-Type`, `Date`, all `X-GCS-…` headers, path and
/// query. The body is not covered: the API's rule leaves it to TLS.
#[derive(Clone)]
pub struct ServerSigner {
    account: Account,
    api_key_id: String,
    secret_api_key: SecretString,
    server_meta_info: HeaderValue,
    client_meta_info: Option<HeaderValue>,
}

impl ServerSigner {
    /// Signs with the credentials' API key, and names their integrator.
    #[must_use]
    pub fn new(credentials: &Credentials) -> Self {
        Self {
            account: Account::of(&[
                "Worldline Connect",
                credentials.merchant_id.as_str(),
                &credentials.api_key_id,
            ]),
            api_key_id: credentials.api_key_id.clone(),
            secret_api_key: credentials.secret_api_key.clone(),
            server_meta_info: server_meta_info(
                &credentials.integrator,
                credentials.shopping_cart_extension.as_ref(),
            ),
            client_meta_info: None,
        }
    }

    /// Tells the API about the device on whose behalf the server calls.
    #[must_use]
    pub fn client_meta_info(mut self, info: &ClientMetaInfo) -> Self {
        self.client_meta_info = Some(info.header_value());
        self
    }

    /// The headers that make a request authentic at this time. `Authorization` is one of them. The others are headers
    /// that the signature covers, where the request lacks them or has them in another form than the canonical one. They
    /// replace the request's own headers of the same names.
    ///
    /// # Errors
    /// A header that the signature covers is repeated or not visible ASCII, or the clock is out of range.
    pub fn headers(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Result<HeaderMap, SigningError> {
        let mut covered = headers.clone();
        covered.insert(DATE, http_date(now)?);
        covered.insert(SERVER_META_INFO, self.server_meta_info.clone());
        if let Some(info) = &self.client_meta_info {
            covered.insert(CLIENT_META_INFO, info.clone());
        }
        let covered = canonical_headers(&covered)?;
        let authorization = self.authorization(method, url, &covered)?;
        // What stands there already is none of the signer's: a transport treats all that a signer adds as secret.
        let mut added: HeaderMap = covered
            .iter()
            .filter(|&(name, value)| !headers.get_all(name).iter().eq([value]))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        added.insert(AUTHORIZATION, authorization);
        Ok(added)
    }

    /// Signs a request as it stands, adding nothing: what `Authorization` has to say.
    ///
    /// # Errors
    /// A header that the signature covers is missing, repeated or not visible ASCII.
    pub fn authorization(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
    ) -> Result<HeaderValue, SigningError> {
        authorization(
            &self.api_key_id,
            &self.secret_api_key,
            &string_to_hash(method, url, headers)?,
        )
    }
}

impl Authenticator for ServerSigner {
    fn authenticate(&self, request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        self.headers(request.method(), request.url(), request.headers(), request.now())
            .map_err(|error| AuthenticationError::new(error.to_string()))
    }

    fn account(&self) -> Option<&Account> {
        Some(&self.account)
    }
}

impl_debug!(ServerSigner: self => { api_key_id: self.api_key_id, secret_api_key: Secret, .. });

/// RFC 1123 in GMT: `Fri, 06 Jun 2014 13:39:43 GMT`.
fn http_date(now: SystemTime) -> Result<HeaderValue, SigningError> {
    // What four digits of a year can write, and no moment before 1970, at which the library would panic.
    Timestamp::in_seconds(now).map_err(|_| SigningError::Clock)?;
    now.duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| SigningError::Clock)?;
    let date = httpdate::fmt_http_date(now);
    HeaderValue::try_from(date).map_err(|_| SigningError::Clock)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use http::header::{CONTENT_TYPE, USER_AGENT};

    use super::*;

    /// 2014-06-06T13:39:43Z, the date of the published signatures.
    const VECTORS: Duration = Duration::from_secs(1_402_061_983);

    fn signer() -> ServerSigner {
        let credentials = Credentials::builder()
            .merchant_id("9991")
            .api_key_id("5e45c937b9db33ae")
            .secret_api_key("I42Zf4pVnRdroHfuHnRiJjJ2B6+22h0yQt/R3nZR8Xg=")
            .integrator("Example Shop")
            .build()
            .unwrap();
        ServerSigner::new(&credentials)
    }

    fn tokens_url() -> Url {
        "http://api.connect.worldline-solutions.com:8080/v1/9991/tokens/123456789"
            .parse()
            .unwrap()
    }

    #[test]
    fn published_requests() {
        let mut headers = HeaderMap::new();
        headers.insert(
            USER_AGENT,
            HeaderValue::from_static("Apache-HttpClient/4.3.4 (java 1.5)"),
        );
        headers.insert(DATE, http_date(UNIX_EPOCH + VECTORS).unwrap());
        assert_eq!(headers[DATE], "Fri, 06 Jun 2014 13:39:43 GMT");
        let signed =
            |method, headers: &HeaderMap| signer().authorization(&method, &tokens_url(), headers).unwrap();
        assert_eq!(
            signed(Method::GET, &headers),
            "GCS v1HMAC:5e45c937b9db33ae:J5LjfSBvrQNhu7gG0gvifZt+IWNDReGCmHmBmth6ueI="
        );
        for name in [
            "x-gcs-servermetainfo",
            "x-gcs-clientmetainfo",
            "x-gcs-customerheader",
        ] {
            headers.insert(name, HeaderValue::from_static("processed header value"));
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert_eq!(
            signed(Method::DELETE, &headers),
            "GCS v1HMAC:5e45c937b9db33ae:jGWLz3ouN4klE+SkqO5gO+KkbQNM06Rric7E3dcfmqw="
        );
    }

    #[test]
    fn what_is_signed_is_what_is_sent() {
        let mut sent = HeaderMap::new();
        sent.insert(CONTENT_TYPE, HeaderValue::from_static(" application/json "));
        sent.insert("X-GCS-CustomerHeader", HeaderValue::from_static("  a value "));
        sent.insert("X-GCS-Idempotence-Key", HeaderValue::from_static("7c8f"));
        sent.insert(DATE, HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"));
        let signer = signer().client_meta_info(&ClientMetaInfo::from_json(r#"{"test":"test"}"#).unwrap());
        let added = signer
            .headers(&Method::POST, &tokens_url(), &sent, UNIX_EPOCH + VECTORS)
            .unwrap();

        // As the transport does: what the signer returns takes the place of what was there.
        for (name, value) in &added {
            sent.insert(name, value.clone());
        }
        assert_eq!(sent[DATE], "Fri, 06 Jun 2014 13:39:43 GMT");
        assert_eq!(sent["x-gcs-customerheader"], "a value");
        assert_eq!(sent["x-gcs-idempotence-key"], "7c8f");
        assert_eq!(sent["x-gcs-clientmetainfo"], "eyJ0ZXN0IjoidGVzdCJ9");
        assert_eq!(sent[CONTENT_TYPE], "application/json");
        assert_eq!(
            sent[AUTHORIZATION],
            signer.authorization(&Method::POST, &tokens_url(), &sent).unwrap()
        );
        let text = string_to_hash(&Method::POST, &tokens_url(), &sent).unwrap();
        assert_eq!(text.matches("x-gcs-").count(), 4, "{text}");
    }

    /// The transport treats every header that a signer adds as a secret, and hides what an answer shares with one.
    #[test]
    fn what_stands_there_already_is_not_added() {
        let now = UNIX_EPOCH + VECTORS;
        let added = |headers: &HeaderMap| {
            let added = signer()
                .headers(&Method::POST, &tokens_url(), headers, now)
                .unwrap();
            let mut names: Vec<_> = added.keys().map(|name| name.as_str().to_owned()).collect();
            names.sort_unstable();
            names.join(" ")
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("X-GCS-Idempotence-Key", HeaderValue::from_static("order-7"));
        assert_eq!(added(&headers), "authorization date x-gcs-servermetainfo");

        // Changed: surrounded by blanks. Added in place of two: the date, one of which is right.
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(" application/json"));
        headers.append(DATE, http_date(now).unwrap());
        headers.append(DATE, HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert_eq!(
            added(&headers),
            "authorization content-type date x-gcs-servermetainfo"
        );
    }

    #[test]
    fn each_attempt_has_its_own_date_and_signature() {
        let headers = |seconds| {
            let now = UNIX_EPOCH + Duration::from_secs(seconds);
            signer()
                .headers(&Method::GET, &tokens_url(), &HeaderMap::new(), now)
                .unwrap()
        };
        assert_ne!(headers(1)[DATE], headers(2)[DATE]);
        assert_ne!(headers(1)[AUTHORIZATION], headers(2)[AUTHORIZATION]);
        // Days below ten are padded, as HTTP has it.
        assert_eq!(headers(1_212_491_130)[DATE], "Tue, 03 Jun 2008 11:05:30 GMT");
    }

    #[test]
    fn no_secret_prints() {
        let shown = format!("{:?}", signer());
        assert!(
            shown.contains("5e45c937b9db33ae") && !shown.contains("I42Zf4pV"),
            "{shown}"
        );
    }
}

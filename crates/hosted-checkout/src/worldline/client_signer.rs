//! How a device proves who calls: by the id of its session.

use checkout_core::impl_debug;
use checkout_core::redact::Secret;
use checkout_transport::{AuthenticationError, Authenticator, Outgoing};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use super::meta_info::CLIENT_META_INFO;
use super::{ClientMetaInfo, ClientSession, SigningError};

/// Names the client session: `GCS v1Client`. Nothing is signed, so the session id must travel over https alone.
///
/// It tells no account: sessions come and go, and each path names the customer that it is for.
#[derive(Clone)]
pub struct ClientSigner {
    client_session_id: SecretString,
    client_meta_info: HeaderValue,
}

impl ClientSigner {
    /// Calls on behalf of the session, from this kind of device.
    #[must_use]
    pub fn new(session: &ClientSession, device: &ClientMetaInfo) -> Self {
        Self {
            client_session_id: session.client_session_id().clone(),
            client_meta_info: device.header_value(),
        }
    }

    /// `Authorization` and `X-GCS-ClientMetaInfo`, the same for every request.
    ///
    /// # Errors
    /// None for a session that was built: its id is visible ASCII.
    pub fn headers(&self) -> Result<HeaderMap, SigningError> {
        let mut authorization =
            HeaderValue::try_from(format!("GCS v1Client:{}", self.client_session_id.expose_secret()))
                .map_err(|_| SigningError::NotAscii(AUTHORIZATION))?;
        authorization.set_sensitive(true);
        Ok(HeaderMap::from_iter([
            (AUTHORIZATION, authorization),
            (CLIENT_META_INFO, self.client_meta_info.clone()),
        ]))
    }
}

impl Authenticator for ClientSigner {
    fn authenticate(&self, _request: &Outgoing<'_>) -> Result<HeaderMap, AuthenticationError> {
        self.headers()
            .map_err(|error| AuthenticationError::new(error.to_string()))
    }
}

impl_debug!(ClientSigner: self => { client_session_id: Secret, .. });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_names_its_session() {
        let session = ClientSession::builder()
            .client_session_id("51d29012e6ce4b81afa6cc7551ef4e36")
            .customer_id("9991-66bb4ae9335c4d11a350d39ddd9a3139")
            .client_api_url("https://eu.api-ingenico.com/client")
            .build()
            .unwrap();
        let device = ClientMetaInfo::from_json(r#"{"test":"test"}"#).unwrap();
        let signer = ClientSigner::new(&session, &device);
        let headers = signer.headers().unwrap();
        assert_eq!(
            headers[AUTHORIZATION],
            "GCS v1Client:51d29012e6ce4b81afa6cc7551ef4e36"
        );
        assert!(headers[AUTHORIZATION].is_sensitive());
        assert_eq!(headers["x-gcs-clientmetainfo"], "eyJ0ZXN0IjoidGVzdCJ9");
        assert_eq!(headers.len(), 2);
        let shown = format!("{signer:?} {headers:?}");
        assert!(
            shown.contains("client_session_id") && !shown.contains("51d29012"),
            "{shown}"
        );
    }
}

//! How a formed request is finished, and what may go wrong with it before it is sent.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use checkout_core::Operation;
use checkout_core::digest::sha256_hex;
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderValue};
use reqwest::Url;

use crate::forming::{Formed, Unformed};
use crate::path::base_path;
use crate::prepared::{Form, check};
use crate::{Account, BaseUrl, Error, ErrorKind, Prepared, PreparedRequest, idempotency};

impl PreparedRequest {
    /// Takes a request over as a client formed it below its base URL.
    pub(crate) fn new(
        operation: &'static Operation,
        base_url: Arc<str>,
        formed: Result<Formed, Unformed>,
        made: SystemTime,
        account: Option<&Account>,
    ) -> Result<Self, Error> {
        let invalid = |message: Cow<'static, str>| {
            Error::not_sent(ErrorKind::InvalidRequest)
                .with_message(message)
                .with_operation(operation)
        };
        let Formed {
            method,
            url,
            headers,
            body,
        } = formed.map_err(|error| invalid(error.to_string().into()))?;
        let key = idempotency::key(operation, &headers, body.as_deref().unwrap_or_default());
        let checked = check(operation, &base_url, &method, &url).and_then(|()| match holds_credentials(&headers) {
            true => Err("it holds a credential, which would be stored with it; credentials are an Authenticator's to add"),
            false => Ok(()),
        });
        if let Err(message) = checked {
            return Err(invalid(message.into()).with_idempotency_key(key));
        }
        let form = Form {
            operation,
            base_url,
            method,
            url,
            headers,
            body_sha256: sha256_hex(body.as_deref().unwrap_or_default()),
            body,
            key,
            is_fresh_key: false,
            made,
            account: account.cloned().map(OnceLock::from).unwrap_or_default(),
            warnings: Vec::new(),
        };
        Ok(Self::of_form(form))
    }

    /// The same where the base URL is not known: whatever stands before the operation's path.
    pub(crate) fn of_unknown_base(
        operation: &'static Operation,
        request: &reqwest::Request,
        made: SystemTime,
        account: Option<&Account>,
    ) -> Result<Self, Error> {
        let url = request.url();
        let base = base_path(url.path(), operation.path).unwrap_or(url.path());
        let base_url = format!("{}{base}", &url[..url::Position::BeforePath]);
        let formed = Formed::try_from(request);
        Self::new(operation, base_url.into(), formed, made, account)
    }

    /// The error of a request that cannot be sent as things are, say to another environment. It says what is known of earlier
    /// calls too: that this one sent nothing does not mean that none did. The message goes into logs: it must not hold a
    /// secret.
    #[must_use]
    pub fn unsendable(&self, message: impl Into<Cow<'static, str>>) -> Error {
        Error::configuration(message)
            .joined(self)
            .with_request(self.clone())
    }

    /// The same request for another base URL of the same environment, say behind a proxy that has moved. An API elsewhere
    /// does not know the key, and would act a second time.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the two make no URL.
    pub fn for_base_url(&self, base_url: &BaseUrl) -> Result<Self, Error> {
        let url = format!("{}{}", base_url.as_str(), self.path());
        let url = Url::parse(&url).map_err(|_| {
            Error::not_sent(ErrorKind::InvalidRequest).with_message("base URL and path make no URL")
        })?;
        Ok(self.moved(base_url.as_str().into(), url))
    }
}

impl<C> Prepared<C> {
    /// As [`PreparedRequest::for_base_url`].
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) if the two make no URL.
    pub fn for_base_url(&self, base_url: &BaseUrl) -> Result<Self, Error> {
        PreparedRequest::for_base_url(self, base_url).map(Self::of)
    }
}

fn holds_credentials(headers: &HeaderMap) -> bool {
    let named = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];
    headers.values().any(HeaderValue::is_sensitive) || named.iter().any(|name| headers.contains_key(name))
}

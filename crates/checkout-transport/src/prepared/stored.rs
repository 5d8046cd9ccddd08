//! How a request is written down and read back.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bytes::Bytes;
use checkout_core::Operation;
use checkout_core::digest::sha256_hex;
use checkout_core::encoding::{base64, base64_strict_decode};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

use super::{Call, Form, History, Prepared, PreparedRequest, check};
use crate::receipt::moment;
use crate::{Account, idempotency};

/// As JSON, or in another format that names its fields.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<'a> {
    version: u32,
    operation: Cow<'a, str>,
    base_url: Cow<'a, str>,
    method: Cow<'a, str>,
    /// Below the base URL, with the query.
    path: Cow<'a, str>,
    headers: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// As text, so that whoever reads the store sees what is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    /// A body that is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<Cow<'a, str>>,
    #[serde(with = "moment")]
    made: SystemTime,
    /// Those of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<Cow<'a, str>>,
    /// Of all the above, so that a change of any of it is noticed.
    sha256: String,
}

const VERSION: u32 = 1;

impl<'a> Stored<'a> {
    fn of(request: &'a PreparedRequest) -> Result<Self, &'static str> {
        let form = &*request.form;
        let headers = form
            .headers
            .iter()
            .map(|(name, value)| {
                let value = value.to_str().map_err(|_| "a header is not visible ASCII")?;
                Ok((name.as_str().into(), value.into()))
            })
            .collect::<Result<_, &'static str>>()?;
        let text = form.body.as_deref().map(std::str::from_utf8);
        let mut stored = Self {
            version: VERSION,
            operation: form.operation.id.into(),
            base_url: (*form.base_url).into(),
            method: form.method.as_str().into(),
            path: request.path().into(),
            headers,
            body: text.and_then(Result::ok).map(Cow::Borrowed),
            body_base64: text.filter(Result::is_err).map(|_| base64(request.body())),
            idempotency_key: form.key.as_deref().map(Cow::Borrowed),
            made: form.made,
            account: request.account().map(|account| account.as_str().into()),
            sha256: String::new(),
        };
        stored.sha256 = stored.digest()?;
        Ok(stored)
    }

    /// SHA-256 of its own JSON, without this field's value.
    fn digest(&self) -> Result<String, &'static str> {
        let undigested = Self {
            sha256: String::new(),
            ..self.clone()
        };
        serde_json::to_vec(&undigested)
            .map(|json| sha256_hex(&json))
            .map_err(|_| "the time of making lies outside the years 0 to 9999")
    }

    /// Its messages hold no value.
    fn read(self, operation: &'static Operation) -> Result<PreparedRequest, &'static str> {
        if self.version != VERSION {
            return Err("the stored request is of another version of this library");
        }
        if self.operation != operation.id {
            return Err("the stored request is of another operation");
        }
        if self.digest()? != self.sha256 {
            return Err("the stored request is not what was stored: its SHA-256 differs");
        }
        let method: Method = self.method.parse().map_err(|_| "the stored method is none")?;
        let url = format!("{}{}", self.base_url, self.path);
        let url = Url::parse(&url).map_err(|_| "the stored base URL and path make no URL")?;
        check(operation, &self.base_url, &method, &url)?;
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            let name: HeaderName = name.parse().map_err(|_| "a stored header is none")?;
            let value: HeaderValue = value.parse().map_err(|_| "a stored header is none")?;
            headers.append(name, value);
        }
        let body = match (self.body, self.body_base64) {
            (None, None) => None,
            (Some(text), None) => Some(Bytes::from(text.into_owned())),
            (None, Some(text)) => Some(Bytes::from(
                base64_strict_decode(&text).map_err(|_| "the stored body is not base64")?,
            )),
            (Some(_), Some(_)) => return Err("the stored request has two bodies"),
        };
        let bytes = body.as_deref().unwrap_or_default();
        let key = idempotency::key(operation, &headers, bytes);
        if key.as_deref() != self.idempotency_key.as_deref() {
            return Err("the stored Nonce or idempotence key is not that of the request");
        }
        let form = Form {
            operation,
            base_url: self.base_url.into(),
            method,
            url,
            headers,
            body_sha256: sha256_hex(bytes),
            body,
            key,
            is_fresh_key: false,
            made: self.made,
            account: self
                .account
                .as_deref()
                .map(|text| OnceLock::from(Account::stored(text)))
                .unwrap_or_default(),
            warnings: Vec::new(),
        };
        Ok(PreparedRequest {
            form: Arc::new(form),
            history: History::beginning(true),
        })
    }
}

impl Serialize for PreparedRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Stored::of(self)
            .map_err(ser::Error::custom)?
            .serialize(serializer)
    }
}

impl<C> Serialize for Prepared<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.request.serialize(serializer)
    }
}

/// Reads what was written down, and refuses what was changed since: another amount under the same key is never meant.
impl<'de, C: Call> Deserialize<'de> for Prepared<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stored = Stored::deserialize(deserializer)?;
        stored
            .read(C::operation())
            .map(Self::of)
            .map_err(de::Error::custom)
    }
}

impl PreparedRequest {
    /// Reads a stored request of whichever of these operations it is, as `Prepared` of one operation is read by serde: what
    /// was changed since is refused. [`typed`](Self::typed) makes it one that a client sends.
    ///
    /// # Errors
    /// It is no stored request of any of them, or not what was stored. No value of it is in the text.
    pub fn from_json(
        json: &[u8],
        operations: impl IntoIterator<Item = &'static Operation>,
    ) -> Result<Self, serde_json::Error> {
        let stored: Stored<'_> = serde_json::from_slice(json)?;
        let operation = operations
            .into_iter()
            .find(|operation| operation.id == stored.operation)
            .ok_or_else(|| {
                de::Error::custom("the stored request is of an operation that is not known here")
            })?;
        stored.read(operation).map_err(de::Error::custom)
    }
}

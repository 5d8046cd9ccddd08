//! What a request signature says: NOAH's claims over the final request (NOAH's docs page on signing).

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use checkout_core::clock::unix_seconds;
use checkout_core::key::SignError;
use http::header::InvalidHeaderValue;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use url::Url;

/// The audience of every token, in the sandbox and locally too.
const AUDIENCE: &str = "https://api.noah.com";

/// Why a request cannot be signed. Holds no value of the request.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// Another scheme, host or port than the base URL's: key and signature would go to somebody else.
    #[error(
        "the request does not go to the base URL's scheme, host and port, so it gets neither key nor signature"
    )]
    OtherHost,
    /// A path that is not below the base URL.
    #[error("the path of the request is not below the base URL's path, so there is no path claim for it")]
    OtherPath,
    /// A name that stands twice in the query.
    #[error("the query has {name} more than once, which a signature cannot cover; send it once")]
    RepeatedQueryName {
        /// The name.
        name: String,
    },
    /// The token could not be made.
    #[error("the token could not be signed: {0}")]
    Token(#[from] SignError),
    /// The token cannot stand in a header, which would be a fault of this library.
    #[error("the token cannot stand in a header")]
    Header(#[from] InvalidHeaderValue),
}

/// The claims, in the order of NOAH's documents. No other claim is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Claims<'a> {
    aud: &'static str,
    iat: u64,
    exp: u64,
    method: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_params: Option<QueryParams<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_hash: Option<&'a str>,
}

impl<'a> Claims<'a> {
    pub(super) fn new(
        method: &'a str,
        path: &'a str,
        url: &'a Url,
        body_hash: Option<&'a str>,
        now: SystemTime,
        lifetime: Duration,
    ) -> Result<Self, SigningError> {
        let iat = unix_seconds(now);
        Ok(Self {
            aud: AUDIENCE,
            iat,
            exp: iat.saturating_add(lifetime.as_secs()),
            method,
            path,
            query_params: QueryParams::of(url)?,
            body_hash,
        })
    }
}

/// Names and values of the query, decoded, in the order of the URL.
struct QueryParams<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> QueryParams<'a> {
    /// `None` without a query, or with an empty one. A JSON object cannot hold a name twice, and which value NOAH
    /// would look at is not published: a repeated name is refused.
    fn of(url: &'a Url) -> Result<Option<Self>, SigningError> {
        if url.query().is_none_or(str::is_empty) {
            return Ok(None);
        }
        let pairs: Vec<_> = url.query_pairs().collect();
        for (index, (name, _)) in pairs.iter().enumerate() {
            if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(SigningError::RepeatedQueryName {
                    name: name.clone().into_owned(),
                });
            }
        }
        Ok(Some(Self(pairs)))
    }
}

impl Serialize for QueryParams<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

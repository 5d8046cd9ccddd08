//! A request as it was received: the very bytes that signatures cover, before anything is decoded.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;

/// Longest body that is read, in bytes.
const BODY_LIMIT: usize = 1024 * 1024;

/// How much of an oversized body is still taken from the wire and dropped. A server that answers 413 and closes while
/// the client is still writing makes most clients report a broken connection instead of the answer.
const DISCARD_LIMIT: usize = 16 * BODY_LIMIT;

/// A request that was read whole.
pub(crate) struct Received {
    pub(crate) method: Method,
    /// Path as sent: still percent-encoded, without the query. In the Client API, which signs nothing, what follows
    /// `/client/v1`.
    pub(crate) path: String,
    /// Query as sent, without the question mark. `Some("")` for a bare question mark.
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why a request could not be read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadFault {
    #[error("body too large: at most {BODY_LIMIT} bytes are read")]
    TooLarge,
    /// The connection broke, or its framing is wrong.
    #[error("body could not be read to its end")]
    Broken,
}

impl ReadFault {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }
}

/// The value of a header that may be sent at most once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Single<'a> {
    Absent,
    Text(&'a str),
    /// Sent several times, or not visible ASCII.
    Unreadable,
}

impl Received {
    /// Reads the request to its end.
    pub(crate) async fn read(request: Request) -> Result<Self, ReadFault> {
        let (parts, body) = request.into_parts();
        let body = read_body(body).await?;
        Ok(Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts.headers,
            body,
        })
    }

    /// The value of a header that must be sent at most once.
    pub(crate) fn single(&self, name: &str) -> Single<'_> {
        single(&self.headers, name)
    }
}

/// The value of a header that must be sent at most once.
pub(crate) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Single<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Single::Absent,
        (Some(value), None) => value.to_str().map_or(Single::Unreadable, Single::Text),
        (Some(_), Some(_)) => Single::Unreadable,
    }
}

async fn read_body(mut body: Body) -> Result<Bytes, ReadFault> {
    let mut read = BytesMut::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| ReadFault::Broken)?.into_data() else {
            continue;
        };
        length = length.saturating_add(data.len());
        if length <= BODY_LIMIT {
            read.extend_from_slice(&data);
        } else if length > DISCARD_LIMIT {
            break;
        }
    }
    if length > BODY_LIMIT {
        Err(ReadFault::TooLarge)
    } else {
        Ok(read.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: Vec<u8>) -> Request {
        Request::post("/").body(Body::from(body)).unwrap()
    }

    #[tokio::test]
    async fn the_limit_itself_is_read_and_one_byte_more_is_not() {
        let whole = Received::read(request(vec![b' '; BODY_LIMIT])).await;
        assert_eq!(whole.unwrap().body.len(), BODY_LIMIT);
        assert_eq!(
            Received::read(request(vec![b' '; BODY_LIMIT + 1])).await.err(),
            Some(ReadFault::TooLarge)
        );
    }
}

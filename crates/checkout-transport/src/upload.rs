//! A file that goes to another host than the API's, at an address that the API gave for it.

use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use checkout_core::{Operation, impl_debug};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Method};
use http_body::Frame;
use reqwest::{Body, Url};
use tokio::time::timeout;

use crate::attempt::unsigned;
use crate::wire::BoxError;
use crate::{Error, ErrorKind, Outcome, Phase, Transport};

/// A file on its way to another host: its type, its length in bytes, and what it holds, which is read while it is sent.
pub struct Upload {
    content_type: HeaderValue,
    length: u64,
    body: Body,
    told: Box<dyn Fn(u64) + Send + Sync>,
}

impl Upload {
    /// A file of this media type, such as `image/jpeg`, and of so many bytes. The bytes come whole or as a stream.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`]: the type is no media type, or there is nothing to send.
    pub fn new(content_type: &str, length: u64, body: impl Into<Body>) -> Result<Self, Error> {
        let header = HeaderValue::from_str(content_type).ok();
        let content_type = header.filter(|_| is_media_type(content_type)).ok_or_else(|| {
            Error::configuration("the type of the file is no media type; write it as image/jpeg")
        })?;
        if length == 0 {
            return Err(Error::configuration("the file is empty"));
        }
        Ok(Self {
            content_type,
            length,
            body: body.into(),
            told: Box::new(|_| {}),
        })
    }

    /// The file there, as long as it is now. One that changes while it is sent is not sent whole.
    ///
    /// # Errors
    /// As for [`new`](Self::new), or the file cannot be read.
    pub async fn open(path: impl AsRef<Path>, content_type: &str) -> Result<Self, Error> {
        let unread = |source: std::io::Error| {
            Error::configuration("the file to be uploaded cannot be read").with_source(source)
        };
        let file = tokio::fs::File::open(path).await.map_err(unread)?;
        let about = file.metadata().await.map_err(unread)?;
        if !about.is_file() {
            return Err(Error::configuration(
                "what is to be uploaded is no plain file, so that its length is not known",
            ));
        }
        Self::new(content_type, about.len(), file)
    }

    /// Tells how many bytes were handed to the connection, each time that some were. The last of them may not have arrived yet.
    #[must_use]
    pub fn on_progress(mut self, told: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.told = Box::new(told);
        self
    }

    /// How many bytes it has.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }
}

impl Transport {
    /// Puts a file at an address of another host's, once. `Content-Type` and `Content-Length` go with it, beside the `Host` and
    /// `Accept` that every client sends, and default headers that the caller gave a client of its own. Nothing of the API does: no
    /// key, no signature, no user agent. A redirect is not followed.
    ///
    /// The limit on attempts is that on silence here: a large file takes as long as it moves. The address goes into no log and no
    /// error. `operation` is what errors name.
    ///
    /// # Errors
    /// As of an attempt of a call. What the host answers outside 2xx is told by [`Error::status`] and [`Error::body`].
    pub async fn upload(
        &self,
        operation: &'static Operation,
        address: Url,
        file: Upload,
    ) -> Result<(), Error> {
        let moved = Arc::new(AtomicU64::new(0));
        let mut request = reqwest::Request::new(Method::PUT, address);
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, file.content_type);
        headers.insert(CONTENT_LENGTH, file.length.into());
        *request.body_mut() = Some(Body::wrap(Counted {
            body: file.body,
            length: file.length,
            left: file.length,
            held: None,
            moved: Arc::clone(&moved),
            told: file.told,
        }));
        let patience = self.options().timeouts.attempt;
        let mut exchange = pin!(unsigned(self.shared(), request));
        let mut seen = 0;
        let result = loop {
            if let Ok(result) = timeout(patience, &mut exchange).await {
                break result;
            }
            let now = moved.load(Ordering::Relaxed);
            if now == seen {
                break Err(Error::unknown(ErrorKind::Timeout(Phase::Answer)));
            }
            seen = now;
        };
        result.map(drop).map_err(|error| {
            tracing::info!(operation = operation.id, kind = ?error.kind(), "the upload failed");
            let became = match error.outcome() {
                Outcome::NotSent | Outcome::Refused => "the file is not stored there",
                Outcome::Unknown => "whether the file is stored there is not known, so upload it again",
            };
            error
                .with_operation(operation)
                .with_api("the host of the upload")
                .with_message(became)
        })
    }
}

/// As RFC 9110 has them: a type, a subtype, and perhaps parameters.
fn is_media_type(text: &str) -> bool {
    let is_token = |text: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !text.is_empty() && text.bytes().all(is_part)
    };
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    essence
        .split_once('/')
        .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

/// A body that tells how far it is, and that is as long as was said or an error. Its last bytes go when it is known that they are
/// the last: whoever has as many bytes as were said reads no further.
struct Counted {
    body: Body,
    length: u64,
    /// How many bytes have yet to come from the file.
    left: u64,
    /// What came last, and has not gone.
    held: Option<Bytes>,
    moved: Arc<AtomicU64>,
    told: Box<dyn Fn(u64) + Send + Sync>,
}

impl Counted {
    fn not_gone(&self) -> u64 {
        self.left + self.held.as_ref().map_or(0, |held| held.len() as u64)
    }
}

impl http_body::Body for Counted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            let next = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                // Trailers are none of a file's.
                Some(frame) => Some(frame?.into_data().unwrap_or_default()),
                None if self.left == 0 => None,
                None => return Poll::Ready(Some(Err("the file is shorter than it was said to be".into()))),
            };
            let came = next.as_ref().map_or(0, |next| next.len() as u64);
            let Some(left) = self.left.checked_sub(came) else {
                return Poll::Ready(Some(Err("the file is longer than it was said to be".into())));
            };
            self.left = left;
            let is_end = next.is_none();
            if let Some(goes) = std::mem::replace(&mut self.held, next) {
                let moved = self.length - self.not_gone();
                self.moved.store(moved, Ordering::Relaxed);
                (self.told)(moved);
                return Poll::Ready(Some(Ok(Frame::data(goes))));
            }
            if is_end {
                return Poll::Ready(None);
            }
        }
    }
}

impl_debug!(Upload: self => { content_type: self.content_type, length: self.length, .. });

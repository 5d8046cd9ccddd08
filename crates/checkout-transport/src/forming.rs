//! How generated clients form requests.
//!
//! A generated method knows how its request is formed, and does no more: it calls [`Forming`] as it would call a client of reqwest.

use bytes::Bytes;
use checkout_core::Viewed;
use http::header::{CONTENT_TYPE, InvalidHeaderValue};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::{Url, form_urlencoded};

pub use http::header;

/// Begins requests, and sends none.
#[derive(Debug, Clone, Copy)]
pub struct Forming;

macro_rules! begins {
    ($($name:ident: $method:ident),*) => {
        impl Forming {
            $(
                /// Begins a request of this method.
                pub fn $name(&self, url: String) -> Draft {
                    Draft { method: Method::$method, url, headers: HeaderMap::new(), body: None }
                }
            )*
        }
    };
}

begins!(get: GET, post: POST, put: PUT, patch: PATCH, delete: DELETE);

/// A request that is being formed.
#[must_use]
#[expect(missing_debug_implementations, reason = "it may hold a person's data")]
pub struct Draft {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Option<Result<Vec<u8>, Unformed>>,
}

/// Most bodies fit.
const BODY: usize = 1024;

impl Draft {
    /// With one more header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// With more headers.
    pub fn headers(mut self, more: HeaderMap) -> Self {
        self.headers.extend(more);
        self
    }

    /// With a parameter of the query for each of its values. A blank is `%20`: `+`, as forms have it, is a plus sign to some
    /// servers.
    pub fn query(mut self, name: &str, value: &impl Query) -> Self {
        value.each(&mut |value| {
            let start = if self.url.contains('?') { '&' } else { '?' };
            self.url.push(start);
            push_escaped(&mut self.url, name);
            self.url.push('=');
            push_escaped(&mut self.url, value);
        });
        self
    }

    /// With a JSON body.
    pub fn json(mut self, body: &impl Viewed) -> Self {
        let mut json = Vec::with_capacity(BODY);
        let written = serde_json::to_writer(&mut json, &body.view());
        self.body = Some(written.map(|()| json).map_err(|_| Unformed::Body));
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self
    }

    /// The same where there may be none.
    pub fn maybe_json(self, body: Option<&impl Viewed>) -> Self {
        match body {
            Some(body) => self.json(body),
            None => self,
        }
    }

    /// The formed request.
    ///
    /// # Errors
    /// Base URL and parameters make no URL, or the body is no JSON.
    pub fn build(self) -> Result<Formed, Unformed> {
        Ok(Formed {
            method: self.method,
            url: Url::parse(&self.url)?,
            headers: self.headers,
            body: self.body.transpose()?.map(Bytes::from),
        })
    }
}

fn push_escaped(url: &mut String, text: &str) {
    url.extend(
        form_urlencoded::byte_serialize(text.as_bytes()).map(|piece| match piece {
            "+" => "%20",
            piece => piece,
        }),
    );
}

/// What the path of a URL cannot hold (URL Standard, path percent-encode set), and what would make another path of it.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// A parameter as one segment of a path.
pub fn encode_path(parameter: &str) -> String {
    utf8_percent_encode(parameter, PATH).to_string()
}

/// A parameter of a query: no value, one or many.
pub trait Query {
    /// Visits each value.
    fn each(&self, visit: &mut dyn FnMut(&str));
}

impl Query for str {
    fn each(&self, visit: &mut dyn FnMut(&str)) {
        visit(self);
    }
}

impl<T: Query + ?Sized> Query for &T {
    fn each(&self, visit: &mut dyn FnMut(&str)) {
        (**self).each(visit);
    }
}

impl<T: Query> Query for Option<T> {
    fn each(&self, visit: &mut dyn FnMut(&str)) {
        if let Some(value) = self {
            value.each(visit);
        }
    }
}

impl<T: Query> Query for Vec<T> {
    fn each(&self, visit: &mut dyn FnMut(&str)) {
        for value in self {
            value.each(visit);
        }
    }
}

macro_rules! written {
    ($($type:ty),*) => {
        $(impl Query for $type {
            fn each(&self, visit: &mut dyn FnMut(&str)) {
                visit(&self.to_string());
            }
        })*
    };
}

written!(bool, i32, i64, f64, String);

/// The texts of a list, for a query that repeats its name for each.
pub fn texts<T: AsRef<str>>(list: &[T]) -> Vec<String> {
    list.iter().map(|item| item.as_ref().to_owned()).collect()
}

/// A request that is formed, and fits no operation yet.
#[expect(missing_debug_implementations, reason = "it may hold a person's data")]
pub struct Formed {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

impl TryFrom<&reqwest::Request> for Formed {
    type Error = Unformed;

    fn try_from(request: &reqwest::Request) -> Result<Self, Unformed> {
        let bytes = |body: &reqwest::Body| {
            body.as_bytes()
                .map(Bytes::copy_from_slice)
                .ok_or(Unformed::Stream)
        };
        Ok(Self {
            method: request.method().clone(),
            url: request.url().clone(),
            headers: request.headers().clone(),
            body: request.body().map(bytes).transpose()?,
        })
    }
}

/// Why no request can be formed. Its text quotes no parameter.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub enum Unformed {
    /// Base URL and parameters make no URL.
    #[error("the request cannot be formed: {0}")]
    Url(#[from] url::ParseError),
    /// A parameter cannot be a header.
    #[error("a parameter holds characters that cannot stand in a header")]
    Header,
    /// A value of the body cannot be written. None of the generated types has such a value.
    #[error("the body cannot be written as JSON")]
    Body,
    /// The body is no bytes.
    #[error("the body is a stream, which cannot be signed before it is sent; give it as bytes")]
    Stream,
}

impl From<InvalidHeaderValue> for Unformed {
    fn from(_: InvalidHeaderValue) -> Self {
        Self::Header
    }
}

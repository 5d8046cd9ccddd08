//! What an API says about a failure, read leniently.

use std::fmt;

use checkout_core::impl_debug;
use checkout_core::redact::{Personal, present};
use http::{HeaderMap, StatusCode};

use crate::Outcome;
use crate::retry::Repeat;
use crate::text::{Bounded, DETAIL, Word};

/// How one API words its errors and names its requests.
pub trait ApiProfile: Send + Sync + 'static {
    /// The API's name in error texts, e.g. `NOAH`.
    fn name(&self) -> &'static str;

    /// Reads the body of an answer outside 2xx, decompressed and without a byte order mark. It may be empty, HTML, cut or of another shape than documented: what
    /// cannot be read is left out, and `None` says that nothing could.
    fn error(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<ApiError>;

    /// The provider's reference of a request, from the headers of any answer. Support will ask for it.
    fn reference(&self, headers: &HeaderMap) -> Option<String> {
        common_reference(headers)
    }

    /// Whether the same request may fare better next time, when it was answered so. Override it where the API's own code
    /// tells more than the status. Whether a repeat is safe is judged apart from it.
    fn repeat(&self, status: StatusCode, error: Option<&ApiError>) -> Repeat {
        let _ = error;
        Repeat::of_status(status)
    }

    /// How much of a JSON field of this name may stand in a log, wherever in a body of this API it is. Nothing, unless the
    /// API's spec says so.
    fn visibility(&self, field: &str) -> Visibility {
        let _ = field;
        Visibility::Hidden
    }

    /// What an error answer means for the money. Override it only with what the API promises.
    fn outcome(&self, status: StatusCode, error: Option<&ApiError>) -> Outcome {
        let _ = error;
        Outcome::of_status(status)
    }
}

/// How much of a JSON field may stand in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Visibility {
    /// Nothing of it.
    Hidden,
    /// An object, or a list of objects, that may be looked into: each of its fields is judged by its own name.
    Open,
    /// A text, a number, a yes or no, or a list of these.
    Shown,
    /// Either: what an API calls by this name is here the one and there the other.
    Both,
}

impl Visibility {
    /// By the two lists that the generator makes of a spec, both sorted.
    #[must_use]
    pub fn by_lists(field: &str, shown: &[&str], open: &[&str]) -> Self {
        let is_in = |list: &[&str]| list.binary_search(&field).is_ok();
        match (is_in(shown), is_in(open)) {
            (true, true) => Self::Both,
            (true, false) => Self::Shown,
            (false, true) => Self::Open,
            (false, false) => Self::Hidden,
        }
    }
}

/// The value of the first common request-id header.
fn common_reference(headers: &HeaderMap) -> Option<String> {
    ["x-request-id", "x-correlation-id", "cf-ray"]
        .into_iter()
        .filter_map(|name| headers.get(name)?.to_str().ok())
        .find(|value| !value.is_empty())
        .map(str::to_owned)
}

/// An API about whose errors nothing is known: status and headers speak for themselves.
#[derive(Debug, Clone, Copy, Default)]
pub struct PlainApi;

impl ApiProfile for PlainApi {
    fn name(&self) -> &'static str {
        "the API"
    }

    fn error(&self, _status: StatusCode, _headers: &HeaderMap, _body: &[u8]) -> Option<ApiError> {
        None
    }
}

/// An API's own account of an error, in the terms that all APIs share.
///
/// The whole of it, in the API's own type, comes from [`Error::decode_api_error`](crate::Error::decode_api_error).
/// `Debug` shows neither [`detail`](Self::detail) nor the messages of fields, which may quote a person's data, and of all
/// else what looks like a code, a name or a reference.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiError {
    /// Machine-readable: NOAH's `Type`, Worldline Connect's `code`.
    pub code: Option<String>,
    /// For people. It may quote what was sent, a person's data included: show it to engineers, not to customers, and
    /// keep it out of logs.
    pub detail: Option<String>,
    /// The provider's reference: NOAH's `Instance`, Worldline Connect's `errorId`.
    pub reference: Option<String>,
    /// What is wrong with which field.
    pub fields: Vec<FieldError>,
    /// A payment, refund or payout that was made and declined (Worldline Connect). It exists, and can be looked up.
    pub declined: Option<Declined>,
}

/// What an API made and declined, as its error tells.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Declined {
    /// What it is: `payment`, `refund`, `payout`.
    pub object: String,
    /// Its id.
    pub id: Option<String>,
    /// Its status, e.g. `REJECTED`.
    pub status: Option<String>,
}

/// What an API finds wrong with one field.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldError {
    /// The field, as the API names it.
    pub field: String,
    /// Machine-readable.
    pub reason: Option<String>,
    /// For people. It may quote what was sent, as [`ApiError::detail`] may.
    pub message: Option<String>,
}

impl ApiError {
    /// The code, the detail if it may show, the fields, and what was declined. Messages of fields, which often quote a value,
    /// stay out.
    pub(crate) fn parts(&self, shows_detail: bool) -> Vec<String> {
        let mut parts = Vec::new();
        parts.extend(self.code.as_deref().map(|code| Word(code).to_string()));
        if let Some(detail) = self.detail.as_deref().filter(|_| shows_detail) {
            parts.push(format!("\"{}\"", Bounded::new(detail, DETAIL)));
        }
        if !self.fields.is_empty() {
            let named: Vec<String> = self.fields.iter().take(5).map(FieldError::short).collect();
            let more = match self.fields.len().saturating_sub(5) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            parts.push(format!("fields {}{more}", named.join(", ")));
        }
        if let Some(declined) = &self.declined {
            let said = [
                Some(&declined.object),
                declined.id.as_ref(),
                declined.status.as_ref(),
            ];
            let said: Vec<String> = said
                .into_iter()
                .flatten()
                .map(|text| Word(text).to_string())
                .collect();
            parts.push(format!("declined {}", said.join(" ")));
        }
        parts
    }

    /// The reasons, code and status by which a hint is found, the most exact first.
    pub(crate) fn answers(&self) -> impl Iterator<Item = &str> + Clone {
        let reasons = self.fields.iter().filter_map(|field| field.reason.as_deref());
        reasons.chain(self.code.as_deref())
    }
}

impl Declined {
    /// What was declined, under which id, with which status.
    pub fn new(object: impl Into<String>, id: Option<String>, status: Option<String>) -> Self {
        Self {
            object: object.into(),
            id,
            status,
        }
    }
}

impl FieldError {
    /// A field and why it is wrong.
    pub fn new(field: impl Into<String>, reason: Option<String>, message: Option<String>) -> Self {
        Self {
            field: field.into(),
            reason,
            message,
        }
    }

    fn short(&self) -> String {
        match &self.reason {
            Some(reason) => format!("{} ({})", Word(&self.field), Word(reason)),
            None => Word(&self.field).to_string(),
        }
    }
}

impl_debug!(ApiError: self => {
    code: self.code.as_deref().map(Word),
    detail: present(self.detail.as_ref(), Personal),
    reference: self.reference.as_deref().map(Word),
    fields: self.fields,
    declined: self.declined,
});

impl_debug!(Declined: self => {
    object: Word(&self.object),
    id: self.id.as_deref().map(Word),
    status: self.status.as_deref().map(Word),
});

impl fmt::Debug for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

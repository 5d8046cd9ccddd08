//! The text that a signature of Worldline Connect is made over.

use hosted_checkout::worldline::canonical_header_value;
use percent_encoding::percent_decode_str;
use url::Url;

use super::single;
use crate::Case;

/// What goes into the text that is signed.
#[derive(Clone)]
pub(super) struct Signed {
    pub(super) method: String,
    pub(super) content_type: String,
    pub(super) date: String,
    /// Names as written, in their order.
    pub(super) headers: Vec<(String, String)>,
    pub(super) resource: String,
    pub(super) end: String,
}

impl Signed {
    pub(super) fn text(&self) -> String {
        let headers: String = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        format!(
            "{}\n{}\n{}\n{headers}{}{}",
            self.method, self.content_type, self.date, self.resource, self.end
        )
    }
}

pub(super) fn signed(case: &Case, method: &str, url: &Url) -> Signed {
    let value = |name: &str| {
        single(case, name)
            .ok()
            .flatten()
            .map(canonical_header_value)
            .unwrap_or_default()
    };
    let query = url
        .query()
        .map(|query| format!("?{}", percent_decode_str(query).decode_utf8_lossy()))
        .unwrap_or_default();
    let mut headers = sent_headers(case, str::to_ascii_lowercase);
    headers.sort();
    Signed {
        method: method.trim().to_ascii_uppercase(),
        content_type: value("content-type"),
        date: value("date"),
        headers,
        resource: format!("{}{query}", url.path()),
        end: "\n".to_owned(),
    }
}

pub(super) fn sent_headers(case: &Case, name_of: impl Fn(&str) -> String) -> Vec<(String, String)> {
    case.headers
        .iter()
        .flat_map(|headers| headers.iter())
        .filter(|(name, _)| name.to_ascii_lowercase().starts_with("x-gcs"))
        .map(|(name, value)| (name_of(name), canonical_header_value(value)))
        .collect()
}

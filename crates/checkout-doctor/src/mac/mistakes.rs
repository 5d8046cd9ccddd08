//! The usual ways to sign a request to Worldline Connect wrongly.

use std::borrow::Cow;

use url::Url;

use super::signed::{Signed, sent_headers};
use crate::worldline::wrong_keys;
use crate::{Case, Rule};

/// One way to sign wrongly.
pub(super) struct Mistake<'a> {
    pub(super) rule: Rule,
    pub(super) key: Cow<'a, [u8]>,
    pub(super) signed: Signed,
}

/// Every usual mistake, one at a time.
pub(super) fn mistakes<'a>(case: &Case, url: &Url, secret: &'a str, right: &Signed) -> Vec<Mistake<'a>> {
    let mut found = Vec::new();
    let mut add = |rule, change: &dyn Fn(&mut Signed)| {
        let mut signed = right.clone();
        change(&mut signed);
        found.push(Mistake {
            rule,
            key: Cow::Borrowed(secret.as_bytes()),
            signed,
        });
    };
    let path = url.path();
    let raw = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    add(Rule::MacNoFinalNewline, &|signed| signed.end.clear());
    add(Rule::MacMethodCase, &|signed| {
        signed.method.make_ascii_lowercase();
    });
    for left_out in std::iter::once(None).chain((0..right.headers.len()).map(Some)) {
        add(Rule::MacHeadersLeftOut, &|signed| match left_out {
            Some(place) => drop(signed.headers.remove(place)),
            None => signed.headers.clear(),
        });
    }
    add(Rule::MacHeadersUnsorted, &|signed| {
        signed.headers = sent_headers(case, str::to_ascii_lowercase);
    });
    add(Rule::MacHeadersCase, &|signed| {
        signed.headers = sent_headers(case, ToOwned::to_owned);
        signed.headers.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    });
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    for before in [url[..url::Position::AfterPort].to_owned(), host.to_owned()] {
        add(Rule::MacHost, &|signed| signed.resource.insert_str(0, &before));
    }
    add(Rule::MacNoVersion, &|signed| {
        signed.resource = signed.resource.replacen("/v1/", "/", 1);
    });
    add(Rule::MacQueryEncoded, &|signed| {
        signed.resource = format!("{path}{raw}");
    });
    add(Rule::MacNoQuery, &|signed| path.clone_into(&mut signed.resource));
    for content_type in [
        "",
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        "text/plain",
    ] {
        add(Rule::MacContentType, &|signed| {
            content_type.clone_into(&mut signed.content_type);
        });
    }
    if let Some(body) = case
        .body
        .as_ref()
        .and_then(|body| std::str::from_utf8(body).ok())
        .filter(|body| !body.is_empty())
    {
        for end in ["\n", ""] {
            add(Rule::MacBody, &|signed| signed.end = format!("\n{body}{end}"));
        }
    }
    found.extend(wrong_keys(secret).into_iter().map(|([rule, _], key)| Mistake {
        rule,
        key: Cow::Owned(key),
        signed: right.clone(),
    }));
    found
}

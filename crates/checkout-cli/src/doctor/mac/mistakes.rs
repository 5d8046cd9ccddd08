//! The usual ways to sign a request to Worldline Connect wrongly.

use std::borrow::Cow;

use url::Url;

use super::signed::{Signed, sent_headers};
use crate::doctor::worldline::{KeyMistake, wrong_keys};
use crate::doctor::{Case, Rule};

/// One way to sign wrongly.
pub(super) struct Mistake<'a> {
    pub(super) rule: Rule,
    pub(super) found: &'static str,
    pub(super) mend: &'static str,
    pub(super) key: Cow<'a, [u8]>,
    pub(super) signed: Signed,
}

/// Every usual mistake, one at a time.
pub(super) fn mistakes<'a>(case: &Case, url: &Url, secret: &'a str, right: &Signed) -> Vec<Mistake<'a>> {
    let mut found = Vec::new();
    let mut add = |rule, what, mend, change: &dyn Fn(&mut Signed)| {
        let mut signed = right.clone();
        change(&mut signed);
        found.push(Mistake {
            rule,
            found: what,
            mend,
            key: Cow::Borrowed(secret.as_bytes()),
            signed,
        });
    };
    let path = url.path();
    let raw = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    add(
        Rule::MacNoFinalNewline,
        "it holds over a text whose last line is not ended",
        "end every line with a line feed, the last one with path and query too",
        &|signed| signed.end.clear(),
    );
    add(
        Rule::MacMethodCase,
        "it holds over the method in lower case",
        "sign the method in upper case",
        &|signed| signed.method.make_ascii_lowercase(),
    );
    for left_out in std::iter::once(None).chain((0..right.headers.len()).map(Some)) {
        add(
            Rule::MacHeadersLeftOut,
            "it holds without a header whose name begins with X-GCS and that is sent",
            "sign every header whose name begins with X-GCS; add none after signing",
            &|signed| match left_out {
                Some(place) => drop(signed.headers.remove(place)),
                None => signed.headers.clear(),
            },
        );
    }
    add(
        Rule::MacHeadersUnsorted,
        "it holds over the X-GCS headers in the order in which they are sent",
        "sort them by their names in lower case before signing",
        &|signed| signed.headers = sent_headers(case, str::to_ascii_lowercase),
    );
    add(
        Rule::MacHeadersCase,
        "it holds over the names of the X-GCS headers as they are sent",
        "sign their names in lower case",
        &|signed| {
            signed.headers = sent_headers(case, ToOwned::to_owned);
            signed.headers.sort_by_key(|(name, _)| name.to_ascii_lowercase());
        },
    );
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    for before in [url[..url::Position::AfterPort].to_owned(), host.to_owned()] {
        add(
            Rule::MacHost,
            "it holds over the URL with its host",
            "sign the path and the query alone",
            &|signed| signed.resource.insert_str(0, &before),
        );
    }
    add(
        Rule::MacNoVersion,
        "it holds over the path without /v1",
        "sign the path from its first slash on, as it is sent: /v1/{merchantId}/…",
        &|signed| signed.resource = signed.resource.replacen("/v1/", "/", 1),
    );
    add(Rule::MacQueryEncoded, "", "", &|signed| {
        signed.resource = format!("{path}{raw}");
    });
    add(
        Rule::MacNoQuery,
        "it holds over the path without the query",
        "sign path, question mark and query",
        &|signed| path.clone_into(&mut signed.resource),
    );
    for content_type in [
        "",
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        "text/plain",
    ] {
        add(
            Rule::MacContentType,
            "it holds over another Content-Type than the one that is sent",
            "set Content-Type before signing, and see that the HTTP library does not change it afterwards",
            &|signed| content_type.clone_into(&mut signed.content_type),
        );
    }
    if let Some(body) = case
        .body
        .as_ref()
        .and_then(|body| std::str::from_utf8(body).ok())
        .filter(|body| !body.is_empty())
    {
        for end in ["\n", ""] {
            add(
                Rule::MacBody,
                "it holds over a text that ends with the body",
                "leave the body out: the signature covers the headers, the path and the query",
                &|signed| signed.end = format!("\n{body}{end}"),
            );
        }
    }
    found.extend(wrong_keys(secret).into_iter().map(|(mistake, key)| Mistake {
        rule: match mistake {
            KeyMistake::Decoded => Rule::MacSecretDecoded,
            KeyMistake::Newline => Rule::MacSecretNewline,
            KeyMistake::Quoted => Rule::MacSecretQuoted,
        },
        found: mistake.found(),
        mend: mistake.mend(),
        key: Cow::Owned(key),
        signed: right.clone(),
    }));
    found
}

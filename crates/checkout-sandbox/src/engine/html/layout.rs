//! What all pages share: the frame around them, their headers, and how a text from outside is shown.

use std::borrow::Cow;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// Where a page may load from and send to.
#[derive(Clone, Copy)]
pub(crate) enum Policy {
    /// Forms lead to the sandbox alone.
    Closed,
    /// A form's answer may lead on to a shop. Chromium applies `form-action` to the redirects after a form too, and a shop
    /// may redirect further: hence any web address, and not that of the shop alone.
    ToShop,
    /// The console runs its own script, which reads from the sandbox.
    Console,
}

impl Policy {
    const fn text(self) -> &'static str {
        match self {
            Self::Closed => {
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                 frame-ancestors 'none'"
            }
            Self::Console => {
                "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
                 form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            }
            Self::ToShop => {
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' http: https:; \
                 base-uri 'none'; frame-ancestors 'none'"
            }
        }
    }
}

/// A page as an answer.
pub(crate) fn answer(status: StatusCode, policy: Policy, page: Markup) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(policy.text()),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // Forms must say where they come from; the shop need not know.
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("same-origin"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (status, headers, page.into_string()).into_response()
}

/// After a form: go there and look.
pub(crate) fn see_other(location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (
            StatusCode::SEE_OTHER,
            [
                (header::LOCATION, location),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ],
        )
            .into_response(),
        Err(_) => message(
            StatusCode::INTERNAL_SERVER_ERROR,
            "No way on",
            "The next address cannot stand in a header.",
        ),
    }
}

/// A page must not run what a shop calls its address.
pub(crate) fn is_web_address(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

/// A page around its content.
pub(crate) fn document(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, &html! {}))
            body {
                (banner())
                main.sheet { (content) }
            }
        }
    }
}

/// What stands in every page's head, and what stands in this one's beside.
pub(crate) fn head(title: &str, further: &Markup) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " · Sandbox" }
            link rel="icon" type="image/svg+xml" href="/_sandbox/icon.svg";
            link rel="stylesheet" href="/_sandbox/style.css";
            (further)
        }
    }
}

/// Says on every page what this is.
pub(crate) fn banner() -> Markup {
    html! {
        aside.banner aria-label="Notice" { p { strong { "Sandbox." } " No real money moves here." } }
    }
}

/// A page that says one thing.
pub(crate) fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let content = html! {
        h1 { (title) }
        p { (text) }
    };
    answer(status, Policy::Closed, document(title, &content))
}

/// Labels and what they stand for; what is `None` does not show.
pub(crate) fn facts<'a>(rows: impl IntoIterator<Item = (&'a str, Option<Markup>)>) -> Markup {
    html! {
        dl.facts {
            @for (label, fact) in rows {
                @if let Some(fact) = fact {
                    dt { (label) }
                    dd { (fact) }
                }
            }
        }
    }
}

/// The headings of a table. Those of the second list stand above numbers.
pub(crate) fn headings(texts: &[&str], numbers: &[&str]) -> Markup {
    html! {
        thead {
            tr {
                @for text in texts { th scope="col" { (text) } }
                @for number in numbers { th.number scope="col" { (number) } }
            }
        }
    }
}

/// A text from outside: it neither runs nor disturbs what stands around it, and shows its control characters.
pub(crate) fn text(text: &str) -> Markup {
    html! { bdi { (visible(text)) } }
}

/// The text with a picture in place of each control character that a browser would drop or replace.
fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unshown) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(|character| match character {
            '\u{7f}' => '\u{2421}',
            '\0'..'\u{20}' if is_unshown(character) => {
                char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ if is_unshown(character) => char::REPLACEMENT_CHARACTER,
            _ => character,
        })
        .collect()
}

fn is_unshown(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(
            text("<script>'\"&\0\u{7f}\u{85}").into_string(),
            "<bdi>&lt;script&gt;'&quot;&amp;\u{2400}\u{2421}\u{fffd}</bdi>"
        );
    }
}

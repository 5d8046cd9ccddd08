//! The page that `HostedURL` opens: plain, truthful, and marked as a sandbox.

use std::fmt::Write as _;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::session::{Bill, Session, status_text};

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}\
    table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #8888}\
    form{display:inline}button{font:inherit;padding:.5rem 1.5rem;margin-right:1rem}";

/// Runs nothing, loads nothing, and stands in no foreign frame.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

/// A page as an answer.
pub(crate) fn answer(status: StatusCode, html: String) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (status, headers, html).into_response()
}

/// The page of a session that does not exist.
pub(crate) fn unknown() -> String {
    document(
        "Unknown session",
        "<p>There is no session at this address. A sandbox forgets its sessions when it stops.</p>",
    )
}

/// The page of a session.
pub(crate) fn session(session: &Session) -> String {
    match session.bill() {
        Some(bill) => document(bill.title, &bill_html(session, &bill)),
        None => document(
            "Payment methods",
            "<p>Here a customer would manage payment methods. This sandbox keeps none yet.</p>",
        ),
    }
}

fn bill_html(session: &Session, bill: &Bill<'_>) -> String {
    let mut html = String::new();
    row(&mut html, "Session", session.id());
    row(&mut html, "Status", status_text(session.outcome()));
    if let Some(reference) = bill.reference {
        row(&mut html, "Reference", reference);
    }
    row(
        &mut html,
        "Amount",
        &format!("{} {}", bill.fiat_amount, bill.fiat_currency),
    );
    match bill.crypto_amount {
        Some(amount) => row(&mut html, "Crypto", &format!("{amount} {}", bill.crypto_currency)),
        None => row(&mut html, "Crypto", bill.crypto_currency),
    }
    let mut html =
        format!("<table>{html}</table><h2>Items</h2><table><tr><th>Item<th>Quantity<th>Each<th>Total</tr>");
    for item in bill.line_items {
        html.push_str("<tr>");
        for text in [
            item.description.as_str(),
            item.quantity.as_str(),
            item.unit_amount.as_str(),
            item.total_amount.as_str(),
        ] {
            html.push_str("<td>");
            escape(&mut html, text);
        }
        html.push_str("</tr>");
    }
    html.push_str("</table>");
    if session.outcome().is_none() {
        html.push_str("<p>");
        button(&mut html, session.id(), "settle", "Pay");
        button(&mut html, session.id(), "fail", "Decline");
        html.push_str("</p>");
    }
    html
}

fn row(html: &mut String, name: &str, value: &str) {
    html.push_str("<tr><th scope=row>");
    escape(html, name);
    html.push_str("<td>");
    escape(html, value);
    html.push_str("</tr>");
}

/// `id` is one of the sandbox's own UUIDs.
fn button(html: &mut String, id: &str, action: &str, label: &str) {
    // Writing to a String cannot fail.
    let _ = write!(
        html,
        "<form method=post action=\"/_sandbox/sessions/{id}/{action}\"><button>{label}</button></form>"
    );
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>{title} · NOAH sandbox</title><style>{STYLE}</style>\
         <p><strong>Sandbox.</strong> No real money moves here.</p><h1>{title}</h1>{body}</html>"
    )
}

fn escape(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        let mut html = String::new();
        escape(&mut html, r#"<script>'"&"#);
        assert_eq!(html, "&lt;script&gt;&#39;&quot;&amp;");
    }
}

//! Documents of customers: an address for each, which works for a quarter of an hour, and what came there last, whole.
//!
//! The address is of no operation: it is a host of its own, which knows no key, as a store of files is.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::engine::control::Id;
use crate::engine::exchange::{Answer, Single, single};
use crate::engine::pipeline::Keep;
use crate::engine::text::{hex, seconds, text, timestamp};
use crate::noah::service::{Answered, Call, Service};

const DOCUMENT: &str = "Document";
/// How long an address works.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// Largest file that is taken, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;
/// Most addresses that are kept, with what came there; then the oldest goes.
const MOST: usize = 1_000;
/// Headers that no store of files may see.
const CREDENTIALS: &[&str] = &["x-api-key", "api-signature", "authorization", "cookie"];

/// `GET /onboarding/{CustomerID}/prefill/documents/upload-url`.
pub(crate) fn address(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let ids = &service.ground.ids;
    let (id, signature) = (ids.id(), ids.secret());
    let ends = service.ground.now() + LIFE;
    let mut document = json!({ "Signature": signature, "Ends": seconds(ends) });
    for name in ["CustomerID", "Type", "Side", "CountryCode", "AssociateID"] {
        document[name] = call.parameters.get(name).cloned().unwrap_or_default();
    }
    let answer = Answer::json(&json!({
        "PresignedURL": format!("{}/uploads/{id}?signature={signature}", service.origin),
        "ExpiresAt": timestamp(ends).as_str(),
    }))?;
    keep_document(service, keep, &id, document, answer)
}

/// `PUT /uploads/{id}`. Of the file its type, its size and its digest are kept.
pub(crate) async fn receive(
    State(service): State<Arc<Service>>,
    Id(id): Id,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match take(&service, &id, query.as_deref(), &headers, body).await {
        Ok(answer) => answer.into_response(),
        Err((status, what)) => (status, what).into_response(),
    }
}

async fn take(
    service: &Service,
    id: &str,
    query: Option<&str>,
    headers: &HeaderMap,
    mut body: Body,
) -> Result<Answer, (StatusCode, &'static str)> {
    let refuse = |status, what| Err((status, what));
    let signed = |document: &Value| format!("signature={}", text(document, "Signature"));
    let document = service.store.thing(DOCUMENT, id);
    let document = document.filter(|document| Some(&*signed(document)) == query);
    let Some(mut document) = document else {
        return refuse(StatusCode::FORBIDDEN, "no such address");
    };
    if document["Ends"].as_i64() <= Some(seconds(service.ground.now())) {
        return refuse(StatusCode::FORBIDDEN, "the address has run out");
    }
    if CREDENTIALS.iter().any(|name| headers.contains_key(*name)) {
        return refuse(
            StatusCode::BAD_REQUEST,
            "a credential came, which has no business here",
        );
    }
    let Single::Text(kind) = single(headers, header::CONTENT_TYPE.as_str()) else {
        return refuse(StatusCode::BAD_REQUEST, "Content-Type is missing");
    };
    let Single::Text(length) = single(headers, header::CONTENT_LENGTH.as_str()) else {
        return refuse(StatusCode::LENGTH_REQUIRED, "Content-Length is missing");
    };
    match length.parse::<usize>() {
        Ok(1..=LARGEST) => {}
        Ok(0) | Err(_) => return refuse(StatusCode::BAD_REQUEST, "the file is empty"),
        Ok(_) => return refuse(StatusCode::PAYLOAD_TOO_LARGE, "the file is too large"),
    }
    let (mut size, mut digest) = (0, Context::new(&SHA256));
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return refuse(StatusCode::BAD_REQUEST, "the file was cut: nothing of it is kept");
        };
        if let Some(data) = frame.data_ref() {
            size += data.len();
            digest.update(data);
        }
    }
    let digest = hex(digest.finish().as_ref());
    document["File"] = json!({ "ContentType": kind, "Size": size, "SHA256": digest });
    let mut keep = Keep::new(&service.ground, None);
    keep_document(service, &mut keep, id, document, Answer::empty(StatusCode::OK))
        .map_err(|_| (StatusCode::INTERNAL_SERVER_ERROR, "the file was not kept"))
}

/// What was asked for and came of a customer's documents, the oldest first.
pub(crate) fn of(service: &Service, customer: &str) -> Vec<Value> {
    service.store.things(DOCUMENT, |all| {
        let documents = all.map(|(_, document)| document);
        let of_customer = documents.filter(|document| document["CustomerID"] == customer);
        of_customer.cloned().collect()
    })
}

fn keep_document(
    service: &Service,
    keep: &mut Keep<'_>,
    id: &str,
    document: Value,
    answer: Answer,
) -> Answered {
    service.store.change(keep, |_, stage| {
        if stage.get(DOCUMENT, id).is_none() {
            stage.make_room(DOCUMENT, MOST);
        }
        stage.put(DOCUMENT, id, document);
        Ok(answer.into())
    })
}

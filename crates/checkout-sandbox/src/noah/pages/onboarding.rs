//! The page of a customer whom NOAH checks: three ways for the checks to go on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;
use serde_json::Value;

use crate::engine::control::Id;
use crate::engine::html::{Policy, document, layout, text};
use crate::engine::text::{field, json};
use crate::noah::operations::customers::{ONBOARDING, Verdict, page_of};
use crate::noah::operations::{customers, documents};
use crate::noah::service::Service;
use crate::noah::store::events::CUSTOMER;

/// `GET /onboarding/{id}`.
pub(super) async fn page(State(service): State<Arc<Service>>, Id(id): Id) -> Response {
    let Some(customer) = service.store.thing(CUSTOMER, &id) else {
        let text = "No onboarding of this customer was begun.";
        return layout::message(StatusCode::NOT_FOUND, "Unknown customer", text);
    };
    let address = page_of(&id);
    let content = html! {
        h1 { "Checks of a customer" }
        dl.facts {
            dt { "Customer" }
            dd { code { (text(&id)) } }
            dt { "Status" }
            dd { (text(field(&customer["Verification"], "Status").unwrap_or("unknown"))) }
            @for document in documents::of(&service, &id) {
                dt { (text(&format!("{} {}", json::text(&document, "Type"), json::text(&document, "Side")))) }
                dd { (text(&came(&document["File"]))) }
            }
        }
        @for (action, label) in [("approve", "Approve"), ("ask", "Ask for more"), ("decline", "Decline")] {
            form method="post" action=(format!("{address}/{action}")) {
                button { (label) }
            }
        }
    };
    let page = document("Checks of a customer", &content);
    layout::answer(StatusCode::OK, Policy::ToShop, page)
}

/// Of a document.
fn came(file: &Value) -> String {
    let (kind, digest) = (json::text(file, "ContentType"), json::text(file, "SHA256"));
    match file["Size"].as_u64() {
        Some(size) => format!("{size} bytes, {kind}, SHA-256 {digest}"),
        None => "awaited".to_owned(),
    }
}

/// Goes back to the shop once NOAH has all it needs; else to the page, which says how it stands.
pub(super) async fn judge(State(service): State<Arc<Service>>, Id(id): Id, verdict: Verdict) -> Response {
    if let Err(refusal) = customers::judge(&service, &id, verdict) {
        return refusal.answer("judgeCustomer");
    }
    let begun = service.store.thing(ONBOARDING, &id);
    let shop = begun.as_ref().and_then(|begun| field(begun, "ReturnURL"));
    let shop = shop.filter(|shop| layout::is_web_address(shop));
    match shop.filter(|_| verdict != Verdict::AskedForMore) {
        Some(shop) => layout::see_other(shop),
        None => layout::see_other(&page_of(&id)),
    }
}

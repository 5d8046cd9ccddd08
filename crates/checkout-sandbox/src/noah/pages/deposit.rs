//! The page of a workflow: where to pay so that crypto arrives elsewhere.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

use crate::engine::control::Id;
use crate::engine::html::{Policy, document, layout, text};
use crate::engine::text::{field, json};
use crate::noah::operations::deposits::DEPOSIT_PAGE;
use crate::noah::service::Service;

/// `GET /deposit/{id}`.
pub(super) async fn page(State(service): State<Arc<Service>>, Id(id): Id) -> Response {
    let Some(shown) = service.store.thing(DEPOSIT_PAGE, &id) else {
        let text = "No workflow was begun here.";
        return layout::message(StatusCode::NOT_FOUND, "Unknown page", text);
    };
    let accounts = shown["Details"].as_array().map(Vec::as_slice).unwrap_or_default();
    let shop = field(&shown, "ReturnURL").filter(|shop| layout::is_web_address(shop));
    let content = html! {
        h1 { "Pay by bank" }
        p { "Whatever arrives there is turned into crypto and sent on. Here it arrives by a simulated deposit alone." }
        @for account in accounts {
            (layout::facts([
                ("Bank", "BankName"), ("Bank code", "BankCode"), ("Account number", "AccountNumber"),
                ("Payment method", "PaymentMethodID"),
            ].map(|(label, name)| (label, Some(html! { code { (text(json::text(account, name))) } })))))
        }
        @if let Some(shop) = shop { p { a.button href=(shop) rel="noreferrer" { "Back to the shop" } } }
    };
    layout::answer(StatusCode::OK, Policy::Closed, document("Pay by bank", &content))
}

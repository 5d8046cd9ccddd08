//! The hosted page of a pay-in or a sale: what is paid, with what, and three ways for it to end.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use noah_models::PaymentMethodCategory;
use serde::Deserialize;

use super::manage::{self, unknown_session};
use crate::engine::control::Id;
use crate::engine::html::{Policy, document, headings, layout, text};
use crate::noah::service::Service;
use crate::noah::sessions::{Bill, Ending, PaymentMethod, Session, TransitionError, status_text};

/// What the pay form says.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::noah) struct PayForm {
    /// Empty for a payer of the sandbox's invention.
    #[serde(rename = "PaymentMethodID")]
    payment_method_id: String,
}

/// `GET /hosted/{id}`: what `HostedURL` opens.
pub(super) async fn page(
    State(service): State<Arc<Service>>,
    Id(id): Id,
    done: Result<Query<manage::Done>, QueryRejection>,
) -> Response {
    let Some(session) = service.store.session(&id) else {
        return unknown_session();
    };
    match session.bill() {
        Some(bill) => show(&service, StatusCode::OK, &session, &bill, None),
        None => manage::show(&service, &session, done.ok().map(|Query(done)| done)),
    }
}

/// Ends the session and goes back to the shop; where that is no web address, to the page, which says so.
pub(super) async fn end(
    State(service): State<Arc<Service>>,
    Id(id): Id,
    form: Result<Form<PayForm>, FormRejection>,
    outcome: Ending,
) -> Response {
    let Some(session) = service.store.session(&id) else {
        return unknown_session();
    };
    let page = format!("/hosted/{}", session.id());
    // It matters only to what is paid.
    let method = form.map(|Form(form)| form.payment_method_id).unwrap_or_default();
    let method = Some(method.as_str()).filter(|method| outcome == Ending::Settled && !method.is_empty());
    match service.store.end_with(session.id(), outcome, method) {
        Ok(ended) => layout::see_other(ended.return_url().as_deref().unwrap_or(&page)),
        // Ended otherwise meanwhile, in another window say: the page shows how.
        Err(TransitionError::Final(_) | TransitionError::NothingToPay | TransitionError::Unknown) => {
            layout::see_other(&page)
        }
        Err(error) => {
            let status = match error {
                TransitionError::NotKept => StatusCode::INTERNAL_SERVER_ERROR,
                TransitionError::BalanceTooLong => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            match session.bill() {
                Some(bill) => show(&service, status, &session, &bill, Some(error)),
                None => layout::see_other(&page),
            }
        }
    }
}

fn show(
    service: &Service,
    status: StatusCode,
    session: &Session,
    bill: &Bill<'_>,
    fault: Option<TransitionError>,
) -> Response {
    let (policy, action) = match session.outcome() {
        None => (
            Policy::ToShop,
            choices(session, bill, &service.store.usable_methods(session), fault),
        ),
        Some(outcome) => (Policy::Closed, ending(session, bill, outcome)),
    };
    let content = html! {
        (summary(bill))
        @if session.outcome().is_some() { (action) }
        (facts(session, bill))
        (items(bill))
        @if session.outcome().is_none() { (action) }
    };
    let title = format!(
        "{} of {} {}",
        bill.title,
        bill.fiat_amount,
        bill.fiat_currency.as_str()
    );
    layout::answer(status, policy, document(&title, &content))
}

fn summary(bill: &Bill<'_>) -> Markup {
    let crypto = bill.crypto_currency.as_str();
    html! {
        h1.amount {
            span.eyebrow { (bill.title) }
            span { (bill.fiat_amount) " " (text(bill.fiat_currency.as_str())) }
        }
        p.soft {
            @if bill.category.is_some() { "Arrives as " } @else { "Costs " }
            @if let Some(amount) = bill.crypto_amount { (amount) " " }
            (text(crypto))
            @if let Some(authorized) = bill.crypto_authorized { ", of at most " (authorized) }
            "."
        }
    }
}

fn facts(session: &Session, bill: &Bill<'_>) -> Markup {
    layout::facts([
        ("Merchant reference", bill.external_id.map(|id| text(id.as_str()))),
        ("Payment method", bill.category.map(category_name)),
        ("Paid with", bill.paid_with.map(|method| text(&method.label()))),
        ("Status", Some(html! { (status_text(session.outcome())) })),
        ("Session", Some(html! { code { (session.id()) } })),
    ])
}

fn items(bill: &Bill<'_>) -> Markup {
    let currency = bill.fiat_currency.as_str();
    html! {
        h2 id="items" { "Items" }
        table.items aria-labelledby="items" {
            (headings(&["Item"], &["Quantity", "Each", "Total"]))
            tbody {
                @for item in bill.line_items {
                    tr {
                        td { (text(&item.description)) }
                        td.number data-name="Quantity" { (item.quantity) }
                        td.number data-name="Each" { (item.unit_amount) }
                        td.number data-name="Total" { (item.total_amount) }
                    }
                }
            }
            tfoot {
                tr {
                    th scope="row" colspan="3" {
                        @if bill.category.is_some() { "To pay" } @else { "Total" }
                    }
                    td.number { (bill.fiat_amount) " " (text(currency)) }
                }
            }
        }
    }
}

fn choices(
    session: &Session,
    bill: &Bill<'_>,
    methods: &[PaymentMethod],
    fault: Option<TransitionError>,
) -> Markup {
    let to = |how: &str| format!("/hosted/{}/{how}", session.id());
    html! {
        form.pay method="post" action=(to("settle")) {
            @if let Some(fault) = fault { p.fault role="alert" { (fault) "." } }
            @if !methods.is_empty() {
                fieldset {
                    legend { "Pay with" }
                    @for (number, method) in methods.iter().enumerate() {
                        label.choice {
                            input type="radio" name="PaymentMethodID" value=(method.id.as_str()) checked[number == 0];
                            span { (text(&method.label())) }
                        }
                    }
                    label.choice {
                        input type="radio" name="PaymentMethodID" value="";
                        span { "One that the sandbox invents" }
                    }
                }
            }
            button.primary type="submit" {
                @if bill.category.is_some() { "Pay " } @else { "Sell for " }
                (bill.fiat_amount) " " (text(bill.fiat_currency.as_str()))
            }
        }
        div.others {
            form method="post" action=(to("fail")) { button type="submit" { "Decline" } }
            form method="post" action=(to("expire")) { button type="submit" { "Let it expire" } }
        }
        p.hint {
            "Each of them ends the session for good, tells the shop by webhook, and leads back to it."
        }
    }
}

fn ending(session: &Session, bill: &Bill<'_>, outcome: Ending) -> Markup {
    let is_payin = bill.category.is_some();
    let (class, title, explanation) = match outcome {
        Ending::Settled if is_payin => ("good", "Paid", "The money has arrived."),
        Ending::Settled => ("good", "Sold", "The money was paid out."),
        Ending::Failed => (
            "bad",
            "Declined",
            "The payment failed; nothing was moved for good.",
        ),
        Ending::Expired => ("bad", "Expired", "Nobody paid in time."),
    };
    html! {
        section class={ "ending " (class) } aria-labelledby="ending" {
            h2 id="ending" { (title) }
            p { (explanation) " This session has ended, which is final." }
            @match session.return_url() {
                Some(url) => p { a.button href=(url) rel="noreferrer" { "Back to the shop" } },
                None => p {
                    "There is no way back to the shop: its return address is no web address but "
                    code { (text(session.given_return_url().unwrap_or_default())) } "."
                },
            }
        }
    }
}

fn category_name(category: &PaymentMethodCategory) -> Markup {
    match category {
        PaymentMethodCategory::Bank => html! { "Bank transfer" },
        PaymentMethodCategory::Card => html! { "Card" },
        PaymentMethodCategory::Identifier => html! { "Identifier, such as a Pix key" },
        other => text(other.as_str()),
    }
}

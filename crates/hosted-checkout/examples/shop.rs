//! A whole shop: one product, a page that takes money, and webhooks that say whether it came.
//!
//! ```text
//! cargo checkout sandbox --noah-webhook http://127.0.0.1:8080/webhooks     # prints what to export
//! cargo run -p hosted-checkout --example shop
//! ```
//!
//! It listens on 127.0.0.1:8080, or where `LISTEN` says. A real shop keeps its orders in a database; this one forgets them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program's output")]

#[path = "common/customer.rs"]
mod customer;

use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use hosted_checkout::Outcome;
use hosted_checkout::noah::{
    CryptoCurrencyCode, Event, EventData, EventIdentity, FiatCurrencyCode, Noah, PaymentMethodCategory,
    PreparedPayIn, Recency, WebhookData, Webhooks, line_item,
};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let listener = tokio::net::TcpListener::bind(&address).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    println!("open {origin}");
    Ok(axum::serve(listener, router(Noah::from_env()?, origin)?).await?)
}

/// The shop that stands at `origin`.
pub(crate) fn router(noah: Noah, origin: String) -> Result<Router, Box<dyn Error>> {
    let shop = Shop {
        webhooks: noah.webhooks()?,
        noah,
        origin,
        orders: Mutex::default(),
    };
    Ok(Router::new()
        .route("/", get(front))
        .route("/orders", post(order))
        .route("/orders/{number}/pay", post(pay))
        .route("/webhooks", post(webhook))
        .with_state(Arc::new(shop)))
}

struct Shop {
    noah: Noah,
    webhooks: Webhooks,
    origin: String,
    orders: Mutex<Vec<Order>>,
}

struct Order {
    /// Kept before it is sent: whatever happens to the call, the same request can be sent again, and pays once.
    request: PreparedPayIn,
    status: Status,
    /// The newest webhook about its session.
    newest: Option<EventIdentity>,
}

#[derive(Clone, Copy, PartialEq)]
enum Status {
    Unpaid,
    Paid,
    Failed,
}

/// The front page: what can be bought, and what was.
async fn front(State(shop): State<Arc<Shop>>) -> Html<String> {
    let mut page = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>Coffee</title><style>body{font:1.1rem system-ui;margin:2rem auto;max-width:40rem;padding:0 1rem;\
         color-scheme:light dark}</style><h1>Coffee</h1>\
         <form method=post action=/orders><button>Buy two bags for 10.10 USD</button></form><ul>",
    );
    for (number, order) in shop.orders().iter().enumerate() {
        let status = match order.status {
            Status::Unpaid => "not paid",
            Status::Paid => "paid",
            Status::Failed => "failed",
        };
        // Writing to a String cannot fail.
        let _ = write!(page, "<li>{}: <b>{status}</b>", name(number));
        if order.status == Status::Unpaid {
            let _ = write!(
                page,
                " <form method=post action=/orders/{number}/pay><button>Pay</button></form>"
            );
        }
    }
    page.push_str("</ul></html>");
    Html(page)
}

/// Takes an order and goes on to its payment.
async fn order(State(shop): State<Arc<Shop>>) -> Response {
    match shop.take_order() {
        Ok(number) => pay(State(shop), Path(number)).await,
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Sends the customer to the page that takes the money. To ask twice is to get the same page twice.
async fn pay(State(shop): State<Arc<Shop>>, Path(number): Path<usize>) -> Response {
    let Some(request) = shop.orders().get(number).map(|order| order.request.clone()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match shop.noah.checkout().send(&request).await {
        Ok(session) => Redirect::to(session.hosted_url()).into_response(),
        Err(error) => {
            eprintln!("{}: {error}", name(number));
            let advice = match error.outcome() {
                Outcome::NotSent | Outcome::Refused => "The payment was not opened, and nothing was paid.",
                Outcome::Unknown => {
                    "It is not known whether the payment was opened. Press Pay again: you pay once."
                }
            };
            (StatusCode::BAD_GATEWAY, advice).into_response()
        }
    }
}

/// Only a webhook says that an order is paid. Where the browser comes back from proves nothing.
async fn webhook(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    match shop.webhooks.verify(&headers, &body) {
        Ok(event) => {
            shop.heard(&event);
            StatusCode::OK
        }
        Err(error) => {
            eprintln!("webhook: {error}");
            // What is signed and cannot be read would be no better the next time: a real shop keeps it for a look.
            if error.is_authentic() {
                StatusCode::OK
            } else {
                StatusCode::UNAUTHORIZED
            }
        }
    }
}

impl Shop {
    fn take_order(&self) -> Result<usize, hosted_checkout::Error> {
        let mut orders = self.orders();
        let number = orders.len();
        // No ExternalID: it is the Nonce then, which no order of an earlier run has, as the number might.
        let request = self
            .noah
            .checkout()
            .pay_in_fiat()
            .customer_id("customer-1")
            .customer(customer::ada())
            .payment_method_category(PaymentMethodCategory::Card)
            .fiat_currency(FiatCurrencyCode::Usd)
            .fiat_amount("10.10")
            .crypto_currency(CryptoCurrencyCode::UsdcTest)
            .return_url(format!("{}/", self.origin))
            .line_items([line_item("Coffee beans", 2, "5.05")])
            .prepare()?;
        orders.push(Order {
            request,
            status: Status::Unpaid,
            newest: None,
        });
        Ok(number)
    }

    fn heard(&self, event: &Event) {
        let EventData::Known(WebhookData::CheckoutSession(session)) = event.data() else {
            return;
        };
        let mut orders = self.orders();
        let reference = session.external_id.text();
        let order = orders
            .iter_mut()
            .enumerate()
            .find(|(_, order)| reference.is_some() && reference == order.request.idempotency_key());
        let Some((number, order)) = order else { return };
        let identity = event.identity();
        // Webhooks come more than once, and late.
        if let Some(newest) = &order.newest
            && (identity.is_duplicate_of(newest) || identity.supersedes(newest) == Recency::Older)
        {
            return;
        }
        order.newest = Some(identity.clone());
        order.status = match session.status.text() {
            Some("Settled") => Status::Paid,
            Some("Failed") => Status::Failed,
            // `Pending`, whatever NOAH may add, and what cannot be read: not paid yet.
            _ => order.status,
        };
        println!("{}: session is {}", name(number), session.status);
    }

    fn orders(&self) -> MutexGuard<'_, Vec<Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the order is called.
fn name(number: usize) -> String {
    format!("order-{}", number + 1)
}

//! A webhook endpoint as a shop has one: it verifies before it reads, and answers by what it finds.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use hosted_checkout::noah::{Event, WebhookError, Webhooks};
use http::{HeaderMap, StatusCode};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const PATH: &str = "/webhooks";

/// A bound port on this machine that does not listen yet: whoever signs must know the address before anyone knows the
/// key.
#[derive(Debug)]
pub(crate) struct Listener {
    listener: TcpListener,
    url: String,
}

/// A listener at work. Stops when dropped.
#[derive(Debug)]
pub(crate) struct Inbox {
    url: String,
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

/// What came, and what was made of it.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    /// When it was verified.
    pub(crate) at: Instant,
    /// As they came.
    pub(crate) headers: HeaderMap,
    /// As it came.
    pub(crate) body: Bytes,
    /// The event, or why it is none.
    pub(crate) verdict: Result<Event, WebhookError>,
}

#[derive(Debug)]
struct Desk {
    webhooks: Webhooks,
    stumbles: bool,
    receipts: Mutex<Vec<Receipt>>,
}

impl Listener {
    /// Takes any free port of this machine.
    pub(crate) async fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}{PATH}", listener.local_addr()?);
        Ok(Self { listener, url })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Serves from now on. If it `stumbles`, it answers 503 to the first webhook although it has it, as a shop does that
    /// dies between its database and its answer: the webhook will come again.
    pub(crate) fn serve(self, webhooks: Webhooks, stumbles: bool) -> Inbox {
        let Self { listener, url } = self;
        let desk = Arc::new(Desk {
            webhooks,
            stumbles,
            receipts: Mutex::default(),
        });
        let router = Router::new()
            .route(PATH, post(receive))
            .with_state(Arc::clone(&desk));
        // It ends by being aborted; axum's server itself never does.
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap_or_default() });
        Inbox { url, desk, task }
    }
}

impl Inbox {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Everything so far, in order.
    pub(crate) fn receipts(&self) -> Vec<Receipt> {
        self.desk.receipts().clone()
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Desk {
    fn receipts(&self) -> MutexGuard<'_, Vec<Receipt>> {
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn receive(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    let verdict = desk.webhooks.verify(&headers, &body);
    // What is signed and cannot be read is kept with the rest: sent again, it would be no better.
    let forged = verdict.as_ref().err().filter(|error| !error.is_authentic());
    let refusal = forged.map(ToString::to_string);
    let mut receipts = desk.receipts();
    let stumbles = desk.stumbles && receipts.is_empty();
    receipts.push(Receipt {
        at: Instant::now(),
        headers,
        body,
        verdict,
    });
    match refusal {
        Some(reason) => (StatusCode::UNAUTHORIZED, reason).into_response(),
        None if stumbles => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

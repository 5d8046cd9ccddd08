//! The shop's webhook endpoint: it verifies before it reads, and answers by what it finds.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use hosted_checkout::noah::{Event, WebhookError, Webhooks};
use http::{HeaderMap, StatusCode};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const PATH: &str = "/webhooks";

/// An endpoint at work. Stops when dropped.
pub(super) struct Inbox {
    pub(super) url: String,
    desk: Arc<Desk>,
    task: JoinHandle<()>,
}

/// What came, and what was made of it.
#[derive(Clone)]
pub(super) struct Receipt {
    /// When it was verified.
    pub(super) at: Instant,
    /// As they came.
    pub(super) headers: HeaderMap,
    /// As it came.
    pub(super) body: Bytes,
    /// The event, or why it is none.
    pub(super) verdict: Result<Event, WebhookError>,
}

#[derive(Default)]
struct Desk {
    webhooks: OnceLock<Webhooks>,
    receipts: Mutex<Vec<Receipt>>,
}

impl Inbox {
    /// On any free port of this machine.
    pub(super) async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}{PATH}", listener.local_addr()?);
        let desk = Arc::<Desk>::default();
        let router = Router::new()
            .route(PATH, post(receive))
            .with_state(Arc::clone(&desk));
        // It ends by being aborted; axum's server itself never does.
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap_or_default() });
        Ok(Self { url, desk, task })
    }

    /// By which key it verifies: whoever signs must know the address before anyone knows the key.
    pub(super) fn trust(&self, webhooks: Webhooks) {
        let _ = self.desk.webhooks.set(webhooks);
    }

    /// Everything so far, in order.
    pub(super) fn receipts(&self) -> Vec<Receipt> {
        self.desk.receipts.lock().clone()
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers 503 to the first webhook although it has stored it, like a shop that dies before it answers. The webhook
/// comes again.
async fn receive(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(webhooks) = desk.webhooks.get() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let verdict = webhooks.verify(&headers, &body);
    let refusal = verdict.as_ref().err().map(ToString::to_string);
    let mut receipts = desk.receipts.lock();
    let is_first = receipts.is_empty();
    receipts.push(Receipt {
        at: Instant::now(),
        headers,
        body,
        verdict,
    });
    match refusal {
        Some(reason) => (StatusCode::UNAUTHORIZED, reason).into_response(),
        None if is_first => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

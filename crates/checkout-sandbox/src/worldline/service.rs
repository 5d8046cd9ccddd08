//! The Worldline Connect listener: which path does what, in which order a request is checked.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use checkout_core::clock::Clock;
use serde::Serialize;
use worldline_connect_models::{
    CreatePaymentProductSessionRequest, Region, SessionRequest, SessionResponse, TestConnection,
};

use super::auth::{self, Account};
use super::idempotence::{Claim, Key, Keys, Stored};
use super::refusal::Refusal;
use super::sessions::{self, ClientSessions};
use crate::body;
use crate::received::{Received, Single};
use crate::time::milliseconds;

const IDEMPOTENCE_KEY: &str = "x-gcs-idempotence-key";
const REQUEST_TIMESTAMP: HeaderName = HeaderName::from_static("x-gcs-idempotence-request-timestamp");

/// What every request to the Worldline Connect listener works on.
#[derive(Debug)]
pub(crate) struct Service {
    clock: Arc<dyn Clock>,
    account: Account,
    sessions: ClientSessions,
    keys: Keys,
    /// `http://127.0.0.1:<port>`.
    origin: String,
    latency: Duration,
}

impl Service {
    pub(crate) fn new(clock: Arc<dyn Clock>, account: Account, origin: String, latency: Duration) -> Self {
        Self {
            clock,
            account,
            sessions: ClientSessions::default(),
            keys: Keys::default(),
            origin,
            latency,
        }
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }

    async fn work_for_a_while(&self) {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
    }

    /// A server request that may carry an idempotence key.
    async fn once(&self, received: &Received, work: impl FnOnce() -> Result<Bytes, Refusal>) -> Response {
        let key = match received.single(IDEMPOTENCE_KEY) {
            Single::Absent => {
                self.work_for_a_while().await;
                return answer(work());
            }
            Single::Text(key) if (1..=40).contains(&key.len()) => key,
            Single::Text(_) | Single::Unreadable => {
                let detail =
                    "header X-GCS-Idempotence-Key malformed: it is sent once, as 1 to 40 ASCII characters";
                return Refusal::invalid("X-GCS-Idempotence-Key", detail).answer();
            }
        };
        let key = Key {
            resource: format!("{} {}", received.method, received.path),
            key: key.to_owned(),
        };
        let (answer, began) = match self.keys.claim(key, &received.body, self.now()) {
            Claim::First(running) => {
                self.work_for_a_while().await;
                return match work() {
                    Ok(body) => {
                        running.finish(Stored {
                            status: StatusCode::OK,
                            body: body.clone(),
                        });
                        json_answer(StatusCode::OK, body)
                    }
                    Err(refusal) => refusal.answer(),
                };
            }
            Claim::Replay { stored, began } => (json_answer(stored.status, stored.body), began),
            Claim::InProgress { began } => (Refusal::in_progress().answer(), began),
            Claim::Reused { began } => (Refusal::key_reused().answer(), began),
        };
        (
            [(REQUEST_TIMESTAMP, HeaderValue::from(milliseconds(began)))],
            answer,
        )
            .into_response()
    }
}

/// The listener's routes.
pub(crate) fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/v1/{merchant_id}/services/testconnection", get(test_connection))
        .route("/v1/{merchant_id}/sessions", post(create_session))
        .route(
            "/v1/{merchant_id}/products/{payment_product_id}/sessions",
            post(create_product_session),
        )
        .route(
            "/client/v1/{customer_id}/products/{payment_product_id}/sessions",
            post(create_client_product_session),
        )
        .method_not_allowed_fallback(async || Refusal::method_not_allowed().answer())
        .fallback(async || Refusal::path_not_found().answer())
        .with_state(service)
}

type PathOf<T> = Result<Path<T>, PathRejection>;

async fn test_connection(
    State(service): State<Arc<Service>>,
    path: PathOf<String>,
    request: Request,
) -> Response {
    let outcome = async {
        let Path(merchant_id) = path.map_err(|_| Refusal::path_not_found())?;
        let received = Received::read(request).await?;
        auth::server(&service.account, &received, &merchant_id)?;
        service.work_for_a_while().await;
        json(&TestConnection::builder().result("OK").build())
    };
    answer(outcome.await)
}

async fn create_session(
    State(service): State<Arc<Service>>,
    path: PathOf<String>,
    request: Request,
) -> Response {
    let read = async {
        let Path(merchant_id) = path.map_err(|_| Refusal::path_not_found())?;
        let received = Received::read(request).await?;
        auth::server(&service.account, &received, &merchant_id)?;
        let session: SessionRequest = body::read(&received)?;
        Ok::<_, Refusal>((received, session))
    };
    match read.await {
        Ok((received, session)) => {
            service
                .once(&received, || json(&open_session(&service, session)))
                .await
        }
        Err(refusal) => refusal.answer(),
    }
}

async fn create_product_session(
    State(service): State<Arc<Service>>,
    path: PathOf<(String, String)>,
    request: Request,
) -> Response {
    let read = async {
        let Path((merchant_id, payment_product_id)) = path.map_err(|_| Refusal::path_not_found())?;
        let received = Received::read(request).await?;
        auth::server(&service.account, &received, &merchant_id)?;
        sessions::check_product(&payment_product_id)?;
        let session: CreatePaymentProductSessionRequest = body::read(&received)?;
        Ok::<_, Refusal>((received, session))
    };
    match read.await {
        Ok((received, session)) => {
            service
                .once(&received, || {
                    sessions::apple_pay(session, service.now()).and_then(|session| json(&session))
                })
                .await
        }
        Err(refusal) => refusal.answer(),
    }
}

async fn create_client_product_session(
    State(service): State<Arc<Service>>,
    path: PathOf<(String, String)>,
    request: Request,
) -> Response {
    let outcome = async {
        let Path((customer_id, payment_product_id)) = path.map_err(|_| Refusal::path_not_found())?;
        let received = Received::read(request).await?;
        service
            .sessions
            .check(auth::client_session(&received)?, &customer_id, service.now())?;
        sessions::check_product(&payment_product_id)?;
        let session: CreatePaymentProductSessionRequest = body::read(&received)?;
        service.work_for_a_while().await;
        json(&sessions::apple_pay(session, service.now())?)
    };
    answer(outcome.await)
}

/// The sandbox keeps no tokens, so every token of the request is an invalid one.
fn open_session(service: &Service, request: SessionRequest) -> SessionResponse {
    let issued = service.sessions.open(&service.account.merchant_id, service.now());
    SessionResponse::builder()
        .asset_url(format!("{}/", service.origin))
        .client_api_url(format!("{}/client", service.origin))
        .client_session_id(issued.client_session_id)
        .customer_id(issued.customer_id)
        .maybe_invalid_tokens(request.tokens.filter(|tokens| !tokens.is_empty()))
        .region(Region::Eu)
        .build()
}

fn json(value: &impl Serialize) -> Result<Bytes, Refusal> {
    serde_json::to_vec(value)
        .map(Bytes::from)
        .map_err(|_| Refusal::unexpected("answer could not be written"))
}

fn answer(outcome: Result<Bytes, Refusal>) -> Response {
    match outcome {
        Ok(body) => json_answer(StatusCode::OK, body),
        Err(refusal) => refusal.answer(),
    }
}

fn json_answer(status: StatusCode, body: Bytes) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body,
    )
        .into_response()
}

//! The Worldline Connect listener: which path does what, in which order a request is checked.

use checkout_core::filled;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde::Serialize;
use tower_http::cors::{Any, CorsLayer};
use worldline_connect_models::{
    CreatePaymentProductSessionRequest, Region, SessionRequest, SessionResponse, TestConnection,
};

use super::auth::{self, Account};
use super::idempotence::{Claim, Key, Keys, Stored};
use super::refusal::{DETAIL_HEADER, Refusal};
use super::sessions::{self, ClientSessions};
use crate::engine::body::{self, Understood};
use crate::engine::checks::Checks;
use crate::engine::faults::{APPLIED_HEADER, FAULT_HEADER, Skew};
use crate::engine::ground::{Batch, Ground, StateError};
use crate::engine::ignored::IGNORED_HEADER;
use crate::engine::json;
use crate::engine::received::{Received, Single};
use crate::engine::time::milliseconds;
use crate::engine::work;

const IDEMPOTENCE_KEY: &str = "x-gcs-idempotence-key";
const CLIENT_META_INFO: HeaderName = HeaderName::from_static("x-gcs-clientmetainfo");
const REQUEST_TIMESTAMP: HeaderName = HeaderName::from_static("x-gcs-idempotence-request-timestamp");

/// What every request to the Worldline Connect listener works on.
pub(crate) struct Service {
    ground: Arc<Ground>,
    account: Account,
    sessions: ClientSessions,
    keys: Keys,
    /// `http://127.0.0.1:<port>`.
    origin: String,
    latency: Duration,
}

impl Service {
    pub(crate) fn new(
        ground: Arc<Ground>,
        account: Account,
        origin: String,
        latency: Duration,
    ) -> Result<Self, StateError> {
        Ok(Self {
            sessions: ClientSessions::new(Arc::clone(&ground))?,
            keys: Keys::new(Arc::clone(&ground))?,
            ground,
            account,
            origin,
            latency,
        })
    }

    /// A server request that may carry an idempotence key. It is done even if its client hangs up meanwhile, and holds
    /// its key until then.
    async fn once(
        self: Arc<Self>,
        received: Received,
        work: impl FnOnce(&Self, &mut Batch) -> Result<Bytes, Refusal> + Send + 'static,
    ) -> Response {
        let key = match received.single(IDEMPOTENCE_KEY) {
            Single::Absent => None,
            Single::Text(key)
                if (1..=40).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Some(Key {
                    resource: format!("{} {}", received.method, received.path),
                    key: key.to_owned(),
                })
            }
            Single::Text(_) | Single::Unreadable => {
                let detail = "header X-GCS-Idempotence-Key malformed: it is sent once, as 1 to 40 printable ASCII \
                              characters without spaces";
                return Refusal::invalid("X-GCS-Idempotence-Key", detail).answer();
            }
        };
        let worked = work::to_its_end(async move {
            match key {
                Some(key) => self.keyed(key, &received.body, work).await,
                None => {
                    work::pretend(self.latency).await;
                    answer(self.kept(work))
                }
            }
        });
        worked
            .await
            .unwrap_or_else(|| Refusal::unexpected("work on the request broke off").answer())
    }

    /// Work that no key repeats.
    fn kept(&self, work: impl FnOnce(&Self, &mut Batch) -> Result<Bytes, Refusal>) -> Result<Bytes, Refusal> {
        let mut batch = self.ground.batch();
        let body = work(self, &mut batch)?;
        self.ground.commit(batch)?;
        Ok(body)
    }

    async fn keyed(
        &self,
        key: Key,
        body: &[u8],
        work: impl FnOnce(&Self, &mut Batch) -> Result<Bytes, Refusal>,
    ) -> Response {
        let (answer, began) = match self.keys.claim(key, body, self.ground.now()) {
            Claim::First(running) => {
                work::pretend(self.latency).await;
                let mut batch = self.ground.batch();
                return answer(work(self, &mut batch).and_then(|body| {
                    running.finish(Stored(body.clone()), batch)?;
                    Ok(body)
                }));
            }
            Claim::Replay { stored, began } => (json_answer(stored.0), began),
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
    let client_api = Router::new()
        .route(
            "/{customer_id}/products/{payment_product_id}/sessions",
            post(create_client_product_session),
        )
        .method_not_allowed_fallback(async || Refusal::method_not_allowed().answer())
        .fallback(async || Refusal::path_not_found().answer())
        .layer(pages_of_any_origin());
    Router::new()
        .route("/v1/{merchant_id}/services/testconnection", get(test_connection))
        .route("/v1/{merchant_id}/sessions", post(create_session))
        .route(
            "/v1/{merchant_id}/products/{payment_product_id}/sessions",
            post(create_product_session),
        )
        .nest("/client/v1", client_api)
        .method_not_allowed_fallback(async || Refusal::method_not_allowed().answer())
        .fallback(async || Refusal::path_not_found().answer())
        .with_state(service)
}

/// The Client API is called by the shop's pages, wherever they are served from (facts: all APIs support CORS). Its caller
/// shows a client session in a header, never a cookie, so no origin needs to be trusted.
fn pages_of_any_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            CLIENT_META_INFO,
            FAULT_HEADER,
        ])
        .expose_headers(EXPOSED)
}

/// The headers of the sandbox's own that pages may read.
const EXPOSED: [HeaderName; 3] = [DETAIL_HEADER, IGNORED_HEADER, APPLIED_HEADER];

/// An answer that did not come out of these routes, as a page of any origin may read it.
pub(crate) fn open_to_pages(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    for exposed in EXPOSED {
        headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed.into());
    }
    answer
}

type PathOf<T> = Result<Path<T>, PathRejection>;

async fn test_connection(
    State(service): State<Arc<Service>>,
    path: PathOf<String>,
    request: Request,
) -> Response {
    let mut checks = Checks::default();
    let outcome = async {
        let Path(merchant_id) = path.map_err(|_| Refusal::path_not_found())?;
        let received = Received::read(request).await?;
        auth::server(&service.account, &received, &merchant_id, &mut checks)?;
        // Nothing is kept of it, so it may be forgotten if the client hangs up.
        work::pretend(service.latency).await;
        json(&filled!(TestConnection { result: "OK" }))
    };
    let outcome = outcome.await;
    checks.tell(answer(outcome))
}

async fn create_session(
    State(service): State<Arc<Service>>,
    path: PathOf<String>,
    request: Request,
) -> Response {
    let mut checks = Checks::default();
    let read = async {
        let Path(merchant_id) = path.map_err(|_| Refusal::path_not_found())?;
        let received = Received::read(request).await?;
        auth::server(&service.account, &received, &merchant_id, &mut checks)?;
        let understood = body::read::<SessionRequest>(&received)?;
        Ok::<_, Refusal>((received, understood))
    };
    let answer = match read.await {
        Ok((received, Understood { request, ignored })) => {
            let open = |service: &Service, batch: &mut Batch| json(&open_session(service, request, batch));
            ignored.tell(service.once(received, open).await)
        }
        Err(refusal) => refusal.answer(),
    };
    checks.tell(answer)
}

async fn create_product_session(
    State(service): State<Arc<Service>>,
    path: PathOf<(String, String)>,
    request: Request,
) -> Response {
    let mut checks = Checks::default();
    let read = async {
        let Path((merchant_id, payment_product_id)) = path.map_err(|_| Refusal::path_not_found())?;
        let received = Received::read(request).await?;
        auth::server(&service.account, &received, &merchant_id, &mut checks)?;
        sessions::check_product(&payment_product_id)?;
        let understood = body::read::<CreatePaymentProductSessionRequest>(&received)?;
        Ok::<_, Refusal>((received, understood))
    };
    let answer = match read.await {
        Ok((received, Understood { request, ignored })) => {
            let open =
                |service: &Service, _: &mut Batch| json(&sessions::apple_pay(request, &service.ground)?);
            ignored.tell(service.once(received, open).await)
        }
        Err(refusal) => refusal.answer(),
    };
    checks.tell(answer)
}

async fn create_client_product_session(
    State(service): State<Arc<Service>>,
    path: PathOf<(String, String)>,
    request: Request,
) -> Response {
    let mut checks = Checks::default();
    let outcome = async {
        let Path((customer_id, payment_product_id)) = path.map_err(|_| Refusal::path_not_found())?;
        let now = Skew::of(&request).apply(service.ground.now());
        let received = Received::read(request).await?;
        let look_up = |session: &str| service.sessions.check(session, &customer_id, now);
        auth::client(&received, look_up, &mut checks)?;
        sessions::check_product(&payment_product_id)?;
        let Understood { request, ignored } = body::read::<CreatePaymentProductSessionRequest>(&received)?;
        // Nothing is kept of it, so it may be forgotten if the client hangs up.
        work::pretend(service.latency).await;
        let outcome = sessions::apple_pay(request, &service.ground).and_then(|session| json(&session));
        Ok::<_, Refusal>(ignored.tell(answer(outcome)))
    };
    let answer = outcome.await.unwrap_or_else(Refusal::answer);
    checks.tell(answer)
}

/// The sandbox keeps no tokens, so every token of the request is an invalid one.
fn open_session(service: &Service, request: SessionRequest, batch: &mut Batch) -> SessionResponse {
    let issued = service.sessions.open(&service.account.merchant_id, batch);
    filled!(
        SessionResponse {
            asset_url: format!("{}/", service.origin),
            client_api_url: format!("{}/client", service.origin),
            client_session_id: issued.client_session_id,
            customer_id: issued.customer_id,
            region: Region::Eu
        },
        maybe {
            invalid_tokens: request.tokens.filter(|tokens| !tokens.is_empty())
        }
    )
}

fn json(value: &impl Serialize) -> Result<Bytes, Refusal> {
    json::written(value).map_err(|_| Refusal::unexpected("answer could not be written"))
}

fn answer(outcome: Result<Bytes, Refusal>) -> Response {
    match outcome {
        Ok(body) => json_answer(body),
        Err(refusal) => refusal.answer(),
    }
}

fn json_answer(body: Bytes) -> Response {
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        body,
    )
        .into_response()
}

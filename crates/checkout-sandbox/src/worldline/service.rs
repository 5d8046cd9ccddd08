//! The Worldline Connect listener: which path does what, in which order a request is checked.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use checkout_core::{Operation, filled};
use tower_http::cors::{Any, CorsLayer};
use worldline_connect_models::{Region, SessionRequest, SessionResponse, TestConnection};

use super::auth::{self, Account};
use super::refusal::{DETAIL_HEADER, Refusal};
use super::sessions::{self, ClientSessions};
use crate::engine::answer::Answer;
use crate::engine::api::Api;
use crate::engine::checks::Checks;
use crate::engine::faults::{APPLIED_HEADER, FAULT_HEADER};
use crate::engine::ground::{Batch, Ground, StateError, Table};
use crate::engine::idempotency::{Keep, KeyTable, Keys};
use crate::engine::ignored::IGNORED_HEADER;
use crate::engine::parameters::Parameters;
use crate::engine::pipeline::{self, Call, Run, Served};
use crate::engine::received::Received;
use crate::engine::time::milliseconds;

/// What the paths of the Client API begin with.
const CLIENT_API: &str = "/client/v1";
/// How long an idempotence key is kept (facts: idempotence headers).
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
const KEYS: KeyTable = Table::new("worldline_idempotence_keys");
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
            keys: Keys::new(Arc::clone(&ground), KEYS, Some(KEPT))?,
            ground,
            account,
            origin,
            latency,
        })
    }
}

impl Served for Service {
    type Caller = ();
    type Refusal = Refusal;

    fn ground(&self) -> &Ground {
        &self.ground
    }

    fn latency(&self) -> Duration {
        self.latency
    }

    fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The merchant's server signs, the customer's device shows its session.
    fn authenticate(
        &self,
        operation: &Operation,
        received: &Received,
        parameters: &Parameters,
        now: SystemTime,
        checks: &mut Checks,
    ) -> Result<(), Refusal> {
        if operation.path.starts_with(CLIENT_API) {
            let look_up = |session: &str| self.sessions.check(session, parameters.text("customerId"), now);
            Ok(auth::client(received, look_up, checks)?)
        } else {
            auth::server(&self.account, received, parameters.text("merchantId"), checks)
        }
    }

    /// The method and path that it came with.
    fn scope(_: &Operation, (): &(), received: &Received) -> String {
        format!("{} {}", received.method, received.path)
    }

    const IN_TURN: bool = false;

    fn repeated(began: SystemTime) -> Option<(HeaderName, HeaderValue)> {
        Some((REQUEST_TIMESTAMP, HeaderValue::from(milliseconds(began))))
    }

    fn behaviour(id: &str) -> Option<Run<Self>> {
        match id {
            "testConnection" => Some(test_connection),
            "createSession" => Some(create_session),
            "createProductSession" | "createClientProductSession" => Some(create_product_session),
            _ => None,
        }
    }

    fn answer(refusal: Refusal, _: &Operation) -> Response {
        refusal.answer()
    }
}

/// The listener's routes.
pub(crate) fn router(service: Arc<Service>) -> Router {
    let operations = || Api::Worldline.mounted().iter();
    let client_api = pipeline::mount(operations(), "", CLIENT_API)
        .method_not_allowed_fallback(async || Refusal::method_not_allowed().answer())
        .fallback(async || Refusal::path_not_found().answer())
        .layer(pages_of_any_origin());
    let server_api = operations().filter(|mounted| !mounted.operation.path.starts_with(CLIENT_API));
    pipeline::mount(server_api, "", "")
        .nest(CLIENT_API, client_api)
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

fn test_connection(_: &Service, _: &Call<Service>, _: &mut Keep<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::json(&filled!(TestConnection { result: "OK" }))?)
}

fn create_session(service: &Service, call: &Call<Service>, keep: &mut Keep<'_>) -> Result<Answer, Refusal> {
    let mut batch = service.ground.batch();
    let answer = Answer::json(&open_session(service, call.request()?, &mut batch))?;
    keep.commit(batch, &answer)?;
    Ok(answer)
}

fn create_product_session(
    service: &Service,
    call: &Call<Service>,
    _: &mut Keep<'_>,
) -> Result<Answer, Refusal> {
    sessions::check_product(call.parameters.get("paymentProductId"))?;
    let session = sessions::apple_pay(call.request()?, &service.ground)?;
    Ok(Answer::json(&session)?)
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

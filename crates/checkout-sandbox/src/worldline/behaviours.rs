//! Worldline Connect as the pipeline serves it: who calls, and what its operations do.

use std::time::SystemTime;

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use checkout_core::Operation;
use serde_json::json;
use worldline_connect_models::SessionRequest;

use super::access::auth;
use super::apple_pay;
use super::refusal::Refusal;
use super::routes::CLIENT_API;
use super::service::Service;
use crate::engine::exchange::{Answer, Checks, Failure, Parameters, Received};
use crate::engine::pipeline::{self, Keep, Means, Run, Served};
use crate::engine::text::{milliseconds, sparse};

const REQUEST_TIMESTAMP: HeaderName = HeaderName::from_static("x-gcs-idempotence-request-timestamp");

type Call = pipeline::Call<Service>;
type Answered = Result<Answer, Refusal>;

impl Served for Service {
    type Caller = ();
    type Refusal = Refusal;

    fn means(&self) -> Means<'_> {
        Means {
            ground: &self.ground,
            keys: &self.keys,
            latency: self.latency,
        }
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

fn test_connection(_: &Service, _: &Call, _: &mut Keep<'_>) -> Answered {
    Ok(Answer::json(&json!({ "result": "OK" }))?)
}

fn create_session(service: &Service, call: &Call, keep: &mut Keep<'_>) -> Answered {
    let request: SessionRequest = call.request()?;
    let mut batch = service.ground.batch();
    let issued = service.sessions.open(&service.account.merchant_id, &mut batch);
    let session = sparse(json!({
        "assetUrl": format!("{}/", service.origin), "clientApiUrl": format!("{}/client", service.origin),
        "clientSessionId": issued.client_session_id, "customerId": issued.customer_id,
        // The sandbox keeps no tokens, so every token of the request is an invalid one.
        "invalidTokens": request.tokens.filter(|tokens| !tokens.is_empty()), "region": "EU",
    }));
    let answer = Answer::json(&session)?;
    keep.commit(batch, &answer).map_err(Failure::from)?;
    Ok(answer)
}

fn create_product_session(service: &Service, call: &Call, _: &mut Keep<'_>) -> Answered {
    apple_pay::check_product(call.parameters.get("paymentProductId"))?;
    let session = apple_pay::session(call.request()?, &service.ground)?;
    Ok(Answer::json(&session)?)
}

//! What happens to one request: faults put together, and carried out in their order.

use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tower_service::Service as _;
use uuid::Uuid;

use super::fault::Fault;
use super::slow_body::{stalled, truncated};
use super::together::clash;
use super::{answer, gzip, together, unknown_enum};
use crate::engine::exchange::{NoAnswer, Received};
use crate::engine::ground::Skew;
use crate::engine::spec::Api;
use crate::engine::text::time;

/// The header that says what was done to an answer on demand.
pub(crate) const APPLIED_HEADER: HeaderName = HeaderName::from_static("x-sandbox-fault-applied");

/// The header that asks for faults for the request that carries it.
pub(crate) const FAULT_HEADER: HeaderName = HeaderName::from_static("x-sandbox-fault");

/// The faults of one request. No two of them clash.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    faults: Vec<Fault>,
    /// Of the error answer, if there is one.
    reference: Uuid,
}

impl Plan {
    pub(super) const fn new(faults: Vec<Fault>, reference: Uuid) -> Self {
        Self { faults, reference }
    }

    /// Adds those that do not clash with what is there already.
    pub(super) fn add(&mut self, faults: &[Fault]) {
        for fault in faults {
            if !self.faults.iter().any(|present| clash(present, fault)) {
                self.faults.push(fault.clone());
            }
        }
    }

    /// As a rule writes them.
    pub(crate) fn text(&self) -> String {
        together::text(&self.faults)
    }

    /// Has them happen, and says afterwards which of them did.
    pub(crate) async fn carry_out(
        mut self,
        api: Api,
        mut request: Request,
        mut router: Router,
        now: impl Fn() -> SystemTime,
    ) -> (Result<Response, NoAnswer>, String) {
        let skew = self.faults.iter().find_map(|fault| match *fault {
            Fault::Skew { by, behind } => Some(Skew { by, behind }),
            _ => None,
        });
        if let Some(skew) = skew {
            request.extensions_mut().insert(skew);
        }
        let answer = match self.instead(api, &request) {
            Some(instead) => {
                // Read first: a server that closes before resets the connection, and some clients then miss the answer.
                drain(request.into_body()).await;
                instead
            }
            None => match router.call(request).await {
                Ok(answer) => Ok(self.changed(api, answer).await),
                Err(never) => match never {},
            },
        };
        for fault in &self.faults {
            if let Fault::Delay(delay) = fault {
                tokio::time::sleep(*delay).await;
            }
        }
        let answer = match answer {
            Ok(_) if self.faults.contains(&Fault::CutAfter) => Err(NoAnswer::Closed),
            Ok(answer) => {
                let mut answer = self.compressed(answer).await;
                self.set_headers(&mut answer, skew.map(|skew| skew.apply(now())));
                Ok(self.spoilt(answer).await)
            }
            Err(ended) => Err(ended),
        };
        let text = self.text();
        (answer, text)
    }

    /// What the client gets in place of the API's answer, if anything.
    fn instead(&self, api: Api, request: &Request) -> Option<Result<Response, NoAnswer>> {
        let path = request.uri().path();
        self.faults.iter().find_map(|fault| match fault {
            Fault::Status { status, error } => Some(Ok(answer::refusal(
                api,
                path,
                *status,
                error.as_deref(),
                self.reference,
            ))),
            Fault::Html { status } => Some(Ok(answer::page_of_a_proxy(*status))),
            Fault::Redirect { to } => Some(Ok(answer::redirect(path, to.as_deref()))),
            Fault::CutBefore => Some(Err(NoAnswer::Closed)),
            Fault::Reset => Some(Err(NoAnswer::Reset)),
            _ => None,
        })
    }

    /// The API's answer with an unknown value, if that is asked for and there is a field for it.
    async fn changed(&mut self, api: Api, answer: Response) -> Response {
        let asked = self
            .faults
            .iter()
            .position(|fault| matches!(fault, Fault::UnknownEnum { .. }));
        self.rewritten(answer, asked, |fault, body| match fault {
            Fault::UnknownEnum { field } => unknown_enum::changed(api, body, field.as_deref()),
            _ => None,
        })
        .await
    }

    /// The answer compressed by gzip, if that is asked for and it has a body.
    async fn compressed(&mut self, answer: Response) -> Response {
        let asked = self.faults.iter().position(|fault| *fault == Fault::Gzip);
        let mut answer = self
            .rewritten(answer, asked, |_, body| gzip::compressed(body))
            .await;
        if self.faults.contains(&Fault::Gzip) {
            let coding = HeaderValue::from_static("gzip");
            answer.headers_mut().insert(header::CONTENT_ENCODING, coding);
        }
        answer
    }

    /// The answer with another body by the fault at this place, which is dropped if it makes none.
    async fn rewritten(
        &mut self,
        answer: Response,
        fault: Option<usize>,
        rewrite: impl FnOnce(&Fault, &[u8]) -> Option<Bytes>,
    ) -> Response {
        let Some(fault) = fault else { return answer };
        let (mut parts, body) = answer.into_parts();
        let body = whole(body).await;
        let body = match rewrite(&self.faults[fault], &body) {
            Some(rewritten) => {
                parts.headers.remove(header::CONTENT_LENGTH);
                rewritten
            }
            None => {
                self.faults.remove(fault);
                body
            }
        };
        Response::from_parts(parts, Body::from(body))
    }

    fn set_headers(&self, answer: &mut Response, date: Option<SystemTime>) {
        let headers = answer.headers_mut();
        for fault in &self.faults {
            if let Fault::RetryAfter(wait) = fault {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
            }
        }
        if let Some(date) = date.and_then(time::http_date) {
            headers.insert(header::DATE, date);
        }
        if !self.faults.is_empty()
            && let Ok(text) = HeaderValue::from_str(&self.text())
        {
            headers.insert(APPLIED_HEADER, text);
        }
    }

    /// The answer with its body in two parts, or with half of it.
    async fn spoilt(&self, answer: Response) -> Response {
        let spoil = self.faults.iter().find_map(|fault| match fault {
            Fault::Stall(pause) => Some(Some(*pause)),
            Fault::Truncate => Some(None),
            _ => None,
        });
        let Some(pause) = spoil else {
            return answer;
        };
        let (mut parts, body) = answer.into_parts();
        let body = whole(body).await;
        if body.is_empty() {
            // As for `HEAD`, whose answer tells a length of its own.
            return Response::from_parts(parts, Body::empty());
        }
        // The whole length is promised, whatever comes.
        parts
            .headers
            .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        let body = match pause {
            Some(pause) => stalled(body, pause),
            None => truncated(body),
        };
        Response::from_parts(parts, body)
    }
}

/// Reads a request to its end, or as far as the API itself would.
async fn drain(body: Body) {
    // A request that cannot be read is over as well.
    let _ = Received::read(Request::new(body)).await;
}

/// All of an answer's body. The API's own are in memory, so they do not break off.
async fn whole(body: Body) -> Bytes {
    body.collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default()
}

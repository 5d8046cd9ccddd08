//! The gate that every request to either API passes: faults happen here, and the journal is written.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use tower_service::Service as _;

use super::serve::Handler;
use crate::engine::control::{Feed, ServedAs};
use crate::engine::exchange::{NoAnswer, Single, reference, single};
use crate::engine::faults::{FAULT_HEADER, Faults, Plan};
use crate::engine::ground::Ground;
use crate::engine::journal::Journal;
use crate::engine::spec::Api;
use crate::engine::text::time;
use crate::engine::{control, faults, journal};

/// What both listeners share.
pub(crate) struct Gate {
    ground: Arc<Ground>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) journal: Arc<Journal>,
    feed: Feed,
    served_as: Option<ServedAs>,
}

/// The gate before one of the APIs.
#[derive(Clone)]
pub(crate) struct Gated {
    gate: Arc<Gate>,
    api: Api,
    router: Router,
}

impl Gate {
    pub(crate) fn new(
        ground: Arc<Ground>,
        faults: Arc<Faults>,
        feed: Feed,
        served_as: Option<ServedAs>,
    ) -> Arc<Self> {
        let journal = Arc::new(Journal::new(feed.clone()));
        Arc::new(Self {
            ground,
            faults,
            journal,
            feed,
            served_as,
        })
    }

    /// Puts the gate before the routes of an API.
    pub(crate) fn before(self: &Arc<Self>, api: Api, router: Router) -> Gated {
        Gated {
            gate: Arc::clone(self),
            api,
            router,
        }
    }

    /// Fault rules, journal and events over HTTP, to this machine alone.
    pub(crate) fn control<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let feed = self.feed.clone();
        Router::new()
            .merge(faults::control::routes().with_state(Arc::clone(&self.faults)))
            .merge(journal::control::routes().with_state(Arc::clone(&self.journal)))
            .route("/_sandbox/events", get(async move || feed.stream()))
            .route_layer(middleware::from_fn(control::loopback_only))
    }

    /// With the time of the sandbox, if it says no other: a client may set its clock by it.
    fn dated(&self, mut answer: Response) -> Response {
        if let Some(date) = time::http_date(self.ground.now()) {
            answer.headers_mut().entry(header::DATE).or_insert(date);
        }
        answer
    }
}

impl Handler for Gated {
    async fn handle(&self, mut request: Request) -> Result<Response, NoAnswer> {
        if let Some(name) = &self.gate.served_as {
            request.extensions_mut().insert(name.clone());
        }
        reference::of(Arc::clone(&self.gate.ground), self.pass(request)).await
    }
}

impl Gated {
    async fn pass(&self, request: Request) -> Result<Response, NoAnswer> {
        let Self { gate, api, router } = self;
        let (mut router, api) = (router.clone(), *api);
        let path = request.uri().path();
        if api.is_own(path) {
            return Ok(answered(router.call(request).await));
        }
        let operation = api.operation(request.method(), path);
        let (mut recording, request) = gate.journal.begin(
            api,
            operation.map(|operation| operation.id),
            gate.ground.now(),
            request,
        );
        let asked = match asked(&gate.faults, request.headers()) {
            Ok(asked) => asked,
            Err(detail) => {
                let answer = {
                    let detail = format!("header X-Sandbox-Fault malformed: {detail}");
                    (api.profile().malformed_fault)(request.uri().path(), &detail)
                };
                recording.end(Some(&answer));
                return Ok(answer);
            }
        };
        let plan = asked.or_else(|| gate.faults.decide(api, operation?));
        let answer = match plan {
            None => Ok(answered(router.call(request).await)),
            Some(plan) => {
                // Noted now, for a client that hangs up meanwhile.
                recording.fault(plan.text());
                let (answer, applied) = plan.carry_out(api, request, router, || gate.ground.now()).await;
                recording.fault(applied);
                answer
            }
        };
        let answer = answer.map(|answer| gate.dated(answer));
        recording.end(answer.as_ref().ok());
        answer
    }
}

fn answered(answer: Result<Response, std::convert::Infallible>) -> Response {
    match answer {
        Ok(answer) => answer,
        Err(never) => match never {},
    }
}

/// The faults that the request itself asks for; rules then do nothing to it.
fn asked(faults: &Faults, headers: &HeaderMap) -> Result<Option<Plan>, String> {
    match single(headers, FAULT_HEADER.as_str()) {
        Single::Absent => Ok(None),
        Single::Text(text) => faults.asked(text).map(Some).map_err(|error| error.to_string()),
        Single::Unreadable => Err("send it once, as plain ASCII text".to_owned()),
    }
}

//! What happens to every request of an operation, whichever API it is of: who sends it, its parameters, its body by the spec's
//! JSON Schema, its idempotency key, and then what the operation does.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, on};
use checkout_core::{Idempotency, Operation, Sent, Validate};
use serde_json::Value;

use super::idempotency::{Claim, Keep, Key, Keys, Running};
use super::{examples, work};
use crate::engine::exchange::{
    Answer, Checks, Failure, Ignored, Parameters, Received, body, dropped, without,
};
use crate::engine::ground::{Ground, Skew};
use crate::engine::spec::Mounted;

/// What the pipeline works with for an API.
pub(crate) struct Means<'a> {
    pub(crate) ground: &'a Ground,
    pub(crate) keys: &'a Keys,
    /// How long the work on a request is said to take.
    pub(crate) latency: Duration,
}

/// An API as the pipeline serves it.
pub(crate) trait Served: Send + Sync + Sized + 'static {
    type Caller: Send + Sync + 'static;
    type Refusal: From<Failure> + Send + 'static;

    /// What the pipeline works with.
    fn means(&self) -> Means<'_>;

    /// Finds out who sends the request, and puts every check into `checks`.
    fn authenticate(
        &self,
        operation: &Operation,
        received: &Received,
        parameters: &Parameters,
        now: SystemTime,
        checks: &mut Checks,
    ) -> Result<Self::Caller, Self::Refusal>;

    /// The scope in which the idempotency key of this request is unique.
    fn scope(operation: &Operation, caller: &Self::Caller, received: &Received) -> String;

    /// Whether a second request with the same key waits for the first one to end. Else it is refused.
    const IN_TURN: bool;

    /// The header of a repeated answer that says when the first request came.
    fn repeated(_: SystemTime) -> Option<(HeaderName, HeaderValue)> {
        None
    }

    /// The function of an operation. Without one, the operation answers the example of its spec, or is refused if it moves money.
    fn behaviour(id: &str) -> Option<Run<Self>>;

    /// The field of examples that holds the address of a page of the vendor's, and the sandbox's page in its place.
    fn sample_page(&self, _: &Operation) -> Option<(&'static str, String)> {
        None
    }

    fn answer(refusal: Self::Refusal, operation: &Operation) -> Response;
}

/// The function of an operation. `Keep` keeps its change and its answer together, or neither.
pub(crate) type Run<S> = fn(&S, &Call<S>, &mut Keep<'_>) -> Result<Answer, <S as Served>::Refusal>;

/// A request that has passed every check.
pub(crate) struct Call<S: Served> {
    pub(crate) mounted: &'static Mounted,
    pub(crate) parameters: Parameters,
    /// `null` where the operation has none.
    pub(crate) body: Value,
    pub(crate) received: Received,
    pub(crate) caller: S::Caller,
}

impl<S: Served> Call<S> {
    /// The body as the type of its schema.
    pub(crate) fn request<T: Sent + Validate>(&self) -> Result<T, S::Refusal> {
        Ok(body::request(&self.body).map_err(Failure::Body)?)
    }

    fn key(&self) -> Result<Option<Key>, Failure> {
        let operation = self.mounted.operation;
        let text = match operation.idempotency {
            Idempotency::BodyField(path) => {
                let found = self.body.pointer(&format!("/{path}")).and_then(Value::as_str);
                // Without a key, a repeated request would be done twice.
                if found.is_none() && !self.may_lack(path) {
                    return Err(Failure::Unexpected(
                        "the body has no key where the spec says that it stands",
                    ));
                }
                found
            }
            Idempotency::Header(name) => self.parameters.get(name).and_then(Value::as_str),
            _ => None,
        };
        Ok(text.map(|key| Key {
            resource: S::scope(operation, &self.caller, &self.received),
            key: key.to_owned(),
        }))
    }

    /// Whether the schema of the body lets a field on this path be left out.
    fn may_lack(&self, path: &str) -> bool {
        let (description, described) = (self.mounted.description(), self.mounted.described());
        let Some(sent) = described.and_then(|described| described.body.as_ref()) else {
            return false;
        };
        let mut schema = Some(&sent.schema);
        path.split('/').any(|name| {
            let Some((_, here)) = schema.map(|schema| description.resolve(schema)) else {
                return false;
            };
            schema = here.get("properties").and_then(|fields| fields.get(name));
            let required = here.get("required").and_then(Value::as_array);
            let is_required = required.is_some_and(|names| names.iter().any(|required| required == name));
            schema.is_some() && !is_required
        })
    }
}

/// Routes for these operations, below `base` and without the beginning of their paths that `below` names.
pub(crate) fn mount<S: Served>(
    operations: impl Iterator<Item = &'static Mounted>,
    base: &str,
    below: &str,
) -> Router<Arc<S>> {
    let mut router = Router::new();
    for mounted in operations {
        let Some(path) = mounted.operation.path.strip_prefix(below) else {
            continue;
        };
        let Ok(method) = mounted.operation.method.parse::<axum::http::Method>() else {
            continue;
        };
        let Ok(filter) = MethodFilter::try_from(method) else {
            continue;
        };
        let serve = async move |State(service): State<Arc<S>>, path: PathOf, request: Request| {
            serve(service, mounted, path, request).await
        };
        router = router.route(&format!("{base}{path}"), on(filter, serve));
    }
    router
}

type PathOf = Result<Path<Vec<(String, String)>>, axum::extract::rejection::PathRejection>;

async fn serve<S: Served>(
    service: Arc<S>,
    mounted: &'static Mounted,
    path: PathOf,
    request: Request,
) -> Response {
    let operation = mounted.operation;
    let mut checks = Checks::default();
    let answer = match accept(&*service, mounted, path, request, &mut checks).await {
        Ok((call, ignored)) => {
            // What is accepted is done, even if its client hangs up meanwhile.
            let worked = work::to_its_end(async move { work_on(&*service, call).await }).await;
            ignored.tell(worked.unwrap_or_else(|| {
                S::answer(
                    Failure::Unexpected("work on the request broke off").into(),
                    operation,
                )
            }))
        }
        Err(refusal) => S::answer(refusal, operation),
    };
    tracing::debug!(
        operation = operation.id,
        status = answer.status().as_u16(),
        "request"
    );
    checks.tell(answer)
}

/// Authenticates first, so that a stranger learns nothing of the schema.
async fn accept<S: Served>(
    service: &S,
    mounted: &'static Mounted,
    path: PathOf,
    request: Request,
    checks: &mut Checks,
) -> Result<(Call<S>, Ignored), S::Refusal> {
    let Path(path) = path.map_err(|_| Failure::Path)?;
    let now = Skew::of(&request).apply(service.means().ground.now());
    let received = Received::read(request).await.map_err(Failure::Read)?;
    let described = mounted
        .described()
        .ok_or(Failure::Unexpected("the operation has no description"))?;
    let parameters = Parameters::read(mounted, path, &received);
    let caller = service.authenticate(mounted.operation, &received, &parameters, now, checks)?;
    let faults = parameters.faults(mounted);
    if !faults.is_empty() {
        return Err(Failure::Parameters(faults).into());
    }
    let mut ignored = parameters.unknown.clone();
    let body = match &described.body {
        Some(sent) if sent.required || !received.body.is_empty() => {
            let body = body::read(&received, mounted.body()).map_err(Failure::Body)?;
            let dropped = dropped(mounted.description(), &sent.schema, &body);
            let body = without(body, &dropped);
            ignored.extend(dropped);
            body
        }
        _ => Value::Null,
    };
    let call = Call {
        mounted,
        parameters,
        body,
        received,
        caller,
    };
    Ok((call, Ignored(ignored)))
}

async fn work_on<S: Served>(service: &S, call: Call<S>) -> Response {
    let operation = call.mounted.operation;
    let refuse = |fault: Failure| S::answer(fault.into(), operation);
    let key = match call.key() {
        Ok(key) => key,
        Err(fault) => return refuse(fault),
    };
    match key {
        None => run(service, &call, None).await,
        Some(key) => {
            let Means { ground, keys, .. } = service.means();
            let (body, now) = (&call.received.body, ground.now());
            let claim = if S::IN_TURN {
                keys.claim_in_turn(key, body, now).await
            } else {
                keys.claim(key, body, now)
            };
            let (answer, began) = match claim {
                Claim::First(running) => return run(service, &call, Some(running)).await,
                Claim::Replay { answer, began } => (answer.into_response(), began),
                Claim::InProgress { began } => (refuse(Failure::InProgress), began),
                Claim::Reused { began } => (refuse(Failure::Reused), began),
            };
            said_again::<S>(answer, began)
        }
    }
}

async fn run<S: Served>(service: &S, call: &Call<S>, running: Option<Running<'_>>) -> Response {
    let operation = call.mounted.operation;
    let Means { ground, latency, .. } = service.means();
    work::pretend(latency).await;
    let mut keep = Keep::new(ground, running);
    let outcome = match S::behaviour(operation.id) {
        Some(run) => run(service, call, &mut keep),
        None if operation.moves_money => Err(Failure::NoBehaviour.into()),
        None => {
            let page = service.sample_page(operation);
            examples::answer(call.mounted, &call.parameters, &call.body, page).map_err(Into::into)
        }
    };
    let kept = outcome.and_then(|answer| {
        keep.end(&answer).map_err(Failure::from)?;
        Ok(answer)
    });
    match kept {
        Ok(answer) => answer.into_response(),
        Err(refusal) => S::answer(refusal, operation),
    }
}

fn said_again<S: Served>(mut answer: Response, began: SystemTime) -> Response {
    if let Some((name, value)) = S::repeated(began) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http_body_util::BodyExt as _;
    use tower_service::Service as _;

    use super::*;
    use crate::engine::ground::Table;
    use crate::engine::spec::Api;
    use crate::noah::refusal::Refusal;

    /// An API that has no behaviour for anything.
    struct Bare {
        ground: Arc<Ground>,
        keys: Keys,
    }

    impl Served for Bare {
        type Caller = ();
        type Refusal = Refusal;

        const IN_TURN: bool = false;

        fn means(&self) -> Means<'_> {
            let (ground, keys, latency) = (&*self.ground, &self.keys, Duration::ZERO);
            Means {
                ground,
                keys,
                latency,
            }
        }

        fn authenticate(
            &self,
            _: &Operation,
            _: &Received,
            _: &Parameters,
            _: SystemTime,
            _: &mut Checks,
        ) -> Result<(), Refusal> {
            Ok(())
        }

        fn scope(operation: &Operation, (): &(), _: &Received) -> String {
            operation.id.to_owned()
        }

        fn behaviour(_: &str) -> Option<Run<Self>> {
            None
        }

        fn answer(refusal: Refusal, operation: &Operation) -> Response {
            refusal.answer(operation.id)
        }
    }

    /// An example in answer to a payment would be a payment that nobody made.
    #[tokio::test]
    async fn what_moves_money_is_refused_without_a_behaviour_and_the_rest_answers_its_example() {
        let ground = Arc::new(Ground::for_tests());
        let keys = Keys::new(Arc::clone(&ground), Table::new("keys"), None).unwrap();
        let operations = Api::Noah.mounted();
        let mut router = mount(operations.iter(), "", "").with_state(Arc::new(Bare { ground, keys }));
        let mut refused = 0;
        for mounted in operations {
            let Mounted { operation, .. } = mounted;
            let Some(body) = &mounted.described().unwrap().body else {
                assert!(!operation.moves_money, "{}", operation.id);
                continue;
            };
            for example in body.examples.values() {
                let request = Request::builder()
                    .method(operation.method)
                    .uri(operation.path.replace("{CustomerID}", "customer-1"))
                    .header("Content-Type", "application/json")
                    .body(Body::from(example.value.to_string()));
                let answer = router.call(request.unwrap()).await.unwrap();
                let status = answer.status().as_u16();
                let told = answer.into_body().collect().await.unwrap().to_bytes();
                let is_refused = String::from_utf8_lossy(&told).contains("nothing was done");
                assert_eq!(
                    (is_refused, status == 400),
                    (operation.moves_money, operation.moves_money),
                    "{}",
                    operation.id
                );
                refused += usize::from(is_refused);
            }
        }
        assert!(refused >= 8, "{refused}");
    }
}

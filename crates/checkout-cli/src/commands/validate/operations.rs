//! What a body can be of, and how each is checked: by the spec's schema first, then by the client that would send it.

use std::fmt;

use checkout_core::given::quotable;
use checkout_core::key::{Algorithm, SigningKey};
use checkout_core::near::nearest;
use checkout_core::validate::Rule;
use hosted_checkout::noah::models::{
    CheckoutSession, Customer, EventType, FiatDeposit, Transaction, Webhook,
};
use hosted_checkout::noah::{Credentials, Environment, Noah};
use hosted_checkout::worldline::models::WebhooksEvent;
use hosted_checkout::worldline::{Connect, Endpoint, Server};
use hosted_checkout::{Arguments, Error};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Failure;
use crate::api::{Api, Client};
use crate::operations::Subject as Operation;
use crate::validation::{self, Problem};

/// The body of a webhook of NOAH's.
const NOAH_WEBHOOK: &str = "noahWebhook";
/// The body of a webhook of Worldline Connect's.
const WORLDLINE_WEBHOOK: &str = "worldlineWebhook";

/// One thing that a body can be of.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Subject {
    id: &'static str,
    api: &'static str,
    method: &'static str,
    path: &'static str,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) problems: Vec<Problem>,
    /// What the API may take, and is probably not meant.
    pub(super) warnings: Vec<Problem>,
    /// JSON pointers to fields that nobody reads.
    pub(super) unknown: Vec<String>,
}

impl Checked {
    pub(super) fn of(problems: Vec<Problem>) -> Self {
        Self {
            problems,
            ..Self::default()
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            api,
            method,
            path,
        } = self;
        write!(f, "{id:<27} {api:<10} {method} {path}")
    }
}

/// Everything that has a body.
pub(super) fn all() -> impl Iterator<Item = Subject> {
    let of = |api: Api, name: &'static str, webhook: &'static str| {
        let bodies = api.subjects().filter(|operation| operation.is.body.is_some());
        let operations = bodies.map(move |operation| Subject {
            id: operation.operation.id,
            api: name,
            method: operation.operation.method,
            path: operation.operation.path,
        });
        operations.chain([Subject {
            id: webhook,
            api: name,
            method: "POST",
            path: "(webhook)",
        }])
    };
    of(Api::Noah, "NOAH", NOAH_WEBHOOK).chain(of(Api::Worldline, "Worldline", WORLDLINE_WEBHOOK))
}

/// By its id, in any case of letters.
pub(super) fn find(id: &str) -> Result<Subject, String> {
    all()
        .find(|subject| subject.id.eq_ignore_ascii_case(id))
        .ok_or_else(|| {
            let ids: Vec<&str> = all().map(|subject| subject.id).collect();
            let meant = nearest(id, ids.iter().copied()).map(|meant| format!("; was {meant} meant?"));
            format!(
                "{:?} is no operation with a body{}; choose from {}",
                quotable(id),
                meant.unwrap_or_default(),
                ids.join(", ")
            )
        })
}

/// # Errors
/// No client can be made.
pub(super) fn check(subject: Subject, body: &Value, environment: Environment) -> Result<Checked, Failure> {
    let operation = [Api::Noah, Api::Worldline]
        .into_iter()
        .find_map(|api| Operation::find(api, subject.id));
    Ok(match operation {
        None if subject.id == NOAH_WEBHOOK => noah_webhook(body),
        None => Checked {
            problems: validation::structural(&validation::schema_of::<WebhooksEvent>(), body),
            unknown: validation::unknown::<WebhooksEvent>(body),
            ..Checked::default()
        },
        Some(operation) => {
            let client = match operation.api {
                Api::Noah => noah(environment).map(Client::Noah),
                Api::Worldline => server().map(Client::Worldline),
            };
            by_client(operation, body, &client.map_err(Failure::unavailable)?)
        }
    })
}

/// Against the schema; and if it fits, by the rules of the client that would send it.
fn by_client(operation: Operation, body: &Value, client: &Client) -> Checked {
    let described = operation.api.described();
    let schema = operation
        .is
        .body
        .as_ref()
        .map(|body| described.standalone(&body.schema))
        .unwrap_or_default();
    let broken = validation::structural(&schema, body);
    if !broken.is_empty() {
        return Checked::of(broken);
    }
    // What only a device sends is checked as what a server sends in its place.
    let schema_of = |operation: &Operation| operation.is.body.as_ref().map(|body| &body.schema);
    let is_same = |other: &Operation| other.is.id == operation.is.id;
    let is_alike = |other: &Operation| schema_of(other) == schema_of(&operation);
    let sent = || operation.api.commands();
    let operation = sent()
        .find(is_same)
        .or_else(|| sent().find(is_alike))
        .unwrap_or(operation);
    let stand_ins = operation.stand_ins().into_iter();
    let arguments = stand_ins.fold(Arguments::new(), |arguments, (name, value)| {
        arguments.parameter(name, value)
    });
    let mut checked = Checked::default();
    match client.prepare(operation.operation.id, arguments.body(body.clone())) {
        Ok(prepared) => checked.warnings = Problem::all(prepared.warnings()),
        Err(error) => match error.violations() {
            Some(violations) => {
                // The schema holds, so what has no place is a field that it does not know.
                let (unknown, broken): (Vec<_>, Vec<_>) =
                    violations.iter().partition(|it| it.rule == Rule::Shape);
                checked.unknown = unknown
                    .into_iter()
                    .map(|violation| violation.pointer.clone())
                    .collect();
                checked.problems = Problem::all(broken);
                checked.warnings = Problem::all(violations.warnings());
            }
            None => checked.problems.push(Problem::new("", error.to_string())),
        },
    }
    // What is wrong is said once.
    let Checked {
        problems, warnings, ..
    } = &mut checked;
    warnings.retain(|warning| problems.iter().all(|problem| problem.pointer != warning.pointer));
    checked
}

/// The envelope, then the object by its type.
fn noah_webhook(body: &Value) -> Checked {
    // The object is told apart by `EventType`, not by what it looks like.
    let envelope = validation::differences(&validation::schema_of::<Webhook>(), &without_data(body));
    let mut checked = Checked::of(
        envelope
            .into_iter()
            .map(|difference| difference.problem)
            .filter(|problem| !problem.pointer.starts_with("/Data"))
            .collect(),
    );
    let Some(data) = body.get("Data") else {
        checked.problems.push(Problem::new("/Data", "is required"));
        return checked;
    };
    let event_type = EventType::from(body["EventType"].as_str().unwrap_or_default());
    let of_data = match event_type {
        EventType::Transaction => received::<Transaction>(data),
        EventType::FiatDeposit => received::<FiatDeposit>(data),
        EventType::CheckoutSession => received::<CheckoutSession>(data),
        EventType::Customer => received::<Customer>(data),
        _ => Checked {
            unknown: vec!["/EventType".to_owned()],
            ..Checked::default()
        },
    };
    let below = |pointer: String| format!("/Data{pointer}");
    let is_known = event_type.is_known();
    checked.problems.extend(
        of_data
            .problems
            .into_iter()
            .map(|problem| Problem::new(below(problem.pointer), problem.message)),
    );
    let unknown = of_data.unknown.into_iter();
    checked
        .unknown
        .extend(unknown.map(|pointer| if is_known { below(pointer) } else { pointer }));
    checked
}

fn without_data(body: &Value) -> Value {
    let mut envelope = body.clone();
    if let Some(fields) = envelope.as_object_mut() {
        fields.remove("Data");
    }
    envelope
}

/// What is received is checked by the whole schema: there is no sender of it here whose rules would be stricter.
fn received<T: DeserializeOwned + Serialize + JsonSchema>(data: &Value) -> Checked {
    let problems: Vec<Problem> = validation::differences(&validation::schema_of::<T>(), data)
        .into_iter()
        .map(|difference| difference.problem)
        .collect();
    Checked {
        problems,
        unknown: validation::unknown::<T>(data),
        ..Checked::default()
    }
}

/// A client that prepares requests and never sends one.
fn noah(environment: Environment) -> Result<Noah, Error> {
    let credentials = match environment {
        Environment::Sandbox => Credentials::sandbox_unsigned("apikey_sandbox_unused"),
        Environment::Local => Credentials::local_unsigned("http://127.0.0.1:9/v1", "apikey_sandbox_unused"),
        Environment::Production => {
            let key = SigningKey::generate(Algorithm::ES384)
                .map_err(|error| Error::configuration(error.to_string()))?;
            Credentials::production("apikey_prod_unused", key)
        }
    };
    Noah::new(credentials?)
}

/// The same for Worldline Connect.
fn server() -> Result<Server, Error> {
    let credentials = hosted_checkout::worldline::Credentials::builder()
        .merchant_id("unused")
        .api_key_id("unused")
        .secret_api_key("unused")
        .integrator("unused")
        .build()
        .map_err(|error| Error::configuration(error.to_string()))?;
    Connect::new(Endpoint::sandbox(), credentials).map(|connect| connect.server())
}

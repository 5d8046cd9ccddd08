//! What a body can be of, and how each is checked: by the spec's schema first, then by the client that would send it.

use checkout_core::given::quotable;
use std::fmt;

use checkout_core::Operation;
use checkout_core::key::{Algorithm, SigningKey};
use checkout_core::near::nearest;
use checkout_transport::Prepared;
use hosted_checkout::Error;
use hosted_checkout::noah::models::{
    CheckoutManageRequest, CheckoutPayinFiatRequest, CheckoutSellRequest, CheckoutSession, Customer,
    EventType, FiatDeposit, Transaction, Webhook,
};
use hosted_checkout::noah::{Checkout, Credentials, Environment, Noah};
use hosted_checkout::worldline::models::{CreatePaymentProductSessionRequest, SessionRequest, WebhooksEvent};
use hosted_checkout::worldline::{APPLE_PAY, Connect, Endpoint, Server};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::validation::{self, Fit, Problem};
use crate::{Failure, requests};

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
    let of = |api: &'static str| {
        move |operation: &'static Operation| Subject {
            id: operation.id,
            api,
            method: operation.method,
            path: operation.path,
        }
    };
    let webhook = |id, api| Subject {
        id,
        api,
        method: "POST",
        path: "(webhook)",
    };
    let noah = noah_models::operations::ALL.iter().map(of("NOAH"));
    let worldline = worldline_connect_models::operations::ALL
        .iter()
        .map(of("Worldline"));
    noah.chain([webhook(NOAH_WEBHOOK, "NOAH")])
        .chain(worldline)
        .chain([webhook(WORLDLINE_WEBHOOK, "Worldline")])
        .filter(|subject| subject.method != "GET")
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
    let operations = noah_models::operations::ALL;
    let is = |operation: &Operation| operation.id == subject.id;
    Ok(if operations.iter().any(is) {
        let checkout = checkout(environment).map_err(Failure::unavailable)?;
        match subject.id {
            id if id == noah_models::operations::CREATE_MANAGED_SESSION.id => {
                by_client(body, |request: CheckoutManageRequest| {
                    requests::manage(&checkout, request).map(warnings)
                })
            }
            id if id == noah_models::operations::CREATE_SELL.id => {
                by_client(body, |request: CheckoutSellRequest| {
                    requests::sell(&checkout, request).map(warnings)
                })
            }
            _ => by_client(body, |request: CheckoutPayinFiatRequest| {
                requests::pay_in_fiat(&checkout, request).map(warnings)
            }),
        }
    } else if subject.id == NOAH_WEBHOOK {
        noah_webhook(body)
    } else if subject.id == WORLDLINE_WEBHOOK {
        by_client(body, |_: WebhooksEvent| Ok(Vec::new()))
    } else {
        let server = server().map_err(Failure::unavailable)?;
        let key = || requests::fresh_key().into();
        if is(&worldline_connect_models::operations::CREATE_SESSION) {
            by_client(body, |request: SessionRequest| {
                requests::client_session(&server, key(), request).map(warnings)
            })
        } else {
            // Server and device send the same body; 302 is the only product that has sessions.
            by_client(body, |request: CreatePaymentProductSessionRequest| {
                requests::product_session(&server, APPLE_PAY, key(), request).map(warnings)
            })
        }
    })
}

/// Against the type's schema; and if it fits, by the rules of the client that would send it.
fn by_client<T>(body: &Value, prepare: impl FnOnce(T) -> Result<Vec<Problem>, Error>) -> Checked
where
    T: DeserializeOwned + Serialize + JsonSchema,
{
    let Fit { value, unknown } = match validation::read::<T>(body) {
        Ok(fit) => fit,
        Err(problems) => return Checked::of(problems),
    };
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    match prepare(value) {
        Ok(found) => warnings = found,
        Err(error) => match error.violations() {
            Some(violations) => {
                problems.extend(Problem::of(violations));
                warnings = Problem::all(violations.warnings());
                // What is wrong is said once.
                warnings.retain(|warning| problems.iter().all(|problem| problem.pointer != warning.pointer));
            }
            None => problems.push(Problem::new("", error.to_string())),
        },
    }
    Checked {
        problems,
        warnings,
        unknown,
    }
}

fn warnings<C>(prepared: Prepared<C>) -> Vec<Problem> {
    Problem::all(prepared.warnings())
}

/// The envelope, then the object by its type.
fn noah_webhook(body: &Value) -> Checked {
    // The object is told apart by `EventType`, not by what it looks like.
    let envelope = validation::differences::<Webhook>(&without_data(body));
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
    let problems: Vec<Problem> = validation::differences::<T>(data)
        .into_iter()
        .map(|difference| difference.problem)
        .collect();
    let unknown = validation::read::<T>(data)
        .map(|fit| fit.unknown)
        .unwrap_or_default();
    Checked {
        problems,
        unknown,
        ..Checked::default()
    }
}

/// A client that prepares requests and never sends one.
fn checkout(environment: Environment) -> Result<Checkout, Error> {
    let credentials = match environment {
        Environment::Sandbox => Credentials::sandbox_unsigned("apikey_sandbox_unused"),
        Environment::Local => Credentials::local_unsigned("http://127.0.0.1:9/v1", "apikey_sandbox_unused"),
        Environment::Production => {
            let key = SigningKey::generate(Algorithm::ES384)
                .map_err(|error| Error::configuration(error.to_string()))?;
            Credentials::production("apikey_prod_unused", key)
        }
    };
    Noah::new(credentials?).map(|noah| noah.checkout())
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

//! What a body can be of, and how each is checked: by the spec's schema first, then by the client that would send it.

use checkout_core::given::quotable;
use checkout_core::near::suggestion;
use checkout_core::validate::Rule;
use hosted_checkout::Arguments;
use hosted_checkout::noah::Environment;
use hosted_checkout::noah::models::EventType;
use serde_json::{Value, json};

use crate::Failure;
use crate::api::{Api, Client};
use crate::operations::{Subject as Operation, unknown};
use crate::validation::{self, LocatedViolation};

/// One thing that a body can be of.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Operation(Operation),
    /// A webhook of this API.
    Webhook(Api),
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) problems: Vec<LocatedViolation>,
    /// What the API may take, and is probably not meant.
    pub(super) warnings: Vec<LocatedViolation>,
}

impl Checked {
    pub(super) fn of(problems: Vec<LocatedViolation>) -> Self {
        Self {
            problems,
            ..Self::default()
        }
    }

    fn unknown(&mut self, pointers: impl IntoIterator<Item = String>) {
        let message = "is not known to the API, which passes over it; is the name right?";
        let unknown = pointers
            .into_iter()
            .map(|pointer| LocatedViolation::new(pointer, message));
        self.warnings.extend(unknown);
    }
}

impl Subject {
    pub(super) fn api(self) -> Api {
        match self {
            Self::Operation(operation) => operation.api,
            Self::Webhook(api) => api,
        }
    }

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Operation(operation) => operation.operation.id,
            Self::Webhook(Api::Noah) => "noahWebhook",
            Self::Webhook(Api::Worldline) => "worldlineWebhook",
        }
    }

    /// Method and path.
    pub(super) fn called(self) -> [&'static str; 2] {
        match self {
            Self::Operation(operation) => [operation.operation.method, operation.operation.path],
            Self::Webhook(_) => ["POST", "(webhook)"],
        }
    }
}

/// Everything that has a body.
pub(super) fn all() -> impl Iterator<Item = Subject> {
    [Api::Noah, Api::Worldline].into_iter().flat_map(|api| {
        let bodies = api.subjects().filter(|operation| operation.is.body.is_some());
        bodies.map(Subject::Operation).chain([Subject::Webhook(api)])
    })
}

/// By its id, in any case of letters.
pub(super) fn find(id: &str) -> Result<Subject, String> {
    let found = all().find(|subject| subject.id().eq_ignore_ascii_case(id));
    found.ok_or_else(|| {
        let ids: Vec<&str> = all().map(Subject::id).collect();
        format!(
            "{:?} is no operation with a body{}; choose from {}",
            quotable(id),
            suggestion(id, ids.iter().copied()).unwrap_or_default(),
            ids.join(", ")
        )
    })
}

/// # Errors
/// No client can be made.
pub(super) fn check(subject: Subject, body: &Value, environment: Environment) -> Result<Checked, Failure> {
    match subject {
        Subject::Webhook(api) => Ok(webhook(api, body)),
        Subject::Operation(operation) => {
            let environment = |name: &str| (name == "NOAH_ENVIRONMENT").then(|| environment.to_string());
            let client = Client::of_stand_ins(operation.api, environment)?;
            by_client(operation, body, &client)
        }
    }
}

/// Against the schema; and if it fits, by the rules of the client that would send it.
fn by_client(operation: Operation, body: &Value, client: &Client) -> Result<Checked, Failure> {
    let schema_of = |operation: &Operation| operation.is.body.as_ref().map(|body| &body.schema);
    let schema = schema_of(&operation).map(|schema| operation.api.described().standalone(schema));
    let broken = validation::structural(&schema.unwrap_or_default(), body);
    if !broken.is_empty() {
        return Ok(Checked::of(broken));
    }
    // What only a device sends is checked as what a server sends in its place.
    let mut sent = operation.api.commands();
    let is_alike = |other: &Operation| schema_of(other) == schema_of(&operation);
    let mut commands = operation.api.commands();
    let is_command = commands.any(|other| other.is.id == operation.is.id);
    let operation = sent.find(is_alike).filter(|_| !is_command).unwrap_or(operation);
    let stand_ins = operation.stand_ins().into_iter();
    let arguments = stand_ins.fold(Arguments::new(), |arguments, (name, value)| {
        arguments.parameter(name, value)
    });
    let mut checked = Checked::default();
    match client.prepare(operation.operation.id, arguments.body(body.clone())) {
        Ok(prepared) => checked.warnings = LocatedViolation::all(prepared.warnings()),
        Err(error) => match error.violations() {
            Some(violations) => {
                // The schema holds, so what has no place is a field that it does not know.
                let (strange, broken): (Vec<_>, Vec<_>) =
                    violations.iter().partition(|it| it.rule == Rule::Shape);
                checked.problems = LocatedViolation::all(broken);
                checked.warnings = LocatedViolation::all(violations.warnings());
                checked.unknown(strange.into_iter().map(|violation| violation.pointer.clone()));
            }
            None => checked
                .problems
                .push(LocatedViolation::new("", error.to_string())),
        },
    }
    // What is wrong is said once.
    let Checked { problems, warnings } = &mut checked;
    warnings.retain(|warning| problems.iter().all(|problem| problem.pointer != warning.pointer));
    Ok(checked)
}

/// What is received is checked by the schema: there is no sender of it here whose rules would be stricter.
fn webhook(api: Api, body: &Value) -> Checked {
    let described = api.described();
    let definitions = &described.definitions;
    let mut schema = match api {
        Api::Noah => definitions["Webhook"].clone(),
        Api::Worldline => definitions["WebhooksEvent"].clone(),
    };
    let event_type = body["EventType"].as_str().unwrap_or_default();
    let is_known = EventType::from(event_type).is_known();
    if api == Api::Noah {
        // The object is told apart by `EventType`, not by what it looks like.
        schema["properties"]["Data"] = if is_known {
            json!({"$ref": format!("#/$defs/{event_type}")})
        } else {
            json!({})
        };
    }
    let whole = described.standalone(&schema);
    let mut checked = Checked::of(match api {
        Api::Noah => LocatedViolation::all(&validation::faults(&whole, body)),
        // Of this API's texts less is known.
        Api::Worldline => validation::structural(&whole, body),
    });
    checked.unknown(unknown(described, &schema, body));
    checked.unknown((api == Api::Noah && !is_known).then(|| "/EventType".to_owned()));
    checked
}

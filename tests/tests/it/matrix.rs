//! Every operation of both APIs in every way in which a caller meets it: a row an operation, a column a way.
//!
//! Rows, calls and answers come from the specs and their named examples, and the calls go through the door by id. So an operation
//! that is added to a spec has its row at once; a hole fails with its name. `cargo test matrix::table -- --nocapture` prints all.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use checkout_core::Operation;
use checkout_core::described::{DescribedAnswer, DescribedOperation, DescribedParameter, Description};
use checkout_core::key::SigningKey;
use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{CallOptions, Error, PreparedRequest, Response};
use hosted_checkout::Arguments;
use hosted_checkout::noah::Noah;
use hosted_checkout::worldline::{Client as Device, Server};
use serde::Deserialize;
use serde_json::Value;
use tests::spec::{self, Spec};

use crate::shop::{self, caught};

mod as_sent;
mod command;
mod lenient;
mod recoded;
mod reference;
mod refusals;
mod round_trip;
mod unknown;

/// What the settings of the generator say of an API, as far as the calls of an operation depend on it.
#[derive(Debug, Deserialize)]
pub(crate) struct Settings {
    /// By hand-written client: the parameters that it fills in.
    #[serde(default)]
    clients: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    calls: BTreeMap<String, CallSettings>,
}

#[derive(Debug, Deserialize)]
struct CallSettings {
    /// Fields of the body, and where the answer repeats them.
    #[serde(default)]
    echo: BTreeMap<String, String>,
    /// A type of hand-written code for the answer.
    returns: Option<String>,
}

/// One operation.
pub(crate) struct Row {
    pub(crate) spec: &'static Spec,
    pub(crate) description: &'static Description,
    pub(crate) operation: &'static Operation,
    pub(crate) described: &'static DescribedOperation,
    settings: &'static Settings,
}

/// What a call is made with.
#[derive(Clone, Default)]
pub(crate) struct Given {
    /// The name of the example.
    pub(crate) name: String,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
}

/// Which of the clients.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Noah,
    Server,
    Device,
}

/// A client that has the operation.
pub(crate) enum Client {
    Noah(Noah),
    Server(Server),
    Device(Device),
}

/// All operations of both APIs, in the order of their specs.
pub(crate) fn rows() -> &'static [Row] {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
        let apis = [
            (
                spec::noah(),
                noah_models::described(),
                noah_models::operations::ALL,
                include_str!("../../../openapi/noah.gen.toml"),
            ),
            (
                spec::worldline_connect(),
                worldline_connect_models::described(),
                worldline_connect_models::operations::ALL,
                include_str!("../../../openapi/worldline-connect.gen.toml"),
            ),
        ];
        let mut rows = Vec::new();
        for (spec, description, operations, settings) in apis {
            let settings: &Settings = Box::leak(Box::new(toml::from_str(settings).unwrap()));
            rows.extend(operations.iter().map(|operation| Row {
                spec,
                description,
                operation,
                described: description.operation(operation.id).unwrap(),
                settings,
            }));
        }
        rows
    });
    &ROWS
}

impl Row {
    pub(crate) fn id(&self) -> &'static str {
        self.operation.id
    }

    /// A call for each example of the body, the first with all parameters that have an example, for no key may come with two
    /// bodies. Without a body, one with all of them, and one with those that it cannot do without.
    pub(crate) fn calls(&self) -> Vec<Given> {
        let call = |name: &str, all: bool, body: Option<&Value>| Given {
            name: name.to_owned(),
            parameters: self.parameters(all),
            body: body.cloned(),
        };
        match &self.described.body {
            Some(body) => {
                let examples = body.examples.iter().enumerate();
                examples
                    .map(|(number, (name, example))| call(name, number == 0, Some(&example.value)))
                    .collect()
            }
            None => {
                let mut calls = vec![call("Full", true, None)];
                if self.parameters(false) != self.parameters(true) {
                    calls.push(call("Minimal", false, None));
                }
                calls
            }
        }
    }

    /// The parameters that the client does not fill in.
    pub(crate) fn own_parameters(&self) -> impl Iterator<Item = &'static DescribedParameter> {
        let known: Vec<&String> = self.settings.clients.values().flatten().collect();
        let parameters = self.described.parameters.iter();
        parameters.filter(move |parameter| !known.contains(&&parameter.name))
    }

    /// A value for a parameter that goes with those of the others. Of two that exclude each other, one has none, and a page that
    /// no answer named has none either.
    pub(crate) fn example(&self, parameter: &'static DescribedParameter) -> Option<&'static Value> {
        let (_, schema) = self.description.resolve(&parameter.schema);
        let of_schema = schema
            .pointer("/examples/0")
            .filter(|_| parameter.required || parameter.place == "header");
        let example = parameter.example.as_ref().or(of_schema);
        let name = &parameter.name;
        assert!(
            example.is_some() || !parameter.required,
            "{}: {name} has no example",
            self.id()
        );
        example
    }

    /// Examples of the parameters, of a list one for each item.
    fn parameters(&self, all: bool) -> Vec<(String, String)> {
        let mut given = Vec::new();
        for parameter in self
            .own_parameters()
            .filter(|parameter| all || parameter.required)
        {
            let items = match self.example(parameter) {
                Some(Value::Array(items)) => items.iter().collect(),
                other => Vec::from_iter(other),
            };
            given.extend(items.into_iter().map(|item| {
                let text = item.as_str().map_or_else(|| item.to_string(), str::to_owned);
                (parameter.name.clone(), text)
            }));
        }
        given
    }

    /// The documented successes.
    pub(crate) fn successes(&self) -> impl Iterator<Item = &'static DescribedAnswer> {
        let answers = self.described.responses.iter();
        answers.filter(|answer| answer.status.starts_with('2'))
    }

    /// The documented answers of another kind.
    pub(crate) fn refusals(&self) -> impl Iterator<Item = &'static DescribedAnswer> {
        let answers = self.described.responses.iter();
        answers.filter(|answer| !answer.status.starts_with('2'))
    }

    /// Every success that the spec shows: its status, and its body unless it has none.
    pub(crate) fn answers(&self) -> Vec<(u16, Option<&'static Value>)> {
        let mut all = Vec::new();
        for answer in self.successes() {
            let status = answer.status.parse().unwrap();
            all.extend(
                answer
                    .examples
                    .values()
                    .map(|example| (status, Some(&example.value))),
            );
            if answer.schema.is_none() {
                all.push((status, None));
            }
        }
        all
    }

    /// The answer as one to this call: what is compared agrees.
    pub(crate) fn agreeing(&self, answer: &Value, given: &Given) -> Value {
        let mut answer = answer.clone();
        let settings = self.settings.calls.get(self.id());
        for (field, pointer) in settings.into_iter().flat_map(|settings| &settings.echo) {
            let asked = given.body.as_ref().and_then(|body| body.get(field));
            if let (Some(said), Some(asked)) = (answer.pointer_mut(pointer), asked) {
                *said = asked.clone();
            }
        }
        answer
    }

    /// Whether the answer goes through code that is the operation's own.
    pub(crate) fn has_own_answer(&self) -> bool {
        let settings = self.settings.calls.get(self.id());
        settings.is_some_and(|settings| settings.returns.is_some())
    }

    /// The component of a body, and of an answer.
    pub(crate) fn component(&self, schema: &'static Value) -> &'static str {
        let (name, _) = self.description.resolve(schema);
        name.unwrap_or_else(|| panic!("{}: a body without a component", self.id()))
    }

    /// Which client has the operation.
    pub(crate) fn api(&self) -> Api {
        if std::ptr::eq(self.spec, spec::noah()) {
            Api::Noah
        } else if self.described.path.starts_with("/client/") {
            Api::Device
        } else {
            Api::Server
        }
    }

    /// That client, over this wire.
    pub(crate) fn client(&self, wire: &ScriptedWire, key: &SigningKey, options: CallOptions) -> Client {
        let connect = || shop::connect_with(wire, options);
        match self.api() {
            Api::Noah => Client::Noah(shop::noah_with(wire, Some(key.clone()), options)),
            Api::Server => Client::Server(connect().server()),
            Api::Device => {
                let (session, device) = (shop::client_session(), shop::device());
                Client::Device(connect().client(&session, &device).unwrap())
            }
        }
    }
}

impl Given {
    pub(crate) fn arguments(&self) -> Arguments {
        let mut arguments = Arguments::new();
        for (name, value) in &self.parameters {
            arguments = arguments.parameter(name, value);
        }
        match &self.body {
            Some(body) => arguments.body(body.clone()),
            None => arguments,
        }
    }
}

impl Client {
    pub(crate) fn prepare(&self, id: &str, given: &Given) -> Result<PreparedRequest, Error> {
        let arguments = given.arguments();
        match self {
            Self::Noah(noah) => noah.prepare_by_id(id, arguments),
            Self::Server(server) => server.prepare_by_id(id, arguments),
            Self::Device(device) => device.prepare_by_id(id, arguments),
        }
    }

    pub(crate) async fn send(&self, request: &PreparedRequest) -> Result<Response<Value>, Error> {
        match self {
            Self::Noah(noah) => noah.send_by_id(request).await,
            Self::Server(server) => server.send_by_id(request).await,
            Self::Device(device) => device.send_by_id(request).await,
        }
    }
}

/// An answer, or a step without a body.
pub(crate) fn answered(status: u16, body: Option<&Value>) -> Step {
    let step = Step::respond(status);
    match body {
        Some(body) => step
            .header("content-type", "application/json")
            .body(body.to_string()),
        None => step,
    }
}

/// A way in which a caller meets an operation: what is held of each row, and how many things that are; or what does not hold.
pub(crate) struct Column {
    title: &'static str,
    check: fn(&Row) -> Result<usize, String>,
    cells: OnceLock<Vec<Result<usize, String>>>,
}

impl Column {
    const fn new(title: &'static str, check: fn(&Row) -> Result<usize, String>) -> Self {
        Self {
            title,
            check,
            cells: OnceLock::new(),
        }
    }

    /// Whichever test asks first works it out. A panic is a hole like any other.
    fn cells(&self) -> &[Result<usize, String>] {
        self.cells.get_or_init(|| {
            let cell = |row: &Row| {
                let mut cell = Ok(0);
                caught(|| cell = (self.check)(row))?;
                cell
            };
            rows().iter().map(cell).collect()
        })
    }

    /// # Panics
    /// When something does not hold of an operation.
    fn hold(&self) {
        let cells = rows().iter().zip(self.cells());
        let holes: Vec<String> = cells
            .filter_map(|(row, cell)| Some(format!("{}: {}", row.id(), cell.as_ref().err()?)))
            .collect();
        assert!(holes.is_empty(), "{}:\n{}", self.title, holes.join("\n"));
    }
}

/// Runs a call of a cell, in time that passes by itself.
fn at_once<T>(call: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(call)
}

const COLUMNS: &[&Column] = &[
    &as_sent::COLUMN,
    &recoded::COLUMN,
    &lenient::COLUMN,
    &refusals::COLUMN,
    &unknown::COLUMN,
    &round_trip::COLUMN,
    &command::COLUMN,
    &reference::COLUMN,
];

/// How many things are held in each cell; `HOLE` where one does not hold.
#[test]
#[allow(clippy::print_stdout, reason = "the table is what is asked for")]
fn table() {
    let width = rows().iter().map(|row| row.id().len()).max().unwrap();
    let titles: Vec<&str> = COLUMNS.iter().map(|column| column.title).collect();
    let mut table = format!("{:width$}  {}\n", "", titles.join("  "));
    for (number, row) in rows().iter().enumerate() {
        let cells = COLUMNS.iter().map(|column| {
            let cell = match &column.cells()[number] {
                Ok(0) => "-".to_owned(),
                Ok(count) => count.to_string(),
                Err(_) => "HOLE".to_owned(),
            };
            format!("{cell:>width$}", width = column.title.len())
        });
        table += &format!("{:width$}  {}\n", row.id(), cells.collect::<Vec<_>>().join("  "));
    }
    println!("{table}");
    for column in COLUMNS {
        column.hold();
    }
}

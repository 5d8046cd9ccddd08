//! `cargo xtask generate`: from a spec to the text of every generated file.

use std::path::Path;

use serde_json::{Value, json};

use crate::api::{ALL, Api};
use crate::emit::{
    builders, calls, description, operations, progenitor, received, reference, scalars, types, validate,
};
use crate::files::Files;
use crate::format;
use crate::guard::{at, guarded};
use crate::lint;
use crate::lower::lower;
use crate::model::Model;
use crate::spec::{Read, Settings, Spec};

/// The text of every generated file of these APIs.
pub fn files(root: &Path, apis: &[Api]) -> Result<Vec<(Api, Files)>, String> {
    let all = side_by_side(ALL, |api| {
        Ok((*api, Spec::read(root, *api)?, Settings::read(root, *api)?))
    })?;
    let wanted: Vec<&Read> = all
        .iter()
        .filter(|(own, ..)| apis.iter().any(|api| api.name == own.name))
        .collect();
    side_by_side(&wanted, |(api, spec, settings)| {
        let mut files = files_of(root, *api, spec, settings)?;
        files.insert(REFERENCE.to_owned(), reference::overview(&all)?);
        Ok((*api, files))
    })
}

/// Does the same for each, at once.
fn side_by_side<T: Sync, R: Send>(
    each: &[T],
    work: impl Fn(&T) -> Result<R, String> + Sync,
) -> Result<Vec<R>, String> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = each.iter().map(|one| scope.spawn(|| work(one))).collect();
        let stopped = |_| Err("a thread of the generator stopped".to_owned());
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(stopped))
            .collect()
    })
}

/// The table of all operations. It belongs to every API.
const REFERENCE: &str = "docs/reference/README.md";

/// A part of generation, which needs no other.
type Step = fn(Api, &Spec, &Settings) -> Result<Files, String>;

/// The lint comes first: its findings are reported rather than what the other steps say of the same faults.
const STEPS: [Step; 3] = [linted, code, page];

/// The same for a spec and settings that were read already.
pub fn files_of(root: &Path, api: Api, spec: &Spec, settings: &Settings) -> Result<Files, String> {
    let made = side_by_side(&STEPS, |step| guarded(&spec.file, || step(api, spec, settings)))?;
    format::all(root, made.into_iter().flatten().collect())
}

/// The same before rustfmt.
pub fn sources(api: Api, spec: &Spec, settings: &Settings) -> Result<Files, String> {
    in_turn(&STEPS, api, spec, settings)
}

/// The same for a document that was not linted: faults may show as errors in place of findings.
pub fn unlinted(api: Api, spec: &Spec, settings: &Settings) -> Result<Files, String> {
    in_turn(&STEPS[1..], api, spec, settings)
}

fn in_turn(steps: &[Step], api: Api, spec: &Spec, settings: &Settings) -> Result<Files, String> {
    let mut files = Files::new();
    for step in steps {
        files.extend(guarded(&spec.file, || step(api, spec, settings))?);
    }
    Ok(files)
}

fn linted(_: Api, spec: &Spec, settings: &Settings) -> Result<Files, String> {
    at("the lint");
    match lint::check(spec, settings).as_slice() {
        [] => Ok(Files::new()),
        findings => Err(lint::report(findings)),
    }
}

fn page(api: Api, spec: &Spec, settings: &Settings) -> Result<Files, String> {
    let page = reference::page(api, &model(spec, settings)?, spec, settings)?;
    Ok(Files::from([(api.reference_file(), page)]))
}

fn model(spec: &Spec, settings: &Settings) -> Result<Model, String> {
    at("the model");
    Model::read(spec, settings).map_err(|error| format!("{}: {error}", spec.file))
}

fn code(api: Api, spec: &Spec, settings: &Settings) -> Result<Files, String> {
    let model = model(spec, settings)?;
    let lowered = lower(spec, &model);
    let mut client = match guarded(&spec.file, || progenitor::run(&model, lowered.clone())) {
        Ok(client) => client,
        Err(error) => return Err(single_out(&model, &lowered).unwrap_or(error)),
    };
    at("what follows progenitor");

    let models = quote::format_ident!("{}", api.models_crate());
    let calls = calls::emit(api, &model, &client)?;
    client.items.insert(0, syn::parse_quote!(use ::#models as types;));
    let source = |body: &str| format::source(spec, body);
    let tokens = |what: &str, tokens| format::tokens(spec, &format!("//! {what}"), tokens);
    let client = quote::ToTokens::into_token_stream(client);
    let builders = builders::emit(api, &model, spec, settings)?;
    let (of_models, of_client) = (|file| api.models_file(file), |file| api.client_file(file));
    let checks = validate::emit(&model)?;
    Ok(Files::from([
        (of_models("mod.rs"), source(MODELS_MOD)),
        (of_models("types.rs"), source(&types::emit(&model)?)),
        (of_models("received.rs"), source(&received::emit(&model)?)),
        (of_models("scalars.rs"), source(&scalars::emit(&model))),
        (
            of_models("validate.rs"),
            tokens("Checks on what is sent.", checks)?,
        ),
        (
            of_models("operations.rs"),
            source(&operations::emit(&model, spec)),
        ),
        (of_models("description.rs"), source(&description::emit(&model)?)),
        (of_models("description.json"), description::json(spec, settings)?),
        (of_client("mod.rs"), source(CLIENT_MOD)),
        (
            of_client("client.rs"),
            tokens("How each request is formed.", client)?,
        ),
        (of_client("calls.rs"), tokens("One method per operation.", calls)?),
        (api.builders_file(), tokens(FACADE, builders)?),
    ]))
}

/// The error of the first operation that progenitor cannot take even alone.
fn single_out(model: &Model, lowered: &Value) -> Option<String> {
    model.operations.iter().find_map(|op| {
        let mut alone = lowered.clone();
        let method = op.method.to_lowercase();
        alone["paths"] = json!({ &op.path: { &method: lowered["paths"][&op.path][&method] } });
        let place = format!("{} {}", op.method, op.path);
        guarded(&place, || progenitor::run(model, alone)).err()
    })
}

const FACADE: &str = "The facade: handles, call builders, and what is known of each operation.";

const MODELS_MOD: &str = "//! Generated types.

pub mod operations;

#[cfg(feature = \"schemars\")]
mod description;
mod received;
mod scalars;
mod types;
mod validate;

#[cfg(feature = \"schemars\")]
pub use description::{described, each_type};
pub use received::*;
pub use scalars::*;
pub use types::*;
";

const CLIENT_MOD: &str = "//! Generated client.

mod calls;
#[allow(
    missing_docs,
    unused_imports,
    unreachable_pub,
    missing_debug_implementations,
    rustdoc::all,
    clippy::all,
    clippy::use_self
)]
mod client;

pub use calls::call;
pub(crate) use client::Client;
";

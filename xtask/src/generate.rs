//! `cargo xtask generate`: from a spec to the text of every generated file.

use std::collections::BTreeMap;
use std::path::Path;

use crate::api::Api;
use crate::emit::{builders, calls, operations, progenitor, scalars, schemas, types, validate};
use crate::format;
use crate::lint;
use crate::lower::lower;
use crate::model::Model;
use crate::spec::{Settings, Spec};

/// The text of every generated file of an API, by path in the workspace.
pub fn files(root: &Path, api: Api) -> Result<BTreeMap<String, String>, String> {
    files_of(root, api, &Spec::read(root, api)?, &Settings::read(root, api)?)
}

/// The same for a spec and settings that were read already.
pub fn files_of(
    root: &Path,
    api: Api,
    spec: &Spec,
    settings: &Settings,
) -> Result<BTreeMap<String, String>, String> {
    let findings = lint::check(spec, settings, &api.settings());
    if !findings.is_empty() {
        return Err(lint::report(&findings));
    }
    let model = Model::read(spec, settings).map_err(|error| format!("{}: {error}", spec.file))?;
    let made = progenitor::run(api, &model, lower(spec, &model))
        .map_err(|error| format!("{}: {error}", spec.file))?;

    let models = quote::format_ident!("{}", api.models_crate());
    let calls = calls::emit(api, &model, &made.client)?;
    let mut client = made.client;
    client.items.insert(0, syn::parse_quote!(use ::#models as types;));
    let tokens = |first_lines: &str, tokens| format::tokens(spec, first_lines, tokens);
    let source = |body: &str| format::source(spec, body);
    let files = BTreeMap::from([
        (api.models_file("mod.rs"), source(MODELS_MOD)),
        (
            api.models_file("types.rs"),
            tokens("//! Objects.", types::emit(&model, settings, made.types)?)?,
        ),
        (api.models_file("scalars.rs"), source(&scalars::emit(&model))),
        (
            api.models_file("validate.rs"),
            tokens("//! Checks on what is sent.", validate::emit(&model)?)?,
        ),
        (
            api.models_file("operations.rs"),
            source(&operations::emit(&model, spec)),
        ),
        (api.models_file("schema.rs"), source(&schemas::emit(&model))),
        (api.models_file("schemas.json"), schemas::json(spec)?),
        (api.client_file("mod.rs"), source(CLIENT_MOD)),
        (
            api.client_file("client.rs"),
            tokens(
                "//! How each request is formed.",
                quote::ToTokens::into_token_stream(client),
            )?,
        ),
        (
            api.client_file("calls.rs"),
            tokens("//! One method per operation.", calls)?,
        ),
        (
            api.builders_file(),
            tokens("//! Call builders.", builders::emit(api, &model, settings)?)?,
        ),
    ]);
    format::all(root, files)
}

const MODELS_MOD: &str = "//! Generated types.

pub mod operations;

mod scalars;
#[cfg(feature = \"schemars\")]
mod schema;
mod types;
mod validate;

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

//! Emitters: one file of output each.

pub mod builders;
pub mod calls;
pub mod description;
pub mod forms;
pub mod operations;
pub mod progenitor;
pub mod received;
pub mod reference;
pub mod scalars;
pub mod shown;
pub mod types;
pub mod validate;

use std::collections::HashSet;

use crate::model::{Model, Shape, Target};
use crate::names::type_name;
use proc_macro2::{Ident, TokenStream, TokenTree};

/// A type of what is sent, as it stands within the type `own`.
fn sent_type(model: &Model, target: &Target, own: &str) -> Result<String, String> {
    written(model, target, "::serde_json::Value", &|name| {
        if name == own { "Self".to_owned() } else { name }
    })
}

/// The same outside of any type.
fn rust_type(model: &Model, target: &Target) -> Result<TokenStream, String> {
    tokens(&sent_type(model, target, "")?)
}

/// A type of what is received; those of the models crate below `path`.
fn received_type(model: &Model, target: &Target, path: &str) -> Result<String, String> {
    written(model, target, "::checkout_core::Json", &|name| {
        format!("{path}{name}")
    })
}

/// A type in Rust. Types written by hand appear by their paths, and free-form JSON as the type `json`.
fn written(
    model: &Model,
    target: &Target,
    json: &str,
    named: &dyn Fn(String) -> String,
) -> Result<String, String> {
    Ok(match target {
        Target::Component(name) => match &model.component(name)?.shape {
            Shape::Replaced(path) => path.clone(),
            _ => named(type_name(name)),
        },
        Target::Text(_) => "String".to_owned(),
        Target::Integer { format, .. } if format == "int32" => "i32".to_owned(),
        Target::Integer { .. } => "i64".to_owned(),
        Target::Boolean => "bool".to_owned(),
        Target::Array { items, .. } => format!("Vec<{}>", written(model, items, json, named)?),
        Target::Map(values) => {
            let values = written(model, values, json, named)?;
            format!("::std::collections::BTreeMap<String, {values}>")
        }
        Target::Free => json.to_owned(),
    })
}

/// A type as it stands where a value may be missing, unless it must be there.
fn needed(required: bool, ty: TokenStream) -> TokenStream {
    if required { ty } else { quote::quote!(Option<#ty>) }
}

fn tokens(code: &str) -> Result<TokenStream, String> {
    code.parse().map_err(|error| format!("{code}: {error}"))
}

/// The names that occur in code.
struct Used(HashSet<String>);

impl Used {
    fn of(tokens: &TokenStream) -> Self {
        fn walk(tokens: TokenStream, found: &mut HashSet<String>) {
            for token in tokens {
                match token {
                    TokenTree::Ident(ident) => drop(found.insert(ident.to_string())),
                    TokenTree::Group(group) => walk(group.stream(), found),
                    _ => {}
                }
            }
        }
        let mut found = HashSet::new();
        walk(tokens.clone(), &mut found);
        Self(found)
    }

    /// Those of some names that occur: what a file has to import.
    fn among(&self, names: &str) -> Vec<Ident> {
        let used = names.split_whitespace().filter(|name| self.0.contains(*name));
        used.map(|name| quote::format_ident!("{name}")).collect()
    }
}

/// Those of `names` that a text uses, as in `Name::new` or `Name { … }`, joined by commas.
fn called(text: &str, names: &str) -> String {
    let has = |name: &&str| text.contains(&format!("{name}::")) || text.contains(&format!("{name} {{"));
    let called: Vec<&str> = names.split_whitespace().filter(has).collect();
    called.join(", ")
}

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

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens as _;

use crate::model::{Model, Shape};
use crate::names::type_name;

/// The type of a component: generated beside, or written by hand.
fn component_type(model: &Model, name: &str) -> Result<TokenStream, String> {
    match &model.component(name)?.shape {
        Shape::Replaced(path) => path.parse().map_err(|error| format!("{name}: {path}: {error}")),
        _ => Ok(quote::format_ident!("{}", type_name(name)).into_token_stream()),
    }
}

/// Which of `names` occur in `tokens`: what a file has to import.
fn used(tokens: &TokenStream, names: &[&str]) -> Vec<Ident> {
    fn walk(tokens: &TokenStream, found: &mut BTreeSet<String>) {
        for token in tokens.clone() {
            match token {
                TokenTree::Ident(ident) => {
                    found.insert(ident.to_string());
                }
                TokenTree::Group(group) => walk(&group.stream(), found),
                _ => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(tokens, &mut found);
    names
        .iter()
        .filter(|name| found.contains(**name))
        .map(|name| quote::format_ident!("{name}"))
        .collect()
}

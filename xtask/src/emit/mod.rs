//! Emitters: one file of output each.

pub mod builders;
pub mod calls;
pub mod operations;
pub mod progenitor;
pub mod scalars;
pub mod schemas;
pub mod types;
pub mod validate;

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream, TokenTree};

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

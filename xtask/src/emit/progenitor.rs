//! progenitor's output, taken apart: the structs for the models crate, the client for the client crate.

use std::collections::BTreeSet;

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use serde_json::Value;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, File, FnArg, Ident, Item, ItemImpl, Pat, Type, parse_quote};

use crate::api::Api;
use crate::guard;
use crate::model::{Component, Direction, Model, Shape};
use crate::names::{method_name, type_name};

/// What progenitor generated.
#[derive(Debug)]
pub struct Output {
    /// The items of its `types` module.
    pub types: Vec<Item>,
    /// The client, without its types.
    pub client: File,
}

/// Runs progenitor over a lowered document.
pub fn run(api: Api, model: &Model, lowered: Value) -> Result<Output, String> {
    guard::at("progenitor");
    let document =
        serde_json::from_value(lowered).map_err(|error| format!("the lowered document: {error}"))?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_derive("PartialEq")
        .with_map_type("::std::collections::BTreeMap");
    for (name, component) in &model.components {
        if component.direction == Direction::Received {
            continue;
        }
        let path = match &component.shape {
            Shape::Replaced(path) => path.clone(),
            Shape::Alias(_) => continue,
            _ if is_made(component) => continue,
            _ => format!("::{}::{}", api.models_crate(), type_name(name)),
        };
        settings.with_replacement(type_name(name), path, std::iter::empty());
    }
    let tokens = Generator::new(&settings)
        .generate_tokens(&document)
        .map_err(|error| format!("progenitor: {error}"))?;
    let file: File =
        syn::parse2(tokens).map_err(|error| format!("progenitor's output does not parse: {error}"))?;
    let mut made = split(model, file)?;
    let optional = model
        .operations
        .iter()
        .filter(|op| !op.body_required && op.body.is_some());
    let optional: BTreeSet<String> = optional.map(|op| method_name(&op.id)).collect();
    OptionalBodies(optional).visit_file_mut(&mut made.client);
    Ok(made)
}

/// Progenitor sends a body always: these methods take one or none.
struct OptionalBodies(BTreeSet<String>);

impl VisitMut for OptionalBodies {
    fn visit_impl_item_fn_mut(&mut self, method: &mut syn::ImplItemFn) {
        if !self.0.contains(&method.sig.ident.to_string()) {
            return;
        }
        for input in &mut method.sig.inputs {
            if let FnArg::Typed(input) = input
                && matches!(&*input.pat, Pat::Ident(pattern) if pattern.ident == "body")
            {
                let ty = &input.ty;
                *input.ty = parse_quote!(Option<#ty>);
            }
        }
        visit_mut::visit_impl_item_fn_mut(self, method);
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if let Expr::MethodCall(call) = expression
            && call.method == "json"
        {
            let request = &call.receiver;
            *expression = parse_quote!(checkout_transport::generated::json(#request, body));
        }
    }
}

/// Whether progenitor makes its struct: what is only received has a type of ours.
fn is_made(component: &Component) -> bool {
    matches!(component.shape, Shape::Object(_)) && component.direction == Direction::Sent
}

fn split(model: &Model, mut file: File) -> Result<Output, String> {
    let position = file
        .items
        .iter()
        .position(|item| matches!(item, Item::Mod(module) if module.ident == "types"));
    let Some(Item::Mod(module)) = position.map(|position| file.items.remove(position)) else {
        return Err("progenitor's output has no module `types`".to_owned());
    };
    let wanted: BTreeSet<String> = model
        .components
        .iter()
        .filter(|(_, component)| is_made(component))
        .map(|(name, _)| type_name(name))
        .collect();
    let types: Vec<Item> = module
        .content
        .map(|(_, items)| items)
        .unwrap_or_default()
        .into_iter()
        .filter(|item| matches!(item, Item::Struct(item) if wanted.contains(&item.ident.to_string())))
        .collect();
    let made: BTreeSet<String> = types.iter().filter_map(struct_name).collect();
    if made != wanted {
        let missing: Vec<&String> = wanted.difference(&made).collect();
        return Err(format!("progenitor made no struct for {missing:?}"));
    }
    file.items.retain_mut(keep_in_client);
    Ok(Output { types, client: file })
}

fn struct_name(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// The client's own constructor follows redirects, and its prelude repeats one name: both go.
fn keep_in_client(item: &mut Item) -> bool {
    match item {
        Item::Mod(module) => module.ident != "prelude",
        Item::Impl(item) if is_client(item) => {
            item.items
                .retain(|item| !matches!(item, syn::ImplItem::Fn(method) if method.sig.ident == "new"));
            true
        }
        _ => true,
    }
}

fn is_client(item: &ItemImpl) -> bool {
    let Type::Path(path) = &*item.self_ty else {
        return false;
    };
    item.trait_.is_none()
        && path
            .path
            .is_ident(&Ident::new("Client", proc_macro2::Span::call_site()))
}

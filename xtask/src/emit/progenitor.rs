//! The client, as progenitor makes it: how each request is formed.

use std::collections::BTreeSet;

use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use serde_json::Value;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, File, FnArg, Ident, Item, ItemImpl, Local, Pat, Stmt, Type, parse_quote};

use crate::guard;
use crate::model::Model;
use crate::names::{method_name, type_name};

/// Runs progenitor over a lowered document.
pub fn run(model: &Model, lowered: Value) -> Result<File, String> {
    guard::at("progenitor");
    let document: OpenAPI =
        serde_json::from_value(lowered).map_err(|error| format!("the lowered document: {error}"))?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected);
    for body in model.operations.iter().filter_map(|op| op.body.as_ref()) {
        let name = type_name(body);
        settings.with_replacement(&name, format!("types::{name}"), std::iter::empty());
    }
    let tokens = Generator::new(&settings)
        .generate_tokens(&document)
        .map_err(|error| format!("progenitor: {error}"))?;
    let mut client: File =
        syn::parse2(tokens).map_err(|error| format!("progenitor's output does not parse: {error}"))?;
    client.items.retain_mut(keep_in_client);
    let optional = model
        .operations
        .iter()
        .filter(|op| !op.body_required && op.body.is_some());
    let optional: BTreeSet<String> = optional.map(|op| method_name(&op.id)).collect();
    Forming { optional }.visit_file_mut(&mut client);
    Ok(client)
}

/// Progenitor's methods form a request, send it and read the answer. Ours end with the first: how requests are signed and sent
/// is the same for all.
struct Forming {
    /// Methods that take a body or none; progenitor's take one.
    optional: BTreeSet<String>,
}

impl VisitMut for Forming {
    fn visit_impl_item_fn_mut(&mut self, method: &mut syn::ImplItemFn) {
        let statements = &mut method.block.stmts;
        let formed = statements.iter().position(|statement| {
            matches!(statement, Stmt::Local(local) if matches!(&local.pat, Pat::Ident(pat) if pat.ident == "request"))
        });
        let Some(position) = formed else { return };
        let rest = statements.split_off(position);
        if let Some(Stmt::Local(Local { init: Some(init), .. })) = rest.into_iter().next() {
            let request = init.expr;
            statements.push(Stmt::Expr(parse_quote!(Ok(#request)), None));
        }
        method.sig.asyncness = None;
        method.sig.output = parse_quote!(-> Result<::reqwest::Request, Error<()>>);
        method.attrs.retain(|attribute| !attribute.path().is_ident("doc"));
        if !self.optional.contains(&method.sig.ident.to_string()) {
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

/// The client's own constructor follows redirects, its prelude repeats one name, its methods call no hooks, and it has no types:
/// these go.
fn keep_in_client(item: &mut Item) -> bool {
    match item {
        Item::Const(_) => false,
        Item::Mod(module) => module.ident != "prelude" && module.ident != "types",
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

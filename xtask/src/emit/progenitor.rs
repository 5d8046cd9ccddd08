//! The client, as progenitor makes it: how each request is formed.

use std::collections::BTreeSet;

use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use quote::ToTokens as _;
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
    let mut forming = Forming {
        optional,
        is_optional: false,
        has_headers: false,
    };
    forming.visit_file_mut(&mut client);
    client.items.insert(
        0,
        parse_quote!(
            use checkout_transport::forming::{Formed, Forming, Unformed, encode_path, header};
        ),
    );
    Ok(client)
}

/// Progenitor's methods form a request, send it and read the answer. Ours end with the first: how requests are signed and sent
/// is the same for all.
struct Forming {
    /// Methods that take a body or none; progenitor's take one.
    optional: BTreeSet<String>,
    /// Whether the method at hand is one of them, and whether it has parameters that are headers.
    is_optional: bool,
    has_headers: bool,
}

impl VisitMut for Forming {
    fn visit_impl_item_fn_mut(&mut self, method: &mut syn::ImplItemFn) {
        let statements = &mut method.block.stmts;
        let formed = statements
            .iter()
            .position(|statement| matches!(statement, Stmt::Local(local) if is_named(&local.pat, "request")));
        let Some(position) = formed else { return };
        let rest = statements.split_off(position);
        if let Some(Stmt::Local(Local { init: Some(init), .. })) = rest.into_iter().next()
            && let Expr::Try(built) = *init.expr
        {
            statements.push(Stmt::Expr(*built.expr, None));
        }
        // Every request would have the version of the document, which no API asked for.
        statements.retain(|statement| !is_version(statement));
        // What is formed at the end is an expression too.
        self.has_headers = statements
            .iter()
            .filter(|statement| matches!(statement, Stmt::Expr(..)))
            .count()
            > 1;
        if !self.has_headers {
            statements.retain(
                |statement| !matches!(statement, Stmt::Local(local) if is_named(&local.pat, "header_map")),
            );
        }
        method.sig.asyncness = None;
        method.sig.output = parse_quote!(-> Result<Formed, Unformed>);
        method.attrs.retain(|attribute| !attribute.path().is_ident("doc"));
        self.is_optional = self.optional.contains(&method.sig.ident.to_string());
        for input in method.sig.inputs.iter_mut().filter(|_| self.is_optional) {
            if let FnArg::Typed(input) = input
                && is_named(&input.pat, "body")
            {
                let ty = &input.ty;
                *input.ty = parse_quote!(Option<#ty>);
            }
        }
        visit_mut::visit_impl_item_fn_mut(self, method);
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        let Expr::MethodCall(call) = expression else {
            return;
        };
        if call.method == "json" {
            call.args = parse_quote!(body);
            if self.is_optional {
                call.method = parse_quote!(maybe_json);
            }
        } else if call.method == "headers" && !self.has_headers {
            *expression = (*call.receiver).clone();
        } else if call.method == "query"
            && let Some(Expr::Reference(parameter)) = call.args.first()
            && let Expr::Call(parameter) = &*parameter.expr
        {
            call.args = parameter.args.clone();
        }
    }

    /// `::reqwest::header` is a module of the transport.
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        visit_mut::visit_path_mut(self, path);
        if path
            .segments
            .first()
            .is_some_and(|first| first.ident == "reqwest")
            && path.segments.len() > 2
        {
            path.leading_colon = None;
            path.segments = path.segments.iter().skip(1).cloned().collect();
        }
    }

    fn visit_field_mut(&mut self, field: &mut syn::Field) {
        match &field.ident {
            Some(name) if name == "baseurl" => field.ty = parse_quote!(std::sync::Arc<str>),
            _ => field.ty = parse_quote!(Forming),
        }
    }
}

fn is_named(pattern: &Pat, name: &str) -> bool {
    matches!(pattern, Pat::Ident(pattern) if pattern.ident == name)
}

fn is_version(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(Expr::MethodCall(call), _)
        if call.args.iter().any(|value| value.to_token_stream().to_string().contains("api_version")))
}

/// The struct and its methods: all else is of a client that sends.
fn keep_in_client(item: &mut Item) -> bool {
    match item {
        Item::Struct(item) => item.ident == "Client",
        Item::Impl(item) => {
            item.items
                .retain(|item| !matches!(item, syn::ImplItem::Fn(method) if method.sig.ident == "new" || method.sig.ident == "new_with_client"));
            is_client(item) && !item.items.is_empty()
        }
        _ => false,
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

//! The client's calls: check, prepare, send. Two methods and a type per operation.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{File, FnArg, ImplItem, Item, Pat};

use crate::api::Api;
use crate::docs;
use crate::emit::{Used, needed, received_type, rust_type, tokens, validate};
use crate::guard;
use crate::model::{Model, Operation, Parameter, Target};
use crate::names::{const_name, field_name, method_name, type_ident};

/// The items of `calls.rs`.
pub fn emit(api: Api, model: &Model, client: &File) -> Result<TokenStream, String> {
    let models = format_ident!("{}", api.models_crate());
    let client_type = api.client_type();
    let (mut methods, mut types) = (TokenStream::new(), TokenStream::new());
    for op in &model.operations {
        methods.extend(call(model, op, client)?);
        types.extend(call_type(model, op, &models)?);
    }
    let used = Used::of(&methods);
    let (checks, texts) = (used.among(validate::NAMES), used.among("texts"));
    Ok(quote! {
        use ::checkout_core::validate::{#(#checks,)* Validate as _};
        use ::checkout_transport::{Call as _, Error, Prepared, Response, client::prepare #(, forming::#texts)*};
        use ::#models::*;

        use crate::#client_type;

        /// Each operation as a type, for its prepared requests.
        pub mod call {
            use ::checkout_core::Operation;
            use ::checkout_transport::Call;
            use ::#models::operations;

            #types
        }

        impl #client_type {
            #methods
        }
    })
}

/// The type of a parameter's argument.
fn argument_type(model: &Model, parameter: &Parameter) -> Result<TokenStream, String> {
    let owned = rust_type(model, &parameter.target)?;
    let ty = match &parameter.target {
        target if target.is_copy() => owned,
        Target::Array { items, .. } => {
            let item = rust_type(model, items)?;
            quote!(&[#item])
        }
        Target::Component(_) => quote!(&#owned),
        _ => quote!(&str),
    };
    Ok(needed(parameter.required, ty))
}

fn call(model: &Model, op: &Operation, client: &File) -> Result<TokenStream, String> {
    guard::at(format!("{} {}", op.method, op.path));
    let method = format_ident!("{}", method_name(&op.id));
    let endpoint = format!("`{} {}`", op.method, op.path);
    let call = type_ident(&op.id);
    let prepare = format_ident!("{}", op.prepare);
    let docs = docs::lines(&[
        &format!("{}.", op.summary.trim_end_matches('.')),
        &op.description,
        &answers(op),
        op.deprecation(),
        &endpoint,
    ]);
    let of = format!(
        " The request of [`{method}`](Self::{method}), checked and finished to the byte, and not sent yet."
    );
    let mut arguments = Vec::new();
    let mut names = Vec::new();
    let mut checks = Vec::new();
    for parameter in &op.parameters {
        let (ident, ty) = (parameter.ident(), argument_type(model, parameter)?);
        let place = parameter.at();
        let at = quote!(&At::parameter(#place));
        let by_value = parameter.target.is_copy();
        let (value, borrowed) = match (parameter.required, by_value) {
            (true, true) => (quote!(#ident), quote!(&#ident)),
            (true, false) => (quote!(#ident), quote!(#ident)),
            (false, true) => (quote!(value), quote!(&value)),
            (false, false) => (quote!(value), quote!(value)),
        };
        let mut check = validate::check(&parameter.target, &value, &borrowed, &at)?;
        if parameter.place == "path" && !by_value {
            let as_str = matches!(parameter.target, Target::Component(_)).then(|| quote!(.as_str()));
            check.extend(quote!(segment(#value #as_str, #at, found);));
        }
        if !check.is_empty() {
            let check = if parameter.required {
                check
            } else {
                quote!(if let Some(value) = #ident { #check })
            };
            checks.push(check);
        }
        arguments.push(quote!(#ident: #ty));
        names.push(quote!(#ident));
    }
    if let Some(body) = &op.body {
        let ty = type_ident(body);
        names.push(quote!(body));
        if op.body_required {
            arguments.push(quote!(body: &#ty));
            checks.push(quote!(body.check(&At::BODY, found);));
        } else {
            arguments.push(quote!(body: Option<&#ty>));
            checks.push(quote!(if let Some(body) = body {
                body.check(&At::BODY, found);
            }));
        }
    }
    let checked = (!checks.is_empty()).then(|| {
        quote! {
            let warnings = Violations::collect(|found| { #(#checks)* })
                .map_err(|found| Error::invalid_request(call::#call::operation(), found))?;
        }
    });
    let warned = checked
        .as_ref()
        .map(|_| quote!(.map(|prepared| prepared.with_warnings(warnings))));
    let passed = passed(model, op, client)?;
    let success = answer(model, op, "")?;
    // `self` is one of the seven that clippy allows.
    let many = (arguments.len() > 6).then(
        || quote!(#[allow(clippy::too_many_arguments, reason = "one for each parameter of the operation")]),
    );
    Ok(quote! {
        #(#[doc = #docs])*
        ///
        /// # Errors
        ///
        /// The request breaks a rule of the spec (nothing is sent), or the call fails;
        /// [`Error::outcome`] says what that means for the money.
        #many
        pub async fn #method(&self, #(#arguments),*) -> Result<Response<#success>, Error> {
            self.send(&self.#prepare(#(#names),*)?).await
        }

        #[doc = #of]
        ///
        /// # Errors
        ///
        /// The request breaks a rule of the spec.
        #many
        pub fn #prepare(&self, #(#arguments),*) -> Result<Prepared<call::#call>, Error> {
            #checked
            prepare(&self.transport, self.client.baseurl.clone(), self.client.#method(#(#passed),*)) #warned
        }
    })
}

/// What a success is read as; types of the models crate below `path`.
pub fn answer(model: &Model, op: &Operation, path: &str) -> Result<TokenStream, String> {
    let Some(target) = &op.success else {
        return Ok(quote!(()));
    };
    let ty = tokens(&received_type(model, target, path)?)?;
    Ok(if !op.bodiless.is_empty() {
        quote!(Option<#ty>)
    } else {
        quote!(#ty)
    })
}

/// What the docs say of answers that a type does not tell apart.
fn answers(op: &Operation) -> String {
    if let Some(media) = &op.file {
        return format!("The answer is a file (`{media}`): its bytes are `Response::raw`.");
    }
    if op.successes.len() < 2 {
        return String::new();
    }
    let told = op.successes.iter().map(|(status, description)| {
        let sentence = description
            .lines()
            .next()
            .unwrap_or_default()
            .trim_end_matches('.');
        format!("`{status}`: {sentence}")
    });
    format!(
        "`Response::status` tells the successes apart{}. {}.",
        if op.bodiless.is_empty() {
            ""
        } else {
            ", and an answer without a body is `None`"
        },
        told.collect::<Vec<_>>().join("; ")
    )
}

/// The type that stands for the operation in a prepared request.
fn call_type(model: &Model, op: &Operation, models: &syn::Ident) -> Result<TokenStream, String> {
    let name = type_ident(&op.id);
    let constant = format_ident!("{}", const_name(&op.id));
    let success = answer(model, op, &format!("::{models}::"))?;
    let docs = docs::lines(&[&op.title()]);
    Ok(quote! {
        #(#[doc = #docs])*
        #[derive(Debug, Clone, Copy)]
        pub struct #name;

        impl Call for #name {
            type Answer = #success;

            fn operation() -> &'static Operation {
                &operations::#constant
            }
        }
    })
}

/// The arguments in the order that progenitor's method takes them.
fn passed(model: &Model, op: &Operation, client: &File) -> Result<Vec<TokenStream>, String> {
    let method = method_name(&op.id);
    let signature = client
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Impl(item) => Some(&item.items),
            _ => None,
        })
        .flatten()
        .find_map(|item| match item {
            ImplItem::Fn(item) if item.sig.ident == method => Some(&item.sig),
            _ => None,
        })
        .ok_or_else(|| format!("progenitor made no method {method}"))?;
    let names = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(input) => match &*input.pat {
            Pat::Ident(pattern) => Some(pattern.ident.to_string()),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    names
        .map(|name| {
            if name == "body" {
                return Ok(quote!(body));
            }
            let parameter = op
                .parameters
                .iter()
                .find(|parameter| field_name(&parameter.name) == name)
                .ok_or_else(|| format!("{}: no parameter {name}", op.id))?;
            let ident = parameter.ident();
            Ok(match (&parameter.target, parameter.required) {
                (Target::Component(_), true) => quote!(#ident.as_str()),
                (Target::Component(_), false) => {
                    let ty = rust_type(model, &parameter.target)?;
                    quote!(#ident.map(#ty::as_str))
                }
                (Target::Array { items, .. }, required) => {
                    let texts = if items.is_copy() {
                        quote!(<[_]>::to_vec)
                    } else {
                        quote!(texts)
                    };
                    if required {
                        quote!(&#texts(#ident))
                    } else {
                        quote!(#ident.map(#texts).as_ref())
                    }
                }
                _ => quote!(#ident),
            })
        })
        .collect()
}

//! The call builders of hosted-checkout: one method per operation that assembles the request field by field, so that
//! a missing required field is a compile error, and hands it to the hand-written function that prepares it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::api::Api;
use crate::docs;
use crate::emit::calls;
use crate::guard;
use crate::model::{Field, Model, Operation, Target};
use crate::names::{field_name, type_name};
use crate::spec::{Call, Settings};

/// The items of `generated.rs`.
pub fn emit(api: Api, model: &Model, settings: &Settings) -> Result<TokenStream, String> {
    let models = format_ident!("{}", api.models_crate());
    let mut out = TokenStream::new();
    for op in &model.operations {
        if let Some(call) = settings.calls.get(&op.id) {
            out.extend(builder(model, op, call, &gate(api, op, settings))?);
        }
    }
    let core = super::used(&out, &["DecimalInput"]);
    let checks = super::used(&out, &["At", "Violations"]);
    let client = format_ident!("{}", api.client_crate());
    Ok(quote! {
        #(use ::checkout_core::#core;)*
        use ::checkout_core::validate::{#(#checks),*};
        use ::checkout_transport::{Error, Prepared};
        use ::#client::call;
        use ::#models::*;

        use super::*;
        #out
    })
}

/// What switches the operation off with its API, where the document has several.
fn gate(api: Api, op: &Operation, settings: &Settings) -> TokenStream {
    settings
        .feature_of(&op.path)
        .map(|feature| format!("{}-{feature}", api.folder))
        .map(|feature| quote!(#[cfg(feature = #feature)]))
        .unwrap_or_default()
}

fn builder(model: &Model, op: &Operation, call: &Call, gate: &TokenStream) -> Result<TokenStream, String> {
    guard::at(format!("{} {}", op.method, op.path));
    let on = format_ident!("{}", call.on);
    let name = format_ident!("{}", call.name);
    let hand_written = format_ident!("prepare_{}", call.name);
    let operation = format_ident!("{}", type_name(&op.id));
    let builder_type = format_ident!("{}{}Builder", call.on, type_name(&call.name));
    let state = format_ident!("{}_{}_builder", field_name(&call.on), call.name);
    let returns = format_ident!("{}", call.returns);
    let body = op
        .body
        .as_ref()
        .ok_or_else(|| format!("{}: a call builder needs a request body", op.id))?;
    let request = format_ident!("{}", type_name(body));
    let mut arguments = Vec::new();
    let mut passed = Vec::new();
    for parameter in &op.parameters {
        if call.known.contains(&parameter.name) {
            continue;
        }
        let ident = calls::argument(model, parameter)?.ident;
        let owned = calls::owned(model, &parameter.target)?;
        let docs = docs::lines(&[&parameter.description]);
        let ty = if parameter.required {
            owned
        } else {
            quote!(Option<#owned>)
        };
        arguments.push(quote!(#(#[doc = #docs])* #[builder(into)] #ident: #ty));
        passed.push(quote!(#ident));
    }
    let mut prepared = Vec::new();
    let mut required = Vec::new();
    let mut optional = Vec::new();
    let fields = model.fields(body)?;
    prepared.extend(fresh_ids(fields, call));
    for field in fields {
        let argument = argument(model, field, call);
        arguments.push(argument.map_err(|error| format!("{}: {}: {error}", op.id, field.name))?);
        prepared.extend(prepare(field, call));
        let ident = format_ident!("{}", field_name(&field.name));
        if field.required {
            required.push(quote!(.#ident(#ident)));
        } else {
            let maybe = format_ident!("maybe_{}", ident);
            optional.push(quote!(.#maybe(#ident)));
        }
    }
    let found = if prepared.is_empty() {
        quote!(found)
    } else {
        quote!(mut found)
    };
    // The key of the call, where it is made here: no other request has it.
    let key = fields
        .iter()
        .find(|field| call.fresh.first() == Some(&field.name));
    let marked = match key.map(|field| format_ident!("{}", field_name(&field.name))) {
        Some(key) => {
            prepared.insert(0, quote!(let is_fresh = #key.is_none();));
            quote!(if is_fresh {
                prepared.with_fresh_key()
            } else {
                prepared
            })
        }
        None => quote!(prepared),
    };
    let docs = docs::lines(&[&format!("{}.", op.summary.trim_end_matches('.')), &op.description]);
    let state_doc = format!(" Which fields of [`{builder_type}`] are set.");
    Ok(quote! {
        #gate
        #[bon::bon]
        impl #on {
            #(#[doc = #docs])*
            #[builder(
                builder_type(name = #builder_type, vis = "pub"),
                state_mod(name = #state, vis = "pub", doc { #[doc = #state_doc] }),
                finish_fn(name = finish, vis = ""),
            )]
            pub fn #name(&self, #(#arguments),*) -> Result<(&Self, Prepared<call::#operation>), Error> {
                let #found = Violations::new();
                #(#prepared)*
                let request = #request::builder() #(#required)* #(#optional)* .build();
                let prepared = self.#hand_written(#(#passed,)* request, found)?;
                Ok((self, #marked))
            }
        }

        #gate
        impl<S: #state::IsComplete> #builder_type<'_, S> {
            /// Checks the request and finishes it to the byte, without sending it. Stored, it can be sent by another process
            /// or after a restart, and is the same request.
            ///
            /// # Errors
            /// The request breaks a rule; all of them are told, each with its place.
            pub fn prepare(self) -> Result<Prepared<call::#operation>, Error> {
                Ok(self.finish()?.1)
            }

            /// Checks the request, sends it, and reads the answer: one that does not fit is an error.
            ///
            /// # Errors
            /// As for [`prepare`](Self::prepare), or the call fails; [`Error::outcome`] says what that means for the money.
            pub async fn send(self) -> Result<#returns, Error> {
                let (on, prepared) = self.finish()?;
                on.send(&prepared).await
            }
        }
    })
}

fn is_decimal(field: &Field) -> bool {
    matches!(&field.target, Target::Component(name) if name == "PositiveDecimal")
}

fn argument(model: &Model, field: &Field, call: &Call) -> Result<TokenStream, String> {
    let ident = format_ident!("{}", field_name(&field.name));
    let fresh = call.fresh.contains(&field.name);
    let absent = match call.fresh.iter().position(|name| *name == field.name) {
        Some(0) => "Made afresh where none is given, and handed back with the answer and with every error."
            .to_owned(),
        Some(_) => format!("Takes the text of `{}` where none is given.", call.fresh[0]),
        None => String::new(),
    };
    let docs = docs::lines(&[&field.description, &absent]);
    if let Some(input) = call.inputs.get(&field.name) {
        let input = format_ident!("{input}");
        return Ok(quote! {
            #(#[doc = #docs])*
            #[builder(with = |items: impl IntoIterator<Item = impl Into<#input>>| items.into_iter().map(Into::into).collect())]
            #ident: Vec<#input>
        });
    }
    let ty = if is_decimal(field) {
        quote!(DecimalInput)
    } else {
        rust_type(model, &field.target)?
    };
    let ty = if field.required && !fresh {
        ty
    } else {
        quote!(Option<#ty>)
    };
    Ok(quote!(#(#[doc = #docs])* #[builder(into)] #ident: #ty))
}

/// The first of the call's fresh fields gets a new UUID where the caller gives none, and the others take its text: so
/// the same call with the same first field is the same request, to the byte.
fn fresh_ids(fields: &[Field], call: &Call) -> Vec<TokenStream> {
    let mut first: Option<syn::Ident> = None;
    call.fresh
        .iter()
        .filter_map(|name| fields.iter().find(|field| field.name == *name))
        .map(|field| {
            let ident = format_ident!("{}", field_name(&field.name));
            let filled = match &first {
                None => quote!(#ident.unwrap_or_else(|| fresh_id().into())),
                Some(first) => quote!(#ident.unwrap_or_else(|| #first.as_str().into())),
            };
            first.get_or_insert_with(|| ident.clone());
            if field.required {
                quote!(let #ident = #filled;)
            } else {
                quote!(let #ident = Some(#filled);)
            }
        })
        .collect()
}

/// What turns an argument into the request's field, noting what is wrong with it.
fn prepare(field: &Field, call: &Call) -> Option<TokenStream> {
    let ident = format_ident!("{}", field_name(&field.name));
    let name = &field.name;
    if let Some(input) = call.inputs.get(name) {
        let input = format_ident!("{input}");
        return Some(quote!(let #ident = #input::take_all(#ident, &At::BODY.field(#name), &mut found);));
    }
    if is_decimal(field) {
        let taken = quote!(.take(&At::BODY.field(#name), &mut found));
        return Some(if field.required {
            quote!(let #ident = #ident #taken.unwrap_or(::checkout_core::PositiveDecimal::ZERO);)
        } else {
            quote!(let #ident = #ident.and_then(|value| value #taken);)
        });
    }
    None
}

fn rust_type(model: &Model, target: &Target) -> Result<TokenStream, String> {
    Ok(match target {
        Target::Component(name) => super::component_type(model, name)?,
        Target::Text(_) => quote!(String),
        Target::Integer { format, .. } if format == "int32" => quote!(i32),
        Target::Integer { .. } => quote!(i64),
        Target::Boolean => quote!(bool),
        Target::Array { items, .. } => {
            let items = rust_type(model, items)?;
            quote!(Vec<#items>)
        }
        Target::Map(values) => {
            let values = rust_type(model, values)?;
            quote!(::std::collections::BTreeMap<String, #values>)
        }
        Target::Free => quote!(::serde_json::Value),
    })
}

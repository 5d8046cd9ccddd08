//! The facade of hosted-checkout: a handle for each tag, and a method for each operation. One that has a body, an optional
//! parameter or more than two gets a builder that assembles it field by field, so that a missing required field is a compile
//! error; any other is a plain method.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::forms::{self, Form};
use super::{Used, needed, rust_type};
use crate::api::Api;
use crate::docs;
use crate::guard;
use crate::model::{Field, Model, Target};
use crate::names::{field_ident, field_name, type_ident, type_name};
use crate::spec::{Call, Settings, Spec, array, text};

/// The items of `generated.rs`.
pub fn emit(api: Api, model: &Model, spec: &Spec, settings: &Settings) -> Result<TokenStream, String> {
    let models = format_ident!("{}", api.models_crate());
    let client = format_ident!("{}", api.client_crate());
    let forms = Form::all(api, model, settings)?;
    let mut out = handles(spec, &forms);
    for form in &forms {
        guard::at(format!("{} {}", form.op.method, form.op.path));
        out.extend(if form.has_builder() {
            builder(model, form)?
        } else {
            plain(model, form, &forms)?
        });
    }
    out.extend(forms::emit(model, settings, &forms)?);
    let used = Used::of(&out);
    let core = used.among("DecimalInput");
    let checks = used.among("At Violations");
    let transport = used.among("Error Prepared Response");
    let echo = used.among("By Echo");
    let paging = used.among("Items Paged Pages by_offset by_token");
    let operation = used.among("CallOf Form Judged Made make prepare send_made");
    Ok(quote! {
        #(use ::checkout_core::#core;)*
        use ::checkout_core::validate::{#(#checks),*};
        use ::checkout_transport::{#(#transport),*};
        use ::#client::call;
        use ::#models::*;

        use super::*;
        #[cfg(feature = "by-id")]
        use crate::{arguments::Reader, door::Entry};
        #(use crate::echo::#echo;)*
        #(use crate::paging::#paging;)*
        use crate::operation::{#(#operation),*};
        #out
    })
}

/// A handle for each tag, in the order of the operations. The macro beside the client says what all of them have.
fn handles(spec: &Spec, forms: &[Form<'_>]) -> TokenStream {
    let mut out = TokenStream::new();
    let mut seen = Vec::new();
    for form in forms {
        if form.is_on_client() || seen.contains(&form.on()) {
            continue;
        }
        let on = form.on();
        let tags = array(spec.root.get("tags")).iter();
        let described = tags
            .filter(|tag| text(tag, "name") == Some(&form.op.tag))
            .find_map(|tag| text(tag, "description"));
        let docs = docs::lines(&[described.unwrap_or(&form.op.tag)]);
        let (client, accessor) = (&form.client, field_ident(&on.to_string()));
        let gate = &form.gate;
        out.extend(quote! {
            #gate
            handle! {
                #(#[doc = #docs])*
                #client.#accessor: #on
            }
        });
        seen.push(on);
    }
    out
}

impl Form<'_> {
    /// The type that has the method: what the settings say, the tag's handle, or the client.
    pub(super) fn on(&self) -> syn::Ident {
        let on = self.call.on.clone().unwrap_or_else(|| type_name(&self.op.tag));
        syn::parse_str(&on).unwrap_or_else(|_| self.client.clone())
    }

    pub(super) fn is_on_client(&self) -> bool {
        self.on() == self.client
    }

    pub(super) fn method(&self) -> String {
        let short = || forms::short_name(&self.op.id, &self.op.tag);
        self.call.name.clone().unwrap_or_else(short)
    }

    pub(super) fn has_builder(&self) -> bool {
        self.op.body.is_some() || self.open.len() > 2 || self.open.iter().any(|parameter| !parameter.required)
    }

    fn docs(&self) -> Vec<String> {
        let summary = format!("{}.", self.op.summary.trim_end_matches('.'));
        docs::lines(&[&summary, &self.op.description, self.op.deprecation()])
    }

    /// What calls the client: the handle's own, or itself.
    fn through(&self, on: &TokenStream) -> TokenStream {
        if self.is_on_client() {
            on.clone()
        } else {
            quote!(#on.client)
        }
    }
}

fn plain(model: &Model, form: &Form<'_>, forms: &[Form<'_>]) -> Result<TokenStream, String> {
    let (on, operation, output) = (form.on(), form.name(), form.output(model)?);
    let name = form.method();
    let mut prepare = format!("prepare_{name}");
    // An operation may be called so itself.
    if forms
        .iter()
        .any(|other| other.on() == on && other.method() == prepare)
    {
        prepare.push_str("_request");
    }
    let (method, prepare) = (format_ident!("{name}"), format_ident!("{prepare}"));
    let send = form.through(&quote!(self));
    let client = if form.is_on_client() {
        quote!(self)
    } else {
        quote!(&#send)
    };
    let mut arguments = Vec::new();
    let mut fields = Vec::new();
    let mut passed = Vec::new();
    for parameter in &form.open {
        let (ident, ty) = (parameter.ident(), forms::owned(model, parameter)?);
        arguments.push(quote!(#ident: impl Into<#ty>));
        fields.push(quote!(#ident: #ident.into()));
        passed.push(ident);
    }
    let gate = &form.gate;
    let docs = form.docs();
    let of = format!(
        " The request of [`{name}`](Self::{name}), checked and finished to the byte, and not sent yet."
    );
    Ok(quote! {
        #gate
        impl #on {
            #(#[doc = #docs])*
            ///
            /// # Errors
            /// The request breaks a rule, or the call fails; [`Error::outcome`] says what that means for the money.
            pub async fn #method(&self, #(#arguments),*) -> Result<#output, Error> {
                #send.send(&self.#prepare(#(#passed),*)?).await
            }

            #[doc = #of]
            ///
            /// # Errors
            /// The request breaks a rule; all of them are told, each with its place.
            pub fn #prepare(&self, #(#arguments),*) -> Result<Prepared<call::#operation>, Error> {
                prepare(#client, requests::#operation { #(#fields),* }, Violations::new())
            }
        }
    })
}

fn builder(model: &Model, form: &Form<'_>) -> Result<TokenStream, String> {
    let (on, operation, output) = (form.on(), form.name(), form.output(model)?);
    let name = form.method();
    let method = format_ident!("{name}");
    let (start, assemble) = (format_ident!("start_{name}"), format_ident!("assemble_{name}"));
    let builder_type = format_ident!("{on}{}Builder", type_name(&name));
    let state = format_ident!("{}_{name}_builder", field_name(&on.to_string()));
    let mut arguments = Vec::new();
    let mut parts = Vec::new();
    let mut prepared = Vec::new();
    let pages = form.paging(model)?;
    for parameter in &form.open {
        let (ident, mut ty) = (form.argument(model, parameter), forms::owned(model, parameter)?);
        // Pages are made of a request that is right.
        if is_decimal(&parameter.target) && pages.is_none() {
            let place = parameter.at();
            prepared.push(take_decimal(
                &ident,
                parameter.required,
                &quote!(At::parameter(#place)),
            ));
            ty = needed(parameter.required, quote!(DecimalInput));
        }
        let is_key = matches!(&form.op.idempotency, Some((place, name)) if *place == parameter.place && *name == parameter.name);
        let docs = docs::lines(&[&parameter.description, if is_key { MADE } else { "" }]);
        arguments.push(quote!(#(#[doc = #docs])* #[builder(into)] #ident: #ty));
        let field = parameter.ident();
        parts.push(quote!(#field: #ident));
    }
    let part = |body| match form.op.body_required {
        true => quote!(body: #body),
        false => quote!(body: Some(#body)),
    };
    let fields = form.op.body.as_ref().map(|body| (body, model.fields(body)));
    if let Some((body, Err(_))) = &fields {
        // A union or a list is given as a whole.
        let ty = rust_type(model, &Target::Component((*body).clone()))?;
        let docs = docs::lines(&[&model.component(body)?.description]);
        arguments.push(quote!(#(#[doc = #docs])* #[builder(into)] body: #ty));
        parts.push(part(quote!(body)));
    }
    if let Some((body, Ok(fields))) = fields {
        let fresh = form.fresh();
        prepared.extend(fresh_ids(fields, &fresh));
        let mut setters = Vec::new();
        for field in fields {
            let argument = argument(model, field, &form.call, &fresh);
            arguments.push(argument.map_err(|error| format!("{}: {}: {error}", form.op.id, field.name))?);
            prepared.extend(prepare(field, &form.call));
            let ident = field_ident(&field.name);
            let setter = if field.required {
                ident.clone()
            } else {
                format_ident!("maybe_{}", ident)
            };
            setters.push((!field.required, quote!(.#setter(#ident))));
        }
        // The models' builder wants the required ones first.
        setters.sort_by_key(|(is_optional, _)| *is_optional);
        let setters = setters.iter().map(|(_, setter)| setter);
        let request = type_ident(body);
        let body = quote!(#request::builder() #(#setters)* .build());
        parts.push(part(body));
    }
    let found = if Used::of(&quote!(#(#prepared)*)).among("found").is_empty() {
        quote!(found)
    } else {
        quote!(mut found)
    };
    // The key of the call, where it is made here: no other request has it.
    let key = form.fresh().first().map(|key| field_ident(key));
    let marked = match key {
        Some(key) => {
            prepared.insert(0, quote!(let is_fresh = #key.is_none();));
            quote!(made.with_fresh_key(is_fresh))
        }
        None => quote!(made),
    };
    let docs = form.docs();
    let state_doc = format!(" Which fields of [`{builder_type}`] are set.");
    let builder_doc = format!(" Builds the request of [`{on}::{name}`].");
    let (of, client) = (&form.client, form.through(&quote!(on)));
    let of_self = if form.is_on_client() {
        quote!(Self)
    } else {
        quote!(#of)
    };
    let gate = &form.gate;
    // Without a body or an amount there is nothing to be found before the request is made, and pages are made of it many times.
    let is_checked = form.op.body.is_some() || !prepared.is_empty();
    let (returns, assembled, finished) = if is_checked {
        (
            quote!(Result<(Self, Made<#of_self, call::#operation>), Error>),
            quote! {
                let #found = Violations::new();
                #(#prepared)*
                let request = requests::#operation { #(#parts),* };
                let made = make(&#client, request, found)?;
                Ok((on, #marked))
            },
            quote!(let (on, made) = self.finish()?;),
        )
    } else {
        (
            quote!((Self, requests::#operation)),
            quote!((on, requests::#operation { #(#parts),* })),
            quote! {
                let (on, request) = self.finish();
                let made: Made<#of, call::#operation> = make(&#client, request, Violations::new())?;
            },
        )
    };
    let pages = pages.map(|_| {
        quote! {
            /// Every item, page after page, beginning with the page that is set, if one is.
            pub fn items(self) -> Items<#of, call::#operation> {
                let (on, request) = self.finish();
                Items::new(#client, request)
            }

            /// Every page, beginning with the one that is set, if one is.
            pub fn pages(self) -> Pages<#of, call::#operation> {
                let (on, request) = self.finish();
                Pages::new(#client, request)
            }
        }
    });
    // The handle is of no more use then.
    let prepare_only = if is_checked {
        quote!(Ok(self.finish()?.1.prepared))
    } else {
        quote!(#finished Ok(made.prepared))
    };
    Ok(quote! {
        #gate
        #[bon::bon]
        impl #on {
            #(#[doc = #docs])*
            pub fn #method(&self) -> #builder_type {
                Self::#start(self.clone())
            }

            #[builder(
                builder_type(name = #builder_type, vis = "pub", doc { #[doc = #builder_doc] }),
                state_mod(name = #state, vis = "pub", doc { #[doc = #state_doc] }),
                start_fn(name = #start, vis = ""),
                finish_fn(name = finish, vis = "pub(super)"),
            )]
            fn #assemble(#[builder(start_fn)] on: Self, #(#arguments),*) -> #returns {
                #assembled
            }
        }

        #gate
        impl<S: #state::IsComplete> #builder_type<S> {
            /// Checks the request and finishes it to the byte, without sending it. Stored, it can be sent by another process
            /// or after a restart, and is the same request.
            ///
            /// # Errors
            /// The request breaks a rule; all of them are told, each with its place.
            pub fn prepare(self) -> Result<Prepared<call::#operation>, Error> {
                #prepare_only
            }

            /// Checks the request, sends it, and reads the answer: one that does not fit is an error.
            ///
            /// # Errors
            /// As for [`prepare`](Self::prepare), or the call fails; [`Error::outcome`] says what that means for the money.
            pub async fn send(self) -> Result<#output, Error> {
                #finished
                send_made(&#client, made).await
            }
            #pages
        }
    })
}

/// What the docs say of a key.
const MADE: &str = "Made afresh where none is given, and handed back with the answer and with every error.";

fn is_decimal(target: &Target) -> bool {
    matches!(target, Target::Component(name) if name == "PositiveDecimal")
}

/// Turns what was given into an amount, noting what is wrong with it.
fn take_decimal(ident: &syn::Ident, required: bool, at: &TokenStream) -> TokenStream {
    let taken = quote!(.take(&#at, &mut found));
    if required {
        quote!(let #ident = #ident #taken.unwrap_or(::checkout_core::PositiveDecimal::ZERO);)
    } else {
        quote!(let #ident = #ident.and_then(|value| value #taken);)
    }
}

fn argument(model: &Model, field: &Field, call: &Call, fresh: &[&str]) -> Result<TokenStream, String> {
    let ident = field_ident(&field.name);
    let absent = match fresh.iter().position(|name| *name == field.name) {
        Some(0) => MADE.to_owned(),
        Some(_) => format!("Takes the text of `{}` where none is given.", fresh[0]),
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
    let ty = if is_decimal(&field.target) {
        quote!(DecimalInput)
    } else {
        rust_type(model, &field.target)?
    };
    let ty = needed(field.required && !fresh.contains(&field.name.as_str()), ty);
    Ok(quote!(#(#[doc = #docs])* #[builder(into)] #ident: #ty))
}

/// The first of the call's fresh fields gets a new UUID where the caller gives none, and the others take its text: so
/// the same call with the same first field is the same request, to the byte.
fn fresh_ids(fields: &[Field], fresh: &[&str]) -> Vec<TokenStream> {
    let mut first: Option<syn::Ident> = None;
    fresh
        .iter()
        .filter_map(|name| fields.iter().find(|field| field.name == **name))
        .map(|field| {
            let ident = field_ident(&field.name);
            let filled = match &first {
                None => quote!(#ident.unwrap_or_else(|| crate::fresh_id().into())),
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
    let ident = field_ident(&field.name);
    let name = &field.name;
    if let Some(input) = call.inputs.get(name) {
        let input = format_ident!("{input}");
        return Some(quote!(let #ident = #input::take_all(#ident, &At::BODY.field(#name), &mut found);));
    }
    is_decimal(&field.target).then(|| take_decimal(&ident, field.required, &quote!(At::BODY.field(#name))))
}

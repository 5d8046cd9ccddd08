//! What hosted-checkout knows of each operation: its request, the places of judged values and echoes, and how it is
//! read from arguments. As much as possible is data; the code is in `operation.rs` and `door.rs` there.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};

use super::{calls, needed, received_type, rust_type, tokens};
use crate::api::Api;
use crate::guard;
use crate::model::{Field, Model, Operation, Paging, PagingBy, Parameter, Shape, Target};
use crate::names::{const_name, field_ident, field_name, method_name, type_ident, type_name};
use crate::spec::{Call, Settings};

/// An operation with what the settings say of it.
#[derive(Debug)]
pub struct Form<'a> {
    /// The operation.
    pub op: &'a Operation,
    /// Its entry under `[calls]`, or none.
    pub call: Call,
    /// The client that has it.
    pub client: syn::Ident,
    /// The crate of its types: a handle may have the name of one.
    models: String,
    /// What switches it on with its API, where the document has several.
    pub gate: TokenStream,
    /// Its parameters that the client does not fill in.
    pub open: Vec<&'a Parameter>,
    known: Vec<&'a Parameter>,
}

impl<'a> Form<'a> {
    /// Of each operation.
    pub fn all(api: Api, model: &'a Model, settings: &Settings) -> Result<Vec<Self>, String> {
        let operations = model.operations.iter();
        operations.map(|op| Self::of(api, op, settings)).collect()
    }

    /// The client is the one most of whose known parameters the operation has; where none is listed, the API's own.
    fn of(api: Api, op: &'a Operation, settings: &Settings) -> Result<Self, String> {
        let has = |name: &str| op.parameters.iter().any(|parameter| parameter.name == name);
        let own = type_name(api.name);
        let client = settings
            .client_of(has)
            .or_else(|| settings.clients.is_empty().then_some(&own))
            .ok_or_else(|| format!("{}: none of the clients under [clients] fits it", op.id))?;
        let known = settings.clients.get(client);
        let (known, open) = op
            .parameters
            .iter()
            .partition(|parameter| known.is_some_and(|known| known.contains(&parameter.name)));
        Ok(Self {
            op,
            call: settings.calls.get(&op.id).cloned().unwrap_or_default(),
            client: format_ident!("{client}"),
            models: api.models_crate().to_owned(),
            gate: gate(api, op, settings),
            open,
            known,
        })
    }

    /// The operation as a type, and the struct of its request.
    pub fn name(&self) -> syn::Ident {
        type_ident(&self.op.id)
    }

    /// Whether the client fills a parameter in.
    pub fn is_known(&self, parameter: &Parameter) -> bool {
        self.known.iter().any(|known| known.name == parameter.name)
    }

    /// The argument of the call's builder for a parameter: with its place, where the body has a field of its name.
    pub fn argument(&self, model: &Model, parameter: &Parameter) -> syn::Ident {
        let own = parameter.ident();
        let fields = self.op.body.as_ref().and_then(|body| model.fields(body).ok());
        let mut fields = fields.unwrap_or_default().iter();
        if fields.any(|field| own == field_name(&field.name)) {
            format_ident!("{}_{own}", parameter.place)
        } else {
            own
        }
    }

    /// Whether a parameter or field is the key by which the API knows a repeat.
    pub fn is_key(&self, name: &str) -> bool {
        self.op.idempotency.as_ref().is_some_and(|(_, key)| key == name)
    }

    /// The fields that are filled where none is given, the key first.
    pub fn fresh(&self) -> Vec<&str> {
        let key = match &self.op.idempotency {
            // One within an object of the body is for whoever makes the object.
            Some((place, name)) if place == "body" && !name.contains('/') => Some(name.as_str()),
            _ => None,
        };
        key.into_iter()
            .chain(self.call.fresh.iter().map(String::as_str))
            .collect()
    }

    /// What a success hands back.
    pub fn output(&self, model: &Model) -> Result<TokenStream, String> {
        if let Some(returns) = &self.call.returns {
            let returns = format_ident!("{returns}");
            return Ok(quote!(#returns));
        }
        let answer = calls::answer(model, self.op, &format!("::{}::", self.models))?;
        Ok(quote!(Response<#answer>))
    }

    /// How it pages, and the fields of its answer: only where no body asks for the page.
    pub fn paging<'m>(&self, model: &'m Model) -> Result<Option<(&Paging, &'m [Field])>, String> {
        Ok(match (&self.op.paging, &self.op.success, &self.op.body) {
            (Some(paging), Some(Target::Component(answer)), None) => Some((paging, model.fields(answer)?)),
            _ => None,
        })
    }

    fn body(&self) -> TokenStream {
        self.op.body.as_ref().map_or_else(
            || quote!(()),
            |body| needed(self.op.body_required, type_ident(body).into_token_stream()),
        )
    }
}

fn gate(api: Api, op: &Operation, settings: &Settings) -> TokenStream {
    settings
        .feature_of(&op.path)
        .map(|feature| format!("{}-{feature}", api.folder))
        .map(|feature| quote!(#[cfg(feature = #feature)]))
        .unwrap_or_default()
}

/// The requests, and what is known of each operation.
pub fn emit(model: &Model, settings: &Settings, forms: &[Form<'_>]) -> Result<TokenStream, String> {
    let mut requests = TokenStream::new();
    let mut out = TokenStream::new();
    let mut entries: BTreeMap<String, Vec<&Form<'_>>> = BTreeMap::new();
    for form in forms {
        guard::at(format!("{} {}", form.op.method, form.op.path));
        requests.extend(request(model, form)?);
        out.extend(self::form(model, settings, form)?);
        entries.entry(form.client.to_string()).or_default().push(form);
    }
    for (client, forms) in entries {
        let entries = forms.iter().map(|form| {
            let name = form.name();
            Ok(match form.paging(model)? {
                Some(_) => quote!(Entry::paged::<call::#name>()),
                None => quote!(Entry::of::<call::#name>()),
            })
        });
        let entries = entries.collect::<Result<Vec<_>, String>>()?;
        let gate = forms.first().map(|form| &form.gate);
        let table = format_ident!("{}", const_name(&client));
        let client = format_ident!("{client}");
        let docs = format!(" Every operation of [`{client}`].");
        out.extend(quote! {
            #gate
            #[cfg(feature = "by-id")]
            #[doc = #docs]
            pub(super) static #table: &[Entry<#client>] = &[#(#entries),*];
        });
    }
    Ok(quote! {
        /// What each operation is called with.
        #[allow(missing_docs, missing_debug_implementations, unreachable_pub)]
        pub(super) mod requests {
            #[allow(unused_imports)]
            use super::*;
            #requests
        }
        #out
    })
}

/// The type that a parameter has in a request.
pub fn owned(model: &Model, parameter: &Parameter) -> Result<TokenStream, String> {
    Ok(needed(parameter.required, rust_type(model, &parameter.target)?))
}

fn request(model: &Model, form: &Form<'_>) -> Result<TokenStream, String> {
    let name = form.name();
    let mut fields = Vec::new();
    for parameter in &form.open {
        let (ident, ty) = (parameter.ident(), owned(model, parameter)?);
        fields.push(quote!(pub #ident: #ty,));
    }
    if form.op.body.is_some() {
        let body = form.body();
        fields.push(quote!(pub body: #body,));
    }
    let gate = &form.gate;
    let clone = form.paging(model)?.map(|_| quote!(#[derive(Clone)]));
    Ok(quote!(#gate #clone pub struct #name { #(#fields)* }))
}

fn form(model: &Model, settings: &Settings, form: &Form<'_>) -> Result<TokenStream, String> {
    let (name, client, body, output) = (form.name(), &form.client, form.body(), form.output(model)?);
    let prepare = format_ident!("{}", form.op.prepare);
    let known = form.known.iter().map(|parameter| {
        let (place, field) = (parameter.at(), parameter.ident());
        quote!(from.given(#place, |on| on.#field.as_str());)
    });
    // All arguments are read before a missing one ends it. They have numbers, since a name could clash with one in this code.
    let mut read = Vec::new();
    let mut taken = Vec::new();
    for parameter in &form.open {
        let (place, field) = (parameter.at(), parameter.ident());
        let (reads, at) = (reads(model, &parameter.target)?, syn::Index::from(read.len()));
        if parameter.required {
            read.push(quote!(from.required(#place, Reader::#reads)));
            taken.push(quote!(#field: read.#at?));
        } else {
            read.push(quote!(from.#reads(#place)));
            taken.push(quote!(#field: read.#at));
        }
    }
    let passed = form.op.parameters.iter().map(|parameter| {
        let field = parameter.ident();
        if form.is_known(parameter) {
            quote!(&on.#field)
        } else {
            pass(parameter)
        }
    });
    let mut passed: Vec<TokenStream> = passed.collect();
    let (mut of_body, mut of_request) = (quote!(&()), quote!(_));
    if form.op.body.is_some() {
        let at = syn::Index::from(read.len());
        let (reads, pass) = if form.op.body_required {
            (quote!(from.body()), quote!(&request.body))
        } else {
            (quote!(from.maybe_body()), quote!(request.body.as_ref()))
        };
        read.push(reads);
        passed.push(pass);
        taken.push(quote!(body: read.#at?));
        (of_body, of_request) = (quote!(&request.body), quote!(request));
    }
    let request = if taken.is_empty() {
        quote!(_)
    } else {
        quote!(request)
    };
    let read = (!read.is_empty()).then(|| quote!(let read = (#(#read,)*);));
    let data = data(model, settings, form)?;
    let judge = judged_parameters(model, settings, form)?;
    let gate = &form.gate;
    let paged = paged(model, form)?;
    let hand = form.call.rules.is_none();
    let hand = hand.then(|| quote!(#gate impl CallOf<#client> for call::#name {}));
    Ok(quote! {
        #gate
        impl Form<#client> for call::#name {
            type Output = #output;
            type Request = requests::#name;
            type Body = #body;
            #data

            #[cfg(feature = "by-id")]
            fn read(from: &mut Reader<'_, #client>) -> Option<requests::#name> {
                #(#known)*
                #read
                Some(requests::#name { #(#taken),* })
            }

            #judge

            fn body(#of_request: &requests::#name) -> &Self::Body {
                #of_body
            }

            fn form(on: &#client, #request: &requests::#name) -> Result<Prepared<Self>, Error> {
                on.api.#prepare(#(#passed),*)
            }
        }
        #hand
        #paged
    })
}

/// How its answers go on, where they come page by page.
fn paged(model: &Model, form: &Form<'_>) -> Result<Option<TokenStream>, String> {
    let Some((paging, fields)) = form.paging(model)? else {
        return Ok(None);
    };
    let (name, client, gate) = (form.name(), &form.client, &form.gate);
    let parameter = form
        .open
        .iter()
        .find(|parameter| parameter.name == paging.parameter);
    let parameter = parameter.ok_or_else(|| format!("{}: no parameter {}", form.op.id, paging.parameter))?;
    let (parameter, end) = (parameter.ident(), field_ident(&paging.by.1));
    let items = fields.iter().find(|field| field.name == paging.items);
    let Some(Target::Array { items: item, .. }) = items.map(|field| &field.target) else {
        return Err(format!("{}: {} is no list", form.op.id, paging.items));
    };
    let item = tokens(&received_type(model, item, &format!("::{}::", form.models))?)?;
    let list = field_ident(&paging.items);
    let (count, turn) = match paging.by.0 {
        PagingBy::Token => (
            format_ident!("_"),
            quote!(by_token(&mut request.#parameter, answer.#end.text())),
        ),
        PagingBy::Offset => (
            format_ident!("count"),
            quote!(by_offset(&mut request.#parameter, answer.#end.value().copied(), count)),
        ),
    };
    Ok(Some(quote! {
        #gate
        impl Paged<#client> for call::#name {
            type Item = #item;

            fn list(answer: &Self::Answer) -> &::checkout_core::Received<Vec<Self::Item>> {
                &answer.#list
            }

            fn into_list(answer: Self::Answer) -> ::checkout_core::Received<Vec<Self::Item>> {
                answer.#list
            }

            fn turn(request: &mut Self::Request, answer: &Self::Answer, #count: usize) -> Option<String> {
                #turn
            }
        }
    }))
}

/// The function of the reader that reads such a value.
fn reads(model: &Model, target: &Target) -> Result<syn::Ident, String> {
    let name = match target {
        Target::Component(name) if name == "PositiveDecimal" => "decimal",
        Target::Component(name) => match &model.component(name)?.shape {
            Shape::Replaced(_) | Shape::Alias(Target::Integer { .. } | Target::Boolean) => "parsed",
            _ => "text",
        },
        Target::Integer { .. } | Target::Boolean => "parsed",
        Target::Array { items, .. } => match reads(model, items)?.to_string().as_str() {
            "text" => "texts",
            _ => "all_parsed",
        },
        _ => "text",
    };
    Ok(format_ident!("{name}"))
}

/// A parameter as the client takes it.
fn pass(parameter: &Parameter) -> TokenStream {
    let field = parameter.ident();
    match (&parameter.target, parameter.required) {
        (target, _) if target.is_copy() => quote!(request.#field),
        (_, true) => quote!(&request.#field),
        (Target::Component(_), false) => quote!(request.#field.as_ref()),
        (_, false) => quote!(request.#field.as_deref()),
    }
}

/// What is data: filled fields, judged values, echoes.
fn data(model: &Model, settings: &Settings, form: &Form<'_>) -> Result<TokenStream, String> {
    let mut out = TokenStream::new();
    let fresh = form.fresh();
    if !fresh.is_empty() {
        out.extend(quote!(const FRESH: &'static [&'static str] = &[#(#fresh),*];));
    }
    let (sent, answered) = (&settings.judged.sent, &settings.judged.answered);
    let body = form.op.body.clone().map(Target::Component);
    for (name, target, listed) in [("SENT", &body, sent), ("ANSWERED", &form.op.success, answered)] {
        let rows = target.as_ref().map(|target| Judging::rows(model, listed, target));
        let rows = rows.transpose()?.unwrap_or_default();
        if !rows.is_empty() {
            let name = format_ident!("{name}");
            let client = &form.client;
            let rows = rows.iter().map(|(pointer, component)| {
                let judge = judge(component);
                quote!((#pointer, #client::#judge))
            });
            out.extend(quote!(const #name: &'static [Judged<#client>] = &[#(#rows),*];));
        }
    }
    let echo = echo(model, form)?;
    if !echo.is_empty() {
        out.extend(quote!(const ECHO: &'static [Echo] = &[#(#echo),*];));
    }
    Ok(out)
}

/// The function of the client that judges such values. One that is not there is an error of the compiler.
fn judge(component: &str) -> syn::Ident {
    format_ident!("judge_{}", field_name(component))
}

/// Judges the parameters of judged components.
fn judged_parameters(model: &Model, settings: &Settings, form: &Form<'_>) -> Result<TokenStream, String> {
    let mut judged = TokenStream::new();
    for parameter in &form.open {
        let (field, place) = (parameter.ident(), parameter.at());
        let is_list = matches!(parameter.target, Target::Array { .. });
        for (_, component) in Judging::rows(model, &settings.judged.sent, &parameter.target)? {
            let judge = judge(&component);
            let judge = |value| quote!(on.#judge(#value.as_str(), &At::parameter(#place), found););
            let each = judge(quote!(value));
            judged.extend(match (parameter.required, is_list) {
                (true, true) => quote!(for value in &request.#field { #each }),
                (true, false) => judge(quote!(request.#field)),
                (false, true) => quote!(for value in request.#field.iter().flatten() { #each }),
                (false, false) => quote!(if let Some(value) = &request.#field { #each }),
            });
        }
    }
    let (name, client) = (form.name(), &form.client);
    Ok(if judged.is_empty() {
        judged
    } else {
        quote!(fn judge(on: &#client, request: &requests::#name, found: &mut Violations) { #judged })
    })
}

/// Looks for components that the client judges.
struct Judging<'a> {
    model: &'a Model,
    listed: &'a [String],
    /// The components on the way: one may hold itself.
    above: Vec<&'a str>,
    /// Pointer and component of each.
    rows: Vec<(String, String)>,
}

impl<'a> Judging<'a> {
    /// Where such components stand in a value, and in all below it.
    fn rows(
        model: &'a Model,
        listed: &'a [String],
        target: &'a Target,
    ) -> Result<Vec<(String, String)>, String> {
        let (above, rows) = (Vec::new(), Vec::new());
        let mut judging = Self {
            model,
            listed,
            above,
            rows,
        };
        judging.target(target, String::new())?;
        Ok(judging.rows)
    }

    fn target(&mut self, target: &'a Target, at: String) -> Result<(), String> {
        match target {
            Target::Component(name) => self.component(name, at),
            Target::Array { items, .. } | Target::Map(items) => self.target(items, format!("{at}/*")),
            _ => Ok(()),
        }
    }

    fn component(&mut self, name: &'a str, at: String) -> Result<(), String> {
        let component = self.model.component(name)?;
        if self.listed.contains(&component.of) {
            self.rows.push((at, component.of.clone()));
            return Ok(());
        }
        if self.above.contains(&name) {
            return Ok(());
        }
        self.above.push(name);
        match &component.shape {
            Shape::Object(fields) => {
                for field in fields {
                    self.target(&field.target, format!("{at}/{}", field.name))?;
                }
            }
            Shape::Union(union) => union
                .held()
                .try_for_each(|member| self.component(member, at.clone()))?,
            Shape::Alias(target) => self.target(target, at)?,
            _ => {}
        }
        self.above.pop();
        self.rows.dedup();
        Ok(())
    }
}

/// The rows by which an answer is compared with its request, in the order of the request.
fn echo(model: &Model, form: &Form<'_>) -> Result<Vec<TokenStream>, String> {
    let Some(body) = &form.op.body else {
        return Ok(Vec::new());
    };
    let Call { echo, at_most, .. } = &form.call;
    let row = |field: &Field| {
        let answered = echo.get(&field.name)?;
        let by = match field.target.component() {
            Some("PositiveDecimal") if at_most.contains(&field.name) => "AtMost",
            Some("PositiveDecimal") => "Amount",
            Some(name) if name.ends_with("CurrencyCode") => "Currency",
            Some("ExternalID") => "Order",
            _ => "Text",
        };
        let (asked, by) = (format!("/{}", field.name), format_ident!("{by}"));
        Some(quote!((#asked, #answered, By::#by)))
    };
    let fields = model.fields(body).unwrap_or_default();
    Ok(fields.iter().filter_map(row).collect())
}

/// The tag's handle has an operation's words without its own: `listPaymentMethods` of `PaymentMethods` is `list`.
pub fn short_name(id: &str, tag: &str) -> String {
    let tag = field_name(tag);
    let of_tag: Vec<&str> = tag.split('_').collect();
    let same = |word: &str| {
        let bare = |word: &str| word.trim_end_matches('s').to_owned();
        of_tag.iter().any(|tag| bare(tag) == bare(word))
    };
    let id = method_name(id);
    let words: Vec<&str> = id.split('_').filter(|word| !same(word)).collect();
    if words.is_empty() {
        id
    } else {
        field_name(&words.join("_"))
    }
}

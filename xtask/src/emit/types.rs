//! The structs that are sent: progenitor's, with docs from the spec, builders, and a `Debug` that hides what must not
//! print.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Fields, Item, ItemStruct, Type, parse_quote};

use crate::docs;
use crate::emit::scalars::limits;
use crate::guard;
use crate::model::{Field, Model, Sensitive, Shape, Target};
use crate::names::type_name;

/// The items of `types.rs`.
pub fn emit(model: &Model, items: Vec<Item>) -> Result<TokenStream, String> {
    let components: BTreeMap<String, &str> = model
        .components
        .iter()
        .filter(|(_, component)| matches!(component.shape, Shape::Object(_)))
        .map(|(name, _)| (type_name(name), name.as_str()))
        .collect();
    let mut out = quote! {
        use super::scalars::*;
    };
    for item in items {
        let Item::Struct(item) = item else { continue };
        let name = components
            .get(&item.ident.to_string())
            .ok_or_else(|| format!("no component for {}", item.ident))?;
        guard::at(format!("the component {name}"));
        out.extend(finish(model, name, item)?);
    }
    Ok(out)
}

fn finish(model: &Model, component: &str, mut item: ItemStruct) -> Result<TokenStream, String> {
    let fields = model.fields(component)?;
    let description = &model.component(component)?.description;
    let hidden = fields.iter().any(|field| field.sensitive.is_some());
    let debug: TokenStream = if hidden { quote!() } else { quote!(Debug,) };
    let docs = doc_attributes(&[description]);
    item.attrs = docs;
    item.attrs.push(parse_quote!(
        #[derive(Clone, #debug PartialEq, ::serde::Deserialize, ::serde::Serialize, ::bon::Builder)]
    ));
    item.attrs.push(parse_quote!(#[non_exhaustive]));
    // Of an object without properties typify makes a map, or a struct without a body.
    if fields.is_empty() {
        item.fields = Fields::Named(parse_quote!({}));
        item.semi_token = None;
    }
    let Fields::Named(named) = &mut item.fields else {
        return Err(format!("{component} is not a struct with named fields"));
    };
    let mut lines = Vec::new();
    for syn_field in &mut named.named {
        let ident = syn_field.ident.clone().ok_or("a field has no name")?;
        let json_name = renamed(&syn_field.attrs).unwrap_or_else(|| ident.to_string());
        let field = fields
            .iter()
            .find(|field| field.name == json_name)
            .ok_or_else(|| format!("{component} has no property {json_name}"))?;
        let mut attributes = doc_attributes(&[&sentence(field), &field_limits(&field.target)]);
        attributes.push(serde_attribute(&ident.to_string(), field));
        attributes.push(parse_quote!(#[builder(into)]));
        ShortPaths { own: &item.ident }.visit_type_mut(&mut syn_field.ty);
        if !field.required {
            syn_field.ty = optional(&syn_field.ty);
        }
        syn_field.attrs = attributes;
        lines.push(debug_line(&ident, field));
    }
    let debug = if hidden {
        debug_impl(&item.ident, &lines)
    } else {
        TokenStream::new()
    };
    Ok(quote! { #item #debug })
}

/// `::std::string::String` and `::noah_models::Nonce` read better as `String` and `Nonce`, and a struct within itself as
/// `Self`.
struct ShortPaths<'a> {
    own: &'a syn::Ident,
}

impl VisitMut for ShortPaths<'_> {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        visit_mut::visit_path_mut(self, path);
        if path.is_ident(self.own) {
            *path = parse_quote!(Self);
            return;
        }
        let first = path
            .segments
            .first()
            .map(|segment| segment.ident.to_string())
            .unwrap_or_default();
        let prelude = path.segments.last().is_some_and(|last| {
            ["Box", "Option", "String", "Vec"].contains(&last.ident.to_string().as_str())
        });
        if (first == "std" && prelude) || first.ends_with("_models") {
            path.leading_colon = None;
            if let Some(last) = path.segments.pop() {
                path.segments = std::iter::once(last).collect();
            }
        }
    }
}

/// What a field is, for its docs.
pub fn sentence(field: &Field) -> String {
    if field.description.is_empty() {
        format!("`{}`.", field.name)
    } else {
        field.description.clone()
    }
}

/// The limits of a plain field as a sentence. Those of a component stand with its own type.
fn field_limits(target: &Target) -> String {
    match target {
        Target::Text(text) => limits(text),
        Target::Integer {
            min: Some(min),
            max: Some(max),
            ..
        } => format!("{min} to {max}."),
        Target::Integer { min: Some(min), .. } => format!("At least {min}."),
        Target::Integer { max: Some(max), .. } => format!("At most {max}."),
        Target::Array {
            min: Some(min),
            max: Some(max),
            ..
        } => format!("{min} to {max} items."),
        Target::Array { min: Some(min), .. } => format!("At least {min} items."),
        Target::Array { max: Some(max), .. } => format!("At most {max} items."),
        _ => String::new(),
    }
}

fn doc_attributes(paragraphs: &[&str]) -> Vec<Attribute> {
    docs::lines(paragraphs)
        .iter()
        .map(|line| parse_quote!(#[doc = #line]))
        .collect()
}

fn renamed(attributes: &[Attribute]) -> Option<String> {
    let mut name = None;
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("serde"))
    {
        // What is not a rename (default, skip_serializing_if) is passed over with its value.
        let _ = attribute.parse_nested_meta(|meta| {
            let value = meta.value().and_then(|value| value.parse::<syn::LitStr>());
            if meta.path.is_ident("rename") {
                name = value.ok().map(|value| value.value());
            }
            Ok(())
        });
    }
    name
}

/// An absent field and an explicit null are both `None`; a list keeps the difference between absent and empty.
fn serde_attribute(ident: &str, field: &Field) -> Attribute {
    let name = &field.name;
    match (ident == name, field.required) {
        (true, true) => parse_quote!(#[serde()]),
        (false, true) => parse_quote!(#[serde(rename = #name)]),
        (true, false) => parse_quote!(#[serde(default, skip_serializing_if = "Option::is_none")]),
        (false, false) => {
            parse_quote!(#[serde(rename = #name, default, skip_serializing_if = "Option::is_none")])
        }
    }
}

fn optional(ty: &Type) -> Type {
    let inner = match ty {
        Type::Path(path) => match path.path.segments.last() {
            Some(last) if last.ident == "Option" => match &last.arguments {
                syn::PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
                    Some(syn::GenericArgument::Type(inner)) => inner.clone(),
                    _ => ty.clone(),
                },
                _ => ty.clone(),
            },
            _ => ty.clone(),
        },
        _ => ty.clone(),
    };
    parse_quote!(Option<#inner>)
}

fn debug_line(ident: &syn::Ident, field: &Field) -> TokenStream {
    let name = ident.to_string();
    let mark = match field.sensitive {
        None => return quote!(.field(#name, &self.#ident)),
        Some(Sensitive::Secret) => format_ident!("Secret"),
        Some(Sensitive::Personal) => format_ident!("Personal"),
    };
    if field.required {
        quote!(.field(#name, &::checkout_core::redact::#mark))
    } else {
        quote!(.field(#name, &::checkout_core::redact::present(self.#ident.as_ref(), ::checkout_core::redact::#mark)))
    }
}

fn debug_impl(ident: &syn::Ident, lines: &[TokenStream]) -> TokenStream {
    let name = ident.to_string();
    quote! {
        impl ::std::fmt::Debug for #ident {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(#name) #(#lines)* .finish()
            }
        }
    }
}

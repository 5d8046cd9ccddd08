//! `Validate` for everything that is sent.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, format_ident, quote};

use crate::emit::scalars::rules;
use crate::model::{Field, Model, Shape, Tag, Target, Text, Union};
use crate::names::{field_ident, type_ident, variant_name};

/// What the checks may name.
pub const NAMES: &str =
    "At Format Pattern TextRules Validate Violations items range segment unique unknown_member";

/// The items of `validate.rs`.
pub fn emit(model: &Model) -> Result<TokenStream, String> {
    let mut out = TokenStream::new();
    let mut unions = false;
    for name in model.sent() {
        match &model.component(name)?.shape {
            Shape::Object(fields) => out.extend(object(name, fields)?),
            Shape::Union(union) => {
                unions = true;
                out.extend(self::union(name, union));
            }
            _ => {}
        }
    }
    let imports = super::Used::of(&out).among(NAMES);
    let scalars = unions.then(|| {
        quote!(
            use super::scalars::*;
        )
    });
    Ok(quote! {
        use ::checkout_core::validate::{#(#imports),*};

        #scalars
        use super::types::*;
        #out
    })
}

fn object(name: &str, fields: &[Field]) -> Result<TokenStream, String> {
    let ident = type_ident(name);
    let checks = fields.iter().map(field).collect::<Result<TokenStream, _>>()?;
    let body = if checks.is_empty() {
        quote!(let _ = (at, found);)
    } else {
        checks
    };
    Ok(quote! {
        impl Validate for #ident {
            fn check(&self, at: &At<'_>, found: &mut Violations) {
                #body
            }
        }
    })
}

fn field(field: &Field) -> Result<TokenStream, String> {
    let ident = field_ident(&field.name);
    let name = &field.name;
    let place = quote!(&at.field(#name));
    if field.required {
        return check(&field.target, &quote!(self.#ident), &quote!(&self.#ident), &place);
    }
    let inner = check(&field.target, &quote!(value), &quote!(value), &place)?;
    Ok(if inner.is_empty() {
        inner
    } else {
        quote!(if let Some(value) = &self.#ident { #inner })
    })
}

/// The checks of one value: `value` for method calls, `borrowed` as an argument.
pub fn check(
    target: &Target,
    value: &TokenStream,
    borrowed: &TokenStream,
    at: &TokenStream,
) -> Result<TokenStream, String> {
    Ok(match target {
        Target::Component(_) => quote!(#value.check(#at, found);),
        Target::Text(text) if text.has_rules() => text_check(text, borrowed, at)?,
        Target::Integer { min, max, .. } if min.is_some() || max.is_some() => {
            let literal = |limit| Literal::i64_unsuffixed(limit).into_token_stream();
            let min = min.map_or_else(|| quote!(i64::MIN), literal);
            let max = max.map_or_else(|| quote!(i64::MAX), literal);
            quote!(range(#borrowed, #min, #max, #at, found);)
        }
        Target::Array {
            items,
            min,
            max,
            unique,
        } => {
            let count = (min.is_some() || max.is_some()).then(|| {
                let literal = |limit| Literal::u64_unsuffixed(limit).into_token_stream();
                let min = literal(min.unwrap_or(0));
                let max = max.map_or_else(|| quote!(usize::MAX), literal);
                quote!(items(#borrowed, #min, #max, #at, found);)
            });
            let unique = unique.then(|| quote!(unique(#borrowed, #at, found);));
            let each = match &**items {
                Target::Component(_) => quote!(#value.check(#at, found);),
                items => each(
                    items,
                    at,
                    &quote!(&at.item(index)),
                    |inner| quote!(for (index, item) in #value.iter().enumerate() { #inner }),
                )?,
            };
            quote!(#count #unique #each)
        }
        Target::Map(values) => each(
            values,
            at,
            &quote!(&at.field(key)),
            |inner| quote!(for (key, item) in #value.iter() { #inner }),
        )?,
        Target::Text(_) | Target::Integer { .. } | Target::Boolean | Target::Free => TokenStream::new(),
    })
}

/// The checks of each item of what stands at `at`, in a loop, if there are any.
fn each(
    items: &Target,
    at: &TokenStream,
    place: &TokenStream,
    looped: impl Fn(TokenStream) -> TokenStream,
) -> Result<TokenStream, String> {
    let inner = check(items, &quote!(item), &quote!(item), place)?;
    if inner.is_empty() {
        return Ok(inner);
    }
    let looped = looped(inner);
    Ok(quote!({ let at = #at; #looped }))
}

fn text_check(text: &Text, borrowed: &TokenStream, at: &TokenStream) -> Result<TokenStream, String> {
    let mut rules: TokenStream = rules(text).parse().map_err(|error| format!("rules: {error}"))?;
    let Some(pattern) = &text.pattern else {
        return Ok(quote!(#rules.check(#borrowed, #at, found);));
    };
    rules.extend(quote!(.pattern(&PATTERN)));
    Ok(quote!({
        static PATTERN: Pattern = Pattern::new(#pattern);
        #rules.check(#borrowed, #at, found);
    }))
}

fn union(name: &str, union: &Union) -> TokenStream {
    let ident = type_ident(name);
    let members = union
        .members
        .iter()
        .map(|(tag, _)| format_ident!("{}", variant_name(tag)));
    let untagged = union.untagged.iter().map(|_| format_ident!("Untagged"));
    let arms = members
        .chain(untagged)
        .map(|member| quote!(Self::#member(member) => member.check(at, found),));
    let known: Vec<&str> = union.members.iter().map(|(tag, _)| tag.as_str()).collect();
    let tag = match &union.tag {
        Tag::Inside(tag) | Tag::Beside(tag) => tag,
    };
    quote! {
        impl Validate for #ident {
            fn check(&self, at: &At<'_>, found: &mut Violations) {
                match self {
                    #(#arms)*
                    Self::Unknown(value) => unknown_member(value, #tag, &[#(#known),*], at, found),
                }
            }
        }
    }
}

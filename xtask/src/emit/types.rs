//! The structs that are sent: with docs from the spec, builders, and a `Debug` that hides what must not print.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::sent_type;
use crate::docs;
use crate::emit::scalars::limits;
use crate::guard;
use crate::model::{Component, Direction, Field, Model, Sensitive, Shape, Target};
use crate::names::{field_name, type_name};

/// The body of `types.rs`.
pub fn emit(model: &Model) -> Result<String, String> {
    let mut structs = BTreeMap::new();
    for (name, component) in &model.components {
        if let (Shape::Object(fields), Direction::Sent) = (&component.shape, component.direction) {
            guard::at(format!("the component {name}"));
            let mut fields: Vec<&Field> = fields.iter().collect();
            fields.sort_by_key(|field| &field.name);
            structs.insert(type_name(name), object(model, name, component, &fields)?);
        }
    }
    let structs: String = structs.into_values().collect();
    Ok(format!(
        "//! Objects that are sent.\n\nuse super::scalars::*;\n\n{structs}"
    ))
}

fn object(model: &Model, name: &str, component: &Component, fields: &[&Field]) -> Result<String, String> {
    let ty = type_name(name);
    let is_hidden = fields.iter().any(|field| field.sensitive.is_some());
    let debug = if is_hidden { "" } else { "Debug, " };
    let mut out = docs::comment("", &[&component.description]);
    let _ = writeln!(
        out,
        "#[derive(Clone, {debug}PartialEq, ::bon::Builder)]\n#[non_exhaustive]\npub struct {ty} {{"
    );
    let (mut lines, mut names) = (String::new(), String::new());
    for field in fields {
        let ident = field_name(&field.name);
        let mut value = sent_type(model, &field.target, &ty)?;
        if model.holds(&field.target, name) {
            value = format!("Box<{value}>");
        }
        if !field.required {
            value = format!("Option<{value}>");
        }
        let words = docs::or_name(&field.description, &field.name);
        out.push_str(&docs::comment("    ", &[&words, &field_limits(&field.target)]));
        let _ = writeln!(out, "    #[builder(into)]\n    pub {ident}: {value},");
        let need = if field.required { "required" } else { "optional" };
        let _ = writeln!(names, "    {ident}: {need}({:?}),", field.name);
        let _ = write!(lines, ".field({ident:?}, &{})", shown(&ident, field));
    }
    let _ = writeln!(out, "}}\n\n::checkout_core::sent!({ty} {{\n{names}}});\n");
    if is_hidden {
        let _ = writeln!(
            out,
            "impl ::std::fmt::Debug for {ty} {{\n    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {{\n        f.debug_struct({ty:?}){lines}.finish()\n    }}\n}}\n"
        );
    }
    Ok(out)
}

/// The limits of a plain field as a sentence. Those of a component stand with its own type.
fn field_limits(target: &Target) -> String {
    match target {
        Target::Text(text) => limits(text),
        Target::Integer { min, max, .. } => docs::sentence(&docs::range(*min, *max, "")),
        Target::Array { min, max, .. } => docs::sentence(&docs::range(*min, *max, " items")),
        _ => String::new(),
    }
}

/// What `Debug` shows of a field.
fn shown(ident: &str, field: &Field) -> String {
    let mark = match field.sensitive {
        None => return format!("self.{ident}"),
        Some(Sensitive::Secret) => "::checkout_core::redact::Secret",
        Some(Sensitive::Personal) => "::checkout_core::redact::Personal",
    };
    if field.required {
        mark.to_owned()
    } else {
        format!("::checkout_core::redact::present(self.{ident}.as_ref(), {mark})")
    }
}

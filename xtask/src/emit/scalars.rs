//! Texts, enums and unions, as invocations of checkout-core's macros.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::docs;
use crate::model::{Component, Direction, Enum, FORMATS, Model, Sensitive, Shape, Tag, Text, Union};
use crate::names::{type_name, variant_name};

/// The body of `scalars.rs`.
pub fn emit(model: &Model) -> String {
    let mut out = String::new();
    for (name, component) in &model.components {
        match &component.shape {
            Shape::Text(text) => emit_text(&mut out, name, component, text),
            Shape::Enum(list) => emit_enum(&mut out, name, component, list),
            Shape::Union(union) => emit_union(&mut out, model, name, component, union),
            _ => {}
        }
    }
    let mut checks = super::called(&out, "Format Pattern TextRules");
    if !checks.is_empty() {
        checks = format!("use ::checkout_core::validate::{{{checks}}};\n\n");
    }
    let mut types = String::new();
    for (direction, module) in [(Direction::Received, "received"), (Direction::Sent, "types")] {
        let is_used = |component: &Component| {
            matches!(component.shape, Shape::Union(_)) && component.direction == direction
        };
        if model.components.values().any(is_used) {
            let _ = writeln!(types, "use super::{module}::*;");
        }
    }
    if !types.is_empty() {
        types.push('\n');
    }
    format!("//! Texts, lists of known values, and unions.\n\n{checks}{types}{out}")
}

fn emit_text(out: &mut String, name: &str, component: &Component, text: &Text) {
    let type_name = type_name(name);
    let mut rules = rules(text);
    if let Some(pattern) = &text.pattern {
        let pattern_name = format!("{}_PATTERN", heck::AsShoutySnakeCase(name));
        let _ = writeln!(
            out,
            "static {pattern_name}: Pattern = Pattern::new({pattern:?});\n"
        );
        let _ = write!(rules, ".pattern(&{pattern_name})");
    }
    let shown = Sensitive::word(text.sensitive);
    let limits = limits(text);
    let _ = writeln!(
        out,
        "::checkout_core::text! {{\n{}    pub struct {type_name}: {shown}, {rules};\n}}\n",
        docs::comment("    ", &[&component.description, &limits])
    );
}

/// The rules of a text as an expression, without its pattern.
pub fn rules(text: &Text) -> String {
    let mut rules = String::from("TextRules::ANY");
    if let Some(min) = text.min {
        let _ = write!(rules, ".min({min})");
    }
    if let Some(max) = text.max {
        let _ = write!(rules, ".max({max})");
    }
    let format = text.format.as_deref();
    if let Some(format) = format.filter(|format| FORMATS.contains(format)) {
        let _ = write!(rules, ".format(Format::{})", variant_name(format));
    }
    rules
}

/// The limits of a text as a sentence, or nothing.
pub fn limits(text: &Text) -> String {
    let length = match (text.min, text.max) {
        (Some(1), None) => "Not empty.".to_owned(),
        (min, max) => docs::sentence(&docs::range(min, max, " characters")),
    };
    let pattern = text.pattern.iter();
    let pattern = pattern.map(|pattern| format!("Pattern `{pattern}`."));
    docs::joined([length].into_iter().chain(pattern), " ")
}

fn emit_enum(out: &mut String, name: &str, component: &Component, list: &Enum) {
    let kind = if list.closed { "closed" } else { "extensible" };
    let _ = writeln!(out, "::checkout_core::open_enum! {{");
    out.push_str(&docs::comment("    ", &[&component.description]));
    let _ = writeln!(out, "    pub enum {}: {kind} {{", type_name(name));
    for (value, description) in &list.values {
        out.push_str(&docs::comment("        ", &[&docs::or_name(description, value)]));
        let _ = writeln!(out, "        {} = {value:?},", variant_name(value));
    }
    out.push_str("    }\n}\n\n");
}

fn emit_union(out: &mut String, model: &Model, name: &str, component: &Component, union: &Union) {
    let place = match (&union.tag, component.direction) {
        (Tag::Inside(tag), Direction::Sent) => format!("by {tag:?}"),
        (Tag::Inside(tag), Direction::Received) => format!("received by {tag:?}"),
        (Tag::Beside(_), _) => "received beside".to_owned(),
    };
    let _ = writeln!(out, "::checkout_core::tagged_union! {{");
    out.push_str(&docs::comment("    ", &[&component.description]));
    let _ = writeln!(out, "    pub enum {} {place} {{", type_name(name));
    // The first paragraph of what the member says of itself.
    let described = |member: &str, name: &str| {
        let component = model.components.get(member);
        let words = component.map_or("", |component| &component.description);
        let first = words.split("\n\n").next().unwrap_or_default().trim();
        docs::comment("        ", &[&docs::or_name(first, name)])
    };
    let mut seen = BTreeSet::new();
    for (tag, member) in union.members.iter().filter(|(tag, _)| seen.insert(tag)) {
        out.push_str(&described(member, tag));
        let (variant, member) = (variant_name(tag), type_name(member));
        let _ = writeln!(out, "        {variant}({member}) = {tag:?},");
    }
    if let Some(member) = &union.untagged {
        let described = described(member, member);
        let _ = writeln!(
            out,
            "        _ =>\n{described}        Untagged({}),",
            type_name(member)
        );
    }
    out.push_str("    }\n}\n\n");
}

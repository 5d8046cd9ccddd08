//! The table of operations, and which names of their bodies may be shown.

use std::fmt::Write as _;

use crate::docs;
use crate::emit::shown;
use crate::model::{Model, Operation, Paging, hints};
use crate::names::{const_name, field_name, variant_name};
use crate::spec::Spec;

/// The body of `operations.rs`.
pub fn emit(model: &Model, spec: &Spec) -> String {
    let hints = hints(&spec.root);
    let has_hints = !hints.is_empty() || model.operations.iter().any(|op| !op.hints.is_empty());
    let mut out = String::new();
    if has_hints {
        let _ = writeln!(
            out,
            "/// What to do about an answer, whatever the operation.\nconst HINTS: &[Hint] = &[{}];\n",
            table(&hints)
        );
    }
    for op in &model.operations {
        out.push_str(&docs::comment("", &[&op.title()]));
        let new = format!(
            "Operation::new({:?}, {:?}, {:?}, {:?}, {}, {})",
            op.id,
            op.method,
            op.path,
            op.tag,
            idempotency(op),
            op.moves_money,
        );
        let hints = has_hints.then(|| format!("hints: [&[{}], HINTS]", table(&op.hints)));
        let further = [key_life(op), parameters(op), paging(op), bodiless(op), hints];
        let further: String = further.into_iter().flatten().map(|field| field + ", ").collect();
        let row = if further.is_empty() {
            new
        } else {
            format!("Operation {{ {further}..{new} }}")
        };
        let _ = writeln!(out, "pub const {}: Operation = {row};\n", const_name(&op.id));
    }
    let all: Vec<String> = model.operations.iter().map(|op| const_name(&op.id)).collect();
    let _ = writeln!(
        out,
        "/// Every operation, in the order of the spec.\npub const ALL: &[Operation] = &[{}];",
        all.join(", ")
    );
    let names = "Hint Idempotency Operation Paging PagingBy Parameter Place";
    format!(
        "//! What each operation is, apart from its types, and what a log may show of its bodies.\n\nuse ::checkout_core::{{{}}};\n\n{out}{}",
        super::called(&out, names),
        shown::emit(model, spec)
    )
}

/// Hints as the table holds them: each field in braces gets its name in Rust beside that in JSON.
fn table(hints: &[(String, String)]) -> String {
    let rows = hints.iter().map(|(answer, hint)| {
        let mut parts = hint.split('{');
        let mut template = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (field, rest) = part.split_once('}').unwrap_or((part, ""));
            let _ = write!(template, "{{{field}={}}}{rest}", field_name(field));
        }
        format!("Hint {{ answer: {answer:?}, template: {template:?} }},")
    });
    rows.collect()
}

fn paging(op: &Operation) -> Option<String> {
    let Paging {
        parameter,
        size,
        items,
        by: (by, end),
    } = op.paging.as_ref()?;
    let key = by.end();
    Some(format!(
        "paging: Some(Paging {{ parameter: {parameter:?}, size: {size:?}, items: {items:?}, by: PagingBy::{by:?} {{ {key}: {end:?} }} }})"
    ))
}

fn parameters(op: &Operation) -> Option<String> {
    let rows = op.parameters.iter().map(|parameter| {
        format!(
            "Parameter {{ name: {:?}, place: Place::{}, required: {} }},",
            parameter.name,
            variant_name(&parameter.place),
            parameter.required
        )
    });
    let rows: String = rows.collect();
    (!rows.is_empty()).then(|| format!("parameters: &[{rows}]"))
}

fn bodiless(op: &Operation) -> Option<String> {
    // `2XX` is no status.
    let statuses = op.bodiless.iter().filter(|status| status.parse::<u16>().is_ok());
    let statuses: Vec<&str> = statuses.map(String::as_str).collect();
    (!statuses.is_empty()).then(|| format!("bodiless: &[{}]", statuses.join(", ")))
}

/// Too long to count is long, not short.
fn key_life(op: &Operation) -> Option<String> {
    let seconds = op.key_life_hours?.saturating_mul(60 * 60);
    let life = format!("::std::time::Duration::from_secs({seconds})");
    Some(format!("key_life: Some({life})"))
}

fn idempotency(op: &Operation) -> String {
    match &op.idempotency {
        Some((place, name)) if place == "body" => format!("Idempotency::BodyField({name:?})"),
        Some((_, name)) => format!("Idempotency::Header({name:?})"),
        None if matches!(op.method.as_str(), "GET" | "HEAD" | "OPTIONS") => "Idempotency::Read".to_owned(),
        None => "Idempotency::None".to_owned(),
    }
}

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
        let _ = writeln!(
            out,
            "pub const {}: Operation = Operation::new({:?}, {:?}, {:?}, {:?}, {}, {}){}{}{}{}{};\n",
            const_name(&op.id),
            op.id,
            op.method,
            op.path,
            op.tag,
            idempotency(op),
            op.moves_money,
            key_life(op),
            parameters(op),
            paging(op),
            bodiless(op),
            if has_hints {
                format!(".with_hints(&[{}], HINTS)", table(&op.hints))
            } else {
                String::new()
            },
        );
    }
    let all: Vec<String> = model.operations.iter().map(|op| const_name(&op.id)).collect();
    let _ = writeln!(
        out,
        "/// Every operation, in the order of the spec.\npub const ALL: &[Operation] = &[{}];",
        all.join(", ")
    );
    let names = [
        "Hint",
        "Idempotency",
        "Operation",
        "Paging",
        "PagingBy",
        "Parameter",
        "Place",
    ];
    format!(
        "//! What each operation is, apart from its types, and what a log may show of its bodies.\n\nuse ::checkout_core::{{{}}};\n\n{out}{}",
        super::called(&out, &names),
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
        format!("Hint::new({answer:?}, {template:?}),")
    });
    rows.collect()
}

fn paging(op: &Operation) -> String {
    let row = op.paging.as_ref().map(|paging| {
        let Paging { parameter, size, items, by: (by, end) } = paging;
        let key = by.end();
        format!(".with_paging(Paging::new({parameter:?}, {size:?}, {items:?}, PagingBy::{by:?} {{ {key}: {end:?} }}))")
    });
    row.unwrap_or_default()
}

fn parameters(op: &Operation) -> String {
    let rows = op.parameters.iter().map(|parameter| {
        let place = variant_name(&parameter.place);
        format!(
            "Parameter::new({:?}, Place::{place}, {}),",
            parameter.name, parameter.required
        )
    });
    let rows: String = rows.collect();
    if rows.is_empty() {
        rows
    } else {
        format!(".with_parameters(&[{rows}])")
    }
}

fn bodiless(op: &Operation) -> String {
    // `2XX` is no status.
    let statuses: Vec<String> = op
        .bodiless
        .iter()
        .filter(|status| status.parse::<u16>().is_ok())
        .cloned()
        .collect();
    if statuses.is_empty() {
        return String::new();
    }
    format!(".with_bodiless(&[{}])", statuses.join(", "))
}

fn key_life(op: &Operation) -> String {
    op.key_life_hours
        .map(|hours| format!(".with_key_life_hours({hours})"))
        .unwrap_or_default()
}

fn idempotency(op: &Operation) -> String {
    match &op.idempotency {
        Some((place, name)) if place == "body" => format!("Idempotency::BodyField({name:?})"),
        Some((_, name)) => format!("Idempotency::Header({name:?})"),
        None if matches!(op.method.as_str(), "GET" | "HEAD" | "OPTIONS") => "Idempotency::Read".to_owned(),
        None => "Idempotency::None".to_owned(),
    }
}

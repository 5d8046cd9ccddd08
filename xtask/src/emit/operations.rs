//! The table of operations, and which names of their bodies may be shown.

use std::fmt::Write as _;

use crate::docs;
use crate::emit::shown;
use crate::model::{Model, Operation};
use crate::names::const_name;
use crate::spec::Spec;

/// The body of `operations.rs`.
pub fn emit(model: &Model, spec: &Spec) -> String {
    let mut out = String::from(
        "//! What each operation is, apart from its types, and what a log may show of its bodies.\n\nuse ::checkout_core::{Idempotency, Operation};\n\n",
    );
    for op in &model.operations {
        out.push_str(&docs::comment(
            "",
            &[&format!("{}: `{} {}`.", op.summary, op.method, op.path)],
        ));
        let _ = writeln!(
            out,
            "pub const {}: Operation = Operation::new({:?}, {:?}, {:?}, {:?}, {}, {}){};\n",
            const_name(&op.id),
            op.id,
            op.method,
            op.path,
            op.tag,
            idempotency(op),
            op.moves_money,
            key_life(op),
        );
    }
    let all: Vec<String> = model.operations.iter().map(|op| const_name(&op.id)).collect();
    let _ = writeln!(
        out,
        "/// Every operation, in the order of the spec.\npub const ALL: &[Operation] = &[{}];",
        all.join(", ")
    );
    out.push_str(&shown::emit(model, spec));
    out
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

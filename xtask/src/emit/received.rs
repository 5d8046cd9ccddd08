//! Objects that are received, as invocations of a macro of checkout-core.

use std::fmt::Write as _;

use crate::docs;
use crate::emit::received_type;
use crate::guard;
use crate::model::{Direction, Field, Model, Sensitive, Shape};
use crate::names::{field_name, type_name};

/// The body of `received.rs`.
pub fn emit(model: &Model) -> Result<String, String> {
    let mut objects = String::new();
    let mut is_scalar_used = false;
    for (name, component) in &model.components {
        if let Shape::Object(fields) = &component.shape
            && component.direction == Direction::Received
        {
            guard::at(format!("the component {name}"));
            let _ = writeln!(objects, "::checkout_core::received! {{");
            objects.push_str(&docs::comment("    ", &[&component.description]));
            let _ = writeln!(objects, "    pub struct {} {{", type_name(name));
            let mut fields: Vec<&Field> = fields.iter().collect();
            fields.sort_by_key(|field| &field.name);
            for field in fields {
                emit_field(&mut objects, model, name, field)?;
                let shape = field.target.component().and_then(|held| model.shape(held));
                is_scalar_used |= matches!(shape, Some(Shape::Text(_) | Shape::Enum(_) | Shape::Union(_)));
            }
            objects.push_str("    }\n}\n\n");
        }
    }
    let scalars = if is_scalar_used {
        "use super::scalars::*;\n\n"
    } else {
        ""
    };
    Ok(format!("//! Objects that are received.\n\n{scalars}{objects}"))
}

fn emit_field(out: &mut String, model: &Model, object: &str, field: &Field) -> Result<(), String> {
    let mut ty = received_type(model, &field.target, "")?;
    if model.holds(&field.target, object) {
        ty = format!("Box<{ty}>");
    }
    // The name under which everything stands that has none.
    let name = match field_name(&field.name) {
        name if name == "other" => "other_".to_owned(),
        name => name,
    };
    let need = if field.required { "required" } else { "optional" };
    let shown = Sensitive::word(field.sensitive);
    let words = docs::or_name(&field.description, &field.name);
    out.push_str(&docs::comment("        ", &[&words]));
    let _ = writeln!(out, "        {name}: {ty} = {need} {:?} {shown},", field.name);
    Ok(())
}

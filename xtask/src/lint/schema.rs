//! Rules for a schema wherever it stands.

use serde_json::Value;

use super::{Linter, refers};
use crate::model::enum_values;
use crate::spec::{array, component, join, object, text};

/// Where a schema stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// A component of its own.
    Component,
    /// A property, an item, a parameter or a body.
    Property,
}

/// Runs the rules on a schema and on all within it.
pub(super) fn check(linter: &mut Linter<'_>, at: &str, schema: &Value, context: Context) {
    if refers(schema) {
        return reference(linter, at, schema);
    }
    keywords(linter, at, schema);
    if context == Context::Property {
        inline(linter, at, schema);
    } else if text(schema, "description").is_none_or(|description| description.trim().is_empty()) {
        linter.found(
            at,
            "description",
            "the component has no description",
            "say what it is for, with units",
        );
    }
    kind(linter, at, schema);
    limits(linter, at, schema);
    for (name, property) in object(schema.get("properties")) {
        let at = join(&join(at, "properties"), name);
        let described = text(property, "description").is_some() || refers(property);
        if !described {
            linter.found(
                &at,
                "description",
                "the property has no description",
                "say what it is for, with units",
            );
        }
        check(linter, &at, property, Context::Property);
    }
    if let Some(items) = schema.get("items") {
        check(linter, &join(at, "items"), items, Context::Property);
    }
    if let Some(values @ Value::Object(_)) = schema.get("additionalProperties") {
        check(
            linter,
            &join(at, "additionalProperties"),
            values,
            Context::Property,
        );
    }
    for (index, member) in array(schema.get("oneOf")).iter().enumerate() {
        if refers(member) {
            reference(linter, &join(&join(at, "oneOf"), &index.to_string()), member);
        }
    }
}

fn reference(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let target = crate::model::reference(schema).unwrap_or_default();
    if component(target).is_none() || linter.spec.resolve(target).is_none() {
        linter.found(
            at,
            "dangling-ref",
            format!("{target} is no component schema of this document"),
            "correct the reference, or add the component",
        );
    }
    let siblings: Vec<&String> = object(Some(schema)).keys().filter(|key| *key != "$ref").collect();
    if schema.get("$ref").is_some() && !siblings.is_empty() {
        linter.found(
            at,
            "ref-siblings",
            format!("OpenAPI 3.0 ignores {siblings:?} next to a reference"),
            "wrap the reference: `allOf: [{$ref: …}]`",
        );
    }
}

/// Keywords that the generator would drop, or that would harm what is received.
const KEYWORDS: [(&str, &str, &str); 9] = [
    (
        "anyOf",
        "anyOf compiles to a type that fails on every value",
        "use a oneOf with a discriminator, or x-extensible-enum",
    ),
    (
        "not",
        "not has no Rust type",
        "describe the rule in words, and check it by hand",
    ),
    (
        "nullable",
        "an optional field reads null as absent already",
        "make the property optional",
    ),
    (
        "default",
        "a default would be sent on every request",
        "describe the default in words",
    ),
    (
        "readOnly",
        "readOnly is ignored",
        "use a component for each direction",
    ),
    (
        "writeOnly",
        "writeOnly is ignored",
        "use a component for each direction",
    ),
    (
        "multipleOf",
        "multipleOf is not checked",
        "describe the rule in words, and check it by hand",
    ),
    (
        "patternProperties",
        "patternProperties is not part of OpenAPI 3.0",
        "use additionalProperties",
    ),
    (
        "const",
        "const is not part of OpenAPI 3.0",
        "use an enum of one value",
    ),
];

fn keywords(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    for (keyword, problem, remedy) in KEYWORDS {
        if schema.get(keyword).is_some() {
            linter.found(&join(at, keyword), "keyword", problem, remedy);
        }
    }
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        linter.found(
            &join(at, "additionalProperties"),
            "closed-object",
            "a closed object fails on the first field that the API adds",
            "remove it",
        );
    }
    if schema.get("allOf").is_some() {
        linter.found(
            &join(at, "allOf"),
            "all-of",
            "allOf is supported only around a single reference, to describe a property in its own words",
            "list the properties in one component",
        );
    }
}

fn inline(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let one_value_tag = array(schema.get("enum")).len() == 1;
    if enum_values(schema).is_some() && !one_value_tag {
        linter.found(
            at,
            "inline-enum",
            "the list of values stands inline, so its type would be named after its place",
            "move it to components/schemas and refer to it",
        );
    }
    if schema.get("properties").is_some() || schema.get("oneOf").is_some() {
        linter.found(
            at,
            "inline-schema",
            "the schema stands inline, so its type would be named after its place",
            "move it to components/schemas and refer to it",
        );
    }
    if matches!(text(schema, "format"), Some("date" | "date-time")) {
        linter.found(
            at,
            "inline-time",
            "a date or time that is no component would not keep its text",
            "refer to the component Date or DateTime",
        );
    }
}

fn kind(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    match schema.get("type") {
        Some(Value::String(kind)) => match kind.as_str() {
            "number" => linter.found(
                &join(at, "type"),
                "number",
                "a JSON number becomes a float, which cannot hold money",
                "use the component PositiveDecimal, or an integer of minor units",
            ),
            "integer" if !matches!(text(schema, "format"), Some("int32" | "int64")) => linter.found(
                at,
                "integer-format",
                "nothing says how large the integer can be",
                "add `format: int32` or `format: int64`",
            ),
            "array" if schema.get("items").is_none() => {
                linter.found(at, "array-items", "the array has no items", "say what it holds");
            }
            _ => {}
        },
        Some(_) => linter.found(
            &join(at, "type"),
            "type",
            "a list of types is not part of OpenAPI 3.0",
            "use one type",
        ),
        None if schema.get("oneOf").is_none() => {
            linter.found(
                at,
                "type",
                "the schema has no type",
                "add `type`; free-form JSON is `type: object`",
            );
        }
        None => {}
    }
}

fn limits(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    for (low, high) in [
        ("minLength", "maxLength"),
        ("minItems", "maxItems"),
        ("minimum", "maximum"),
    ] {
        let number = |key| schema.get(key).and_then(Value::as_i64);
        if let (Some(least), Some(most)) = (number(low), number(high))
            && least > most
        {
            linter.found(
                &join(at, low),
                "limits",
                format!("{low} is above {high}"),
                "correct one of them",
            );
        }
    }
    if let Some(pattern) = text(schema, "pattern") {
        if let Err(error) = regress::Regex::new(pattern) {
            linter.found(
                &join(at, "pattern"),
                "pattern",
                format!("the pattern does not compile: {error}"),
                "correct it",
            );
        }
        if !(pattern.starts_with('^') && pattern.ends_with('$')) {
            linter.found(
                &join(at, "pattern"),
                "pattern",
                "the pattern is not anchored, so it would match anywhere in a text",
                "begin it with ^ and end it with $",
            );
        }
    }
}

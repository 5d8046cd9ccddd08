//! Rules for a schema wherever it stands.

use serde_json::Value;

use super::{Linter, pattern, refers, rules, sensitive};
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
    sensitive::mark(linter, at, schema);
    if refers(schema) {
        return reference(linter, at, schema);
    }
    keywords(linter, at, schema);
    if context == Context::Property {
        inline(linter, at, schema);
    } else if text(schema, "description").is_none_or(|description| description.trim().is_empty()) {
        linter.found(
            at,
            rules::DESCRIPTION,
            "the component has no description",
            "say what it is for, with units",
        );
    }
    kind(linter, at, schema);
    format(linter, at, schema);
    limits(linter, at, schema);
    for (name, property) in object(schema.get("properties")) {
        let at = join(&join(at, "properties"), name);
        let described = text(property, "description").is_some() || refers(property);
        if !described {
            linter.found(
                &at,
                rules::DESCRIPTION,
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
            rules::DANGLING_REF,
            format!("{target} is no component schema of this document"),
            "correct the reference, or add the component",
        );
    }
    let siblings: Vec<&String> = object(Some(schema)).keys().filter(|key| *key != "$ref").collect();
    if schema.get("$ref").is_some() && !siblings.is_empty() {
        linter.found(
            at,
            rules::REF_SIBLINGS,
            format!("OpenAPI 3.0 ignores {siblings:?} next to a reference"),
            "wrap the reference: `allOf: [{$ref: …}]`",
        );
    }
}

/// Keywords that the generator would drop, or that would harm what is received.
const KEYWORDS: [(&str, &str, &str); 13] = [
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
        "exclusiveMinimum",
        "exclusiveMinimum is not checked",
        "raise `minimum` by one",
    ),
    (
        "exclusiveMaximum",
        "exclusiveMaximum is not checked",
        "lower `maximum` by one",
    ),
    (
        "minProperties",
        "minProperties is not checked",
        "describe the rule in words, and check it by hand",
    ),
    (
        "maxProperties",
        "maxProperties is not checked",
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
    for (keyword, is, kind) in [
        ("properties", Value::is_object as fn(&Value) -> bool, "a mapping"),
        ("items", Value::is_object, "a mapping"),
        ("required", Value::is_array, "a list"),
        ("enum", Value::is_array, "a list"),
        ("x-extensible-enum", Value::is_array, "a list"),
        ("allOf", Value::is_array, "a list"),
        ("oneOf", Value::is_array, "a list"),
    ] {
        if let Some(value) = schema.get(keyword)
            && !is(value)
        {
            linter.found(
                &join(at, keyword),
                rules::TYPE,
                format!("{keyword} is {kind}, and this is none, so it would say nothing"),
                format!("write {kind}"),
            );
        }
    }
    for (keyword, problem, remedy) in KEYWORDS {
        if schema.get(keyword).is_some() {
            linter.found(&join(at, keyword), rules::KEYWORD, problem, remedy);
        }
    }
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        linter.found(
            &join(at, "additionalProperties"),
            rules::CLOSED_OBJECT,
            "a closed object fails on the first field that the API adds",
            "remove it",
        );
    }
    if schema.get("allOf").is_some() {
        linter.found(
            &join(at, "allOf"),
            rules::ALL_OF,
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
            rules::INLINE_ENUM,
            "the list of values stands inline, so its type would be named after its place",
            "move it to components/schemas and refer to it",
        );
    }
    if schema.get("properties").is_some() || schema.get("oneOf").is_some() {
        linter.found(
            at,
            rules::INLINE_SCHEMA,
            "the schema stands inline, so its type would be named after its place",
            "move it to components/schemas and refer to it",
        );
    }
    if matches!(text(schema, "format"), Some("date" | "date-time")) {
        linter.found(
            at,
            rules::INLINE_TIME,
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
                rules::NUMBER,
                "a JSON number becomes a float, which cannot hold money",
                "use the component PositiveDecimal, or an integer of minor units",
            ),
            "integer" if !matches!(text(schema, "format"), Some("int32" | "int64")) => linter.found(
                at,
                rules::INTEGER_FORMAT,
                "the format does not say how large the integer can be",
                "write `format: int32` or `format: int64`",
            ),
            "array" if schema.get("items").is_none() => {
                linter.found(
                    at,
                    rules::ARRAY_ITEMS,
                    "the array has no items",
                    "say what it holds",
                );
            }
            "array" | "boolean" | "integer" | "object" | "string" => {}
            other => linter.found(
                &join(at, "type"),
                rules::TYPE,
                format!("{other} is no type of OpenAPI 3.0"),
                "use string, integer, boolean, array or object",
            ),
        },
        Some(_) => linter.found(
            &join(at, "type"),
            rules::TYPE,
            "a list of types is not part of OpenAPI 3.0",
            "use one type",
        ),
        None if schema.get("oneOf").is_none() => {
            linter.found(
                at,
                rules::TYPE,
                "the schema has no type",
                "add `type`; free-form JSON is `type: object`",
            );
        }
        None => {}
    }
}

/// Formats of a text that are checked before sending. `password` is none: it says how to type a text, not what it is.
const FORMATS: [&str; 5] = ["date", "date-time", "email", "uri", "uuid"];

fn format(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let Some(format) = text(schema, "format") else {
        return;
    };
    let kind = text(schema, "type").unwrap_or_default();
    let checked = match kind {
        "string" => FORMATS.contains(&format),
        // Judged by `integer-format` and `number`.
        "integer" | "number" => true,
        _ => false,
    };
    if !checked {
        linter.found(
            &join(at, "format"),
            rules::FORMAT,
            format!("the format {format} of type {kind:?} is not checked"),
            format!(
                "use one of {} on a string, or a pattern, or words",
                FORMATS.join(", ")
            ),
        );
    }
}

/// Limits, the type that each belongs to, and the limit that must not be below it.
const LIMITS: [(&str, &str, Option<&str>); 8] = [
    ("minLength", "string", Some("maxLength")),
    ("maxLength", "string", None),
    ("pattern", "string", None),
    ("minItems", "array", Some("maxItems")),
    ("maxItems", "array", None),
    ("uniqueItems", "array", None),
    ("minimum", "integer", Some("maximum")),
    ("maximum", "integer", None),
];

fn limits(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let kind = text(schema, "type").unwrap_or_default();
    for (limit, on, upper) in LIMITS {
        let Some(value) = schema.get(limit) else { continue };
        let at = join(at, limit);
        if kind != on {
            linter.found(
                &at,
                rules::LIMITS,
                format!("{limit} on type {kind:?} is not checked"),
                format!("it belongs to type {on:?}; remove it"),
            );
        }
        let whole = match limit {
            "pattern" => value.is_string(),
            "uniqueItems" => value.is_boolean(),
            "minimum" | "maximum" => value.is_i64(),
            _ => value.is_u64(),
        };
        if !whole {
            linter.found(
                &at,
                rules::LIMITS,
                format!("{limit}: {value} cannot be checked as it stands"),
                "write a whole number that fits; quote a pattern; `true` or `false` for uniqueItems",
            );
        }
        let most = upper.and_then(|upper| schema.get(upper)).and_then(Value::as_i64);
        if let (Some(least), Some(most)) = (value.as_i64(), most)
            && least > most
        {
            linter.found(
                &at,
                rules::LIMITS,
                format!("{limit} is above {}", upper.unwrap_or_default()),
                "correct one of them",
            );
        }
    }
    if let Some(pattern) = text(schema, "pattern") {
        if let Err(error) = regress::Regex::new(pattern) {
            linter.found(
                &join(at, "pattern"),
                rules::PATTERN,
                format!("the pattern does not compile: {error}"),
                "correct it",
            );
        }
        if !pattern::is_anchored(pattern) {
            linter.found(
                &join(at, "pattern"),
                rules::PATTERN_ANCHOR,
                "the pattern is not anchored, so it would match anywhere in a text",
                "begin it with ^ and end it with $, and put what stands between into (?:…) if it has a `|`",
            );
        }
    }
}

//! Rules for a schema wherever it stands.

use serde_json::Value;

use super::{Linter, RuleText, pattern, quoted, rules, sensitive};
use crate::model::{FORMATS, enum_values, reference as referred};
use crate::spec::{self, array, join, object, text};

/// Runs the rules on a component's schema and on all within it.
pub(super) fn component(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let is_blank = |description: &str| description.trim().is_empty();
    if referred(schema).is_none() && text(schema, "description").is_none_or(is_blank) {
        linter.found(at, rules::NO_COMPONENT_DESCRIPTION, &[]);
    }
    any(linter, at, schema);
}

/// The same for that of a property, an item, a parameter or a body.
pub(super) fn check(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    if referred(schema).is_none() {
        inline(linter, at, schema);
    }
    any(linter, at, schema);
}

fn any(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    sensitive::mark(linter, at, schema);
    if referred(schema).is_some() {
        return reference(linter, at, schema);
    }
    keywords(linter, at, schema);
    kind(linter, at, schema);
    format(linter, at, schema);
    limits(linter, at, schema);
    for (name, property) in object(schema.get("properties")) {
        let at = join(&join(at, "properties"), name);
        let described = text(property, "description").is_some() || referred(property).is_some();
        if !described {
            linter.found(&at, rules::NO_PROPERTY_DESCRIPTION, &[]);
        }
        check(linter, &at, property);
    }
    if let Some(items) = schema.get("items") {
        check(linter, &join(at, "items"), items);
    }
    if let Some(values @ Value::Object(_)) = schema.get("additionalProperties") {
        check(linter, &join(at, "additionalProperties"), values);
    }
    for (index, member) in array(schema.get("oneOf")).iter().enumerate() {
        if referred(member).is_some() {
            reference(linter, &join(&join(at, "oneOf"), &index.to_string()), member);
        }
    }
}

fn reference(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let target = referred(schema).unwrap_or_default();
    if spec::component(target).is_none() || linter.spec.resolve(target).is_none() {
        linter.found(at, rules::DANGLING_REF, &[&target]);
    }
    let siblings: Vec<&String> = object(Some(schema)).keys().filter(|key| *key != "$ref").collect();
    if schema.get("$ref").is_some() && !siblings.is_empty() {
        linter.found(at, rules::REF_SIBLINGS, &[&quoted(&siblings)]);
    }
}

/// Keywords that the generator would drop, or that would harm what is received.
const KEYWORDS: [(&str, RuleText); 13] = [
    ("anyOf", rules::ANY_OF),
    ("not", rules::NOT),
    ("nullable", rules::NULLABLE),
    ("default", rules::DEFAULT),
    ("readOnly", rules::IGNORED_KEYWORD),
    ("writeOnly", rules::IGNORED_KEYWORD),
    ("multipleOf", rules::UNCHECKED_KEYWORD),
    ("exclusiveMinimum", rules::EXCLUSIVE_MINIMUM),
    ("exclusiveMaximum", rules::EXCLUSIVE_MAXIMUM),
    ("minProperties", rules::UNCHECKED_KEYWORD),
    ("maxProperties", rules::UNCHECKED_KEYWORD),
    ("patternProperties", rules::PATTERN_PROPERTIES),
    ("const", rules::CONST),
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
            linter.found(&join(at, keyword), rules::KEYWORD_TYPE, &[&keyword, &kind, &kind]);
        }
    }
    for (keyword, problem) in KEYWORDS {
        if schema.get(keyword).is_some() {
            linter.found(&join(at, keyword), problem, &[&keyword]);
        }
    }
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        linter.found(&join(at, "additionalProperties"), rules::CLOSED_OBJECT, &[]);
    }
    if schema.get("allOf").is_some() {
        linter.found(&join(at, "allOf"), rules::ALL_OF, &[]);
    }
}

fn inline(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    let one_value_tag = array(schema.get("enum")).len() == 1;
    if enum_values(schema).is_some() && !one_value_tag {
        linter.found(at, rules::INLINE_ENUM, &[]);
    }
    if schema.get("properties").is_some() || schema.get("oneOf").is_some() {
        linter.found(at, rules::INLINE_SCHEMA, &[]);
    }
    if matches!(text(schema, "format"), Some("date" | "date-time")) {
        linter.found(at, rules::INLINE_TIME, &[]);
    }
}

fn kind(linter: &mut Linter<'_>, at: &str, schema: &Value) {
    match schema.get("type") {
        Some(Value::String(kind)) => match kind.as_str() {
            "number" => linter.found(&join(at, "type"), rules::NUMBER, &[]),
            "integer" if !matches!(text(schema, "format"), Some("int32" | "int64")) => {
                linter.found(at, rules::INTEGER_FORMAT, &[]);
            }
            "array" if schema.get("items").is_none() => linter.found(at, rules::ARRAY_ITEMS, &[]),
            "array" | "boolean" | "integer" | "object" | "string" => {}
            other => linter.found(&join(at, "type"), rules::UNKNOWN_TYPE, &[&other]),
        },
        Some(_) => linter.found(&join(at, "type"), rules::SEVERAL_TYPES, &[]),
        None if schema.get("oneOf").is_none() => linter.found(at, rules::NO_TYPE, &[]),
        None => {}
    }
}

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
            &[&format, &kind, &FORMATS.join(", ")],
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
            linter.found(&at, rules::LIMIT_OF_OTHER_TYPE, &[&limit, &kind, &on]);
        }
        let whole = match limit {
            "pattern" => value.is_string(),
            "uniqueItems" => value.is_boolean(),
            "minimum" | "maximum" => value.is_i64(),
            _ => value.is_u64(),
        };
        if !whole {
            linter.found(&at, rules::LIMIT, &[&limit, &value]);
        }
        let most = upper.and_then(|upper| schema.get(upper)).and_then(Value::as_i64);
        if let (Some(least), Some(most)) = (value.as_i64(), most)
            && least > most
        {
            linter.found(&at, rules::LIMITS_CROSSED, &[&limit, &upper.unwrap_or_default()]);
        }
    }
    if let Some(pattern) = text(schema, "pattern") {
        if let Err(error) = regress::Regex::new(pattern) {
            linter.found(&join(at, "pattern"), rules::PATTERN, &[&error]);
        } else if !pattern::is_common(pattern) {
            linter.found(&join(at, "pattern"), rules::PATTERN_COMMON, &[]);
        }
        if !pattern::is_anchored(pattern) {
            linter.found(&join(at, "pattern"), rules::PATTERN_ANCHOR, &[]);
        }
    }
}

//! Values held against a JSON Schema (feature `jsonschema`): all violations at once, each with its place. None quotes a value.
//!
//! Types are read leniently, up to the first error. A schema lists all violations, independently of the types.

mod form;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, JsonType, ValidationError, ValidationOptions, Validator};
use serde_json::Value;

use crate::PositiveDecimal;
use crate::near::nearest;
use crate::redact::field_name;
use crate::validate::{At, Format, MOST, Rule, Violations, one_of, too_few, too_many};

pub use form::{FormSchema, FormSchemaError};

/// The field by which unions tell their members.
const TAG: &str = "Type";
/// The pattern of amounts in the specs.
const DECIMAL: &str = r"^[+]?([.]\d+|\d+[.]?\d*)$";

/// A schema that stands by itself, ready to hold values against, read as 2020-12. `None`: it is none, or refers elsewhere.
///
/// ```
/// use checkout_core::schema::{compile, violations};
/// use serde_json::json;
///
/// let schema = compile(&json!({"type": "object", "required": ["ID"]})).unwrap();
/// assert!(violations(&schema, &json!({"ID": 1})).is_empty());
/// assert_eq!(violations(&schema, &json!({})).to_string(), "/ID: is required");
/// ```
#[must_use]
pub fn compile(schema: &Value) -> Option<Validator> {
    with_formats(jsonschema::options().with_draft(Draft::Draft202012))
        .build(schema)
        .ok()
}

/// With formats as assertions. An e-mail address is what the types take for one: RFC 5321, which the format stands for, leaves out
/// addresses that are in use, those beyond ASCII. UUIDs are no format of draft 7.
fn with_formats(options: ValidationOptions<'_>) -> ValidationOptions<'_> {
    options
        .should_validate_formats(true)
        .with_format("email", |text: &str| Format::Email.check(text).is_ok())
        .with_format("uuid", |text: &str| Format::Uuid.check(text).is_ok())
}

/// All violations of a value, in the order of the schema. What no reader can pass over, such as a missing field or a value of
/// another type, is a violation of its [shape](Rule::Shape).
#[must_use]
pub fn violations(schema: &Validator, value: &Value) -> Violations {
    let mut found = Violations::new();
    if schema.is_valid(value) {
        return found;
    }
    for error in schema.iter_errors(value) {
        tell(&error, &mut found);
        if found.len() > MOST {
            break;
        }
    }
    found
}

fn tell(error: &ValidationError<'_>, found: &mut Violations) {
    let at = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            tell_union(at, context, found);
        }
        // Of the forms that it fits, the reader takes the first.
        ValidationErrorKind::OneOfMultipleValid { .. } => {}
        ValidationErrorKind::Required {
            property: Value::String(field),
        } => push(&below(at, field), Rule::Shape, "is required", found),
        ValidationErrorKind::Not { schema } if schema["required"][0].is_string() => {
            let field = schema["required"][0].as_str().unwrap_or_default();
            push(
                &below(at, field),
                Rule::Shape,
                "has no place here; leave it out",
                found,
            );
        }
        kind => {
            let (rule, message) = described(kind, error.instance());
            push(at, rule, message, found);
        }
    }
}

/// The violations of the member that the value means. Where it names none, those of the member that it is nearest to.
fn tell_union(at: &str, members: &[Vec<ValidationError<'static>>], found: &mut Violations) {
    let meant = members
        .iter()
        .filter(|errors| !errors.iter().any(|error| is_about_tag(at, error)));
    if let Some(errors) = meant.min_by_key(|errors| errors.len()) {
        return errors.iter().for_each(|error| tell(error, found));
    }
    let (tags, given): (Vec<&str>, Vec<&Value>) = members.iter().flatten().filter_map(tag_of_member).unzip();
    let all = tags.join(", ");
    let given = given.first().and_then(|given| given.as_str());
    let message = match given.and_then(|given| nearest(given, tags)) {
        _ if all.is_empty() => "is required".to_owned(),
        Some(meant) => format!("is no member of the union; was {meant} meant? Use one of {all}"),
        None => format!("is no member of the union; use one of {all}"),
    };
    push(&below(at, TAG), Rule::Shape, message, found);
}

/// Whether the value is not this member of the union, whatever else is wrong with it.
fn is_about_tag(union: &str, error: &ValidationError<'_>) -> bool {
    let at = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::Required { property } => at == union && property == TAG,
        ValidationErrorKind::Not { .. } => at == union,
        ValidationErrorKind::Enum { .. }
        | ValidationErrorKind::Constant { .. }
        | ValidationErrorKind::Type { .. } => at.strip_prefix(union).is_some_and(|rest| rest == "/Type"),
        _ => false,
    }
}

/// The tag of a member, and the value that is not it.
fn tag_of_member<'a>(error: &'a ValidationError<'static>) -> Option<(&'a str, &'a Value)> {
    let ValidationErrorKind::Enum { options } = error.kind() else {
        return None;
    };
    match options.as_array()?.as_slice() {
        [Value::String(tag)] if error.instance_path().as_str().ends_with("/Type") => {
            Some((tag, error.instance()))
        }
        _ => None,
    }
}

fn below(at: &str, field: &str) -> String {
    format!("{at}/{}", field.replace('~', "~0").replace('/', "~1"))
}

/// Members of a union may share a violation. A name that no field can have may be a person's data, and is never shown.
fn push(at: &str, rule: Rule, message: impl Into<String>, found: &mut Violations) {
    let message = message.into();
    let shown = |name: &str| name.is_empty() || field_name(&name.replace('~', "")).is_some();
    let names: Vec<&str> = at
        .split('/')
        .map(|name| if shown(name) { name } else { "?" })
        .collect();
    let at = names.join("/");
    if !found
        .iter()
        .any(|known| known.pointer == at && known.message == message)
    {
        found.push(&At::parameter(&at), rule, message);
    }
}

/// What is wrong and what is allowed; of the value at most its length.
fn described(kind: &ValidationErrorKind, value: &Value) -> (Rule, String) {
    let characters = || value.as_str().map_or(0, |text| text.chars().count());
    let items = || value.as_array().map_or(0, Vec::len);
    match kind {
        ValidationErrorKind::Type { kind } => (Rule::Shape, wrong_type(kind, value)),
        ValidationErrorKind::MinLength { limit } => {
            (Rule::Length, too_few(characters(), "characters", limit))
        }
        ValidationErrorKind::MaxLength { limit } => {
            (Rule::Length, too_many(characters(), "characters", limit))
        }
        ValidationErrorKind::MinItems { limit } => (Rule::Items, too_few(items(), "items", limit)),
        ValidationErrorKind::MaxItems { limit } => (Rule::Items, too_many(items(), "items", limit)),
        ValidationErrorKind::UniqueItems => (Rule::Unique, "has items that repeat".to_owned()),
        ValidationErrorKind::Minimum { limit } => (Rule::Range, format!("is less than {limit}")),
        ValidationErrorKind::Maximum { limit } => (Rule::Range, format!("is more than {limit}")),
        // No reader takes it for an amount.
        ValidationErrorKind::Pattern { pattern } if pattern == DECIMAL => (Rule::Shape, amount(value)),
        ValidationErrorKind::Pattern { pattern } => (Rule::Pattern, format!("does not match {pattern}")),
        ValidationErrorKind::Enum { options } => (Rule::KnownValue, unlisted(options, value)),
        ValidationErrorKind::Constant { expected_value } => {
            (Rule::KnownValue, format!("must be {expected_value}"))
        }
        ValidationErrorKind::Format { format } => (Rule::Format, wrong_format(format).to_owned()),
        other => (
            Rule::Shape,
            format!("does not fit the schema ({})", other.keyword()),
        ),
    }
}

fn wrong_type(kind: &TypeKind, value: &Value) -> String {
    let expected = match kind {
        TypeKind::Single(JsonType::Array) => "a list",
        TypeKind::Single(JsonType::Boolean) => "true or false",
        TypeKind::Single(JsonType::Integer) => "an integer",
        TypeKind::Single(JsonType::Null) => "null",
        TypeKind::Single(JsonType::Number) => "a number",
        TypeKind::Single(JsonType::Object) => "an object",
        TypeKind::Single(JsonType::String) => "a string in quotation marks",
        TypeKind::Multiple(_) => "one of the documented types",
    };
    if value.is_null() {
        format!("is null; expected {expected}, or leave the field out if it is optional")
    } else {
        format!("has the wrong type or form; expected {expected}")
    }
}

/// What the amount's own type says of it.
fn amount(value: &Value) -> String {
    match value.as_str().map(PositiveDecimal::parse) {
        Some(Err(error)) => error.to_string(),
        _ => "is no amount; write it with digits and a point, such as 10.10".to_owned(),
    }
}

fn unlisted(options: &Value, value: &Value) -> String {
    let known = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
    let meant = value
        .as_str()
        .and_then(|text| nearest(text, known.iter().copied()));
    one_of(meant, &known)
}

fn wrong_format(format: &str) -> &'static str {
    match format {
        "date" => "is not a date; write it as YYYY-MM-DD",
        "date-time" => "is not a date-time; write it as YYYY-MM-DDThh:mm:ssZ",
        "uri" => "is not an absolute URI; begin it with a scheme such as https://",
        "email" => "is not an e-mail address",
        "uuid" => "is not a UUID; write it as 8-4-4-4-12 hexadecimal digits",
        _ => "has the wrong form",
    }
}

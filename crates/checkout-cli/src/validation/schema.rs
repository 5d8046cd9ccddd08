//! A body against the spec's own JSON Schema.

use checkout_core::PositiveDecimal;
use checkout_core::near::nearest;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use super::{Problem, escaped};

/// The pattern of amounts in the specs.
const DECIMAL: &str = r"^[+]?([.]\d+|\d+[.]?\d*)$";

/// Where a body differs from its schema.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) problem: Problem,
    /// A field that is missing, or a value of another type: whatever reads the body stumbles over it.
    pub(crate) is_structural: bool,
}

/// The schema of a type.
pub(crate) fn schema_of<T: JsonSchema>() -> Value {
    SchemaGenerator::default().into_root_schema_for::<T>().to_value()
}

/// Every difference between a body and a schema that stands by itself.
pub(crate) fn differences(schema: &Value, body: &Value) -> Vec<Difference> {
    // The schemas are generated, and a test compiles each.
    let Ok(validator) = validator(schema) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for error in validator.iter_errors(body) {
        describe(&error, &mut found);
    }
    found
}

/// The same, if whatever reads the body stumbles over one of them; else it is for the rules of the reader to tell of them.
pub(crate) fn structural(schema: &Value, body: &Value) -> Vec<Problem> {
    let found = differences(schema, body);
    let is_broken = found.iter().any(|difference| difference.is_structural);
    let found = found.into_iter().filter(|_| is_broken);
    found.map(|difference| difference.problem).collect()
}

fn validator(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(schema)
}

fn describe(error: &ValidationError<'_>, found: &mut Vec<Difference>) {
    let at = error.instance_path().as_str();
    let mut push = |pointer: String, message: String, is_structural: bool| {
        let problem = Problem::new(pointer, message);
        if !found.iter().any(|known: &Difference| known.problem == problem) {
            found.push(Difference {
                problem,
                is_structural,
            });
        }
    };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            push(format!("{at}/{}", escaped(name)), "is required".to_owned(), true);
        }
        ValidationErrorKind::Type { kind } => {
            push(
                at.to_owned(),
                format!("has the wrong type; it must be {}", named(kind)),
                true,
            );
        }
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            match meant(context) {
                Some(branch) => branch.iter().for_each(|error| describe(error, found)),
                None => push(
                    at.to_owned(),
                    "fits none of the documented forms".to_owned(),
                    true,
                ),
            }
        }
        // Of the forms that it fits, the reader takes the first.
        ValidationErrorKind::OneOfMultipleValid { .. } => {}
        ValidationErrorKind::Enum { options } => {
            push(at.to_owned(), one_of(options, error.instance()), false);
        }
        ValidationErrorKind::Pattern { pattern } if pattern == DECIMAL => {
            push(at.to_owned(), amount(error.instance()), true);
        }
        other => push(at.to_owned(), limit(other), false),
    }
}

/// The form that a value was meant to have: of those whose tag is right, the one it is nearest to.
fn meant<'c>(forms: &'c [Vec<ValidationError<'static>>]) -> Option<&'c Vec<ValidationError<'static>>> {
    let is_tag = |error: &ValidationError<'_>| {
        matches!(
            error.kind(),
            ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. }
        )
    };
    forms
        .iter()
        .filter(|errors| !errors.is_empty())
        .min_by_key(|errors| (errors.iter().any(is_tag), errors.len()))
}

fn named(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => match kind.to_string().as_str() {
            "object" => "an object".to_owned(),
            "array" => "a list".to_owned(),
            "string" => "a text (in quotation marks)".to_owned(),
            "integer" => "a whole number".to_owned(),
            "number" => "a number".to_owned(),
            "boolean" => "true or false".to_owned(),
            other => other.to_owned(),
        },
        TypeKind::Multiple(_) => "of a documented type".to_owned(),
    }
}

fn one_of(options: &Value, value: &Value) -> String {
    let known: Vec<&str> = options
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let meant = value
        .as_str()
        .and_then(|text| nearest(text, known.iter().copied()));
    let meant = meant.map(|meant| format!("; was {meant} meant?"));
    format!(
        "is none of the documented values: {options}{}",
        meant.unwrap_or_default()
    )
}

/// What the amount's own type says of it.
fn amount(value: &Value) -> String {
    match value.as_str().map(PositiveDecimal::parse) {
        Some(Err(error)) => error.to_string(),
        _ => "is no amount; write it with digits and a point, such as 10.10".to_owned(),
    }
}

fn limit(kind: &ValidationErrorKind) -> String {
    match kind {
        ValidationErrorKind::MinLength { limit } => {
            format!("is too short; it has at least {limit} characters")
        }
        ValidationErrorKind::MaxLength { limit } => format!("is too long; it has at most {limit} characters"),
        ValidationErrorKind::MinItems { limit } => format!("has too few items; at least {limit} are needed"),
        ValidationErrorKind::MaxItems { limit } => format!("has too many items; at most {limit} are allowed"),
        ValidationErrorKind::Minimum { limit } => format!("is too small; it is at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("is too large; it is at most {limit}"),
        ValidationErrorKind::Pattern { pattern } => format!("does not match the pattern {pattern}"),
        ValidationErrorKind::Format { format } => format!("does not have the format {format}"),
        ValidationErrorKind::Constant { expected_value } => format!("must be {expected_value}"),
        ValidationErrorKind::UniqueItems => "has items that repeat".to_owned(),
        other => format!("breaks the rule `{}` of the spec", other.keyword()),
    }
}

#[cfg(test)]
mod tests {
    use checkout_core::described::Description;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_schema_compiles() {
        for described in [noah_models::described(), worldline_connect_models::described()] {
            for operation in &described.operations {
                let answers = operation
                    .responses
                    .iter()
                    .filter_map(|answer| answer.schema.as_ref());
                let parameters = operation.parameters.iter().map(|parameter| &parameter.schema);
                let bodies = operation.body.iter().map(|body| &body.schema);
                for schema in answers.chain(parameters).chain(bodies) {
                    assert!(
                        validator(&described.standalone(schema)).is_ok(),
                        "{}: {schema}",
                        operation.id
                    );
                }
            }
        }
        for schema in [
            schema_of::<noah_models::Webhook>(),
            schema_of::<worldline_connect_models::WebhooksEvent>(),
        ] {
            validator(&schema).unwrap();
        }
    }

    fn body_of(described: &Description, id: &str) -> Value {
        described.standalone(&described.operation(id).unwrap().body.as_ref().unwrap().schema)
    }

    /// Of several documented forms the one counts that the tag names.
    #[test]
    fn a_union_is_looked_into_by_its_tag() {
        let pointers = |customer: Value| -> Vec<String> {
            let schema = body_of(noah_models::described(), "createFiatPayin");
            let found = differences(&schema, &json!({"Customer": customer}));
            let pointers = found.into_iter().map(|difference| difference.problem.pointer);
            pointers
                .filter(|pointer| pointer.starts_with("/Customer/"))
                .collect()
        };
        let business = pointers(json!({"Type": "Business"}));
        assert!(
            business.contains(&"/Customer/RegisteredName".to_owned()),
            "{business:?}"
        );
        assert!(
            !business.contains(&"/Customer/FullName".to_owned()),
            "{business:?}"
        );
        let individual = pointers(json!({"Type": "Individual"}));
        assert!(
            individual.contains(&"/Customer/FullName".to_owned()),
            "{individual:?}"
        );
        assert!(
            !individual.contains(&"/Customer/RegisteredName".to_owned()),
            "{individual:?}"
        );
    }
}

//! The spec's own JSON Schema of a request body, and every fault that it finds in one.
//!
//! The types of the models read leniently and stop at the first fault. The schema is checked first and lists them all, so
//! what is accepted fits the spec by another path than that of the types.

use checkout_core::validate::{At, Format, TextRules, Violations};
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, JsonType, ValidationError, Validator};
use serde_json::Value;

use crate::engine::pointer;

/// What is wrong with one place of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldFault {
    /// JSON pointer (RFC 6901); empty for the body as a whole.
    pub(crate) pointer: String,
    pub(crate) description: String,
}

impl FieldFault {
    pub(crate) fn new(pointer: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            description: description.into(),
        }
    }
}

/// The field by which every union in a request body tells its members.
const TAG: &str = "Type";

/// A schema that stands by itself, ready to hold values against. `None` if it is no schema, which a test rules out.
pub(crate) fn compile(schema: &Value) -> Option<Validator> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .with_format("email", is_email)
        .build(schema)
        .ok()
}

/// As clients check it. RFC 5321, which the format stands for, leaves out addresses that are in use: those beyond ASCII.
fn is_email(text: &str) -> bool {
    const EMAIL: TextRules = TextRules::ANY.format(Format::Email);
    Violations::collect(|found| EMAIL.check(text, &At::BODY, found)).is_ok()
}

/// Most faults that are told of one body: more help nobody, and an answer should not outgrow its request.
const MOST: usize = 1_000;

/// Every fault of a body, in the order of the schema. No description quotes a value.
pub(crate) fn faults(schema: &Validator, body: &Value) -> Vec<FieldFault> {
    if schema.is_valid(body) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for error in schema.iter_errors(body) {
        tell(&error, &mut found);
        if found.len() >= MOST {
            break;
        }
    }
    found
}

fn tell(error: &ValidationError<'_>, found: &mut Vec<FieldFault>) {
    let pointer = error.instance_path().as_str().to_owned();
    match error.kind() {
        ValidationErrorKind::OneOfNotValid { context } => tell_union(&pointer, context, found),
        ValidationErrorKind::Required {
            property: Value::String(field),
        } => found.push(at_field(pointer, field, "is required")),
        // The only thing that a schema here forbids.
        ValidationErrorKind::Not { .. } => {
            found.push(at_field(pointer, TAG, "has no place here; leave it out"));
        }
        kind => {
            let description = describe(kind, error.instance());
            found.push(FieldFault::new(pointer, description));
        }
    }
}

/// The faults of the member that the body means; of all members alike if it does not say.
fn tell_union(pointer: &str, members: &[Vec<ValidationError<'static>>], found: &mut Vec<FieldFault>) {
    let meant: Vec<_> = members
        .iter()
        .filter(|errors| !errors.iter().any(|error| is_about_tag(pointer, error)))
        .collect();
    if let [errors] = meant.as_slice() {
        errors.iter().for_each(|error| tell(error, found));
        return;
    }
    if let Some(error) = members.first().and_then(|errors| errors.first())
        && matches!(error.kind(), ValidationErrorKind::Type { .. })
        && error.instance_path().as_str() == pointer
    {
        tell(error, found);
        return;
    }
    let tags: Vec<&str> = members.iter().flatten().filter_map(tag_of_member).collect();
    let description = if tags.is_empty() {
        "is required".to_owned()
    } else {
        format!("is no member of the union; use one of {}", tags.join(", "))
    };
    found.push(at_field(pointer.to_owned(), TAG, description));
}

/// Whether the body is not this member of the union, whatever else is wrong with it.
fn is_about_tag(union: &str, error: &ValidationError<'_>) -> bool {
    let at = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::Required { property } => at == union && property == TAG,
        ValidationErrorKind::Not { .. } => at == union,
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Type { .. } => {
            at.strip_prefix(union).is_some_and(|rest| rest == "/Type")
        }
        _ => false,
    }
}

fn tag_of_member<'a>(error: &'a ValidationError<'static>) -> Option<&'a str> {
    let ValidationErrorKind::Enum { options } = error.kind() else {
        return None;
    };
    match options.as_array()?.as_slice() {
        [Value::String(tag)] if error.instance_path().as_str().ends_with("/Type") => Some(tag),
        _ => None,
    }
}

fn at_field(mut pointer: String, field: &str, description: impl Into<String>) -> FieldFault {
    pointer::push(&mut pointer, field);
    FieldFault::new(pointer, description)
}

/// What is wrong and what is allowed; of the value at most its length.
fn describe(kind: &ValidationErrorKind, value: &Value) -> String {
    let characters = || value.as_str().map_or(0, |text| text.chars().count());
    let items = || value.as_array().map_or(0, Vec::len);
    match kind {
        ValidationErrorKind::Type {
            kind: TypeKind::Single(expected),
        } => {
            let expected = type_name(*expected);
            if value.is_null() {
                format!("is null; expected {expected}, or leave the field out if it is optional")
            } else {
                format!("has the wrong type or form; expected {expected}")
            }
        }
        ValidationErrorKind::MinLength { limit } => {
            format!("has {} characters; at least {limit} are needed", characters())
        }
        ValidationErrorKind::MaxLength { limit } => {
            format!("has {} characters; at most {limit} are allowed", characters())
        }
        ValidationErrorKind::MinItems { limit } => {
            format!("has {} items; at least {limit} are needed", items())
        }
        ValidationErrorKind::MaxItems { limit } => {
            format!("has {} items; at most {limit} are allowed", items())
        }
        ValidationErrorKind::Minimum { limit } => format!("is less than {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("is more than {limit}"),
        ValidationErrorKind::Pattern { pattern } => format!("does not match {pattern}"),
        ValidationErrorKind::Enum { options } => {
            let known = options.as_array().map(Vec::as_slice).unwrap_or_default();
            let known: Vec<&str> = known.iter().filter_map(Value::as_str).collect();
            format!("is not a value of the API; use one of {}", known.join(", "))
        }
        ValidationErrorKind::Format { format } => describe_format(format).to_owned(),
        other => format!("does not fit the schema ({})", other.keyword()),
    }
}

fn describe_format(format: &str) -> &'static str {
    match format {
        "date" => "is not a date; write it as YYYY-MM-DD",
        "date-time" => "is not a date-time; write it as YYYY-MM-DDThh:mm:ssZ",
        "uri" => "is not an absolute URI; begin it with a scheme such as https://",
        "email" => "is not an e-mail address",
        "uuid" => "is not a UUID; write it as 8-4-4-4-12 hexadecimal digits",
        _ => "has the wrong form",
    }
}

const fn type_name(expected: JsonType) -> &'static str {
    match expected {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "an integer",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a string",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::engine::api::Api;

    use super::*;

    fn found(id: &str, body: &Value) -> Vec<String> {
        let mounted = Api::ALL.iter().flat_map(|api| api.mounted());
        let operation = mounted.into_iter().find(|mounted| mounted.operation.id == id);
        faults(operation.unwrap().body().unwrap(), body)
            .into_iter()
            .map(|fault| format!("{} {}", fault.pointer, fault.description))
            .collect()
    }

    #[test]
    fn every_operation_is_described_and_its_schemas_compile() {
        for mounted in Api::ALL.iter().flat_map(|api| api.mounted()) {
            let described = mounted.described().expect(mounted.operation.id);
            assert!(mounted.parameters().is_some(), "{}", described.id);
            assert_eq!(
                mounted.body().is_some(),
                described.body.is_some(),
                "{}",
                described.id
            );
        }
    }

    #[test]
    fn every_fault_of_a_pay_in_is_found_at_once() {
        let body = json!({
            "PaymentMethodCategory": 7, "FiatCurrency": "EUR", "CryptoCurrency": "BTC_TEST", "FiatAmount": "-1",
            "ReturnURL": "shop.example", "ExternalID": null, "CustomerID": "", "Nonce": "n".repeat(37),
            "LineItems": [{"Description": "Coffee", "Quantity": "1", "UnitAmount": "1"}, []],
            "Customer": {
                "Type": "Individual", "DateOfBirth": "31.12.1990", "Email": "ada", "PhoneNumber": "0123",
                "FullName": {"FirstName": "Ada"}, "Identities": [{"IssuingCountry": "us"}], "PrimaryResidence": {},
            },
        });
        insta::assert_snapshot!(found("createFiatPayin", &body).join("\n"));
    }

    #[test]
    fn a_union_is_told_by_the_member_that_is_meant() {
        let customer = |customer: Value| {
            let body = json!({"CustomerID": "c", "Customer": customer});
            found("createManagedSession", &body)
        };
        let strange = "/Customer/Type is no member of the union; use one of Individual, Business";
        assert_eq!(customer(json!({"Type": "Charity"})), [strange]);
        assert_eq!(customer(json!({"Type": null})), [strange]);
        for wrong in [json!("Ada"), json!([]), json!(7)] {
            assert_eq!(
                customer(wrong),
                ["/Customer has the wrong type or form; expected an object"]
            );
        }
        let business = customer(json!({"Type": "Business", "FullName": {}}));
        assert!(business.contains(&"/Customer/RegisteredName is required".to_owned()));
        let untagged = customer(json!({}));
        assert!(untagged.contains(&"/Customer/FullName is required".to_owned()));
        assert!(!untagged.iter().any(|fault| fault.contains("Registered")));
    }

    #[test]
    fn an_address_beyond_ascii_is_one() {
        let with = |email: &str| {
            let body = json!({"CustomerID": "c", "Customer": {"Type": "Business", "Email": email}});
            found("createManagedSession", &body)
                .iter()
                .any(|fault| fault.starts_with("/Customer/Email"))
        };
        assert!(!with("zoë@müller.example"));
        assert!(with("zoë"));
    }

    #[test]
    fn a_person_who_sells_has_no_type() {
        let body = json!({"Customer": {"Type": "Individual"}});
        assert!(
            found("createSell", &body).contains(&"/Customer/Type has no place here; leave it out".to_owned())
        );
        let tagless = json!({"Customer": {}});
        assert!(
            !found("createFiatPayin", &tagless).is_empty()
                && found("createFiatPayin", &tagless).contains(&"/Customer/Type is required".to_owned())
        );
    }

    #[test]
    fn faults_without_end_are_cut() {
        let tokens = vec![Value::Null; 3 * MOST];
        assert_eq!(found("createSession", &json!({"tokens": tokens})).len(), MOST);
    }
}

//! The schemas of forms, which come from elsewhere: they are read in bounds, and speak for themselves.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

use super::{below, push, tell};
use crate::validate::{Rule, Violations};

/// Most faults that are told.
const MOST: usize = 100;
/// Longest text of the schema's own that is quoted, in characters.
const QUOTED: usize = 200;
/// Most places of a schema, once what it refers to stands in their stead. Those of NOAH's channels have some hundred.
const PLACES: usize = 20_000;
/// How deep a schema may be, references included.
const DEPTH: usize = 100;
/// How often a pattern may be tried anew, and how much memory it may take, in bytes.
const TRIES: usize = 100_000;
const PATTERN: usize = 1 << 20;

/// The schema of a form (draft 7), ready to hold forms against.
#[derive(Debug)]
pub struct FormSchema {
    schema: Value,
    validator: Validator,
    is_personal: bool,
}

/// Why the schema of a form cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormSchemaError {
    /// It refers to another document, which is never fetched, or to a place that it does not have.
    #[error("refers to what is not in it")]
    Reference,
    /// It has too many places, is too deep, or refers to itself in a circle.
    #[error("is too large, or goes in a circle")]
    Size,
    /// It is no JSON Schema of draft 7.
    #[error("is no JSON Schema")]
    Invalid,
}

impl FormSchema {
    /// Reads a schema without a network, and in bounds, so that none takes all of the time or the memory. Formats are not looked at,
    /// for nobody says which of them the other side checks. `is_personal`: it may hold a person's data, so that none of its texts is
    /// quoted.
    ///
    /// # Errors
    /// It is none, is too large, or refers to what is not in it.
    pub fn new(schema: &Value, is_personal: bool) -> Result<Self, FormSchemaError> {
        let schema = expanded(schema, schema, &mut { PLACES }, DEPTH)?;
        let patterns = PatternOptions::fancy_regex()
            .backtrack_limit(TRIES)
            .size_limit(PATTERN)
            .dfa_size_limit(PATTERN);
        let options = jsonschema::draft7::options()
            .with_pattern_options(patterns)
            .should_validate_formats(false);
        let validator = options.build(&schema).map_err(|_| FormSchemaError::Invalid)?;
        Ok(Self {
            schema,
            validator,
            is_personal,
        })
    }

    /// The first 100 faults of a form, in the schema's own words where it has some (`errorMessage`). None quotes a value of the form.
    #[must_use]
    pub fn faults(&self, form: &Value) -> Violations {
        let mut found = Violations::new();
        for error in self.validator.iter_errors(form).take(MOST) {
            self.tell(&error, &mut found);
        }
        found
    }

    fn tell(&self, error: &ValidationError<'_>, found: &mut Violations) {
        let at = error.instance_path().as_str();
        match error.kind() {
            // What a pattern that takes too long says is for the other side.
            ValidationErrorKind::BacktrackLimitExceeded { .. } => {}
            ValidationErrorKind::Required {
                property: Value::String(field),
            } => push(&below(at, field), Rule::Shape, "is required", found),
            kind if self.is_personal => {
                let message = format!("breaks the rule `{}` of the form", kind.keyword());
                push(at, Rule::Shape, message, found);
            }
            _ => match self.own_words(error) {
                Some(words) => push(at, Rule::Shape, words, found),
                None => tell(error, found),
            },
        }
    }

    /// A text, or a text for each keyword.
    fn own_words(&self, error: &ValidationError<'_>) -> Option<String> {
        let (above, keyword) = error.schema_path().as_str().rsplit_once('/')?;
        let words = self.schema.pointer(above)?.get("errorMessage")?;
        let words = words.as_str().or_else(|| words.get(keyword)?.as_str())?;
        Some(words.chars().take(QUOTED).collect())
    }
}

/// The schema with what it refers to in the place of each reference, so that it has an end.
fn expanded(
    schema: &Value,
    root: &Value,
    places: &mut usize,
    depth: usize,
) -> Result<Value, FormSchemaError> {
    *places = places.checked_sub(1).ok_or(FormSchemaError::Size)?;
    let below = depth.checked_sub(1).ok_or(FormSchemaError::Size)?;
    match schema {
        Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let pointer = reference.strip_prefix('#').ok_or(FormSchemaError::Reference)?;
                let meant = root.pointer(pointer).ok_or(FormSchemaError::Reference)?;
                expanded(meant, root, places, below)
            }
            None => {
                // A name of the document would move the places that references mean.
                let members = members
                    .iter()
                    .filter(|(name, member)| *name != "$id" || !member.is_string());
                let members = members
                    .map(|(name, member)| Ok((name.clone(), expanded(member, root, places, below)?)))
                    .collect::<Result<Map<_, _>, _>>();
                members.map(Value::Object)
            }
        },
        Value::Array(items) => items
            .iter()
            .map(|item| expanded(item, root, places, below))
            .collect(),
        plain => Ok(plain.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form() -> Value {
        json!({
            "$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://forms.example/1", "type": "object",
            "definitions": {"Name": {"type": "string", "minLength": 2}},
            "properties": {
                "BankDetails": {
                    "type": "object",
                    "properties": {
                        "AccountNumber": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$", "errorMessage": "write it as an IBAN"},
                        "BankCode": {"type": "string", "maxLength": 3, "errorMessage": {"maxLength": "three letters"}},
                    },
                    "required": ["AccountNumber", "BankCode"],
                },
                "Holder": {"$ref": "#/definitions/Name"},
                "PaymentPurpose": {"enum": ["Salary", "Rent"]},
                "Account/Type": {"const": "Business"},
            },
            "required": ["BankDetails", "Account/Type"],
            "if": {"properties": {"PaymentPurpose": {"const": "Rent"}}, "required": ["PaymentPurpose"]},
            "then": {"required": ["Landlord"]},
        })
    }

    fn told(schema: &Value, is_personal: bool, value: &Value) -> Vec<String> {
        let schema = FormSchema::new(schema, is_personal).unwrap();
        let faults = schema.faults(value);
        faults
            .iter()
            .map(|one| format!("{}: {}", one.pointer, one.message))
            .collect()
    }

    #[test]
    fn every_field_of_a_form_is_told_in_its_own_words_where_it_has_some() {
        let canary = json!({
            "BankDetails": {"AccountNumber": "canary", "BankCode": "canary"}, "Holder": "c", "PaymentPurpose": "Rent",
        });
        let found = told(&form(), false, &canary);
        let expected = [
            "/Account~1Type: is required",
            "/BankDetails/AccountNumber: write it as an IBAN",
            "/BankDetails/BankCode: three letters",
            "/Holder: has 1 characters; at least 2 are needed",
            "/Landlord: is required",
        ];
        let mut sorted = found.clone();
        sorted.sort();
        assert_eq!(sorted, expected);
        let fits =
            json!({"BankDetails": {"AccountNumber": "DE75", "BankCode": "ABC"}, "Account/Type": "Business"});
        assert!(told(&form(), false, &fits).is_empty());
        // What may tell of a person is not told.
        let quoted = told(
            &form(),
            true,
            &json!({"BankDetails": {"AccountNumber": "x", "BankCode": "ABC"},
            "PaymentPurpose": "x", "Account/Type": "x"}),
        )
        .join(" ");
        for secret in ["IBAN", "A-Z", "Salary", "Business"] {
            assert!(!quoted.contains(secret), "{quoted}");
        }
        assert!(
            quoted.contains("/PaymentPurpose: breaks the rule `enum` of the form"),
            "{quoted}"
        );
    }

    #[test]
    fn no_schema_takes_all_of_the_time_or_asks_the_network() {
        let mut bomb = json!({"definitions": {"0": {"type": "string"}}, "$ref": "#/definitions/30"});
        for number in 1..=30 {
            let below = json!({"$ref": format!("#/definitions/{}", number - 1)});
            bomb["definitions"][number.to_string()] = json!({"anyOf": [below, below]});
        }
        let mut deep = json!({"type": "string"});
        for _ in 0..DEPTH {
            deep = json!({"not": deep});
        }
        for (schema, error) in [
            (
                json!({"$ref": "http://127.0.0.1:1/schema.json"}),
                FormSchemaError::Reference,
            ),
            (
                json!({"properties": {"a": {"$ref": "other.json#/a"}}}),
                FormSchemaError::Reference,
            ),
            (json!({"$ref": "#/definitions/gone"}), FormSchemaError::Reference),
            (json!({"$ref": "#"}), FormSchemaError::Size),
            (json!({"allOf": [{"$ref": "#"}]}), FormSchemaError::Size),
            (bomb, FormSchemaError::Size),
            (deep, FormSchemaError::Size),
            (json!({"type": 7}), FormSchemaError::Invalid),
            (
                json!({"pattern": "(((x{1000}){1000}){1000})"}),
                FormSchemaError::Invalid,
            ),
        ] {
            assert_eq!(FormSchema::new(&schema, false).unwrap_err(), error, "{schema}");
        }
        // A pattern that would be tried for ever is left to the other side.
        let slow = json!({"pattern": r"^(a+)+(?!b)\1$"});
        assert!(told(&slow, false, &json!(format!("{}!", "a".repeat(40)))).len() <= 1);
        let many = json!({"items": {"type": "string"}});
        assert_eq!(told(&many, false, &json!(vec![1; 1000])).len(), MOST);
    }
}

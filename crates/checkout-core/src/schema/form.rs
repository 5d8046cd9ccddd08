//! Schemas of forms. An API sends them, so they are read within limits, and their own messages are used.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Map, Value};

use super::{push, tell, with_formats};
use crate::escape::escaped;
use crate::impl_debug;
use crate::validate::{MOST, Rule, Violations};

/// Longest message, in characters: it may quote the schema.
const QUOTED: usize = 400;
/// The most places of a schema, after each reference is replaced by its target. Those of NOAH's channels have some hundred.
const PLACES: usize = 20_000;
/// What a text costs of them for so many bytes, and a pattern, which takes time and memory by itself.
const BYTES: usize = 50;
const COMPILED: usize = 200;
/// How deep a schema may be, references included.
const DEPTH: usize = 100;
/// How often a pattern may be tried anew, and how much memory it may take, in bytes.
const TRIES: usize = 100_000;
const PATTERN: usize = 1 << 20;

/// The schema of a form (draft 7), ready to hold forms against. `Debug` shows nothing of it: it may hold a person's data.
pub struct FormSchema {
    schema: Value,
    validator: Validator,
    is_personal: bool,
}

impl_debug!(FormSchema: self => { is_personal: self.is_personal, .. });

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
    /// Reads a schema without a network and within limits, so that no schema uses up time or memory. Formats such as `date` and
    /// `email` are checked. `is_personal`: it may hold a person's data, so that none of its texts is quoted.
    ///
    /// # Errors
    /// It is none, is too large, or refers to what is not in it.
    pub fn new(schema: &Value, is_personal: bool) -> Result<Self, FormSchemaError> {
        let schema = expanded(schema, schema, &mut { PLACES }, DEPTH)?;
        let patterns = PatternOptions::fancy_regex()
            .backtrack_limit(TRIES)
            .size_limit(PATTERN)
            .dfa_size_limit(PATTERN);
        let options = with_formats(jsonschema::draft7::options()).with_pattern_options(patterns);
        let validator = options.build(&schema).map_err(|_| FormSchemaError::Invalid)?;
        Ok(Self {
            schema,
            validator,
            is_personal,
        })
    }

    /// The first 100 violations of a form, in the schema's own words where it has some (`errorMessage`). None quotes a value of the form.
    #[must_use]
    pub fn violations(&self, form: &Value) -> Violations {
        let mut told = Violations::new();
        for error in self.validator.iter_errors(form).take(MOST) {
            self.tell(&error, &mut told);
        }
        let mut found = Violations::new();
        for one in &told {
            let mut message: String = one.message.chars().take(QUOTED).collect();
            if message.len() < one.message.len() {
                message.push('…');
            }
            push(&one.pointer, one.rule, escaped(&message).to_string(), &mut found);
        }
        found
    }

    fn tell(&self, error: &ValidationError<'_>, found: &mut Violations) {
        let words = match error.kind() {
            // What a pattern that takes too long says is for the other side.
            ValidationErrorKind::BacktrackLimitExceeded { .. } => return,
            ValidationErrorKind::Required { .. } => return tell(error, found),
            kind if self.is_personal => format!("breaks the rule `{}` of the form", kind.keyword()),
            kind => match (self.own_words(error), kind) {
                (Some(words), _) => words.to_owned(),
                (None, ValidationErrorKind::OneOfMultipleValid { .. }) => {
                    "fits more than one of the forms that exclude each other".to_owned()
                }
                (None, _) => return tell(error, found),
            },
        };
        push(error.instance_path().as_str(), Rule::Shape, words, found);
    }

    /// A text, or a text for each keyword.
    fn own_words(&self, error: &ValidationError<'_>) -> Option<&str> {
        let (above, keyword) = error.schema_path().as_str().rsplit_once('/')?;
        let words = self.schema.pointer(above)?.get("errorMessage")?;
        words.as_str().or_else(|| words.get(keyword)?.as_str())
    }
}

/// The schema with what it refers to in the place of each reference, so that it has an end.
fn expanded(
    schema: &Value,
    root: &Value,
    places: &mut usize,
    depth: usize,
) -> Result<Value, FormSchemaError> {
    let mut spend = |cost: usize| {
        *places = places.checked_sub(cost).ok_or(FormSchemaError::Size)?;
        Ok(())
    };
    spend(1 + schema.as_str().map_or(0, str::len) / BYTES)?;
    let below = depth.checked_sub(1).ok_or(FormSchemaError::Size)?;
    match schema {
        Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let pointer = reference.strip_prefix('#').ok_or(FormSchemaError::Reference)?;
                let meant = root.pointer(pointer).ok_or(FormSchemaError::Reference)?;
                expanded(meant, root, places, below)
            }
            None => {
                for (name, member) in members {
                    let patterns = match (name.as_str(), member) {
                        ("pattern", Value::String(_)) => 1,
                        ("patternProperties", Value::Object(patterns)) => patterns.len(),
                        _ => 0,
                    };
                    spend(name.len() / BYTES + patterns * COMPILED)?;
                }
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
        let found = schema.violations(value);
        found
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
        let shown = format!("{:?}", FormSchema::new(&form(), true).unwrap());
        for secret in ["IBAN", "A-Z", "Salary", "Business"] {
            assert!(
                !quoted.contains(secret) && !shown.contains(secret),
                "{quoted} {shown}"
            );
        }
        assert!(
            quoted.contains("/PaymentPurpose: breaks the rule `enum` of the form"),
            "{quoted}"
        );
    }

    #[test]
    fn formats_are_checked() {
        for (format, right, wrong) in [
            ("date", "2000-02-29", "29.02.2000"),
            ("date-time", "2000-02-29T10:00:00Z", "2000-02-29"),
            ("email", "j\u{f6}rg@shop.example", "shop.example"),
            ("uri", "https://shop.example/", "shop"),
            ("uuid", "3b1c7f5e-2a0e-4f6e-8a87-5d2f6b0c1015", "3b1c"),
            ("of-their-own", "x", ""),
        ] {
            let schema = json!({"properties": {"a": {"type": "string", "format": format, "minLength": 1}}});
            assert!(told(&schema, false, &json!({"a": right})).is_empty(), "{format}");
            assert_eq!(told(&schema, false, &json!({"a": wrong})).len(), 1, "{format}");
            // What is no text is wrong for its type alone.
            assert_eq!(told(&schema, false, &json!({"a": 7})).len(), 1, "{format}");
        }
    }

    #[test]
    fn of_forms_that_exclude_each_other_one_fits() {
        let schema = json!({"oneOf": [{"required": ["Iban"]}, {"required": ["AccountNumber"]}]});
        assert!(told(&schema, false, &json!({"Iban": 1})).is_empty());
        for is_personal in [false, true] {
            assert_eq!(
                told(&schema, is_personal, &json!({"Iban": 1, "AccountNumber": 1})).len(),
                1
            );
            assert!(!told(&schema, is_personal, &json!({})).is_empty());
        }
        let not = json!({"properties": {"Country": {"not": {"enum": ["US"]}}}});
        assert_eq!(
            told(&not, false, &json!({"Country": "US"})),
            ["/Country: does not fit the schema (not)"]
        );
    }

    /// What is told stands on one line of a log, is short, and names no key of the form's own.
    #[test]
    fn nothing_that_is_told_is_long_or_breaks_a_line() {
        let words = format!("no\n2026 ERROR \u{1b}[31m{}", "x".repeat(1000));
        let schema = json!({
            "properties": {
                "a": {"type": "string", "errorMessage": words},
                "b": {"enum": vec!["value"; 1000]},
                "c": {"type": "string", "pattern": format!("^{}$", "a".repeat(1000))},
            },
            "additionalProperties": {"type": "string"},
        });
        let form = json!({"a": 1, "b": 1, "c": "b", "Jane Doe": 1, "x\n2026 ERROR": 1});
        let found = told(&schema, false, &form);
        assert_eq!(found.len(), 4, "{found:?}");
        for one in found {
            assert!(
                one.chars().count() < 500 && !one.contains(['\n', '\u{1b}']),
                "{one}"
            );
            assert!(!one.contains("Jane") && !one.contains("x\\n"), "{one}");
        }
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
        // A text that is repeated without end, and patterns that take all of the memory.
        let long = json!({"description": "x".repeat(100_000)});
        let reference = json!({"$ref": "#/definitions/long"});
        let texts = json!({"definitions": {"long": long}, "allOf": vec![reference; 1000]});
        let pattern = |number: usize| json!({"pattern": format!("a{{{number}}}")});
        let patterns = json!({"allOf": (1..=101).map(pattern).collect::<Vec<_>>()});
        let names = (1..=101).map(|number| (format!("a{{{number}}}"), json!({})));
        let names = json!({"patternProperties": names.collect::<Map<_, _>>()});
        for schema in [texts, patterns, names] {
            assert_eq!(
                FormSchema::new(&schema, false).unwrap_err(),
                FormSchemaError::Size
            );
        }
        // Another dialect, above or within, is not fetched and brings no references of its own.
        for schema in [
            json!({"$schema": "http://127.0.0.1:1/dialect", "type": "object"}),
            json!({"allOf": [{"$schema": "http://127.0.0.1:1/dialect", "type": "object"}]}),
            json!({"allOf": [{"$schema": "https://json-schema.org/draft/2020-12/schema",
                "$dynamicRef": "http://127.0.0.1:1/schema.json"}]}),
        ] {
            if let Ok(schema) = FormSchema::new(&schema, false) {
                assert!(schema.violations(&json!({})).is_empty());
            }
        }
        // A pattern that would be tried for ever is left to the other side.
        let slow = json!({"pattern": r"^(a+)+(?!b)\1$"});
        assert!(told(&slow, false, &json!(format!("{}!", "a".repeat(40)))).len() <= 1);
        let many = json!({"items": {"type": "string"}});
        assert_eq!(told(&many, false, &json!(vec![1; 1000])).len(), MOST);
    }
}

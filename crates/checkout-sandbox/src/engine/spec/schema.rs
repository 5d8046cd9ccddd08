//! The spec's own JSON Schema of a request body, and every fault that it finds in one.
//!
//! The types of the models read leniently and stop at the first fault. The schema is checked first and lists them all, so
//! what is accepted fits the spec by another path than that of the types.

use checkout_core::{Violations, schema};
use jsonschema::Validator;
use serde_json::Value;

/// A schema that stands by itself, ready to hold values against; with the bounds of `int32`, which JSON Schema knows no format of.
pub(crate) fn compile(spec: &Value) -> Option<Validator> {
    let mut spec = spec.clone();
    bound(&mut spec);
    schema::compile(&spec)
}

fn bound(spec: &mut Value) {
    if spec.get("format").is_some_and(|format| format == "int32") {
        for (bound, limit) in [("minimum", i32::MIN), ("maximum", i32::MAX)] {
            if spec.get(bound).is_none() {
                spec[bound] = limit.into();
            }
        }
    }
    match spec {
        Value::Object(members) => members.values_mut().for_each(bound),
        Value::Array(items) => items.iter_mut().for_each(bound),
        _ => {}
    }
}

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

/// Every fault of a body, in the order of the schema. No description quotes a value.
pub(crate) fn faults(schema: &Validator, body: &Value) -> Vec<FieldFault> {
    told(&schema::violations(schema, body))
}

/// What checks of ours found, as it is answered.
pub(crate) fn told(found: &Violations) -> Vec<FieldFault> {
    let fault =
        |violation: &checkout_core::Violation| FieldFault::new(&violation.pointer, &violation.message);
    found.iter().map(fault).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::engine::spec::api::Api;

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
        let found = found("createSession", &json!({"tokens": vec![Value::Null; 300]}));
        assert!(found.len() < 200, "{} faults", found.len());
    }
}

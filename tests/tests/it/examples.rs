//! Every example of the specs, as they stand in the YAML now.

use serde_json::Value;
use tests::schemas::{Schemas, faults};
use tests::spec::{self, Example, Role, Spec};
use tests::walk::nodes;

fn each(mut check: impl FnMut(&Spec, &Example, &str)) {
    for spec in spec::all() {
        for example in spec.examples() {
            let place = format!("{}{}", spec.file, example.pointer);
            check(spec, &example, &place);
        }
    }
}

/// Guards the tests below against a walk that finds nothing.
#[test]
fn examples_of_every_role_are_found() {
    let count = |spec: &Spec, role: Role| {
        spec.examples()
            .iter()
            .filter(|example| example.role == role)
            .count()
    };
    let (noah, worldline) = (spec::noah(), spec::worldline_connect());
    assert!(count(noah, Role::Request) >= 9);
    assert!(count(noah, Role::Answer) >= 13);
    assert!(count(noah, Role::Callback) >= 8);
    assert!(count(noah, Role::Component) >= 40);
    assert!(count(worldline, Role::Request) >= 4);
    assert!(count(worldline, Role::Answer) >= 16);
    assert!(count(worldline, Role::Component) >= 10);
}

#[test]
fn every_component_has_its_type() {
    for spec in spec::all() {
        for (name, _) in spec.components() {
            assert!(!spec.models_of(name, Role::Component).is_empty());
        }
    }
}

#[test]
fn every_example_fits_its_schema() {
    each(|spec, example, place| {
        let validator = spec.schemas.validator(&Schemas::location(&example.component));
        let faults = faults(&validator, &example.value);
        assert!(faults.is_empty(), "{place}: {}", faults.join("; "));
    });
}

/// Examples within components: `properties/Description/example` and the like.
#[test]
fn every_example_within_a_schema_fits_it() {
    fn visit(spec: &Spec, schema: &Value, location: &str, count: &mut usize) {
        let Value::Object(members) = schema else { return };
        for example in members
            .get("examples")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let faults = faults(&spec.schemas.validator(location), example);
            assert!(
                faults.is_empty(),
                "{}#{location}: {}",
                spec.file,
                faults.join("; ")
            );
            *count += 1;
        }
        for (key, member) in members {
            let location = format!("{location}/{}", spec::escape(key));
            match key.as_str() {
                "examples" => {}
                "properties" => {
                    for (name, property) in member.as_object().unwrap() {
                        visit(
                            spec,
                            property,
                            &format!("{location}/{}", spec::escape(name)),
                            count,
                        );
                    }
                }
                _ => visit(spec, member, &location, count),
            }
        }
    }
    for spec in spec::all() {
        let mut count = 0;
        for (name, schema) in spec.schemas.definitions() {
            visit(spec, schema, &Schemas::location(name), &mut count);
        }
        assert!(count >= 25, "{}: {count} examples", spec.file);
    }
}

#[test]
fn every_example_comes_back_as_it_was() {
    each(|spec, example, place| {
        let text = example.value.to_string();
        for model in spec.models_of(&example.component, example.role) {
            let again = model
                .recode(&text)
                .unwrap_or_else(|error| panic!("{place}{}: {}", error.pointer, error.message));
            let again: Value = serde_json::from_str(&again).unwrap();
            assert_eq!(again, example.value, "{place}");
        }
    });
}

#[test]
fn every_request_example_may_be_sent() {
    each(|spec, example, place| {
        let model = spec.model(&example.component, Role::Request);
        if example.role == Role::Request || (example.role == Role::Component && model.is_sent()) {
            let verdict = model.validate(&example.value.to_string()).unwrap();
            assert_eq!(verdict, Ok(()), "{place}");
        }
    });
}

/// The order belongs to the type, not to whoever filled it in: bytes that are signed and replayed must not depend on it. What is
/// free-form stays as it was given.
#[test]
fn the_fields_of_a_request_keep_one_order() {
    each(|spec, example, place| {
        if example.role == Role::Request {
            let mut reversed = example.value.clone();
            for node in nodes(&spec.schemas, &example.component, &example.value) {
                if node.schema.get("properties").is_some() {
                    let object = reversed.pointer_mut(&node.pointer).unwrap();
                    let members = object.as_object().unwrap().clone();
                    *object = members.into_iter().rev().collect();
                }
            }
            let model = spec.model(&example.component, example.role);
            let forwards = model.recode(&example.value.to_string()).unwrap();
            let backwards = model.recode(&reversed.to_string()).unwrap();
            assert_eq!(forwards, backwards, "{place}");
        }
    });
}

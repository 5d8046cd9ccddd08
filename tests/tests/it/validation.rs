//! `validate()` against the schema itself: valid requests with one rule broken at a time.

use std::collections::BTreeSet;

use checkout_core::validate::Rule;
use checkout_core::{Validate as _, Violations};
use serde_json::Value;
use tests::breakage::{Breakage, breakages, rules};
use tests::model::Model;
use tests::schemas::Schemas;
use tests::spec::{self, Role, Spec};

/// A component that is checked as a whole before it is sent, and valid values of it.
struct Root {
    spec: &'static Spec,
    component: String,
    values: Vec<Value>,
}

/// The bodies of requests, and the parameters that stand in paths and headers.
fn roots() -> Vec<Root> {
    let mut roots: Vec<Root> = Vec::new();
    for spec in spec::all() {
        let parameters: Vec<&str> = spec.document["components"]["parameters"]
            .as_object()
            .unwrap()
            .values()
            .filter_map(|parameter| {
                parameter
                    .pointer("/schema/$ref")?
                    .as_str()?
                    .strip_prefix("#/components/schemas/")
            })
            .filter(|component| spec.model(component, Role::Request).is_sent())
            .collect();
        for example in spec.examples() {
            let parameter =
                example.role == Role::Component && parameters.contains(&example.component.as_str());
            if example.role == Role::Request || parameter {
                match roots.iter_mut().find(|root| root.component == example.component) {
                    Some(root) => root.values.push(example.value),
                    None => roots.push(Root {
                        spec,
                        component: example.component,
                        values: vec![example.value],
                    }),
                }
            }
        }
    }
    roots
}

#[test]
fn every_broken_rule_is_named_where_it_is_broken() {
    let (mut count, mut wrong) = (0, Vec::new());
    for Root {
        spec,
        component,
        values,
    } in roots()
    {
        let whole = spec.schemas.validator(&Schemas::location(&component));
        for value in &values {
            for breakage in breakages(&spec.schemas, &component, value) {
                let verdict = verdict(spec.model(&component, Role::Request), &breakage);
                // A person without `Type` is the other form of a person. JSON Schema knows no 32 bits.
                let allowed = whole.is_valid(&breakage.document) && breakage.keyword != "format int32";
                let expected = if allowed { Ok(()) } else { Err(expected(&breakage)) };
                if verdict != expected {
                    let (pointer, rule) = (&breakage.pointer, &breakage.rule);
                    wrong.push(format!(
                        "{component}{pointer}, {rule}: {verdict:?} instead of {expected:?}"
                    ));
                }
                count += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 500, "{count} broken requests");
}

/// Examples in the spec are what the test above breaks: a field that none of them has would go unseen.
#[test]
fn the_examples_reach_every_rule() {
    let (mut all, mut reached) = (BTreeSet::new(), BTreeSet::new());
    for root in roots() {
        let (schemas, component) = (&root.spec.schemas, &root.component);
        let named = |rule: String| (root.spec.file, rule);
        all.extend(rules(schemas, component).into_iter().map(named));
        let broken = root
            .values
            .iter()
            .flat_map(|value| breakages(schemas, component, value));
        reached.extend(broken.map(|breakage| named(breakage.rule)));
    }
    let unreached: Vec<_> = all.difference(&reached).collect();
    assert!(
        unreached.is_empty(),
        "no example has a value for {unreached:#?}; add one to the spec"
    );
}

/// What refuses a broken request, and where.
#[derive(Debug, PartialEq)]
enum Refusal {
    /// It does not decode: pointer, and the field that is missing.
    Decoding {
        pointer: String,
        missing: Option<String>,
    },
    /// `validate()`: pointer, and the rule where one alone is broken.
    Validation { pointer: String, rule: Option<Rule> },
    /// Something that no test expects.
    Other(String),
}

fn expected(breakage: &Breakage) -> Refusal {
    let exact = breakage.rule.starts_with("/$defs/PositiveDecimal ");
    let keyword = breakage.keyword.split(' ').next().unwrap();
    let missing = breakage.keyword.strip_prefix("required ").map(str::to_owned);
    if exact || matches!(keyword, "type" | "required") || breakage.keyword == "format int32" {
        return match &breakage.union {
            // What does not fit its member is kept whole and refused later: at its tag if that names no member.
            Some(union) => {
                let value = breakage.document.pointer(union).unwrap();
                let named = value["Type"].is_string();
                let whole = named || !value.is_object();
                Refusal::Validation {
                    pointer: if whole {
                        union.clone()
                    } else {
                        format!("{union}/Type")
                    },
                    rule: breakage.alone.then_some(Rule::KnownValue),
                }
            }
            None => Refusal::Decoding {
                pointer: breakage.pointer.clone(),
                missing,
            },
        };
    }
    let rule = match keyword {
        "minLength" | "maxLength" => Rule::Length,
        "pattern" => Rule::Pattern,
        "format" => Rule::Format,
        "minItems" | "maxItems" => Rule::Items,
        "uniqueItems" => Rule::Unique,
        "enum" => Rule::KnownValue,
        "minimum" | "maximum" => Rule::Range,
        other => panic!("no rule is known for `{other}`; teach expected()"),
    };
    // Where an item repeats, the item is named.
    let pointer = match keyword {
        "uniqueItems" => {
            let last = breakage
                .document
                .pointer(&breakage.pointer)
                .and_then(Value::as_array)
                .unwrap()
                .len()
                - 1;
            format!("{}/{last}", breakage.pointer)
        }
        _ => breakage.pointer.clone(),
    };
    Refusal::Validation {
        pointer,
        rule: breakage.alone.then_some(rule),
    }
}

fn verdict(model: &Model, breakage: &Breakage) -> Result<(), Refusal> {
    match model.validate(&breakage.document.to_string()) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(violations)) => Err(refusal(&violations, breakage.alone)),
        Err(error) => {
            let missing = error
                .message
                .strip_prefix("the required field ")
                .and_then(|rest| rest.split(' ').next());
            Err(Refusal::Decoding {
                pointer: error.pointer,
                missing: missing.map(str::to_owned),
            })
        }
    }
}

fn refusal(violations: &Violations, alone: bool) -> Refusal {
    let found: Vec<_> = violations.iter().collect();
    let [first, rest @ ..] = &found[..] else {
        return Refusal::Other("no violation at all".to_owned());
    };
    let elsewhere = rest.iter().any(|violation| violation.pointer != first.pointer);
    if elsewhere || alone && !rest.is_empty() {
        return Refusal::Other(violations.to_string());
    }
    Refusal::Validation {
        pointer: first.pointer.clone(),
        rule: alone.then_some(first.rule),
    }
}

/// Forms that other readers of dates let pass; the spec has `YYYY-MM-DD` and 10 characters.
#[test]
fn a_date_is_ten_characters() {
    for text in [
        "20240416",
        "2024-04-16T00:00:00",
        "2024-04-16T00:00:00Z",
        "+002024-04-16",
        "2024-107",
        "2024-W16-2",
    ] {
        let date = checkout_core::time::Date::from(text);
        assert!(date.validate().is_err(), "{text}");
    }
    assert_eq!(checkout_core::time::Date::from("2024-02-29").validate(), Ok(()));
    assert!(checkout_core::time::Date::from("2023-02-29").validate().is_err());
}

/// All at once, in the order of the fields as they are sent.
#[test]
fn all_broken_rules_come_together() {
    let mut request = serde_json::json!({
        "PaymentMethodCategory": "Card",
        "FiatCurrency": "USD",
        "CryptoCurrency": "USDC_TEST",
        "FiatAmount": "10.10",
        "ReturnURL": "/done",
        "CustomerID": "",
        "LineItems": [{"Description": "", "Quantity": "2", "UnitAmount": "5.05", "TotalAmount": "10.10"}],
        "Nonce": "n".repeat(37),
    });
    request["Customer"] = serde_json::json!({
        "Type": "Business",
        "RegisteredName": "",
        "RegistrationNumber": "1",
        "RegistrationCountry": "GB",
        "RegisteredAddress": {"Street": "x", "City": "London", "PostCode": "EC1A 1AA", "State": "London", "Country": "GB"},
        "IncorporationDate": "30 June 2015",
        "EntityType": "Guild",
    });
    let request: noah_models::CheckoutPayinFiatRequest = serde_json::from_value(request).unwrap();
    let violations = request.validate().unwrap_err();
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// Requests that come from somewhere as JSON: a person without a name is still a person.
#[test]
fn a_member_that_does_not_fit_is_told_from_an_unknown_one() {
    let told = |customer: serde_json::Value| {
        let request = serde_json::json!({"CustomerID": "customer-4711", "Customer": customer});
        let request: noah_models::CheckoutManageRequest = serde_json::from_value(request).unwrap();
        request.validate().unwrap_err().to_string()
    };
    assert_eq!(
        told(serde_json::json!({"Type": "Individual", "DateOfBirth": "1985-01-31"})),
        "/Customer: does not fit Individual, which its Type names; a required field is missing or has another type"
    );
    assert_eq!(told(serde_json::json!("Ada")), "/Customer: is not an object");
    let unknown = "/Customer/Type: is not a value of the API; use one of Individual, Business";
    assert_eq!(told(serde_json::json!({"Type": "Charity"})), unknown);
    assert_eq!(told(serde_json::json!({"DateOfBirth": "1985-01-31"})), unknown);
}

//! What `[replace]` says of a hand-written type is true: whatever breaks a limit of the component, the type refuses too.

use checkout_core::validate::Validate as _;
use checkout_core::{PositiveDecimal, time};
use xtask::api;
use xtask::spec::{Settings, Spec};

/// Texts that break one limit or another, and some that break none.
const TEXTS: [&str; 32] = [
    "",
    "0",
    "+1",
    "-1",
    "1.",
    ".5",
    ".",
    "1.2.3",
    "1e3",
    " 1",
    "1 ",
    "1\n",
    "١",
    "12345678901234567890123456789012345678",
    "123456789012345678901234567890123456789",
    "+0.000000000000000000000000000000000000",
    "+0.0000000000000000000000000000000000001",
    "2024-04-16",
    "2024-4-16",
    "20240416",
    "2024-04-31",
    "2024-04-16Z",
    "+002024-04-16",
    "-002024-04-16",
    "2024-04-16T08:00:55Z",
    "2024-04-16T08:00Z",
    "2024-04-16 08:00:55Z",
    "2024-04-16T08:00:55",
    "2024-04-16T08:00:55+02:00",
    "2024-04-16[UTC]",
    "2024-04-16\n",
    "2024-W16-2",
];

fn takes(path: &str, text: &str) -> bool {
    match path {
        "::checkout_core::PositiveDecimal" => PositiveDecimal::parse(text).is_ok(),
        "::checkout_core::time::Timestamp" => time::Timestamp::from(text).validate().is_ok(),
        "::checkout_core::time::Date" => time::Date::from(text).validate().is_ok(),
        other => panic!("say here how {other} is made from a text, and add texts that break its limits"),
    }
}

fn breaks(schema: &serde_json::Value, limit: &str, text: &str) -> bool {
    let count = text.chars().count() as u64;
    match limit {
        "minLength" => count < schema[limit].as_u64().unwrap(),
        "maxLength" => count > schema[limit].as_u64().unwrap(),
        "pattern" => regress::Regex::new(schema[limit].as_str().unwrap())
            .unwrap()
            .find(text)
            .is_none(),
        "format" => match schema[limit].as_str().unwrap() {
            // RFC 3339, section 5.6, by shape alone.
            "date" => !matches(r"^\d{4}-\d\d-\d\d$", text),
            "date-time" => !matches(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$", text),
            other => panic!("say here what breaks the format {other}"),
        },
        other => panic!("say here what breaks {other}"),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    regress::Regex::new(pattern).unwrap().find(text).is_some()
}

#[test]
fn a_type_that_stands_in_holds_the_limits_that_it_is_said_to_hold() {
    let root = api::workspace_root();
    let mut wrong = Vec::new();
    for api in api::ALL {
        let spec = Spec::read(&root, *api).unwrap();
        for (name, replace) in Settings::read(&root, *api).unwrap().replace {
            let schema = &spec.schemas()[&name];
            for limit in &replace.holds {
                let broken: Vec<&str> = TEXTS
                    .into_iter()
                    .filter(|text| breaks(schema, limit, text))
                    .collect();
                assert!(!broken.is_empty(), "no text breaks the {limit} of {name}");
                let taken = broken.into_iter().filter(|text| takes(&replace.path, text));
                wrong.extend(taken.map(|text| format!("{} takes {text:?} against {limit}", replace.path)));
            }
            assert!(TEXTS.into_iter().any(|text| takes(&replace.path, text)), "{name}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

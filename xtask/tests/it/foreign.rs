//! Specs that were not written for the generator: whatever is in them, it is told, or it is generated. Nothing panics.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};
use xtask::api::{self, Api};
use xtask::generate::{sources, unlinted};
use xtask::guard::{at, guarded};
use xtask::lint::{Finding, RULES, check, report};
use xtask::source::{decode, visible};
use xtask::spec::{Allow, Settings, Spec, join};
use xtask::yaml;

use crate::cost::worked;

const SHAPES: Api = Api {
    name: "shapes",
    folder: "shapes",
};

fn spec(text: &str) -> Spec {
    Spec::parse("openapi/shapes.yaml".to_owned(), text).unwrap()
}

/// A document without findings.
fn plain() -> Spec {
    let mut spec = spec(include_str!("../specs/mutual-required.yaml"));
    for pointer in [
        "/components/schemas/A",
        "/components/schemas/B",
        "/components/schemas/Thing/properties/A",
    ] {
        set(&mut spec.root, pointer, &Value::Null);
    }
    assert!(lint(&spec).is_empty(), "{}", report(&lint(&spec)));
    spec
}

/// Sets what a pointer names, or removes it for `null`.
fn set(root: &mut Value, pointer: &str, value: &Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    let parent = root.pointer_mut(parent);
    match parent.unwrap_or_else(|| panic!("nothing is at {pointer}")) {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
        Value::Object(members) if value.is_null() => drop(members.shift_remove(&key)),
        Value::Object(members) => drop(members.insert(key, value.clone())),
        other => panic!("{other} at {pointer}"),
    }
}

fn lint(spec: &Spec) -> Vec<Finding> {
    check(spec, &Settings::default())
}

fn allowing(findings: &[Finding]) -> Settings {
    let allow = findings.iter().map(|finding| Allow {
        rule: finding.rule.name.to_owned(),
        pointer: finding.pointer.clone(),
        why: "a test".to_owned(),
    });
    Settings {
        allow: allow.collect(),
        ..Settings::default()
    }
}

/// Rules about the text of the document and about the settings, which have tests of their own.
const ELSEWHERE: [&str; 6] = [
    "path-feature",
    "refused-allow",
    "replaced-limits",
    "setting-name",
    "unused-setting",
    "yaml",
];

#[test]
fn what_may_be_accepted_is_survived_and_all_else_cannot_be_accepted() {
    let faults = yaml::read(include_str!("../specs/faults.yaml")).unwrap();
    assert!(faults.faults.is_empty(), "{:?}", faults.faults);
    let faults = faults.root.as_object().unwrap();
    let covered: BTreeSet<&str> = faults.keys().map(String::as_str).chain(ELSEWHERE).collect();
    assert_eq!(
        covered,
        RULES.iter().map(|rule| rule.name).collect(),
        "each rule needs a fault in faults.yaml"
    );
    for (rule, changes) in faults {
        for change in changes.as_array().unwrap() {
            let mut spec = plain();
            for (pointer, value) in change.as_object().unwrap() {
                set(&mut spec.root, pointer, value);
            }
            let findings = lint(&spec);
            let told = report(&findings);
            assert!(
                findings.iter().any(|finding| finding.rule.name == rule),
                "{rule}: {change}\n{told}"
            );
            let fatal = findings.iter().filter(|finding| finding.rule.fatal).count();
            let settings = allowing(&findings);
            let left = check(&spec, &settings);
            let refused = left
                .iter()
                .filter(|finding| finding.rule.name == "refused-allow")
                .count();
            assert_eq!(
                (left.len(), refused),
                (2 * fatal, fatal),
                "{rule}: {change}\n{}",
                report(&left)
            );
            // Even without the lint, it ends with an error at worst.
            let made = unlinted(SHAPES, &spec, &settings);
            if fatal > 0 {
                assert!(
                    sources(SHAPES, &spec, &settings)
                        .unwrap_err()
                        .contains("cannot be accepted")
                );
                continue;
            }
            let files = made.unwrap_or_else(|error| panic!("{rule}: {change}\n{error}"));
            for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".rs")) {
                syn::parse_file(text)
                    .unwrap_or_else(|error| panic!("{rule}: {change}\n{file}: {error}\n{text}"));
            }
        }
    }
}

/// Each part of a document in turn taken away, or something of another kind: it is found, or it is generated.
#[test]
fn whatever_is_missing_or_of_another_kind_is_found_or_generated() {
    fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
        for (key, value) in value.as_object().into_iter().flatten() {
            pointers(value, join(&at, key), found);
        }
        for (index, value) in value.as_array().into_iter().flatten().enumerate() {
            pointers(value, format!("{at}/{index}"), found);
        }
        found.push(at);
    }
    let mut found = Vec::new();
    pointers(&plain().root, String::new(), &mut found);
    for pointer in found.iter().filter(|pointer| !pointer.is_empty()) {
        for value in [Value::Null, json!(7), json!({})] {
            let mut spec = plain();
            set(&mut spec.root, pointer, &value);
            let findings = lint(&spec);
            if !findings.iter().any(|finding| finding.rule.fatal) {
                let made = sources(SHAPES, &spec, &allowing(&findings));
                made.unwrap_or_else(|error| panic!("{pointer}: {value}\n{error}"));
            }
        }
    }
}

#[test]
fn a_panic_is_an_error_that_says_where() {
    let error = guarded::<()>("openapi/a.yaml", || {
        at("POST /a");
        panic!("no such luck")
    })
    .unwrap_err();
    assert!(
        error.starts_with("openapi/a.yaml: the generator stopped at POST /a: no such luck (foreign.rs:"),
        "{error}"
    );
}

/// Characters that rustc refuses or a reader does not see, and marks of rustdoc.
const ODD: &str = "a\u{202e}b\u{2066}c\u{61c}d\u{200f}e\r\n\u{0}*/ ` [x] <y> ``` ~~~\u{2028}# \u{feff}\\";

#[test]
fn odd_characters_do_not_reach_the_code() {
    fn spoil(value: &mut Value) {
        for (key, value) in value.as_object_mut().into_iter().flatten() {
            match (key.as_str(), value) {
                ("description" | "summary" | "title" | "example", Value::String(text)) => text.push_str(ODD),
                ("pattern", Value::String(text)) => *text = "^[a-z\u{202e}`]+$".to_owned(),
                ("tags", value) => *value = json!([ODD]),
                ("x-enum-descriptions", value) => *value = json!({ "One": ODD }),
                ("schema", _) => {}
                (_, value) => spoil(value),
            }
        }
    }
    let mut spec = plain();
    let schemas = "/components/schemas";
    set(
        &mut spec.root,
        &format!("{schemas}/Kind/x-enum-descriptions"),
        &json!({}),
    );
    set(
        &mut spec.root,
        &format!("{schemas}/RequestKey/pattern"),
        &json!("^$"),
    );
    spoil(&mut spec.root);
    // A pattern with such a character is refused.
    for text in ["ThingID", "RequestKey"] {
        let pattern = format!("{schemas}/{text}/pattern");
        set(&mut spec.root, &pattern, &json!("^[a-z][a-z0-9-]*$"));
    }
    set(
        &mut spec.root,
        &format!("{schemas}/Kind/enum/1"),
        &json!(format!("Two{ODD}")),
    );
    let odd = json!({ "type": "string", "description": ODD });
    set(
        &mut spec.root,
        &format!("{schemas}/Thing/properties/N\u{202e}M"),
        &odd,
    );
    for (file, text) in sources(SHAPES, &spec, &Settings::default()).unwrap_or_else(|error| panic!("{error}"))
    {
        if file.ends_with(".rs") {
            let left: String = text
                .chars()
                .filter(|character| !"\n".contains(*character))
                .collect();
            assert_eq!(visible(&left), left, "{file}");
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
    }
}

#[test]
fn a_description_that_runs_from_right_to_left_is_generated() {
    let files = sources(
        SHAPES,
        &spec(include_str!("../specs/bidi-description.yaml")),
        &Settings::default(),
    )
    .unwrap();
    assert!(files[&SHAPES.models_file("received.rs")].contains(r"/// a\\u{202e}b"));
}

#[test]
fn what_needs_itself_is_found() {
    let mut findings = lint(&spec(include_str!("../specs/mutual-required.yaml")));
    let link = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let object = |name: &str, property: Value| json!({ "type": "object", "description": name, "required": ["P"], "properties": { "P": property } });
    for schemas in [
        json!({ "Self": object("Itself.", link("Self")) }),
        json!({ "Wrapped": object("Wrapped.", json!({ "allOf": [link("Wrapped")] })) }),
        json!({ "Listed": object("Listed.", json!({ "type": "array", "minItems": 1, "items": link("Listed"), "description": "L." })) }),
        json!({ "Leads": object("Leads there.", link("Mid")), "Mid": object("Middle.", link("End")), "End": object("End.", link("Mid")) }),
        json!({ "Either": { "description": "Either.", "oneOf": [link("Left"), link("Right")],
                "x-selected-by": { "property": "P", "mapping": { "Left": "Left", "Right": "Right" } } },
            "Left": object("Left.", link("Either")), "Right": object("Right.", link("Either")) }),
        // Each of these has a value: an empty list, an empty map, a way out, an object without it.
        json!({ "May": object("May.", json!({ "type": "array", "items": link("May"), "description": "M." })),
            "Map": object("Map.", json!({ "type": "object", "additionalProperties": link("Map"), "description": "M." })),
            "Or": { "description": "Or.", "oneOf": [link("May"), link("Way")],
                "x-selected-by": { "property": "P", "mapping": { "May": "May", "Way": "Way" } } },
            "Way": object("Way.", link("Or")) }),
    ] {
        let mut spec = plain();
        for (name, schema) in schemas.as_object().unwrap() {
            set(&mut spec.root, &format!("/components/schemas/{name}"), schema);
        }
        findings.extend(lint(&spec));
    }
    findings.retain(|finding| finding.rule.name == "no-value");
    insta::assert_snapshot!(report(&findings));
}

#[test]
fn what_is_yaml_and_no_json_is_named() {
    let mut laughs = String::from("a0: &a0 [a, a, a, a, a, a, a, a, a, a]\n");
    for level in 1..9 {
        let _ = writeln!(
            laughs,
            "a{level}: &a{level} [{}]",
            vec![format!("*a{}", level - 1); 10].join(", ")
        );
    }
    let deep = format!("a: {}", "[".repeat(2000));
    let texts = [
        "base: &base {a: 1}\nmore:\n  <<: *base\n  b: !!binary aGk=\n  c: !own {d: 1}\n  !!str e: .inf\n",
        "a: 1\nb: {c: 1, c: 2}\na: 3\n",
        "openapi: 3.0.3\n---\nopenapi: 3.0.3\n",
        "a: [1, 2",
        "a: b: c\n",
        "a: *gone\n",
        "a: &a [*a]\n",
        "? [a]\n: b\n",
        "a:\n\t- b\n",
        "a: b\u{0}c\n",
        "- a\n",
        "",
        "just a text",
        &laughs,
        &deep,
    ];
    let mut told = String::new();
    for text in texts {
        let start: String = text.chars().take(60).collect();
        let _ = writeln!(told, "{start:?}");
        match Spec::parse("openapi/a.yaml".to_owned(), text) {
            Ok(spec) => {
                let found = lint(&spec)
                    .into_iter()
                    .filter(|finding| finding.rule.name == "yaml");
                told.push_str(&report(&found.collect::<Vec<_>>()));
            }
            Err(error) => {
                let _ = writeln!(told, "{error}");
            }
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn scalars_are_read_by_the_core_schema() {
    let text = "[~, null, yes, NO, true, 0, -1, +1, 012, 1.10, .5, 1e3, 0x1F, 0o17, 18446744073709551616, inf, '1', 2024-01-01, 1_000, 1.2.3]";
    let read = yaml::read(&format!("200: {text}\nb: &b {{c: &c d}}\ne: *b\nf: [*c, *b]\n")).unwrap();
    insta::assert_snapshot!(read.root);
}

#[test]
fn an_encoding_and_a_file_that_is_not_there_are_named() {
    let wide = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    assert_eq!(decode(b"\xef\xbb\xbfa: 1").unwrap(), "a: 1");
    let root = tempfile::tempdir().unwrap();
    let noah = Api::named("noah").unwrap();
    let mut told = vec![
        decode(&wide("openapi: 3.0.3")).unwrap_err(),
        decode(&wide("\u{feff}openapi: 3.0.3")).unwrap_err(),
        decode(b"\xff\xfe\0\0a\0\0\0").unwrap_err(),
        decode(b"a: 1\nb: caf\xe9\n").unwrap_err(),
        Spec::read(root.path(), noah).unwrap_err(),
    ];
    std::fs::create_dir_all(root.path().join("openapi/noah.gen.toml")).unwrap();
    told.push(Settings::read(root.path(), noah).unwrap_err());
    let place = root.path().display().to_string();
    insta::assert_snapshot!(told.join("\n").replace(&place, "ROOT"));
}

/// A document with so many findings, of many kinds.
fn faulty(count: usize) -> String {
    let mut text = String::from("openapi: 3.0.3\ninfo: {title: Big, version: '1'}\npaths:\n");
    for index in 0..count / 8 {
        let _ = writeln!(
            text,
            "  /a{index}/{{id}}:\n    get:\n      operationId: get_{index}\n      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}]\n      responses: {{'200': {{description: a, content: {{application/json: {{schema: {{$ref: '#/components/schemas/U{index}'}}}}}}}}}}"
        );
    }
    text.push_str("components:\n  schemas:\n");
    for index in 0..count / 8 {
        let next = index + 1;
        let _ = writeln!(
            text,
            "    U{index}: {{oneOf: [{{$ref: '#/components/schemas/O{index}'}}], discriminator: {{propertyName: T, mapping: {{A: '#/components/schemas/O{index}'}}}}}}\n    O{index}: {{type: object, properties: {{cardHolderName: {{type: number}}, next: {{$ref: '#/components/schemas/U{next}'}}, own: {{$ref: '#/components/schemas/O{index}'}}}}}}"
        );
    }
    text
}

#[test]
fn a_finding_costs_the_same_among_many() {
    let cost = |count| {
        let spec = spec(&faulty(count));
        let runs = (0..2).map(|_| {
            let before = worked();
            let found = lint(&spec);
            let took = worked() - before;
            assert!(found.len() >= count, "{}", found.len());
            let settings = allowing(&found);
            let before = worked();
            check(&spec, &settings);
            (took + worked() - before) / found.len() as u64
        });
        runs.min().unwrap()
    };
    let (few, many) = (cost(100), cost(10_000));
    // What grows with the square would be a hundred times as much.
    assert!(
        many <= few * 4,
        "{few} ns for each of 100 findings, {many} ns for each of 10,000"
    );
}

#[test]
fn every_finding_has_a_place() {
    let spec = spec(include_str!("../specs/bad.yaml"));
    for finding in lint(&spec) {
        assert!(finding.place.line > 0 && finding.place.column > 0, "{finding:?}");
    }
    let root = api::workspace_root();
    let noah = Api::named("noah").unwrap();
    let spec = Spec::read(&root, noah).unwrap();
    let place = spec.marks.find("/components/schemas/Nonce/maxLength");
    let text = std::fs::read_to_string(root.join(noah.spec())).unwrap();
    let line = text.lines().nth(place.line - 1).unwrap();
    assert!(line[place.column - 1..].starts_with("maxLength"), "{line}");
}

//! What each shape of a spec becomes in Rust. The models among the snapshots are compiled and put to use here.

use std::collections::BTreeMap;

use checkout_core::validate::Validate as _;
use xtask::api::{self, Api};
use xtask::generate::files_of;
use xtask::spec::{Settings, Spec};

// A models crate, as far as it is generated.
#[path = "snapshots/it__shapes__operations.snap.rs"]
#[allow(dead_code, unreachable_pub)]
mod operations;
#[path = "snapshots/it__shapes__received.snap.rs"]
#[allow(unreachable_pub)]
mod received;
#[path = "snapshots/it__shapes__scalars.snap.rs"]
#[allow(dead_code, unreachable_pub)]
mod scalars;
#[path = "snapshots/it__shapes__types.snap.rs"]
#[allow(unreachable_pub)]
mod types;
#[path = "snapshots/it__shapes__validate.snap.rs"]
mod validate;

use scalars::{Email, Gender, Kind};
use types::{Category, Change, Private};

#[test]
fn each_shape_becomes_the_type_that_was_meant() {
    let api = Api {
        name: "shapes",
        folder: "shapes",
    };
    let spec = Spec::parse(
        "openapi/shapes.yaml".to_owned(),
        include_str!("../specs/shapes.yaml"),
    )
    .unwrap();
    let settings = toml::from_str::<Settings>(include_str!("../specs/shapes.gen.toml")).unwrap();
    let files = files_of(&api::workspace_root(), api, &spec, &settings).unwrap();
    for (path, text) in files {
        let text = text.replace(&spec.sha256, "<sha-256>");
        let file = path.rsplit('/').next().unwrap();
        match file {
            "mod.rs" => {}
            // Files of their own, so that this test can be built with them.
            "operations.rs" | "received.rs" | "scalars.rs" | "types.rs" | "validate.rs" => {
                let name = file.trim_end_matches(".rs");
                insta::assert_binary_snapshot!(&format!("{name}.rs"), text.into_bytes());
            }
            _ => {
                let name = path.trim_start_matches("crates/").replace(['/', '.'], "-");
                insta::assert_snapshot!(name, text);
            }
        }
    }
}

fn private() -> Private {
    let hidden = || vec!["HIDDEN".to_owned()];
    Private::builder()
        .names(hidden())
        .tokens(map("a", "HIDDEN".to_owned()))
        .nested(vec![map("a", "HIDDEN".to_owned())])
        .phones(map("a", "HIDDEN".to_owned()))
        .streets(hidden())
        .own_streets(hidden())
        .gender(Gender::Unknown("HIDDEN".to_owned()))
        .emails(vec![Email::from("HIDDEN")])
        .anything(vec![serde_json::json!({ "a": "HIDDEN" })])
        .cities(vec!["shown city".to_owned()])
        .tokenised(vec!["shown token".to_owned()])
        .build()
}

fn change() -> Change {
    Change::builder()
        .amount(checkout_core::PositiveDecimal::parse("1.00").unwrap())
        .kind(Kind::One)
        .parts(vec!["a".to_owned()])
        .build()
}

fn map<T>(key: &str, value: T) -> BTreeMap<String, T> {
    BTreeMap::from([(key.to_owned(), value)])
}

#[test]
fn every_mark_on_the_way_to_a_value_hides_it() {
    let private = private();
    let printed = format!("{private:#?}");
    assert!(!printed.contains("HIDDEN"), "{printed}");
    assert!(
        printed.contains("shown city") && printed.contains("shown token"),
        "{printed}"
    );
    // Nothing went missing on the way to the wire.
    let sent = serde_json::to_string(&private).unwrap();
    assert_eq!(sent.matches("HIDDEN").count(), 9, "{sent}");
}

#[test]
fn a_log_may_show_what_debug_shows_and_nothing_else() {
    let sent = serde_json::to_value(private()).unwrap();
    for (name, value) in sent.as_object().unwrap() {
        let shown = operations::SHOWN_FIELDS.contains(&name.as_str());
        assert_eq!(shown, !value.to_string().contains("HIDDEN"), "{name}");
        assert!(!operations::OPEN_FIELDS.contains(&name.as_str()), "{name}");
    }
    // Of two fields of one name the more private decides; a name of a text and of an object shows the one and lets look into the other.
    for (name, shown, open) in [
        ("Token", false, false),
        ("Details", true, true),
        ("Notes", false, false),
        ("Owner", false, true),
        ("Secrets", false, false),
        ("Children", false, true),
        ("Type", true, false),
        ("Amount", true, false),
    ] {
        assert_eq!(operations::SHOWN_FIELDS.contains(&name), shown, "{name}");
        assert_eq!(operations::OPEN_FIELDS.contains(&name), open, "{name}");
    }
}

#[test]
fn values_of_maps_are_checked_each_at_its_key() {
    let mut change = change();
    assert_eq!(change.validate(), Ok(()));
    change.labels = Some(BTreeMap::from([
        ("a/b".to_owned(), "x".to_owned()),
        ("fine".to_owned(), "xx".to_owned()),
    ]));
    change.sizes = Some(map("s", vec![1, 11, 2]));
    let long = Category::builder().name("too long").build();
    change.relations = Some(map("r", long));
    let found = change.validate().unwrap_err();
    let pointers: Vec<&str> = found.iter().map(|found| found.pointer.as_str()).collect();
    // A key that is no plain name may hold anything, and is not repeated.
    assert_eq!(
        pointers,
        ["/Labels/?", "/Sizes/s", "/Sizes/s/1", "/Relations/r/Name"]
    );
}

/// What is sent has no word of the author's about how it comes back: it comes back lenient.
#[test]
fn what_goes_both_ways_is_two_types() {
    let sent = serde_json::from_str::<Category>(r#"{"Name": 7}"#).unwrap_err();
    assert_eq!(sent.to_string(), "the value at /Name is not a text");
    let tree = r#"{"Children":[{"Name":7,"Parent":{}},{}],"New":1}"#;
    let received: received::ReceivedCategory = serde_json::from_str(tree).unwrap();
    let children = received.children.value().unwrap();
    assert_eq!(children[0].name.unreadable().unwrap().json().as_str(), "7");
    assert!(children[0].parent.value().unwrap().name.is_absent());
    assert_eq!(serde_json::to_string(&received).unwrap(), tree);
    // As a server sends it back.
    let echoed =
        checkout_core::Received::<received::ReceivedCategory>::sent(&Category::builder().name("n").build());
    assert_eq!(echoed.value().unwrap().name.text(), Some("n"));
}

#[test]
fn an_object_may_hold_itself() {
    let category = |name: &str| Category::builder().name(name);
    let tree = category("root")
        .parent(category("much too long").build())
        .children(vec![category("leaf").build(), category("too long").build()])
        .build();
    let text = serde_json::to_string(&tree).unwrap();
    assert_eq!(serde_json::from_str::<Category>(&text).unwrap(), tree);

    let mut change = change();
    change.category = Some(tree);
    let found = change.validate().unwrap_err();
    let pointers: Vec<&str> = found.iter().map(|found| found.pointer.as_str()).collect();
    assert_eq!(pointers, ["/Category/Parent/Name", "/Category/Children/1/Name"]);
}

//! The committed code is what the specs make, and a change of a spec arrives where a user needs it.

use xtask::api::{self, Api};
use xtask::disk::stale;
use xtask::generate::{files, files_of};
use xtask::spec::{Settings, Spec};

#[test]
fn generated_code_is_fresh() {
    let root = api::workspace_root();
    let mut report = String::new();
    for (api, files) in files(&root, api::ALL).unwrap() {
        report.push_str(&stale(&root, api, &files).unwrap().unwrap_or_default());
    }
    assert!(
        report.is_empty(),
        "generated code does not match the specs\n{report}"
    );
}

#[test]
fn generation_is_deterministic() {
    let root = api::workspace_root();
    let [once, again] = [(); 2].map(|()| files(&root, api::ALL).unwrap());
    for ((_, once), (_, again)) in once.iter().zip(&again) {
        assert_eq!(once, again);
    }
}

#[test]
fn every_generated_file_names_its_spec() {
    let root = api::workspace_root();
    for (api, files) in files(&root, api::ALL).unwrap() {
        let spec = Spec::read(&root, api).unwrap();
        for (file, text) in files {
            let head: String = text.lines().take(2).collect();
            assert!(
                head.contains("@generated") && head.contains(&spec.file),
                "{file}: {head}"
            );
            assert!(head.contains(&spec.sha256), "{file}: {head}");
        }
    }
}

/// What README tells a user to do: a new optional field shows up in the model, its checks and the builder.
#[test]
fn a_new_optional_field_reaches_the_builder() {
    let root = api::workspace_root();
    let api = Api::named("noah").unwrap();
    let text = std::fs::read_to_string(root.join(api.spec())).unwrap();
    let mut spec = Spec::parse(api.spec(), &text).unwrap();
    let properties = spec
        .root
        .pointer_mut("/components/schemas/CheckoutPayinFiatRequest/properties")
        .unwrap();
    properties["CancelURL"] = serde_json::json!({
        "type": "string",
        "description": "Where the browser goes when the customer gives up.",
        "maxLength": 1000,
    });
    let settings = Settings::read(&root, api).unwrap();
    let files = files_of(&root, api, &spec, &settings).unwrap();

    assert!(files[&api.models_file("types.rs")].contains("pub cancel_url: Option<String>"));
    assert!(files[&api.models_file("validate.rs")].contains(r#"at.field("CancelURL")"#));
    assert!(files[&api.builders_file()].contains("cancel_url: Option<String>"));

    let report = stale(&root, api, &files).unwrap().unwrap();
    let calls = report
        .lines()
        .filter(|line| line.starts_with("stale:"))
        .collect::<Vec<_>>()
        .join("\n");
    insta::assert_snapshot!(calls);
    assert!(
        report.ends_with("mend it with: cargo xtask generate --api noah\n"),
        "{report}"
    );
}

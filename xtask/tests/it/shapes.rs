//! What each shape of a spec becomes in Rust.

use xtask::api::{self, Api};
use xtask::generate::files_of;
use xtask::spec::{Settings, Spec};

#[test]
fn each_shape_becomes_the_type_that_was_meant() {
    let api = Api {
        name: "shapes",
        crate_prefix: "shapes",
        client_type: "ShapesApi",
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
        if path.ends_with("mod.rs") {
            continue;
        }
        let name = path.trim_start_matches("crates/").replace(['/', '.'], "-");
        let text = text.replace(&spec.sha256, "<sha-256>");
        insta::assert_snapshot!(name, text);
    }
}

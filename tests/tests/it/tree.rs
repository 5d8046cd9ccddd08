//! What the models pull in.

use std::process::Command;

/// Whoever only reads webhooks pays for no HTTP client.
#[test]
fn models_need_no_http() {
    for package in ["noah-models", "worldline-connect-models"] {
        let output = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--offline",
                "--locked",
                "-p",
                package,
                "-e",
                "normal",
                "--prefix",
                "none",
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let tree = String::from_utf8(output.stdout).unwrap();
        assert!(tree.starts_with(package), "{tree}");
        assert!(tree.lines().any(|line| line.starts_with("serde ")), "{tree}");
        for crate_name in ["reqwest ", "hyper ", "tokio ", "http ", "rustls "] {
            let found = tree.lines().find(|line| line.starts_with(crate_name));
            assert_eq!(found, None, "{package} pulls in an HTTP crate");
        }
    }
}

//! The Rust blocks of README.md, run in their order against a fresh sandbox. `build.rs` makes modules of them; one that cannot be
//! run says why, in a comment above it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::process::Command;

use checkout_sandbox::Sandbox;

#[allow(warnings, clippy::all, clippy::pedantic, clippy::restriction)]
mod blocks {
    include!(concat!(env!("OUT_DIR"), "/readme.rs"));

    pub(super) fn lines() -> Vec<usize> {
        BLOCKS.iter().map(|(line, _)| *line).collect()
    }

    pub(super) fn run(line: usize) -> Result<(), Box<dyn std::error::Error>> {
        let (_, block) = BLOCKS.iter().find(|(known, _)| *known == line).unwrap();
        block()
    }
}

const LINE: &str = "README_LINE";

/// Each in a process of its own, with the variables that the sandbox prints.
#[tokio::test(flavor = "multi_thread")]
async fn every_block_succeeds_against_a_fresh_sandbox() {
    let keys = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::builder()
        .key_directory(keys.path())
        .start()
        .await
        .unwrap();
    let (noah, worldline) = (sandbox.noah(), sandbox.worldline());
    let variables = [
        ("NOAH_ENVIRONMENT", "local".to_owned()),
        ("NOAH_BASE_URL", noah.report().base_url.clone()),
        ("NOAH_API_KEY", noah.report().api_key.clone()),
        (
            "NOAH_SIGNING_KEY",
            noah.report()
                .signing_key_path
                .as_deref()
                .unwrap()
                .display()
                .to_string(),
        ),
        ("WORLDLINE_CONNECT_ENDPOINT", worldline.report().endpoint.clone()),
        (
            "WORLDLINE_CONNECT_MERCHANT_ID",
            worldline.report().merchant_id.clone(),
        ),
        (
            "WORLDLINE_CONNECT_API_KEY_ID",
            worldline.report().api_key_id.clone(),
        ),
        (
            "WORLDLINE_CONNECT_SECRET_API_KEY",
            worldline.report().secret_api_key.clone(),
        ),
        ("WORLDLINE_CONNECT_INTEGRATOR", "A reader".to_owned()),
    ];
    let lines = blocks::lines();
    assert!(lines.len() >= 4, "{lines:?}");
    for line in lines {
        let finished = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "one_block", "--ignored", "--nocapture"])
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .env(LINE, line.to_string())
            .output()
            .unwrap();
        let said = format!(
            "{}{}",
            String::from_utf8_lossy(&finished.stdout),
            String::from_utf8_lossy(&finished.stderr)
        );
        assert!(finished.status.success(), "README.md, line {line}: {said}");
        assert!(said.contains("1 passed"), "README.md, line {line}: {said}");
    }
    assert_eq!(noah.ledger().entries.len(), 0, "nobody has paid");
}

#[test]
#[ignore = "runs in a process of its own, which the test above starts"]
fn one_block() {
    let line = std::env::var(LINE).unwrap().parse().unwrap();
    if let Err(error) = blocks::run(line) {
        panic!("{error}");
    }
}

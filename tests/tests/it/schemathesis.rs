//! The sandbox held against the specs by Schemathesis: every operation, all of its default checks and phases, with
//! requests that conform and requests that do not. `foreign/schemathesis_hooks.py` signs them and knows the facts that no
//! schema says.

use std::path::Path;
use std::process::Output;

use checkout_sandbox::Sandbox;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::foreign::{Tool, programs};

/// Requests in the fuzzing phase for each operation and kind; the other phases make as many as the spec asks for.
const EXAMPLES: &str = "100";
/// Any other would do. With it, a failure can be had again.
const SEED: &str = "302";

/// NOAH's operations that the sandbox answers so far; the others it answers with 404. To be removed when it answers all.
const MOUNTED: &[&str] = &["createManagedSession", "createSell", "createFiatPayin"];

/// Runs Schemathesis, and returns its report and what it printed.
async fn run(spec: &'static str, only: &[&str], url: String, given: Value) -> (Value, String) {
    let directory = tempfile::tempdir().unwrap();
    let report = directory.path().join("report.json");
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
    let mut schemathesis = Tool::Schemathesis.command();
    schemathesis
        .args(["-m", "schemathesis.cli", "run"])
        .arg(specs.join(spec))
        .args(["--url", &url, "--seed", SEED, "--max-examples", EXAMPLES])
        .args([
            "--continue-on-failure",
            "--no-color",
            "--generation-database",
            "none",
        ])
        .args(only.iter().flat_map(|id| ["--include-operation-id", id]))
        .args(["--report", "json", "--report-json-path"])
        .arg(&report)
        .env("SCHEMATHESIS_HOOKS", "schemathesis_hooks")
        .env("PYTHONPATH", programs())
        .env("SANDBOX", given.to_string())
        // No proxy stands between this machine and itself.
        .env("NO_PROXY", "127.0.0.1")
        .current_dir(directory.path());
    let output: Output = tokio::task::spawn_blocking(move || schemathesis.output())
        .await
        .unwrap()
        .expect("Schemathesis runs");
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{printed}");
    let report = std::fs::read_to_string(report).unwrap_or_else(|_| panic!("no report: {printed}"));
    (serde_json::from_str(&report).unwrap(), printed)
}

/// No failure, no warning, nothing left out; and each operation accepted requests, for a server that refuses everything
/// would pass most checks.
fn assert_all_is_well((report, printed): (Value, String), all: usize, operations: usize) {
    let expected = json!({
        "total": all, "selected": operations, "tested": operations, "errored": 0, "skipped": 0, "skip_reasons": [],
    });
    assert_eq!(report["operations"], expected, "{printed}");
    assert_eq!(report["failures"], json!([]), "{printed}");
    assert_eq!(report["errors"], json!([]), "{printed}");
    for (warning, found) in report["warnings"].as_object().unwrap() {
        assert_eq!(found, &json!([]), "{warning}: {printed}");
    }
    for phase in ["examples", "coverage", "fuzzing"] {
        assert_eq!(report["phases"][phase]["status"], "success", "{phase}: {printed}");
    }
    let rates = report["valid_rates"].as_object().unwrap();
    assert_eq!(rates.len(), operations, "{printed}");
    for (operation, phases) in rates {
        for (phase, rate) in phases.as_object().unwrap() {
            let count = |kind: &str| rate[kind].as_u64().unwrap();
            assert_eq!(count("rejected"), 0, "{operation}, {phase}: {printed}");
            assert!(
                count("accepted") > count("unreachable") + count("conflicts"),
                "{operation}, {phase}: {rate}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unsigned_noah_is_as_its_spec_says() {
    if !Tool::Schemathesis.is_here() {
        return;
    }
    let sandbox = Sandbox::builder().start().await.unwrap();
    let given = json!({"api": "noah", "api_key": sandbox.noah().report().unsigned_api_key});
    let found = run(
        "noah.yaml",
        MOUNTED,
        sandbox.noah().report().base_url.clone(),
        given,
    )
    .await;
    assert_all_is_well(found, noah_models::operations::ALL.len(), MOUNTED.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_noah_is_as_its_spec_says() {
    if !Tool::Schemathesis.is_here() {
        return;
    }
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signing_key = sandbox.noah().private_key_pem().unwrap();
    let given = json!({
        "api": "noah", "api_key": sandbox.noah().report().api_key.as_str(), "private_key": signing_key.expose_secret(),
    });
    let found = run(
        "noah.yaml",
        MOUNTED,
        sandbox.noah().report().base_url.clone(),
        given,
    )
    .await;
    assert_all_is_well(found, noah_models::operations::ALL.len(), MOUNTED.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn worldline_connect_is_as_its_spec_says() {
    if !Tool::Schemathesis.is_here() {
        return;
    }
    let sandbox = Sandbox::builder().start().await.unwrap();
    let worldline = sandbox.worldline();
    let given = json!({
        "api": "worldline", "endpoint": worldline.report().endpoint.as_str(), "merchant_id": worldline.report().merchant_id.as_str(),
        "api_key_id": worldline.report().api_key_id, "secret_api_key": worldline.report().secret_api_key,
    });
    let all = worldline_connect_models::operations::ALL.len();
    let found = run(
        "worldline-connect.yaml",
        &[],
        worldline.report().endpoint.clone(),
        given,
    )
    .await;
    assert_all_is_well(found, all, all);
}

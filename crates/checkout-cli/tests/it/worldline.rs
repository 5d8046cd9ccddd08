//! `checkout worldline`, against a sandbox of this process.

use checkout_sandbox::Sandbox;
use serde_json::Value;

use crate::support::{Said, redacted, run_with};

const APPLE: &str = "https://apple-pay-gateway.apple.com/paymentservices/startSession";

pub(crate) async fn sandbox() -> (Sandbox, Vec<(&'static str, String)>) {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let worldline = sandbox.worldline();
    let variables = vec![
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
        ("WORLDLINE_CONNECT_INTEGRATOR", "A test".to_owned()),
    ];
    (sandbox, variables)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_is_tested() {
    let (_sandbox, mut variables) = sandbox().await;
    let said = run_with(&["worldline", "test-connection"], &variables, b"");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    redacted().bind(|| {
        insta::assert_snapshot!(said.stdout, @r"
        result    OK
        attempts  answered 200 in [time]

        The API knows the key and the merchant.
        ");
    });
    variables.push(("WORLDLINE_CONNECT_SECRET_API_KEY", "wrong".to_owned()));
    let said = run_with(&["worldline", "test-connection", "--json"], &variables, b"");
    assert_eq!(said.code, Some(6), "{}", said.stderr);
    assert_eq!(said.json()["outcome"], "refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_session_is_written_and_not_shown() {
    let (_sandbox, variables) = sandbox().await;
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (out, stored) = (path("session.json"), path("request.json"));
    let args = [
        "worldline",
        "create-session",
        "--out",
        &out,
        "--prepared",
        &stored,
    ];
    let said = run_with(&args, &variables, b"");
    assert_eq!(said.code, Some(0), "{}", said.stderr);

    let session: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let id = session["clientSessionId"].as_str().unwrap();
    assert!(!said.stdout.contains(id), "it is a credential");
    assert!(said.stdout.contains(session["customerId"].as_str().unwrap()));

    // The same key gives the same session; on stdout only where that is asked for.
    let again = run_with(
        &["worldline", "send", &stored, "--out", "-", "--json"],
        &variables,
        b"",
    )
    .json();
    assert_eq!(again["session"]["clientSessionId"], id);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apple_pay_session_comes_from_flags_or_a_file() {
    let (_sandbox, variables) = sandbox().await;
    let ask = |url: &str, stdin: &str| -> Said {
        let args = [
            "worldline",
            "apple-pay-session",
            "--request",
            "-",
            "--domain-name",
            "shop.example",
            "--validation-url",
            url,
            "--json",
        ];
        run_with(&args, &variables, stdin.as_bytes())
    };
    let file = r#"{"paymentProductSession302SpecificInput": {"displayName": "Shop", "domainName": "other.example"}}"#;
    let got = ask(APPLE, file).json();
    assert_eq!(
        (&got["ok"], &got["domainName"], &got["displayName"]),
        (&true.into(), &"shop.example".into(), &"Shop".into())
    );
    assert!(got.get("session").is_none(), "{got}");

    let refused = ask("https://evil.example/", file);
    assert_eq!(refused.code, Some(5));
    assert_eq!(
        refused.json()["problems"][0]["pointer"],
        "/paymentProductSession302SpecificInput/validationUrl"
    );
    assert_eq!(
        ask(APPLE, r#"{"filters": {}}"#).code,
        Some(5),
        "a field that nobody knows"
    );
}

/// A session that could not be written would be made for nobody.
#[test]
fn a_file_that_is_there_already_is_noticed_before_anything_is_sent() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("session.json");
    std::fs::write(&out, "kept").unwrap();
    // Nobody listens there: what is sent ends with 5.
    let variables = [
        ("WORLDLINE_CONNECT_ENDPOINT", "http://127.0.0.1:9"),
        ("WORLDLINE_CONNECT_MERCHANT_ID", "9991"),
        ("WORLDLINE_CONNECT_API_KEY_ID", "key-1"),
        ("WORLDLINE_CONNECT_SECRET_API_KEY", "secret"),
        ("WORLDLINE_CONNECT_INTEGRATOR", "A test"),
    ]
    .map(|(name, value)| (name, value.to_owned()));
    let said = run_with(&["worldline", "create-session"], &variables, b"");
    assert_eq!(said.code, Some(5), "{}", said.stderr);
    let args = ["worldline", "create-session", "--out", out.to_str().unwrap()];
    let said = run_with(&args, &variables, b"");
    assert_eq!(said.code, Some(3), "{}", said.stderr);
    assert!(said.stderr.contains("is there already"), "{}", said.stderr);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "kept");
}

#[test]
fn missing_credentials_are_named_at_once() {
    let said = run_with(&["worldline", "test-connection"], &[], b"");
    assert_eq!((said.code, said.stdout.as_str()), (Some(3), ""));
    for name in [
        "ENDPOINT",
        "MERCHANT_ID",
        "API_KEY_ID",
        "SECRET_API_KEY",
        "INTEGRATOR",
    ] {
        assert!(
            said.stderr.contains(&format!("WORLDLINE_CONNECT_{name}")),
            "{}",
            said.stderr
        );
    }
}

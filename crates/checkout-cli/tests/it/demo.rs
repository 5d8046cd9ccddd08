//! `checkout demo`.

use checkout_cli::commands::demo::Demo;
use checkout_cli::{Exit, Failure, Format, Output};
use checkout_core::key::{Algorithm, SigningKey};
use serde_json::Value;

use crate::support::{Paper, redacted, run};

/// The other people's key that is registered by mistake.
fn wrong_public_key() -> String {
    SigningKey::generate(Algorithm::ES384).unwrap().public_key_pem()
}

async fn play(demo: Demo, format: Format) -> (Result<(), Failure>, String) {
    let paper = Paper::default();
    let ended = demo.run(&mut Output::to(paper.clone(), format)).await;
    (ended, paper.text())
}

#[tokio::test]
async fn the_story() {
    let (ended, text) = play(Demo::default(), Format::Human).await;
    ended.unwrap();
    redacted().bind(|| insta::assert_snapshot!(text));
}

#[tokio::test]
async fn the_story_for_programs() {
    let (ended, text) = play(Demo::default(), Format::Json).await;
    ended.unwrap();
    assert_eq!(text.lines().count(), 1);
    let story: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(story["ok"], true);
    let steps = story["steps"].as_array().unwrap();
    assert!(
        steps
            .iter()
            .all(|step| step["ok"] == true && step["microseconds"].as_u64().unwrap() > 0)
    );
    let step = |name: &str| steps.iter().find(|step| step["name"] == name).unwrap();
    assert_eq!(
        step("pay-in")["checkout_session_id"],
        step("same Nonce again")["checkout_session_id"]
    );
    assert_eq!(step("forged request")["outcome"], "refused");
    let summary = &story["summary"];
    assert_eq!(
        (&summary["settled_amount"], &summary["settled_currency"]),
        (&"10.10".into(), &"USD".into())
    );
    assert_eq!(
        summary["webhooks_verified"].as_u64().unwrap(),
        step("webhooks")["events"].as_array().unwrap().len() as u64
    );
    assert_eq!(summary["forgeries_refused"], 2);
    let total: u64 = steps
        .iter()
        .map(|step| step["microseconds"].as_u64().unwrap())
        .sum();
    assert!((1..=total).contains(&summary["settled_in_microseconds"].as_u64().unwrap()));
}

#[tokio::test]
async fn a_step_that_fails_is_named() {
    let (ended, text) = play(Demo::default().registering(wrong_public_key()), Format::Human).await;
    let failure = ended.unwrap_err();
    assert_eq!(failure.exit(), Exit::Failed);
    redacted().bind(|| insta::assert_snapshot!(format!("{text}error: {failure}")));
}

#[tokio::test]
async fn programs_get_to_know_the_step_too() {
    let (ended, text) = play(Demo::default().registering(wrong_public_key()), Format::Json).await;
    assert_eq!(ended.unwrap_err().exit().code(), 1);
    let story: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(story["ok"], false);
    assert_eq!(
        story["steps"].as_array().unwrap().last().unwrap()["name"],
        "managed session"
    );
    assert!(
        story["error"]
            .as_str()
            .unwrap()
            .starts_with("step `managed session` failed: "),
        "{story}"
    );
}

#[tokio::test]
async fn a_key_of_another_kind_fails_where_it_is_registered() {
    let (ended, text) = play(Demo::default().registering("no key at all"), Format::Human).await;
    let failure = ended.unwrap_err().to_string();
    assert!(failure.starts_with("step `key pair` failed: "), "{failure}");
    assert!(text.lines().last().unwrap().starts_with("FAILED"), "{text}");
}

/// As a shell runs it, behind a proxy that cannot be reached.
#[test]
fn the_program_ends_well_and_keeps_its_secrets() {
    for args in [&["demo"][..], &["demo", "--json"], &["demo", "-vv"]] {
        let (code, stdout, stderr) = run(args);
        assert_eq!(code, Some(0), "{stdout}{stderr}");
        let said = format!("{stdout}{stderr}");
        for secret in [
            "PRIVATE KEY",
            "apikey_",
            "eyJ",
            "merchantSessionIdentifier",
            "GCS v1HMAC:",
            "\u{1b}",
        ] {
            assert!(!said.contains(secret), "{args:?} says {secret}");
        }
    }
}

#[test]
fn a_reader_who_leaves_is_no_crash() {
    let mut child = crate::support::checkout(&["demo"]).spawn().unwrap();
    drop(child.stdout.take());
    let finished = child.wait_with_output().unwrap();
    assert_eq!(finished.status.code(), Some(i32::from(Exit::Output.code())));
    assert_eq!(String::from_utf8(finished.stderr).unwrap(), "");
}

//! Rules: when a fault happens, and how a rule is written.

use std::time::Duration;

use checkout_sandbox::{Fault, FaultRule, Probability, Sandbox};
use proptest::prelude::*;
use serde_json::json;

use crate::signer::{Signer, payin};
use crate::worldline_signer::Merchant;

const PAYIN: &str = "/checkout/payin/fiat";

fn rule(text: &str) -> FaultRule {
    text.parse().unwrap()
}

/// Status and applied faults of requests under the key that needs no signature; 0 is no answer.
async fn transcript(rules: &[&str], requests: usize) -> Vec<(u16, String)> {
    let sandbox = Sandbox::builder()
        .faults(rules.iter().map(|text| rule(text)))
        .start()
        .await
        .unwrap();
    let mut signer = Signer::of(&sandbox);
    signer.api_key = sandbox.noah().report().unsigned_api_key.clone();
    let mut transcript = Vec::new();
    for number in 0..requests {
        let body = payin(&format!("nonce-{number}")).to_string();
        transcript.push(match signer.unsigned(PAYIN, &body).send().await {
            Ok(answer) => {
                let applied = answer.headers().get("x-sandbox-fault-applied");
                let applied = applied.map_or("", |applied| applied.to_str().unwrap());
                (answer.status().as_u16(), applied.to_owned())
            }
            Err(_) => (0, String::new()),
        });
    }
    transcript
}

fn statuses(transcript: &[(u16, String)]) -> Vec<u16> {
    transcript.iter().map(|(status, _)| *status).collect()
}

#[tokio::test]
async fn the_same_seed_is_the_same_transcript() {
    let rules = |seed| {
        [
            format!("createFiatPayin 503 probability=0.3 seed={seed}"),
            format!("noah:* cut-after probability=0.1 seed={seed}"),
            format!("* unknown-enum probability=0.5 seed={seed}"),
        ]
    };
    let run = async |seed| {
        let rules = rules(seed);
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        transcript(&rules, 100).await
    };
    let first = run(7).await;
    assert_eq!(first, run(7).await);
    assert_ne!(first, run(8).await);
    let count = |wanted: u16| first.iter().filter(|(status, _)| *status == wanted).count();
    assert!((20..40).contains(&count(503)), "{}", count(503));
    assert!((1..20).contains(&count(0)), "{}", count(0));
}

#[tokio::test]
async fn an_error_on_demand_has_the_reference_that_its_seed_gives() {
    let reference = async |rule: &str| {
        let sandbox = Sandbox::builder()
            .faults([rule.parse().unwrap()])
            .start()
            .await
            .unwrap();
        let answer = Signer::of(&sandbox).send(PAYIN, "{}").await;
        let answer: serde_json::Value = answer.json().await.unwrap();
        answer["Instance"].as_str().unwrap().to_owned()
    };
    let first = reference("* 503 seed=1").await;
    assert_eq!(first, reference("* 503 seed=1").await);
    assert_ne!(first, reference("* 503 seed=2").await);
}

#[tokio::test]
async fn a_rule_draws_for_itself() {
    let alone = transcript(&["createFiatPayin 503 probability=0.5 seed=1"], 40).await;
    let beside = [
        "* unknown-enum probability=0.5 seed=2",
        "createFiatPayin 503 probability=0.5 seed=1",
    ];
    let beside = transcript(&beside, 40).await;
    // Where the older rule has changed the answer, the younger cannot replace it.
    for ((alone, _), (status, applied)) in alone.iter().zip(&beside) {
        let wanted = if applied == "unknown-enum" { 200 } else { *alone };
        assert_eq!(*status, wanted);
    }
    assert!(beside.iter().any(|(_, applied)| applied == "unknown-enum"));
}

#[tokio::test]
async fn a_rule_skips_and_counts() {
    let rules = ["createFiatPayin 503 skip=2 count=3", "createSell 500"];
    assert_eq!(
        statuses(&transcript(&rules, 7).await),
        [200, 200, 503, 503, 503, 200, 200]
    );
}

#[tokio::test]
async fn rules_that_do_not_clash_happen_together_and_the_older_wins() {
    let rules = [
        "noah:* retry-after=9s",
        "createFiatPayin 503 count=1",
        "* 500,truncate",
    ];
    assert_eq!(
        transcript(&rules, 2).await,
        [
            (503, "retry-after=9s,503,truncate".to_owned()),
            (500, "retry-after=9s,500,truncate".to_owned())
        ]
    );
}

#[tokio::test]
async fn a_rule_is_for_its_operation_alone_and_a_header_sets_rules_aside() {
    let sandbox = Sandbox::builder()
        .faults([rule("worldline:* 503"), rule("createSell 500")])
        .start()
        .await
        .unwrap();
    let (signer, merchant) = (Signer::of(&sandbox), Merchant::of(&sandbox));
    assert_eq!(signer.send(PAYIN, &payin("n").to_string()).await.status(), 200);
    assert_eq!(signer.send("/checkout/sell", "{}").await.status(), 500);
    let test = merchant.get("/services/testconnection");
    assert_eq!(merchant.send(&test).await.status(), 503);
    // A path that no operation has is nobody's.
    assert_eq!(merchant.send(&merchant.get("/nothing")).await.status(), 404);

    let asked = merchant.signed(&test).header("X-Sandbox-Fault", "delay=0s");
    assert_eq!(asked.send().await.unwrap().status(), 200);
    let counts: Vec<_> = sandbox
        .faults()
        .list()
        .iter()
        .map(|rule| (rule.matched, rule.fired))
        .collect();
    assert_eq!(counts, [(1, 1), (1, 1)]);
}

#[tokio::test]
async fn rules_change_while_it_runs() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("n").to_string();
    let status = async || signer.send(PAYIN, &body).await.status().as_u16();
    assert_eq!(status().await, 200);
    let first = sandbox
        .faults()
        .add(FaultRule::new("createFiatPayin", "503".parse().unwrap()).unwrap());
    let second = sandbox.faults().add(rule("* 500"));
    assert_eq!(status().await, 503);
    assert!(sandbox.faults().remove(first));
    assert!(!sandbox.faults().remove(first));
    assert_eq!(status().await, 500);
    sandbox.faults().clear();
    assert_eq!(status().await, 200);
    assert!(second > first && sandbox.faults().list().is_empty());
}

#[test]
fn what_is_wrong_with_a_rule_is_told_with_what_is_possible() {
    let errors: Vec<String> = [
        "",
        "createPayin 503",
        "createFiatPayin",
        "createFiatPayin explode",
        "createFiatPayin 503,500",
        "createFiatPayin cut-before,unknown-enum",
        "createFiatPayin 503 twice",
        "createFiatPayin 503 count=2 count=3",
        "createFiatPayin 503 often=2",
        "createFiatPayin 503 count=0",
        "createFiatPayin 503 skip=-1",
        "createFiatPayin 503 probability=1.1",
        "createFiatPayin 503 probability=50%",
        "createFiatPayin 503 seed=x",
    ]
    .into_iter()
    .map(|text| format!("{text}\n  {}", text.parse::<FaultRule>().unwrap_err()))
    .collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_fault_made_by_hand_must_be_one_that_can_be_written() {
    let mut errors = Vec::new();
    for fault in [
        Fault::Status {
            status: 200,
            error: None,
        },
        Fault::Redirect {
            to: Some("/a b".to_owned()),
        },
        Fault::UnknownEnum {
            field: Some("a,b".to_owned()),
        },
        Fault::Delay(Duration::from_micros(1)),
    ] {
        errors.push(FaultRule::new("*", fault).unwrap_err().to_string());
    }
    insta::assert_snapshot!(errors.join("\n"));
    let delay = Fault::Delay(Duration::from_secs(2));
    let rule = FaultRule::new("*", Fault::CutAfter)
        .unwrap()
        .and(delay.clone())
        .unwrap();
    assert_eq!(rule.to_string(), "* cut-after,delay=2s");
    assert!(rule.and(delay).is_err());
}

#[test]
fn a_file_holds_texts_or_objects() {
    let directory = tempfile::tempdir().unwrap();
    let toml = directory.path().join("faults.toml");
    std::fs::write(
        &toml,
        "rules = [\"createFiatPayin 503 count=2\", {operation = \"*\", fault = \"delay=2s\", probability = 0.000001, seed = 7}]",
    )
    .unwrap();
    let json = directory.path().join("faults.JSON");
    let rules = FaultRule::read_file(&toml).unwrap();
    let texts: Vec<String> = rules.iter().map(FaultRule::to_string).collect();
    assert_eq!(
        texts,
        [
            "createFiatPayin 503 count=2",
            "* delay=2s probability=0.000001 seed=7"
        ]
    );
    std::fs::write(&json, json!({ "rules": rules }).to_string()).unwrap();
    assert_eq!(FaultRule::read_file(&json).unwrap(), rules);

    let mut errors = Vec::new();
    for (file, text) in [
        (&toml, "rules = [\"createPayin 503\"]"),
        (
            &toml,
            "[[rules]]\noperation = \"*\"\nfault = \"503\"\nprobability = 2",
        ),
        (
            &toml,
            "[[rules]]\noperation = \"*\"\nfault = \"503\"\nchance = 0.5",
        ),
        (&toml, "rules = [503]"),
        (&toml, "rule = []"),
        (&json, "{\"rules\": [{\"operation\": \"*\"}]}"),
    ] {
        std::fs::write(file, text).unwrap();
        let error = FaultRule::read_file(file).unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        let error = error
            .to_string()
            .replace(&directory.path().display().to_string(), "<directory>");
        errors.push(format!("{error}\n{source}"));
    }
    insta::assert_snapshot!(errors.join("\n\n"));
    let missing = FaultRule::read_file(directory.path().join("none.toml")).unwrap_err();
    assert!(missing.to_string().contains("cannot be read from"));
}

fn a_span() -> impl Strategy<Value = Duration> {
    (0..=86_400_000_u64).prop_map(Duration::from_millis)
}

fn a_fault() -> impl Strategy<Value = Fault> {
    let word = || proptest::option::of("[A-Za-z0-9_]{1,64}");
    prop_oneof![
        (400..600_u16, word()).prop_map(|(status, error)| Fault::Status { status, error }),
        prop_oneof![Just(200_u16), 400..600_u16].prop_map(|status| Fault::Html { status }),
        proptest::option::of("(/|https://)[!-+--:<-~]{0,40}").prop_map(|to| Fault::Redirect { to }),
        Just(Fault::CutBefore),
        Just(Fault::Reset),
        Just(Fault::CutAfter),
        Just(Fault::Truncate),
        a_span().prop_map(Fault::Stall),
        a_span().prop_map(Fault::Delay),
        a_span().prop_map(Fault::RetryAfter),
        (a_span(), any::<bool>()).prop_map(|(by, behind)| Fault::Skew {
            by,
            behind: behind && !by.is_zero()
        }),
        word().prop_map(|field| Fault::UnknownEnum { field }),
    ]
}

fn a_rule() -> impl Strategy<Value = FaultRule> {
    let operation = proptest::sample::select(vec![
        "*",
        "noah:*",
        "worldline:*",
        "createFiatPayin",
        "testConnection",
    ]);
    let faults = (a_fault(), proptest::collection::vec(a_fault(), 0..4));
    let numbers = (
        any::<u64>(),
        any::<u64>(),
        0..=1_000_000_u32,
        proptest::option::of(any::<u64>()),
    );
    (operation, faults, numbers).prop_map(|(operation, (first, more), (skip, count, millionths, seed))| {
        let mut rule = FaultRule::new(operation, first).unwrap();
        for fault in more {
            // Of two that clash, one is enough here.
            rule = rule.clone().and(fault).unwrap_or(rule);
        }
        let rule = rule.skip(skip).count(count);
        let rule = rule.probability(Probability::from_millionths(millionths));
        match seed {
            Some(seed) => rule.seed(seed),
            None => rule,
        }
    })
}

proptest! {
    #[test]
    fn a_rule_is_read_as_it_was_written(rule in a_rule()) {
        prop_assert_eq!(&rule.to_string().parse::<FaultRule>().unwrap(), &rule);
        let json = serde_json::to_string(&rule).unwrap();
        prop_assert_eq!(&serde_json::from_str::<FaultRule>(&json).unwrap(), &rule);
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,40}") {
        if let Ok(rule) = text.parse::<FaultRule>() {
            prop_assert_eq!(rule.to_string().parse::<FaultRule>().unwrap(), rule);
        }
    }

    #[test]
    fn no_fault_breaks_the_reader(text in "(503|skew|stall|html|redirect|unknown-enum|retry-after|cut-after)[=:+,;]?\\PC{0,8}") {
        if let Ok(fault) = text.parse::<Fault>() {
            prop_assert_eq!(fault.to_string().parse::<Fault>().unwrap(), fault);
        }
    }
}

//! What is heard of all singing.

use std::collections::BTreeSet;
use std::process::Command;

use secrecy::ExposeSecret as _;

use super::birds::{Canary, Side};
use super::output::Output;
use super::songs::Songbook;
use super::{KEY, MODE};
use crate::shop::key;

/// What is shown on purpose: the field, whether it stands in a request or in an answer, and why.
pub(super) const SHOWN: &[(&str, Side, &str)] = &[
    (
        "Nonce",
        Side::Request,
        "a repeat must have it: every error names it, and receipts are kept with the order",
    ),
    (
        "X-GCS-Idempotence-Key",
        Side::Request,
        "the same, for Worldline Connect",
    ),
    (
        "ExternalID",
        Side::Request,
        "the shop's own reference, by which the order is found again",
    ),
    (
        "assetUrl",
        Side::Answer,
        "where pictures lie, the same for everybody",
    ),
];

/// The output of a process in which everything sings, and the canaries in it.
pub(super) struct Heard {
    output: Output,
    pub(super) canaries: Vec<Canary>,
}

pub(super) fn heard(mode: &str) -> Heard {
    let key = key();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "canaries::all_birds_sing",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(MODE, mode)
        .env(KEY, key.to_pkcs8_pem().unwrap().expose_secret())
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .concat();
    let end: Vec<_> = text.lines().rev().take(20).collect();
    assert!(output.status.success() && text.contains("2 passed"), "{end:#?}");
    for kind in KINDS {
        assert!(text.contains(&format!("kind: {kind}")), "{kind} did not come up");
    }
    assert!(
        text.contains("the call failed; money may have moved") && text.contains("TRACE"),
        "the log is read"
    );
    let output = Output::new(&text);
    assert_eq!(
        output.shows_encoded("canaryq"),
        None,
        "the way in which a canary is written"
    );

    let book = Songbook::new(&key);
    let lower = &output.lower;
    let named: BTreeSet<&str> = lower
        .match_indices("canaryq")
        .filter_map(|(at, _)| lower.get(at..at + 11))
        .collect();
    let is_heard = |canary: &&Canary| match canary.text.starts_with("canaryq") {
        true => named.contains(canary.text.as_str()),
        false => output.shows(&canary.text).is_some(),
    };
    let canaries = book.aviary.canaries.iter().filter(is_heard).cloned().collect();
    Heard { output, canaries }
}

impl Heard {
    pub(super) fn assert_silent(&self, may_sing: impl Fn(&Canary) -> bool) {
        let wrong: Vec<&Canary> = self
            .canaries
            .iter()
            .filter(|canary| !is_shown(canary) && !may_sing(canary))
            .collect();
        let lines = wrong.iter().take(10).map(|canary| {
            let text = &self.output.text;
            let line = text
                .lines()
                .find(|line| line.to_lowercase().contains(&canary.text.to_lowercase()));
            let line = line.or(self.output.shows(&canary.text));
            format!("{canary:?}: {:.600}", line.unwrap_or_default())
        });
        assert!(
            wrong.is_empty(),
            "{} canaries:\n{}",
            wrong.len(),
            lines.collect::<Vec<_>>().join("\n")
        );
    }
}

/// Every way to fail that an answer, or none, leads to.
const KINDS: &[&str] = &[
    "InvalidRequest",
    "Connect",
    "Timeout(Connect)",
    "Timeout(Answer)",
    "Timeout(Body)",
    "Interrupted",
    "BodyTooLarge",
    "Redirect",
    "ClientError",
    "ServerError",
    "UnexpectedStatus",
    "Undecodable",
    "Mismatch",
];

fn is_shown(canary: &Canary) -> bool {
    SHOWN
        .iter()
        .any(|(field, side, _)| *field == canary.field && *side == canary.side)
}

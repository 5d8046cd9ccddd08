//! What the program says about itself.

use crate::support::{checkout, run};

#[test]
fn help_is_as_reviewed() {
    for (name, args) in [
        ("checkout", &["--help"][..]),
        ("checkout-demo", &["demo", "--help"]),
        ("checkout-doctor", &["doctor", "--help"]),
        ("checkout-sandbox", &["sandbox", "--help"]),
        ("checkout-short", &["-h"]),
    ] {
        let (code, stdout, stderr) = run(args);
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        insta::assert_snapshot!(name, stdout);
    }
}

#[test]
fn colour_is_for_those_who_see_it() {
    let said = |colour: &str, plain: &str| {
        let args = ["sandbox", "--noah-webhook", "no url"];
        let finished = checkout(&args)
            .env("CLICOLOR_FORCE", colour)
            .env("NO_COLOR", plain)
            .output()
            .unwrap();
        String::from_utf8(finished.stderr).unwrap()
    };
    assert!(said("1", "").contains('\u{1b}'));
    assert!(!said("1", "1").contains('\u{1b}'));
}

#[test]
fn what_cannot_be_understood_ends_with_2() {
    for (args, hint) in [
        (&[][..], "Usage: checkout"),
        (&["dmo"], "demo"),
        (&["sandbox", "--noah", "80x"], "--noah"),
        (
            &[
                "sandbox",
                "--noah-webhook",
                "http://127.0.0.1:9",
                "--events",
                "Transactions",
            ],
            "choose from Transaction, FiatDeposit",
        ),
        (&["sandbox", "--events", "Transaction"], "--noah-webhook"),
        (
            &["sandbox", "--noah-webhook", "shop.example"],
            "not an absolute http:// or https:// URL",
        ),
    ] {
        let (code, stdout, stderr) = run(args);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{args:?}: {stderr}");
        assert!(stderr.contains(hint), "{args:?}: {stderr}");
    }
}

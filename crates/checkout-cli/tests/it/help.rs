//! What the program says about itself.

use clap::{Command, CommandFactory as _};

use crate::support::{checkout, run};

/// Every command with the words that lead to it.
fn commands() -> Vec<(Vec<String>, Command)> {
    fn walk(path: &[String], command: &Command, all: &mut Vec<(Vec<String>, Command)>) {
        for subcommand in command.get_subcommands().filter(|it| it.get_name() != "help") {
            let path: Vec<String> = path
                .iter()
                .cloned()
                .chain([subcommand.get_name().to_owned()])
                .collect();
            walk(&path, subcommand, all);
            all.push((path, subcommand.clone()));
        }
    }
    let mut all = Vec::new();
    let mut command = checkout_cli::Cli::command();
    command.build();
    walk(&[], &command, &mut all);
    all
}

#[test]
fn every_command_has_a_long_help_with_an_example() {
    for (path, command) in commands() {
        let long = command
            .get_long_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(long.lines().count() > 2, "{path:?}: {long}");
        let example = command
            .get_after_long_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let call = format!("checkout {}", path.join(" "));
        let shown = example.contains(&call) || (path.len() == 1 && example.contains("checkout"));
        assert!(example.starts_with("Example:\n") && shown, "{path:?}: {example}");
    }
}

#[test]
fn help_is_as_reviewed() {
    let mut all = vec![(String::from("checkout"), vec!["--help".to_owned()])];
    all.push(("checkout-short".to_owned(), vec!["-h".to_owned()]));
    for (path, command) in commands() {
        // Made of the specs, by the same lines as those that have a second name: a new operation needs no review here.
        let is_api = ["noah", "worldline"].contains(&path[0].as_str());
        let is_made = path.len() == 3 || path.len() == 2 && (command.has_subcommands() || path[1] == "call");
        if is_api && is_made {
            continue;
        }
        let args = path.iter().cloned().chain(["--help".to_owned()]).collect();
        all.push((format!("checkout-{}", path.join("-")), args));
    }
    for (name, args) in all {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (code, stdout, stderr) = run(&args);
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

#[test]
fn a_program_is_told_of_a_failure_in_json() {
    let (code, stdout, stderr) = run(&["--json", "sandbox", "--noah-webhook", "no url"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    let told: serde_json::Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!(told["exit"], 2);
    assert!(
        told["error"].as_str().unwrap().contains("absolute http"),
        "{told}"
    );
}

//! Environment, host and key agree, or the command sends nothing; a dry run needs no credentials, and refuses the same.

use std::fmt::Write as _;

use crate::support::{Said, redacted, run_with};

type Variables<'a> = &'a [(&'a str, &'a str)];

const PAY_IN: &[&str] = &[
    "noah",
    "payin-fiat",
    "--customer-id",
    "customer-1",
    "--payment-method-category",
    "Card",
    "--fiat-currency",
    "USD",
    "--fiat-amount",
    "10.10",
    "--return-url",
    "https://shop.example/done",
    "--item",
    "2x5.05 Coffee beans",
    "--nonce",
    "nonce-1",
];
const SESSION: &[&str] = &["worldline", "create-session", "--idempotence-key", "key-1"];

fn run(args: &[&str], more: &[&str], variables: Variables<'_>) -> Said {
    let variables: Vec<(&str, String)> = variables
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    run_with(&[args, more].concat(), &variables, b"")
}

fn pay_in(currency: &'static str) -> Vec<&'static str> {
    [PAY_IN, &["--crypto-currency", currency]].concat()
}

#[test]
fn wrong_combinations_are_refused_with_and_without_a_dry_run() {
    let noah: &[Variables<'_>] = &[
        &[
            ("NOAH_ENVIRONMENT", "sandbox"),
            ("NOAH_BASE_URL", "https://api.noah.com/v1"),
        ],
        &[
            ("NOAH_ENVIRONMENT", "production"),
            ("NOAH_BASE_URL", "https://api.sandbox.noah.com/v1"),
        ],
        &[
            ("NOAH_ENVIRONMENT", "local"),
            ("NOAH_BASE_URL", "https://api.sandbox.noah.com/v1"),
        ],
        &[
            ("NOAH_ENVIRONMENT", "local"),
            ("NOAH_BASE_URL", "http://sandbox.invalid:4010/v1"),
        ],
        &[
            ("NOAH_ENVIRONMENT", "local"),
            ("NOAH_BASE_URL", "https://sandbox.invalid/v1"),
        ],
        &[
            ("NOAH_ENVIRONMENT", "production"),
            ("NOAH_BASE_URL", "https://127.0.0.1:9/v1"),
        ],
        &[
            ("NOAH_ENVIRONMENT", "production"),
            ("NOAH_BASE_URL", "https://api.noah.com.evil.invalid/v1"),
        ],
        &[
            ("NOAH_ENVIRONMENT", "sandbox"),
            ("NOAH_BASE_URL", "https://api.eu.sandbox.noah.com./v1"),
        ],
        &[
            ("NOAH_ENVIRONMENT", "sandbox"),
            ("NOAH_API_KEY", "apikey_prod_canary"),
        ],
        &[
            ("NOAH_ENVIRONMENT", "production"),
            ("NOAH_API_KEY", "apikey_sandbox_canary"),
        ],
        &[
            ("NOAH_ENVIRONMENT", "local"),
            ("NOAH_BASE_URL", "http://127.0.0.1:9/v1"),
            ("NOAH_API_KEY", "apikey_prod_canary"),
        ],
        &[("CHECKOUT_PLAIN_HTTP_HOST", "api.noah.com")],
        &[("NOAH_OWN_HOST", "https://proxy.invalid")],
    ];
    let connect: &[Variables<'_>] = &[
        &[
            ("WORLDLINE_CONNECT_ENVIRONMENT", "production"),
            (
                "WORLDLINE_CONNECT_ENDPOINT",
                "https://eu.sandbox.api-ingenico.com",
            ),
        ],
        &[
            ("WORLDLINE_CONNECT_ENVIRONMENT", "local"),
            ("WORLDLINE_CONNECT_ENDPOINT", "https://eu.api-ingenico.com"),
        ],
        &[("WORLDLINE_CONNECT_ENDPOINT", "https://us.api-ingenico.com")],
        &[("WORLDLINE_CONNECT_ENDPOINT", "https://proxy.invalid")],
        &[("WORLDLINE_CONNECT_ENDPOINT", "http://sandbox.invalid:4020")],
        &[("WORLDLINE_CONNECT_ENDPOINT", "http://eu.sandbox.api-ingenico.com")],
    ];
    let mut texts = String::new();
    let noah = noah.iter().map(|variables| (pay_in("USDC_TEST"), *variables));
    let connect = connect.iter().map(|variables| (SESSION.to_vec(), *variables));
    for (args, variables) in noah.chain(connect) {
        let dry = run(&args, &["--dry-run"], variables);
        let mut said = vec![dry];
        // Without a dry run what is missing is among the problems; given, nothing but the combination is wrong.
        let credentials = [
            ("NOAH_ENVIRONMENT", "sandbox"),
            ("NOAH_API_KEY", "apikey_sandbox_canary"),
            (
                "WORLDLINE_CONNECT_ENDPOINT",
                "https://eu.sandbox.api-ingenico.com",
            ),
            ("WORLDLINE_CONNECT_MERCHANT_ID", "9991"),
            ("WORLDLINE_CONNECT_API_KEY_ID", "key-1"),
            ("WORLDLINE_CONNECT_SECRET_API_KEY", "canary"),
            ("WORLDLINE_CONNECT_INTEGRATOR", "A test"),
        ];
        said.push(run(&args, &[], &[&credentials, variables].concat()));
        for said in &said {
            assert_eq!(
                (said.code, said.stdout.as_str()),
                (Some(3), ""),
                "{variables:?}: {}",
                said.stderr
            );
            assert!(said.stderr.contains("nothing was sent"), "{}", said.stderr);
            assert!(!said.stderr.contains("canary"), "{}", said.stderr);
        }
        writeln!(texts, "{variables:?}\n{}", said[0].stderr).unwrap();
    }
    insta::assert_snapshot!(texts);
}

#[test]
fn a_dry_run_needs_no_credentials() {
    let mut texts = String::new();
    let noah_test = pay_in("USDC_TEST");
    let noah_live = pay_in("USDC");
    let apple = [
        "worldline",
        "apple-pay-session",
        "--domain-name",
        "shop.example",
        "--validation-url",
        "https://apple-pay-gateway.apple.com/paymentservices/startSession",
    ];
    let cases: &[(&[&str], Variables<'_>)] = &[
        (&noah_test, &[]),
        (&noah_test, &[("NOAH_ENVIRONMENT", "sandbox")]),
        (&noah_live, &[("NOAH_ENVIRONMENT", "production")]),
        (&noah_test, &[("NOAH_ENVIRONMENT", "local")]),
        (&noah_live, &[("NOAH_API_KEY", "apikey_prod_canary")]),
        (&noah_live, &[("NOAH_BASE_URL", "https://api.noah.com/v1")]),
        (&noah_test, &[("NOAH_BASE_URL", "http://127.0.0.1:9/v1")]),
        (&["noah", "manage", "--customer-id", "customer-1"], &[]),
        (SESSION, &[]),
        (SESSION, &[("WORLDLINE_CONNECT_ENVIRONMENT", "sandbox")]),
        (SESSION, &[("WORLDLINE_CONNECT_ENVIRONMENT", "production")]),
        (
            &apple,
            &[("WORLDLINE_CONNECT_ENDPOINT", "https://eu.api-ingenico.com")],
        ),
        (
            &apple,
            &[("WORLDLINE_CONNECT_SECRET_API_KEY_FILE", "/nowhere/canary")],
        ),
    ];
    for (args, variables) in cases {
        let said = run(args, &["--dry-run", "--json"], variables);
        if variables.iter().any(|(name, _)| name.ends_with("_FILE")) {
            // What is given must be of use.
            assert_eq!(said.code, Some(3), "{}", said.stdout);
            continue;
        }
        assert_eq!(said.code, Some(0), "{variables:?}: {}", said.stderr);
        assert!(!said.stdout.contains("canary"), "{}", said.stdout);
        let shown = said.json();
        assert_eq!(shown["sent"], false);
        writeln!(texts, "{variables:?}\n  {} {}", shown["method"], shown["url"]).unwrap();
    }
    let said = run(&noah_test, &["--dry-run"], &[]);
    writeln!(texts, "{}", said.stdout).unwrap();
    redacted().bind(|| insta::assert_snapshot!(texts));
}

/// Of a client that nobody described whole, what is told is read as a call would read it, and nothing is guessed.
#[test]
fn a_dry_run_reads_the_environment_from_what_is_given() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("key");
    std::fs::write(&file, "apikey_prod_canary\n").unwrap();
    let file = file.to_str().unwrap();
    let of_path = run(&pay_in("USDC"), &["--dry-run"], &[("NOAH_API_KEY", file)]);
    assert!(
        of_path.stdout.starts_with("POST https://api.noah.com/v1/"),
        "{}{}",
        of_path.stdout,
        of_path.stderr
    );
    let proxy = ("NOAH_BASE_URL", "https://proxy.invalid/noah/v1");
    let flags = ["--dry-run", "--own-host", "proxy.invalid"];
    let told = run(&pay_in("USDC"), &flags, &[proxy, ("NOAH_API_KEY", file)]);
    assert!(
        told.stdout.starts_with("POST https://proxy.invalid/noah/v1/"),
        "{}{}",
        told.stdout,
        told.stderr
    );
    // A test currency in production: the key tells of it, though it comes by a path.
    let wrong = run(&pay_in("USDC_TEST"), &flags, &[proxy, ("NOAH_API_KEY", file)]);
    assert_eq!(wrong.code, Some(5), "{}", wrong.stderr);

    for flags in [&flags[..], &flags[..1]] {
        let untold = run(&pay_in("USDC"), flags, &[proxy]);
        assert_eq!(untold.code, Some(3), "{}", untold.stdout);
        assert!(
            untold
                .stderr
                .contains("NOAH_ENVIRONMENT: is not set; set it to sandbox, production or local"),
            "{}",
            untold.stderr
        );
        assert!(!untold.stderr.contains("is local"), "{}", untold.stderr);
    }

    // A pipe can be read once.
    let mut shell = std::process::Command::new("sh");
    let line = "echo apikey_prod_canary | NOAH_API_KEY=/dev/stdin \"$@\"";
    let piped = shell
        .args(["-c", line, "sh", env!("CARGO_BIN_EXE_checkout")])
        .args(pay_in("USDC"))
        .arg("--dry-run")
        .output()
        .unwrap();
    let piped = String::from_utf8(piped.stdout).unwrap();
    assert_eq!(piped, of_path.stdout);
}

#[test]
fn a_host_is_named_by_a_flag_or_a_variable_and_then_used() {
    let args = pay_in("USDC_TEST");
    let proxy = [
        ("NOAH_ENVIRONMENT", "sandbox"),
        ("NOAH_BASE_URL", "https://proxy.invalid/noah/v1"),
    ];
    let by_flag = run(&args, &["--dry-run", "--own-host", "proxy.invalid"], &proxy);
    assert_eq!(by_flag.code, Some(0), "{}", by_flag.stderr);
    let named = [
        proxy[0],
        proxy[1],
        ("NOAH_OWN_HOST", "other.invalid, PROXY.invalid."),
    ];
    let by_variable = run(&args, &["--dry-run"], &named);
    assert_eq!(
        (by_variable.code, &by_variable.stdout),
        (Some(0), &by_flag.stdout)
    );
    // A flag adds to the variable.
    let both = run(&args, &["--dry-run", "--own-host", "third.invalid"], &named);
    assert_eq!(both.code, Some(0), "{}", both.stderr);

    let plain = [
        ("NOAH_ENVIRONMENT", "local"),
        ("NOAH_BASE_URL", "http://sandbox.invalid:4010/v1"),
    ];
    let named = run(
        &args,
        &["--dry-run", "--plain-http-host", "sandbox.invalid"],
        &plain,
    );
    assert_eq!(named.code, Some(0), "{}", named.stderr);
    // A customer comes back to a shop in another container as well.
    let shop = ["--dry-run", "--return-url", "http://shop.invalid:8080/done"];
    let args: Vec<&str> = args
        .iter()
        .copied()
        .filter(|arg| !arg.starts_with("https://shop") && *arg != "--return-url")
        .collect();
    let refused = run(&args, &shop, &[("NOAH_ENVIRONMENT", "sandbox")]);
    assert_eq!(refused.code, Some(5), "{}", refused.stderr);
    assert!(refused.stderr.contains("--plain-http-host"), "{}", refused.stderr);
    let named = [
        ("NOAH_ENVIRONMENT", "sandbox"),
        ("CHECKOUT_PLAIN_HTTP_HOST", "shop.invalid"),
    ];
    assert_eq!(run(&args, &shop, &named).code, Some(0));

    let connect = [("WORLDLINE_CONNECT_ENDPOINT", "http://sandbox.invalid:4020")];
    let named = run(
        SESSION,
        &["--dry-run", "--plain-http-host", "sandbox.invalid"],
        &connect,
    );
    assert_eq!(named.code, Some(0), "{}", named.stderr);
}

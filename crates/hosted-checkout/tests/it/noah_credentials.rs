//! Credentials from values, files and variables: what belongs together is accepted, all that is wrong is named.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use checkout_core::key::{Algorithm, SigningKey};
use checkout_transport::{BaseUrl, ErrorKind, Outcome};
use hosted_checkout::credentials::{CredentialsError, Variables};
use hosted_checkout::noah::{Credentials, Noah, sign_for_test};
use secrecy::ExposeSecret;

const SANDBOX: &str = "apikey_sandbox_CANARY1";
const PRODUCTION: &str = "apikey_prod_CANARY2";
const LOCAL: &str = "http://127.0.0.1:4010/v1";

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::ES384).unwrap()
}

fn pem() -> String {
    key().to_pkcs8_pem().unwrap().expose_secret().to_owned()
}

fn from(variables: &[(&str, &str)]) -> Result<Credentials, CredentialsError> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    Credentials::from_variables(Variables::new(|name| {
        variables.get(name).map(|value| (*value).to_owned())
    }))
}

/// Every environment by every key, signed and unsigned.
#[test]
fn keys_and_environments_belong_together() {
    let environments = [
        ("sandbox", SANDBOX),
        ("production", PRODUCTION),
        ("local", SANDBOX),
    ];
    let pem = pem();
    for (environment, own_key) in environments {
        for api_key in [SANDBOX, PRODUCTION] {
            for signing_key in [Some(&pem), None] {
                let mut variables = vec![("NOAH_ENVIRONMENT", environment), ("NOAH_API_KEY", api_key)];
                variables.extend(signing_key.map(|pem| ("NOAH_SIGNING_KEY", pem.as_str())));
                variables.extend((environment == "local").then_some(("NOAH_BASE_URL", LOCAL)));
                let fits = api_key == own_key;
                let signed_where_needed = environment != "production" || signing_key.is_some();
                let accepted = from(&variables);
                assert_eq!(
                    accepted.is_ok(),
                    fits && signed_where_needed,
                    "{environment} {api_key} {}",
                    signing_key.is_some()
                );
                if let Ok(credentials) = accepted {
                    assert_eq!(credentials.environment().as_str(), environment);
                    assert_eq!(credentials.signs(), signing_key.is_some());
                    assert_eq!(
                        Noah::new(credentials).unwrap().environment().as_str(),
                        environment
                    );
                }
            }
        }
    }
}

#[test]
fn base_urls_are_the_environments_own_or_the_given_ones() {
    let base_url = |credentials: Credentials| credentials.base_url().as_str().to_owned();
    let sandbox = [("NOAH_ENVIRONMENT", "sandbox"), ("NOAH_API_KEY", SANDBOX)];
    assert_eq!(
        base_url(from(&sandbox).unwrap()),
        "https://api.sandbox.noah.com/v1"
    );
    let proxy = [
        sandbox[0],
        sandbox[1],
        ("NOAH_OWN_HOST", "proxy.example"),
        ("NOAH_BASE_URL", "https://proxy.example/noah/v1/"),
    ];
    assert_eq!(base_url(from(&proxy).unwrap()), "https://proxy.example/noah/v1");
    assert_eq!(
        base_url(Credentials::production(PRODUCTION, key()).unwrap()),
        "https://api.noah.com/v1"
    );
    assert_eq!(
        base_url(Credentials::local_unsigned(LOCAL, SANDBOX).unwrap()),
        LOCAL
    );
    let moved = Credentials::sandbox_unsigned(SANDBOX)
        .unwrap()
        .with_base_url(BaseUrl::parse_allowing_plain_http("http://sandbox:8080/v1").unwrap());
    assert_eq!(base_url(moved.unwrap()), "http://sandbox:8080/v1");
}

#[test]
fn files_hold_keys_too() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let api_key = file("api-key", &format!("{PRODUCTION}\n"));
    let signing_key = file("signing-key.pem", &pem());
    let credentials = from(&[
        ("NOAH_ENVIRONMENT", "production"),
        ("NOAH_API_KEY", &api_key),
        ("NOAH_SIGNING_KEY", &signing_key),
    ]);
    assert!(credentials.unwrap().signs());
}

#[test]
fn webhook_keys_follow_the_environment_unless_given() {
    let local = Credentials::local_unsigned(LOCAL, SANDBOX).unwrap();
    let error = Noah::new(local.clone()).unwrap().webhooks().unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Configuration, Outcome::NotSent)
    );
    let labels = |credentials: Credentials| {
        let webhooks = Noah::new(credentials).unwrap().webhooks().unwrap();
        webhooks.keys().labels().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        labels(local.with_webhook_key(key().verifying_key().clone())),
        ["local"]
    );
    assert_eq!(
        labels(Credentials::sandbox_unsigned(SANDBOX).unwrap()),
        ["sandbox"]
    );
    assert_eq!(
        labels(Credentials::production(PRODUCTION, key()).unwrap()),
        ["production"]
    );
}

/// While NOAH changes its key, webhooks under the old one and under the new one are genuine.
#[test]
fn a_given_webhook_key_stands_beside_the_published_one() {
    let new = key();
    let sandbox = Credentials::sandbox_unsigned(SANDBOX).unwrap();
    let production = Credentials::production(PRODUCTION, key()).unwrap();
    for (credentials, published) in [(sandbox, "sandbox"), (production, "production")] {
        let credentials = credentials.with_webhook_key(new.verifying_key().clone());
        let webhooks = Noah::new(credentials).unwrap().webhooks().unwrap();
        assert_eq!(
            webhooks.keys().labels().collect::<Vec<_>>(),
            [published, "override"]
        );
        let signature = sign_for_test(&new, b"{}").unwrap();
        assert_eq!(webhooks.verify_signature(&signature, b"{}"), Ok("override"));
    }
    let given = from(&[
        ("NOAH_ENVIRONMENT", "sandbox"),
        ("NOAH_API_KEY", SANDBOX),
        ("NOAH_WEBHOOK_KEY", &new.public_key_pem()),
    ]);
    let webhooks = Noah::new(given.unwrap()).unwrap().webhooks().unwrap();
    assert_eq!(webhooks.keys().labels().count(), 2);
}

/// Also in the error of the client, which cuts the texts of causes.
#[test]
fn the_client_names_every_variable_too() {
    let variables = BTreeMap::from([
        ("NOAH_ENVIRONMENT", "local"),
        ("NOAH_API_KEY", "CANARY4"),
        ("NOAH_SIGNING_KEY", "-----BEGIN CANARY5-----"),
        ("NOAH_BASE_URL", "http://CANARY6.example/v1"),
        ("NOAH_WEBHOOK_KEY", "CANARY7"),
    ]);
    let lookup = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    let all = Credentials::from_variables(Variables::new(lookup)).unwrap_err();
    assert_eq!(all.problems().len(), 4);
    let error = Noah::from_variables(Variables::new(lookup)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(
        error.to_string(),
        format!("wrong configuration: the credentials cannot be used: {all}; nothing was sent")
    );
    assert!(!format!("{error} {error:?}").contains("CANARY"), "{error:?}");
}

#[test]
fn every_variable_that_is_wrong_is_named_at_once() {
    let p256 = SigningKey::generate(Algorithm::ES256).unwrap().public_key_pem();
    let cases: [(&str, &[(&str, &str)]); 8] = [
        ("nothing set", &[]),
        ("blank", &[("NOAH_ENVIRONMENT", " "), ("NOAH_API_KEY", "")]),
        (
            "production, no signing key",
            &[("NOAH_ENVIRONMENT", "prod"), ("NOAH_API_KEY", PRODUCTION)],
        ),
        (
            "production, sandbox key",
            &[("NOAH_ENVIRONMENT", "production"), ("NOAH_API_KEY", SANDBOX)],
        ),
        (
            "local, no base URL",
            &[("NOAH_ENVIRONMENT", "local"), ("NOAH_API_KEY", SANDBOX)],
        ),
        (
            "base URL without version",
            &[
                ("NOAH_ENVIRONMENT", "local"),
                ("NOAH_API_KEY", SANDBOX),
                ("NOAH_BASE_URL", "http://127.0.0.1:4010"),
            ],
        ),
        (
            "everything malformed",
            &[
                ("NOAH_ENVIRONMENT", "CANARY3"),
                ("NOAH_API_KEY", "CANARY4"),
                ("NOAH_SIGNING_KEY", "-----BEGIN CANARY5-----"),
                ("NOAH_BASE_URL", "http://CANARY6.example/v1"),
                ("NOAH_WEBHOOK_KEY", "CANARY7"),
            ],
        ),
        (
            "webhook key on another curve",
            &[
                ("NOAH_ENVIRONMENT", "sandbox"),
                ("NOAH_API_KEY", SANDBOX),
                ("NOAH_WEBHOOK_KEY", &p256),
            ],
        ),
    ];
    let mut texts = String::new();
    for (name, variables) in cases {
        writeln!(texts, "{name}:").unwrap();
        for problem in from(variables).expect_err(name).problems() {
            writeln!(texts, "  {}: {}", problem.name, problem.message).unwrap();
        }
    }
    assert!(!texts.contains("CANARY"), "{texts}");
    insta::assert_snapshot!("noah_credential_errors", texts);
}

#[test]
fn nothing_printed_holds_a_key() {
    let credentials = Credentials::sandbox(SANDBOX, key()).unwrap();
    let builder = Noah::builder(credentials.clone());
    let printed = format!(
        "{credentials:?} {builder:?} {:?}",
        Noah::new(credentials.clone()).unwrap()
    );
    assert!(!printed.contains("CANARY"), "{printed}");
    let error = Noah::sandbox(PRODUCTION, key()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "wrong configuration: the credentials cannot be used: API key: is an API key for production, but the \
         environment is sandbox; use a key made in its dashboard; nothing was sent"
    );
}

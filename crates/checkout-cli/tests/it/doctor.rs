//! The command as people run it: what it reads, what it says, how it ends.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkout_core::digest::sha256_hex;
use checkout_core::key::{Algorithm, SigningKey};
use checkout_core::mac::hmac_sha256;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{checkout, flat, run};

/// The time that all is judged by.
const NOW: i64 = 1_748_948_730;
const NOW_AS_DATE: &str = "Tue, 03 Jun 2025 11:05:30 GMT";
const API_KEY: &str = "apikey_sandbox_CanaryKey0123456789";
const SECRET: &str = "CanaryKeyHuHnRiJjJ2B6+22h0yQt/R3nZR8XgAAAAA=";
const BODY: &str =
    r#"{ "type":"payment.paid", "id": "1","apiVersion":"v1", "Data":{"b":"Zo\u00eb </canary>"} }"#;
static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Algorithm::ES384).unwrap());

const URL: &str = "https://api.sandbox.noah.com/v1/checkout/payin/fiat";

fn private_pem(key: &SigningKey) -> String {
    key.to_pkcs8_pem().unwrap().expose_secret().to_owned()
}

fn mac(text: &str) -> String {
    STANDARD.encode(hmac_sha256(SECRET.as_bytes(), text.as_bytes()))
}

/// The files of a request whose body lost its final line break after it was signed.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let token = |claims: Value| KEY.sign_jws(&claims).unwrap() + "\n";
        let claims = json!({
            "aud": "https://api.noah.com", "iat": NOW, "exp": NOW + 300, "method": "POST",
            "path": "/v1/checkout/payin/fiat", "bodyHash": sha256_hex(BODY.as_bytes()),
        });
        desk.write("good.txt", &token(claims.clone()));
        let mut wrong = claims;
        wrong["path"] = "/checkout/payin/fiat".into();
        wrong["bodyHash"] = sha256_hex(format!("{BODY}\n").as_bytes()).into();
        desk.write("wrong.txt", &token(wrong));
        desk.write("key.pem", &private_pem(&KEY));
        desk.write("public.pem", &KEY.public_key_pem());
        desk.write("api-key.txt", &format!("{API_KEY}\n"));
        desk.write("body.json", BODY);
        desk
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path
    }

    /// In the directory of the files, with none of the variables of this machine.
    fn doctor(&self, args: &[&str]) -> Command {
        let mut command = checkout(&["doctor"]);
        command.args(args).current_dir(self.0.path());
        for (name, _) in std::env::vars() {
            if name.starts_with("NOAH_") || name.starts_with("WORLDLINE_CONNECT_") {
                command.env_remove(name);
            }
        }
        command
    }

    fn request(&self, token: &str, more: &[&str]) -> Command {
        let at = NOW.to_string();
        let args = [
            "--token",
            token,
            "--method",
            "post",
            "--url",
            URL,
            "--body",
            "body.json",
            "--key",
            "key.pem",
            "--public-key",
            "public.pem",
            "--api-key-file",
            "api-key.txt",
            "--at",
            &at,
            "--server-date",
            NOW_AS_DATE,
        ];
        self.doctor(&[&args, more].concat())
    }
}

/// Exit code, stdout and stderr; none of them may hold a secret.
fn finished(mut command: Command) -> (Option<i32>, String, String) {
    let finished = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(finished.stdout), text(finished.stderr));
    let key = private_pem(&KEY);
    let second_line = key.lines().nth(1).unwrap();
    for secret in ["CanaryKey", "canary", "eyJ", second_line, SECRET] {
        assert!(
            !format!("{stdout}{stderr}").contains(secret),
            "{secret} shows: {stdout}{stderr}"
        );
    }
    (finished.status.code(), stdout, stderr)
}

/// The fingerprint of a key that was made for this run is not the point.
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"SHA-256 [0-9a-f]{16}", "SHA-256 [fingerprint]");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_wrong_request_is_explained_to_people() {
    let (code, stdout, stderr) = finished(Desk::new().request("wrong.txt", &[]));
    assert_eq!(code, Some(1));
    assert_eq!(stderr, "error: path-no-version, body-hash-newline-added\n");
    snapshot("doctor-wrong-request", &stdout);
}

#[test]
fn a_wrong_request_is_explained_to_programs() {
    let (code, stdout, _) = finished(Desk::new().request("wrong.txt", &["--json"]));
    assert_eq!(code, Some(1));
    assert_eq!(stdout.lines().count(), 1);
    let value: Value = serde_json::from_str(&stdout).unwrap();
    snapshot(
        "doctor-wrong-request-json",
        &serde_json::to_string_pretty(&value).unwrap(),
    );
}

#[test]
fn a_good_request_holds() {
    let (code, stdout, stderr) = finished(Desk::new().request("good.txt", &[]));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    snapshot("doctor-good-request", &stdout);
}

#[test]
fn what_is_missing_is_left_open() {
    let (code, stdout, stderr) =
        finished(Desk::new().doctor(&["--token", "good.txt", "--at", &NOW.to_string()]));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    snapshot("doctor-token-alone", &stdout);
}

#[test]
fn the_variables_of_hosted_checkout_are_enough() {
    let desk = Desk::new();
    let mut command = desk.doctor(&[]);
    command
        .env("NOAH_ENVIRONMENT", "production")
        .env("NOAH_API_KEY", API_KEY)
        .env("NOAH_SIGNING_KEY", private_pem(&KEY).replace('\n', "\\n"))
        .env(
            "WORLDLINE_CONNECT_ENDPOINT",
            "https://eu.sandbox.api-ingenico.com/v1",
        )
        .env("WORLDLINE_CONNECT_MERCHANT_ID", "9991")
        .env("WORLDLINE_CONNECT_API_KEY_ID", "5e45c937b9db33ae")
        .env("WORLDLINE_CONNECT_SECRET_API_KEY", SECRET);
    let (code, stdout, stderr) = finished(command);
    assert_eq!(code, Some(1));
    assert_eq!(stderr, "error: api-key-other-environment, worldline-variable\n");
    snapshot("doctor-setup", &stdout);
}

#[test]
fn a_path_in_the_variable_leads_to_the_key() {
    let desk = Desk::new();
    let of = |path: &str| {
        let mut command = desk.doctor(&[]);
        command
            .env("NOAH_ENVIRONMENT", "sandbox")
            .env("NOAH_API_KEY", API_KEY)
            .env("NOAH_SIGNING_KEY", path);
        finished(command)
    };
    assert_eq!(of("key.pem").0, Some(0));
    let (code, _, stderr) = of("nowhere.pem");
    assert_eq!((code, stderr.as_str()), (Some(1), "error: key-unreadable\n"));
}

/// What signs needs the private key; to look at what was signed, the public one is enough.
#[test]
fn a_public_key_will_do_for_a_request_and_not_for_a_setup() {
    let desk = Desk::new();
    let at = NOW.to_string();
    let (code, stdout, stderr) =
        finished(desk.doctor(&["--token", "good.txt", "--key", "public.pem", "--at", &at]));
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(
        stdout.contains("it holds under the registered public key"),
        "{stdout}"
    );

    let mut setup = desk.doctor(&[
        "--key",
        "public.pem",
        "--environment",
        "sandbox",
        "--api-key-file",
        "api-key.txt",
    ]);
    setup.env("NOAH_ENVIRONMENT", "sandbox");
    let (code, _, stderr) = finished(setup);
    assert_eq!((code, stderr.as_str()), (Some(1), "error: key-is-public\n"));
}

/// Headers as curl shows them tell method, URL, API key and token.
#[test]
fn a_log_of_curl_is_a_request() {
    let desk = Desk::new();
    let token = std::fs::read_to_string(desk.0.path().join("good.txt")).unwrap();
    let log = format!(
        "* Connected\n> POST /v1/checkout/payin/fiat HTTP/1.1\n> Host: api.sandbox.noah.com\n> X-Api-Key: {API_KEY}\n\
         > Api-Signature: {}\n>\n< HTTP/1.1 401 Unauthorized\n",
        token.trim()
    );
    desk.write("log.txt", &log);
    let at = NOW.to_string();
    let args = [
        "--headers",
        "log.txt",
        "--body",
        "body.json",
        "--public-key",
        "public.pem",
        "--at",
        &at,
    ];
    let (code, stdout, stderr) = finished(desk.doctor(&[&args[..], &["--json"]].concat()));
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let value: Value = serde_json::from_str(&stdout).unwrap();
    let state = |check: &str| {
        let findings = value["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["check"] == check).unwrap()["state"].clone()
    };
    for check in [
        "url",
        "api-key",
        "api-key-environment",
        "browser",
        "token",
        "signature",
        "method",
        "path",
        "body-hash",
    ] {
        assert_eq!(state(check), "holds", "{check}: {stdout}");
    }
}

#[test]
fn worldline_requests_and_webhooks_are_told_by_their_headers() {
    let desk = Desk::new();
    desk.write("secret.txt", &format!("{SECRET}\n"));
    let signature = mac(&format!(
        "POST\napplication/json\n{NOW_AS_DATE}\nx-gcs-idempotence-key:order-1\n/v1/9991/products/302/sessions?note=a b\n"
    ));
    desk.write(
        "request.txt",
        &format!(
            "Host: eu.sandbox.api-ingenico.com\nDate: {NOW_AS_DATE}\nContent-Type: application/json\n\
             X-GCS-Idempotence-Key: order-1\nAuthorization: GCS v1HMAC:5e45c937b9db33ae:{signature}\n"
        ),
    );
    let at = NOW.to_string();
    let (code, stdout, stderr) = finished(desk.doctor(&[
        "--headers",
        "request.txt",
        "--method",
        "POST",
        "--url",
        "https://eu.sandbox.api-ingenico.com/v1/9991/products/302/sessions?note=a%20b",
        "--body",
        "body.json",
        "--key-id",
        "5e45c937b9db33ae",
        "--secret",
        "secret.txt",
        "--at",
        &at,
    ]));
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    snapshot("doctor-worldline-request", &stdout);

    let headers = format!("X-GCS-KeyId: dummy-key-id\nX-GCS-Signature: {}\n", mac(BODY));
    desk.write("webhook.txt", &headers);
    desk.write("changed.json", &format!("{BODY}\n"));
    let (code, stdout, stderr) = finished(desk.doctor(&[
        "--headers",
        "webhook.txt",
        "--body",
        "changed.json",
        "--key-id",
        "dummy-key-id",
        "--secret",
        "secret.txt",
    ]));
    assert_eq!(
        (code, stderr.as_str()),
        (Some(1), "error: webhook-newline-removed\n"),
        "{stdout}"
    );
    snapshot("doctor-worldline-webhook", &stdout);
}

#[test]
fn what_cannot_be_looked_at_ends_with_its_own_code() {
    let desk = Desk::new();
    desk.write("broken.txt", "X-Api-Key: a\nCanaryKey\n");
    for (args, code, hint) in [
        (&[][..], 2, "there is nothing to look at"),
        (
            &["--headers", "broken.txt"],
            2,
            "line 2 of the headers is not of the form `Name: value`",
        ),
        (&["--token", "-", "--body", "-"], 2, "stdin can be read once only"),
        (&["--token", "nowhere.txt"], 3, "nowhere.txt cannot be read"),
        (
            &["--token-env", "NO_SUCH_TOKEN"],
            3,
            "the variable NO_SUCH_TOKEN is not set",
        ),
        (
            &["--environment", "staging"],
            2,
            "write sandbox, production or local",
        ),
        (&["--at", "noon"], 2, "seconds since 1970"),
    ] {
        let (found, stdout, stderr) = finished(desk.doctor(args));
        assert_eq!((found, stdout.as_str()), (Some(code), ""), "{args:?}: {stderr}");
        assert!(flat(&stderr).contains(hint), "{args:?}: {stderr}");
    }
}

#[test]
fn a_token_comes_from_stdin_too() {
    use std::io::Write as _;

    let desk = Desk::new();
    let token = std::fs::read(desk.0.path().join("wrong.txt")).unwrap();
    let mut child = desk
        .doctor(&["--token", "-", "--at", &NOW.to_string()])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&token).unwrap();
    let finished = child.wait_with_output().unwrap();
    assert_eq!(finished.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(finished.stderr).unwrap(),
        "error: path-no-version\n"
    );
}

/// A secret given where its file belongs is not echoed.
#[test]
fn a_secret_in_the_place_of_its_path_is_not_shown() {
    let desk = Desk::new();
    let token = std::fs::read_to_string(desk.0.path().join("good.txt")).unwrap();
    for (option, value) in [
        ("--token", token.trim()),
        ("--token-env", token.trim()),
        ("--api-key-env", API_KEY),
        ("--api-key-file", API_KEY),
        ("--secret", SECRET),
    ] {
        let (code, _, stderr) = finished(desk.doctor(&[option, value]));
        assert_eq!(code, Some(3), "{option}");
        assert!(stderr.contains("may be a secret"), "{option}: {stderr}");
    }
}

/// Nothing of a file that holds something else shows.
#[test]
fn a_file_is_never_quoted() {
    let desk = Desk::new();
    assert!(Path::new(&desk.write("other.txt", "CanaryKey CanaryKey")).exists());
    for option in [
        "--token",
        "--key",
        "--public-key",
        "--api-key-file",
        "--webhook-key",
    ] {
        let (code, _, _) = finished(desk.doctor(&[option, "other.txt", "--as", "noah-request"]));
        assert!(matches!(code, Some(0 | 1)), "{option}");
    }
}

/// As the clients do, whichever API the request is for.
#[test]
fn a_host_that_is_named_may_be_spoken_to_in_plain_http() {
    for kind in ["noah-request", "worldline-request"] {
        let url = "http://sandbox.local:4010/v1/checkout/manage";
        let words = ["doctor", "--as", kind, "--url", url, "--method", "POST"];
        let refused = run(&words).1;
        assert!(refused.contains("url-plain-http"), "{kind}: {refused}");
        assert!(
            refused.contains("--plain-http-host sandbox.local"),
            "{kind}: {refused}"
        );
        let named = run(&[&words[..], &["--plain-http-host", "sandbox.local"]].concat()).1;
        assert!(!named.contains("url-plain-http"), "{kind}: {named}");
        // No name allows a vendor's.
        let url = "http://api.noah.com/v1/checkout/manage";
        let words = ["doctor", "--as", kind, "--url", url, "--method", "POST"];
        let refused = run(&words).1;
        assert!(refused.contains("url-plain-http"), "{kind}: {refused}");
        assert!(
            refused.contains("write https://api.noah.com"),
            "{kind}: {refused}"
        );
        assert!(!refused.contains("--plain-http-host"), "{kind}: {refused}");
    }
}

/// What allows a host is as the clients say it, of the environment that is named.
#[test]
fn a_setup_in_plain_http_is_refused_in_the_words_of_the_refusal() {
    let setup = |url: &str, environment: &str| {
        let mut doctor = checkout(&["doctor"]);
        doctor
            .env("NOAH_BASE_URL", url)
            .env("NOAH_ENVIRONMENT", environment);
        flat(&finished(doctor).1)
    };
    let vendor = setup("http://api.sandbox.noah.com/v1", "sandbox");
    assert!(vendor.contains("write https://api.sandbox.noah.com"), "{vendor}");
    let elsewhere = setup("http://proxy.example/v1", "sandbox");
    for flag in ["--plain-http-host proxy.example", "--own-host proxy.example"] {
        assert!(elsewhere.contains(flag), "{elsewhere}");
    }
    let local = setup("http://sandbox.local/v1", "local");
    assert!(local.contains("--plain-http-host sandbox.local"), "{local}");
    assert!(!local.contains("--own-host"), "{local}");
}

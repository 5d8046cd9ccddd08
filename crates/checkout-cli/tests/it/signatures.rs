//! `checkout sign` and `checkout verify`.

use std::path::PathBuf;
use std::process::Command;

use checkout_core::encoding::base64_strict_decode;
use checkout_sandbox::Sandbox;

use crate::support::{flat, installed, redacted, run, run_with};

struct Desk {
    directory: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let desk = Self { directory };
        assert_eq!(run(&["keygen", "--out", &desk.path("key.pem")]).0, Some(0));
        desk.write("body.json", "{\"CustomerID\":\"customer-1\"}");
        desk
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

const URL: &str = "https://api.sandbox.noah.com/v1/checkout/manage?a=b%20c";

fn sign_token(desk: &Desk) -> String {
    let args = [
        "sign",
        "token",
        "--method",
        "POST",
        "--url",
        URL,
        "--body",
        &desk.path("body.json"),
    ];
    // The key comes from the environment here.
    let said = run_with(&args, &[("NOAH_SIGNING_KEY", desk.path("key.pem"))], b"");
    assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""));
    said.stdout
}

fn verify_token(desk: &Desk, token: &str, method: &str, url: &str) -> (Option<i32>, String, String) {
    let said = run_with(
        &[
            "verify",
            "token",
            "--token",
            "-",
            "--method",
            method,
            "--url",
            url,
            "--body",
            &desk.path("body.json"),
            "--key",
            &desk.path("key.pub.pem"),
        ],
        &[],
        token.as_bytes(),
    );
    (said.code, said.stdout, said.stderr)
}

#[test]
fn a_token_holds_for_its_request_alone() {
    let desk = Desk::new();
    let token = sign_token(&desk);
    let (code, stdout, stderr) = verify_token(&desk, &token, "POST", URL);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let mut settings = redacted();
    settings.add_filter(r"\d{4}-\d\d-\d\dT[\d:]+Z, (in )?\d+ s", "[time], $1[seconds] s");
    settings.bind(|| insta::assert_snapshot!(stdout));

    let args = ["verify", "token", "--token", "-", "--body", "-"];
    let more = ["--url", URL, "--key", &desk.path("key.pub.pem")];
    let said = run_with(&[&args[..], &more].concat(), &[], token.as_bytes());
    assert_eq!(
        said.code,
        Some(2),
        "a body from a stdin that has ended would be empty"
    );
    assert!(
        said.stderr.contains("stdin can be read once only"),
        "{}",
        said.stderr
    );

    // Whether NOAH takes a path that is encoded otherwise is not known, so the token is not said to hold.
    let encoded = URL.replace("manage", "man%61ge");
    let (code, _, stderr) = verify_token(&desk, &token, "POST", &encoded);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("percent-encoded otherwise"), "{}", flat(&stderr));

    desk.write("body.json", "{\"CustomerID\":\"customer-2\"}");
    let (code, stdout, stderr) = verify_token(
        &desk,
        &token,
        "PUT",
        "https://api.sandbox.noah.com/v1/checkout/sell",
    );
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!(stderr);
    assert!(!stderr.contains(token.trim()));
}

/// The sandbox is another implementation of what NOAH checks, and curl another client.
#[tokio::test(flavor = "multi_thread")]
async fn the_curl_command_is_a_request_that_the_sandbox_takes() {
    if !installed("curl") {
        return;
    }
    let desk = Desk::new();
    let sandbox = Sandbox::builder().start().await.unwrap();
    let public = std::fs::read_to_string(desk.path("key.pub.pem")).unwrap();
    let api_key = sandbox.noah().register_public_key(&public).unwrap();
    let url = format!("{}/checkout/manage", sandbox.noah().report().base_url);
    let (key, body) = (desk.path("key.pem"), desk.path("body.json"));
    let args = [
        "sign", "token", "--method", "POST", "--url", &url, "--body", &body, "--key", &key, "--curl",
    ];
    let (_, command, _) = run(&args);
    assert!(!command.contains(&api_key));
    let shell = Command::new("sh")
        .args(["-c", &format!("{} -s", command.trim_end())])
        .env("NOAH_API_KEY", api_key)
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&shell.stdout).unwrap();
    assert_eq!(
        answer["Type"], "ResourceNotFound",
        "signed well, and the customer is not known: {answer}"
    );
}

#[test]
fn openssl_verifies_a_webhooks_signature() {
    if !installed("openssl") {
        return;
    }
    let desk = Desk::new();
    let (key, body) = (desk.path("key.pem"), desk.path("body.json"));
    let (code, signature, _) = run(&["sign", "webhook", "--key", &key, "--body", &body]);
    assert_eq!(code, Some(0));
    let der = base64_strict_decode(signature.trim()).unwrap();
    let file = desk.path("signature.der");
    std::fs::write(&file, der).unwrap();
    let openssl = Command::new("openssl")
        .args([
            "dgst",
            "-sha384",
            "-verify",
            &desk.path("key.pub.pem"),
            "-signature",
            &file,
            &body,
        ])
        .output()
        .unwrap();
    assert!(
        openssl.status.success(),
        "{}",
        String::from_utf8_lossy(&openssl.stdout)
    );
}

const EVENT: &str = r#"{"EventType":"Transaction","EventVersion":7,"Occurred":"2026-01-01T00:00:00Z","UserID":"u","Data":{"ID":"t-1","Status":"Settled"}}"#;

#[test]
fn a_webhook_is_verified_by_a_key_of_ones_own() {
    let desk = Desk::new();
    let (key, public) = (desk.path("key.pem"), desk.path("key.pub.pem"));
    let body = desk.write("event.json", EVENT).display().to_string();
    let (_, signature, _) = run(&["sign", "webhook", "--key", &key, "--body", &body]);
    let headers = desk.write(
        "headers.txt",
        &format!("POST / HTTP/1.1\nWebhook-Signature: {signature}"),
    );
    let headers = headers.display().to_string();
    let file = desk.write("signature.txt", &signature).display().to_string();
    for (flag, value) in [("--headers", &headers), ("--signature", &file)] {
        let args = [
            "verify", "webhook", "--key", &public, flag, value, "--body", &body,
        ];
        let (code, stdout, stderr) = run(&args);
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        redacted().bind(|| insta::assert_snapshot!("verified-webhook", stdout));
        let json = run_with(&[&args[..], &["--json"]].concat(), &[], b"").json();
        assert_eq!(
            (&json["ok"], &json["event_type"], &json["status"]),
            (&true.into(), &"Transaction".into(), &"Settled".into())
        );
    }

    std::fs::write(&body, EVENT.replace("Settled", "Pending")).unwrap();
    let args = [
        "verify",
        "webhook",
        "--key",
        &public,
        "--headers",
        &headers,
        "--body",
        &body,
    ];
    let (code, stdout, stderr) = run(&args);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!("forged-webhook", stderr);
    let json = run_with(&[&args[..], &["--json"]].concat(), &[], b"").json();
    assert_eq!(json["ok"], false);
    // By the published key of an environment it does not hold either.
    let args = [
        "verify",
        "webhook",
        "--environment",
        "sandbox",
        "--headers",
        &headers,
        "--body",
        &body,
    ];
    assert_eq!(run(&args).0, Some(1));
    // Without a key there is nothing to verify by, which is another thing.
    assert_eq!(
        run(&["verify", "webhook", "--headers", &headers, "--body", &body]).0,
        Some(3)
    );
}

/// Headers as people have them: an editor's byte order mark, Windows' line ends, curl's marks, a log's indents, folded lines.
#[test]
fn headers_are_read_from_any_file_of_text() {
    let desk = Desk::new();
    let (key, public) = (desk.path("key.pem"), desk.path("key.pub.pem"));
    let body = desk.write("event.json", EVENT).display().to_string();
    let (_, signature, _) = run(&["sign", "webhook", "--key", &key, "--body", &body]);
    let signature = signature.trim();
    let path = desk.path("headers.txt");
    let verify = || {
        let args = [
            "verify",
            "webhook",
            "--key",
            &public,
            "--headers",
            &path,
            "--body",
            &body,
        ];
        run(&args)
    };
    for text in [
        format!("\u{feff}Webhook-Signature: {signature}\n"),
        format!("\u{feff}POST / HTTP/1.1\r\nHost: shop.example\r\nWebhook-Signature: {signature}\r\n\r\n"),
        format!("< HTTP/1.1 200 OK\n< X-Note: a\n<   b\n< webhook-signature: {signature}\n"),
        format!("    Host: shop.example\n    Webhook-Signature: {signature}\n"),
        format!("Webhook-Signature:\r\n\t{signature}\r\nX-Note: a\r\n"),
    ] {
        std::fs::write(&path, &text).unwrap();
        let (code, _, stderr) = verify();
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{text}");
    }
    // The value in this one is none, which is another matter than that there is no such header.
    std::fs::copy("tests/cases/headers-bom.txt", &path).unwrap();
    let (code, _, stderr) = verify();
    let stderr = flat(&stderr);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains("the header Webhook-Signature is not base64"),
        "{stderr}"
    );

    let text = format!("Webhook-Signature: {signature}\n");
    for (bytes, named) in [
        (
            text.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>(),
            "is UTF-16 (little-endian)",
        ),
        (b"X-Name: Zo\xeb\n".to_vec(), "looks like Latin-1"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let (code, _, stderr) = verify();
        let stderr = flat(&stderr);
        assert!(code != Some(0) && stderr.contains(named), "{stderr}");
    }
}

/// Which bytes a webhook's signature covers is tried; how it came is told, and kept in a log.
#[test]
fn a_compressed_webhook_is_verified_whichever_bytes_were_signed() {
    let desk = Desk::new();
    let (key, public) = (desk.path("key.pem"), desk.path("key.pub.pem"));
    let plain = desk.write("event.json", EVENT).display().to_string();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, EVENT.as_bytes()).unwrap();
    let compressed = desk.path("event.json.gz");
    std::fs::write(&compressed, encoder.finish().unwrap()).unwrap();
    let headers = desk.path("headers.txt");
    for (signed, told) in [
        (&plain, "(gzip, the signature is over the decompressed bytes)"),
        (&compressed, "(gzip, the signature is over the compressed bytes)"),
    ] {
        let (_, signature, _) = run(&["sign", "webhook", "--key", &key, "--body", signed]);
        std::fs::write(
            &headers,
            format!("Content-Encoding: gzip\nWebhook-Signature: {signature}"),
        )
        .unwrap();
        let args = [
            "verify",
            "webhook",
            "--key",
            &public,
            "--headers",
            &headers,
            "--body",
            &compressed,
        ];
        let (code, stdout, stderr) = run(&args);
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        assert!(
            stdout.contains("NOAH Transaction Settled") && stdout.contains(told),
            "{stdout}"
        );
    }
}

#[test]
fn a_webhook_of_worldlines_is_signed_and_verified_by_the_environments_key() {
    let desk = Desk::new();
    let secret = desk.write("secret.txt", "canary\n").display().to_string();
    let variables = [
        ("WORLDLINE_CONNECT_WEBHOOK_KEY_ID", "key-1".to_owned()),
        ("WORLDLINE_CONNECT_WEBHOOK_SECRET_FILE", secret),
    ];
    let event = r#"{"apiVersion":"v1","id":"e-1","type":"payment.paid","merchantId":"9991"}"#;
    let body = desk.write("event.json", event).display().to_string();
    let signed = run_with(&["sign", "worldline-webhook", "--body", &body], &variables, b"");
    assert_eq!(signed.code, Some(0), "{}", signed.stderr);
    let args = ["verify", "worldline-webhook", "--headers", "-", "--body", &body];
    let verified = run_with(&args, &variables, signed.stdout.as_bytes());
    assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    assert!(
        verified.stdout.contains("payment.paid  e-1:"),
        "{}",
        verified.stdout
    );

    if installed("openssl") {
        // It makes the same.
        let openssl = Command::new("openssl")
            .args([
                "dgst",
                "-sha256",
                "-mac",
                "HMAC",
                "-macopt",
                "key:canary",
                "-binary",
                &body,
            ])
            .output()
            .unwrap();
        let ours = signed.stdout.lines().last().unwrap().rsplit(' ').next().unwrap();
        assert_eq!(base64_strict_decode(ours).unwrap(), openssl.stdout);
    }

    desk.write("event.json", &event.replace("9991", "9992"));
    let forged = run_with(&args, &variables, signed.stdout.as_bytes());
    assert_eq!(forged.code, Some(1));
    assert!(!format!("{}{}", signed.stdout, forged.stderr).contains("canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_headers_for_worldline_are_a_request_that_the_sandbox_takes() {
    if !installed("curl") {
        return;
    }
    let sandbox = Sandbox::builder().start().await.unwrap();
    let worldline = sandbox.worldline();
    let secret = worldline.report().secret_api_key.clone();
    let variables = [
        (
            "WORLDLINE_CONNECT_MERCHANT_ID",
            worldline.report().merchant_id.clone(),
        ),
        (
            "WORLDLINE_CONNECT_API_KEY_ID",
            worldline.report().api_key_id.clone(),
        ),
        ("WORLDLINE_CONNECT_SECRET_API_KEY", secret.clone()),
        ("WORLDLINE_CONNECT_INTEGRATOR", "A test".to_owned()),
    ];
    let url = format!(
        "{}/v1/{}/services/testconnection",
        worldline.report().endpoint.as_str(),
        worldline.report().merchant_id.as_str()
    );
    let said = run_with(&["sign", "worldline", "--url", &url, "--curl"], &variables, b"");
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(!said.stdout.contains(&secret));
    let shell = Command::new("sh")
        .args(["-c", &format!("{} -s", said.stdout.trim_end())])
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&shell.stdout).unwrap();
    assert_eq!(answer["result"], "OK", "{answer}");
}

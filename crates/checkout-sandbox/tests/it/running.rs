//! Starting, stopping, and many at once.

use std::time::{Duration, Instant};

use checkout_sandbox::{Api, Sandbox, StartError};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::signer::{Signer, http, payin};
use crate::worldline_signer::Merchant;

#[tokio::test]
async fn it_is_ready_at_once() {
    let fastest = {
        let mut times = Vec::new();
        for _ in 0..5 {
            let began = Instant::now();
            let sandbox = Sandbox::builder().start().await.unwrap();
            times.push(began.elapsed());
            drop(sandbox);
        }
        times.into_iter().min().unwrap()
    };
    assert!(fastest < Duration::from_millis(50), "{fastest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_run_side_by_side() {
    let sandboxes = futures::future::join_all((0..20).map(|_| Sandbox::builder().start())).await;
    let sandboxes: Vec<Sandbox> = sandboxes.into_iter().map(Result::unwrap).collect();
    futures::future::join_all(sandboxes.iter().map(async |sandbox| {
        let signer = Signer::of(sandbox);
        assert_eq!(
            signer
                .send("/checkout/payin/fiat", &payin("n").to_string())
                .await
                .status(),
            200
        );
        assert_eq!(sandbox.noah().deliveries().len(), 1);
    }))
    .await;
    // The key of one is nothing to another.
    let mut stranger = Signer::of(&sandboxes[0]);
    stranger.base_url = sandboxes[1].noah().report().base_url.clone();
    assert_eq!(
        stranger
            .send("/checkout/payin/fiat", &payin("n").to_string())
            .await
            .status(),
        401
    );
}

#[tokio::test]
async fn it_stops_when_told_and_when_dropped() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let (signer, merchant) = (Signer::of(&sandbox), Merchant::of(&sandbox));
    assert_eq!(
        signer
            .send("/checkout/payin/fiat", &payin("n").to_string())
            .await
            .status(),
        200
    );
    sandbox.shutdown().await;
    assert!(
        signer
            .http
            .get(&signer.base_url)
            .send()
            .await
            .unwrap_err()
            .is_connect()
    );
    assert!(
        merchant
            .http
            .get(&merchant.endpoint)
            .send()
            .await
            .unwrap_err()
            .is_connect()
    );

    let sandbox = Sandbox::builder().start().await.unwrap();
    let url = sandbox.noah().report().base_url.clone();
    drop(sandbox);
    let gone = async {
        while crate::signer::http().get(&url).send().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.unwrap();
}

#[tokio::test]
async fn a_request_in_work_is_answered_before_it_stops() {
    let sandbox = Sandbox::builder()
        .latency(Duration::from_millis(200))
        .start()
        .await
        .unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("n").to_string();
    let (answer, ()) = tokio::join!(signer.send("/checkout/payin/fiat", &body), async {
        tokio::time::sleep(Duration::from_millis(80)).await;
        sandbox.shutdown().await;
    });
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Sandbox::builder().noah_port(port).start().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("NOAH cannot listen on 127.0.0.1:{port}; choose another port, or 0 for any free one")
    );
    for url in ["shop.example/hooks", "ftp://shop.example", "http://"] {
        assert!(
            matches!(
                Sandbox::builder().noah_webhook(url).start().await,
                Err(StartError::WebhookUrl(Api::Noah))
            ),
            "{url}"
        );
    }
    let error = Sandbox::builder()
        .worldline_webhook("hooks")
        .start()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the address for the webhooks of Worldline Connect is not an absolute http:// or https:// URL"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Sandbox::builder()
        .key_directory(file.path())
        .start()
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::KeyDirectory { .. }));
}

#[cfg(unix)]
#[tokio::test]
async fn the_signing_key_is_written_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys");
    let mut last = String::new();
    for _ in 0..2 {
        let sandbox = Sandbox::builder().key_directory(&keys).start().await.unwrap();
        let path = sandbox.noah().report().signing_key_path.as_deref().unwrap();
        assert_eq!(
            std::fs::metadata(path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let pem = std::fs::read_to_string(path).unwrap();
        assert_eq!(pem, *sandbox.noah().private_key_pem().unwrap().expose_secret());
        assert_ne!(pem, last, "an old key is replaced");
        last = pem;
    }
}

#[tokio::test]
async fn the_report_holds_what_a_client_needs_and_debug_holds_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::builder()
        .noah_webhook("http://127.0.0.1:9/hooks")
        .event_types(["Transaction"])
        .worldline_webhook("http://127.0.0.1:9/payments")
        .webhook_switches("reorder".parse().unwrap())
        .key_directory(directory.path())
        .start()
        .await
        .unwrap();
    let report = sandbox.ready_report();
    let json: Value = serde_json::to_value(&report).unwrap();
    assert_eq!(json["noah"]["base_url"], sandbox.noah().report().base_url);
    assert_eq!(json["noah"]["event_types"], json!(["Transaction"]));
    assert_eq!(
        json["worldline"]["endpoint"],
        sandbox.worldline().report().endpoint
    );
    assert!(
        !serde_json::to_string(&report).unwrap().contains('\n'),
        "one line"
    );
    let text = report.to_string();
    let pem = sandbox.noah().private_key_pem().unwrap();
    let pem = pem.expose_secret();
    let webhook_secret = sandbox.worldline().report().webhook_secret.as_str();
    let key_line = pem.lines().nth(1).unwrap();
    for shown in [text.as_str(), &json.to_string()] {
        assert!(shown.contains(&sandbox.noah().report().api_key) && shown.contains("noah-signing-key.pem"));
        assert!(shown.contains(&sandbox.worldline().report().webhook_key_id));
        assert!(shown.contains(webhook_secret));
        assert!(!shown.contains(key_line));
    }
    for line in [
        "  webhooks to         http://127.0.0.1:9/hooks (Transaction)",
        "  webhooks to         http://127.0.0.1:9/payments",
        "  sent again after    100ms, 200ms",
        "  switches            reorder",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{text}");
    }
    let secret_url = "https://shop:password@shop.example/hooks?token=0123";
    let builder = Sandbox::builder()
        .noah_webhook(secret_url)
        .worldline_webhook(secret_url);
    let debug = format!("{builder:?}");
    for webhook in ["noah_webhook", "worldline_webhook"] {
        assert!(debug.contains(&format!("{webhook}: Some(<secret>)")), "{debug}");
    }
    assert!(!debug.contains("password") && !debug.contains("0123"), "{debug}");
    let debug = format!("{sandbox:?} {report:?}");
    for secret in [
        sandbox.noah().report().api_key.as_str(),
        sandbox.noah().report().unsigned_api_key.as_str(),
        key_line,
        sandbox.worldline().report().api_key_id.as_str(),
        sandbox.worldline().report().webhook_key_id.as_str(),
        webhook_secret,
    ] {
        assert!(!debug.contains(secret), "{debug}");
    }
}

#[tokio::test]
async fn it_is_reached_by_the_name_that_it_is_given_and_by_no_other() {
    let sandbox = Sandbox::builder().host("shop-sandbox").start().await.unwrap();
    let base_url = sandbox.noah().report().base_url.clone();
    let port = base_url
        .strip_prefix("http://shop-sandbox:")
        .and_then(|rest| rest.strip_suffix("/v1"))
        .unwrap();
    assert!(
        sandbox
            .worldline()
            .report()
            .endpoint
            .starts_with("http://shop-sandbox:")
    );
    let http = http();
    for (host, status) in [("shop-sandbox", 200), ("127.0.0.1", 200), ("evil.example", 403)] {
        let console = http
            .get(format!("http://127.0.0.1:{port}/_sandbox"))
            .header("Host", format!("{host}:{port}"));
        assert_eq!(console.send().await.unwrap().status(), status, "{host}");
    }
    for nonsense in ["http://shop", "shop:80", "shop/path", "", "a b"] {
        let refused = Sandbox::builder().host(nonsense).start().await.unwrap_err();
        assert!(matches!(refused, StartError::Host(_)), "{nonsense}: {refused}");
    }
}

#[tokio::test]
async fn another_address_of_the_machine_is_listened_on_if_asked() {
    let everywhere = Sandbox::builder()
        .listen_on("0.0.0.0".parse().unwrap())
        .start()
        .await
        .unwrap();
    assert!(
        everywhere
            .noah()
            .report()
            .base_url
            .starts_with("http://127.0.0.1:")
    );
    let console = everywhere.ready_report().console_url;
    assert_eq!(http().get(console).send().await.unwrap().status(), 200);
}

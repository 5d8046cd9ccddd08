//! `checkout sandbox --state`, killed again and again.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::sandbox::Running;

const WRITES: usize = 1_000;
const CLIENTS: usize = 4;
/// After so many further acknowledged writes the sandbox is killed.
const KILLED_EVERY: usize = 120;

/// What a client was told: the Nonce, and the answer's bytes.
type Acknowledged = (String, Vec<u8>);

fn start(state: &Path, keys: &Path) -> (Running, Value) {
    let arguments = [
        "sandbox",
        "--json",
        "--state",
        state.to_str().unwrap(),
        "--keys",
        keys.to_str().unwrap(),
    ];
    let mut running = Running::start(&arguments);
    let ready = serde_json::from_str(&running.line()).unwrap();
    (running, ready)
}

fn body(nonce: &str) -> String {
    json!({
        "PaymentMethodCategory": "Card",
        "FiatCurrency": "USD",
        "CryptoCurrency": "USDC_TEST",
        "FiatAmount": "10.10",
        "ReturnURL": "https://shop.example/done",
        "CustomerID": "customer-1",
        "LineItems": [{"Description": "Coffee", "Quantity": "2", "UnitAmount": "5.05", "TotalAmount": "10.10"}],
        "Customer": {
            "Type": "Individual",
            "FullName": {"FirstName": "Ada", "LastName": "Example"},
            "DateOfBirth": "1990-12-10",
            "Identities": [{"IssuingCountry": "US", "IDNumber": "X0000001", "IDType": "Passport"}],
            "PrimaryResidence": {
                "Street": "1 Sample Street", "City": "Springfield", "PostCode": "62701", "State": "IL", "Country": "US",
            },
        },
        "Nonce": nonce,
    })
    .to_string()
}

#[derive(Clone)]
struct Shop {
    http: reqwest::Client,
    base_url: String,
    api_key: String,
}

impl Shop {
    fn of(ready: &Value) -> Self {
        let text = |name: &str| ready["noah"][name].as_str().unwrap().to_owned();
        Self {
            http: reqwest::Client::builder()
                .no_proxy()
                .tls_certs_only([])
                .timeout(Duration::from_secs(10))
                .build()
                .unwrap(),
            base_url: text("base_url"),
            api_key: text("unsigned_api_key"),
        }
    }

    /// The answer's bytes; `None` if there was none.
    async fn pay_in(&self, nonce: &str) -> Option<Vec<u8>> {
        let request = self
            .http
            .post(format!("{}/checkout/payin/fiat", self.base_url))
            .header("X-Api-Key", &self.api_key)
            .header("Content-Type", "application/json")
            .body(body(nonce));
        let answer = request.send().await.ok()?;
        assert_eq!(answer.status(), 200, "{nonce}");
        Some(answer.bytes().await.ok()?.to_vec())
    }

    /// Whether the end was acknowledged.
    async fn settle(&self, answer: &[u8]) -> bool {
        let session: Value = serde_json::from_slice(answer).unwrap();
        let id = session["CheckoutSession"]["CheckoutSessionID"].as_str().unwrap();
        let root = self.base_url.trim_end_matches("/v1");
        let url = format!("{root}/_sandbox/sessions/{id}/settle");
        self.http
            .post(url)
            .send()
            .await
            .is_ok_and(|answer| answer.status() == 200)
    }

    async fn settled(&self) -> Vec<String> {
        let root = self.base_url.trim_end_matches("/v1");
        let ledger: Value = serde_json::from_slice(
            &self
                .http
                .get(format!("{root}/_sandbox/ledger"))
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap(),
        )
        .unwrap();
        let entries = ledger["Entries"].as_array().unwrap();
        entries
            .iter()
            .map(|entry| entry["SessionID"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Writes until the sandbox is gone or has answered often enough; gives what was acknowledged, and which ends were.
async fn write(
    shop: Shop,
    first: usize,
    answered: Arc<AtomicUsize>,
) -> (Vec<Acknowledged>, Vec<Acknowledged>) {
    let (mut opened, mut settled) = (Vec::new(), Vec::new());
    for number in first.. {
        let nonce = format!("nonce-{number}");
        let Some(answer) = shop.pay_in(&nonce).await else {
            break;
        };
        opened.push((nonce.clone(), answer.clone()));
        answered.fetch_add(1, Ordering::SeqCst);
        if number % 3 == 0 {
            if !shop.settle(&answer).await {
                break;
            }
            settled.push((nonce, answer));
            answered.fetch_add(1, Ordering::SeqCst);
        }
    }
    (opened, settled)
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_at_any_moment_loses_no_acknowledged_write() {
    let directory = tempfile::tempdir().unwrap();
    let (state, keys) = (directory.path().join("state"), directory.path().join("keys"));
    let answered = Arc::new(AtomicUsize::new(0));
    let mut opened: HashMap<String, Vec<u8>> = HashMap::new();
    let mut settled: Vec<Acknowledged> = Vec::new();
    let mut kills = 0_usize;
    let mut next = 0;
    while answered.load(Ordering::SeqCst) < WRITES {
        let (mut running, ready) = start(&state, &keys);
        let shop = Shop::of(&ready);
        let goal = answered.load(Ordering::SeqCst) + KILLED_EVERY;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| tokio::spawn(write(shop.clone(), next + client * 10_000, Arc::clone(&answered))))
            .collect();
        while answered.load(Ordering::SeqCst) < goal {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // SIGKILL, while the clients write.
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        kills += 1;
        for client in clients {
            let (more_opened, more_settled) = client.await.unwrap();
            opened.extend(more_opened);
            settled.extend(more_settled);
        }
        next += CLIENTS * 10_000;
    }
    assert!(kills >= WRITES / (2 * KILLED_EVERY), "{kills}");

    let (_running, ready) = start(&state, &keys);
    let shop = Shop::of(&ready);
    let ledger = shop.settled().await;
    for (nonce, answer) in &settled {
        let session: Value = serde_json::from_slice(answer).unwrap();
        let id = session["CheckoutSession"]["CheckoutSessionID"].as_str().unwrap();
        assert_eq!(
            ledger.iter().filter(|settled| *settled == id).count(),
            1,
            "{nonce} was paid once"
        );
    }
    // The same Nonce and body is the same answer to the byte, or it would have paid again.
    for (nonce, answer) in &opened {
        assert_eq!(shop.pay_in(nonce).await.as_ref(), Some(answer), "{nonce}");
    }
    assert!(opened.len() + settled.len() >= WRITES);
}

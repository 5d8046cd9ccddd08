//! The sandbox in a process of its own, with customers who pay every page that opens.

use std::collections::HashSet;
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use checkout_sandbox::Sandbox;
use hosted_checkout::key::SigningKey;
use hosted_checkout::noah::Credentials;
use noah_models::EventType;
use serde_json::{Value, json};

use crate::{Failure, store};

/// The argument by which this program is the sandbox.
pub(crate) const SERVE: &str = "--serve";

/// How to reach it; there while it runs.
const ADDRESS: &str = "sandbox.json";

/// Starts the sandbox, which outlives this process.
pub(crate) async fn start(folder: &Path) -> Result<Credentials, Failure> {
    Command::new(std::env::current_exe()?)
        .arg(SERVE)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    for _ in 0..200 {
        if let Some(credentials) = running(folder) {
            return credentials;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("the sandbox did not start".into())
}

/// The credentials of the sandbox that runs, if one does.
pub(crate) fn running(folder: &Path) -> Option<Result<Credentials, Failure>> {
    let address = fs::read(folder.join(ADDRESS)).ok()?;
    let listening: Value = serde_json::from_slice(&address).ok()?;
    TcpStream::connect(listening["listens_at"].as_str()?).ok()?;
    Some(credentials(&address))
}

fn credentials(address: &[u8]) -> Result<Credentials, Failure> {
    let address: Value = serde_json::from_slice(address)?;
    let text = |name: &str| address[name].as_str().unwrap_or_default().to_owned();
    let key = SigningKey::from_file(text("signing_key_path"))?;
    Ok(Credentials::local(&text("base_url"), &text("api_key"), key)?)
}

/// How many payments of this order stand in the sandbox's ledger, once its customers had the time to pay.
pub(crate) async fn payments(folder: &Path, external_id: &str) -> Result<usize, Failure> {
    for _ in 0..200 {
        if count(folder, external_id).await? > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Were there a second page, it would be paid by now.
    tokio::time::sleep(Duration::from_millis(500)).await;
    count(folder, external_id).await
}

async fn count(folder: &Path, external_id: &str) -> Result<usize, Failure> {
    let address: Value = serde_json::from_slice(&fs::read(folder.join(ADDRESS))?)?;
    let ledger = format!(
        "http://{}/_sandbox/ledger",
        address["listens_at"].as_str().unwrap_or_default()
    );
    let client = reqwest::Client::builder().no_proxy().build()?;
    let ledger: Value = client
        .get(ledger)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    let entries = ledger["Entries"].as_array().ok_or("the ledger has no entries")?;
    Ok(entries
        .iter()
        .filter(|entry| entry["ExternalID"] == external_id)
        .count())
}

/// The sandbox: until its folder of keys is gone, or for ten minutes.
pub(crate) async fn serve(folder: &Path) -> Result<(), Failure> {
    let keys = folder.join(format!("keys-{}", std::process::id()));
    let sandbox = Sandbox::builder().key_directory(&keys).start().await?;
    let noah = sandbox.noah();
    let base_url = noah.report().base_url.clone();
    let listens_at = base_url.trim_start_matches("http://").trim_end_matches("/v1");
    let address = json!({
        "listens_at": listens_at,
        "base_url": base_url,
        "api_key": noah.report().api_key,
        "signing_key_path": noah.report().signing_key_path.as_deref(),
    });
    // Under its name only when it is whole.
    let unfinished = keys.join(ADDRESS);
    store(&unfinished, address.to_string().as_bytes())?;
    fs::rename(unfinished, folder.join(ADDRESS))?;

    let mut paid = HashSet::new();
    for _ in 0..10 * 60 * 20 {
        if !keys.exists() {
            break;
        }
        for delivery in noah.deliveries() {
            if delivery.event_type != EventType::CheckoutSession.as_str() {
                continue;
            }
            let event: Value = serde_json::from_slice(&delivery.body)?;
            if let Some(id) = event["Data"]["CheckoutSessionID"].as_str()
                && paid.insert(id.to_owned())
            {
                noah.settle(id)?;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    sandbox.shutdown().await;
    Ok(())
}

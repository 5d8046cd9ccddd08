//! Sends webhooks: first attempts one after the other, further ones each by a timer of its own.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::agenda::Lane;
use super::queue::Courier;

/// Serves the lanes until the sandbox stops.
pub(crate) async fn run(courier: Arc<Courier>, lanes: Vec<Lane>, mut stop: watch::Receiver<()>) {
    let mut work: JoinSet<()> = lanes
        .into_iter()
        .map(|lane| serve(Arc::clone(&courier), lane))
        .collect();
    tokio::select! {
        () = async { while work.join_next().await.is_some() {} } => {}
        // An error means that the sandbox was dropped.
        _ = stop.changed() => {}
    }
    work.shutdown().await;
    courier.close();
}

async fn serve(courier: Arc<Courier>, Lane { mut agenda, retries }: Lane) {
    let mut waiting: JoinSet<()> = retries
        .into_iter()
        .map(|(number, wait)| retry(Arc::clone(&courier), number, wait))
        .collect();
    while let Some(number) = agenda.next().await {
        while waiting.try_join_next().is_some() {}
        if let Some(wait) = courier.attempt(number).await {
            waiting.spawn(retry(Arc::clone(&courier), number, wait));
        }
    }
    while waiting.join_next().await.is_some() {}
}

async fn retry(courier: Arc<Courier>, number: u64, mut wait: Duration) {
    loop {
        tokio::time::sleep(wait).await;
        match courier.attempt(number).await {
            Some(next) => wait = next,
            None => return,
        }
    }
}

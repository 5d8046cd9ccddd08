//! What waits is not lost with the process, if there is a state file.

use std::path::Path;
use std::time::Duration;

use checkout_sandbox::{DeliveryState, NoahTrigger, Sandbox, SandboxBuilder, WorldlineTrigger};

use crate::receiver::Receiver;

fn on(state: &Path, receiver: &Receiver) -> SandboxBuilder {
    Sandbox::builder()
        .state(state)
        .noah_webhook(&receiver.url)
        .worldline_webhook(&receiver.url)
        .webhook_schedule([Duration::from_secs(1)])
}

async fn until(condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.unwrap();
}

#[tokio::test]
async fn waiting_webhooks_go_on_where_they_were() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    let failing = Receiver::start(&[500, 500]).await;
    let sandbox = on(&state, &failing).start().await.unwrap();
    sandbox.noah().trigger(NoahTrigger::new("Customer")).unwrap();
    sandbox
        .worldline()
        .trigger(WorldlineTrigger::new("payment.paid"))
        .unwrap();
    until(|| {
        sandbox
            .deliveries()
            .iter()
            .all(|delivery| delivery.attempts.len() == 1)
    })
    .await;
    sandbox.switch_webhooks("delay=1h".parse().unwrap());
    sandbox.noah().trigger(NoahTrigger::new("Transaction")).unwrap();
    let before = sandbox.deliveries();
    // What a kill leaves is what lies on the disk at that moment.
    let left = directory.path().join("left");
    std::fs::copy(&state, &left).unwrap();
    sandbox.shutdown().await;

    let receiver = Receiver::start(&[]).await;
    let sandbox = on(&left, &receiver).start().await.unwrap();
    until(|| receiver.received().len() == 2).await;
    until(|| {
        let waits = |number: usize| sandbox.deliveries()[number].state == DeliveryState::Waiting;
        !waits(0) && !waits(1)
    })
    .await;
    let after = sandbox.deliveries();
    assert_eq!(after.len(), 3);
    for (before, after) in before.iter().zip(&after).take(2) {
        assert_eq!(
            (before.number, &before.body, &before.signature),
            (after.number, &after.body, &after.signature)
        );
        assert_eq!(after.attempts.len(), 2);
        let sent = |receiver: &Receiver| {
            let received = receiver.received();
            let own = received.iter().find(|(_, body)| *body == before.body).unwrap();
            own.0
                .get("webhook-signature")
                .or(own.0.get("x-gcs-signature"))
                .cloned()
        };
        assert_eq!(sent(&failing), sent(&receiver));
    }
    assert_eq!(after[2], before[2], "its hour is not over");

    sandbox.resend(3).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), sandbox.drain())
        .await
        .unwrap();
    let next = sandbox.noah().trigger(NoahTrigger::new("Customer")).unwrap();
    assert_eq!(next[0].number, 4, "numbers and versions go on");
    assert!(next[0].event_version > after[2].event_version);
}

#[tokio::test]
async fn what_was_due_meanwhile_goes_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    let receiver = Receiver::start(&[]).await;
    let sandbox = on(&state, &receiver)
        .webhook_switches("delay=200ms".parse().unwrap())
        .start()
        .await
        .unwrap();
    sandbox.noah().trigger(NoahTrigger::new("Customer")).unwrap();
    sandbox.noah().trigger(NoahTrigger::new("Transaction")).unwrap();
    sandbox.shutdown().await;
    assert!(receiver.received().is_empty());
    tokio::time::sleep(Duration::from_millis(250)).await;

    let sandbox = on(&state, &receiver).start().await.unwrap();
    sandbox.drain().await;
    let sent: Vec<_> = receiver.received().into_iter().map(|(_, body)| body).collect();
    let posted: Vec<_> = sandbox
        .deliveries()
        .into_iter()
        .map(|delivery| delivery.body)
        .collect();
    assert_eq!(sent, posted, "in their order");
}

#[tokio::test]
async fn without_an_address_nothing_waits_any_more() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    let failing = Receiver::start(&[500]).await;
    let sandbox = on(&state, &failing).start().await.unwrap();
    sandbox.noah().trigger(NoahTrigger::new("Customer")).unwrap();
    until(|| !sandbox.deliveries()[0].attempts.is_empty()).await;
    sandbox.shutdown().await;

    let sandbox = Sandbox::builder().state(&state).start().await.unwrap();
    sandbox.drain().await;
    let delivery = &sandbox.deliveries()[0];
    assert_eq!(
        (delivery.state, delivery.next_attempt),
        (DeliveryState::NoAddress, None)
    );
}

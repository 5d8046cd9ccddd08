//! The schedule, the log, and sending again: in the library and over HTTP.

use std::time::{Duration, Instant};

use checkout_sandbox::{DeliveryState, NoahTrigger, ResendError, Sandbox, SandboxBuilder};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::signer::{Signer, http, sale, shown};

fn told(receiver: &Receiver) -> Vec<i64> {
    let version = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap()["EventVersion"].as_i64();
    receiver
        .received()
        .iter()
        .map(|(_, body)| version(body).unwrap())
        .collect()
}

fn quick() -> SandboxBuilder {
    Sandbox::builder().webhook_schedule([Duration::from_millis(20), Duration::from_millis(40)])
}

fn trigger(sandbox: &Sandbox) -> u64 {
    sandbox.noah().trigger(NoahTrigger::new("Customer")).unwrap()[0].number
}

fn control(sandbox: &Sandbox, path: &str) -> String {
    let base_url = sandbox.noah().report().base_url.clone();
    format!("{}/_sandbox{path}", base_url.strip_suffix("/v1").unwrap())
}

#[tokio::test]
async fn waits_are_those_of_the_schedule_and_the_next_one_shows() {
    let waits = [80, 160].map(Duration::from_millis);
    let receiver = Receiver::start(&[500, 503]).await;
    let sandbox = Sandbox::builder()
        .noah_webhook(&receiver.url)
        .webhook_schedule(waits)
        .start()
        .await
        .unwrap();
    let number = trigger(&sandbox);
    let first_wait = async {
        loop {
            let delivery = sandbox.deliveries()[0].clone();
            if delivery.attempts.len() == 1 {
                break delivery;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let waiting = tokio::time::timeout(Duration::from_secs(5), first_wait)
        .await
        .unwrap();
    let shown_wait = waiting
        .next_attempt
        .unwrap()
        .duration_since(waiting.attempts[0].at);
    assert_eq!(waiting.state, DeliveryState::Waiting);
    assert!(shown_wait.unwrap() >= waits[0], "{waiting:?}");

    sandbox.drain().await;
    let delivery = &sandbox.deliveries()[0];
    assert_eq!(
        (delivery.number, delivery.state),
        (number, DeliveryState::Delivered)
    );
    assert_eq!(delivery.next_attempt, None);
    let outcomes: Vec<_> = delivery
        .attempts
        .iter()
        .map(|attempt| attempt.outcome.clone())
        .collect();
    assert_eq!(outcomes, [Ok(500), Ok(503), Ok(200)]);
    for (pair, wait) in delivery.attempts.windows(2).zip(waits) {
        assert!(
            pair[1].at.duration_since(pair[0].at).unwrap() >= wait,
            "{delivery:?}"
        );
        assert!(pair[0].took > Duration::ZERO);
    }
}

#[tokio::test]
async fn without_waits_there_is_one_attempt() {
    let receiver = Receiver::start(&[500]).await;
    let sandbox = Sandbox::builder()
        .noah_webhook(&receiver.url)
        .webhook_schedule([])
        .start()
        .await
        .unwrap();
    trigger(&sandbox);
    sandbox.drain().await;
    let delivery = &sandbox.deliveries()[0];
    assert_eq!(
        (delivery.state, delivery.attempts.len()),
        (DeliveryState::GivenUp, 1)
    );
}

#[tokio::test]
async fn a_webhook_that_fails_holds_up_none_behind_it() {
    let receiver = Receiver::start(&[500]).await;
    let sandbox = Sandbox::builder()
        .noah_webhook(&receiver.url)
        .webhook_schedule([Duration::from_millis(300)])
        .start()
        .await
        .unwrap();
    for _ in 0..3 {
        trigger(&sandbox);
    }
    sandbox.drain().await;
    let versions: Vec<i64> = sandbox
        .deliveries()
        .iter()
        .map(|delivery| delivery.event_version.unwrap())
        .collect();
    let [first, second, third] = versions[..] else {
        panic!("{versions:?}")
    };
    assert_eq!(told(&receiver), [first, second, third, first]);
}

#[tokio::test]
async fn what_is_sent_again_has_the_same_bytes_and_signature() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = quick().noah_webhook(&receiver.url).start().await.unwrap();
    let number = trigger(&sandbox);
    sandbox.drain().await;
    let attempt = sandbox.resend(number).await.unwrap();
    assert!(attempt.is_delivered() && attempt.resent);
    let received = receiver.received();
    let [(first, body), (second, again)] = &received[..] else {
        panic!("{}", received.len())
    };
    assert_eq!(body, again);
    assert_eq!(first["webhook-signature"], second["webhook-signature"]);
    let delivery = &sandbox.deliveries()[0];
    assert_eq!(delivery.signature.as_deref().unwrap(), first["webhook-signature"]);
    assert_eq!(delivery.attempts.len(), 2);
}

#[tokio::test]
async fn sending_again_ends_the_wait_of_what_failed() {
    let receiver = Receiver::start(&[500]).await;
    let sandbox = Sandbox::builder()
        .noah_webhook(&receiver.url)
        .webhook_schedule([Duration::from_secs(1)])
        .start()
        .await
        .unwrap();
    let number = trigger(&sandbox);
    while sandbox.deliveries()[0].attempts.is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    sandbox.resend(number).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), sandbox.drain())
        .await
        .unwrap();
    assert_eq!(sandbox.deliveries()[0].state, DeliveryState::Delivered);
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(receiver.received().len(), 2, "its timer finds nothing to do");
    assert_eq!(
        sandbox.resend(number + 1).await.unwrap_err(),
        ResendError::Unknown
    );
}

#[tokio::test]
async fn what_was_not_subscribed_can_be_sent_by_hand_and_what_has_no_address_cannot() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = quick()
        .noah_webhook(&receiver.url)
        .event_types(["Transaction"])
        .start()
        .await
        .unwrap();
    let number = trigger(&sandbox);
    sandbox.drain().await;
    assert!(receiver.received().is_empty());
    sandbox.resend(number).await.unwrap();
    assert_eq!(receiver.received().len(), 1);

    let sandbox = Sandbox::builder().start().await.unwrap();
    let number = trigger(&sandbox);
    assert_eq!(sandbox.resend(number).await.unwrap_err(), ResendError::NoAddress);
}

#[tokio::test]
async fn drain_waits_for_duplicates_delays_and_attempts() {
    let receiver = Receiver::start(&[500, 500]).await;
    let sandbox = quick()
        .noah_webhook(&receiver.url)
        .webhook_switches("duplicates=2,delay=200ms,reorder".parse().unwrap())
        .start()
        .await
        .unwrap();
    let began = Instant::now();
    trigger(&sandbox);
    sandbox.drain().await;
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert_eq!(receiver.received().len(), 5, "three, of which two failed once");
    assert!(
        sandbox
            .deliveries()
            .iter()
            .all(|delivery| delivery.state == DeliveryState::Delivered)
    );
}

/// The log over HTTP, with what differs from run to run replaced.
async fn read(path: &str) -> Value {
    let mut answer = shown(http().get(path).send().await.unwrap()).await;
    let body = &mut answer["body"];
    let rows = match body {
        Value::Array(rows) => rows.iter_mut().collect(),
        row => vec![row],
    };
    for row in rows {
        for (pointer, redacted) in [
            ("/EventVersion", "<ms>"),
            ("/Signature", "<signature>"),
            ("/Attempts/0/At", "<time>"),
            ("/Attempts/0/Milliseconds", "<ms>"),
            ("/Attempts/1/At", "<time>"),
            ("/Attempts/1/Milliseconds", "<ms>"),
            ("/Body/EventVersion", "<ms>"),
            ("/Body/Occurred", "<time>"),
            ("/Body/UserID", "<user>"),
            ("/Body/Data/Created", "<time>"),
            ("/Body/Data/ID", "<id>"),
        ] {
            if let Some(value) = row.pointer_mut(pointer) {
                *value = redacted.into();
            }
        }
    }
    answer
}

#[tokio::test]
async fn the_log_over_http_is_masked_until_asked_for() {
    let receiver = Receiver::start(&[500]).await;
    let sandbox = quick().noah_webhook(&receiver.url).start().await.unwrap();
    Signer::of(&sandbox)
        .send("/checkout/sell", &sale("n").to_string())
        .await;
    trigger(&sandbox);
    sandbox.drain().await;

    let list = read(&control(&sandbox, "/deliveries")).await;
    let sold = read(&control(&sandbox, "/deliveries/1")).await;
    let customer = read(&control(&sandbox, "/deliveries/2")).await;
    insta::assert_json_snapshot!(json!({ "list": list, "sale": sold, "customer": customer }));

    let revealed = read(&control(&sandbox, "/deliveries/2?reveal=1")).await;
    assert_eq!(
        revealed["body"]["Body"].as_str().unwrap().as_bytes(),
        sandbox.deliveries()[1].body
    );
}

#[tokio::test]
async fn the_log_sends_again_over_http() {
    let receiver = Receiver::start(&[]).await;
    let sandbox = quick().noah_webhook(&receiver.url).start().await.unwrap();
    trigger(&sandbox);
    sandbox.drain().await;
    let resend = async |path: &str| {
        let answer = http().post(control(&sandbox, path)).send().await.unwrap();
        let mut answer = shown(answer).await;
        answer["body"]["Instance"] = "<instance>".into();
        answer
    };
    let resent = resend("/deliveries/1/resend").await;
    assert_eq!(resent["body"]["Attempts"][1]["Resent"], true);
    assert_eq!(receiver.received().len(), 2);

    let mut refused = Vec::new();
    for path in ["/deliveries/2/resend", "/deliveries/one/resend"] {
        refused.push(resend(path).await);
    }
    let foreign = http()
        .post(control(&sandbox, "/deliveries/1/resend"))
        .header("Origin", "https://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    assert_eq!(receiver.received().len(), 2);
    insta::assert_json_snapshot!(refused);
}

#[tokio::test]
async fn the_public_key_is_served() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let answer = http()
        .get(control(&sandbox, "/noah/webhook-key"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "application/x-pem-file");
    assert_eq!(
        answer.text().await.unwrap(),
        sandbox.noah().report().webhook_public_key.as_str()
    );
}

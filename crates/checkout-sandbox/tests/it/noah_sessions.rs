//! Sessions from their opening to their end.

use std::collections::HashSet;
use std::time::Duration;

use checkout_sandbox::{Ending, Sandbox, TransitionError};
use serde_json::{Value, json};

use crate::signer::{Signer, payin, sale, shown, with, without};

const PAYIN: &str = "/checkout/payin/fiat";

async fn opened(signer: &Signer, path: &str, body: &Value) -> Value {
    let answer = signer.send(path, &body.to_string()).await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

fn payin_id(answer: &Value) -> String {
    answer["CheckoutSession"]["CheckoutSessionID"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn answers_are_as_documented() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let mut payin = opened(&signer, PAYIN, &payin("nonce-1")).await;
    let mut sale = opened(&signer, "/checkout/sell", &sale("nonce-1")).await;
    let mut managed = opened(&signer, "/checkout/manage", &json!({"CustomerID": "customer-1"})).await;
    for answer in [&mut payin, &mut sale, &mut managed] {
        let url = answer["HostedURL"].as_str().unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        assert_eq!(signer.http.get(url).send().await.unwrap().status(), 200);
        answer["HostedURL"] = "<url>".into();
    }
    let id = uuid::Uuid::parse_str(&payin_id(&payin)).unwrap();
    assert_ne!(id.to_string(), sale["Transaction"]["ID"].as_str().unwrap());
    insta::assert_json_snapshot!([payin, sale, managed], {
        "[].CheckoutSession.CheckoutSessionID" => "<id>",
        "[].CheckoutSession.Created" => "<time>",
        "[].Transaction.ID" => "<id>",
        "[].Transaction.Created" => "<time>",
    });
}

#[tokio::test]
async fn an_amount_that_cannot_be_exact_is_left_out() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let long = "1.".to_owned() + &"1".repeat(36);
    let answer = opened(
        &signer,
        PAYIN,
        &with(payin("nonce-1"), "/FiatAmount", json!(long)),
    )
    .await;
    assert_eq!(answer["CheckoutSession"]["SourceAmount"], long.as_str());
    assert!(answer["CheckoutSession"].get("DestinationAmount").is_none());
}

#[tokio::test]
async fn a_repeated_nonce_gets_the_first_answer_byte_for_byte() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("nonce-1").to_string();
    let first = signer.send(PAYIN, &body).await.bytes().await.unwrap();
    let id = payin_id(&serde_json::from_slice(&first).unwrap());
    sandbox.noah().settle(&id).unwrap();
    assert_eq!(
        signer.send(PAYIN, &body).await.bytes().await.unwrap(),
        first,
        "even after the session has moved on"
    );

    let other = with(payin("nonce-1"), "/FiatAmount", json!("10.100")).to_string();
    let conflict = shown(signer.send(PAYIN, &other).await).await;
    insta::assert_json_snapshot!(conflict);

    // Another operation and another API key have Nonces of their own.
    opened(&signer, "/checkout/sell", &sale("nonce-1")).await;
    let mut unsigned = Signer::of(&sandbox);
    unsigned.api_key = sandbox.noah().report().unsigned_api_key.clone();
    let third = unsigned
        .unsigned(PAYIN, &body)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_ne!(third, first);
}

#[tokio::test]
async fn a_refused_request_leaves_its_nonce_free() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    assert_eq!(
        signer
            .send(PAYIN, &without(payin("nonce-1"), "/Customer").to_string())
            .await
            .status(),
        404
    );
    opened(&signer, PAYIN, &payin("nonce-1")).await;
    // From now on the customer is known.
    opened(&signer, PAYIN, &without(payin("nonce-2"), "/Customer")).await;
}

#[tokio::test]
async fn concurrent_requests_with_one_nonce_make_one_session() {
    let sandbox = Sandbox::builder()
        .latency(Duration::from_millis(20))
        .start()
        .await
        .unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("nonce-1").to_string();
    let answers = futures::future::join_all((0..20).map(|_| signer.send(PAYIN, &body))).await;
    let mut bodies = HashSet::new();
    for answer in answers {
        assert_eq!(answer.status(), 200);
        bodies.insert(answer.bytes().await.unwrap());
    }
    assert_eq!(bodies.len(), 1);
    assert_eq!(sandbox.noah().deliveries().len(), 1, "one session, one event");
}

/// What the real API does, too: a time-out says nothing about whether the request took effect.
#[tokio::test]
async fn a_request_whose_client_gave_up_is_done_all_the_same() {
    let sandbox = Sandbox::builder()
        .latency(Duration::from_millis(600))
        .start()
        .await
        .unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("nonce-1").to_string();
    let impatient = signer
        .request(PAYIN, &body, &signer.claims(PAYIN, &body))
        .timeout(Duration::from_millis(300));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    let done = async {
        while sandbox.noah().deliveries().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), done)
        .await
        .expect("the session is opened though nobody waits for it");
    let told: Value = serde_json::from_slice(&sandbox.noah().deliveries()[0].body).unwrap();
    let id = told["Data"]["CheckoutSessionID"].as_str().unwrap();

    let again = signer.send(PAYIN, &body).await.bytes().await.unwrap();
    assert_eq!(payin_id(&serde_json::from_slice(&again).unwrap()), id);
    assert_eq!(signer.send(PAYIN, &body).await.bytes().await.unwrap(), again);
    assert_eq!(sandbox.noah().deliveries().len(), 1, "one session, one event");

    // A new Nonce is a new payment. Whoever repeats like that pays twice, and the ledger shows it.
    let other = payin_id(&opened(&signer, PAYIN, &payin("nonce-2")).await);
    assert_ne!(other, id);
    sandbox.noah().settle(id).unwrap();
    sandbox.noah().settle(&other).unwrap();
    let ledger = sandbox.noah().ledger();
    assert_eq!(ledger.entries.len(), 2);
    assert_eq!(
        serde_json::to_value(&ledger.totals[0]).unwrap()["FiatAmount"],
        "20.20"
    );
}

#[tokio::test]
async fn repetitions_of_a_request_that_still_runs_join_it() {
    let sandbox = Sandbox::builder()
        .latency(Duration::from_millis(600))
        .start()
        .await
        .unwrap();
    let signer = Signer::of(&sandbox);
    let body = payin("nonce-1").to_string();
    let impatient = signer
        .request(PAYIN, &body, &signer.claims(PAYIN, &body))
        .timeout(Duration::from_millis(300));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    assert!(sandbox.noah().deliveries().is_empty(), "still running");
    let (second, third) = tokio::join!(signer.send(PAYIN, &body), signer.send(PAYIN, &body));
    assert_eq!(second.bytes().await.unwrap(), third.bytes().await.unwrap());
    assert_eq!(sandbox.noah().deliveries().len(), 1);
}

#[tokio::test]
async fn a_session_ends_once() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let noah = sandbox.noah();
    let paid = payin_id(&opened(&signer, PAYIN, &payin("nonce-1")).await);
    let declined = payin_id(&opened(&signer, PAYIN, &payin("nonce-2")).await);
    let sold = opened(&signer, "/checkout/sell", &sale("nonce-3")).await["Transaction"]["ID"]
        .as_str()
        .unwrap()
        .to_owned();

    assert_eq!(noah.settle(&paid).unwrap().outcome, Some(Ending::Settled));
    assert_eq!(noah.fail(&declined).unwrap().outcome, Some(Ending::Failed));
    assert_eq!(noah.settle(&sold).unwrap().session_id, sold);
    let posted = noah.deliveries().len();
    assert_eq!(noah.settle(&paid).unwrap().outcome, Some(Ending::Settled));
    assert_eq!(noah.deliveries().len(), posted, "ending again posts nothing");
    assert_eq!(noah.fail(&paid), Err(TransitionError::Final(Ending::Settled)));
    assert_eq!(
        noah.settle(&declined),
        Err(TransitionError::Final(Ending::Failed))
    );
    assert_eq!(noah.settle("nobody"), Err(TransitionError::Unknown));

    let ledger = serde_json::to_value(noah.ledger()).unwrap();
    insta::assert_json_snapshot!(ledger, {
        ".Entries[].SessionID" => "<id>",
        ".Entries[].TransactionID" => "<id>",
        ".Entries[].Settled" => "<time>",
    });
}

#[tokio::test]
async fn a_managed_session_has_nothing_to_pay() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    opened(&signer, PAYIN, &payin("nonce-1")).await;
    let managed = opened(&signer, "/checkout/manage", &json!({"CustomerID": "customer-1"})).await;
    let id = managed["HostedURL"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(sandbox.noah().settle(&id), Err(TransitionError::NothingToPay));
}

#[tokio::test]
async fn a_thousand_concurrent_ends_settle_once() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let signer = Signer::of(&sandbox);
    let id = payin_id(&opened(&signer, PAYIN, &payin("nonce-1")).await);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..125).for_each(|_| drop(sandbox.noah().settle(&id).unwrap())));
        }
    });
    assert_eq!(sandbox.noah().ledger().entries.len(), 1);
}

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::response::IntoResponse as _;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::sync::watch;

use super::agenda::Lane;
use super::log::LOGGED;
use super::*;
use crate::engine::control::Feed;
use crate::engine::ground::{Ground, Ids};
use crate::engine::spec::Api;

/// A form without an envelope or a key.
struct Plain;

impl WebhookForm for Plain {
    fn is_subscribed(&self, _: &str) -> bool {
        true
    }

    fn write(&self, event: &Event, _: SystemTime, _: &Ids, _: &mut dyn FnMut() -> i64) -> Written {
        Written {
            version: None,
            id: None,
            body: event.data.to_string().into(),
        }
    }

    fn sign(&self, body: &[u8], _: bool, _: &Ids) -> Result<Vec<u8>, String> {
        Ok(body.to_vec())
    }

    fn headers<'a>(&'a self, signature: &'a str) -> Vec<(&'static str, &'a str)> {
        vec![("Signature", signature)]
    }
}

const NOWHERE: &str = "http://127.0.0.1:9";

fn courier_of(address: Option<&str>, feed: Feed) -> (Arc<Courier>, Vec<Lane>) {
    let address = address.map(|address| address.parse().unwrap());
    let settings = Settings {
        apis: vec![(Api::Noah, address, Arc::new(Plain))],
        schedule: WebhookSchedule::default(),
        switches: WebhookSwitches::default(),
    };
    Courier::new(Arc::new(Ground::for_tests()), settings, feed).unwrap()
}

fn courier(address: Option<&str>) -> (Arc<Courier>, Vec<Lane>) {
    courier_of(address, Feed::new(watch::Sender::new(()).subscribe()))
}

fn post(courier: &Courier, events: usize) {
    let event = || Event {
        api: Api::Noah,
        event_type: "Transaction".to_owned(),
        data: Arc::new("data".into()),
    };
    let mut batch = courier.ground.batch();
    courier.post(courier.draft((0..events).map(|_| event()).collect(), &mut batch));
}

fn attempt(outcome: Result<u16, String>) -> Attempt {
    Attempt {
        at: SystemTime::UNIX_EPOCH,
        took: Duration::ZERO,
        resent: false,
        outcome,
    }
}

async fn drained(courier: &Courier) {
    tokio::time::timeout(Duration::from_secs(5), courier.drain())
        .await
        .expect("nothing waits any more");
}

#[test]
fn what_holds_keys_and_persons_has_no_debug() {
    assert_unprintable!(
        super::Courier,
        super::Event,
        super::Settings,
        super::posting::Posting<'static>,
        crate::noah::webhooks::Webhooks,
        crate::worldline::webhooks::Webhooks,
    );
}

#[tokio::test]
async fn a_webhook_posted_after_the_end_waits_for_nobody() {
    let (courier, lanes) = courier(Some(NOWHERE));
    post(&courier, 2);
    assert_eq!(*courier.open.borrow(), 2);
    let stop = watch::Sender::new(());
    let stopped = stop.subscribe();
    drop(stop);
    run(Arc::clone(&courier), lanes, stopped).await;
    drained(&courier).await;
    post(&courier, 2);
    drained(&courier).await;
    assert_eq!(courier.deliveries().len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posting_and_ending_do_not_race() {
    for _ in 0..300 {
        let (courier, _lanes) = courier(Some(NOWHERE));
        std::thread::scope(|scope| {
            scope.spawn(|| (0..20).for_each(|_| post(&courier, 1)));
            scope.spawn(|| courier.close());
        });
        assert_eq!(*courier.open.borrow(), 0);
        drained(&courier).await;
    }
}

#[test]
fn the_log_keeps_the_last_deliveries() {
    let (courier, _lanes) = courier(None);
    post(&courier, LOGGED);
    post(&courier, 1);
    let numbers: Vec<u64> = courier
        .deliveries()
        .iter()
        .map(|delivery| delivery.number)
        .collect();
    assert_eq!(numbers, (2..=LOGGED as u64 + 1).collect::<Vec<_>>());
    assert_eq!(courier.delivery(1), None);
    assert_eq!(courier.delivery(2).as_ref(), courier.deliveries().first());
}

#[test]
fn the_log_drops_no_webhook_that_waits() {
    let (courier, _lanes) = courier(Some(NOWHERE));
    post(&courier, LOGGED + 1);
    assert_eq!(courier.deliveries().len(), LOGGED + 1);
    courier.note(1, attempt(Ok(200)));
    courier.note(3, attempt(Ok(200)));
    post(&courier, 1);
    assert_eq!(
        courier.deliveries().len(),
        LOGGED + 1,
        "the second one still waits"
    );
}

#[tokio::test]
async fn every_change_of_a_delivery_is_told() {
    let stop = watch::Sender::new(());
    let feed = Feed::new(stop.subscribe());
    let mut stream = feed.stream().into_response().into_body();
    let (courier, _lanes) = courier_of(Some(NOWHERE), feed);
    post(&courier, 1);
    courier.note(1, attempt(Err("no connection".to_owned())));
    courier.note(1, attempt(Ok(200)));
    for (state, attempts) in [("Waiting", 0), ("Waiting", 1), ("Delivered", 2)] {
        let told = stream.frame().await.unwrap().unwrap().into_data().unwrap();
        let told = std::str::from_utf8(&told).unwrap();
        let told = told.strip_prefix("event: delivery\ndata: ").unwrap();
        let told: Value = serde_json::from_str(told).unwrap();
        assert_eq!((&told["Number"], &told["State"]), (&1.into(), &state.into()));
        assert_eq!(told["Attempts"].as_array().unwrap().len(), attempts);
    }
}

#[test]
fn an_attempt_by_hand_that_fails_costs_none_of_the_schedule() {
    let (courier, _lanes) = courier(Some(NOWHERE));
    post(&courier, 1);
    let by_hand = Attempt {
        resent: true,
        ..attempt(Ok(500))
    };
    let schedule = courier.schedule.waits().to_vec();
    assert_eq!(courier.note(1, attempt(Ok(500))), Some(schedule[0]));
    assert_eq!(courier.note(1, by_hand.clone()), None);
    assert_eq!(courier.note(1, attempt(Ok(500))), Some(schedule[1]));
    assert_eq!(courier.note(1, attempt(Ok(500))), None);
    let delivery = courier.delivery(1).unwrap();
    assert_eq!(
        (delivery.state, delivery.next_attempt),
        (DeliveryState::GivenUp, None)
    );
    courier.note(1, by_hand);
    assert_eq!(courier.delivery(1).unwrap().state, DeliveryState::GivenUp);
    courier.note(1, attempt(Ok(204)));
    assert_eq!(courier.delivery(1).unwrap().state, DeliveryState::Delivered);
    assert_eq!(*courier.open.borrow(), 0);
}

//! What became of an order, by its transactions.

use std::time::{Duration, SystemTime};

use checkout_core::clock::FixedClock;
use checkout_transport::testing::{ScriptedWire, Step};
use hosted_checkout::key::{Algorithm, SigningKey};
use hosted_checkout::noah::{Credentials, LookBack, Noah, Reconciled, TransactionStatus, Unfinished};
use hosted_checkout::{CallOptions, Error, ErrorKind};
use serde_json::{Value, json};

const ORDERED: &str = "2026-02-03T10:00:00Z";

/// A transaction made so many minutes after the order.
fn made(id: u32, minutes: i64, external_id: &Value) -> Value {
    let ordered: jiff::Timestamp = ORDERED.parse().unwrap();
    let created = ordered + jiff::SignedDuration::from_mins(minutes);
    json!({
        "ID": format!("3b1c7f5e-2a0e-4f6e-8a87-5d2f6b0c{id:04}"), "Status": "Settled", "Direction": "In",
        "CryptoCurrency": "USDC_TEST", "Created": created.to_string(), "ExternalID": external_id,
    })
}

fn other(id: u32, minutes: i64) -> Value {
    made(id, minutes, &json!(format!("order-of-another-{id}")))
}

fn ours(id: u32, minutes: i64) -> Value {
    made(id, minutes, &json!("order-7"))
}

/// Pages, each of which names the next, the last one none.
fn pages<const N: usize>(pages: [Vec<Value>; N]) -> Vec<Step> {
    let page = |(number, items)| {
        let mut page = json!({ "Items": items });
        if number < N {
            page["PageToken"] = format!("page-{number}").into();
        }
        Step::respond(200).body(page.to_string())
    };
    (1..).zip(pages).map(page).collect()
}

fn look() -> LookBack {
    let ordered: jiff::Timestamp = ORDERED.parse().unwrap();
    LookBack::to(ordered)
}

/// A day after the order.
fn now() -> SystemTime {
    look().ordered_at + Duration::from_secs(86_400)
}

/// What is found, and how many pages were asked for.
async fn reconciled(steps: Vec<Step>, look: LookBack) -> (Result<Reconciled, Error>, usize) {
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    let wire = ScriptedWire::new(steps);
    let noah = Noah::builder(Credentials::sandbox("apikey_sandbox_1", key).unwrap())
        .wire(wire.clone())
        .options(CallOptions::DEFAULT.attempts(1))
        .clock(FixedClock::new(now()))
        .build()
        .unwrap();
    let done = noah.transactions().reconcile("order-7", look).await;
    (done, wire.sent().len())
}

fn ids(all: &[hosted_checkout::noah::models::Transaction]) -> Vec<&str> {
    all.iter()
        .map(|one| one.id.text().unwrap().split_at(32).1)
        .collect()
}

#[tokio::test]
async fn all_that_bear_the_id_are_found_on_whatever_page() {
    let steps = pages([
        vec![other(9, 60), other(8, 50)],
        vec![other(7, 40), ours(6, 30)],
        vec![ours(5, 20), other(4, -30)],
        // Older than the order, and within the margin.
        vec![ours(3, -40), other(2, -59)],
        // At its very edge, which the next page may share.
        vec![other(1, -60)],
        // Beyond it; the first page of which all is.
        vec![other(1, -61)],
        vec![ours(0, -62)],
    ]);
    let (done, asked) = reconciled(steps, look()).await;
    let Reconciled::Found(found) = done.unwrap() else {
        panic!()
    };
    assert_eq!(ids(&found), ["0006", "0005", "0003"]);
    assert_eq!(asked, 6);
}

/// A new transaction moves one to the next page while the list is read: it comes twice, and counts once, as it is at last.
#[tokio::test]
async fn one_that_moves_between_pages_counts_once() {
    let mut before = ours(6, 30);
    before["Status"] = "Pending".into();
    let steps = pages([vec![other(7, 40), before], vec![ours(6, 30), other(5, 20)]]);
    let (done, _) = reconciled(steps, look()).await;
    let Reconciled::Found(found) = done.unwrap() else {
        panic!()
    };
    assert_eq!(ids(&found), ["0006"]);
    assert_eq!(found[0].status, TransactionStatus::Settled);
}

/// Without ids nobody knows that two are one.
#[tokio::test]
async fn two_without_an_id_are_two() {
    for id in [json!(7), Value::Null] {
        let nameless = |status: &str| {
            let mut one = ours(6, 30);
            one["ID"] = id.clone();
            one["Status"] = status.into();
            one
        };
        let (done, _) = reconciled(pages([vec![nameless("Settled"), nameless("Failed")]]), look()).await;
        let Reconciled::Found(found) = done.unwrap() else {
            panic!()
        };
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].status, TransactionStatus::Settled);
    }
}

/// Times that are equal, and clocks that differ within the margin.
#[tokio::test]
async fn equal_times_and_skewed_clocks_hide_none() {
    // Ours stands last of those of one moment, on the next page, and by NOAH's clock before it was ordered.
    let steps = pages([
        vec![other(9, -59), other(8, -59)],
        vec![other(7, -59), ours(6, -59)],
        vec![other(5, -61)],
    ]);
    let (done, _) = reconciled(steps, look()).await;
    let Reconciled::Found(found) = done.unwrap() else {
        panic!()
    };
    assert_eq!(ids(&found), ["0006"]);
}

#[tokio::test]
async fn not_seen_names_the_time_that_was_reached() {
    let ordered: jiff::Timestamp = ORDERED.parse().unwrap();
    let hour_before = SystemTime::from(ordered) - Duration::from_secs(3600);
    for (steps, pages) in [
        (
            pages([vec![other(9, 60)], vec![other(8, -61)], vec![ours(7, -62)]]),
            2,
        ),
        // The list ends before.
        (pages([vec![other(9, 60)], vec![other(8, 50)]]), 2),
        (pages([vec![]]), 1),
        // Of a page whose times cannot be read nobody knows that it is older.
        (
            pages([
                vec![
                    json!({"ID": "a", "Status": "Settled", "Direction": "In", "CryptoCurrency": "USDC_TEST", "Created": "?"}),
                ],
                vec![other(8, -61)],
            ]),
            2,
        ),
    ] {
        let (done, asked) = reconciled(steps, look()).await;
        let done = done.unwrap();
        assert!(
            matches!(done, Reconciled::NotSeen { back_to } if back_to == hour_before),
            "{done:?}"
        );
        assert_eq!(asked, pages);
    }
}

#[tokio::test]
async fn a_list_that_ends_with_the_last_page_that_is_allowed_was_read_whole() {
    let steps = pages([vec![other(8, 50)], vec![ours(9, 40)]]);
    let (done, asked) = reconciled(steps, LookBack { pages: 2, ..look() }).await;
    let done = done.unwrap();
    assert!(
        matches!(&done, Reconciled::Found(all) if ids(all) == ["0009"]),
        "{done:?}"
    );
    assert_eq!(asked, 2);
}

#[tokio::test]
async fn what_is_not_finished_keeps_what_was_found_and_says_what_to_do() {
    let first = || vec![ours(9, 60), other(8, 50)];
    let mut odd = other(7, 40);
    odd["ExternalID"] = json!(7);
    let mut told = Vec::new();
    for (steps, look) in [
        (
            pages([first(), vec![other(1, 0)]]),
            LookBack { pages: 1, ..look() },
        ),
        (pages([first(), vec![odd]]), look()),
        (
            vec![pages([first(), vec![]]).remove(0), Step::respond(503)],
            look(),
        ),
        // Oldest first: ours may stand on a later page.
        (
            pages([first(), vec![other(1, -90), other(2, -80)], vec![ours(3, 5)]]),
            look(),
        ),
        (pages([first(), vec![], vec![ours(3, 5)]]), look()),
        // A list that leads back to where it was.
        (
            vec![
                pages([first(), vec![]]).remove(0),
                pages([first(), vec![]]).remove(0),
            ],
            look(),
        ),
    ] {
        let (done, _) = reconciled(steps, look).await;
        let Reconciled::Unfinished { found, back_to, why } = done.unwrap() else {
            panic!()
        };
        assert_eq!(ids(&found), ["0009"]);
        assert!(back_to.is_some());
        told.push(why.to_string());
    }
    insta::assert_snapshot!(told.join("\n"));

    let (done, asked) = reconciled(
        pages([first()]),
        LookBack {
            time: Duration::ZERO,
            ..look()
        },
    )
    .await;
    let done = done.unwrap();
    assert!(
        matches!(
            &done,
            Reconciled::Unfinished {
                why: Unfinished::Time,
                ..
            }
        ),
        "{done:?}"
    );
    assert_eq!(asked, 0);
}

#[tokio::test]
async fn without_a_first_page_and_with_an_id_that_is_none_it_is_an_error() {
    let (done, _) = reconciled(vec![Step::respond(401)], look()).await;
    assert_eq!(done.unwrap_err().kind(), ErrorKind::ClientError);
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    let noah = Noah::sandbox("apikey_sandbox_1", key).unwrap();
    let error = noah
        .transactions()
        .reconcile("x".repeat(37), look())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let of_future = |ahead| LookBack {
        margin: Duration::ZERO,
        ..LookBack::to(now() + Duration::from_secs(ahead))
    };
    let (done, asked) = reconciled(pages([vec![]]), of_future(1)).await;
    assert_eq!((done.unwrap_err().kind(), asked), (ErrorKind::InvalidRequest, 0));
    // This very moment is none of the future.
    let (done, asked) = reconciled(pages([vec![]]), of_future(0)).await;
    assert!(matches!(done, Ok(Reconciled::NotSeen { .. })), "{done:?}");
    assert_eq!(asked, 1);
}

//! README.md's table of failures, row by row, against what the client does.

use std::collections::BTreeSet;
use std::time::Duration;

use checkout_core::clock::FixedClock;
use checkout_transport::testing::{ScriptedWire, Step};
use checkout_transport::{CallOptions, Error, ErrorKind, Outcome, WireErrorKind};
use hosted_checkout::noah::{Checkout, Credentials, Noah, PreparedPayIn};
use serde_json::json;
use tests::spec;

use crate::shop::{API_KEY, NOW, example, key, manage, pay_in, prepared_pay_in};

/// A row of the table, in the words of the README.
pub(crate) struct Row {
    what: String,
    kind: String,
    pub(crate) money: String,
    again: String,
    advice: String,
}

impl Row {
    /// Whether it is sent again by itself, with this code, if the API knows a repeat of it or not.
    pub(crate) fn is_sent_again(&self, code: &str, recognised: bool) -> bool {
        let is_waited_for = || self.advice.contains(&format!("code {code} is waited for"));
        self.again == "yes" || recognised && (self.again == "with a key" || is_waited_for())
    }
}

/// The row of a status outside 2xx.
pub(crate) fn row_of(status: u16) -> Row {
    let rows = rows();
    let named = rows.iter().position(|row| {
        let mut words = row.what.split(|character: char| !character.is_ascii_digit());
        words.any(|word| word.parse() == Ok(status))
    });
    let of_class = match status {
        400..500 => rows
            .iter()
            .position(|row| row.what.ends_with("and other refusals")),
        _ => rows.iter().position(|row| row.what.ends_with("and other 5xx")),
    };
    let found = named
        .or(of_class)
        .unwrap_or_else(|| panic!("README has no row of {status}"));
    rows.into_iter().nth(found).unwrap()
}

fn rows() -> Vec<Row> {
    let readme = include_str!("../../../README.md");
    let (_, table) = readme.split_once("| what happened | `error.kind()` |").unwrap();
    table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [what, kind, money, again, advice] = cells[..] else {
                panic!("{line} has not five cells")
            };
            assert!(!advice.is_empty(), "{line}");
            Row {
                what: what.to_owned(),
                kind: kind.trim_matches('`').to_owned(),
                money: money.to_owned(),
                again: again.to_owned(),
                advice: advice.to_owned(),
            }
        })
        .collect()
}

/// What each row means, one or more times over.
fn steps(what: &str) -> Vec<Step> {
    let session = || example(spec::noah(), "CheckoutSessionResponse", "Pending").to_string();
    let statuses = |statuses: &[u16]| statuses.iter().map(|status| Step::respond(*status)).collect();
    match what {
        "no connection: DNS, TCP, TLS, proxy" => vec![Step::refuse_connection()],
        "no connection in time" => vec![Step::connect_timeout()],
        "no answer in time" => vec![Step::hang(), Step::fail(WireErrorKind::Timeout)],
        "the connection was cut, or what came was no HTTP" => vec![Step::cut()],
        "a 2xx whose body stalls" => vec![Step::respond(200).body(session()).stall_body_after(9)],
        "a 2xx whose body is cut" => vec![Step::respond(200).body(session()).cut_body_after(9)],
        "a 2xx larger than the limit" => vec![Step::respond(200).body(vec![b' '; 1024 * 1024 + 1])],
        "a 2xx that cannot be read" => ["", "<html>", "{}"]
            .map(|body| Step::respond(200).body(body))
            .to_vec(),
        "a 2xx that contradicts the request" => {
            let mut other = example(spec::noah(), "CheckoutSessionResponse", "Pending");
            other["CheckoutSession"]["SourceCurrency"] = json!("EUR");
            other["HostedURL"] = json!("https://evil.example/");
            vec![Step::respond(200).body(other.to_string())]
        }
        "3xx, which is never followed" => statuses(&[301, 302, 303, 307, 308]),
        "400, 404, 422 and other refusals" => statuses(&[400, 404, 405, 410, 413, 415, 422, 451]),
        "401" => statuses(&[401]),
        "402, 403" => statuses(&[402, 403]),
        "408" => statuses(&[408]),
        "409" => statuses(&[409]),
        "429" => statuses(&[429]),
        "500, 502, 504 and other 5xx" => statuses(&[500, 502, 504, 507, 520, 599]),
        "503" => statuses(&[503]),
        "501, 505 and other 5xx that no repeat mends" => statuses(&[501, 505, 506, 508, 510, 511]),
        "a status that HTTP does not know" => statuses(&[600, 777, 999]),
        _ => Vec::new(),
    }
}

fn checkout(step: &Step, attempts: u32) -> (Checkout, ScriptedWire) {
    let wire = ScriptedWire::new(std::iter::repeat_n(step.clone(), 5));
    let noah = Noah::builder(Credentials::sandbox(API_KEY, key()).unwrap())
        .wire(wire.clone())
        .options(CallOptions::DEFAULT.attempts(attempts))
        .clock(FixedClock::at_unix(NOW))
        .build()
        .unwrap();
    (noah.checkout(), wire)
}

fn assert_row(row: &Row, error: &Error) {
    let kind = format!("{:?}", error.kind());
    assert_eq!(kind, row.kind, "{}", row.what);
    assert_eq!(money(error), row.money, "{}", row.what);
}

pub(crate) fn money(error: &Error) -> &'static str {
    match error.outcome() {
        Outcome::NotSent => "not sent",
        Outcome::Refused => "refused",
        Outcome::Unknown => "unknown",
    }
}

/// What becomes of a pay-in that is not sent at all, as the process that made it sees it, and as another does that read it
/// from storage: nobody told that one whether it was sent. `None` for a row of something else.
async fn unsent(what: &str) -> Option<(Error, Error)> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let wire = ScriptedWire::default();
    let clock = FixedClock::at_unix(NOW);
    let made_by = |credentials: Credentials| {
        let noah = Noah::builder(credentials).wire(wire.clone()).clock(clock.clone());
        noah.build().unwrap().checkout()
    };
    let sandbox = made_by(Credentials::sandbox(API_KEY, key()).unwrap());
    let fresh = prepared_pay_in(&sandbox, "order-7", "nonce-7").unwrap();
    let stored = serde_json::to_string(&fresh).unwrap();
    let sender = match what {
        "the request is older than the API remembers its key" => {
            clock.advance(DAY + Duration::from_secs(1));
            sandbox
        }
        "a setting is wrong, or the request is for another environment" => {
            made_by(Credentials::production("apikey_prod_sample1", key()).unwrap())
        }
        "its credentials are of another account than it was made for" => {
            made_by(Credentials::sandbox("apikey_sandbox_another", key()).unwrap())
        }
        _ => return None,
    };
    let restored: PreparedPayIn = serde_json::from_str(&stored).unwrap();
    let errors = (
        sender.send(&fresh).await.unwrap_err(),
        sender.send(&restored).await.unwrap_err(),
    );
    assert!(wire.sent().is_empty(), "{what}");
    Some(errors)
}

fn assert_unsent(row: &Row, fresh: &Error, restored: &Error) {
    for error in [fresh, restored] {
        assert_eq!(format!("{:?}", error.kind()), row.kind, "{}", row.what);
    }
    let said = format!("{}; {} if it was sent before", money(fresh), money(restored));
    assert_eq!(said, row.money, "{}", row.what);
    assert_eq!(said, "not sent; unknown if it was sent before", "{}", row.what);
    assert_eq!(row.again, "no", "{}", row.what);
}

#[tokio::test(start_paused = true)]
async fn every_row_of_the_readme_is_what_happens() {
    let mut kinds = BTreeSet::new();
    let mut unplayed = Vec::new();
    for row in rows() {
        kinds.insert(row.kind.clone());
        if let Some((fresh, restored)) = unsent(&row.what).await {
            assert_unsent(&row, &fresh, &restored);
            continue;
        }
        let steps = steps(&row.what);
        if steps.is_empty() {
            unplayed.push(row.what.clone());
        }
        for step in steps {
            let (checkout, wire) = checkout(&step, 3);
            let error = pay_in(&checkout).await.unwrap_err();
            assert_row(&row, &error);
            let keyed = wire.sent().len();
            // Managed sessions have no Nonce.
            let (checkout, wire) = self::checkout(&step, 3);
            let without_key = match manage(&checkout).await {
                Ok(_) => 0,
                Err(_) => wire.sent().len(),
            };
            let expected = match row.again.as_str() {
                "yes" => (3, 3),
                "with a key" => (3, 1),
                "no" => (1, 1),
                other => panic!("{other}: is it sent again or not?"),
            };
            // An unreadable or contradicting pay-in may be a good managed session: there, keys decide nothing.
            let without_key = if without_key == 0 { expected.1 } else { without_key };
            assert_eq!((keyed, without_key), expected, "{}: {step:.60?}", row.what);
        }
    }
    // Other tests play these: `a_pay_in_with_many_faults` (here), `a_payment_without_a_key_is_never_sent_twice`
    // (checkout-transport; no operation of a spec moves money and has no key) and
    // `a_request_that_cannot_be_signed_is_not_sent` (checkout-transport).
    assert_eq!(
        unplayed,
        [
            "a rule of the spec or of the arithmetic is broken",
            "it may have been sent before, moves money and has no key",
            "the request could not be signed",
        ]
    );
    let all: BTreeSet<String> = ErrorKind::ALL.iter().map(|kind| format!("{kind:?}")).collect();
    assert_eq!(kinds, all, "every kind has its row");
}

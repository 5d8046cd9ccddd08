//! Every script of five answers to a payment, on virtual time, held against a second account of what must happen.

use std::collections::HashMap;
use std::time::Duration;

use checkout_transport::retry::Stop;

use self::answers::SCRIPTS;
use self::pass::Pass;
use crate::two_threads::on_two_threads;

mod answers;
mod pass;
mod server;

/// Runs the scripts on two threads, and says how many attempts there were and how often each stop.
fn play(scripts: u32, hint: Duration, capacity: u32) -> (usize, HashMap<Stop, usize>) {
    let halves = on_two_threads(true, async |half| {
        let mut pass = Pass::new(hint, capacity);
        for number in (0..scripts).filter(|number| number / 8 % 2 == half as u32) {
            pass.run(number).await;
        }
        (pass.attempts, pass.stops)
    });
    let (mut attempts, mut stops) = (0, HashMap::new());
    for (more, others) in halves {
        attempts += more;
        for (stop, count) in others {
            *stops.entry(stop).or_default() += count;
        }
    }
    (attempts, stops)
}

/// Enough tokens for a thread to never run out of them.
const PLENTY: u32 = 10_000_000;

#[test]
fn every_script_of_five_answers_is_played_as_documented() {
    let (attempts, stops) = play(SCRIPTS, Duration::from_secs(3), PLENTY);
    // Half of the answers end the call: 1 + 1/2 + 1/4 + 1/8 + 1/16 attempts to a script.
    assert_eq!(attempts, 32_768 * 31 / 16);
    // Three in eight are refused or in conflict; nothing but a fifth failure in a row ends by the number of attempts.
    assert_eq!(stops[&Stop::Pointless], 32_768 * 3 / 8 * 31 / 16);
    assert_eq!(stops[&Stop::Attempts], 4_usize.pow(5));
    assert_eq!(stops.len(), 2, "{stops:?}");
}

/// Three waits of 12 seconds fit into the call, a fourth does not.
#[test]
fn long_waits_end_at_the_deadline() {
    let (_, stops) = play(8_u32.pow(4), Duration::from_secs(12), PLENTY);
    assert!(stops[&Stop::Time] > 0, "{stops:?}");
}

/// A wait that is longer than the call is handed back at once.
#[test]
fn a_wait_beyond_the_deadline_is_returned_at_once() {
    let (_, stops) = play(8_u32.pow(3), Duration::from_secs(41), PLENTY);
    // One 429 in any of the three places, after failures of the other three kinds. Scripts of fewer answers go on with 200s.
    assert_eq!(stops[&Stop::Time], 64 + 3 * 8 + 9);
}

/// All calls of a thread share a bucket that is too small for them.
#[test]
fn a_shared_bucket_is_never_overdrawn() {
    let (_, stops) = play(8_u32.pow(4), Duration::from_secs(3), 60);
    assert!(stops[&Stop::Budget] > 500, "{stops:?}");
}

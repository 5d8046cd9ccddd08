//! One order, one payment: whatever the network does to a request, wherever the process dies, and however it goes on.
//!
//! The judge is the sandbox's ledger, after the customer has paid every page that was ever opened for the order.

use checkout_transport::{CallOptions, Outcome};
use hosted_checkout::noah::PreparedPayIn;

use self::network::{MadeUp, Pass, scripts, scripts_ended_by};
use self::world::{Life, Shop, Tally, Word, World, die_everywhere, dying_at, play, verdict};
use crate::shop::prepared_pay_in;

mod network;
mod world;

/// Every script of three faults, every death in it, and one in 24 of the scripts of two faults in the life after that; one
/// client, one operation. The tests below play other parts of the product.
#[test]
fn whatever_happens_and_wherever_the_process_dies_nobody_pays_twice() {
    let tally = play(Shop::Careful, async |world, half| {
        die_everywhere(world, half, &scripts(3), &scripts(2), 24).await;
    });
    tally.assert_kept();
    // The tally speaks of all that can be said. A process that dies at last is in the tests below.
    for word in [
        Word::Success,
        Word::Failure(Outcome::NotSent),
        Word::Failure(Outcome::Refused),
        Word::Failure(Outcome::Unknown),
    ] {
        assert!(tally.words.contains_key(&word), "{word:?}: {:?}", tally.words);
    }
}

/// All of one fault, a death, and two more faults.
#[test]
fn every_death_in_a_short_life_is_followed_by_everything() {
    let tally = play(Shop::Careful, async |world, half| {
        die_everywhere(world, half, &scripts(1), &scripts(2), 1).await;
    });
    tally.assert_kept();
}

/// Every script of two faults, every death in it, and one in 24 of these scripts after that, for other clients and sales.
#[test]
fn no_way_of_calling_lets_anybody_pay_twice() {
    for shop in [Shop::Signed, Shop::Slow, Shop::Seller] {
        // A refusal for want of time ends no call of a client that mends its clock, and the sandbox refuses it so at first.
        let scripts = match shop {
            Shop::Slow => scripts_ended_by(2, &[MadeUp(400), MadeUp(409)]),
            _ => scripts(2),
        };
        let tally = play(shop, async |world, half| {
            die_everywhere(world, half, &scripts, &scripts, 24).await;
        });
        tally.assert_kept();
        assert!(tally.words[&Word::Success] > 100, "{shop:?}: {:?}", tally.words);
    }
}

/// All of one fault, a death, and another fault: such a client makes no second attempt in one life.
#[test]
fn who_never_sends_again_by_itself_may_do_so_after_a_death() {
    let tally = play(Shop::Once, async |world, half| {
        die_everywhere(world, half, &scripts(1), &scripts(1), 1).await;
    });
    tally.assert_kept();
    assert!(tally.words[&Word::Success] > 10, "{:?}", tally.words);
}

/// Every script of two faults, and one in four of them in the call after that; nobody dies.
#[test]
fn a_program_without_a_runtime_pays_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let mut world = runtime.block_on(World::new(Shop::Signed));
    for (number, first) in scripts(2).iter().enumerate() {
        for second in scripts(2).iter().skip(number % 4).step_by(4) {
            world.order_without_runtime(&[first, second]);
        }
    }
    let tally = runtime.block_on(Tally::of(world));
    tally.assert_kept();
    assert!(tally.words[&Word::Success] > 100, "{:?}", tally.words);
}

/// All of one fault, a death, another fault and another death. The third process finds the network mended, and gets an answer.
#[test]
fn a_process_that_dies_twice_still_gets_its_one_payment() {
    let tally = play(Shop::Careful, async |world, half| {
        for first in scripts(1).iter().skip(half).step_by(2) {
            for death in 0.. {
                let mut lived = false;
                for second in scripts(1) {
                    for another in 0.. {
                        let lives: [Life<'_>; 3] =
                            [(first, Some(death)), (&second, Some(another)), (&[], None)];
                        let lives = world.order(&lives).await;
                        lived = lives[0];
                        // The second life lived, or there was no need of one.
                        if lives.get(1).is_none_or(|lived| *lived) {
                            break;
                        }
                    }
                }
                if lived {
                    break;
                }
            }
        }
    });
    tally.assert_kept();
    for unfinished in [Word::None, Word::Failure(Outcome::Unknown)] {
        assert!(!tally.words.contains_key(&unfinished), "{:?}", tally.words);
    }
}

/// All scripts of two faults, every death in them, and nothing after it.
#[test]
fn the_last_word_may_be_a_death() {
    let tally = play(Shop::Careful, async |world, half| {
        for script in scripts(2).iter().skip(half).step_by(2) {
            for death in 0.. {
                if world.order(&[(script, Some(death))]).await[0] {
                    break;
                }
            }
        }
    });
    tally.assert_kept();
    assert!(tally.words[&Word::None] > 100, "{:?}", tally.words);
}

/// The test of the tests: with a new Nonce for each attempt, customers pay twice, and it is seen.
#[test]
fn a_client_that_makes_a_new_nonce_per_attempt_is_caught() {
    let calls = play(Shop::Careless, async |world, half| {
        for script in scripts(2).iter().skip(half).step_by(2) {
            world.order(&[(script, None)]).await;
        }
    });
    let caught = |tally: &Tally, told: &str| {
        let fault = format!("2 payments for one order: {told}, ");
        tally.broken.iter().any(|order| order.starts_with(&fault))
    };
    assert!(caught(&calls, "([CutAfter, Pass], None)"), "{:?}", calls.broken);
    assert!(
        caught(&calls, "([CutAfter, CutBefore], None)"),
        "{:?}",
        calls.broken
    );

    let deaths = play(Shop::Careless, async |world, half| {
        die_everywhere(world, half, &[vec![Pass], vec![Pass]], &[vec![Pass]], 1).await;
    });
    assert!(
        caught(&deaths, "([Pass], Some(2)), then ([Pass], None)"),
        "{:?}",
        deaths.broken
    );
}

#[test]
fn the_rule_is_kept_by_what_is_true_alone() {
    use Outcome::{NotSent, Refused, Unknown};
    for (word, allowed) in [
        (Word::Success, &[1][..]),
        (Word::Failure(NotSent), &[0]),
        (Word::Failure(Refused), &[0]),
        (Word::Failure(Unknown), &[0, 1]),
        (Word::None, &[0, 1]),
    ] {
        for payments in 0..4 {
            assert_eq!(
                verdict(word, payments).is_ok(),
                allowed.contains(&payments),
                "{word:?} {payments}"
            );
        }
    }
}

/// A refusal says nothing about what was sent before: only who knows that nothing was may take its word.
#[tokio::test]
async fn a_refusal_after_a_death_proves_nothing() {
    let mut world = World::new(Shop::Careful).await;
    let nonce = world.fresh_nonce();
    let checkout = world.process(CallOptions::DEFAULT);
    let prepared = prepared_pay_in(&checkout, "order-7", &nonce).unwrap();
    let stored = serde_json::to_string(&prepared).unwrap();
    let refused = async |prepared: &PreparedPayIn| {
        world.network.plays(&[MadeUp(400)]);
        let error = world
            .process(CallOptions::DEFAULT)
            .send(prepared)
            .await
            .unwrap_err();
        assert_eq!(error.status().unwrap(), 400);
        error.outcome()
    };
    assert_eq!(refused(&prepared.clone().never_sent()).await, Outcome::Refused);

    // In the same process the future is dropped while the request is away; clones know of it.
    world.network.plays(&[Pass]);
    assert!(dying_at(2, checkout.send(&prepared.clone())).await.is_none());
    assert_eq!(prepared.outcome(), Outcome::Unknown);
    assert_eq!(refused(&prepared).await, Outcome::Unknown);

    // In another, nobody knows; unless its sender does.
    let read: PreparedPayIn = serde_json::from_str(&stored).unwrap();
    assert_eq!(refused(&read).await, Outcome::Unknown);
    assert_eq!(refused(&read.never_sent()).await, Outcome::Refused);
    let fresh: PreparedPayIn = serde_json::from_str(&stored).unwrap();
    assert_eq!(
        world.network.state.lock().unwrap().under_way.len(),
        2,
        "the customer and one pay-in"
    );
    world.network.plays(&[]);
    checkout.send(&fresh).await.unwrap();
}

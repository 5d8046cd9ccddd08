//! The `Nonce`s that were used. None is ever forgotten: the next request with it would pay again.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::engine::ground::{Ground, StateError, Table};
use crate::engine::idempotency::{Key, KeyTable, Keys, Slot, Stored};

const NONCES: KeyTable = Table::new("noah_nonces");
/// As earlier versions kept them.
const ANSWERS: Table<(Scope, Answer)> = Table::new("noah_answers");

#[derive(Serialize, Deserialize)]
struct Scope {
    caller: Caller,
    operation: String,
    nonce: String,
}

#[derive(Serialize, Deserialize)]
struct Caller {
    api_key: String,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    request: [u8; 32],
    #[serde(with = "crate::engine::text_bytes")]
    body: Bytes,
}

/// Within what a `Nonce` must be unique.
pub(super) fn scope(api_key: &str, operation: &str) -> String {
    format!("{api_key} {operation}")
}

/// With those of an earlier sandbox, if there is a state file.
pub(super) fn of(ground: &Arc<Ground>) -> Result<Keys, StateError> {
    let mut batch = ground.batch();
    for (
        text,
        (
            Scope {
                caller,
                operation,
                nonce,
            },
            Answer { request, body },
        ),
    ) in ground.state().rows(ANSWERS)?
    {
        let key = Key {
            resource: scope(&caller.api_key, &operation),
            key: nonce,
        };
        let slot = Slot {
            // When that was was not kept, and nothing depends on it.
            began: UNIX_EPOCH,
            request,
            answer: Some(Stored(body)),
            status: 200,
        };
        batch.put(NONCES, key.text(), &(key, slot));
        batch.remove(ANSWERS, text);
    }
    ground.commit(batch)?;
    Keys::new(Arc::clone(ground), NONCES, None)
}

#[cfg(test)]
mod tests {
    use checkout_core::clock::FixedClock;

    use super::*;
    use crate::engine::digest::sha256;
    use crate::engine::ground::{MovableClock, State};
    use crate::engine::idempotency::Claim;

    /// A file of an earlier version that lost its answers would let a repeated request pay again.
    #[test]
    fn answers_that_an_earlier_version_kept_are_given_again() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::in_file(&directory.path().join("state")).unwrap();
        let clock = MovableClock::over(Arc::new(FixedClock::at_unix(0)));
        let ground = Arc::new(Ground::new(clock, None, state).unwrap());
        let scope = Scope {
            caller: Caller { api_key: "k".into() },
            operation: "createSell".into(),
            nonce: "n".into(),
        };
        let answer = Answer {
            request: sha256(b"a"),
            body: Bytes::from_static(b"{}"),
        };
        let mut batch = ground.batch();
        batch.put(ANSWERS, "k createSell n", &(scope, answer));
        ground.commit(batch).unwrap();
        for _ in 0..2 {
            let keys = of(&ground).unwrap();
            let key = Key {
                resource: super::scope("k", "createSell"),
                key: "n".into(),
            };
            let claim = keys.claim(key, b"a", UNIX_EPOCH);
            let Claim::Replay { answer, .. } = claim else {
                panic!("kept")
            };
            assert_eq!(answer.body, "{}");
            assert!(ground.state().rows(ANSWERS).unwrap().is_empty());
        }
    }
}
